"""Rows in, scores and reasons out."""
