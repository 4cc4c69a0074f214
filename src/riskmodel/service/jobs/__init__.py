"""Files as jobs: too large for one request, they are sent once, worked on in the background, and fetched when done."""
