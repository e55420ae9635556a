"""The guards of a script: none where each recorded request goes on from the one before, or else what tells it apart."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from itertools import accumulate, pairwise

from fakemodel.api.http import conversation_of
from fakemodel.context import items_of
from fakemodel.guards import CONDITIONS, Asked, Guard, when
from fakemodel.tape.answers import json_or_none
from fakemodel.tape.interaction import Interaction
from fakemodel.tape.renaming import Renaming
from fakemodel.wire.payload import json_text

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
    alike: dict[str, list[int]] = defaultdict(list)
    for index, each in asked.items():
        alike[json_text({"items": each.items, "ids": [each.previous_response_id, each.conversation]})].append(index)
    telling = _Telling([asked[indexes[0]] for indexes in alike.values()])
    found: dict[int, Guard] = {}
    for number, indexes in enumerate(alike.values()):
        guard = telling.guard(number)
        if guard is not None:
            found |= dict.fromkeys(indexes, guard)
    return found


class _Telling:
    """What tells requests apart, of which no two are the same.

    The texts that a condition looks at are put into one, so that what another request says too is found at once.
    """

    def __init__(self, asked: Sequence[Asked]) -> None:
        self._asked = asked
        self._previous = Counter(str(each.previous_response_id) for each in asked)
        self._texts = {name: [_texts(name, each) for each in asked] for name in ("input", "tool_output")}
        self._whole: dict[str, str] = {}
        self._places: dict[str, list[int]] = {}
        for name, said in self._texts.items():
            own = ["".join(f"{text}\0" for text in texts) for texts in said]
            self._whole[name] = "".join(own)
            self._places[name] = [0, *accumulate(map(len, own))]

    def guard(self, number: int) -> Guard | None:
        """The guard that one request alone meets; None where there is none."""
        previous = self._asked[number].previous_response_id
        if previous is not None and self._previous[str(previous)] == 1:
            return when(previous_response_id=previous)
        for name, said in self._texts.items():
            for text in reversed(said[number]):
                lines = text.strip().splitlines() or [""]
                for words in (lines[0][:SHORT], text):
                    if words and self._is_alone(name, number, words):
                        return when(**{name: words})
        return None

    def _is_alone(self, name: str, number: int, words: str) -> bool:
        whole, (start, end) = self._whole[name], self._places[name][number : number + 2]
        return whole.find(words, 0, start) < 0 and whole.find(words, end) < 0


def _texts(name: str, asked: Asked) -> list[str]:
    texts = CONDITIONS[name](asked)
    assert isinstance(texts, list)
    return texts


def _goes_on(before: Asked, after: Asked) -> bool:
    """Whether a request brings the whole history of one before it, or is of the same conversation."""
    if before.conversation is not None:
        return before.conversation == after.conversation
    return before.previous_response_id is None and after.items[: len(before.items)] == before.items
