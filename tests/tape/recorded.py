"""What the tests of recording share: clients that ask, a server of ours that answers, and one of another make."""

import asyncio
import json
import re
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import openai
import pytest
import requests

import fakemodel
from fakemodel import (
    FakeOpenAI,
    Reply,
    text,
    tool_call,
)
from fakemodel.httpx_modules import sdk_httpx

NOWHERE = "https://api.openai.com/v1"
HTTPX = sdk_httpx()


# What is asked, by each client.


def converse(base_url: str) -> list[object]:
    with openai.OpenAI(base_url=base_url, api_key="sk-live") as client:
        first = client.responses.create(model="gpt-4.1", input="The largest country?")
        second = client.responses.create(model="gpt-4.1", input="Its capital?", previous_response_id=first.id)
        return [first.to_dict(), second.to_dict()]


def converse_streamed(base_url: str) -> list[object]:
    with openai.OpenAI(base_url=base_url, api_key="sk-live") as client:
        events = list(client.responses.create(model="gpt-4.1", input="The largest country?", stream=True))
        chunks = list(
            client.chat.completions.create(
                model="gpt-4.1", messages=[{"role": "user", "content": "Its capital?"}], stream=True
            )
        )
        return [each.to_dict() for each in (*events, *chunks)]


async def converse_async(base_url: str) -> list[object]:
    async with openai.AsyncOpenAI(base_url=base_url, api_key="sk-live") as client:
        first = await client.responses.create(model="gpt-4.1", input="The largest country?")
        second = await client.responses.create(model="gpt-4.1", input="Its capital?", previous_response_id=first.id)
        return [first.to_dict(), second.to_dict()]


async def converse_async_streamed(base_url: str) -> list[object]:
    async with openai.AsyncOpenAI(base_url=base_url, api_key="sk-live") as client:
        events = await client.responses.create(model="gpt-4.1", input="The largest country?", stream=True)
        said = [event.to_dict() async for event in events]
        chunks = await client.chat.completions.create(
            model="gpt-4.1", messages=[{"role": "user", "content": "Its capital?"}], stream=True
        )
        return said + [chunk.to_dict() async for chunk in chunks]


def with_requests(base_url: str) -> list[object]:
    body = {"model": "gpt-4.1", "input": "The largest country?"}
    with requests.Session() as session:
        plain = session.post(f"{base_url}/responses", json=body)
        streamed = session.post(f"{base_url}/responses", json={**body, "stream": True})
        return [plain.status_code, plain.json(), streamed.status_code, streamed.text]


CLIENTS = {
    "sync": converse,
    "sync streamed": converse_streamed,
    "async": lambda base_url: asyncio.run(converse_async(base_url)),
    "async streamed": lambda base_url: asyncio.run(converse_async_streamed(base_url)),
    "requests": with_requests,
}
each_client = pytest.mark.parametrize("ask", CLIENTS.values(), ids=CLIENTS)


def script() -> FakeOpenAI:
    return FakeOpenAI(
        [Reply(text("Bra", "zil \N{PARTY POPPER}\t")), Reply(text("Bras", "ília"), tool_call("look", {"at": 1}))]
    )


def record(path: str, ask: Callable[[str], object], mode: str = "record", **options):
    with script().serve() as served, fakemodel.cassette(path, mode=mode, **options):
        return ask(served.base_url)


ID = re.compile(r"\b(resp|msg|fc|call|chatcmpl)[_-]\w{20,}")
TIME = re.compile(r'(\\?"(?:created|created_at|completed_at)\\?": ?)1\d{9}\b')


def without_the_day(said: object) -> str:
    """What was said, its ids numbered by their first appearance, its times left out: a file has its own of both."""
    ids: dict[str, str] = {}
    text = said if isinstance(said, str) else json.dumps(said)
    text = ID.sub(lambda found: ids.setdefault(found[0], f"{found[1]} {len(ids)}"), text)
    return TIME.sub(r"\1time", text)


# A server of another make.


class Origin:
    """An HTTP server on loopback that gives `answers` in turn, and notes what it was asked."""

    def __init__(self) -> None:
        self.answers: list[Callable[[BaseHTTPRequestHandler], None]] = []
        self.asked: list[tuple[str, dict[str, str]]] = []
        origin = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                self.rfile.read(int(self.headers.get("content-length", 0)))
                origin.asked.append((self.path, {name.lower(): value for name, value in self.headers.items()}))
                origin.answers.pop(0)(self)

            def log_message(self, *args):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.base_url = f"http://127.0.0.1:{self.server.server_port}/v1"

    def answer(
        self, body: bytes, status: int = 200, headers: tuple[tuple[str, str], ...] = (), length: int | None = None
    ):
        def send(handler: BaseHTTPRequestHandler) -> None:
            handler.send_response(status)
            handler.send_header("content-length", str(len(body) if length is None else length))
            for name, value in headers:
                handler.send_header(name, value)
            handler.end_headers()
            handler.wfile.write(body)
            handler.close_connection = True

        self.answers.append(send)


JSON = ("content-type", "application/json")
COMPLETED = b'{"id": "resp_1", "object": "response", "output": []}'
