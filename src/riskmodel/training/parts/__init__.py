"""What a run tells beside its tables, one file a subject; plain JSON, which the card and the pages read."""
