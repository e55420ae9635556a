"""What the commands are given: names of files, of which an empty one names none, and one of a few words."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import Any

import typer

__all__ = ["choice", "name", "path"]


def name(text: str) -> str:
    """The name of a cassette. Raises typer.BadParameter for an empty one, as of a variable that is not set."""
    if not text:
        raise typer.BadParameter("it is empty")
    return text


def path(text: str) -> Path:
    """A path. Raises typer.BadParameter for an empty one, which would be the folder one is in."""
    return Path(name(text))


def choice(option: str, kind: type[Enum], *, help: str) -> Any:
    """A typer.Option that is a str: a value of `kind`, in any case. typer alone refuses others as pydantic words it."""
    words = {str(each.value).lower(): str(each.value) for each in kind}
    listed = words.values()

    def parsed(said: str) -> str:
        if said.lower() not in words:
            raise typer.BadParameter(f"{said!r} is none of {', '.join(listed)}.")
        return words[said.lower()]

    return typer.Option(option, parser=parsed, metavar=f"<{'|'.join(listed)}>", help=help)
