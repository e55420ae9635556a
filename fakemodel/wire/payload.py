"""A payload: one JSON object of the wire, as a plain dict."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, TypeAlias, cast

from fakemodel.errors import StreamError

__all__ = ["Payload", "json_text", "payload_of"]

Payload: TypeAlias = dict[str, Any]

COMPACT = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
HALF = re.compile("[\ud800-\udfff]")


def json_text(payload: Mapping[str, Any]) -> str:
    """The compact JSON of a payload. Halves of characters, which UTF-8 has no form for, are escaped."""
    text = COMPACT(payload)
    return text if text.isascii() else HALF.sub(lambda half: f"\\u{ord(half[0]):04x}", text)


def payload_of(value: object) -> Payload:
    """The wire form of an SDK object, with just the fields that were set; a dict is its own.

    Raises StreamError for anything else.
    """
    if isinstance(value, Mapping):
        return dict(value)
    if hasattr(value, "model_dump"):
        return cast(Payload, value.model_dump(by_alias=True, exclude_unset=True, warnings=False))
    raise StreamError(f"{value!r} is neither an object of the openai SDK nor a dict.")
