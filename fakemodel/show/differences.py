"""What changed between two recordings, in lines: turn by turn, the old value above the new one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from fakemodel.shown import counted
from fakemodel.tape.changes import Change, Changes
from fakemodel.tape.conversation import Conversation, Turn
from fakemodel.tape.lines import Line, lines, usage_in_words, visible
from fakemodel.tape.match import Difference
from fakemodel.tape.miss import SHOWN, shortened

__all__ = ["told"]


def told(changes: Changes) -> Iterator[Line]:
    """The changes, and how many they are in the end."""
    for change in changes.changed:
        if change.old is None or change.new is None:
            yield from _alone(change)
        else:
            yield from _both(change, change.old, change.new, changes)
    yield Line("turn", _summary(changes), "")


def _alone(change: Change) -> Iterator[Line]:
    """A turn that one of them has alone: all of it, marked."""
    mark, turn = ("-", change.old) if change.old else ("+", change.new)
    if turn is not None:
        for line in lines(Conversation((turn,))):
            yield Line(mark, f"{mark} {line.label}", line.text)


def _both(change: Change, old: Turn, new: Turn, changes: Changes) -> Iterator[Line]:
    moved = f"turn {old.number}" if old.number == new.number else f"turn {old.number}, now turn {new.number}"
    yield Line("turn", moved, visible(f"{new.method} {new.path}"))
    rows = [
        *_rows("request", change.request, changes),
        *_rows("answer", change.answer, changes),
        *([("usage", *(usage_in_words(each) if each else "absent" for each in change.usage))] if change.usage else []),
    ]
    width = max(len(where) for where, *_ in rows)
    for where, before, after in rows:
        yield Line("-", f"  {where:<{width}}", f"- {before}")
        yield Line("+", f"  {'':<{width}}", f"+ {after}")
    hidden = sum(max(0, len(found) - SHOWN) for found in (change.request, change.answer))
    if hidden:
        yield Line("note", f"  and {counted(hidden, 'more difference')}", "")


def _rows(what: str, found: Sequence[Difference], changes: Changes) -> Iterator[tuple[str, str, str]]:
    for path, old, new in found[:SHOWN]:
        before, after = _in_words(old, changes.old.names), _in_words(new, changes.new.names)
        yield f"{what} {visible(path)}", *shortened(before, after)


def _in_words(value: object, named: Callable[[str], str]) -> str:
    return visible(named(repr(value)))


def _summary(changes: Changes) -> str:
    turns = counted(len(changes.new.turns), "turn")
    if not changes.changed:
        return f"{turns}, equal"
    gone, added = (sum(getattr(change, side) is None for change in changes.changed) for side in ("new", "old"))
    differ = len(changes.changed) - gone - added
    return f"{turns}: {differ} differ{'s' if differ == 1 else ''}, {added} new, {gone} gone"
