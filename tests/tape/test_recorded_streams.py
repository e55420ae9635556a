"""Streams, recorded and replayed around real clients: event by event, and whole, however their reader leaves."""

import asyncio
import contextlib
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import anyio
import openai
import pytest

import fakemodel
from fakemodel import (
    CassetteInvalid,
)
from fakemodel.wire.sse import split
from tests.tape.recorded import COMPLETED, HTTPX, JSON, NOWHERE, record, script, without_the_day

pytestmark = pytest.mark.usefixtures("own_folder")

STREAM = {"model": "gpt-4.1", "input": "The largest country?", "stream": True}


def test_a_replayed_stream_arrives_event_by_event():
    with script().serve() as served, fakemodel.cassette("geo.yaml", mode="record") as tape, HTTPX.Client() as client:
        client.post(f"{served.base_url}/responses", json=STREAM)
    frames = split(tape.turns[0].response.body)

    with (
        fakemodel.cassette("geo.yaml") as replay,
        HTTPX.Client() as client,
        client.stream("POST", f"{NOWHERE}/responses", json=STREAM) as response,
    ):
        arrived = list(response.iter_raw())

    assert arrived == split(replay.turns[0].response.body)
    assert [without_the_day(each.decode()) for each in arrived] == [without_the_day(each.decode()) for each in frames]
    assert len(frames) > 5
    assert all(frame.endswith(b"\n\n") for frame in frames)


async def test_a_replayed_stream_arrives_event_by_event_in_async_code():
    async with HTTPX.AsyncClient() as client:
        with script().serve() as served, fakemodel.cassette("geo.yaml", mode="record") as tape:
            await client.post(f"{served.base_url}/responses", json=STREAM)
        with fakemodel.cassette("geo.yaml") as replay:
            async with client.stream("POST", f"{NOWHERE}/responses", json=STREAM) as response:
                arrived = [part async for part in response.aiter_raw()]

    assert arrived == split(replay.turns[0].response.body)
    assert without_the_day(b"".join(arrived).decode()) == without_the_day(tape.turns[0].response.body.decode())


FIRST, SECOND = b'data: {"type": "one"}\n\n', b'data: {"type": "two"}\n\n'


