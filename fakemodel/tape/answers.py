"""What a recorded answer says, whoever gave it: a JSON body, or a stream's events with the body that they add up to.

Nothing is raised for what is broken: a recording is looked at because something in it may be.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from fakemodel.errors import ReplyInvalid, StreamError
from fakemodel.tape.interaction import Response
from fakemodel.wire.payload import Payload, json_of
from fakemodel.wire.sse import data_in

__all__ = ["Answer", "answer_of", "json_or_none", "latest_response"]

STREAM = re.compile(rb"\s*(?:event|data|id|retry|): ?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The `json` of an answer (of a stream what it adds up to; None for what is no JSON), and its `text` as recorded.

    `events` are those of a stream, None where nothing was streamed; `problem` says why not all of it could be read.
    """

    json: Any = None
    text: str = ""
    events: tuple[Any, ...] | None = None
    problem: str | None = None
    body: Payload = field(init=False)
    """The JSON, if it is an object; or else an empty one."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "body", self.json if isinstance(self.json, dict) else {})


def answer_of(response: Response) -> Answer:
    """What a response says."""
    body, problem = _readable(response)
    text = body.decode(errors="backslashreplace")  # so that two which differ have two texts
    if response.is_stream and STREAM.match(body):
        events = tuple(_events(body))
        whole, broken = _whole([event for event in events if isinstance(event, dict)])
        return Answer(json=whole, text=text, events=events, problem=problem or broken)
    return Answer(json=json_or_none(body), text=text, problem=problem)


def json_or_none(body: bytes) -> Any:
    """What a body says as JSON; None for what is none."""
    try:
        return json_of(body)
    except (ValueError, RecursionError):
        return None


def latest_response(events: Sequence[Any]) -> Payload:
    """The last snapshot of a response in a stream; an empty one where there is none."""
    held = (event.get("response") for event in reversed(events) if isinstance(event, dict))
    return next((response for response in held if isinstance(response, dict)), {})


def _readable(response: Response) -> tuple[bytes, str | None]:
    """The body as it can be read, and why it cannot."""
    if "content-encoding" not in response.headers:
        return response.body, None
    from fakemodel.tape.content_encoding import decoded

    try:
        return decoded(response).body, None
    except ValueError as error:
        return b"", str(error)


def _events(body: bytes) -> list[Any]:
    """The payloads of a stream; the text of one that is no JSON."""
    found = ((data, json_or_none(data)) for data in data_in(body))
    return [data.decode(errors="replace") if payload is None else payload for data, payload in found]


def _whole(events: list[Payload]) -> tuple[Payload, str | None]:
    """What the events of a stream add up to, and why it is not the whole."""
    if any(event.get("object") == "chat.completion.chunk" for event in events):
        return _completion(events)
    errors = [event for event in events if event.get("type") == "error" or event.get("error")]
    if errors:
        error = errors[-1].get("error") or errors[-1]
        return {**latest_response(events), "error": error}, None
    latest = latest_response(events)
    if not latest or latest.get("status") not in (None, "queued", "in_progress"):
        return latest, None
    done = [event["item"] for event in events if event.get("type") == "response.output_item.done" and "item" in event]
    return {**latest, "output": done}, "the stream ends before the response does"


def _completion(chunks: list[Payload]) -> tuple[Payload, str | None]:
    from fakemodel.wire import chat, read_chat

    error = next((chunk["error"] for chunk in chunks if chunk.get("error")), None)
    said = [chunk for chunk in chunks if not chunk.get("error")]
    try:
        whole = chat.completion(read_chat.from_chunks(said))
    except (StreamError, ReplyInvalid) as problem:
        return ({**chunks[0], "choices": [], "error": error}, None if error else str(problem))
    return ({**whole, "error": error} if error else whole), None
