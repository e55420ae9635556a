"""The toolkits that record and replay, ours and its peers, each with the same five things to do.

A peer that is not installed is there all the same, without a version: nothing of it is imported before it is asked.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import vcr
from vcr.persisters.filesystem import FilesystemPersister
from vcr.serializers import yamlserializer

import fakemodel
from fakemodel.tape import layout
from fakemodel.tape.interaction import Headers, Interaction
from fakemodel.tape.vcr_form import vcr_request, vcr_response

__all__ = ["OURS", "PEERS", "Toolkit", "Unread"]


class Unread(Exception):
    """A toolkit does not read a cassette that it wrote."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Toolkit:
    """A player of cassettes, and the pytest plugin that brings it.

    `write` writes turns as its cassette, `load` reads that, `opened` plays it by method, address and body or raises
    Unread, `record` writes turns as it would while it records them.
    """

    name: str
    package: str
    plugin: str
    marker: str
    write: Callable[[Path, Sequence[Interaction]], None]
    load: Callable[[Path], object]
    opened: Callable[[Path], AbstractContextManager[Any]]
    record: Callable[[Path, Sequence[Interaction]], None]


def write_ours(path: Path, turns: Sequence[Interaction]) -> None:
    layout.write(path, layout.written(turns, {"from": "api.openai.com"}))


def open_ours(path: Path) -> AbstractContextManager[Any]:
    return fakemodel.cassette(path, allow_unplayed=True)


def record_ours(path: Path, turns: Sequence[Interaction]) -> None:
    with fakemodel.cassette(path, mode="rerecord", allow_errors=True) as cassette:
        for turn in turns:
            request = cassette.note(turn.request)
            assert request is not None
            cassette.keep(cassette.reserve(request), request, turn.response)


def write_vcr(path: Path, turns: Sequence[Interaction]) -> None:
    requests = [vcr_request(turn.request) for turn in turns]
    responses = [vcr_response(turn.response) for turn in turns]
    FilesystemPersister.save_cassette(path, {"requests": requests, "responses": responses}, yamlserializer)


def load_vcr(path: Path) -> object:
    return FilesystemPersister.load_cassette(path, yamlserializer)


def open_vcr(path: Path) -> AbstractContextManager[Any]:
    return vcr.use_cassette(str(path), record_mode="none", match_on=["method", "uri", "body"])


def record_vcr(path: Path, turns: Sequence[Interaction]) -> None:
    with vcr.use_cassette(str(path), record_mode="all") as cassette:
        for turn in turns:
            cassette.append(vcr_request(turn.request), vcr_response(turn.response))


def write_cassetter(path: Path, turns: Sequence[Interaction]) -> None:
    from cassetter._core import Body, Cassette, HttpInteraction, HttpRequest, HttpResponse, process_body

    def body(content: bytes, headers: Headers) -> Body:
        return process_body(content, next(iter(headers.get("content-type", ())), None))

    cassette = Cassette()
    for turn in turns:
        asked, answered = turn.request, turn.response
        request = HttpRequest(asked.method, asked.uri, dict(asked.headers), body(asked.body, asked.headers))
        response = HttpResponse(answered.status, dict(answered.headers), body(answered.body, answered.headers))
        cassette.add_interaction(HttpInteraction(request, response, "2026-01-01T00:00:00Z"))
    path.parent.mkdir(parents=True, exist_ok=True)
    cassette.save(str(path))


def load_cassetter(path: Path) -> object:
    import cassetter

    return cassetter.Cassette(path, record_mode=cassetter.RecordMode.NONE).load()


def open_cassetter(path: Path) -> AbstractContextManager[Any]:
    import cassetter

    try:
        load_cassetter(path)
    except cassetter.CassetteLoadError as error:  # of more than 250,000 nodes of YAML, as 0.16 has it
        raise Unread(f"cassetter reads no cassette of {path.stat().st_size / 1e6:.0f} MB") from error
    return cassetter.use_cassette(path, record_mode="none", match_on=["method", "uri", "json_body"])


def record_cassetter(path: Path, turns: Sequence[Interaction]) -> None:
    import cassetter

    with cassetter.use_cassette(path, record_mode="all") as cassette:
        for turn in turns:
            asked, answered = turn.request, turn.response
            cassette.record(
                *(asked.method, asked.uri, {name: [*each] for name, each in asked.headers.items()}, asked.body),
                *(answered.status, {name: [*each] for name, each in answered.headers.items()}, answered.body),
            )


OURS = Toolkit(
    name="fakemodel",
    package="fakemodel",
    plugin="fakemodel.plugin",
    marker="cassette",
    write=write_ours,
    load=layout.read,
    opened=open_ours,
    record=record_ours,
)

PEERS = (
    Toolkit(
        name="vcrpy",
        package="pytest-recording",
        plugin="pytest_recording.plugin",
        marker="vcr",
        write=write_vcr,
        load=load_vcr,
        opened=open_vcr,
        record=record_vcr,
    ),
    Toolkit(
        name="cassetter",
        package="cassetter",
        plugin="cassetter.pytest_plugin",
        marker="vcr",
        write=write_cassetter,
        load=load_cassetter,
        opened=open_cassetter,
        record=record_cassetter,
    ),
)
