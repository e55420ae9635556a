"""A miss is not swallowed: it passes what catches every exception, and what catches more fails at the end."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import openai
import pytest
import requests

import fakemodel
from fakemodel import CassetteMiss, FakeOpenAI

QUESTION = {"model": "gpt-4.1", "input": "The largest country?"}
OTHER = {"model": "gpt-4.1", "input": "The smallest country?"}


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    path = tmp_path / "geo.yaml"
    with fakemodel.cassette(path, mode="record"), FakeOpenAI(["Brazil"]).client() as client:
        client.responses.create(**QUESTION)
    return path


def sync_app(caught: type[BaseException]) -> str:
    with openai.OpenAI() as client:
        try:
            return client.responses.create(**OTHER).output_text
        except caught:
            return "a fallback"


async def async_app(caught: type[BaseException]) -> str:
    async with openai.AsyncOpenAI() as client:
        try:
            return (await client.responses.create(**OTHER)).output_text
        except caught:
            return "a fallback"


def streaming_app(caught: type[BaseException]) -> str:
    with openai.OpenAI() as client:
        try:
            return str(list(client.responses.create(**OTHER, stream=True)))
        except caught:
            return "a fallback"


def requests_app(caught: type[BaseException]) -> str:
    with requests.Session() as session:
        try:
            return session.post("https://api.openai.com/v1/responses", json=OTHER).text
        except caught:
            return "a fallback"


APPS = {
    "sync": sync_app,
    "async": lambda caught: asyncio.run(async_app(caught)),
    "streamed": streaming_app,
    "requests": requests_app,
}
each_app = pytest.mark.parametrize("app", APPS.values(), ids=APPS)


@each_app
def test_a_miss_passes_what_catches_every_exception_and_is_not_retried(recording, app: Callable[..., str]):
    returned = []

    with (
        pytest.raises(CassetteMiss, match="turn 1 of geo is not what was recorded"),
        fakemodel.cassette(recording) as tape,
    ):
        returned.append(app(Exception))

    assert returned == []
    assert [request.json["input"] for request in tape.requests] == ["The smallest country?"]


@each_app
def test_a_miss_that_was_swallowed_fails_at_the_end(recording, app: Callable[..., str]):
    returned = []

    with (
        pytest.raises(CassetteMiss, match="turn 1 of geo is not what was recorded"),
        fakemodel.cassette(recording) as tape,
    ):
        returned.append(app(BaseException))

    assert returned == ["a fallback"]
    assert len(tape.requests) == len(tape.refused) == 1


def test_the_first_of_several_misses_is_told(recording):
    with pytest.raises(CassetteMiss, match="turn 1 of geo"), fakemodel.cassette(recording) as tape:
        [sync_app(BaseException) for _ in range(2)]

    assert len(tape.refused) == 2


def test_a_miss_in_a_thread_nobody_asks_fails_at_the_end(recording):
    with pytest.raises(CassetteMiss), fakemodel.cassette(recording), ThreadPoolExecutor() as threads:
        threads.submit(sync_app, Exception)


async def test_a_miss_in_a_task_nobody_asks_fails_at_the_end(recording):
    with pytest.raises(CassetteMiss), fakemodel.cassette(recording):
        await asyncio.wait([asyncio.create_task(async_app(Exception))])


def test_threads_play_each_turn_once(tmp_path: Path):
    questions = [{"model": "gpt-4.1", "input": f"Question {number}?"} for number in range(20)]
    api = FakeOpenAI([f"Answer {number}." for number in range(20)])
    with fakemodel.cassette(tmp_path / "many.yaml", mode="record"), api.client() as client:
        live = [client.responses.create(**question).output_text for question in questions]

    with (
        fakemodel.cassette(tmp_path / "many.yaml") as tape,
        openai.OpenAI() as client,
        ThreadPoolExecutor(8) as threads,
    ):
        played = list(threads.map(lambda question: client.responses.create(**question).output_text, questions))

    assert played == live
    assert len(tape.requests) == 20
