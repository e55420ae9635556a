"""What a test says of its cassette: by its markers, its name, and the settings of its suite."""

from __future__ import annotations

import warnings
from collections import defaultdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from fakemodel.errors import CassetteWarning, SettingInvalid
from fakemodel.tape.settings import SETTINGS, checked, inis

if TYPE_CHECKING:
    from fakemodel.tape.audit import Audit

__all__ = [
    "AUDIT",
    "PLAYED",
    "assert_alone",
    "assert_one_player",
    "cassette_first",
    "mode_of",
    "note_shared",
    "owner_of_vcr",
    "path_of",
    "refuses_network",
    "replays",
    "settings_of",
]

AUDIT: pytest.StashKey[Audit] = pytest.StashKey()
"""The audit that goes along with a test's cassette."""

PLAYED: pytest.StashKey[bool] = pytest.StashKey()
"""Whether the last run of a test passed, and played its cassette."""

PATH: pytest.StashKey[Path] = pytest.StashKey()
"""Where the cassette of a test lies."""

INIS: pytest.StashKey[dict[str, Any]] = pytest.StashKey()
"""The settings as the ini options say them."""

TESTS: pytest.StashKey[dict[str, dict[str, Path]]] = pytest.StashKey()
"""The tests that are run: by their files, in any case, those files by the tests' ids."""


def path_of(item: pytest.Item, *, by_anyone: bool = False) -> Path | None:
    """Where the cassette of a test lies, if it has one: one that we play, or that another plugin may play."""
    if not (
        item.get_closest_marker("cassette")
        or (item.get_closest_marker("vcr") if by_anyone else _vcr_marker(item))
        or _names_cassette(item)
    ):
        return None
    try:
        return _path(item)
    except SettingInvalid:  # told when the cassette is opened
        return item.path.parent / "cassettes"


def _path(item: pytest.Item) -> Path:
    if PATH not in item.stash:
        from fakemodel.tape.paths import path_of_test

        owner = getattr(item, "cls", None)
        test = f"{owner.__qualname__}.{item.name}" if owner else item.name
        item.stash[PATH] = path_of_test(item.path, test, _marked(item, "name", None))
    return item.stash[PATH]


def _marked(item: pytest.Item, name: str, otherwise: Any) -> Any:
    """What the markers of a test say of a setting, the nearest first."""
    said = (marker.kwargs[name] for marker in item.iter_markers("cassette") if name in marker.kwargs)
    return next(said, otherwise)


def mode_of(item: pytest.Item, path: Path) -> str:
    """The mode that was asked for; cassettes that ship are replayed, whatever it is."""
    from fakemodel.tape.paths import may_be_recorded

    mode: str = item.config.getoption("--cassettes")
    return mode if may_be_recorded(path, item.path) else "replay"


def replays(item: pytest.Item, path: Path) -> bool:
    """Whether a test plays its cassette, and records nothing."""
    from fakemodel.tape.recorder import replays as replays_in

    return replays_in(mode_of(item, path), path)


def refuses_network(item: pytest.Item) -> bool:
    """Whether fixtures of a wider scope are guarded, as markers and ini options say: no fixture is asked before."""
    try:
        return bool(_marked(item, "refuse_network", _ini(item.config, "cassette_refuse_network")))
    except SettingInvalid:  # told when the cassette is opened
        return True


def settings_of(request: pytest.FixtureRequest) -> tuple[Path, dict[str, Any]]:
    """The file of a test's cassette, and every setting of it: marker (the nearest first) over fixture over ini.

    Raises SettingInvalid.
    """
    markers = list(request.node.iter_markers("cassette"))
    settings = dict(_inis(request.config))
    settings |= checked(request.getfixturevalue("cassette_config"), "cassette_config", SETTINGS)
    for marker in reversed(markers):
        if marker.args:
            raise SettingInvalid(f"@pytest.mark.cassette takes keywords only: name={marker.args[0]!r}.")
        settings |= checked(marker.kwargs, "@pytest.mark.cassette", ["name", *SETTINGS])
    for rules in request.config.hook.pytest_fakemodel_scrub(config=request.config):
        checked({"scrub": rules}, "pytest_fakemodel_scrub", SETTINGS)
        settings["scrub"] = {**settings["scrub"], **rules, **settings["scrub"]}  # a setting goes before, and counts
    vcr_marker = None if markers else _vcr_marker(request.node)
    settings.pop("name", None)
    return _path(request.node), {**settings, **(_vcr_filters(request, vcr_marker) if vcr_marker else {})}


def _inis(config: pytest.Config) -> dict[str, Any]:
    if INIS not in config.stash:
        config.stash[INIS] = inis(partial(_ini, config))
    return config.stash[INIS]


