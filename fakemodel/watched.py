"""A bar for who watches: on a terminal, on standard error, while something takes a while, and gone when it is done."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from typing import TypeVar

__all__ = ["LARGE", "MANY", "watch", "watched"]

T = TypeVar("T")

MANY = 20
"""From how many files on a bar shows how far it is."""

LARGE = 4_000_000
"""From how many bytes of a file on a bar shows how far it is."""


def watched(done: Iterable[T], total: int, what: str) -> Iterable[T]:
    """What is done, one by one, with a bar where standard error is a terminal."""
    if not sys.stderr.isatty():
        return done
    from rich.console import Console
    from rich.progress import track

    return track(done, what, total=total, console=Console(stderr=True), transient=True)


def watch(values: Sequence[T]) -> Iterable[T]:
    """The turns of a large cassette, one by one, with a bar."""
    return watched(values, len(values), "Turns")
