"""How a cost is measured: as a ratio, over rounds in which what is compared takes turns.

A figure is the median of the rounds' ratios, its spread their middle half: what disturbs one round does not move it.
Time is that of the processor, without what others do on the machine, and the garbage collector waits.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from statistics import median, quantiles
from time import process_time

__all__ = ["LINEAR", "Effort", "Spread", "cpu_seconds", "ratio"]

LINEAR = 1.5
"""How much more one of many may cost than one of a tenth as many."""


@dataclass(frozen=True, slots=True)
class Spread:
    """A median, and the ends of the middle half of what was found."""

    median: float
    low: float
    high: float

    @classmethod
    def of(cls, found: Iterable[float]) -> Spread:
        """The spread of one or more numbers."""
        values = list(found)
        if len(values) == 1:
            return cls(*values * 3)
        low, _, high = quantiles(values, method="inclusive")
        return cls(median(values), low, high)

    def times(self, factor: float) -> Spread:
        """The spread of so many times each number."""
        return Spread(self.median * factor, self.low * factor, self.high * factor)


@dataclass(frozen=True, slots=True)
class Effort:
    """How much of the measurement is done: 1 for all of it, less for a try whose figures are noise."""

    share: float = 1.0

    def of(self, count: int, least: int = 1) -> int:
        """So many rounds, or so large a size, in this share."""
        return max(least, round(count * self.share))


def cpu_seconds(work: Callable[[], object]) -> float:
    """The processor seconds that this process, with all its threads, spends on `work`."""
    gc.collect()
    gc.disable()
    try:
        start = process_time()
        work()
        return process_time() - start
    finally:
        gc.enable()


def ratio(ours: Callable[[], float], theirs: Callable[[], float], rounds: int) -> Spread:
    """What one costs in terms of the other, of which each gives the seconds of a round; they go first in turns.

    A round that is not counted comes before, so that what is cached once is there on both sides.
    """
    ours(), theirs()
    pairs = [(ours(), theirs()) if number % 2 else (theirs(), ours())[::-1] for number in range(rounds)]
    return Spread.of(mine / other for mine, other in pairs)
