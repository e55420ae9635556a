"""What a recorded request asks for: one of the API's operations on responses, completions and conversations, or none.

A gateway's address, and a compatible server's, is known by how it ends.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

from fakemodel.tape.address import place, query
from fakemodel.tape.interaction import Request

__all__ = ["Operation", "operation_of"]

ROUTE = re.compile(r"/(chat/completions|responses|conversations)((?:/[^/]+)*)/?$")

WORDS = {
    "POST responses": "response",
    "POST responses/compact": "compaction",
    "POST responses/input_tokens": "{input_tokens} input tokens counted",
    "GET responses/*": "response {} retrieved",
    "DELETE responses/*": "response {} deleted",
    "POST responses/*/cancel": "response {} cancelled",
    "GET responses/*/input_items": "input items of {} listed",
    "POST chat/completions": "chat completion",
    "GET chat/completions": "chat completions listed",
    "GET chat/completions/*": "chat completion {} retrieved",
    "POST chat/completions/*": "chat completion {} updated",
    "DELETE chat/completions/*": "chat completion {} deleted",
    "GET chat/completions/*/messages": "messages of {} listed",
    "POST conversations": "conversation {id} created",
    "GET conversations/*": "conversation {} retrieved",
    "POST conversations/*": "conversation {} updated",
    "DELETE conversations/*": "conversation {} deleted",
    "POST conversations/*/items": "conversation {}: items added",
    "GET conversations/*/items": "conversation {}: items listed",
    "GET conversations/*/items/*": "conversation {}: item {} retrieved",
    "DELETE conversations/*/items/*": "conversation {}: item {} deleted",
}
"""What the API's operations do, by method and path below `/v1`; `{}` is an id of the path, `{id}` the answer's."""

FIXED = {"compact", "input_tokens", "cancel", "input_items", "messages", "items"}
"""The parts of those paths that are no ids."""


@dataclass(frozen=True, slots=True)
class Operation:
    """The `path` that is asked for, from `/v1` on where it is the API's, with its query; its `ids`; the row of WORDS.

    That is `key`, which is empty for what has no row.
    """

    path: str
    key: str = ""
    ids: tuple[str, ...] = ()

    def words(self, answer: Mapping[str, Any]) -> str:
        """What was done, as the answer confirms it; nothing for an operation that has no row."""
        if not self.key:
            return ""
        return WORDS[self.key].format(*self.ids, **{"id": "", "input_tokens": "", **answer})


def operation_of(request: Request) -> Operation:
    """What a request asks for."""
    pairs = query(request.uri)
    path = place(request.uri) + (f"?{urlencode(pairs)}" if pairs else "")
    route = ROUTE.search(urlsplit(request.uri).path)
    if route is None:
        return Operation(path)
    parts = route[2].split("/")[1:]
    key = " ".join([request.method, "/".join([route[1], *(part if part in FIXED else "*" for part in parts)])])
    return Operation(path, key, tuple(part for part in parts if part not in FIXED)) if key in WORDS else Operation(path)
