"""How the API words what it finds in a body: the types of JSON, a choice of words, and what a typing error may mean."""

from __future__ import annotations

from collections.abc import Iterable
from types import NoneType

from fakemodel.wire.errors import Refused

__all__ = ["did_you_mean", "elided", "listed", "wrong_type"]

JSON_TYPES = {
    bool: "a boolean",
    dict: "an object",
    float: "a decimal number",
    int: "an integer",
    list: "an array",
    str: "a string",
    NoneType: "null",
}


def wrong_type(param: str, expected: str, value: object) -> Refused:
    """What refuses a value of another type than is expected."""
    return Refused("wrong_type", param, expected, JSON_TYPES[type(value)])


def listed(words: Iterable[str], before_last: str) -> str:
    """The words in quotes, as a sentence has them: `'a', 'b', or 'c'`."""
    quoted = [f"'{word}'" for word in words]
    if len(quoted) < 3:
        return f" {before_last} ".join(quoted)
    return f"{', '.join(quoted[:-1])}, {before_last} {quoted[-1]}"


def elided(word: str) -> str:
    """A word, or what the API shows of a long one: its first three letters and its last."""
    return word if len(word) < 13 else f"{word[:3]}...{word[-3:]}"


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """The question that follows a name that is not known: which of those it was to be, at two letters' distance."""
    near = [(distance(name, other), other) for other in known if abs(len(name) - len(other)) < 3]
    meant = [other for letters, other in sorted(near) if letters < 3]
    return f" Did you mean {listed(meant, 'or')}?" if meant else ""


def distance(one: str, other: str) -> int:
    """How many letters are to be put in, taken out or changed to make one word of the other."""
    row = list(range(len(other) + 1))
    for place, letter in enumerate(one, 1):
        above, row = row, [place]
        for index, wanted in enumerate(other):
            row.append(min(above[index] + (letter != wanted), above[index + 1] + 1, row[index] + 1))
    return row[-1]
