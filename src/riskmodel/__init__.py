"""Which households are about to fall (back) into poverty, why, and what would help."""

__version__ = "0.1.0"
