"""The drill: what the service does while its database crashes, under steady load, and when far too much is asked."""
