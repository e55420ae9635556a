"""What FakeOpenAI costs behind its two doors, as ratios to the SDK, to a bare server and to aimock; what it keeps.

    python benchmarks/served.py

In process a streamed turn is compared with the same SDK on a transport that hands over the same bytes. Behind the
other door wrk asks `fakemodel serve`: plain requests beside aimock (npm), by the processor time of the servers alone;
streamed ones beside the same server with an application that only sends the same events. What is not installed is left
out, and said so. Exits 1 where a bound is broken.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import tracemalloc
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any, TypeAlias

import openai
from ratios import cpu_seconds, ratio, told

from fakemodel import FakeOpenAI, Reply, text
from fakemodel.httpx_modules import response, sdk_httpx

HERE = Path(__file__).resolve().parent
AIMOCK = HERE / "aimock"
EVENTS, FRAME, ROUNDS = 676, 8, 25
SECONDS, CONNECTIONS, PAIRS = 2, 8, 7
ANSWERS, SAID_ONCE = 100_000, 200
CONVERSATIONS = 10_000
KEPT = 16
"""The most KiB that a conversation with one turn may take, with its two requests in the journal."""

IN_PROCESS = 1.15
"""The most that a streamed turn may cost, in turns of the SDK on canned bytes."""

STREAMED = 0.8
"""The least that is streamed per second and core, in the streams of a server of canned events."""

GROWTH = 1.2
"""The most that turn 1,000 of a chain may cost, in turn 10."""

ASK = {"model": "gpt-4.1", "input": "hello"}
CHAT = {"model": "gpt-4.1", "messages": [{"role": "user", "content": "hello"}]}

PLAIN = (("chat/completions", CHAT, 0.9), ("responses", ASK, 0.6))
"""What is asked of us and of aimock, and the least that is answered per second and core, in aimock's answers.

Of a response we keep what a later request may go on from; aimock answers whatever `previous_response_id` it is given.
"""

Server: TypeAlias = "tuple[subprocess.Popen[str], str]"
"""A server that runs, and its base URL."""


def long_reply() -> Reply:
    return Reply(text(*(f"word {number} " for number in range(EVENTS - FRAME))))


def in_process() -> Iterator[tuple[str, float]]:
    """A streamed turn through the in-process clients, in turns of the same SDK on canned bytes."""
    api = FakeOpenAI()
    api.otherwise(long_reply())
    httpx = sdk_httpx()
    assert len(list(api.client().responses.create(**ASK, stream=True))) == EVENTS
    answer = api.requests[0].answer
    assert answer is not None

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

    floor = openai.OpenAI(api_key="any", http_client=httpx.Client(transport=Canned()))
    yield "sync", ratio(partial(turn, api.client()), partial(turn, floor), ROUNDS)
    loop = asyncio.new_event_loop()

    def async_turn(client: Any) -> float:
        return cpu_seconds(lambda: loop.run_until_complete(read(client)))

    canned = openai.AsyncOpenAI(api_key="any", http_client=httpx.AsyncClient(transport=Canned()))
    yield "async", ratio(partial(async_turn, api.async_client()), partial(async_turn, canned), ROUNDS)
    loop.close()


@contextmanager
def running(*command: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A server in a process of its own, whose first line is its base URL."""
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        yield process, process.stdout.readline().strip()
    finally:
        process.kill()
        process.communicate()


def processor_seconds(process: subprocess.Popen[str]) -> float:
    """What a process has used of the processor (Linux)."""
    fields = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def per_core_second(process: subprocess.Popen[str], base_url: str, path: str, body: dict[str, Any]) -> float:
    """How many requests a server answers in a second of processor time."""
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder, "post.lua")
        script.write_text(
            f"wrk.method = 'POST'\nwrk.body = '{json.dumps(body)}'\n"
            "wrk.headers['Content-Type'] = 'application/json'\nwrk.headers['Authorization'] = 'Bearer any'\n"
        )
        before = processor_seconds(process)
        command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{SECONDS}s", "-s", str(script), f"{base_url}/{path}"]
        found = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        spent = processor_seconds(process) - before
    if "Non-2xx" in found or "Socket errors" in found:
        sys.exit(f"{base_url} did not answer all requests:\n{found}")
    answered = re.search(r"(\d+) requests in", found)
    assert answered
    return int(answered[1]) / spent


def asked_once(process: subprocess.Popen[str], base_url: str) -> float:
    """How many streams a server sends in a second of processor time, of replies that it is asked for once."""
    before = processor_seconds(process)
    with sdk_httpx().Client() as http:
        for _ in range(SAID_ONCE):
            http.post(f"{base_url}/responses", json={**ASK, "stream": True}).raise_for_status()
    return SAID_ONCE / (processor_seconds(process) - before)


def ours(folder: Path, *replies: dict[str, Any]) -> tuple[str, ...]:
    script = folder / "replies.yaml"
    script.write_text(json.dumps(replies))
    return sys.executable, "-c", "from fakemodel.cli import main; main()", "serve", "--replies", str(script)


CANNED = """
import json, sys, threading
from fakemodel import FakeOpenAI, Reply, text
from fakemodel.api.http import sse_answer
from fakemodel.api.server import LoopbackServer

api = FakeOpenAI([Reply(text(*json.loads(sys.argv[1])))])
list(api.client().responses.create(model="gpt-4.1", input="hello", stream=True))
parts = api.requests[0].answer.parts

class Canned:
    async def answer_async(self, request, call):
        return sse_answer(parts)

print(LoopbackServer().mount(Canned(), alone=True), flush=True)
threading.Event().wait()
"""


