"""The model in plain words: what it goes by, and where it is weak."""
