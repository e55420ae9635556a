"""Replaying: which recorded turn answers a request, once, and what was never asked for."""

from __future__ import annotations

from collections import OrderedDict, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import TypeAlias

from fakemodel.errors import CassetteMiss, UnplayedTurns
from fakemodel.tape.address import masked
from fakemodel.tape.interaction import Interaction, Request, Response
from fakemodel.tape.match import Key, Matcher
from fakemodel.tape.miss import cassette_miss
from fakemodel.tape.renaming import Renaming
from fakemodel.tape.told import Told

__all__ = ["Player"]

Identifiers: TypeAlias = tuple[str, ...]

NONE: Mapping[int, Identifiers] = MappingProxyType({})


class Player:
    """The turns of a cassette, each of which plays once: in any order, but after those whose ids it sends."""

    def __init__(self, turns: Sequence[Interaction], ignore: Sequence[str], told: Told) -> None:
        self.turns, self._told = list(turns), told
        self._renaming = Renaming(turns)
        self._matcher = Matcher(ignore, self._renaming)
        self._played: set[int] = set()
        # Of an OrderedDict the first is at hand, however many before it are gone.
        self._waiting: dict[Key, OrderedDict[int, Identifiers]] = defaultdict(OrderedDict)
        self._as_recorded: dict[tuple[Key, Identifiers], OrderedDict[int, Identifiers]] = defaultdict(OrderedDict)
        for index, turn in enumerate(turns):
            key, identifiers = self._matcher.key(turn.request)
            self._waiting[key][index] = self._as_recorded[key, identifiers][index] = identifiers

    def play(self, request: Request) -> Response | None:
        """The recorded answer to a request; None where no turn that is left answers it."""
        key, live = self._matcher.key(request)
        found = self._found(key, live)
        if found is None:
            return None
        index, identifiers = found
        del self._waiting[key][index], self._as_recorded[key, identifiers][index]
        self._played.add(index)
        self._renaming.learn(identifiers, live)
        response = self.turns[index].response
        return replace(response, body=self._renaming.answer(response.body))

    def turn_for(self, request: Request) -> int | None:
        """The index of the turn that would answer a request; None where none would."""
        found = self._found(*self._matcher.key(request))
        return None if found is None else found[0]

    def is_issued(self, identifier: str) -> bool:
        """Whether a recorded answer gave out an id."""
        return self._renaming.issued_by(identifier) is not None

    def _found(self, key: Key, live: Identifiers) -> tuple[int, Identifiers] | None:
        return next((turn for turn in self._candidates(key, live) if self._may_play(*turn, live)), None)

    def _candidates(self, key: Key, live: Identifiers) -> Iterator[tuple[int, Identifiers]]:
        """The turns with a key that are left, in the order in which they are to be tried: as recorded, then the first.

        Where it is known what each of the identifiers stands for, no turn with others can be meant.
        """
        recorded = tuple(each for each in map(self._renaming.stands_for, live) if each)
        if live and len(recorded) == len(live):
            yield from self._as_recorded.get((key, recorded), NONE).items()
        else:
            yield from self._as_recorded.get((key, live), NONE).items()
            yield from self._waiting.get(key, NONE).items()

    def _may_play(self, index: int, identifiers: Identifiers, live: Identifiers) -> bool:
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
