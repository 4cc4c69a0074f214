"""How good a ranking and its probabilities are. Gets values, never models."""
