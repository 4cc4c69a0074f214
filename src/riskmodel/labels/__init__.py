"""What happened after a date."""
