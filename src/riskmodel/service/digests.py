"""What the audit keeps of words."""

from __future__ import annotations

import hashlib


def sha256_of(text: str) -> str:
    """Return what the audit keeps of words that may tell of people: enough to prove later which words they were."""
    return hashlib.sha256(text.encode()).hexdigest()
