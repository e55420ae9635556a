"""Where a test's cassette lies: beside the test, or among those that ship with the package."""

from __future__ import annotations

from pathlib import Path

from fakemodel.errors import SettingInvalid

__all__ = ["may_be_recorded", "path_of_test"]

FORBIDDEN = str.maketrans(dict.fromkeys(r"<>?%*:|\"'/\\", "-"))
"""What may not stand in a file's name becomes a dash: pytest-recording's rule, so that its files are found."""

SHIPPED = "fakemodel:"

PACKAGE = Path(__file__).parent.parent
IN_WHEEL, IN_CHECKOUT = PACKAGE / "cassettes", PACKAGE.parent / "cassettes"


def path_of_test(test_file: Path, test_name: str, name: str | None = None) -> Path:
    """`cassettes/<test module>/<test name>.yaml` beside the test; `name` stands in for the test's.

    `fakemodel:<name>` is a cassette that ships, as fakemodel:previous_response_id/plain, of the wheel or of the
    checkout. Raises SettingInvalid for a name that leads elsewhere.
    """
    if name is None:
        return test_file.parent / "cassettes" / test_file.stem / f"{test_name.translate(FORBIDDEN)}.yaml"
    if not isinstance(name, str) or not name:
        raise SettingInvalid(f"name={name!r} is no name of a cassette: expected is a string.")
    own = name.removeprefix(SHIPPED)
    if Path(own).is_absolute() or ".." in Path(own).parts:
        raise SettingInvalid(f"name={name!r} leads out of the folder of cassettes.")
    if own != name:
        return (IN_WHEEL if IN_WHEEL.is_dir() else IN_CHECKOUT) / f"{own}.yaml"
    return test_file.parent / "cassettes" / test_file.stem / f"{own}.yaml"


def may_be_recorded(path: Path, test_file: Path) -> bool:
    """Whether a test may record to `path`: what ships is recorded by the tests of its own checkout alone."""
    if path.is_relative_to(IN_CHECKOUT) and not IN_WHEEL.is_dir():
        return test_file.is_relative_to(IN_CHECKOUT.parent)
    return not path.is_relative_to(IN_WHEEL)
