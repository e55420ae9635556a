"""The two ways in which the Agents SDK runs an agent: each gives the result when the run is over."""

import pytest

agents = pytest.importorskip("agents", reason="runs agents of the Agents SDK, which is not installed")


async def run(agent, said, **options):
    return await agents.Runner.run(agent, said, **options)


async def run_streamed(agent, said, **options):
    result = agents.Runner.run_streamed(agent, said, **options)
    async for _ in result.stream_events():
        pass
    return result


RUN_BOTH_WAYS = pytest.mark.parametrize("run", [run, run_streamed])
