"""What people decide about a household, and what comes after it."""
