"""What FakeOpenAI costs behind a socket, beside aimock and beside a bare server with the same events.

Each server is a process of its own, and its processor time alone is counted, so that whoever asks may be slow. aimock
answers the same text in as many pieces. Last, whether answers are mixed up where many ask at once.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeAlias

import aiohttp

from benchmarks.figures import Figure
from benchmarks.ratios import Effort, Spread, ratio

__all__ = ["aimock_version", "figures"]

AIMOCK = Path(__file__).resolve().parent / "aimock"

CONNECTIONS = 8
PLAIN_REQUESTS, STREAMS = 2000, 100

PIECES = 676
PIECE = 20
"""The characters of a piece: what aimock sends by default."""

WORDS = [f"{number:>{PIECE - 1}} " for number in range(PIECES)]

RESPONSES, CHAT = "responses", "chat/completions"
ASKED = {
    RESPONSES: {"model": "gpt-4.1", "input": "hello"},
    CHAT: {"model": "gpt-4.1", "messages": [{"role": "user", "content": "hello"}]},
}

REFUSED = "the client; we keep what a later request may go on from, and refuse what the API refuses"
"""What a figure beside aimock leaves out: it answers whatever `previous_response_id` it is given."""

AT_MOST = 1.0
"""The most that the first plain answers of a server may cost, in aimock's: more than those few suites ask for."""

WARM = 10_000
"""The answers after which node has compiled all that aimock does."""

STREAMED = 1.25
"""The most that a streamed answer may cost, in those of a bare server."""

ANSWERS, ASKING = 20_000, 50

Server: TypeAlias = "tuple[subprocess.Popen[str], str]"
"""A server that runs, and its base URL."""

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

SAID_ONCE = """
import itertools, json, sys, threading
from fakemodel import FakeOpenAI, Reply, text
from fakemodel.api.server import LoopbackServer

api, numbers, words = FakeOpenAI(), itertools.count(), json.loads(sys.argv[1])
api.otherwise(lambda request: Reply(text(f"{next(numbers):>19} ", *words[1:])))
print(LoopbackServer().mount(api, alone=True), flush=True)
threading.Event().wait()
"""

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


def aimock_version() -> str | None:
    """The version of aimock that was installed; None where it was not, or there is no node to run it."""
    package = AIMOCK / "node_modules" / "@copilotkit" / "aimock" / "package.json"
    if not package.exists() or shutil.which("node") is None:
        return None
    return str(json.loads(package.read_text(encoding="utf-8"))["version"])


@contextmanager
def running(*command: str) -> Iterator[Server]:
    """A server in a process of its own, whose first line is its base URL."""
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=AIMOCK.parents[1])
    assert process.stdout is not None
    try:
        yield process, process.stdout.readline().strip()
    finally:
        process.kill()
        process.communicate()


@contextmanager
def saying(*replies: dict[str, Any]) -> Iterator[Server]:
    """`fakemodel serve`, with a script."""
    with TemporaryDirectory() as folder:
        script = Path(folder, "replies.yaml")
        script.write_text(json.dumps(replies))
        command = sys.executable, "-c", "from fakemodel.cli import main; main()", "serve", "--replies", str(script)
        with running(*command) as server:
            yield server


def python(code: str, *arguments: str) -> AbstractContextManager[Server]:
    """A server that this code runs."""
    return running(sys.executable, "-c", code, *arguments)


def aimock(content: str) -> AbstractContextManager[Server]:
    """aimock, with this one answer."""
    return running("node", str(AIMOCK / "serve.mjs"), content)


def processor_seconds(process: subprocess.Popen[str]) -> float:
    """What a process has used of the processor (Linux)."""
    fields = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def ask(url: str, body: dict[str, Any], requests: int) -> None:
    """Ask so many times, over a few connections."""
    left = iter(range(requests))
    connector = aiohttp.TCPConnector(limit=CONNECTIONS)
    async with aiohttp.ClientSession(connector=connector, headers={"authorization": "Bearer any"}) as session:

        async def one_connection() -> None:
            for _ in left:
                async with session.post(url, json=body, raise_for_status=True) as answer:
                    await answer.read()

        await asyncio.gather(*(one_connection() for _ in range(CONNECTIONS)))


def seconds(server: Server, path: str, body: dict[str, Any], requests: int) -> float:
    """The processor seconds that a server takes to answer so many requests."""
    process, base_url = server
    before = processor_seconds(process)
    asyncio.run(ask(f"{base_url}/{path}", body, requests))
    return processor_seconds(process) - before


def beside(own: Server, other: Server, path: str, *, stream: bool, requests: int, rounds: int) -> Spread:
    """What an answer costs, in answers of another server."""
    body = {**ASKED[path], **({"stream": True} if stream else {})}
    return ratio(*(partial(seconds, each, path, body, requests) for each in (own, other)), rounds)


