"""Server-sent events as the API frames them: how a stream is written, and where it may be cut again."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from fakemodel.errors import StreamError
from fakemodel.wire.payload import Payload, json_bytes, json_of, payloads_of

__all__ = ["data_in", "frame", "frames", "payload_in", "payloads_in", "split", "sse"]

DONE = b"data: [DONE]\n\n"

FRAME = re.compile(rb"(?:[^\r\n]+(?:\r\n|[\r\n]|\Z))+(?:\r\n|[\r\n]|\Z)|[\r\n]+")
"""Lines and the empty one that ends them, or empty ones alone; a line ends in CR LF, LF or CR."""


def sse(events_or_chunks: Iterable[object]) -> bytes:
    """The wire form of a stream: SDK objects or plain dicts, all of one API.

    Responses events are framed as `event:` and `data:` lines, without an end mark; Chat Completions chunks as
    `data:` lines only, closed by `data: [DONE]`. Raises StreamError for anything else.
    """
    payloads = payloads_of(events_or_chunks)
    for position, payload in enumerate(payloads):
        type_ = payload.get("type")
        if "type" in payload and not (isinstance(type_, str) and type_ and type_.isprintable()):
            raise StreamError(f"[{position}] has type={type_!r}: expected is a word.")
        try:
            json.dumps(payload)
        except (TypeError, ValueError) as error:
            raise StreamError(f"[{position}] is no JSON: {error}.") from None
    return b"".join(frames(payloads))


def frames(payloads: Iterable[Mapping[str, Any]]) -> Iterator[bytes]:
    """The frames of a stream, one for each payload, and the end mark where the API has one."""
    chat = None
    for position, payload in enumerate(payloads):
        is_chunk = payload.get("object") == "chat.completion.chunk"
        if not is_chunk and "type" not in payload:
            raise StreamError(f"[{position}] is neither an event, with its `type`, nor a chat.completion.chunk.")
        if chat is not is_chunk and chat is not None:
            raise StreamError(f"[{position}] is of another API than what comes before it: no server mixes them.")
        chat = is_chunk
        yield frame(payload, "" if is_chunk else payload["type"])
    if chat:
        yield DONE


def frame(payload: Mapping[str, Any], event: str = "") -> bytes:
    """One frame: its `event:` line, where it has one, and its `data:` line."""
    data = json_bytes(payload)
    return b"event: %b\ndata: %b\n\n" % (event.encode(), data) if event else b"data: %b\n\n" % data


def payload_in(frame: bytes) -> Payload:
    """The payload of a frame that `frames` has made."""
    found: Payload = json.loads(frame.partition(b"data: ")[2])
    return found


def split(body: bytes) -> list[bytes]:
    """The frames of a recorded stream, whoever wrote it; together they are `body` again."""
    return FRAME.findall(body)


def data_in(body: bytes) -> Iterator[bytes]:
    """The data of each event of a recorded stream, whoever wrote it, without the end mark."""
    for frame in split(body):
        fields = (line.partition(b":")[::2] for line in frame.splitlines())
        data = b"\n".join(value.removeprefix(b" ") for name, value in fields if name == b"data")
        if data and data.strip() != b"[DONE]":
            yield data


def payloads_in(body: bytes) -> list[Payload]:
    """The payloads of a recorded stream, whoever wrote it, without the end mark.

    Raises StreamError for data that is no JSON object, and names its position.
    """
    found: list[Payload] = []
    for data in data_in(body):
        try:
            payload = json_of(data)
        except (ValueError, RecursionError):
            payload = None
        if not isinstance(payload, dict):
            raise StreamError(f"[{len(found)}] has data that is no JSON object.")
        found.append(payload)
    return found
