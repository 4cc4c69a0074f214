"""The store: what was recorded, what was said of it, who asked; SQLite by default, PostgreSQL by one URL."""
