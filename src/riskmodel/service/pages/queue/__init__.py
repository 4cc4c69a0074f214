"""The visit list: whom to look at first, and who has it."""
