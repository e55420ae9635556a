"""Bad days: what goes wrong with answers, of the server, of the network and of streams, each as a value.

`FakeOpenAI.fail` takes them: `api.fail(faults.cut(after=3))`, after `from fakemodel import faults`. A fault of a stream
breaks the one law of streams that it names, or none.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from types import MappingProxyType

from fakemodel.api.http import Answer, Delivery, Ending, json_answer
from fakemodel.api.streamed_answer import StreamedAnswer, Unfit
from fakemodel.errors import ReplyInvalid
from fakemodel.shown import Shown
from fakemodel.wire.errors import FAILURES, ApiError
from fakemodel.wire.sse import frame

__all__ = [
    "Fault",
    "connection_refused",
    "content_type",
    "cut",
    "error_event",
    "malformed",
    "repeated",
    "slow",
    "stalled",
    "status",
    "swapped",
    "timeout",
    "truncated",
]

ERROR = {"message": "The server had an error", "code": "server_error"}
"""What an error in a stream says, unless it is told otherwise."""

RETRY_AT_ONCE = {"retry-after-ms": "1"}
"""What the SDK waits by before it asks again, in the place of half a second and more."""


@dataclass(frozen=True, slots=True)
class Fault(Shown):
    """One thing that goes wrong: either an answer `instead` of the server's, or what becomes of that.

    One `of_streams` befalls nothing else. `laws` are those that a stream with it breaks, by its API (`responses`,
    `chat`): none where the API has no entry.
    """

    told: str
    instead: Callable[[], Answer] | None = field(default=None, repr=False, compare=False)
    spoil: Callable[[Answer], None] | None = field(default=None, repr=False, compare=False)
    of_streams: bool = field(default=False, repr=False, compare=False)
    laws: Mapping[str, str] = field(default_factory=dict, repr=False, compare=False)

    def __repr__(self) -> str:
        return f"faults.{self.told}"


def status(
    status: int,
    *,
    message: str | None = None,
    code: str | None = None,
    type: str | None = None,
    param: str | None = None,
    retry_after: float | None = None,
    headers: Mapping[str, str] = MappingProxyType({}),
) -> Fault:
    """An answer with this status, from 400 to 599, in the words of the API where they are known.

    The SDK tries 408, 409, 429 and those from 500 on again, after a millisecond; with `retry_after` after so many
    seconds, which it really waits. A 429 has the headers of a rate limit that is used up, and `headers` are added.
    Raises ReplyInvalid for a status that is no error.
    """
    if not isinstance(status, int) or not 400 <= status <= 599:
        given = getattr(status, "__name__", None) or repr(status)  # a fault that was not called is told by its name
        made = ", ".join(f"{name}(…)" for name in __all__ if name != "Fault")
        raise ReplyInvalid(f"fail({given}): expected is a status from 400 to 599, or one of fakemodel.faults: {made}.")
    kind = "server_error" if status >= HTTPStatus.INTERNAL_SERVER_ERROR else "invalid_request_error"
    row = FAILURES.get(status, ApiError(status, _phrase(status), type=kind))
    error = {**row.body()["error"], **_given(message=message, code=code, type=type, param=param)}
    retry = RETRY_AT_ONCE if retry_after is None else {"retry-after": f"{_seconds('status', retry_after):.12g}"}
    limits = LIMITS if status == HTTPStatus.TOO_MANY_REQUESTS else {}
    own = _headers(headers)
    told = _options(message=message, code=code, type=type, param=param, retry_after=retry_after, headers=own or None)
    sent = {**limits, **retry, **own}
    return Fault(f"status({status}{told})", instead=lambda: json_answer(status, {"error": error}, sent))


def timeout() -> Fault:
    """No answer, for ever: the client's own timeout ends it. In process that has come at once."""
    return Fault("timeout()", instead=lambda: _nothing(Ending.STALLED))


def connection_refused() -> Fault:
    """No connection. On loopback, where there is one server for all tests, it breaks off without an answer."""
    return Fault("connection_refused()", instead=lambda: _nothing(Ending.REFUSED))


def cut(after: int, *, in_character: bool = False) -> Fault:
    """A stream whose connection breaks off after so many events, or chunks.

    With `in_character` it does so in the middle of the first character after them that UTF-8 has several bytes for.
    """

    def spoil(answer: Answer) -> None:
        parts = StreamedAnswer(answer).before_end(after, "is cut")
        if in_character:
            whole = b"".join(answer.parts[after:])
            wide = next((at for at, byte in enumerate(whole) if byte >= FIRST_OF_SEVERAL), None)
            if wide is None:
                raise Unfit(f"after {after} there is no character of several bytes in it")
            parts = (*parts, whole[: wide + 1])
        _deliver(answer, parts, Ending.CUT)

    return Fault(
        f"cut(after={_checked('cut', after)}{', in_character=True' if in_character else ''})",
        spoil=spoil,
        of_streams=True,
        laws={"responses": "terminal", "chat": "finish"},
    )


def stalled(after: int) -> Fault:
    """A stream of which nothing comes any more after so many events, or chunks: the client's own timeout ends it."""
    return Fault(
        f"stalled(after={_checked('stalled', after)})",
        spoil=lambda answer: _deliver(answer, StreamedAnswer(answer).before_end(after, "stalls"), Ending.STALLED),
        of_streams=True,
        laws={"responses": "terminal", "chat": "finish"},
    )


def truncated(after: int) -> Fault:
    """A stream that ends well after so many events, or chunks, as if all had been said: its own end is missing."""

    def spoil(answer: Answer) -> None:
        end = answer.end
        answer.parts = StreamedAnswer(answer).before_end(after, "is truncated")
        answer.end = end and (lambda _: end(False))

    return Fault(
        f"truncated(after={_checked('truncated', after)})",
        spoil=spoil,
        of_streams=True,
        laws={"responses": "terminal", "chat": "finish"},
    )


