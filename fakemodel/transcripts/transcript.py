"""`transcript`: what the API streamed or answered, or a model of ours was asked, as text."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TypeAlias

from fakemodel.errors import StreamError
from fakemodel.reply import Reply
from fakemodel.shown import sent, shortened
from fakemodel.transcripts.answers import completion_lines, response_lines
from fakemodel.transcripts.chunks import chunk_lines
from fakemodel.transcripts.events import event_lines
from fakemodel.transcripts.lines import Line, folded
from fakemodel.transcripts.names import Names
from fakemodel.transcripts.turns import TURNS, turn_lines
from fakemodel.wire import chat, responses
from fakemodel.wire.payload import Payload, payload_of, payloads_of, read_as
from fakemodel.wire.sse import payloads_in

__all__ = ["transcript"]

Teller: TypeAlias = Callable[[Payload, Names], Iterator[Line]]

ANSWERS: dict[str, tuple[int, Teller]] = {
    "response": (20, response_lines),
    "chat.completion": (24, completion_lines),
}
"""The width of the heads, and who tells the lines, by the `object` that an answer is."""

STREAMS: dict[str, tuple[int, Callable[[Iterable[Payload], Names], Iterator[Line]]]] = {
    "type": (44, event_lines),
    "choices": (len("chunk [0]"), chunk_lines),
}
"""The same for a stream, by a member that its first payload has.

Some events are wider; that the width is always the same keeps equal lines equal in all texts.
"""

DATA = re.compile(rb"(?:\A|[\r\n])data:")

NOTHING = "nothing"
"""The text of what is empty."""


def transcript(value: object, *, usage: bool = False, times: bool = False) -> str:
    """What was streamed, answered or asked as text for people: a line for each event, runs of deltas folded into one.

    `value` is a list (or any iterable) of Responses events or of Chat Completions chunks, SDK objects or dicts, or the
    bytes of such a stream; a `Reply`; a `Response` or `ChatCompletion`; or the turns of a FakeModel, of a FakeOpenAI
    (or its `requests`), or of a cassette, which are told as `fakemodel show` tells a recording.

    Ids are numbered by first appearance: `resp_1`, `msg_1`. What changes from run to run is left out: obfuscation, and
    without `usage` and `times` the counts and the times. What the lines above let expect is not said again; what is
    otherwise is, so that a text which changed, an event that is missing or came twice, changes the transcript. A
    member that is null counts as absent.

    The text has no newline at its end. Raises StreamError for a value that is none of these.
    """
    names = Names(usage=usage, times=times)
    return "\n".join(_lines(value, names, usage)) or NOTHING


def _lines(value: object, names: Names, usage: bool) -> Iterable[str]:
    value = getattr(value, "turns", value)
    if isinstance(value, bytes):
        return _stream_lines(_payloads_in(value), names)
    if isinstance(value, Reply):
        value = chat.completion(value) if value.others else responses.response(value)
    if isinstance(value, Mapping) or hasattr(value, "model_dump"):
        return _answer_lines(payload_of(value), names)
    if not isinstance(value, Iterable) or isinstance(value, str):
        raise _unknown(value)
    found = list(value)
    if found and all(isinstance(each, TURNS) for each in found):
        return turn_lines(found, usage=usage)
    return _stream_lines(payloads_of(found), names)


def _answer_lines(answer: Payload, names: Names) -> Iterable[str]:
    kind = str(answer.get("object"))
    if kind not in ANSWERS:
        raise _unknown(answer)
    width, teller = ANSWERS[kind]
    with read_as("answer", StreamError):
        return [*folded(teller(names.plain(answer), names), names, width)]


def _stream_lines(payloads: list[Payload], names: Names) -> Iterable[str]:
    plain = [names.plain(payload) for payload in payloads]
    for key, (width, tell) in STREAMS.items():
        if plain and key in plain[0]:
            with read_as("stream", StreamError):
                return [*folded(tell(plain, names), names, width)]
    if plain:
        raise _unknown(payloads)
    return []


def _payloads_in(body: bytes) -> list[Payload]:
    if body.strip() and not DATA.search(body):  # an answer that was not streamed, or no answer at all
        raise StreamError(f"No event or chunk of a stream is in these bytes:{sent(body)}.")
    return payloads_in(body)


def _unknown(value: object) -> StreamError:
    return StreamError(
        f"A transcript is made of a list of events or chunks, a Reply, a Response, a ChatCompletion, or turns, "
        f"not of {shortened(repr(value))}."
    )
