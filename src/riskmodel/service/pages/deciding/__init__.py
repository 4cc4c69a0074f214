"""Deciding about a household, and what comes after it: help, appeals, and the end of its monitoring."""
