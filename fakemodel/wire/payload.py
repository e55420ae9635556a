"""A payload: one JSON object of the wire, as a plain dict."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeAlias, cast

from pydantic_core import PydanticSerializationError, from_json, to_json

from fakemodel.errors import ReplyInvalid, StreamError
from fakemodel.shown import shortened

__all__ = ["Payload", "json_bytes", "json_of", "json_text", "payload_of", "payloads_of", "read_as", "without_nulls"]

Payload: TypeAlias = dict[str, Any]

COMPACT = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
HALF = re.compile("[\ud800-\udfff]")


def json_text(payload: Mapping[str, Any]) -> str:
    """The compact JSON of a payload. Halves of characters, which UTF-8 has no form for, are escaped."""
    text = COMPACT(payload)
    return text if text.isascii() else HALF.sub(lambda half: f"\\u{ord(half[0]):04x}", text)


def json_bytes(payload: Mapping[str, Any]) -> bytes:
    """The compact JSON of a payload that is JSON, in UTF-8, with its numbers as the API writes them (`9.8e-7`)."""
    try:
        return to_json(payload)  # which takes a fifth of json's time
    except PydanticSerializationError:  # halves of characters, and what is nested very deep
        return json_text(payload).encode()


def json_of(text: bytes | str) -> Any:
    """What a JSON text says, as json reads it, but for NaN. Raises ValueError, as json does, and RecursionError."""
    body = text.encode(errors="surrogatepass") if isinstance(text, str) else text
    try:
        return from_json(body, allow_inf_nan=False)  # which takes a fifth of json's time
    except ValueError:  # also for what json reads: halves of characters, other encodings, what is nested very deep
        return json.loads(body, parse_constant=_no_constant)


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no number of JSON")


def payloads_of(values: object) -> list[Payload]:
    """The wire form of each element of a stream. Raises StreamError for what is no stream of payloads."""
    if not isinstance(values, Iterable) or isinstance(values, str | bytes | Mapping | type):
        raise StreamError(f"A stream is a list of events or chunks, not {shortened(repr(values))}.")
    return [payload_of(value) for value in values]


@contextmanager
def read_as(what: str, error: type[ReplyInvalid | StreamError]) -> Iterator[None]:
    """Tells what was no `what` as the API sends it, by an `error` of ours instead of one from inside."""
    try:
        yield
    except (AttributeError, IndexError, KeyError, TypeError, ValueError) as inner:
        if isinstance(inner, error):
            raise
        found = f"it lacks {inner}" if isinstance(inner, KeyError) else str(inner)
        raise error(f"This is no {what} as the API sends it: {found}.") from inner


def payload_of(value: object) -> Payload:
    """The wire form of an SDK object, with just the fields that were set; a dict is its own.

    Raises StreamError for anything else.
    """
    if isinstance(value, Mapping):
        return dict(value)
    if hasattr(value, "model_dump") and not isinstance(value, type):
        return cast(Payload, value.model_dump(by_alias=True, exclude_unset=True, warnings=False))
    raise StreamError(f"{shortened(repr(value))} is neither an object of the openai SDK nor a dict.")


def without_nulls(value: Any) -> Any:
    """A JSON value without the members that are null, at any depth."""
    if isinstance(value, dict):
        return {key: without_nulls(member) for key, member in value.items() if member is not None}
    return [without_nulls(each) for each in value] if isinstance(value, list) else value
