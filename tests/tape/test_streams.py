"""A client that reads a part of a replayed stream meets what it would meet live."""

import asyncio
from pathlib import Path

import anyio
import openai
import pytest

import fakemodel
from fakemodel import FakeOpenAI, Reply, text
from fakemodel.httpx_modules import sdk_httpx
from fakemodel.wire.sse import split

QUESTION = {"model": "gpt-4.1", "input": "Count to twenty."}
STREAMED = {**QUESTION, "stream": True}
COUNTED = Reply(text(*(f"{number} " for number in range(1, 21))))


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    path = tmp_path / "count.yaml"
    with fakemodel.cassette(path, mode="record"), FakeOpenAI([COUNTED, "Done."]).client() as client:
        list(client.responses.create(**STREAMED))
        client.responses.create(**QUESTION)
    return path


def test_who_has_read_two_events_was_given_two(recording):
    httpx = sdk_httpx()
    with fakemodel.cassette(recording, allow_unplayed=True) as tape, httpx.Client() as client:
        url = "https://api.openai.com/v1/responses"
        with client.stream("POST", url, json=STREAMED) as response:
            parts = response.iter_raw()
            given = [next(parts), next(parts)]
            so_far = response.num_bytes_downloaded

    assert given == split(tape.turns[0].response.body)[:2]
    assert so_far == len(b"".join(given))


def test_who_stops_early_goes_on_with_the_next_turn(recording):
    with fakemodel.cassette(recording), openai.OpenAI() as client:
        with client.responses.create(**STREAMED) as events:
            assert [next(events).type for _ in range(2)] == ["response.created", "response.in_progress"]
        assert client.responses.create(**QUESTION).output_text == "Done."


async def test_who_stops_early_in_async_code_goes_on_with_the_next_turn(recording):
    with fakemodel.cassette(recording):
        async with openai.AsyncOpenAI() as client:
            async with await client.responses.create(**STREAMED) as events:
                assert (await anext(events)).type == "response.created"
            assert (await client.responses.create(**QUESTION)).output_text == "Done."


async def test_a_task_that_is_cancelled_between_two_events_is_given_no_more(recording):
    given, two_are_read = [], asyncio.Event()

    async def read(client: openai.AsyncOpenAI) -> None:
        async for event in await client.responses.create(**STREAMED):
            given.append(event.type)
            if len(given) == 2:
                two_are_read.set()

    with fakemodel.cassette(recording, allow_unplayed=True):
        async with openai.AsyncOpenAI() as client:
            reading = asyncio.create_task(read(client))
            await two_are_read.wait()
            reading.cancel()
            with pytest.raises(asyncio.CancelledError):
                await reading

    assert given == ["response.created", "response.in_progress"]


async def test_others_have_their_turn_between_two_events(recording):
    """As over a socket: a reader does not keep the event loop to itself until its stream is over."""
    turns_of_others = 0
    over = asyncio.Event()

    async def count() -> None:
        nonlocal turns_of_others
        while not over.is_set():
            turns_of_others += 1
            await asyncio.sleep(0)

    with fakemodel.cassette(recording, allow_unplayed=True):
        async with openai.AsyncOpenAI() as client:
            events = await client.responses.create(**STREAMED)
            counting = asyncio.create_task(count())
            given = [event.type async for event in events]
            over.set()
            await counting

    assert turns_of_others >= len(given) - 1


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_a_scope_that_is_cancelled_ends_the_stream_whichever_the_event_loop(recording, backend):
    given = []

    async def read() -> None:
        with anyio.CancelScope() as scope:
            async with openai.AsyncOpenAI() as client:
                async for event in await client.responses.create(**STREAMED):
                    given.append(event.type)
                    scope.cancel()

    with fakemodel.cassette(recording, allow_unplayed=True):
        anyio.run(read, backend=backend)

    assert given == ["response.created"]
