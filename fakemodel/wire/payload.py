"""A payload: one JSON object of the wire, as a plain dict."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias, cast

from fakemodel.errors import StreamError

__all__ = ["Payload", "payload_of"]

Payload: TypeAlias = dict[str, Any]


def payload_of(value: object) -> Payload:
    """The wire form of an SDK object, with just the fields that were set; a dict is its own.

    Raises StreamError for anything else.
    """
    if isinstance(value, Mapping):
        return dict(value)
    if hasattr(value, "model_dump"):
        return cast(Payload, value.model_dump(by_alias=True, exclude_unset=True, warnings=False))
    raise StreamError(f"{value!r} is neither an object of the openai SDK nor a dict.")
