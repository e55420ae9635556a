"""Which identifier of a test's run stands for which of the recording's.

An id that the server gave out in a recorded answer is itself. All others, which the client invented or brought along,
may be others today: one is always the same, and two are never one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from fakemodel.tape.bodies import Edit, rewritten
from fakemodel.tape.identifiers import IDENTIFIER, identifiers, kind_of, renamed
from fakemodel.tape.interaction import Interaction

__all__ = ["Renaming"]


class Renaming:
    """The identifiers of one cassette, and those of the run that replays it."""

    def __init__(self, turns: Sequence[Interaction]) -> None:
        self._issued: dict[str, int] = {}
        self._live: dict[str, str] = {}
        self._recorded: dict[str, str] = {}
        self._renamed = False
        self._fit: dict[tuple[str, str], bool] = {}
        self.needs: list[frozenset[int]] = []
        """For each turn the indexes of those that gave out the ids which it sends."""
        brought: set[str] = set()
        for index, turn in enumerate(turns):
            sent = set(identifiers(f"{turn.request.uri}\n{turn.request.body.decode(errors='replace')}"))
            brought |= sent - self._issued.keys()
            self.needs.append(frozenset(self._issued[each] for each in sent & self._issued.keys()))
            for each in identifiers(_answer(turn)):
                if each not in brought:
                    self._issued.setdefault(each, index)

    def copied(self) -> Renaming:
        """Another one, that knows as much by now."""
        copied = Renaming(())
        copied._issued, copied.needs = self._issued, self.needs
        copied._live, copied._recorded, copied._renamed = {**self._live}, {**self._recorded}, self._renamed
        return copied

    def issued_by(self, identifier: str) -> int | None:
        """The index of the turn that gave out an id; None for any other."""
        return self._issued.get(identifier)

    def generalized(self, text: str) -> tuple[str, tuple[str, ...]]:
        """A text in which every identifier that may be another one stands for its kind; and these, in order."""
        found: list[str] = []

        def kind(identifier: re.Match[str]) -> str:
            if identifier[0] in self._issued:
                return identifier[0]
            found.append(identifier[0])
            return f"\0{kind_of(identifier)}\0"  # no JSON text, and no address, holds such a word

        return renamed(text, kind), tuple(found)

    def fits(self, recorded: str, live: str) -> bool:
        """Whether a text is a recorded one, with identifiers that fit those so far; from now on they stand for these.

        What was found of two texts stays so: a history is sent again with every turn.
        """
        texts = recorded, live
        if texts not in self._fit:
            (then, old), (now, new) = map(self.generalized, texts)
            self._fit[texts] = then == now and self.explains(old, new)
            if self._fit[texts]:
                self.learn(old, new)
        return self._fit[texts]

    def explains(self, recorded: Sequence[str], live: Sequence[str]) -> bool:
        """Whether each of the `live` identifiers may stand for the recorded one at its place."""
        to_live: dict[str, str] = {}
        to_recorded: dict[str, str] = {}
        for old, new in zip(recorded, live, strict=True):
            if to_live.setdefault(old, self._live.get(old, new)) != new:
                return False
            if to_recorded.setdefault(new, self._recorded.get(new, old)) != old:
                return False
        return True

    def learn(self, recorded: Sequence[str], live: Sequence[str]) -> None:
        """From now on each of the `live` identifiers stands for the recorded one at its place."""
        self._live.update(zip(recorded, live, strict=True))
        self._recorded.update(zip(live, recorded, strict=True))
        self._renamed |= tuple(recorded) != tuple(live)

    def stands_for(self, live: str) -> str | None:
        """The recorded identifier that a live one stood for so far."""
        return self._recorded.get(live)

    def now(self, recorded: str) -> str | None:
        """The live identifier that stood for a recorded one so far."""
        return self._live.get(recorded)

    def answer(self, body: bytes) -> bytes:
        """A recorded answer as it would be today: what it says again of the client's identifiers is the live ones."""
        if not self._renamed:
            return body
        try:
            body.decode()
        except UnicodeDecodeError:
            return body
        return rewritten(body, [self._edits], dict)

    def _edits(self, text: str) -> list[Edit]:
        """What of a recorded text is another identifier today."""
        return [(*found.span(), self._live[found[0]]) for found in IDENTIFIER.finditer(text) if found[0] in self._live]


def _answer(turn: Interaction) -> str:
    location = turn.response.headers.get("location", ())
    return "\n".join([turn.response.body.decode(errors="replace"), *location])
