"""Options of the command line that are one of a few words. typer alone would refuse others as pydantic words it."""

from __future__ import annotations

from enum import Enum
from typing import Any

__all__ = ["choice"]


def choice(name: str, kind: type[Enum], *, help: str) -> Any:
    """A typer.Option that is a str: a value of `kind`, which may be typed in capitals or not."""
    import typer

    words = {str(each.value).lower(): str(each.value) for each in kind}
    listed = words.values()

    def parsed(said: str) -> str:
        if said.lower() not in words:
            raise typer.BadParameter(f"{said!r} is none of {', '.join(listed)}.")
        return words[said.lower()]

    return typer.Option(name, parser=parsed, metavar=f"<{'|'.join(listed)}>", help=help)
