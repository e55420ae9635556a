"""A request and its answer, as both doors (in process, on loopback) hand them to the routes and back."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from fakemodel.context import Context
from fakemodel.wire.payload import Payload, json_text

__all__ = ["SERVER", "Answer", "Call", "Request", "json_answer", "sse_answer"]

SERVER = "fakemodel"
"""The `server` header of every answer: a recording tells by it that it was not made from the API."""

RETRIES = "x-stainless-retry-count"
"""The header in which the SDK counts how often it has tried before."""


def _nothing(whole: bool) -> None:
    pass


@dataclass(slots=True)
class Answer:
    """What goes back: `parts` are the pieces of the body, which are sent one by one as the answer is iterated.

    `end` is called once: with True when the last part goes out, for who has it may ask again at once; with False when
    the client goes away before. On loopback a part has gone out when the socket took it.
    """

    status: int
    headers: Mapping[str, str]
    parts: tuple[bytes, ...]
    end: Callable[[bool], None] = field(default=_nothing, repr=False)
    sent: int = 0
    """How many parts the client has been given."""
    cancelled: bool = False
    """Whether the client went away before it had them all."""
    stopped: bool = False
    """Whether the server sends no more of them."""
    _ended: bool = field(default=False, repr=False)

    def __iter__(self) -> Answer:
        return self

    def __next__(self) -> bytes:
        if self.cancelled or self.stopped or self.sent == len(self.parts):
            self._end(whole=True)
            raise StopIteration
        self.sent += 1
        if self.sent == len(self.parts):
            self._end(whole=True)
        return self.parts[self.sent - 1]

    def close(self) -> None:
        """The client reads no more."""
        self.cancelled |= not self._ended
        self._end(whole=False)

    def _end(self, *, whole: bool) -> None:
        if not self._ended:
            self._ended = True
            self.end(whole)

    @property
    def body(self) -> bytes:
        """The whole body, also of an answer that was not sent to its end."""
        return b"".join(self.parts)

    @property
    def json(self) -> Any:
        """The body as JSON. Raises json.JSONDecodeError."""
        return json.loads(self.body)


@dataclass(slots=True)
class Request:
    """One request in the journal, with what was answered.

    `path` begins with `/v1`, `named` is what stands at the places of its route (`{"response_id": "resp_…"}`); `context`
    are the items that the model would have seen, those that the server keeps first; `answer` is None while the request
    is not answered.
    """

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes
    named: Mapping[str, str] = field(default_factory=dict)
    context: Context = field(default_factory=Context)
    answer: Answer | None = field(default=None, repr=False)

    @property
    def json(self) -> Any:
        """The body as JSON. Raises json.JSONDecodeError."""
        return json.loads(self.body)

    @property
    def status(self) -> int | None:
        """The status of the answer."""
        return self.answer.status if self.answer else None

    @property
    def attempt(self) -> int:
        """Which try of the client it is: 1 for the first, as the SDK counts them."""
        retries = self.headers.get(RETRIES, "0")
        return int(retries) + 1 if retries.isdecimal() else 1


@dataclass(frozen=True, slots=True)
class Call:
    """A request that was routed: what its path names, its query, and its JSON body ({} where it has none)."""

    request: Request
    named: Mapping[str, str]
    query: Mapping[str, Sequence[str]]
    body: Payload

    @property
    def conversation_id(self) -> str | None:
        """The conversation that the body names: by its id, or as an object that has it."""
        named = self.body.get("conversation")
        found: str | None = named.get("id") if isinstance(named, dict) else named
        return found


def json_answer(status: int, body: Mapping[str, Any], headers: Mapping[str, str] = MappingProxyType({})) -> Answer:
    """An answer with a JSON body."""
    return Answer(status, _headers("application/json", headers), (json_text(body).encode(),))


def sse_answer(parts: tuple[bytes, ...], end: Callable[[bool], None] = _nothing) -> Answer:
    """An answer that is streamed, a frame a part."""
    return Answer(200, _headers("text/event-stream; charset=utf-8"), parts, end)


def _headers(content_type: str, more: Mapping[str, str] = MappingProxyType({})) -> dict[str, str]:
    return {"content-type": content_type, "server": SERVER, "openai-version": "2020-10-01", **more}
