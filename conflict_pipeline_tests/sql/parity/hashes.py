"""What the statements must give, computed here."""

import hashlib

# IDs at borders of ranges of 100 and of 10, below zero, and of more digits than a float has.
HUGE = 10**30
IDS = [-100, -1, 0, 9, 10, 99, 100, HUGE]


def range_hash(*texts: str) -> str:
    """Of a range whose rows have these texts."""
    return _md5("".join(map(_md5, texts)))


def _md5(text: str) -> str:
    return hashlib.md5(text.encode()).hexdigest()
