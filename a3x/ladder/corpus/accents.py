"""Text as it is typed on a keyboard without accents."""

from __future__ import annotations

import unicodedata
from functools import lru_cache


@lru_cache(maxsize=4096)
def unaccented(text: str) -> str:
    """The same text with accents and cedillas dropped; the superscript in A³X stays."""
    return "".join(mark for mark in unicodedata.normalize("NFD", text) if not unicodedata.combining(mark))