def _ini(config: pytest.Config, name: str) -> Any:
    try:
        return config.getini(name)
    except (ValueError, pytest.UsageError) as error:  # pytest 8 raises the one, pytest 9 the other
        raise SettingInvalid(f"{name}: {error}.") from None


def _names_cassette(item: pytest.Item) -> bool:
    """Whether a test, or a fixture of its, names the fixture `cassette`.

    Where cassetter is installed all tests have a fixture of that name, so that who names it is looked for.
    """
    if "cassette" not in getattr(item, "fixturenames", ()):
        return False
    if owner_of_vcr(item.config) != "cassetter":
        return True
    info: Any = vars(item).get("_fixtureinfo")
    definitions = [each for name, all_ in info.name2fixturedefs.items() if name != "cassette" for each in all_]
    named = {
        name for each in definitions if not str(each.func.__module__).startswith("cassetter.") for name in each.argnames
    }
    by_marks = {name for marker in item.iter_markers("usefixtures") for name in marker.args}
    return "cassette" in {*info.argnames, *named, *by_marks, *item.config.getini("usefixtures")}


def cassette_first(item: pytest.Item, fixture: str) -> None:
    """Move a fixture before all others of function scope, also those of plugins that were loaded before."""
    info: Any = vars(item).get("_fixtureinfo")
    if info is None or fixture not in info.names_closure:
        return
    names, definitions = info.names_closure, info.name2fixturedefs
    names.remove(fixture)
    of_function = (
        at for at, name in enumerate(names) if name in definitions and definitions[name][-1].scope == "function"
    )
    names.insert(next(of_function, len(names)), fixture)


OWNERS = {
    "pytest_recording.plugin": "pytest-recording",
    "cassetter.pytest_plugin": "cassetter",
}
"""The plugins whose marker is `vcr`, by their modules."""


def owner_of_vcr(config: pytest.Config) -> str | None:
    """The plugin whose marker `vcr` is; None where it is ours to understand."""
    modules = {getattr(plugin, "__name__", "") for plugin in config.pluginmanager.get_plugins()}
    return next((name for module, name in OWNERS.items() if module in modules), None)


def assert_one_player(item: pytest.Item) -> None:
    """Refuse a test that another plugin would play too: both would record it, to the same file."""
    owner = owner_of_vcr(item.config)
    if owner and item.get_closest_marker("vcr") and not item.config.getoption("--disable-recording", False):
        raise SettingInvalid(
            f"{item.nodeid} has a cassette of fakemodel's and @pytest.mark.vcr, so that {owner} would play it as well, "
            "and record it to the same file. Take one of them away."
        )


def _vcr_marker(item: pytest.Item) -> pytest.Mark | None:
    """The marker of pytest-recording, where no plugin is there whose it is."""
    return None if owner_of_vcr(item.config) else item.get_closest_marker("vcr")


def _vcr_filters(request: pytest.FixtureRequest, marker: pytest.Mark) -> dict[str, Any]:
    from fakemodel.tape.vcr_config import filters

    if marker.args:
        raise SettingInvalid(f"@pytest.mark.vcr({marker.args[0]!r}): a test of fakemodel's has one cassette, its own.")
    try:
        config = request.getfixturevalue("vcr_config")
    except pytest.FixtureLookupError:
        config = {}
    return filters({**config, **marker.kwargs})


OWN_NAME = 'a name of its own: @pytest.mark.cassette(name="…")'


def note_shared(session: pytest.Session) -> None:
    """Note the tests that are run by their files: the same in each of xdist's workers."""
    tests: dict[str, dict[str, Path]] = defaultdict(dict)
    session.config.stash[TESTS] = tests
    for item in session.items:
        path = path_of(item, by_anyone=True)
        if path is not None:
            tests[str(path).casefold()][item.nodeid] = path


def assert_alone(item: pytest.Item, path: Path) -> None:
    """Refuse to record to a file that another test of this run has too: one would overwrite what the other recorded.

    Warn of a file that is another test's where case does not count.
    """
    files = item.config.stash[TESTS].get(str(path).casefold(), {})
    others = [nodeid for nodeid in files if nodeid != item.nodeid]
    same = [nodeid for nodeid in others if files[nodeid] == path]
    if same:
        raise SettingInvalid(
            f"{item.nodeid} and {same[0]} have the same file, {path.name}: only one of them can record it. "
            f"Run one of them alone, or give it {OWN_NAME}"
        )
    if others:
        both = " and ".join(sorted([item.nodeid, others[0]]))
        warnings.warn(
            f"{both} have files whose names differ in case alone: on macOS and Windows they are one. "
            f"Give one of them another id, or {OWN_NAME}",
            CassetteWarning,
            stacklevel=2,
        )
