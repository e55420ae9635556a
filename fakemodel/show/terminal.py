"""Lines on a terminal: in colours, each cut to its width; plain and whole where nobody's terminal is written to."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from shutil import get_terminal_size
from typing import TYPE_CHECKING

from fakemodel.tape.lines import Line

if TYPE_CHECKING:
    from rich.text import Text

__all__ = ["STYLES", "write"]

STYLES = {
    "turn": "bold",
    "instructions": "magenta",
    "system": "magenta",
    "developer": "magenta",
    "user": "green",
    "assistant": "cyan",
    "call": "yellow",
    "output": "yellow",
    "reasoning": "dim",
    "other": "blue",
    "refusal": "red",
    "error": "bold red",
    "note": "red",
    "-": "red",
    "+": "green",
}
"""How a label looks, by the kind of its line."""


def write(lines: Iterable[Line]) -> None:
    """Write lines to standard output; in colours where it is a terminal, unless NO_COLOR is set."""
    if not sys.stdout.isatty():
        for line in lines:
            print(line)
        return
    from rich.console import Console

    console = Console(width=get_terminal_size().columns, highlight=False, emoji=False, markup=False)
    for line in lines:
        console.print(_styled(line), no_wrap=True, overflow="ellipsis", crop=True)


def _styled(line: Line) -> Text:
    from rich.text import Text

    return Text.assemble((line.label, STYLES.get(line.kind, "")), "  ", " ".join(filter(None, line.text.split("\n"))))
