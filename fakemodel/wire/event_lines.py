"""What one line says of an event or a chunk, and of the members in which two of them differ."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import zip_longest
from typing import Any, TypeAlias

from fakemodel.wire.payload import Payload, without_nulls

__all__ = ["ABSENT", "CHUNK", "CLASS", "NUMBER", "Row", "differences", "event_lines", "type_of"]

CHUNK = "chat.completion.chunk"
DELTA, CALL = "choices.delta", "choices.delta.tool_calls.function"

SAYS: Mapping[str, tuple[str, ...]] = {
    "output_item.added": ("item.type", "item.name"),
    "output_item.done": (
        *("item.type", "item.name", "item.arguments", "item.input"),
        *("item.summary.text", "item.content.text", "item.content.refusal"),
    ),
    "part.added": ("part.type",),
    "part.done": ("part.text", "part.refusal"),
    "annotation.added": ("annotation.type", "annotation.title"),
    ".delta": ("delta",),
    ".done": ("text", "refusal", "arguments", "input", "code"),
    "error": ("code", "message"),
    CHUNK: (
        *(f"{DELTA}.role", f"{DELTA}.content", f"{DELTA}.refusal", f"{DELTA}.reasoning_content"),
        *(f"{CALL}.name", f"{CALL}.arguments", "choices.finish_reason", "usage.total_tokens"),
    ),
    "": ("response.status", "response.output.type"),
}
"""The paths that are told of an event, by the end of its type: the first that fits. They lead through lists."""

FORMS = {"delta": "{!r}", "type": "{}"}
"""How a member is told that needs no name before its value, nor quotes around it."""

WIDTH, WIDE = 78, 110
"""Of a line, and of one that tells what differs. Those of a first difference together stay below what pytest cuts."""

MEMBERS, VALUE_WIDTH = 3, 24
"""How many members that differ are told, and how wide their values may be beside one another."""

ABSENT = object()
"""What stands where one side has nothing."""

NUMBER = "sequence_number"
"""The member that is another one in every event behind one that is missing."""

CLASS = "__class__.__name__"
"""The member that names a Python class, where two objects that say the same are told apart by it."""

Row: TypeAlias = list[tuple[str, int, Payload]]
"""The events of one place, each with its mark and position: one that both have alike, or what either has (`-`, `+`)."""


def event_lines(rows: Sequence[Row], whole: bool) -> Iterator[str]:
    """One line for each event; where `whole`, with every member that differs, in full."""
    types = max(len(type_of(event)) for row in rows for _, _, event in row)
    digits = max(len(str(at)) for row in rows for _, at, _ in row)
    for row in rows:
        labels = [f"{type_of(event):<{types}}  " if types else "" for _, _, event in row]
        heads = [f"{mark} [{at:>{digits}}] {label}" for (mark, at, _), label in zip(row, labels, strict=True)]
        if len(set(labels)) < len(row):
            told = _differing(row, None if whole else WIDE - len(heads[0]))
        else:
            width = (WIDE if whole else WIDTH) - len(heads[0])
            told = [_cut(_said(event), width) for _, _, event in row]
        yield from (f"{head}{words}".rstrip() for head, words in zip(heads, told, strict=True))


def type_of(event: Payload) -> str:
    """The type of an event, which a chunk has none of."""
    return str(event.get("type") or "")


def _said(event: Payload) -> str:
    name = type_of(event) or str(event.get("object"))
    paths = next(paths for ending, paths in SAYS.items() if name.endswith(ending))
    told = [(path.split(".")[-1], value) for path in paths for value in _found(event, path.split("."))]
    return " ".join(FORMS.get(member, f"{member} {{!r}}").format(value) for member, value in told)


def _found(event: Payload, steps: Sequence[str]) -> list[Any]:
    """What stands at a path, in every element of a list that it leads through; nulls left out."""
    values: list[Any] = [event]
    for step in steps:
        values = [each for value in values for each in (value if isinstance(value, list) else [value])]
        values = [value[step] for value in values if isinstance(value, dict) and value.get(step) is not None]
    return values


def _differing(pair: Row, width: int | None) -> list[str]:
    """The first members in which two events differ, as either has them; without a `width` all of them, in full."""
    (_, i, ours), (_, j, theirs) = pair
    found = [each for each in differences("", ours, theirs) if i == j or each[0] != NUMBER]
    shown = found[:MEMBERS] if width else found
    more = f", and {len(found) - len(shown)} more" if len(found) > len(shown) else ""
    sides: list[list[str]] = [[], []]
    for path, *values in shown:
        words = ["absent" if value is ABSENT else repr(without_nulls(value)) for value in values]
        if width:
            room = VALUE_WIDTH if len(shown) > 1 else width - len(path) - 1
            matters = next((at for at, (one, other) in enumerate(zip(*words, strict=False)) if one != other), 0)
            words = [_cut(each, room, matters) for each in words]
        for side, each in zip(sides, words, strict=True):
            side.append(f"{path} {each}")
    lines = [", ".join(side) for side in sides]
    return [(_cut(line, width - len(more)) if width else line) + more for line in lines]


def differences(path: str, ours: object, theirs: object) -> Iterator[tuple[str, object, object]]:
    """Every path at which two payloads differ, with both values."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        names = [CLASS] if ours.get(CLASS) != theirs.get(CLASS) else {**ours, **theirs}
        for name in names:
            inner = f"{path}.{name}" if path else str(name)
            yield from differences(inner, ours.get(name, ABSENT), theirs.get(name, ABSENT))
    elif isinstance(ours, list) and isinstance(theirs, list):
        for index, pair in enumerate(zip_longest(ours, theirs, fillvalue=ABSENT)):
            yield from differences(f"{path}[{index}]", *pair)
    elif ours != theirs or isinstance(ours, bool) != isinstance(theirs, bool):
        yield path, ours, theirs


def _cut(words: str, width: int, matters: int = 0) -> str:
    """At most `width` characters of `words`, from a little before the first that `matters`."""
    if len(words) <= width:
        return words
    start = max(0, min(matters - width // 3, len(words) - width))
    head, tail = "…" * (start > 0), "…" * (start + width < len(words))
    return head + words[start + len(head) : start + width - len(tail)] + tail
