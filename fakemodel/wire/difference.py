"""The first difference of two streams, told event by event: what pytest shows where `==` of two lists has failed.

The streams are Responses events or Chat Completions chunks, as SDK objects or dicts; no SDK is imported to know them.
Where both sides are SDK objects a field set to null equals one that was not set, as it does for `==`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from itertools import chain, takewhile
from typing import Any

from fakemodel.shown import counted
from fakemodel.wire.event_lines import CHUNK, CLASS, NUMBER, Row, event_lines, type_of
from fakemodel.wire.payload import Payload

__all__ = ["comparison", "kind_of", "kind_of_both"]

BEFORE, SURPLUS = 2, 3
"""How many are shown: equal events before the difference, and events that one side alone has."""

REACH = 50
"""How many events in a row one side may lack, and what comes after them is still found. It keeps the walk linear."""


def comparison(left: Sequence[object], right: Sequence[object], *, whole: bool = False) -> list[str] | None:
    """The lines that tell the first difference of two streams, a summary first; of all events if `whole`.

    None where they are equal, or are no two streams of one kind.
    """
    kind = kind_of_both(left, right)
    if kind is None or left == right:
        return None
    dicts = [[isinstance(value, Mapping) for value in values] for values in (left, right)]
    payload = partial(_payload, full=not any(map(any, dicts)))
    for view, equal in ((payload, ""), (_classes, "equal as JSON, not as Python objects")):
        rows = list(_rows([view(value) for value in left], [view(value) for value in right]))
        first = next((at for at, row in enumerate(rows) if not _alike(row)), None)
        if first is None:
            continue
        upto = equal or (f"equal up to [{first - 1}]" if first else "different from the first on")
        lines = [f"{kind} == expected: {_sides(kind, len(left), len(right), upto)}"]
        end = len(rows) if whole else _end(rows, first)
        lines += event_lines(rows[0 if whole else max(0, first - BEFORE) : end], whole)
        if hidden := sum(not _alike(row) for row in rows[end:]):
            lines.append(f"and {hidden} more differ{'s' * (hidden == 1)}, -vv shows all {kind}")
        if any(ours != theirs for ours, theirs in zip(*dicts, strict=False)):
            lines.append("a dict never equals an SDK object: compare dicts with event.to_dict()")
        return lines
    return None


def kind_of_both(left: Sequence[object], right: Sequence[object]) -> str | None:
    """`events` or `chunks`, if that is what one holds; None for other lists, as their first elements tell at once."""
    kinds = {kind_of(values[0]) for values in (left, right) if values} - {None}
    return kinds.pop() if len(kinds) == 1 and all(map(_is_object, chain(left, right))) else None


def kind_of(value: object) -> str | None:
    """`events`, `chunks`, or None for what is neither."""
    if not _is_object(value):
        return None
    get = value.get if isinstance(value, Mapping) else partial(getattr, value)
    type_, object_ = get("type", None), get("object", None)
    if isinstance(type_, str) and (type_.startswith("response.") or type_ == "error"):
        return "events"
    return "chunks" if isinstance(object_, str) and object_ == CHUNK else None


def _is_object(value: object) -> bool:
    return isinstance(value, Mapping) or hasattr(type(value), "model_dump")


def _payload(value: Any, full: bool) -> Any:
    """The wire form, also of what a dict holds; where `full`, with the fields that were not set."""
    if isinstance(value, Mapping):
        return {name: _payload(inner, full) for name, inner in value.items()}
    if isinstance(value, list):
        return [_payload(inner, full) for inner in value]
    return value.model_dump(by_alias=True, exclude_unset=not full, warnings=False) if _is_object(value) else value


def _classes(value: Any) -> Any:
    """The members of an object, and of those in it, with the names of their classes."""
    if isinstance(value, list):
        return [_classes(inner) for inner in value]
    if not _is_object(value):
        return value
    return {CLASS: type(value).__name__, **{name: _classes(inner) for name, inner in dict(value).items()}}


def _sides(kind: str, left: int, right: int, upto: str) -> str:
    """How many either side has, how far they are alike, and which mark is whose."""
    count = counted(left, kind.removesuffix("s"))
    if left == right:
        return f"{count}, {upto} (- left, + right)"
    return f"{count} (- left), {right} (+ right), {upto}"


def _end(rows: Sequence[Row], first: int) -> int:
    """Where to end: behind the difference at `first`, and one event more if it is equal again."""
    surplus = takewhile(lambda row: len(row) == 1 and not _alike(row), rows[first : first + SURPLUS])
    end = first + max(1, len(list(surplus)))
    return end + (end < len(rows) and _alike(rows[end]))


def _alike(row: Row) -> bool:
    return row[0][0] == " "


def _rows(left: Sequence[Payload], right: Sequence[Payload]) -> Iterator[Row]:
    """Both streams side by side; where one of them is longer, some of its events stand alone."""
    i = j = 0
    while i < len(left) and j < len(right):
        longer = (len(left) - i) - (len(right) - j)
        if _same(left[i], right[j], i == j):
            yield [(" ", i, left[i])]
            extra, missing = 1, 1
        elif extra := _ahead(right[j], left, i, longer):
            yield from ([("-", at, left[at])] for at in range(i, i + extra))
            missing = 0
        elif missing := _ahead(left[i], right, j, -longer):
            yield from ([("+", at, right[at])] for at in range(j, j + missing))
        else:
            yield [("-", i, left[i]), ("+", j, right[j])]
            extra, missing = 1, 1
        i, j = i + extra, j + missing
    yield from ([("-", at, left[at])] for at in range(i, len(left)))
    yield from ([("+", at, right[at])] for at in range(j, len(right)))


def _same(ours: Payload, theirs: Payload, numbered: bool) -> bool:
    return ours == theirs if numbered else _unnumbered(ours) == _unnumbered(theirs)


def _ahead(event: Payload, stream: Sequence[Payload], at: int, longer: int) -> int:
    """How far behind `at` a stream that is longer goes on with `event`, or with one of its type; 0 for nowhere."""
    other_type = type_of(stream[at]) != type_of(event)
    for ahead in range(1, min(longer, REACH) + 1):
        found = stream[at + ahead]
        if type_of(found) == type_of(event) if other_type else _same(found, event, False):
            return ahead
    return 0


def _unnumbered(event: Payload) -> Payload:
    return {**event, NUMBER: None}
