"""Folds, models, baselines, runs: everything that learns."""