def first_seconds(start: Callable[[], AbstractContextManager[Server]], path: str, requests: int) -> float:
    """The processor seconds of the first answers of a server, without its start."""
    with start() as server:
        return seconds(server, path, ASKED[path], requests)


def plain_beside_aimock(effort: Effort) -> Iterator[Figure]:
    """Plain answers of both APIs: the first of a server, and those of one that has answered for long."""
    missing = "" if aimock_version() else "aimock is not installed (npm)"
    ours, theirs = partial(saying, {"otherwise": "Hi there!"}), partial(aimock, "Hi there!")
    requests = effort.of(PLAIN_REQUESTS, 10)
    for path in (RESPONSES, CHAT):
        first = warm = None
        if not missing:
            first = ratio(*(partial(first_seconds, each, path, requests) for each in (ours, theirs)), effort.of(3))
            with ours() as own, theirs() as other:
                for server in (own, other):
                    seconds(server, path, ASKED[path], effort.of(WARM, 10))
                warm = beside(own, other, path, stream=False, requests=requests, rounds=effort.of(5))
        answers = {f"the first {PLAIN_REQUESTS:,} plain answers of a server": (first, AT_MOST)}
        answers[f"a plain answer after {WARM:,}"] = (warm, None)
        for what, (cost, at_most) in answers.items():
            yield Figure(
                kind="peer",
                what=f"{what}, `/v1/{path}`",
                beside="aimock",
                leaves_out=f"{REFUSED}; the start of the server",
                cost=cost,
                missing=missing,
                at_most=at_most,
            )


def streamed_beside_aimock(effort: Effort) -> Iterator[Figure]:
    """Streamed answers of both APIs."""
    missing = "" if aimock_version() else "aimock is not installed (npm)"
    for path in (RESPONSES, CHAT):
        cost = None
        if not missing:
            with python(SAID_ONCE, json.dumps(WORDS)) as own, aimock("".join(WORDS)) as other:
                cost = beside(own, other, path, stream=True, requests=effort.of(STREAMS, 10), rounds=effort.of(5))
        yield Figure(
            kind="peer",
            what=f"a streamed answer of {PIECES} pieces, served, `/v1/{path}`",
            beside="aimock",
            leaves_out=f"{REFUSED}; each answer is another one, the peer's the same",
            cost=cost,
            missing=missing,
        )


def beside_canned(effort: Effort) -> Iterator[Figure]:
    """Streams of a reply that is said again, and of replies that are said once."""
    words = json.dumps(WORDS)
    scripts = (
        ("a reply said again", partial(saying, {"otherwise": {"text": WORDS}}), STREAMED),
        ("replies said once", partial(python, SAID_ONCE, words), None),
    )
    for what, ours, at_most in scripts:
        with ours() as own, python(CANNED, words) as canned:
            of_each = {"requests": effort.of(STREAMS, 10), "rounds": effort.of(5)}
            yield Figure(
                kind="floor",
                what=f"a streamed answer of {PIECES} pieces, served, {what}",
                beside="the same server with the events ready",
                leaves_out="the client",
                cost=beside(own, canned, RESPONSES, stream=True, **of_each),
                at_most=at_most,
            )


async def mixed_up(base_url: str, answers: int) -> Counter[str]:
    """What became of so many requests, each with words of its own."""
    numbers, found = iter(range(answers)), Counter[str]()
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=ASKING)) as session:

        async def one_connection() -> None:
            for number in numbers:
                body = {"model": "m", "input": f"number {number}", "store": False}
                async with session.post(f"{base_url}/responses", json=body) as answer:
                    said = (await answer.json())["output"][0]["content"][0]["text"]
                found["right" if said == f"number {number}" else "wrong"] += 1

        await asyncio.gather(*(one_connection() for _ in range(ASKING)))
    return found


def wrong_answers(answers: int) -> Figure:
    """How many of so many requests at once get what was meant for another."""
    with python(ECHO) as (_, base_url):
        found = asyncio.run(mixed_up(base_url, answers))
    return Figure(
        kind="size",
        what=f"wrong answers of {answers:,} over {ASKING} connections",
        leaves_out="several workers: there is one process",
        cost=Spread.of([answers - found["right"]]),
        at_most=0,
        unit="answers",
    )


def figures(effort: Effort) -> Iterator[Figure]:
    """All that is measured here."""
    yield from plain_beside_aimock(effort)
    yield from streamed_beside_aimock(effort)
    yield from beside_canned(effort)
    yield wrong_answers(effort.of(ANSWERS, 100))
