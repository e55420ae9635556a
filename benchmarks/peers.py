"""The same turns in the files of each toolkit: ours, vcrpy's, and cassetter's where it is installed."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

from vcr.persisters.filesystem import FilesystemPersister
from vcr.serializers import yamlserializer

from fakemodel.tape import layout
from fakemodel.tape.interaction import Headers, Interaction
from fakemodel.tape.vcr_form import vcr_request, vcr_response

__all__ = ["HAS_CASSETTER", "write_cassetter", "write_ours", "write_vcr"]

HAS_CASSETTER = find_spec("cassetter") is not None


def write_ours(path: Path, turns: Sequence[Interaction]) -> None:
    """Write a cassette as fakemodel does."""
    layout.write(path, layout.written(turns, {"from": "api.openai.com"}))


def write_vcr(path: Path, turns: Sequence[Interaction]) -> None:
    """Write a cassette as vcrpy does."""
    requests = [vcr_request(turn.request) for turn in turns]
    responses = [vcr_response(turn.response) for turn in turns]
    FilesystemPersister.save_cassette(path, {"requests": requests, "responses": responses}, yamlserializer)


def write_cassetter(path: Path, turns: Sequence[Interaction]) -> None:
    """Write a cassette as cassetter does."""
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
