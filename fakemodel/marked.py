"""What a test says of its cassette: by its markers, its name, and the settings of its suite."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest

from fakemodel.errors import SettingInvalid
from fakemodel.tape.settings import SETTINGS, checked, inis

__all__ = [
    "assert_alone",
    "mode_of",
    "note_shared",
    "path_of",
    "refuses_network",
    "replays",
    "settings_of",
]

TESTS: pytest.StashKey[dict[Path, list[str]]] = pytest.StashKey()
"""The ids of the tests that are run, by the files of their cassettes."""


def path_of(item: pytest.Item, *, by_anyone: bool = False) -> Path | None:
    """Where the cassette of a test lies, if it has one: one that we play, or that another plugin may play."""
    if not (
        item.get_closest_marker("cassette")
        or (item.get_closest_marker("vcr") if by_anyone else _vcr_marker(item))
        or "cassette" in getattr(item, "fixturenames", ())
    ):
        return None
    name = next(filter(None, (marker.kwargs.get("name") for marker in item.iter_markers("cassette"))), None)
    try:
        return _path(item, name)
    except SettingInvalid:  # told when the cassette is opened
        return item.path.parent / "cassettes"


def _path(item: pytest.Item, name: str | None) -> Path:
    from fakemodel.tape.paths import path_of_test

    owner = getattr(item, "cls", None)
    return path_of_test(item.path, f"{owner.__qualname__}.{item.name}" if owner else item.name, name)


def mode_of(item: pytest.Item, path: Path) -> str:
    """The mode that was asked for; cassettes that ship are replayed, whatever it is."""
    from fakemodel.tape.paths import may_be_recorded

    mode: str = item.config.getoption("--cassettes")
    return mode if may_be_recorded(path, item.path) else "replay"


def replays(item: pytest.Item, path: Path) -> bool:
    """Whether a test plays its cassette, and records nothing."""
    mode = mode_of(item, path)
    return mode == "replay" or (mode == "record" and path.exists())


def refuses_network(item: pytest.Item) -> bool:
    """What is said of the setting that counts for fixtures too: by markers, the nearest first, and ini options."""
    said = [
        marker.kwargs["refuse_network"] for marker in item.iter_markers("cassette") if "refuse_network" in marker.kwargs
    ]
    return bool(next(iter(said), item.config.getini("cassette_refuse_network")))


def settings_of(request: pytest.FixtureRequest) -> tuple[Path, dict[str, Any]]:
    """The file of a test's cassette, and every setting of it: marker (the nearest first) over fixture over ini.

    Raises SettingInvalid.
    """
    markers = list(request.node.iter_markers("cassette"))
    settings: dict[str, Any] = {"name": None}
    settings |= inis(request.config.getini)
    settings |= checked(request.getfixturevalue("cassette_config"), "cassette_config", SETTINGS)
    for marker in reversed(markers):
        if marker.args:
            raise SettingInvalid(f"@pytest.mark.cassette takes keywords only: name={marker.args[0]!r}.")
        settings |= checked(marker.kwargs, "@pytest.mark.cassette", ["name", *SETTINGS])
    for rules in request.config.hook.pytest_fakemodel_scrub(config=request.config):
        checked({"scrub": rules}, "pytest_fakemodel_scrub", SETTINGS)
        settings["scrub"] = {**settings["scrub"], **rules, **settings["scrub"]}  # a setting goes before, and counts
    vcr_marker = None if markers else _vcr_marker(request.node)
    path = _path(request.node, settings.pop("name"))
    return path, {**settings, **(_vcr_filters(request, vcr_marker) if vcr_marker else {})}


def _vcr_marker(item: pytest.Item) -> pytest.Mark | None:
    """The marker of pytest-recording, where that plugin is absent."""
    if item.config.pluginmanager.hasplugin("recording"):
        return None
    return item.get_closest_marker("vcr")


def _vcr_filters(request: pytest.FixtureRequest, marker: pytest.Mark) -> dict[str, Any]:
    from fakemodel.tape.vcr_config import filters

    if marker.args:
        raise SettingInvalid(f"@pytest.mark.vcr({marker.args[0]!r}): a test of fakemodel's has one cassette, its own.")
    try:
        config = request.getfixturevalue("vcr_config")
    except pytest.FixtureLookupError:
        config = {}
    return filters({**config, **marker.kwargs})


def note_shared(session: pytest.Session) -> None:
    """Note the tests that are run by their files: the same in each of xdist's workers."""
    tests: dict[Path, list[str]] = defaultdict(list)
    session.config.stash[TESTS] = tests
    for item in session.items:
        path = path_of(item, by_anyone=True)
        if path is not None:
            tests[path].append(item.nodeid)


def assert_alone(item: pytest.Item, path: Path) -> None:
    """Refuse to record to a file that another test of this run has too: one would overwrite what the other recorded."""
    others = [nodeid for nodeid in item.config.stash[TESTS].get(path, ()) if nodeid != item.nodeid]
    if others:
        raise SettingInvalid(
            f"{item.nodeid} and {others[0]} have the same file, {path.name}: only one of them can record it. "
            'Run one of them alone, or give it a name of its own: @pytest.mark.cassette(name="…")'
        )
