"""Placeholders: what stands in a cassette for the ids, times and encrypted words of the day of recording.

They are numbered as they first appear, so that equal conversations give equal files, and an id is the same wherever
it stands: in a body, in JSON within a string, in an address.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

from fakemodel.tape.bodies import Edit
from fakemodel.tape.identifiers import IDENTIFIER, kind_of
from fakemodel.wire.anew import EXPIRY, TIMES
from fakemodel.wire.ids import EPOCH
from fakemodel.wire.payload import Payload

__all__ = ["Placeholders"]

PAST = TIMES - {EXPIRY}
"""The times that stand still; of the one in the future its distance from these is kept."""

SINCE = 1_000_000_000
"""What a number must exceed to be a time of our days, in seconds."""


class Placeholders:
    """The placeholders of one cassette. `turn` is the turn that is being written, from 1."""

    def __init__(self) -> None:
        self.turn = 1
        self._of: dict[str, str] = {}
        self._count: Counter[str] = Counter()
        self._first: dict[str, int] = {}
        self._times: dict[tuple[object, str, object], int] = {}

    def edits(self, text: str) -> list[Edit]:
        """The identifiers of a text, each with its placeholder: of the same kind, and as long."""
        return [(*found.span(), self._placeholder(found)) for found in IDENTIFIER.finditer(text)]

    def asked(self, value: Payload) -> Payload:
        """A JSON object of a request: what it says again of an answer is as it stands there, all else its own."""
        return {key: self._again(key, each, value) for key, each in value.items()}

    def _again(self, key: str, value: Any, owner: Payload) -> Any:
        if key == "encrypted_content" and isinstance(value, str):
            return self._of.get(value, value)
        return self._times.get((owner.get("id"), key, value), value) if _is_time(value) else value

    def answered(self, value: Payload) -> Payload:
        """A JSON object of an answer without padding, its times by a fixed clock, its encrypted words a short token."""
        times = [value[key] for key in PAST & value.keys() if _is_time(value[key])]
        if not times and not value.keys() & {"encrypted_content", "obfuscation", EXPIRY}:
            return value
        return {key: self._member(key, each, value, times) for key, each in value.items() if key != "obfuscation"}

    def _member(self, key: str, value: Any, owner: Payload, times: list[float]) -> Any:
        if key == "encrypted_content" and isinstance(value, str) and value:
            return self._named(value, "encrypted", "encrypted_{}")
        if key in PAST and _is_time(value):
            return self._times.setdefault((owner.get("id"), key, value), self._clock(owner))
        if key == EXPIRY and _is_time(value):
            return self._clock(owner) + (int(value - min(times)) if times else 0)
        return value

    def _clock(self, owner: Payload) -> int:
        """The time of an object, in seconds: that of the turn in which it is first seen."""
        id_ = owner.get("id")
        return EPOCH + (self._first.setdefault(id_, self.turn) if isinstance(id_, str) else self.turn)

    def _placeholder(self, found: re.Match[str]) -> str:
        whole, kind = found[0], kind_of(found)
        if kind == "uuid":
            shape = "00000000-0000-4000-8000-{:0>12}" if "-" in whole else "0000000000004000a000{:0>12}"
            return self._named(whole, kind, shape)
        start = len(kind) + (found["server"] is not None)
        return self._named(whole, kind, f"{whole[:start]}{{:0>{len(whole) - start}}}")

    def _named(self, original: str, kind: str, shape: str) -> str:
        if original not in self._of:
            self._count[kind] += 1
            self._of[original] = shape.format(self._count[kind])
        return self._of[original]


def _is_time(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value > SINCE
