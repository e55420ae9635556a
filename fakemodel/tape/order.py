"""The order of the turns in a file, where requests were on their way at the same time."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence

from fakemodel.tape.address import place
from fakemodel.tape.identifiers import IDENTIFIER
from fakemodel.tape.interaction import Interaction, Request
from fakemodel.tape.renaming import Renaming

__all__ = ["in_order"]


def in_order(turns: Sequence[Interaction]) -> list[Interaction]:
    """The turns conversation by conversation, in an order that does not depend on who was faster.

    A conversation is what goes on from each other's ids. Conversations, and the turns in one that do not go on from
    each other, are ordered by what was asked, the shorter first.
    """
    needs = Renaming(turns).needs
    conversation = list(range(len(turns)))
    depth = [0] * len(turns)
    for index, before in enumerate(needs):  # a turn comes after those that it needs
        depth[index] = 1 + max((depth[each] for each in before), default=0)
        joined = {conversation[each] for each in (index, *before)}
        if len(joined) > 1:
            conversation = [min(joined) if each in joined else each for each in conversation]
    asked = [(depth[index], _asked(turn.request)) for index, turn in enumerate(turns)]
    whole: dict[int, list[tuple[int, tuple[int, str]]]] = defaultdict(list)
    for index, first in enumerate(conversation):
        whole[first].append(asked[index])

    def where(index: int) -> tuple[object, ...]:
        first = conversation[index]
        return sorted(whole[first]), first, asked[index]

    return [turns[index] for index in sorted(range(len(turns)), key=where)]


def _asked(request: Request) -> tuple[int, str]:
    """What is asked, whichever ids it names."""
    try:
        body = json.dumps(request.json, sort_keys=True)
    except ValueError:
        body = repr(request.body)
    text = IDENTIFIER.sub("<id>", f"{request.method} {place(request.uri)} {body}")
    return len(text), text
