"""How a cost is measured and told: as a ratio, the median of rounds in which what is compared takes turns."""

from __future__ import annotations

import gc
from collections.abc import Callable
from statistics import median
from time import process_time

__all__ = ["cpu_seconds", "ratio", "told"]


def cpu_seconds(work: Callable[[], object]) -> float:
    """The seconds that this process spends on `work`, without what others do on the machine; no garbage collector."""
    gc.collect()
    gc.disable()
    try:
        start = process_time()
        work()
        return process_time() - start
    finally:
        gc.enable()


def ratio(ours: Callable[[], float], theirs: Callable[[], float], rounds: int) -> float:
    """What one costs in terms of the other, of which each gives the seconds of a round."""
    pairs = [(ours(), theirs()) if number % 2 else (theirs(), ours())[::-1] for number in range(rounds)]
    return median(mine / other for mine, other in pairs)


def told(what: str, cost: float, *, at_most: float | None = None, noise: float = 0.0) -> bool:
    """Print a cost beside its bound, where it has one; whether the bound is broken by more than the noise."""
    bound = "" if at_most is None else f", at most {at_most}" + (f", give or take {noise}" if noise else "")
    print(f"{cost:8.3f}  {what}{bound}", flush=True)
    return at_most is not None and cost > at_most + noise
