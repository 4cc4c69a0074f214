"""The follow-up list: what was noticed of households off the visit list, and what was promised to anybody."""
