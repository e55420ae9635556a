"""The guards of a script: none where each recorded request goes on from the one before, or else what tells it apart."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from fakemodel.api.http import conversation_of
from fakemodel.context import items_of
from fakemodel.guards import CONDITIONS, Asked, Guard, when
from fakemodel.tape.answers import json_or_none
from fakemodel.tape.interaction import Interaction
from fakemodel.tape.renaming import Renaming

__all__ = ["asked_of", "guards_of"]

SHORT = 60
"""The characters of a text that a guard needs, where they tell it from all others."""


def asked_of(turn: Interaction) -> Asked:
    """What a recorded request asks, as guards look at it; nothing where its body is no JSON object."""
    body = json_or_none(turn.request.body)
    if not isinstance(body, dict):
        return Asked(0, ())
    items = items_of(body.get("input", body.get("messages")))
    return Asked(0, items, body.get("previous_response_id"), conversation_of(body))


def guards_of(turns: Sequence[Interaction], asking: Sequence[int]) -> dict[int, Guard]:
    """Guards for the turns, of which those at the indexes `asking` ask a model; none where one goes on from the other.

    A turn has one if there is anything that tells it from the others.
    """
    asked = {index: asked_of(turns[index]) for index in asking}
    needs = Renaming(turns).needs
    answered = [index for index in asking if turns[index].response.status < 400]
    if all(before in needs[after] or _goes_on(asked[before], asked[after]) for before, after in pairwise(answered)):
        return {}
    found = {}
    for index, own in asked.items():
        others = [each for each in asked.values() if each != own]
        guard = next((guard for guard in _candidates(own) if all(guard.unmet(each) for each in others)), None)
        if guard is not None:
            found[index] = guard
    return found


def _goes_on(before: Asked, after: Asked) -> bool:
    """Whether a request brings the whole history of one before it, or is of the same conversation."""
    if before.conversation is not None:
        return before.conversation == after.conversation
    return before.previous_response_id is None and after.items[: len(before.items)] == before.items


def _candidates(asked: Asked) -> Iterator[Guard]:
    if asked.previous_response_id is not None:
        yield when(previous_response_id=asked.previous_response_id)
    for name in ("input", "tool_output"):
        texts = CONDITIONS[name](asked)
        assert isinstance(texts, list)
        for text in reversed(texts):
            lines = text.strip().splitlines() or [""]
            yield from (when(**{name: each}) for each in (lines[0][:SHORT], text) if each)
