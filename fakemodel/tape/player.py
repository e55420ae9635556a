"""Replaying: which recorded turn answers a request, once, and what was never asked for."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from itertools import chain

from fakemodel.errors import CassetteMiss, UnplayedTurns
from fakemodel.tape.address import masked
from fakemodel.tape.interaction import Interaction, Request, Response
from fakemodel.tape.match import Key, Matcher
from fakemodel.tape.miss import cassette_miss
from fakemodel.tape.renaming import Renaming
from fakemodel.tape.told import Told

__all__ = ["Player"]


class Player:
    """The turns of a cassette, each of which plays once: in any order, but after those whose ids it sends."""

    def __init__(self, turns: Sequence[Interaction], ignore: Sequence[str], told: Told) -> None:
        self.turns, self._told = list(turns), told
        self._renaming = Renaming(turns)
        self._matcher = Matcher(ignore, self._renaming)
        self._played: set[int] = set()
        self._waiting: dict[Key, list[tuple[int, tuple[str, ...]]]] = defaultdict(list)
        for index, turn in enumerate(turns):
            key, identifiers = self._matcher.key(turn.request)
            self._waiting[key].append((index, identifiers))

    def play(self, request: Request) -> Response | None:
        """The recorded answer to a request; None where no turn that is left answers it."""
        key, live = self._matcher.key(request)
        waiting = self._waiting.get(key, [])
        as_recorded = (turn for turn in waiting if turn[1] == live)
        found = next((turn for turn in chain(as_recorded, waiting) if self._may_play(*turn, live)), None)
        if found is None:
            return None
        waiting.remove(found)
        index, identifiers = found
        self._played.add(index)
        self._renaming.learn(identifiers, live)
        response = self.turns[index].response
        return replace(response, body=self._renaming.answer(response.body))

    def _may_play(self, index: int, identifiers: Sequence[str], live: Sequence[str]) -> bool:
        """Whether a turn that looks as it was asked for goes on from what was played, with identifiers that fit."""
        return self._renaming.needs[index] <= self._played and self._renaming.explains(identifiers, live)

    def miss(self, request: Request, number: int) -> CassetteMiss:
        """The report of a request, the `number`th of the test, that was not answered."""
        return cassette_miss(request, number, self.turns, self._played, self._matcher, self._renaming, self._told)

    def assert_played(self) -> None:
        """Raise UnplayedTurns for what was never asked for."""
        left = [(number, turn.request) for number, turn in enumerate(self.turns, 1) if number - 1 not in self._played]
        if left:
            told = self._told
            shown = [f"  turn {number}  {request.method} {masked(request.uri)}" for number, request in left]
            raise UnplayedTurns(
                f"{told.name} no longer asks for {len(left)} of {len(self.turns)} recorded turns ({told.shown_path})\n"
                + "\n".join([*shown, told.remedy("rerecord"), "Where that is meant: allow_unplayed=True"])
            )
