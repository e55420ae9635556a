"""Where a test's cassette lies: beside the test, or among those that ship with the package."""

from __future__ import annotations

from pathlib import Path

from fakemodel.errors import SettingInvalid

__all__ = ["path_of_test", "shipped"]

FORBIDDEN = str.maketrans(dict.fromkeys(r"<>?%*:|\"'/\\", "-"))
"""What may not stand in a file's name becomes a dash: pytest-recording's rule, so that its files are found."""

SHIPPED = "fakemodel:"


def path_of_test(test_file: Path, class_name: str | None, test_name: str, name: str | None = None) -> Path:
    """`cassettes/<test module>/<test name>.yaml` beside the test; `name` stands in for the test's.

    Raises SettingInvalid for a name that leads elsewhere.
    """
    if name is not None and name.startswith(SHIPPED):
        return shipped(name.removeprefix(SHIPPED))
    if name is not None and (Path(name).is_absolute() or ".." in Path(name).parts):
        raise SettingInvalid(f"name={name!r} leads out of the folder of the test's cassettes.")
    own = f"{class_name}.{test_name}" if class_name else test_name
    return test_file.parent / "cassettes" / test_file.stem / f"{name or own.translate(FORBIDDEN)}.yaml"


def shipped(name: str) -> Path:
    """The shipped cassette `name`, as in `previous_response_id/plain`, of a wheel or of a checkout."""
    package = Path(__file__).parent.parent
    in_wheel = package / "cassettes"
    return (in_wheel if in_wheel.is_dir() else package.parent / "cassettes") / f"{name}.yaml"
