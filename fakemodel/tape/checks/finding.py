"""A finding: what is wrong with a cassette, as a value that every format of a report is made from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

__all__ = ["Code", "Finding"]

Code: TypeAlias = Literal["unreadable", "leak", "law", "state", "orphan", "age"]
"""The kinds of findings. Programs go by these words, so that they stay what they are."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong with a cassette; a warning if it is not severe.

    `where` are the words for the place; where there are none, the code stands for it. `turn` (from 1) is the recorded
    turn, and `line` (from 1) that of the file on which it begins, where they are known.
    """

    code: Code
    what: str
    where: str = ""
    severe: bool = True
    turn: int | None = None
    line: int | None = None

    @property
    def severity(self) -> Literal["error", "warning"]:
        """How grave it is."""
        return "error" if self.severe else "warning"

    @property
    def message(self) -> str:
        """Where and what, in one line."""
        return f"{self.where or self.code}: {self.what}"
