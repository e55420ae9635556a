"""Where a test's cassette lies: beside the test, or among those that ship with the package."""

from __future__ import annotations

import hashlib
import os
import unicodedata
from difflib import get_close_matches
from pathlib import Path

from fakemodel.errors import SettingInvalid

__all__ = [
    "SHIPPED",
    "assert_short",
    "is_shipped",
    "may_be_recorded",
    "name_of_shipped",
    "path_of_test",
    "remedy_of_shipped",
    "shipped",
    "shipped_folder",
]

FORBIDDEN = str.maketrans(dict.fromkeys([*r"<>?%*:|\"'/\\", *map(chr, range(32))], "-"))
"""What may not stand in a file's name becomes a dash: pytest-recording's rule, so that its files are found."""

LONGEST, SHORTENED = 240, 120
"""The bytes that a name may have, so that its suffixes fit into the 255 of most file systems; and what is kept of one
that is longer, before the digest that tells it from others."""

SHIPPED = "fakemodel:"
"""How the name of a cassette begins that ships with the package."""

PACKAGE = Path(__file__).parent.parent
IN_WHEEL, IN_CHECKOUT = PACKAGE / "cassettes", PACKAGE.parent / "cassettes"


def path_of_test(test_file: Path, test_name: str, name: str | None = None) -> Path:
    """`cassettes/<test module>/<test name>.yaml` beside the test; `name` stands in for the test's.

    `fakemodel:<name>` is a cassette that ships, as fakemodel:previous_response_id/plain, of the wheel or of the
    checkout. Raises SettingInvalid for a name that leads elsewhere.
    """
    if name is None:
        return test_file.parent / "cassettes" / test_file.stem / f"{_legal(test_name)}.yaml"
    if not isinstance(name, str) or not name:
        raise SettingInvalid(f"name={name!r} is no name of a cassette: expected is a string.")
    name = unicodedata.normalize("NFC", name)
    own = name.removeprefix(SHIPPED)
    assert_short(name)
    if Path(own).is_absolute() or ".." in Path(own).parts:
        raise SettingInvalid(f"name={name!r} leads out of the folder of cassettes.")
    if any(part in ("", ".") or part.translate(FORBIDDEN) != part for part in own.split("/")):
        raise SettingInvalid(f"name={name!r} is nothing that a file may be called on every system.")
    if own != name:
        return shipped_folder() / f"{own}.yaml"
    return test_file.parent / "cassettes" / test_file.stem / f"{own}.yaml"


def shipped() -> dict[str, Path]:
    """The cassettes that ship with the package, by their names, in the order of these."""
    files = sorted(shipped_folder().rglob("*.yaml"))
    return {name_of_shipped(file): file for file in files}


def name_of_shipped(path: Path) -> str:
    """The name of a cassette that ships, as a marker says it."""
    return f"{SHIPPED}{path.relative_to(shipped_folder()).with_suffix('').as_posix()}"


def shipped_folder() -> Path:
    """Where they lie: in the package, or in the checkout."""
    return IN_WHEEL if IN_WHEEL.is_dir() else IN_CHECKOUT


def assert_short(name: str) -> None:
    """Raise SettingInvalid for the name of a cassette, or its folder, that no file can have."""
    if any(len(os.fsencode(part)) > LONGEST for part in Path(name.removesuffix(".yaml")).parts):
        raise SettingInvalid(f"name={name!r} is longer than the {LONGEST} bytes that a file's name may have.")


def _legal(name: str) -> str:
    """The name of a test as that of a file: the same on every file system."""
    composed = unicodedata.normalize("NFC", name)
    legal = composed.translate(FORBIDDEN)
    if len(legal.encode()) <= LONGEST:
        return legal
    digest = hashlib.sha256(composed.encode()).hexdigest()[:12]
    return f"{legal.encode()[:SHORTENED].decode(errors='ignore')}-{digest}"


def may_be_recorded(path: Path, test_file: Path) -> bool:
    """Whether a test may record to `path`: what ships is recorded by the tests of its own checkout alone."""
    if path.is_relative_to(IN_CHECKOUT) and not IN_WHEEL.is_dir():
        return test_file.is_relative_to(IN_CHECKOUT.parent)
    return not path.is_relative_to(IN_WHEEL)


def is_shipped(path: Path) -> bool:
    """Whether a cassette is one of those that ship: of this package, or of the checkout that it lies in."""
    return path.is_relative_to(shipped_folder())


def remedy_of_shipped(path: Path) -> str:
    """What to do where a cassette that ships, at `path`, does not answer a test of others."""
    name = name_of_shipped(path)
    if path.exists():
        return f"{name} ships with fakemodel, and cannot be recorded here: record one of your own, under its own name."
    near = get_close_matches(name, shipped(), n=1)
    meant = f" {near[0]} does; is it meant?" if near else ""
    return f"No cassette of that name ships.{meant} All of them:  fakemodel show"
