"""The tables of figures that docs/benchmarks.md shows, between its markers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import astuple
from pathlib import Path

from benchmarks.figures import Figure, Kind, Results

__all__ = ["PAGE", "PLOT", "rendered", "told"]

PAGE = Path(__file__).parents[1] / "docs" / "benchmarks.md"
PLOT = PAGE.with_suffix(".svg")

BEGIN, END = "<!-- measured: `make bench` writes what follows -->\n", "<!-- end of what was measured -->\n"

SECTIONS: Mapping[Kind, str] = {
    "peer": "Beside its peers",
    "floor": "Beside the least that it can be",
    "growth": "As it grows",
    "size": "In itself",
}
"""What each kind of figure stands under."""

ALT = "What fakemodel costs in terms of its peers, on a logarithmic axis; the first table has the figures"


def rendered(page: str, results: Results) -> str:
    """The page, with these results between its markers. Raises ValueError where it has none."""
    head, begin, rest = page.partition(BEGIN)
    _, end, tail = rest.partition(END)
    if not (begin and end):
        raise ValueError(f"the page has no markers: {BEGIN.strip()} and {END.strip()}")
    return "".join([head, begin, *measured(results), end, tail])


def measured(results: Results) -> Iterator[str]:
    """What stands between the markers."""
    yield f"\nMeasured on {results.environment}.\n\n![{ALT}]({PLOT.name})\n"
    for kind, title in SECTIONS.items():
        figures = [figure for figure in results.figures if figure.kind == kind]
        yield f"\n## {title}\n\n"
        yield from size_table(figures) if kind == "size" else ratio_table(figures)
    yield "\n"


def ratio_table(figures: list[Figure]) -> Iterator[str]:
    yield "| what | beside | costs | at most | leaves out |\n|---|---|---|---|---|\n"
    for each in figures:
        yield f"| {each.what} | {each.beside} | {told(each)} | {bound(each)} | {each.leaves_out} |\n"


def size_table(figures: list[Figure]) -> Iterator[str]:
    yield "| what | is | at most | leaves out |\n|---|---|---|---|\n"
    for each in figures:
        yield f"| {each.what} | {told(each)} | {bound(each)} | {each.leaves_out} |\n"


def told(figure: Figure) -> str:
    """What a figure says: a ratio and its spread, a size and its unit, or why it was not measured."""
    if figure.cost is None:
        return f"not measured: {figure.missing}"
    if figure.kind == "size":
        return f"{number(figure.cost.median)} {figure.unit}"
    median, low, high = map(factor, astuple(figure.cost))
    return median if low == high else f"{median} ({low} to {high})"


def bound(figure: Figure) -> str:
    return "" if figure.at_most is None else number(figure.at_most, 2)


def factor(value: float) -> str:
    """A ratio: to the hundredth, or two digits of a small one."""
    return f"{value:.2f}" if value >= 0.095 else f"{value:.2g}"


def number(value: float, digits: int = 1) -> str:
    """A number without needless zeros."""
    found = f"{value:,.{digits}f}"
    return found.rstrip("0").rstrip(".") if digits else found
