"""A line of a transcript: what it is about, what is otherwise than was to be expected, and runs of deltas folded."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby

from fakemodel.shown import counted, one_line
from fakemodel.transcripts.names import Name, Names
from fakemodel.wire.event_lines import ABSENT, differences
from fakemodel.wire.payload import Payload

__all__ = ["Line", "folded", "members", "told"]

WORD = re.compile("[a-z_]+")

UNNAMED: dict[str, Callable[[object], bool]] = {
    "type": lambda value: isinstance(value, str) and WORD.fullmatch(value) is not None,
    "id": lambda value: isinstance(value, Name),
    "text": lambda value: isinstance(value, str),
}
"""The members that come first, and need no name before such a value."""


@dataclass(frozen=True, slots=True)
class Line:
    """One event: its `head`, what it says, and its fragment where it is a delta.

    `of` is the text that it is a fragment of, where the head does not tell.
    """

    head: str
    said: str = ""
    fragment: str | None = None
    of: str = ""
    logprobs: tuple[Payload, ...] = ()


def folded(lines: Iterable[Line], names: Names, width: int) -> Iterator[str]:
    """The lines as text, `width` characters for the heads; deltas of one text that follow each other are one line."""
    for _, run in groupby(enumerate(lines), _run):
        found = [line for _, line in run]
        said = found[0].said if found[0].fragment is None else _summed(found, names)
        yield f"{found[0].head:<{width}}  {said}".rstrip(" ")


def _run(numbered: tuple[int, Line]) -> object:
    """What the lines of one run have in common: deltas all but their fragments, others nothing."""
    number, line = numbered
    return number if line.fragment is None else (line.head, line.of, line.said)


def _summed(deltas: list[Line], names: Names) -> str:
    count = counted(len(deltas), "delta") + (f" of {deltas[0].of}" if deltas[0].of else "")
    text = told("".join(line.fragment or "" for line in deltas), names)
    logprobs = [entry for line in deltas for entry in line.logprobs]
    pieces = [f"{count} {text}", f"logprobs {told(logprobs, names)}" if logprobs else "", deltas[0].said]
    return ", ".join(filter(None, pieces))


def members(expected: Payload, found: Payload, names: Names, prefix: str = "") -> list[str]:
    """The members in which a payload is otherwise than expected, in words: type, id and text first."""
    different = {path: value for path, _, value in differences("", expected, found)}
    plain = [path for path, is_plain in UNNAMED.items() if not prefix and is_plain(different.get(path))]
    first = [str(value) if path == "type" else told(value, names) for path in plain for value in [different.pop(path)]]
    named = [f"{prefix}{one_line(path)} {told(value, names)}" for path, value in sorted(different.items())]
    return [" ".join(first), *named] if first else named


def told(value: object, names: Names) -> str:
    """A value in words, on one line: texts in quotes, names without, the members of an object in alphabetical order."""
    if value is ABSENT:
        return "absent"
    if isinstance(value, Name):
        return str(value)
    if isinstance(value, str):
        return repr(names.text(value))
    if isinstance(value, Mapping):
        return f"{{{', '.join(f'{key!r}: {told(value[key], names)}' for key in sorted(value))}}}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(told(each, names) for each in value)}]"
    return repr(value)
