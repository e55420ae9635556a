"""The events of a YAML file that is no larger than it looks: neither nested too deeply, nor multiplied by its aliases.

A few dozen aliases of aliases stand for more than a machine can hold, and a parser that goes down a hundred thousand
brackets ends the process. So a file is gone through event by event, which costs little, before anything is built of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import yaml

__all__ = ["LOADER", "TOO_DEEP", "TooLarge", "assert_bounded", "bounded"]

LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

DEEPEST = 500
"""How deep a file is read; no cassette is, and the parser takes long for those that are."""

TOO_DEEP = "it is nested too deeply"
"""What is said of a file that is."""

ALIASED = 4_000_000
"""The characters that the aliases of a file may stand for. vcrpy writes an alias where a filter gives one object to
several turns, which is never that much."""


class TooLarge(ValueError):
    """A file says more than it looks, or is nested too deeply."""


def assert_bounded(text: str) -> None:
    """Raise TooLarge for what must not be built, and yaml.YAMLError for what is no YAML."""
    for _ in bounded(text):
        pass


def bounded(text: str) -> Iterator[Any]:
    """The events of a file, as yaml.parse gives them. Raises TooLarge when it comes to be, and yaml.YAMLError."""
    sizes: dict[str | None, int] = {}  # of what each anchor stands for, in characters; none while that is still open
    opened: list[tuple[str | None, int]] = []
    size = aliased = 0
    for event in yaml.parse(text, Loader=LOADER):
        match event:
            case yaml.AliasEvent():
                if event.anchor not in sizes:
                    raise TooLarge("one of its aliases stands for nothing, or within what it stands for")
                size += sizes[event.anchor]
                aliased += sizes[event.anchor]
            case yaml.ScalarEvent():
                sizes[event.anchor] = 1 + len(event.value)
                size += sizes[event.anchor]
            case yaml.CollectionStartEvent():
                sizes.pop(event.anchor, None)
                opened.append((event.anchor, size))
                size += 1
            case yaml.CollectionEndEvent():
                anchor, before = opened.pop()
                sizes[anchor] = size - before
        if aliased > ALIASED:
            raise TooLarge(f"its aliases stand for more than {ALIASED:,} characters, as those of no recording do")
        if len(opened) > DEEPEST:
            raise TooLarge(TOO_DEEP)
        yield event
