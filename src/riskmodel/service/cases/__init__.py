"""A household's case after it was noticed: decisions, deadlines, help, appeals, and the end of its monitoring. Pure."""
