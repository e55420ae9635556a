"""Real traffic, recorded by others: every file loads, and every turn of it is played back as it stands there."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
import yaml

import fakemodel
from fakemodel.httpx_modules import sdk_httpx
from fakemodel.tape.interaction import Request

Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def said(message: dict[str, Any]) -> tuple[str, object]:
    """What a file says of a body: as JSON, or as it stands."""
    if "parsed_body" in message:
        return "json", message["parsed_body"]
    body = message.get("body") or ""
    return "bytes", body.get("string", "") if isinstance(body, dict) else body


def sent(request: dict[str, Any]) -> bytes:
    kind, body = said(request)
    return json.dumps(body).encode() if kind == "json" else body.encode() if isinstance(body, str) else body


def test_every_turn_of_the_corpus_is_played_back(corpus: Path):
    files = sorted(corpus.rglob("*.yaml"))
    assert len(files) == 130
    wrong = []
    with sdk_httpx().Client() as client:
        for file in files:
            interactions = yaml.load(file.read_text(encoding="utf-8"), Loader=Loader)["interactions"]
            assert interactions, file
            with fakemodel.cassette(file) as tape:
                assert len(tape.turns) == len(interactions)
                for number, interaction in enumerate(interactions, 1):
                    request, recorded = interaction["request"], interaction["response"]
                    answer = client.request(request["method"], request["uri"], content=sent(request))
                    kind, body = said(recorded)
                    same = answer.json() == body if kind == "json" else answer.content == as_bytes(body)
                    if not same or answer.status_code != recorded["status"]["code"]:
                        wrong.append((file.name, number))
    assert wrong == []


def as_bytes(body: object) -> bytes:
    return body.encode() if isinstance(body, str) else bytes(body)  # type: ignore[call-overload]


def streams_of(corpus: Path) -> list[Path]:
    return [file for file in sorted(corpus.rglob("*.yaml")) if "text/event-stream" in file.read_text(encoding="utf-8")]


def parts_of(request: Request) -> list[bytes]:
    httpx = sdk_httpx()
    with httpx.Client() as client, client.stream("POST", request.uri, content=request.body) as response:
        return list(response.iter_bytes())


async def parts_of_async(request: Request) -> list[bytes]:
    client = sdk_httpx().AsyncClient()
    async with client, client.stream("POST", request.uri, content=request.body) as response:
        return [part async for part in response.aiter_bytes()]


@pytest.mark.parametrize(
    "parts", [parts_of, lambda request: asyncio.run(parts_of_async(request))], ids=["sync", "async"]
)
def test_the_streams_of_the_corpus_arrive_event_by_event(corpus: Path, parts):
    files = streams_of(corpus)
    assert len(files) > 10
    for file in files:
        with fakemodel.cassette(file, allow_unplayed=True) as tape:
            for turn in tape.turns:
                if turn.response.is_stream:
                    arrived = parts(turn.request)
                    assert b"".join(arrived) == turn.response.body, file
                    assert len(arrived) >= turn.response.body.count(b"\ndata: "), file
