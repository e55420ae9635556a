"""Short names for the identifiers of a recording: `resp_1`, `conv_1`, `call_2`, by the order in which they appear."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace

from fakemodel.tape.identifiers import IDENTIFIER, kind_of, renamed
from fakemodel.tape.interaction import Interaction
from fakemodel.wire.ids import PREFIXES

__all__ = ["Names", "Numbered", "identifiable"]

SHORT = re.compile(rb"(?<![A-Za-z])[A-Za-z]++_[0-9]++\b")
"""What has the form of a short name. A word is looked at once, from its start, for it may be as long as the body."""

MEMBER = re.compile(
    rb'"(?:id|call_id|tool_call_id|item_id|previous_response_id|conversation)": ?"((?:%b)[_-][0-9A-Za-z]{16,})"'
    % "|".join(sorted(PREFIXES)).encode()
)
"""A member that is an id."""

DIGITS = "000000"
"""What makes an identifier of a word."""


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


def identifiable(turns: Sequence[Interaction]) -> list[Interaction]:
    """The turns with all ids such as are known for ids in any text.

    Some are letters alone, as one in fifty of the ids of calls, and could be words: they are given digits.
    """
    bodies = (body for turn in turns for body in (turn.request.body, turn.response.body))
    found = {each.decode() for body in bodies for each in MEMBER.findall(body)}
    wordlike = sorted((each for each in found if not IDENTIFIER.fullmatch(each)), key=len, reverse=True)
    if not wordlike:
        return list(turns)
    pattern = "|".join(wordlike)
    as_text, as_bytes = re.compile(pattern), re.compile(pattern.encode())

    def in_body(body: bytes) -> bytes:
        return as_bytes.sub(lambda word: word[0] + DIGITS.encode(), body)

    return [
        Interaction(
            replace(
                turn.request,
                uri=as_text.sub(lambda word: word[0] + DIGITS, turn.request.uri),
                body=in_body(turn.request.body),
            ),
            replace(turn.response, body=in_body(turn.response.body)),
        )
        for turn in turns
    ]
