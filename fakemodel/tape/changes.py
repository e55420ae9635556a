"""What changed between two recordings, turn by turn: turns that are new or gone, requests and answers that differ.

Identifiers may be others, if each stands for the same one throughout: so those of a recording that was made anew are.
Times differ each time, and are not compared; nor is encrypted content, nor the padding of streams.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any, TypeAlias

from fakemodel.parts import Usage
from fakemodel.tape.answers import answer_of
from fakemodel.tape.conversation import RESPONSES, Conversation, Turn, conversation_of
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


def changes(old: Sequence[Interaction], new: Sequence[Interaction]) -> Changes:
    """What changed from one recording to another."""
    conversations = conversation_of(old), conversation_of(new)
    return Changes(*conversations, tuple(_changed(old, new, *conversations)))


def _changed(
    old: Sequence[Interaction], new: Sequence[Interaction], was: Conversation, now: Conversation
) -> Iterator[Change]:
    matcher, renaming = Matcher(), Renaming(())
    for i, j in _pairs(old, new, matcher):
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
    same = [[matcher.key(turn.request)[0] for turn in turns] for turns in (old, new)]
    alike = [[route(turn.request) for turn in turns] for turns in (old, new)]
    for equal, i, i_end, j, j_end in _aligned(*same):
        if equal:
            yield from zip(range(i, i_end), range(j, j_end), strict=True)
            continue
        for fits, k, k_end, m, m_end in _aligned(alike[0][i:i_end], alike[1][j:j_end]):
            if fits:
                yield from zip(range(i + k, i + k_end), range(j + m, j + m_end), strict=True)
            else:
                yield from ((index, None) for index in range(i + k, i + k_end))
                yield from ((None, index) for index in range(j + m, j + m_end))


def _aligned(old: Sequence[Any], new: Sequence[Any]) -> Iterator[tuple[bool, int, int, int, int]]:
    for tag, *ranges in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        i, i_end, j, j_end = ranges
        yield tag == "equal", i, i_end, j, j_end


def _said(turn: Interaction) -> Any:
    """What is compared of an answer."""
    answer = answer_of(turn.response)
    told = {"status code": turn.response.status}
    if not isinstance(answer.json, dict):
        return {**told, "body": answer.text if answer.json is None else answer.json}
    body = answer.body
    if operation_of(turn.request).key in RESPONSES:
        body = {key: body[key] for key in SAID if body.get(key) is not None}
    return {**told, **without(DRAWN_ANEW, {key: value for key, value in body.items() if key != "usage"})}
