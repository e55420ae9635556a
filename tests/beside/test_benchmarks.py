"""The benchmarks: what is measured becomes values, and those the tables and the plot of docs/benchmarks.md."""

import re
from importlib import import_module
from pathlib import Path

import pytest

from benchmarks import figures, table
from benchmarks.figures import Figure, Results
from benchmarks.ratios import Effort, Spread, ratio

DEARER = Figure(
    kind="peer",
    what="a turn, `replayed`",
    beside="vcrpy",
    leaves_out="reading the file",
    cost=Spread(1.25, 1.2, 1.304),
    at_most=1.0,
    noise=0.1,
)
CHEAPER = Figure(
    kind="peer", what="a turn, `replayed`", beside="other", leaves_out="all", cost=Spread(0.026, 0.02, 0.03)
)
NOT_THERE = Figure(kind="peer", what="an answer", beside="aimock", leaves_out="", missing="aimock is not installed")
SIZE = Figure(kind="size", what="a turn", leaves_out="", cost=Spread.of([1695.5]), at_most=2000, unit="bytes")

RESULTS = Results("2 cores, CPython 3.11", (DEARER, CHEAPER, NOT_THERE, SIZE))


def test_a_ratio_is_the_median_of_rounds_beside_its_middle_half():
    ours = iter([99.0, 1.0, 2.0, 3.0, 4.0, 50.0])  # the first warms what is cached, and is not counted

    assert ratio(lambda: next(ours), lambda: 2.0, 5) == Spread(1.5, 1.0, 2.0)


def test_the_spread_of_one_round_is_its_ratio():
    assert Spread.of([0.5]) == Spread(0.5, 0.5, 0.5)


def test_a_bound_is_broken_by_more_than_the_noise():
    assert DEARER.is_broken
    assert not Figure(kind="floor", what="", leaves_out="", cost=Spread(1.05, 1, 2), at_most=1, noise=0.1).is_broken
    assert not NOT_THERE.is_broken


def test_results_are_kept_and_read(tmp_path: Path):
    figures.write(tmp_path / "results.json", RESULTS)

    assert figures.read(tmp_path / "results.json") == RESULTS


def test_the_table_tells_each_figure_its_spread_and_what_was_not_measured():
    page = table.rendered(f"# Costs\n\n{table.BEGIN}what was measured before{table.END}\nThe end.\n", RESULTS)

    assert page.startswith(f"# Costs\n\n{table.BEGIN}\nMeasured on 2 cores, CPython 3.11.\n")
    assert page.endswith(f"{table.END}\nThe end.\n")
    assert "measured before" not in page
    assert "| a turn, `replayed` | vcrpy | 1.25 (1.20 to 1.30) | 1 | reading the file |\n" in page
    assert "| a turn, `replayed` | other | 0.026 (0.02 to 0.03) |  | all |\n" in page
    assert "| an answer | aimock | not measured: aimock is not installed |  |  |\n" in page
    assert "| a turn | 1,695.5 bytes | 2,000 |  |\n" in page


def test_a_page_without_markers_is_refused():
    with pytest.raises(ValueError, match="the page has no markers: <!-- measured"):
        table.rendered("# Costs\n", RESULTS)


def test_the_page_is_what_the_results_render_to():
    page = table.PAGE.read_text(encoding="utf-8")

    assert table.rendered(page, figures.read(figures.RESULTS)) == page


def test_the_plot_that_the_page_shows_has_the_figures_of_the_results():
    drawn = table.PLOT.read_text(encoding="utf-8")
    numbers = re.findall(r">([\d.]+)</text>", drawn)

    for figure in figures.read(figures.RESULTS).figures:
        if figure.kind == "peer" and figure.cost is not None:
            numbers.remove(table.factor(figure.cost.median))
            assert figure.beside.replace("`", "") in drawn


def test_equal_figures_are_drawn_in_equal_bytes():
    pytest.importorskip("matplotlib", reason="the plot is drawn in the environment of `make beside`")
    from benchmarks import plot

    drawn = plot.svg(RESULTS)

    assert drawn == plot.svg(RESULTS)
    assert all(words in drawn.decode() for words in ("a turn, replayed", "vcrpy", "1.25", "other", "0.026"))
    assert "aimock" not in drawn.decode()


@pytest.mark.parametrize("part", ["fake_model", "files", "in_process", "replay", "served", "start", "suite", "wire"])
def test_a_part_gives_its_figures_with_next_to_no_effort(part):
    if part == "fake_model":
        pytest.importorskip("agents.testing", reason="the peer is the Agents SDK's own")
    found = list(import_module(f"benchmarks.{part}").figures(Effort(0.001)))

    assert found
    for figure in found:
        assert figure.leaves_out, figure.what
        assert bool(figure.missing) == (figure.cost is None), figure.what
        assert figure.cost is None or figure.cost.median >= 0
