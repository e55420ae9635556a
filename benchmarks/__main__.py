"""Measures all, tells it as it comes, and writes the table and the plot that the docs show.

    python -m benchmarks
    python -m benchmarks --share 0.1   # a try, whose figures are noise: nothing is written

Exits 1 where a bound is broken. A peer that is not installed is told as not measured.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Iterator

from benchmarks import fake_model, figures, files, in_process, replay, served, start, suite, table, wire
from benchmarks.figures import Figure, Results
from benchmarks.ratios import Effort

PARTS = (start, suite, replay, files, fake_model, served, in_process, wire)


def printed(found: Iterable[Figure]) -> Iterator[Figure]:
    """The figures, each of which is told as it comes."""
    for figure in found:
        bound = "" if figure.at_most is None else f", at most {figure.at_most}"
        bound += f", give or take {figure.noise}" if figure.noise else ""
        beside = f", beside {figure.beside}" if figure.beside else ""
        mark = "BROKEN  " if figure.is_broken else ""
        print(f"{mark}{table.told(figure)}: {figure.what}{beside}{bound}".replace("`", ""), flush=True)
        yield figure


def write(results: Results) -> None:
    """Keep the results, and render the page and the plot of them."""
    from benchmarks import plot

    figures.write(figures.RESULTS, results)
    table.PAGE.write_text(table.rendered(table.PAGE.read_text(encoding="utf-8"), results), encoding="utf-8")
    table.PLOT.write_bytes(plot.svg(results))


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__.partition("\n")[0])
    parser.add_argument("--share", type=float, default=1.0, help="how much is measured; below 1 nothing is written")
    effort = Effort(parser.parse_args().share)
    found = tuple(printed(figure for part in PARTS for figure in part.figures(effort)))
    if effort.share >= 1:
        write(Results(figures.environment(served.aimock_version()), found))
    return 1 if any(figure.is_broken for figure in found) else 0


if __name__ == "__main__":
    sys.exit(main())