def slow(seconds: float, *, between: float = 0.0) -> Fault:
    """An answer that begins after so many seconds; streamed, each event comes `between` seconds after the last.

    In process nobody waits: a client whose timeout is shorter has timed out, and the clock of an asyncio event loop is
    put forward. On loopback it takes the time.
    """
    delivery = Delivery(_seconds("slow", seconds), _seconds("slow", between))

    def spoil(answer: Answer) -> None:
        answer.delivery = delivery

    return Fault(f"slow({seconds:g}{f', between={between:g}' if between else ''})", spoil=spoil)


def error_event(after: int = 1, *, message: str = ERROR["message"], code: str = ERROR["code"]) -> Fault:
    """A stream that ends with an `error` after so many events, from 1 on: its status is 200, for it had begun well."""

    def spoil(answer: Answer) -> None:
        stream = StreamedAnswer(answer)
        before, end = stream.before_end(after, "fails"), answer.end
        error = {"message": message, "type": "server_error", "param": None, "code": code}
        if stream.chat:
            last = frame({"error": error})
        else:
            event = {"type": "error", "sequence_number": stream.number(after), **_given(**{**error, "type": None})}
            last = frame({**event, "param": None}, "error")
        answer.parts, answer.end = (*before, last), end and (lambda _: end(False))

    words = _options(**{name: word for name, word in (("message", message), ("code", code)) if word != ERROR[name]})
    told = f"error_event(after={_checked('error_event', after, least=1)}{words})"
    return Fault(told, spoil=spoil, of_streams=True, laws={"chat": "finish"})


def malformed(after: int) -> Fault:
    """A stream with an event, after so many, whose JSON is broken: no law tells of it, for it cannot be read."""

    def spoil(answer: Answer) -> None:
        before, parts = StreamedAnswer(answer).before_end(after, "is malformed"), answer.parts
        whole = parts[after].decode().rstrip("\n")
        answer.parts = (*before, f"{whole[: -len(whole) // 3]}\n\n".encode(), *parts[after + 1 :])

    return Fault(f"malformed(after={_checked('malformed', after)})", spoil=spoil, of_streams=True)


def repeated(after: int) -> Fault:
    """A stream of which the event after so many comes twice. Nothing tells of a chunk that does: it has no number."""

    def spoil(answer: Answer) -> None:
        parts = StreamedAnswer(answer).telling(after, 1)
        answer.parts = (*parts[: after + 1], *parts[after:])

    laws = {"responses": "numbering"}
    return Fault(f"repeated(after={_checked('repeated', after)})", spoil=spoil, of_streams=True, laws=laws)


def swapped(after: int) -> Fault:
    """A stream of which the two events after so many come in the other order. Nothing tells of chunks that do."""

    def spoil(answer: Answer) -> None:
        parts = StreamedAnswer(answer).telling(after, 2)
        answer.parts = (*parts[:after], parts[after + 1], parts[after], *parts[after + 2 :])

    laws = {"responses": "numbering"}
    return Fault(f"swapped(after={_checked('swapped', after)})", spoil=spoil, of_streams=True, laws=laws)


def content_type(content_type: str) -> Fault:
    """An answer of another content type: that of a page that a proxy puts in its place, say."""
    headers = _headers({"content-type": content_type})

    def spoil(answer: Answer) -> None:
        answer.headers = {**answer.headers, **headers}

    return Fault(f"content_type({content_type!r})", spoil=spoil)


LIMITS = {
    "x-ratelimit-limit-requests": "500",
    "x-ratelimit-limit-tokens": "30000",
    "x-ratelimit-remaining-requests": "0",
    "x-ratelimit-remaining-tokens": "0",
    "x-ratelimit-reset-requests": "120ms",
    "x-ratelimit-reset-tokens": "1s",
}
"""The headers of a rate limit that is used up, as OpenAI documents them."""

FIRST_OF_SEVERAL = 0xC0
"""From here on a byte begins a character that has several."""


def _deliver(answer: Answer, parts: tuple[bytes, ...], ending: Ending) -> None:
    answer.parts, answer.delivery = parts, Delivery(ending=ending)


def _nothing(ending: Ending) -> Answer:
    return Answer(None, {}, (), delivery=Delivery(ending=ending))


def _checked(name: str, after: object, least: int = 0) -> int:
    if type(after) is not int or after < least:
        raise ReplyInvalid(f"faults.{name}(after={after!r}): `after` counts events, from {least} on.")
    return after


def _seconds(name: str, value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < math.inf:
        raise ReplyInvalid(f"faults.{name}(…, {value!r}): expected are seconds, from 0 on.")
    return float(value)


def _headers(headers: Mapping[str, str]) -> dict[str, str]:
    """Headers by their names in lower case. Raises ReplyInvalid for what cannot be sent."""
    for name, value in headers.items():
        if not all(isinstance(each, str) and each.isascii() and each.isprintable() for each in (name, value)):
            raise ReplyInvalid(f"{name!r}: {value!r} is no header: expected are strings of ASCII.")
    return {name.lower(): value for name, value in headers.items()}


def _given(**options: object) -> dict[str, object]:
    return {name: value for name, value in options.items() if value is not None}


def _options(**options: object) -> str:
    return "".join(f", {name}={value!r}" for name, value in _given(**options).items())


def _phrase(status: int) -> str:
    return HTTPStatus(status).phrase if status in HTTPStatus.__members__.values() else f"HTTP {status}"
