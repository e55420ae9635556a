"""What a recorded turn costs that is played through the openai client: one among many, and a long stream.

A turn among 10, 1,000 and 10,000 is played by each toolkit, told to tell turns apart by their bodies, as it must where
they may come in any order. Our look-up is measured alone too: where every question is another one, and where all are
the same. A stream of 676 events is read from a cassette and from a transport that answers with the same bytes.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import openai

from benchmarks.figures import Figure, missing
from benchmarks.ratios import Effort, cpu_seconds, ratio
from benchmarks.toolkits import OURS, PEERS, Toolkit, Unread
from benchmarks.wire import EVENTS, long_reply
from fakemodel import Reply, sse
from fakemodel.httpx_modules import sdk_httpx
from fakemodel.tape.interaction import Interaction, Request, Response
from fakemodel.tape.player import Player
from fakemodel.tape.told import Told
from fakemodel.wire.sse import split

__all__ = ["figures"]

ASKED = 10
"""The turns that are played in a round, spread evenly over the cassette."""

GROWTH, GROWTH_NOISE = 1.25, 0.05
"""How much more a look-up among 10,000 turns may cost than one among 10."""

STREAMS = 5
STREAMING, STREAMING_NOISE = 1.15, 0.03
"""The most that a replayed stream may cost, in streams from a transport that answers with the same bytes."""

JSON = {"content-type": ["application/json"]}


def asked(question: str, *, stream: bool = False) -> Request:
    """What the client sends, as it is recorded."""
    body = {"input": question, "model": "gpt-4.1", **({"stream": True} if stream else {})}
    return Request(
        "POST", "https://api.openai.com/v1/responses", JSON, json.dumps(body, separators=(",", ":")).encode()
    )


def turns_of(number: int) -> list[Interaction]:
    """So many turns that have nothing to do with each other."""
    answer = Reply("It is given.").response().model_dump_json().encode()
    return [Interaction(asked(f"Question {each}"), Response(200, "OK", JSON, answer)) for each in range(number)]


def seconds_of_turns(toolkit: Toolkit, file: Path, number: int) -> float:
    """What it costs to play some of so many turns, after the cassette was opened."""
    with toolkit.opened(file):
        client = openai.OpenAI(api_key="sk-none")

        def play() -> None:
            for each in range(0, number, number // ASKED):
                client.responses.create(model="gpt-4.1", input=f"Question {each}")

        return cpu_seconds(play)


def one_among(folder: Path, number: int, rounds: int) -> Iterator[Figure]:
    """A turn among so many, in turns of the peers."""
    turns = turns_of(number)
    files = {toolkit.name: folder / f"{toolkit.name} {number}.yaml" for toolkit in (OURS, *PEERS)}
    OURS.write(files[OURS.name], turns)
    for peer in PEERS:
        absent, cost = missing(peer.name), None
        played, theirs = (partial(seconds_of_turns, each, files[each.name], number) for each in (OURS, peer))
        if not absent:
            peer.write(files[peer.name], turns)
            try:
                cost = ratio(played, theirs, rounds)
            except Unread as unread:
                absent = str(unread)
        yield Figure(
            kind="peer",
            what=f"a turn among {number:,}, replayed through the openai client",
            beside=peer.name,
            leaves_out="reading the file; the peer is told to compare bodies",
            cost=cost,
            missing=absent,
        )


def look_ups(questions: Sequence[str], among: int) -> float:
    """The seconds in which all are answered, each from cassettes of so many turns."""
    answer = Response(200, "OK", JSON, b'{"output": []}')
    live = [asked(question) for question in questions]
    players = []
    for start in range(0, len(questions), among):
        turns = [Interaction(asked(question), answer) for question in questions[start : start + among]]
        players.append(Player(turns, (), Told("", Path(), str)))

    def play() -> None:
        for number, request in enumerate(live):
            assert players[number // among].play(request) is not None

    return cpu_seconds(play)


def finding(few: int, many: int, rounds: int) -> Iterator[Figure]:
    """How much dearer a look-up is among many turns."""
    every = {
        "all of different questions": [f"Question {number}?" for number in range(many)],
        "all of the same question": ["Question?"] * many,
    }
    for what, questions in every.items():
        yield Figure(
            kind="growth",
            what=f"a turn found among {many:,}, {what}",
            beside=f"one found among {few:,}",
            leaves_out="the client, and reading the file",
            cost=ratio(partial(look_ups, questions, many), partial(look_ups, questions, few), rounds),
            at_most=GROWTH,
            noise=GROWTH_NOISE,
        )


async def in_turn(parts: Sequence[bytes]) -> AsyncIterator[bytes]:
    for part in parts:
        yield part


def client_of(parts: Sequence[bytes], kind: type[Any]) -> Any:
    """A client, sync or async, that is answered with a stream in these parts."""
    httpx, sync = sdk_httpx(), kind is openai.OpenAI

    def answer(request: object) -> Any:
        content = parts[0] if len(parts) == 1 else iter(parts) if sync else in_turn(parts)
        return httpx.Response(200, headers={"content-type": "text/event-stream"}, content=content)

    http_client = httpx.Client if sync else httpx.AsyncClient
    return kind(api_key="sk-none", http_client=http_client(transport=httpx.MockTransport(answer)))


def read_streams(client: openai.OpenAI) -> float:
    def read() -> None:
        for _ in range(STREAMS):
            stream = client.responses.create(model="gpt-4.1", input="Hi", stream=True)
            assert sum(1 for _ in stream) == EVENTS

    return cpu_seconds(read)


def read_async_streams(client: openai.AsyncOpenAI) -> float:
    async def read() -> None:
        for _ in range(STREAMS):
            stream = await client.responses.create(model="gpt-4.1", input="Hi", stream=True)
            assert len([event async for event in stream]) == EVENTS

    return cpu_seconds(lambda: asyncio.run(read()))


def replay(file: Path, kind: type[Any], read: Callable[[Any], float]) -> float:
    with OURS.opened(file):
        return read(kind())


def answer(parts: Sequence[bytes], kind: type[Any], read: Callable[[Any], float]) -> float:
    return read(client_of(parts, kind))


def streaming(folder: Path, rounds: int) -> Iterator[Figure]:
    """A long stream, in streams from a transport."""
    body = sse(long_reply().events())
    response = Response(200, "OK", {"content-type": ["text/event-stream"]}, body)
    file = folder / "streams.yaml"
    OURS.write(file, [Interaction(asked("Hi", stream=True), response)] * STREAMS)
    for kind, read in ((openai.OpenAI, read_streams), (openai.AsyncOpenAI, read_async_streams)):
        replayed = partial(replay, file, kind, read)
        for how, parts, at_most in (("in one piece", [body], STREAMING), ("event by event", list(split(body)), None)):
            yield Figure(
                kind="floor",
                what=f"a stream of {EVENTS} events, replayed to `{kind.__name__}`",
                beside=f"a transport that hands it over {how}",
                leaves_out="reading the file; we hand it over event by event",
                cost=ratio(replayed, partial(answer, parts, kind, read), rounds),
                at_most=at_most,
                noise=STREAMING_NOISE if at_most else 0.0,
            )


def figures(effort: Effort) -> Iterator[Figure]:
    """All that is measured here."""
    few, some, many = ASKED, effort.of(1000, ASKED), effort.of(10_000, ASKED)
    with TemporaryDirectory() as name:
        folder = Path(name)
        for number, rounds in ((few, 9), (some, 3), (many, 2)):
            yield from one_among(folder, number, effort.of(rounds))
        yield from finding(few, many, effort.of(5))
        yield from streaming(folder, effort.of(9))
