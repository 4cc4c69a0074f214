"""What was known on a date: the one path that training and serving share."""
