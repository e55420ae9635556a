"""What a turn on FakeModel costs, beside the Agents SDK's own scripted models, and what a turn keeps.

The SDK's runner plays them all. `ScriptedModel` is what the SDK ships; `fake_model.py` is what it tested itself with up
to 0.20, and what many suites have copied: it is taken from that source distribution, where it was downloaded.
"""

from __future__ import annotations

import asyncio
import sys
import tarfile
import tracemalloc
from collections.abc import Awaitable, Callable, Iterator
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

from agents import Agent, Runner, set_tracing_disabled
from agents.testing import ScriptedModel

from benchmarks.figures import Figure
from benchmarks.ratios import LINEAR, Effort, Spread, cpu_seconds, ratio
from fakemodel import FakeModel, Reply, text

__all__ = ["figures"]

TURNS = 50
FRAGMENTS = [f"word {number} " for number in range(10)]

AT_MOST = 1.0
"""The most that a turn may cost, in turns on ScriptedModel."""

NOISE = 0.025
"""ScriptedModel against itself gave 0.997 to 1.023."""

Turn = Callable[[Agent[Any]], Awaitable[None]]

COPIED = "openai_agents-0.20.0"
"""The last source distribution with a `tests/fake_model.py`."""


def fake(turns: int) -> FakeModel:
    return FakeModel([Reply("".join(FRAGMENTS))] * turns)


def scripted(turns: int) -> ScriptedModel:
    return ScriptedModel([Reply("".join(FRAGMENTS)).output for _ in range(turns)])


def copied(module: ModuleType, turns: int) -> Any:
    model = module.FakeModel()
    model.add_multiple_turn_outputs([Reply("".join(FRAGMENTS)).output for _ in range(turns)])
    return model


def copied_module() -> ModuleType | None:
    """The SDK's `tests/fake_model.py`, if its source distribution lies in this environment."""
    archive = Path(sys.prefix, f"{COPIED}.tar.gz")
    if not archive.exists():
        return None
    with tarfile.open(archive) as source:
        file = source.extractfile(f"{COPIED}/tests/fake_model.py")
        assert file is not None
        code = file.read()
    module = ModuleType("fake_model")
    exec(compile(code, "fake_model.py", "exec"), module.__dict__)
    return module


async def plain(agent: Agent[Any]) -> None:
    await Runner.run(agent, "Hi")


async def streamed(agent: Agent[Any]) -> None:
    async for _ in Runner.run_streamed(agent, "Hi").stream_events():
        pass


def seconds(turn: Turn, make: Callable[[int], Any], turns: int) -> float:
    """What so many turns of a model cost, after its script is written."""

    async def play(agent: Agent[Any]) -> None:
        for _ in range(turns):
            await turn(agent)

    agent = Agent(name="a", model=make(turns))
    return cpu_seconds(lambda: asyncio.run(play(agent)))


def beside_others(turns: int, rounds: int) -> Iterator[Figure]:
    """A turn on FakeModel, in turns on the others."""
    module = copied_module()
    peers: dict[str, tuple[Callable[[int], Any] | None, str, float | None]] = {
        "`agents.testing.ScriptedModel`": (
            scripted,
            "its items are made before, our replies are rendered in the turn",
            AT_MOST,
        ),
        "the SDK's own `fake_model.py`": (
            partial(copied, module) if module else None,
            "the peer keeps the first call and the last, and says nothing where its script is too short",
            None,
        ),
    }
    for peer, (make, leaves_out, at_most) in peers.items():
        for what, turn in (("`Runner.run`", plain), ("`Runner.run_streamed`", streamed)):
            yield Figure(
                kind="peer",
                what=f"a scripted turn, {what}",
                beside=peer,
                leaves_out=leaves_out,
                cost=ratio(*(partial(seconds, turn, each, turns) for each in (fake, make)), rounds) if make else None,
                missing="" if make else f"{COPIED} was not downloaded",
                at_most=at_most,
                noise=NOISE if at_most else 0.0,
            )


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


def memory(effort: Effort) -> Iterator[Figure]:
    """What a turn keeps, and whether late turns keep more."""
    few, many = effort.of(1000, 20), effort.of(10_000, 200)
    early, late = kept(few), kept(many)
    yield Figure(
        kind="growth",
        what=f"memory of a turn on FakeModel in {many:,}",
        beside=f"in {few:,}",
        leaves_out="the runner, which keeps its own",
        cost=Spread.of([late / early]),
        at_most=LINEAR,
    )
    yield Figure(
        kind="size",
        what=f"a turn that FakeModel keeps, of {many:,}",
        leaves_out="the runner, which keeps its own",
        cost=Spread.of([late]),
        unit="bytes",
    )


def figures(effort: Effort) -> Iterator[Figure]:
    """All that is measured here."""
    set_tracing_disabled(True)
    yield from beside_others(effort.of(TURNS), effort.of(15))
    yield from memory(effort)
