"""A request and its answer, as both doors (in process, on loopback) hand them to the routes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from fakemodel.wire.payload import json_text

__all__ = ["SERVER", "Answer", "Request", "json_answer", "sse_answer"]

SERVER = "fakemodel"
"""The `server` header of every answer: a recording tells by it that it was not made from the API."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back: `parts` are the pieces of the body in the order in which they are sent."""

    status: int
    headers: Mapping[str, str]
    parts: tuple[bytes, ...]


@dataclass(slots=True)
class Request:
    """One request in the journal. `path` begins with `/v1`; `answer` is None while it is not answered."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes
    answer: Answer | None = field(default=None, repr=False)

    @property
    def json(self) -> Any:
        """The body as JSON. Raises json.JSONDecodeError."""
        return json.loads(self.body)

    @property
    def status(self) -> int | None:
        """The status of the answer."""
        return self.answer.status if self.answer else None


def json_answer(status: int, body: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> Answer:
    """An answer with a JSON body."""
    return Answer(status, _headers("application/json", headers), (json_text(body).encode(),))


def sse_answer(parts: tuple[bytes, ...]) -> Answer:
    """An answer that is streamed, a frame a part."""
    return Answer(200, _headers("text/event-stream; charset=utf-8"), parts)


def _headers(content_type: str, more: Mapping[str, str] | None = None) -> dict[str, str]:
    return {"content-type": content_type, "server": SERVER, "openai-version": "2020-10-01", **(more or {})}
