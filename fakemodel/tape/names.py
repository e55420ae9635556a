"""Short names for the identifiers of a recording: `resp_1`, `conv_1`, `call_2`, by the order in which they appear."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

from fakemodel.tape.identifiers import IDENTIFIER, kind_of, renamed
from fakemodel.wire.ids import PREFIXES

__all__ = ["Names"]

SHORT = re.compile(rb"[A-Za-z]+_[0-9]+\b")

MEMBER = re.compile(
    rb'"(?:id|call_id|tool_call_id|item_id|previous_response_id|conversation)": ?'
    rb'"((%b)[_-][0-9A-Za-z]{16,})"' % "|".join(sorted(PREFIXES)).encode()
)
"""A member that is an id, and its kind: also one of letters alone, which a text could hold as a word."""


class Names:
    """Gives each identifier a short name when it is first seen; none that stands in the recorded `bodies` itself."""

    def __init__(self, bodies: Iterable[bytes] = ()) -> None:
        held = list(bodies)
        self._taken = {found.decode() for body in held for found in SHORT.findall(body)}
        members = {found[1].decode(): found[2].decode() for body in held for found in MEMBER.finditer(body)}
        self._kinds = {each: kind for each, kind in members.items() if not IDENTIFIER.fullmatch(each)}
        self._wordlike = re.compile("|".join(map(re.escape, self._kinds)) or r"(?!)")
        self._numbers = Counter[str]()
        self._names: dict[str, str] = {}

    def __call__(self, text: str) -> str:
        """A text in which identifiers have their short names."""
        return self._wordlike.sub(self._name, renamed(text, self._name)) if self._kinds else renamed(text, self._name)

    def _name(self, identifier: re.Match[str]) -> str:
        if identifier[0] not in self._names:
            kind = self._kinds.get(identifier[0]) or kind_of(identifier).rstrip("_-:")
            self._names[identifier[0]] = self._next(kind)
        return self._names[identifier[0]]

    def _next(self, kind: str) -> str:
        while True:
            self._numbers[kind] += 1
            name = f"{kind}_{self._numbers[kind]}"
            if name not in self._taken:
                return name
