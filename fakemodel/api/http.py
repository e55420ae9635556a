"""A request and its answer, as both doors (in process, on loopback) hand them to the routes and back."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from fakemodel.context import Context
from fakemodel.shown import counted, sent
from fakemodel.wire.payload import Payload, json_bytes, json_of

if TYPE_CHECKING:
    from fakemodel.api.faults import Fault

__all__ = [
    "AT_ONCE",
    "EVENT_STREAM",
    "SERVER",
    "Answer",
    "Call",
    "Delivery",
    "Ending",
    "Request",
    "conversation_of",
    "json_answer",
    "sse_answer",
]

SERVER = "fakemodel"
"""The `server` header of every answer: a recording tells by it that it was not made from the API."""

EVENT_STREAM = "text/event-stream"

RETRIES = "x-stainless-retry-count"
"""The header in which the SDK counts how often it has tried before."""


class Ending(Enum):
    """What comes after the last part of an answer that goes out."""

    WHOLE = "the end of the answer"
    CUT = "the connection breaks off"
    STALLED = "nothing, for ever"
    REFUSED = "there is no connection at all"


@dataclass(frozen=True, slots=True)
class Delivery:
    """How an answer goes out: the seconds before its first part and between its parts, and its `ending`."""

    first: float = 0.0
    between: float = 0.0
    ending: Ending = Ending.WHOLE


AT_ONCE = Delivery()


@dataclass(slots=True, repr=False)
class Answer:
    """What goes back: `parts` are the pieces of the body, which are sent one by one as the answer is iterated.

    `end` is called once: with True when the last part goes out, for who has it may ask again at once; with False when
    the client goes away before. On loopback a part has gone out when the socket took it.

    A `status` of None is no answer at all: `delivery` says what there is instead.
    """

    status: int | None
    headers: Mapping[str, str]
    parts: tuple[bytes, ...]
    end: Callable[[bool], None] | None = None
    delivery: Delivery = AT_ONCE
    sent: int = 0
    """How many parts the client has been given."""
    cancelled: bool = False
    """Whether the client went away before it had them all."""
    stopped: bool = False
    """Whether the server sends no more of them."""
    _ended: bool = False

    def __repr__(self) -> str:
        return f"<Answer: {self.status}, {self.sent} of {counted(len(self.parts), 'part')} sent>"

    def __iter__(self) -> Answer:
        return self

    def __next__(self) -> bytes:
        if self.cancelled or self.stopped or self.sent == len(self.parts):
            self._end(whole=self.delivery.ending is Ending.WHOLE)
            raise StopIteration
        self.sent += 1
        if self.sent == len(self.parts):
            self._end(whole=self.delivery.ending is Ending.WHOLE)
        return self.parts[self.sent - 1]

    def close(self) -> None:
        """The client reads no more."""
        self.cancelled |= not self._ended
        self._end(whole=False)

    def _end(self, *, whole: bool) -> None:
        if not self._ended:
            self._ended = True
            if self.end is not None:
                self.end(whole)

    @property
    def is_stream(self) -> bool:
        """Whether it is sent event by event."""
        return len(self.parts) > 1 or self.headers.get("content-type", "").startswith(EVENT_STREAM)

    @property
    def body(self) -> bytes:
        """The whole body, also of an answer that was not sent to its end."""
        return b"".join(self.parts)

    @property
    def json(self) -> Any:
        """The body as JSON. Raises json.JSONDecodeError."""
        return json_of(self.body)


@dataclass(slots=True, repr=False)
class Request:
    """One request in the journal, with what was answered.

    `path` begins with `/v1`, `named` is what stands at the places of its route (`{"response_id": "resp_…"}`); `context`
    are the items that the model would have seen, those that the server keeps first; `answer` is None while the request
    is not answered. Where a fault came instead of an answer, nothing was seen.
    """

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes
    served: bool = False
    """Whether it came over loopback, where time is real."""
    named: Mapping[str, str] = field(default_factory=dict)
    context: Context = field(default_factory=Context)
    answer: Answer | None = None
    fault: Fault | None = None
    """What went wrong with the answer, where a test had it go wrong."""

    def __repr__(self) -> str:
        found = repr(self.fault) if self.fault else self.status or "no answer"
        return f"<Request: {self.method} {self.path}{sent(self.body)} -> {found}>"

    @property
    def json(self) -> Any:
        """The body as JSON. Raises json.JSONDecodeError."""
        return json_of(self.body)

    @property
    def payload(self) -> Payload | None:
        """The body, if it is a JSON object."""
        try:
            found = self.json
        except (RecursionError, ValueError):
            return None
        return found if isinstance(found, dict) else None

    @property
    def status(self) -> int | None:
        """The status of the answer; None where there is none."""
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
        """The conversation that the body names."""
        return conversation_of(self.body)


def conversation_of(body: Payload) -> str | None:
    """The conversation that a body names: by its id, or as an object that has it."""
    named = body.get("conversation")
    found: str | None = named.get("id") if isinstance(named, dict) else named
    return found


def json_answer(status: int, body: Mapping[str, Any], headers: Mapping[str, str] = MappingProxyType({})) -> Answer:
    """An answer with a JSON body."""
    return Answer(status, _headers("application/json", headers), (json_bytes(body),))


def sse_answer(parts: tuple[bytes, ...], end: Callable[[bool], None] | None = None) -> Answer:
    """An answer that is streamed, a frame a part."""
    return Answer(200, _headers(f"{EVENT_STREAM}; charset=utf-8"), parts, end)


def _headers(content_type: str, more: Mapping[str, str] = MappingProxyType({})) -> dict[str, str]:
    return {"content-type": content_type, "server": SERVER, "openai-version": "2020-10-01", **more}
