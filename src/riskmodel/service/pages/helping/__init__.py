"""Help in place: what the pages show, and what people do with it."""
