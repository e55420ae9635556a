"""What changed between two recordings, turn by turn: turns that are new or gone, requests and answers that differ.

Identifiers may be others, if each stands for the same one throughout: so those of a recording that was made anew are.
Times differ each time, and are not compared; nor is encrypted content, nor the padding of streams.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from fakemodel.parts import Usage
from fakemodel.tape.answers import answer_of
from fakemodel.tape.conversation import RESPONSES, Conversation, Turn, Watch, conversation_of
from fakemodel.tape.interaction import Interaction
from fakemodel.tape.match import Difference, Matcher
from fakemodel.tape.miss import route
from fakemodel.tape.operations import operation_of
from fakemodel.tape.renaming import Renaming
from fakemodel.wire.anew import DRAWN_ANEW, without

__all__ = ["Change", "Changes", "changes"]

SAID = ("id", "model", "status", "incomplete_details", "error", "output", "choices")
"""The members of a response, or a completion, that are its own: the others repeat the request."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A turn that is not what it was: the `old` one is None where it is new, the `new` one where it is gone.

    The differences are by JSON path, the old value first; `usage` has both token counts where they differ.
    """

    old: Turn | None
    new: Turn | None
    request: tuple[Difference, ...] = ()
    answer: tuple[Difference, ...] = ()
    usage: tuple[Usage | None, Usage | None] | None = None


@dataclass(frozen=True, slots=True)
class Changes:
    """Two conversations, and the turns in which they differ."""

    old: Conversation
    new: Conversation
    changed: tuple[Change, ...]


Pair: TypeAlias = tuple[int | None, int | None]
"""The indexes of a turn in both recordings; None where it is in one alone."""

Chain: TypeAlias = "tuple[tuple[int, int], Chain | None]"
"""Two places, and those before them."""


def changes(old: Sequence[Interaction], new: Sequence[Interaction], watch: Watch = iter) -> Changes:
    """What changed from one recording to another; `watch` sees the turns of each, and of both, one by one."""
    conversations = conversation_of(old, watch), conversation_of(new, watch)
    return Changes(*conversations, tuple(_changed(old, new, *conversations, watch)))


def _changed(
    old: Sequence[Interaction], new: Sequence[Interaction], was: Conversation, now: Conversation, watch: Watch
) -> Iterator[Change]:
    matcher, renaming = Matcher(), Renaming(())
    for i, j in watch([*_pairs(old, new, matcher)]):
        if i is None or j is None:
            yield Change(old=None if i is None else was.turns[i], new=None if j is None else now.turns[j])
            continue
        request = matcher.differences(old[i].request, new[j].request, renaming)
        answer = list(matcher.between("", _said(old[i]), _said(new[j]), renaming))
        counts = was.turns[i].usage, now.turns[j].usage
        change = Change(
            old=was.turns[i],
            new=now.turns[j],
            request=tuple(request),
            answer=tuple(answer),
            usage=None if counts[0] == counts[1] else counts,
        )
        if request or answer or change.usage:
            yield change


def _pairs(old: Sequence[Interaction], new: Sequence[Interaction], matcher: Matcher) -> Iterator[Pair]:
    """The turns side by side: first those that ask the same, then between these those that ask the same way."""
    asked = [[matcher.key(turn.request)[0] for turn in turns] for turns in (old, new)]
    ways = [[route(turn.request) for turn in turns] for turns in (old, new)]
    return _side_by_side(range(len(old)), range(len(new)), (asked, ways))


def _side_by_side(old: range, new: range, told: Sequence[Sequence[Sequence[Any]]]) -> Iterator[Pair]:
    """The indexes of turns by the first of what is `told` of both sides, those between by the next, the rest alone."""
    if not told:
        yield from ((index, None) for index in old)
        yield from ((None, index) for index in new)
        return
    (was, now), *more = told
    i = j = 0
    for i_next, j_next in _common([was[index] for index in old], [now[index] for index in new]):
        yield from _side_by_side(old[i:i_next], new[j:j_next], more)
        yield old[i_next], new[j_next]
        i, j = i_next + 1, j_next + 1
    yield from _side_by_side(old[i:], new[j:], more)


def _common(old: Sequence[Any], new: Sequence[Any]) -> list[tuple[int, int]]:
    """The places of equal values that have the same order on both sides: at the start, at the end, and in between."""
    least = min(len(old), len(new))
    start = next((at for at in range(least) if old[at] != new[at]), least)
    end = next((at for at in range(least - start) if old[-1 - at] != new[-1 - at]), least - start)
    between = _longest(old[start : len(old) - end], new[start : len(new) - end])
    return [
        *((at, at) for at in range(start)),
        *((start + i, start + j) for i, j in between),
        *((len(old) - at, len(new) - at) for at in range(end, 0, -1)),
    ]


def _longest(old: Sequence[Any], new: Sequence[Any]) -> list[tuple[int, int]]:
    """The places of as many equal values as have the same order on both sides, each the nth of its kind on either.

    That is the longest increasing subsequence of places, for which a look-up is enough for each value.
    """
    places = {value: place for place, value in enumerate(_numbered(new))}
    ends: list[int] = []
    """Where on the new side the sequence of each length ends that leaves most room for others."""
    longest: list[Chain] = []
    for place, value in enumerate(_numbered(old)):
        end = places.get(value)
        if end is not None:
            length = bisect_left(ends, end)
            chain = (place, end), longest[length - 1] if length else None
            ends[length : length + 1], longest[length : length + 1] = [end], [chain]
    found, left = [], longest[-1] if longest else None
    while left is not None:
        pair, left = left
        found.append(pair)
    return found[::-1]


def _numbered(values: Sequence[Any]) -> Iterator[tuple[Any, int]]:
    """Each value, and how many equal ones came before it."""
    seen = Counter[Any]()
    for value in values:
        yield value, seen[value]
        seen[value] += 1


def _said(turn: Interaction) -> Any:
    """What is compared of an answer."""
    answer = answer_of(turn.response)
    told: dict[str, Any] = {"status code": turn.response.status}
    if answer.events is not None and (answer.problem or not answer.body):  # they add up to less than they say
        return {**told, "events": without(DRAWN_ANEW, list(answer.events))}
    if answer.problem:
        return {**told, "body": turn.response.body}
    if not isinstance(answer.json, dict):
        return {**told, "body": answer.text if answer.json is None else answer.json}
    body = answer.body
    if operation_of(turn.request).key in RESPONSES:
        body = {key: body[key] for key in SAID if body.get(key) is not None}
    return {**told, **without(DRAWN_ANEW, {key: value for key, value in body.items() if key != "usage"})}
