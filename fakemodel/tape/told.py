"""How a cassette is spoken of in messages."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Told"]


@dataclass(frozen=True, slots=True)
class Told:
    """The `name` of the test, the `path` of its cassette, and what to type, by mode, to have it recorded."""

    name: str
    path: Path
    remedy: Callable[[str], str]

    @property
    def shown_path(self) -> Path:
        """The path as it is shown: from here, where it lies below."""
        here = Path.cwd()
        return self.path.relative_to(here) if self.path.is_relative_to(here) else self.path
