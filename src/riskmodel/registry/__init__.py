"""Bundles of approved bytes, and which one serves."""
