"""What cassettes cost: loading them, finding a turn among many, and playing a long stream, as ratios.

    python benchmarks/cassettes.py

Loaded are real conversations, where their corpus lies beside the checkout, or else the cassettes that ship; scrubbed,
and in the form in which each toolkit writes the same turns. A turn is found among 10 and among 10,000, where every
question is another one and where all are the same. A stream of 676 events is read through the openai client, from a
cassette and from a transport that answers with the same bytes. Exits 1 where a bound is broken.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import openai
import vcr
import yaml
from peers import HAS_CASSETTER, write_cassetter, write_ours, write_vcr
from ratios import cpu_seconds, ratio, told
from vcr.persisters.filesystem import FilesystemPersister
from vcr.serializers import yamlserializer

import fakemodel
from fakemodel import Reply, sse, text
from fakemodel.httpx_modules import sdk_httpx
from fakemodel.tape import layout, reader
from fakemodel.tape.interaction import Interaction, Request, Response
from fakemodel.tape.player import Player
from fakemodel.tape.scrub import scrubbed
from fakemodel.tape.told import Told
from fakemodel.wire.sse import split

CHECKOUT = Path(__file__).parents[1]
CORPUS = CHECKOUT.parent / "shared" / "corpus"

LOADS = 9
LOADING = 0.333
"""The most that loading may cost, in loads of vcrpy with libyaml."""

FEW, MANY = 10, 10_000
LOOK_UPS = 5
GROWTH = 1.25
"""How much more a look-up among 10,000 turns may cost than one among 10."""

EVENTS = 676
FRAME = 8
"""The events that a text has beside its deltas."""

STREAMS, STREAMS_IN_A_ROUND = 9, 5
STREAMING = 1.15
"""The most that a replayed stream may cost, in streams from a transport that answers with the same bytes."""

NOISE = {"loading": 0.01, "growth": 0.05, "streaming": 0.03}
"""What the medians of equal work differ by."""


def conversations() -> tuple[str, list[list[Interaction]]]:
    """The turns of each cassette, as they may be written, and where they are from."""
    if CORPUS.is_dir():
        where, files = "real conversations", CORPUS.rglob("*.yaml")
    else:
        folders = (CHECKOUT / "cassettes", CHECKOUT / "examples" / "cassettes")
        where, files = "conversations of the cassettes that ship", (f for each in folders for f in each.rglob("*.yaml"))
    return where, [scrubbed(layout.read(file)) for file in sorted(files)]


def write_json(path: Path, turns: Sequence[Interaction]) -> None:
    """The same turns as one JSON text: the floor of what is read as text."""
    content = [
        [
            *(turn.request.method, turn.request.uri, dict(turn.request.headers), turn.request.body.decode("latin-1")),
            *(turn.response.status, dict(turn.response.headers), turn.response.body.decode("latin-1")),
        ]
        for turn in turns
    ]
    path.write_text(json.dumps(content), encoding="utf-8")


def load_cassetter(path: Path) -> None:
    import cassetter

    cassetter.Cassette(path, record_mode=cassetter.RecordMode.NONE).load()


def open_ours(path: Path) -> None:
    with fakemodel.cassette(path, allow_unplayed=True):
        pass


def open_vcr(path: Path) -> None:
    with vcr.use_cassette(str(path), record_mode="none"):
        pass


def open_cassetter(path: Path) -> None:
    import cassetter

    with cassetter.use_cassette(path, record_mode="none"):
        pass


def loading(folder: Path) -> bool:
    """Print what it costs to load cassettes; whether a bound is broken."""
    where, found = conversations()
    print(f"loading {len(found)} {where}, {sum(map(len, found))} turns")
    assert yaml.__with_libyaml__, "vcrpy is to read with libyaml"
    forms = {"ours": write_ours, "vcrpy's": write_vcr, "JSON": write_json}
    if HAS_CASSETTER:
        forms["cassetter's"] = write_cassetter
    files: dict[str, list[Path]] = {}
    for form, write in forms.items():
        (folder / form).mkdir()
        files[form] = [folder / form / f"{number}.yaml" for number in range(len(found))]
        for file, turns in zip(files[form], found, strict=True):
            write(file, turns)
    assert [len(layout.read(file)) for file in files["ours"]] == [len(turns) for turns in found]

    def each(form: str, load: Callable[[Path], object]) -> Callable[[], float]:
        def work() -> None:
            reader.mapping_of.cache_clear()  # as at the start of a run
            for file in files[form]:
                load(file)

        return lambda: cpu_seconds(work)

    read, opened = each("ours", layout.read), each("ours", open_ours)
    read_vcr = each("vcrpy's", lambda file: FilesystemPersister.load_cassette(file, yamlserializer))
    cost = ratio(read, read_vcr, LOADS)
    broken = told("loads of vcrpy: layout.read", cost, at_most=LOADING, noise=NOISE["loading"])
    read_json = each("JSON", lambda file: json.loads(file.read_text(encoding="utf-8")))
    told("loads of the same as JSON: layout.read", ratio(read, read_json, LOADS))
    told("vcr.use_cassette: fakemodel.cassette, opened and closed", ratio(opened, each("vcrpy's", open_vcr), LOADS))
    if HAS_CASSETTER:
        told("loads of cassetter: layout.read", ratio(read, each("cassetter's", load_cassetter), LOADS))
        theirs = each("cassetter's", open_cassetter)
        told("cassetter.use_cassette: fakemodel.cassette, opened and closed", ratio(opened, theirs, LOADS))
    return broken


def asked(question: str) -> Request:
    body = {"model": "gpt-4.1", "input": [{"role": "user", "content": question}], "stream": False}
    headers = {"content-type": ["application/json"]}
    return Request("POST", "https://api.openai.com/v1/responses", headers, json.dumps(body).encode())


def look_ups(questions: Sequence[str], among: int) -> float:
    """The CPU seconds in which all are answered, each from cassettes of so many turns."""
    answer = Response(200, "OK", {"content-type": ["application/json"]}, b'{"output": []}')
    live = [asked(question) for question in questions]
    players = []
    for start in range(0, len(questions), among):
        turns = [Interaction(asked(question), answer) for question in questions[start : start + among]]
        players.append(Player(turns, (), Told("", Path(), str)))

    def play() -> None:
        for number, request in enumerate(live):
            assert players[number // among].play(request) is not None

    return cpu_seconds(play)


def finding() -> bool:
    """Print how much dearer a look-up is among many turns; whether a bound is broken."""
    every = {
        "different questions": [f"Question {number}?" for number in range(MANY)],
        "the same question, asked again": ["Question?"] * MANY,
    }
    broken = []
    for what, questions in every.items():
        grown = ratio(partial(look_ups, questions, MANY), partial(look_ups, questions, FEW), LOOK_UPS)
        unit = f"times the cost of finding a turn among {MANY:,} as among {FEW}: {what}"
        broken.append(told(unit, grown, at_most=GROWTH, noise=NOISE["growth"]))
    return any(broken)


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
        for _ in range(STREAMS_IN_A_ROUND):
            stream = client.responses.create(model="gpt-4.1", input="Hi", stream=True)
            assert sum(1 for _ in stream) == EVENTS

    return cpu_seconds(read)


def read_async_streams(client: openai.AsyncOpenAI) -> float:
    async def read() -> None:
        for _ in range(STREAMS_IN_A_ROUND):
            stream = await client.responses.create(model="gpt-4.1", input="Hi", stream=True)
            assert len([event async for event in stream]) == EVENTS

    return cpu_seconds(lambda: asyncio.run(read()))


def replay(file: Path, kind: type[Any], read: Callable[[Any], float]) -> float:
    with fakemodel.cassette(file):
        return read(kind())


def answer(parts: Sequence[bytes], kind: type[Any], read: Callable[[Any], float]) -> float:
    return read(client_of(parts, kind))


def streaming(folder: Path) -> bool:
    """Print what a replayed stream costs; whether a bound is broken."""
    body = sse(Reply(text(*(f"word {number} " for number in range(EVENTS - FRAME)))).events())
    request = Request(
        "POST",
        "https://api.openai.com/v1/responses",
        {"content-type": ["application/json"]},
        b'{"model": "gpt-4.1", "input": "Hi", "stream": true}',
    )
    turn = Interaction(request, Response(200, "OK", {"content-type": ["text/event-stream"]}, body))
    file = folder / "streams.yaml"
    write_ours(file, [turn] * STREAMS_IN_A_ROUND)
    assert layout.read(file)[0].response.body == body
    broken = []
    for kind, read in ((openai.OpenAI, read_streams), (openai.AsyncOpenAI, read_async_streams)):
        replayed = partial(replay, file, kind, read)
        whole, by_event = (partial(answer, parts, kind, read) for parts in ([body], list(split(body))))
        unit = f"streams of {EVENTS} events from a transport, {{}}: replayed, {kind.__name__}"
        cost = ratio(replayed, whole, STREAMS)
        broken.append(told(unit.format("in one piece"), cost, at_most=STREAMING, noise=NOISE["streaming"]))
        told(unit.format("event by event"), ratio(replayed, by_event, STREAMS))
    return any(broken)


def main() -> int:
    with TemporaryDirectory() as folder:
        broken = [loading(Path(folder)), finding(), streaming(Path(folder))]
    return 1 if any(broken) else 0


if __name__ == "__main__":
    sys.exit(main())
