"""One household: its score, why, and what fits."""