def behind_the_other_door() -> Iterator[tuple[str, float, float]]:
    """Requests per second and core beside those of others: what, the ratio, and the least that it may be."""
    words = [f"word {number} " for number in range(EVENTS - FRAME)]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if (AIMOCK / "node_modules").is_dir():
            with (
                running(*ours(folder, {"otherwise": {"text": "Hi there!"}})) as own,
                running("node", str(AIMOCK / "serve.mjs")) as aimock,
            ):
                for path, body, least in PLAIN:
                    yield f"plain answers of {path}, in aimock's", paired(own, aimock, path, body), least
        with (
            running(*ours(folder, {"otherwise": {"text": words}})) as own,
            running(sys.executable, "-c", CANNED, json.dumps(words)) as canned,
        ):
            found = paired(own, canned, "responses", {**ASK, "stream": True})
        yield "streams of a reply said again, in canned ones", found, STREAMED
        said_once = [{"text": [f"{number} ", *words]} for number in range(SAID_ONCE)]
        with (
            running(*ours(folder, *said_once)) as own,
            running(sys.executable, "-c", CANNED, json.dumps(words)) as canned,
        ):
            once = asked_once(*own), asked_once(*canned)
        yield "streams of replies that are said once, in canned ones", once[0] / once[1], 0.0


def paired(own: Server, other: Server, path: str, body: dict[str, Any]) -> float:
    """The answers of one server in those of another, per second and core: the median of pairs."""
    pairs = [[per_core_second(*each, path, body) for each in (own, other)] for _ in range(PAIRS)]
    told = ", ".join(f"{first:,.0f} to {second:,.0f}" for first, second in pairs)
    print(f"         {path} per second and core: {told}", flush=True)
    return median(first / second for first, second in pairs)


async def mixed_up(base_url: str) -> Counter[str]:
    """What became of 100,000 requests, each with words of its own, over 50 connections."""
    host, port = base_url.removeprefix("http://").removesuffix("/v1").split(":")
    numbers, found = iter(range(ANSWERS)), Counter[str]()

    async def ask() -> None:
        reader, writer = await asyncio.open_connection(host, int(port))
        for number in numbers:
            body = json.dumps({"model": "m", "input": f"number {number}", "store": False}).encode()
            head = f"POST /v1/responses HTTP/1.1\r\nhost: {host}\r\ncontent-length: {len(body)}\r\n\r\n"
            writer.write(head.encode() + body)
            headers = await reader.readuntil(b"\r\n\r\n")
            length = re.search(rb"content-length: (\d+)", headers)
            assert length
            answer = json.loads(await reader.readexactly(int(length[1])))
            said = answer["output"][0]["content"][0]["text"]
            found["right" if said == f"number {number}" else "wrong"] += 1
        writer.close()

    await asyncio.gather(*(ask() for _ in range(50)))
    return found


ECHO = """
import threading
from fakemodel import FakeOpenAI
from fakemodel.api.server import LoopbackServer

api = FakeOpenAI()
async def echo(request):
    return request.json["input"]
api.otherwise(echo)
print(LoopbackServer().mount(api, alone=True), flush=True)
threading.Event().wait()
"""


def growth() -> float:
    """What a turn late in a chain costs, in an early one."""
    api = FakeOpenAI()
    api.otherwise("And then?")
    client, previous = api.client(), openai.omit

    def turn() -> None:
        nonlocal previous
        previous = client.responses.create(model="m", input="Go on", previous_response_id=previous).id

    costs = [cpu_seconds(turn) for _ in range(1010)]
    return median(costs[990:1010]) / median(costs[5:25])


def kept() -> float:
    """The bytes that a conversation of two items and a turn takes, of 10,000 of them."""
    api = FakeOpenAI()
    api.otherwise("Noted.")
    with sdk_httpx().Client(transport=api.transport(), base_url="https://api.openai.com/v1") as http:
        http.post("/conversations", json={})
        tracemalloc.start()
        before = tracemalloc.get_traced_memory()[0]
        for _ in range(CONVERSATIONS):
            conversation = http.post("/conversations", json={}).json()["id"]
            http.post("/responses", json={**ASK, "conversation": conversation}).raise_for_status()
        after = tracemalloc.get_traced_memory()[0]
        tracemalloc.stop()
    return (after - before) / CONVERSATIONS


def missing() -> list[str]:
    """What cannot be measured here, and why."""
    found = [] if shutil.which("wrk") else ["all that is behind the other door: wrk is not on the PATH"]
    return found or ([] if (AIMOCK / "node_modules").is_dir() else ["aimock: make bench installs it where npm is"])


def main() -> int:
    broken = [
        told(f"streamed turns in process, {how}, in turns of the SDK on canned bytes", cost, at_most=IN_PROCESS)
        for how, cost in in_process()
    ]
    for what, found, least in behind_the_other_door() if shutil.which("wrk") else ():
        print(f"{found:8.3f}  {what}{f', at least {least}' if least else ''}", flush=True)
        broken.append(found < least)
    with running(sys.executable, "-c", ECHO) as (_, base_url):
        found_answers = asyncio.run(mixed_up(base_url))
    print(f"{found_answers['right']:8,}  right answers of {ANSWERS:,} over 50 connections")
    broken.append(found_answers != {"right": ANSWERS})
    broken.append(told("turn 1,000 of a chain, in turn 10", growth(), at_most=GROWTH))
    broken.append(told("KiB for a conversation with one turn, of 10,000", kept() / 1024, at_most=KEPT))
    for each in missing():
        print(f"left out: {each}")
    return 1 if any(broken) else 0


if __name__ == "__main__":
    sys.exit(main())
