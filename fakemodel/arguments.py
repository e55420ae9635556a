"""The arguments of the commands that name files: an empty one, as of a variable that is not set, names none."""

from pathlib import Path

import typer

__all__ = ["name", "path"]


def name(text: str) -> str:
    """The name of a cassette. Raises typer.BadParameter for an empty one."""
    if not text:
        raise typer.BadParameter("it is empty")
    return text


def path(text: str) -> Path:
    """A path. Raises typer.BadParameter for an empty one, which would be the folder one is in."""
    return Path(name(text))
