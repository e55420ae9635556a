"""What FakeOpenAI costs in the process of the test, beside the SDK alone and beside its own loopback; what it keeps."""

from __future__ import annotations

import asyncio
import tracemalloc
from collections.abc import Iterator
from functools import partial
from typing import Any

import openai

from benchmarks.figures import Figure
from benchmarks.ratios import Effort, Spread, cpu_seconds, ratio
from benchmarks.wire import EVENTS, long_reply
from fakemodel import FakeOpenAI
from fakemodel.httpx_modules import response, sdk_httpx

__all__ = ["figures"]

ASK = {"model": "gpt-4.1", "input": "hello"}

STREAMED = 1.15
"""The most that a streamed turn may cost, in turns of the SDK on canned bytes."""

TURNS = 50
"""The plain turns of a round."""

CHAIN, LOOKED_AT = 1000, 20
"""The turns of a chain, and of its end that are told in those of its start."""

GROWTH = 1.2
"""The most that a late turn of a chain may cost, in an early one."""

KEPT = 16
"""The most KiB that a conversation with one turn may take, with its two requests in the journal."""


def streamed(rounds: int) -> Iterator[Figure]:
    """A streamed turn through the in-process clients, in turns of the same SDK on canned bytes."""
    api = FakeOpenAI()
    api.otherwise(long_reply())
    httpx = sdk_httpx()
    assert len(list(api.client().responses.create(**ASK, stream=True))) == EVENTS
    answer = api.requests[0].answer
    assert answer is not None

    # httpx or httpx2, whichever the SDK uses: a base that is known only here.
    class Canned(httpx.BaseTransport, httpx.AsyncBaseTransport):  # type: ignore[misc, name-defined]
        def handle_request(self, request: Any) -> Any:
            request.read()
            return response(httpx, 200, answer.headers, answer.parts)

        async def handle_async_request(self, request: Any) -> Any:
            await request.aread()
            return response(httpx, 200, answer.headers, answer.parts)

    def turn(client: Any) -> float:
        return cpu_seconds(lambda: [None for _ in client.responses.create(**ASK, stream=True)])

    async def read(client: Any) -> None:
        async for _ in await client.responses.create(**ASK, stream=True):
            pass

    loop = asyncio.new_event_loop()

    def async_turn(client: Any) -> float:
        return cpu_seconds(lambda: loop.run_until_complete(read(client)))

    floor = openai.OpenAI(api_key="any", http_client=httpx.Client(transport=Canned()))
    async_floor = openai.AsyncOpenAI(api_key="any", http_client=httpx.AsyncClient(transport=Canned()))
    doors = (("client", turn, api.client(), floor), ("async_client", async_turn, api.async_client(), async_floor))
    for name, work, ours, canned in doors:
        yield Figure(
            kind="floor",
            what=f"a stream of {EVENTS} events through `FakeOpenAI.{name}()`",
            beside="the SDK on a transport with the same bytes",
            leaves_out="the reply was streamed before: its frames are cached",
            cost=ratio(partial(work, ours), partial(work, canned), rounds),
            at_most=STREAMED,
        )
    loop.close()


def beside_loopback(rounds: int) -> Iterator[Figure]:
    """A plain turn in process, in turns of the same client over a socket."""
    api = FakeOpenAI()
    api.otherwise("Hi there!")

    def turns(client: openai.OpenAI) -> float:
        return cpu_seconds(lambda: [client.responses.create(**ASK) for _ in range(TURNS)])

    with api.serve() as served:
        over_loopback = openai.OpenAI(api_key="any", base_url=served.base_url)
        yield Figure(
            kind="floor",
            what="a plain turn through `FakeOpenAI.client()`",
            beside="the same over loopback, `FakeOpenAI.serve()`",
            leaves_out="what it waits: processor time of client and server together",
            cost=ratio(partial(turns, api.client()), partial(turns, over_loopback), rounds),
        )
        over_loopback.close()


def late_in_early(turns: int) -> float:
    """What the last 20 turns of a chain cost, in its first 20."""
    api = FakeOpenAI()
    api.otherwise("And then?")
    client, previous = api.client(), openai.omit

    def play(number: int) -> None:
        nonlocal previous
        for _ in range(number):
            previous = client.responses.create(model="m", input="Go on", previous_response_id=previous).id

    early = cpu_seconds(partial(play, LOOKED_AT))
    play(turns - 2 * LOOKED_AT)
    return cpu_seconds(partial(play, LOOKED_AT)) / early


def chain(turns: int, rounds: int) -> Figure:
    """What a turn late in a chain costs, in an early one."""
    late_in_early(2 * LOOKED_AT)  # what is cached once is there
    return Figure(
        kind="growth",
        what=f"the last {LOOKED_AT} turns of {turns:,}, by `previous_response_id`",
        beside=f"the first {LOOKED_AT}",
        leaves_out="the network",
        cost=Spread.of(late_in_early(turns) for _ in range(rounds)),
        at_most=GROWTH,
    )


def kept(conversations: int) -> Figure:
    """What a conversation of two items and a turn takes, of so many."""
    api = FakeOpenAI()
    api.otherwise("Noted.")
    with sdk_httpx().Client(transport=api.transport(), base_url="https://api.openai.com/v1") as http:
        http.post("/conversations", json={})
        tracemalloc.start()
        before = tracemalloc.get_traced_memory()[0]
        for _ in range(conversations):
            conversation = http.post("/conversations", json={}).json()["id"]
            http.post("/responses", json={**ASK, "conversation": conversation}).raise_for_status()
        after = tracemalloc.get_traced_memory()[0]
        tracemalloc.stop()
    return Figure(
        kind="size",
        what=f"a conversation with one turn that FakeOpenAI keeps, of {conversations:,}",
        leaves_out="the client; the journal's two requests are in it",
        cost=Spread.of([(after - before) / conversations / 1024]),
        at_most=KEPT,
        unit="KiB",
    )


def figures(effort: Effort) -> Iterator[Figure]:
    """All that is measured here."""
    yield from streamed(effort.of(25))
    yield from beside_loopback(effort.of(15))
    yield chain(effort.of(CHAIN, 3 * LOOKED_AT), effort.of(5))
    yield kept(effort.of(3000, 100))
