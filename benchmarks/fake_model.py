"""What a turn on FakeModel costs, as a ratio to one on the Agents SDK's own ScriptedModel, and what a turn keeps.

    python benchmarks/fake_model.py

Both are played by the SDK's runner in one run. Exits 1 where a bound is broken.
"""

from __future__ import annotations

import asyncio
import sys
import tracemalloc
from collections.abc import Awaitable, Callable
from statistics import median
from time import process_time
from typing import Any

from agents import Agent, Runner, set_tracing_disabled
from agents.testing import ScriptedModel

from fakemodel import FakeModel, Reply, text

TURNS = 100
ROUNDS = 25
KEPT = 10_000
FRAGMENTS = [f"word {number} " for number in range(10)]

AT_MOST = 1.0
"""The most that a turn may cost, in turns on ScriptedModel."""

NOISE = 0.025
"""What the medians of equal work differ by: ScriptedModel against itself gave 0.997 to 1.023."""

LINEAR = 1.5
"""How much more memory a turn may take in 10,000 than in 1,000."""


def fake() -> FakeModel:
    return FakeModel([Reply("".join(FRAGMENTS))] * TURNS)


def scripted() -> ScriptedModel:
    return ScriptedModel([Reply("".join(FRAGMENTS)).output for _ in range(TURNS)])


async def plain(agent: Agent[Any]) -> None:
    await Runner.run(agent, "Hi")


async def streamed(agent: Agent[Any]) -> None:
    async for _ in Runner.run_streamed(agent, "Hi").stream_events():
        pass


def ratio(turn: Callable[[Agent[Any]], Awaitable[None]]) -> float:
    """A turn on FakeModel, in turns on ScriptedModel: the median of rounds in which they take turns.

    What is measured is the time of the process, without what others do on the machine; scripts are written before.
    """

    async def seconds(model: Any) -> float:
        agent = Agent(name="a", model=model)
        start = process_time()
        for _ in range(TURNS):
            await turn(agent)
        return process_time() - start

    rounds = [(asyncio.run(seconds(fake())), asyncio.run(seconds(scripted()))) for _ in range(ROUNDS)]
    return median(ours / theirs for ours, theirs in rounds)


def kept(turns: int) -> float:
    """The bytes that a model keeps of each of so many turns."""

    async def play(model: FakeModel) -> None:
        for number in range(turns):
            await model.get_response(input=f"turn {number}")

    model = FakeModel([Reply(text(*FRAGMENTS))] * turns)
    tracemalloc.start()
    asyncio.run(play(model))
    size, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return size / turns


def main() -> int:
    set_tracing_disabled(True)
    broken = False
    for what, turn in (("Runner.run", plain), ("Runner.run_streamed", streamed)):
        cost = ratio(turn)
        print(f"{cost:8.3f}  turns on ScriptedModel, at most {AT_MOST}, give or take {NOISE}: {what}")
        broken |= cost > AT_MOST + NOISE
    few, many = kept(KEPT // 10), kept(KEPT)
    print(f"{many / few:8.3f}  times the memory a turn in {KEPT:,} of that in {KEPT // 10:,}, at most {LINEAR}")
    print(f"{many:8,.0f}  bytes a turn in {KEPT:,}")
    return 1 if broken or many / few > LINEAR else 0


if __name__ == "__main__":
    sys.exit(main())
