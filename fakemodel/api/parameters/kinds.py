"""The kinds of value that a JSON body has, and how the API refuses others: what tables of its members are made of.

A kind is a value. It looks at what a body has at one place, whose `param` is what the API calls it
(`input[0].content`), and raises Refused. Which member is of which kind is told elsewhere: by `parameters` for whole
bodies, by `input_items`, `tools` and `messages` for what stands in them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

from fakemodel.api.parameters.wording import did_you_mean, elided, listed, wrong_type
from fakemodel.wire.errors import Refused

__all__ = [
    "ANY",
    "BOOLEAN",
    "OBJECT",
    "STRINGS",
    "TEXT",
    "Either",
    "Integer",
    "Kind",
    "ListOf",
    "MapOf",
    "Members",
    "Number",
    "OneOf",
    "Tagged",
    "Text",
]


class Kind(Protocol):
    """A kind of value. `expected` is what the API calls it: `a string`."""

    @property
    def expected(self) -> str:
        """What was expected, where something else is found."""

    def check(self, value: object, param: str) -> None:
        """Raise Refused for a value of another kind."""


@dataclass(frozen=True, slots=True)
class Anything:
    """A value that is not looked at."""

    expected: ClassVar[str] = "a value"

    def check(self, value: object, param: str) -> None:
        """Anything will do."""


@dataclass(frozen=True, slots=True)
class Boolean:
    """True or false."""

    expected: ClassVar[str] = "a boolean"

    def check(self, value: object, param: str) -> None:
        """Raise Refused for anything else."""
        if not isinstance(value, bool):
            raise wrong_type(param, self.expected, value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """A string: of `least` to `most` characters, all of it matching `pattern`, beginning with the `prefix` of an id."""

    least: int = 0
    most: int | None = None
    pattern: str = ""
    prefix: str = ""
    expected: ClassVar[str] = "a string"

    def check(self, value: object, param: str) -> None:
        """Raise Refused for anything else."""
        if not isinstance(value, str):
            raise wrong_type(param, self.expected, value)
        if len(value) < self.least:
            raise Refused("empty_string", param, str(self.least))
        if self.most is not None and len(value) > self.most:
            raise Refused("string_above_max_length", param, str(self.most), str(len(value)))
        if self.pattern and not re.fullmatch(self.pattern, value):
            raise Refused("string_pattern", param, self.pattern)
        if not value.startswith(self.prefix):
            raise Refused("id_prefix", param, value, self.prefix)


@dataclass(frozen=True, slots=True)
class Number:
    """A number, from `least` to `most`."""

    least: int | None = None
    most: int | None = None
    expected: ClassVar[str] = "a decimal"
    types: ClassVar[tuple[type, ...]] = (int, float)

    def check(self, value: Any, param: str) -> None:
        """Raise Refused for anything else."""
        if type(value) not in self.types:  # a boolean is an int to Python
            raise wrong_type(param, self.expected, value)
        called = self.expected.split()[-1]
        if self.least is not None and value < self.least:
            raise Refused(f"{called}_below_min_value", param, str(self.least), str(value))
        if self.most is not None and value > self.most:
            raise Refused(f"{called}_above_max_value", param, str(self.most), str(value))


@dataclass(frozen=True, slots=True)
class Integer(Number):
    """A whole number, from `least` to `most`."""

    expected: ClassVar[str] = "an integer"
    types: ClassVar[tuple[type, ...]] = (int,)


@dataclass(frozen=True, slots=True)
class OneOf:
    """One of these words; of `unlisted` ones the API does not speak, but its description has them."""

    words: Sequence[str]
    unlisted: Collection[str] = ()

    @property
    def expected(self) -> str:
        """The words, each in short."""
        return f"one of {listed(map(elided, self.words), 'or')}"

    def check(self, value: object, param: str) -> None:
        """Raise Refused for anything else."""
        if not isinstance(value, str):
            raise wrong_type(param, self.expected, value)
        if value not in self.words and value not in self.unlisted:
            raise Refused("invalid_value", param, value, listed(self.words, "and"))


@dataclass(frozen=True, slots=True)
class ListOf:
    """A list of `least` to `most` values of a kind; `called` is what the API calls them."""

    kind: Kind
    called: str = "objects"
    least: int = 0
    most: int | None = None

    @property
    def expected(self) -> str:
        """The list, by its items."""
        return f"an array of {self.called}"

    def check(self, value: object, param: str) -> None:
        """Raise Refused for anything else."""
        if not isinstance(value, list):
            raise wrong_type(param, self.expected, value)
        if len(value) < self.least:
            raise Refused("empty_array", param, str(self.least))
        if self.most is not None and len(value) > self.most:
            raise Refused("array_above_max_length", param, str(self.most), str(len(value)))
        for index, item in enumerate(value):
            self.kind.check(item, f"{param}[{index}]")


@dataclass(frozen=True, slots=True)
class MapOf:
    """An object whose members, at most `most`, bear names of the caller's own: each of up to `longest` characters."""

    kind: Kind
    most: int | None = None
    longest: int | None = None
    expected: str = "an object"

    def check(self, value: object, param: str) -> None:
        """Raise Refused for anything else."""
        if not isinstance(value, dict):
            raise wrong_type(param, self.expected, value)
        if self.most is not None and len(value) > self.most:
            raise Refused("object_above_max_properties", param, str(self.most), str(len(value)))
        for name, member in value.items():
            if self.longest is not None and len(name) > self.longest:
                long = (param, name, elided(name), str(self.longest), str(len(name)))
                raise Refused("property_name_above_max_length", *long)
            self.kind.check(member, f"{param}.{name}")


