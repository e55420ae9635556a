"""The settings of a cassette: what they are called, what they take, and how they are explained."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from fakemodel.errors import SettingInvalid

__all__ = ["MARKER", "SETTINGS", "checked"]

SETTINGS: dict[str, tuple[str, type, Any, str]] = {
    "ignore": ("linelist", list, [], "JSON paths of request bodies that may differ, as metadata.run_id or input[*].id"),
    "allow_errors": ("bool", bool, False, "record answers of 400 and above"),
    "allow_unplayed": ("bool", bool, False, "recorded turns may stay unplayed"),
    "refuse_network": ("bool", bool, True, "while replaying, refuse connections to other machines"),
}
"""The settings of a cassette: the kind of the ini option, the type, the default, and what it does."""

MARKER = (
    "cassette(name=None, ignore=(), allow_errors=False, allow_unplayed=False, refuse_network=True): record the "
    "test's HTTP requests, or replay them from cassettes/<test module>/<test name>.yaml. name: another file name, "
    "or fakemodel:<name> for a cassette that ships with fakemodel. "
    + ". ".join(f"{name}: {text}" for name, (*_, text) in SETTINGS.items())
    + "."
)


def checked(given: object, where: str, known: Collection[str]) -> dict[str, Any]:
    """The settings that are `given` at a place (`where`), if it may say them and they fit. Raises SettingInvalid."""
    if not isinstance(given, dict):
        raise SettingInvalid(f"{where} is {given!r}, expected is a dict of {', '.join(known)}.")
    unknown = [name for name in given if name not in known]
    if unknown:
        raise SettingInvalid(f"{where} takes {', '.join(known)}, not {', '.join(map(str, unknown))}.")
    for name, (_, kind, _, _) in SETTINGS.items():
        value = given.get(name)
        if name in given and not isinstance(list(value) if isinstance(value, tuple) else value, kind):
            raise SettingInvalid(f"{where} says {name}={value!r}, expected is a {kind.__name__}.")
    return given
