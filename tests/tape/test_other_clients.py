"""Clients that vcrpy patches itself: those of requests, aiohttp, urllib3 and the standard library."""

import asyncio
import json
import urllib.request
from collections.abc import Callable
from pathlib import Path

import aiohttp
import pytest
import requests
import urllib3

import fakemodel
from fakemodel import CassetteInvalid, CassetteMiss, FakeOpenAI, UnplayedTurns
from fakemodel.wire.sse import split

QUESTION = {"model": "gpt-4.1", "input": "The largest country?"}
STREAMED = {**QUESTION, "stream": True}
NOWHERE = "https://api.openai.com/v1"


def with_requests(base_url: str, *bodies: dict) -> list[str]:
    with requests.Session() as session:
        return [session.post(f"{base_url}/responses", json=body).text for body in bodies]


def with_requests_in_pieces(base_url: str, *bodies: dict) -> list[str]:
    with requests.Session() as session:
        answers = [session.post(f"{base_url}/responses", json=body, stream=True) for body in bodies]
        return [b"".join(answer.iter_content(64)).decode() for answer in answers]


def with_urllib3(base_url: str, *bodies: dict) -> list[str]:
    with urllib3.PoolManager() as pool:
        return [pool.request("POST", f"{base_url}/responses", json=body).data.decode() for body in bodies]


def with_urllib(base_url: str, *bodies: dict) -> list[str]:
    said = []
    for body in bodies:
        request = urllib.request.Request(
            f"{base_url}/responses", json.dumps(body).encode(), {"content-type": "application/json"}
        )
        with urllib.request.urlopen(request) as answer:
            said.append(answer.read().decode())
    return said


async def by_aiohttp(base_url: str, *bodies: dict) -> list[str]:
    said = []
    async with aiohttp.ClientSession() as session:
        for body in bodies:
            async with session.post(f"{base_url}/responses", json=body) as answer:
                said.append(b"".join([line async for line in answer.content]).decode())
    return said


def with_aiohttp(base_url: str, *bodies: dict) -> list[str]:
    return asyncio.run(by_aiohttp(base_url, *bodies))


CLIENTS = {
    "requests": with_requests,
    "requests in pieces": with_requests_in_pieces,
    "urllib3": with_urllib3,
    "urllib": with_urllib,
    "aiohttp": with_aiohttp,
}
each_client = pytest.mark.parametrize("ask", CLIENTS.values(), ids=CLIENTS)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "geo.yaml"


def said(answer: str) -> object:
    """An answer without its ids and times, of which a file has its own."""
    events = (
        [json.loads(frame.partition(b"data: ")[2]) for frame in split(answer.encode())] if "event:" in answer else []
    )
    return [event["type"] for event in events] if events else json.loads(answer)["output"][0]["content"]


@each_client
def test_what_was_recorded_is_replayed_without_a_server(path, ask: Callable[..., list[str]]):
    with FakeOpenAI(["Brazil", "Brazil"]).serve() as served, fakemodel.cassette(path, mode="record"):
        live = ask(served.base_url, QUESTION, STREAMED)

    with fakemodel.cassette(path):
        replayed = ask(NOWHERE, QUESTION, STREAMED)

    assert list(map(said, replayed)) == list(map(said, live))
    assert said(live[0])[0]["text"] == "Brazil"
    assert said(live[1])[-1] == "response.completed"


@each_client
def test_the_file_is_the_same_whichever_client_it_was_recorded_with(path, tmp_path, ask: Callable[..., list[str]]):
    for file, client in (path, ask), (tmp_path / "other.yaml", with_requests):
        with FakeOpenAI(["Brazil", "Brazil"]).serve() as served, fakemodel.cassette(file, mode="record"):
            client(served.base_url, QUESTION, STREAMED)

    assert path.read_text() == (tmp_path / "other.yaml").read_text()


@each_client
def test_a_changed_request_is_a_miss(path, ask: Callable[..., list[str]]):
    with FakeOpenAI(["Brazil"]).serve() as served, fakemodel.cassette(path, mode="record"):
        ask(served.base_url, QUESTION)

    with pytest.raises(CassetteMiss, match=r"turn 1 of geo is not what was recorded"), fakemodel.cassette(path):
        ask(NOWHERE, {**QUESTION, "input": "The smallest country?"})


@each_client
def test_a_turn_that_was_not_asked_for_is_told(path, ask: Callable[..., list[str]]):
    with FakeOpenAI(["Brazil", "Brazil"]).serve() as served, fakemodel.cassette(path, mode="record"):
        ask(served.base_url, QUESTION, STREAMED)

    with pytest.raises(UnplayedTurns, match="turn 2"), fakemodel.cassette(path):
        ask(NOWHERE, QUESTION)


async def test_an_upload_of_aiohttps_says_what_to_send_instead(path):
    form = aiohttp.FormData({"purpose": "assistants"})

    async def upload() -> None:
        with FakeOpenAI(["Brazil"]).serve() as served, fakemodel.cassette(path, mode="record"):
            async with aiohttp.ClientSession() as session:
                await session.post(f"{served.base_url}/files", data=form)

    with pytest.raises(CassetteInvalid, match=r"^A body that is a FormData cannot be recorded, nor compared \(POST "):
        await upload()
