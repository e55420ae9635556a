"""The settings of a cassette: what they are called, what they take, and how they are explained."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

from fakemodel.errors import SettingInvalid

__all__ = ["MARKER", "SETTINGS", "checked", "inis"]

SETTINGS: dict[str, tuple[str | None, type, Any, str]] = {
    "ignore": ("linelist", list, [], "JSON paths of request bodies that may differ, as metadata.run_id or input[*].id"),
    "scrub": (None, dict, {}, "patterns of what must not be written, each with what stands in its place"),
    "max_age": ("string", int, 0, "the days that a cassette may become old (0: any age)"),
    "payloads_over": ("string", int, 0, "base64 of more bytes goes to a file beside the cassette (0: none does)"),
    "allow_errors": ("bool", bool, False, "record answers of 400 and above"),
    "allow_unplayed": ("bool", bool, False, "recorded turns may stay unplayed"),
    "refuse_network": ("bool", bool, True, "while replaying, refuse connections to other machines"),
}
"""The settings of a cassette: the kind of the ini option, if there is one, the type, the default, and what it does."""

_DEFAULTS = ", ".join(f"{name}={default}" for name, (_, _, default, _) in SETTINGS.items())

MARKER = (
    f"cassette(name=None, {_DEFAULTS}): record the test's HTTP requests, or replay them from "
    "cassettes/<test module>/<test name>.yaml. name: another file name, or fakemodel:<name> for a cassette that ships "
    "with fakemodel. " + ". ".join(f"{name}: {text}" for name, (*_, text) in SETTINGS.items()) + "."
)


def checked(given: object, where: str, known: Collection[str]) -> dict[str, Any]:
    """The settings that are `given` at a place (`where`), if it may say them and they fit. Raises SettingInvalid."""
    if not isinstance(given, dict):
        raise SettingInvalid(f"{where} is {given!r}, expected is a dict of {', '.join(known)}.")
    unknown = [name for name in given if name not in known]
    if unknown:
        raise SettingInvalid(f"{where} takes {', '.join(known)}, not {', '.join(map(str, unknown))}.")
    for name, (_, kind, _, _) in SETTINGS.items():
        if name in given and not _fits(given[name], kind):
            expected = "number from 0 on" if kind is int else kind.__name__
            raise SettingInvalid(f"{where} says {name}={given[name]!r}, expected is a {expected}.")
    return given


def _fits(value: object, kind: type) -> bool:
    if kind is int:
        return type(value) is int and value >= 0
    return isinstance(list(value) if isinstance(value, tuple) else value, kind)


def inis(getini: Callable[[str], Any]) -> dict[str, Any]:
    """The settings as the ini options say them. Raises SettingInvalid."""
    given = {name: getini(f"cassette_{name}") if kind else default for name, (kind, _, default, _) in SETTINGS.items()}
    for name in (name for name, (_, type_, _, _) in SETTINGS.items() if type_ is int):
        if not str(given[name]).isdigit():
            raise SettingInvalid(f"cassette_{name} = {given[name]}: expected is a number.")
        given[name] = int(given[name])
    return given
