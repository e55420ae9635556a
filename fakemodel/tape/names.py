"""Short names for the identifiers of a recording: `resp_1`, `conv_1`, `call_2`, by the order in which they appear."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable

from fakemodel.tape.identifiers import kind_of, renamed

__all__ = ["Names", "Numbered"]

SHORT = re.compile(rb"(?<![A-Za-z])[A-Za-z]++_[0-9]++\b")
"""What has the form of a short name. A word is looked at once, from its start, for it may be as long as the body."""


class Numbered:
    """Names by first appearance, each kind of identifier numbered by itself: `resp_1`, `resp_2`; none that is taken."""

    def __init__(self, taken: Collection[str] = ()) -> None:
        self._taken = taken
        self._numbers = Counter[str]()
        self._names: dict[str, str] = {}

    def name(self, identifier: str, kind: str) -> str:
        """The name of an identifier: the next of its `kind`, where it has none yet."""
        if identifier not in self._names:
            self._names[identifier] = self._next(kind)
        return self._names[identifier]

    def known(self, identifier: str) -> str:
        """The name of an identifier; itself, where it has none."""
        return self._names.get(identifier, identifier)

    def _next(self, kind: str) -> str:
        while True:
            self._numbers[kind] += 1
            name = f"{kind}_{self._numbers[kind]}"
            if name not in self._taken:
                return name


class Names:
    """Gives each identifier a short name when it is first seen; none that stands in the recorded `bodies` itself."""

    def __init__(self, bodies: Iterable[bytes] = ()) -> None:
        self._numbered = Numbered({found.decode() for body in bodies for found in SHORT.findall(body)})
        self._told: dict[str, str] = {}

    def __call__(self, text: str) -> str:
        """A text in which identifiers have their short names."""
        if text not in self._told:  # a history is sent again with every turn
            self._told[text] = renamed(text, self._name)
        return self._told[text]

    def _name(self, identifier: re.Match[str]) -> str:
        return self._numbered.name(identifier[0], kind_of(identifier).rstrip("_-:"))
