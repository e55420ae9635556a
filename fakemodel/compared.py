"""What pytest is told of a comparison that failed: whether streams were compared, and at which place.

How two streams differ is for `fakemodel.wire.difference` to say; what holds no stream is left to pytest.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

from fakemodel.shown import counted
from fakemodel.wire.difference import comparison, kind_of, kind_of_both

__all__ = ["explanation"]

AT = "at "
"""How a line begins that tells the place of a stream in what holds it."""


def explanation(op: str, left: object, right: object, *, whole: bool) -> list[str] | None:
    """The lines on `left op right`, a summary first; with all events if `whole`. None where no streams differ."""
    try:
        return _alike(left, right) if op == "!=" else _differing(left, right, whole)
    except Exception:  # of an `==` of the suite's own: pytest knows what to say of that
        return None


def _alike(left: object, right: object) -> list[str] | None:
    if not isinstance(left, list | tuple) or not isinstance(right, list | tuple):
        return None
    kind = kind_of_both(left, right)
    return None if kind is None else [_equal(kind, "!=", len(left))]


def _equal(kind: str, op: str, count: int) -> str:
    return f"{kind} {op} expected: {counted(count, kind.removesuffix('s'))}, all equal"


def _differing(left: object, right: object, whole: bool) -> list[str] | None:
    if kind_of(left) and kind_of(right):
        return comparison([left], [right], whole=whole)
    if isinstance(left, list | tuple) and isinstance(right, list | tuple):
        lines = comparison(left, right, whole=whole)
        if isinstance(left, list) != isinstance(right, list) and (kind := kind_of_both(left, right)):
            lines = lines or [_equal(kind, "==", len(left))]
            return [*lines, "a list never equals a tuple: compare [*left] with [*right]"]
        if lines:
            return lines
    return _unread(left, right) or _inside(left, right, whole)


def _unread(left: object, right: object) -> list[str] | None:
    """What to do where one side is a stream, and the other one is read from such a one."""
    for side, stream, other in (("left", left, right), ("right", right, left)):
        if isinstance(other, list | tuple) and (kind := kind_of_both(other, ())):
            name = kind.removesuffix("s")
            read = {Iterator: f"[*{side}]", AsyncIterator: f"[{name} async for {name} in {side}]"}
            for form, words in read.items():
                if isinstance(stream, form):
                    unread = f"{side} is still to be read ({type(stream).__name__}), and equals no list"
                    return [f"{kind} == expected: {unread}: compare {words}"]
    return None


def _inside(left: object, right: object, whole: bool) -> list[str] | None:
    """The first streams that differ within two containers, which differ in nothing else."""
    if isinstance(left, dict) and isinstance(right, dict) and left.keys() == right.keys():
        pairs = [(key, value, right[key]) for key, value in left.items()]
    elif isinstance(left, list | tuple) and type(left) is type(right) and len(left) == len(right):
        pairs = [(at, *both) for at, both in enumerate(zip(left, right, strict=True))]
    else:
        return None
    different = [(place, ours, theirs) for place, ours, theirs in pairs if ours is not theirs and ours != theirs]
    told = [(f"[{place!r}]", _differing(ours, theirs, whole)) for place, ours, theirs in different]
    first = told[0][1] if told else None
    if first is None or not all(lines for _, lines in told):
        return None
    more = ", ".join(place for place, _ in told[1:])
    below = first[0].removeprefix(AT) if first[0].startswith(AT) else f": {first[0]}"
    return [f"{AT}{told[0][0]}{below}", *first[1:], *([f"{AT}{more} too"] if more else [])]
