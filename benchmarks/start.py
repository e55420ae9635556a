"""What the unused plugin adds to the start of pytest, beside a plugin that does nothing and those of its peers.

Each start is a process of its own that loads one plugin and collects one test; the plugins take turns.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.figures import Figure, missing
from benchmarks.ratios import Effort, ratio
from benchmarks.toolkits import OURS, PEERS

__all__ = ["ENVIRONMENT", "figures"]

AT_MOST = 1.08
"""The most that a start may cost, in starts with a plugin that does nothing."""

NOISE = 0.02
"""What the medians of starts with a plugin that does nothing differ by."""

START_OF_PYTEST = """
import gc, sys, time
import pytest

gc.disable()
start = time.process_time()
pytest.main(sys.argv[1:])
print("took", time.process_time() - start)
"""

ENVIRONMENT = {
    **os.environ,
    "PYTEST_ADDOPTS": "",
    "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
    "PYTHONDONTWRITEBYTECODE": "",
    "PYTHONPATH": str(Path(__file__).parents[1]),
}
"""Only what is named is loaded, ours of this checkout, and compiled modules are kept between runs, as they are where
people work.
"""


def seconds(folder: Path, plugin: str) -> float:
    """The processor seconds in which pytest starts with a plugin, after it was imported."""
    arguments = ["-q", "--collect-only", "-p", "no:cacheprovider", "--assert=plain", "-p", plugin]
    command = [sys.executable, "-c", START_OF_PYTEST, *arguments]
    told = subprocess.run(command, cwd=folder, env=ENVIRONMENT, capture_output=True, text=True, check=True).stdout
    return float(told.rpartition(" ")[2])


def figures(effort: Effort) -> Iterator[Figure]:
    """All that is measured here."""
    what, leaves_out = "pytest started, the plugin unused", "the import of pytest itself, and writing compiled modules"
    with TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "pytest.ini").write_text("[pytest]\n")
        (folder / "test_nothing.py").write_text("def test_nothing():\n    pass\n")
        (folder / "nothing.py").write_text('"""A plugin that does nothing, loaded in the same way."""\n')
        ours, nothing = (partial(seconds, folder, plugin) for plugin in (OURS.plugin, "nothing"))
        yield Figure(
            kind="floor",
            what=what,
            beside="pytest with a plugin that does nothing",
            leaves_out=leaves_out,
            cost=ratio(ours, nothing, effort.of(15)),
            at_most=AT_MOST,
            noise=NOISE,
        )
        for peer in PEERS:
            absent = missing(peer.package)
            yield Figure(
                kind="peer",
                what=what,
                beside=peer.package,
                leaves_out=leaves_out,
                cost=None if absent else ratio(ours, partial(seconds, folder, peer.plugin), effort.of(9)),
                missing=absent,
            )
