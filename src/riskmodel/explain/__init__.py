"""Why: exact contributions, and their words."""
