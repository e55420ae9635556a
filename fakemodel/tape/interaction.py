"""An interaction: one recorded request with its response. A cassette is a list of them, its turns."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fakemodel.shown import sent

__all__ = ["Headers", "Interaction", "Request", "Response"]

Headers = Mapping[str, list[str]]
"""Lower-case names, each with its values."""


@dataclass(frozen=True, slots=True, repr=False)
class Request:
    """A request as it was sent."""

    method: str
    uri: str
    headers: Headers
    body: bytes

    def __repr__(self) -> str:
        return f"<Request: {self.method} {self.uri}{sent(self.body)}>"

    @property
    def json(self) -> Any:
        """The body as JSON. Raises json.JSONDecodeError."""
        return json.loads(self.body)


@dataclass(frozen=True, slots=True, repr=False)
class Response:
    """A response, its body whole and decoded."""

    status: int
    message: str
    headers: Headers
    body: bytes

    def __repr__(self) -> str:
        return f"<Response: {self.status}{sent(self.body)}>"

    @property
    def is_stream(self) -> bool:
        """Whether the body is a stream of server-sent events."""
        return any("text/event-stream" in value for value in self.headers.get("content-type", ()))


@dataclass(frozen=True, slots=True)
class Interaction:
    """One turn of a cassette."""

    request: Request
    response: Response
