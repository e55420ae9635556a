"""How a value is shown where there is room for a line: in tables, in messages, and as its `repr`."""

from __future__ import annotations

from typing import Protocol

__all__ = ["Shown", "counted", "one_line", "sent", "shortened"]

WIDTH = 60


class Printer(Protocol):
    """What pretty printers have in common."""

    def text(self, text: str, /) -> None: ...


class Shown:
    """A value that pretty printers, as those of IPython and hypothesis, show by its repr: the code that makes it."""

    __slots__ = ()

    def _repr_pretty_(self, printer: Printer, cycle: bool) -> None:
        printer.text(repr(self))


def shortened(words: str) -> str:
    """`words` on one line of at most 60 characters, the middle left out."""
    words = " ".join(words.split())
    half = (WIDTH - 3) // 2
    return words if len(words) <= WIDTH else f"{words[:half]} … {words[-half:]}"


def one_line(words: object) -> str:
    """What somebody else named or said, on one line: what would end it, or steer a terminal, is escaped."""
    return "".join(each if each.isprintable() else ascii(each)[1:-1] for each in str(words))


def sent(body: bytes) -> str:
    """What a body says, behind a space; nothing where it is empty."""
    return f" {shortened(body.decode(errors='replace'))!r}" if body else ""


def counted(count: int, thing: str) -> str:
    """`1 reply`, `2 replies`: how many there are of a `thing`."""
    many = f"{thing.removesuffix('y')}ies" if thing.endswith("ly") else f"{thing}s"
    return f"1 {thing}" if count == 1 else f"{count} {many}"
