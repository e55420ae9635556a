"""The plot that docs/benchmarks.md shows: what we cost in terms of each peer, on a logarithmic axis.

It is readable on light and on dark pages, its text stays text, and equal figures give equal bytes.
"""

from __future__ import annotations

from io import BytesIO
from itertools import cycle
from textwrap import fill
from typing import Any

import matplotlib
from matplotlib.figure import Figure as Picture
from matplotlib.ticker import FuncFormatter, NullLocator

from benchmarks.figures import Figure, Results
from benchmarks.table import factor

__all__ = ["svg"]

INK = "#767676"
"""A grey that stands out from white as it does from black."""

STYLES = (("o", "#3b8bd0"), ("s", "#d9730d"), ("D", "#1a9a72"), ("^", "#a766c9"), ("v", "#c4577a"), ("P", "#96811d"))
"""The marker and the colour of each peer, in the order in which they come."""

SETTINGS = {
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "font.size": 9,
    "svg.fonttype": "none",
    "svg.hashsalt": "fakemodel",
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
}

LINE = 0.21
"""Inches that a figure takes."""

IN_A_LINE = 3
"""The peers that a line of the legend names."""


def svg(results: Results) -> bytes:
    """The figures beside peers, as far as they were measured."""
    rows: dict[str, list[Figure]] = {}
    for figure in results.figures:
        if figure.kind == "peer" and figure.cost is not None:
            rows.setdefault(figure.what, []).append(figure)
    with matplotlib.rc_context(SETTINGS):
        picture = drawn(rows)
        content = BytesIO()
        picture.savefig(content, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    return content.getvalue()


def drawn(rows: dict[str, list[Figure]]) -> Picture:
    """A row for what is measured, in it a line for each peer."""
    peers = dict.fromkeys(figure.beside for figures in rows.values() for figure in figures)
    styles = dict(zip(peers, cycle(STYLES), strict=False))
    height = sum(len(figures) + 0.8 for figures in rows.values()) * LINE
    picture = Picture(figsize=(8.2, height + 1.2), layout="constrained")
    axes = picture.add_subplot()
    axes.axvline(1, color=INK, linewidth=1)
    shown: dict[str, Any] = {}
    ticks, line = [], 0.0
    for figures in rows.values():
        ticks.append(line + (len(figures) - 1) / 2)
        for figure in figures:
            assert figure.cost is not None
            marker, colour = styles[figure.beside]
            cost = figure.cost
            axes.plot([cost.low, cost.high], [line, line], color=colour, linewidth=2, solid_capstyle="round")
            (point,) = axes.plot([cost.median], [line], marker, color=colour, markersize=5.5)
            shown.setdefault(figure.beside.replace("`", ""), point)
            less = cost.median < 1  # the number stands on the outer side, off the line at 1
            axes.annotate(
                *(factor(cost.median), (cost.low if less else cost.high, line)),
                xytext=(-8 if less else 8, 0),
                textcoords="offset points",
                horizontalalignment="right" if less else "left",
                verticalalignment="center",
                color=colour,
            )
            line += 1
        line += 0.8
        axes.axhline(line - 0.9, color=INK, linewidth=0.3, alpha=0.5)
    axes.set_yticks(ticks, [fill(what.replace("`", ""), 44) for what in rows])
    axes.set_ylim(line - 0.9, -0.9)
    axes.set_xscale("log")
    axes.margins(x=0.14)
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.set_xlabel("what fakemodel costs, in terms of the peer: left of 1 it costs less")
    axes.grid(axis="x", color=INK, linewidth=0.3, alpha=0.5)
    axes.tick_params(axis="y", length=0)
    for side in ("top", "left", "right"):
        axes.spines[side].set_visible(False)
    picture.legend(shown.values(), shown.keys(), loc="outside upper center", ncols=IN_A_LINE, frameon=False)
    return picture
