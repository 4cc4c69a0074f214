"""What a model must beat, one file a method; ``fitting`` puts them together."""