@pytest.fixture
def first_was_read(origin) -> Iterator[threading.Event]:
    """The origin streams two events; the second waits for what is set here."""
    first_was_read = threading.Event()

    def held_back(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("content-type", "text/event-stream")
        handler.end_headers()
        handler.wfile.write(FIRST)
        if first_was_read.wait(30):
            with contextlib.suppress(OSError):  # nobody may be there any more
                handler.wfile.write(SECOND)
        handler.close_connection = True

    origin.answers.append(held_back)
    yield first_was_read
    first_was_read.set()


def test_a_stream_passes_on_while_it_is_recorded(origin, first_was_read):
    with (
        fakemodel.cassette("geo.yaml", mode="record") as tape,
        HTTPX.Client() as client,
        client.stream("POST", f"{origin.base_url}/responses", json=STREAM) as response,
    ):
        parts = response.iter_raw()
        assert next(parts) == FIRST
        first_was_read.set()
        assert list(parts) == [SECOND]

    assert tape.turns[0].response.body == FIRST + SECOND


async def test_a_stream_passes_on_while_it_is_recorded_in_async_code(origin, first_was_read):
    with fakemodel.cassette("geo.yaml", mode="record") as tape:
        async with (
            HTTPX.AsyncClient() as client,
            client.stream("POST", f"{origin.base_url}/responses", json=STREAM) as response,
        ):
            parts = response.aiter_raw()
            assert await anext(parts) == FIRST
            first_was_read.set()
            assert [part async for part in parts] == [SECOND]

    assert tape.turns[0].response.body == FIRST + SECOND


CANCELLED = r"^turn 1 of geo was never answered \(it broke off, or was cancelled\), so that the file was left as it was"


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_a_stream_that_is_cancelled_while_it_is_recorded_is_told_and_not_recorded(origin, first_was_read, backend):
    given = []

    async def read() -> None:
        async with openai.AsyncOpenAI(base_url=origin.base_url, api_key="sk-live") as client:
            with anyio.CancelScope() as scope:
                async with await client.responses.create(**STREAM) as events:
                    async for event in events:
                        given.append(event.type)
                        scope.cancel()

    with pytest.raises(CassetteInvalid, match=CANCELLED), fakemodel.cassette("geo.yaml", mode="record"):
        anyio.run(read, backend=backend)

    assert given == ["one"]
    assert not Path("geo.yaml").exists()


async def test_a_task_that_is_cancelled_while_it_waits_for_an_event_is_told_and_not_recorded(origin, first_was_read):
    one_is_read = asyncio.Event()

    async def read() -> None:
        client = openai.AsyncOpenAI(base_url=origin.base_url, api_key="sk-live")
        async with client, await client.responses.create(**STREAM) as events:
            async for _ in events:
                one_is_read.set()

    async def cancelled() -> None:
        reading = asyncio.create_task(read())
        await one_is_read.wait()
        reading.cancel()
        with pytest.raises(asyncio.CancelledError):
            await reading

    with pytest.raises(CassetteInvalid, match=CANCELLED), fakemodel.cassette("geo.yaml", mode="record"):
        await cancelled()


async def test_a_task_that_is_cancelled_between_two_events_leaves_a_whole_recording(origin, first_was_read):
    """Its stream is closed, and read to the end as it is, as where a client stops early."""
    one_is_read = asyncio.Event()

    async def read() -> None:
        client = openai.AsyncOpenAI(base_url=origin.base_url, api_key="sk-live")
        async with client, await client.responses.create(**STREAM) as events:
            assert (await anext(aiter(events))).type == "one"
            one_is_read.set()
            await asyncio.Event().wait()

    with fakemodel.cassette("geo.yaml", mode="record") as tape:
        reading = asyncio.create_task(read())
        await one_is_read.wait()
        first_was_read.set()
        reading.cancel()
        with pytest.raises(asyncio.CancelledError):
            await reading

    assert tape.turns[0].response.body == FIRST + SECOND


def events_of(base_url: str) -> list[str]:
    with openai.OpenAI(base_url=base_url, api_key="sk-live") as client:
        return [event.type for event in client.responses.create(**STREAM)]


def stop_early(base_url: str) -> None:
    with openai.OpenAI(base_url=base_url, api_key="sk-live") as client, client.responses.create(**STREAM) as events:
        next(iter(events))


async def stop_early_async(base_url: str) -> None:
    client = openai.AsyncOpenAI(base_url=base_url, api_key="sk-live")
    async with client, await client.responses.create(**STREAM) as events:
        await anext(aiter(events))


def never_read(base_url: str) -> None:
    with HTTPX.Client() as client, client.stream("POST", f"{base_url}/responses", json=STREAM):
        pass


@pytest.mark.parametrize(
    "stop",
    [stop_early, lambda base_url: asyncio.run(stop_early_async(base_url)), never_read],
    ids=["sync", "async", "never read"],
)
def test_a_client_that_stops_early_leaves_a_whole_recording(stop):
    record("geo.yaml", stop)

    with script().serve() as served:
        assert events_of(served.base_url)[-1] == "response.completed"
        with fakemodel.cassette("geo.yaml"):
            assert events_of(NOWHERE)[-1] == "response.completed"


def test_a_stream_that_nobody_closed_is_not_lost_in_silence():
    held = []

    def break_off(base_url: str) -> None:
        with HTTPX.Client() as client:
            response = client.send(client.build_request("POST", f"{base_url}/responses", json=STREAM), stream=True)
            held.append(response.iter_raw())
            next(held[0])

    with pytest.raises(CassetteInvalid, match=r"turn 1 of geo .* \(geo\.yaml\)"):
        record("geo.yaml", break_off)


def test_an_answer_that_was_cut_off_is_not_recorded(origin):
    origin.answer(COMPLETED[:20], headers=(JSON,), length=len(COMPLETED))
    origin.answer(COMPLETED, headers=(JSON,))

    with (
        fakemodel.cassette("geo.yaml", mode="record"),
        openai.OpenAI(base_url=origin.base_url, api_key="sk-live", max_retries=1) as client,
    ):
        live = client.responses.create(model="gpt-4.1", input="Brazil?")

    with fakemodel.cassette("geo.yaml") as tape, openai.OpenAI(base_url=NOWHERE, api_key="sk-live") as client:
        assert client.responses.create(model="gpt-4.1", input="Brazil?") == live
    assert [turn.response.body for turn in tape.turns if len(turn.response.body) <= 20] == []