@dataclass(frozen=True, slots=True)
class Members:
    """An object with these members, which are looked at in this order: first for those that are `required`.

    Null is as good as absent for one that is not required, and a value for one that is `nullable`. `unknown` is the row
    of ERRORS for members that are not known; without one they are not looked at.
    """

    kinds: Mapping[str, Kind]
    required: Sequence[str] = ()
    nullable: Collection[str] = ()
    unknown: str | None = "unknown_parameter"
    expected: ClassVar[str] = "an object"

    def check(self, value: object, param: str) -> None:
        """Raise Refused for anything else."""
        if not isinstance(value, dict):
            raise wrong_type(param, self.expected, value)
        place = f"{param}." if param else ""
        for name in self.required:
            if name not in value:
                raise Refused("missing", place + name)
        if self.unknown and not value.keys() <= self.kinds.keys():
            raise self._unknown(value, place)
        for name, kind in self.kinds.items():
            if name not in value:
                continue
            member = value[name]
            if member is not None or (name in self.required and name not in self.nullable):
                kind.check(member, place + name)

    def _unknown(self, value: Mapping[str, Any], place: str) -> Refused:
        assert self.unknown
        names = [name for name in value if name not in self.kinds]
        hint = "" if place else did_you_mean(names[0], self.kinds.keys() - value.keys())
        return Refused(self.unknown, place + names[0], hint, "s" if names[1:] else "", ", ".join(sorted(names)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Either:
    """A value of one kind or another, by its JSON type."""

    kinds: Mapping[type, Kind]
    expected: str

    def check(self, value: object, param: str) -> None:
        """Raise Refused for anything else."""
        kind = self.kinds.get(type(value))
        if kind is None:
            raise wrong_type(param, self.expected, value)
        kind.check(value, param)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tagged:
    """An object whose kind its member `by` tells; `default` tells it where that is absent.

    The API says of some that the tag is wrong, of others (`whole`) that the object is; of a few the latter only where
    the tag is one `among` those of such objects elsewhere. Of `unlisted` tags it does not speak.
    """

    by: str
    kinds: Mapping[str, Kind]
    default: Callable[[Mapping[str, Any]], str] | None = None
    whole: bool = False
    among: Sequence[str] = ()
    unlisted: Collection[str] = ()
    expected: str = "an object"

    def check(self, value: object, param: str) -> None:
        """Raise Refused for anything else."""
        if not isinstance(value, dict):
            raise wrong_type(param, self.expected, value)
        tag = value.get(self.by)
        if tag is None and self.default is not None:
            tag = self.default(value)
        kind = self.kinds.get(tag) if isinstance(tag, str) else None
        if kind is None:
            raise self._wrong_tag(tag, param)
        kind.check(value, param)

    def _wrong_tag(self, tag: object, param: str) -> Refused:
        known = OneOf([name for name in self.kinds if name not in self.unlisted])
        place = f"{param}.{self.by}"
        shown = tag if isinstance(tag, str) else ""
        if self.among and tag not in self.among:
            return Refused("invalid_value", place, shown, listed(self.among, "and"))
        if self.whole:
            return Refused("invalid_value", param, shown, listed(known.words, "and"))
        if tag is None:
            return Refused("missing", place)
        if not isinstance(tag, str):
            return wrong_type(place, known.expected, tag)
        return Refused("invalid_value", place, tag, listed(known.words, "and"))


ANY = Anything()
BOOLEAN = Boolean()
TEXT = Text()
STRINGS = ListOf(TEXT, "strings")
OBJECT = Members({}, unknown=None)
