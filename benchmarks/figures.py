"""What was measured, as values: figures, the machine and the versions they are of, and the file that keeps them."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Literal

from benchmarks.ratios import Spread

__all__ = ["RESULTS", "Figure", "Kind", "Results", "environment", "missing", "read", "write"]

RESULTS = Path(__file__).with_name("results.json")

Kind = Literal["peer", "floor", "growth", "size"]
"""Beside another tool; beside the least that the work can cost; beside less of the same; what is no ratio."""

PACKAGES = ("openai", "openai-agents", "pytest", "vcrpy", "pytest-recording", "cassetter", "uvicorn")


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One thing that was measured: less is better.

    `cost` is what `what` costs in terms of `beside`, or, for a size, in `unit`; where it is None, `missing` says why.
    `at_most` bounds the median, give or take `noise`, which is what the medians of equal work differ by.
    """

    kind: Kind
    what: str
    beside: str = ""
    leaves_out: str
    cost: Spread | None = None
    missing: str = ""
    at_most: float | None = None
    noise: float = 0.0
    unit: str = ""

    @property
    def is_broken(self) -> bool:
        """Whether the bound is broken by more than the noise."""
        return self.cost is not None and self.at_most is not None and self.cost.median > self.at_most + self.noise


@dataclass(frozen=True, slots=True)
class Results:
    """The figures of one run, and what it ran on."""

    environment: str
    figures: tuple[Figure, ...]


def environment(aimock: str | None) -> str:
    """The machine in general words, and the versions of what was measured; `aimock` is that of the npm package."""
    found = [f"{package} {each}" for package in PACKAGES if (each := installed(package))]
    python = f"{platform.python_implementation()} {platform.python_version()}"
    machine = f"{os.cpu_count()} cores, {platform.system()} on {platform.machine()}, {python}"
    return ", ".join([machine, *found, *([f"aimock {aimock}"] if aimock else [])])


def installed(package: str) -> str | None:
    """The version of a package; None where it is not there."""
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def missing(package: str) -> str:
    """Why a package cannot be measured; nothing where it is installed."""
    return "" if installed(package) else f"{package} is not installed"


def write(path: Path, results: Results) -> None:
    """Keep results as JSON."""
    path.write_text(json.dumps(asdict(results), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def read(path: Path) -> Results:
    """The results that were kept."""
    content = json.loads(path.read_text(encoding="utf-8"))
    return Results(content["environment"], tuple(_figures(content["figures"])))


def _figures(kept: Iterable[dict[str, object]]) -> Iterable[Figure]:
    for fields in kept:
        cost = fields.pop("cost")
        # What was written by `write` is of these types; JSON tells a type checker nothing of that.
        yield Figure(**fields, cost=Spread(**cost) if isinstance(cost, dict) else None)  # type: ignore[arg-type]
