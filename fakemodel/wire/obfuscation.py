"""Obfuscation: the padding by which the API hides the length of what it streams."""

from __future__ import annotations

import string

__all__ = ["padding"]

BLOCK = 16
"""What is streamed is padded to a multiple of this, in characters."""

FILLER = (string.ascii_letters + string.digits) * 2


def padding(length: int) -> str:
    """The characters, none to 15, that bring `length` to a multiple of 16: the same for the same length."""
    start = length % (len(FILLER) // 2)
    return FILLER[start : start + -length % BLOCK]
