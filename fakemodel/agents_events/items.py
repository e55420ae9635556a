"""The items of an answer besides its reasoning: the message, and the tool calls while their deltas come in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fakemodel.agents_events.members import text_of
from fakemodel.wire.payload import Payload

__all__ = ["FAKE_ID", "Call", "message"]

FAKE_ID = "__fake_id__"
"""The id of every response and item that the Agents SDK makes itself."""


def message(content: list[Payload], status: str, provider_data: Payload) -> Payload:
    """The item of everything that is said: text and refusal."""
    return {
        "id": FAKE_ID,
        "content": content,
        "role": "assistant",
        "type": "message",
        "status": status,
        **({"provider_data": {**provider_data}} if provider_data else {}),
    }


@dataclass(slots=True)
class Call:
    """A tool call while its deltas come in."""

    name: str = ""
    call_id: str = ""
    arguments: str = ""
    provider_data: Payload | None = None
    announced: int | None = None  # the output index that it was added at

    def take(self, delta: Payload, provider_data: Payload, *, gemini: bool) -> str:
        """Takes in what `delta` tells of the call. Returns its piece of the arguments."""
        function = delta.get("function") or {}
        piece = text_of(function, "arguments", raises="TypeError") if function.get("arguments") else ""
        self.arguments += piece
        self.name = function.get("name") or self.name
        if delta.get("id"):
            self.call_id = _without_thought(delta["id"]) if gemini else delta["id"]
        if self.provider_data is None and provider_data:
            self.provider_data = {**provider_data}
        if signature := _signature(delta, gemini):
            self.provider_data = {**provider_data, "thought_signature": signature}
        return piece

    def item(self, arguments: str, provider_data: Payload) -> Payload:
        """The call as an item that has `arguments`, with what is known by now of where it came from."""
        data = {**provider_data, **(self.provider_data or {})}
        return {
            "id": FAKE_ID,
            "call_id": self.call_id,
            "arguments": arguments,
            "name": self.name,
            "type": "function_call",
            **({"provider_data": data} if data else {}),
        }


def _without_thought(call_id: str) -> str:
    """The id alone: LiteLLM hangs the thought's signature on it for Gemini."""
    return call_id.partition("__thought__")[0]


def _signature(delta: Payload, gemini: bool) -> Any:
    """The signature of Gemini's thought, which it wants to see again: Google's own member goes before LiteLLM's."""
    google = _mapping(_mapping(delta.get("extra_content")).get("google"))
    litellm = _mapping(delta.get("provider_specific_fields")) if gemini else {}
    return google.get("thought_signature") or litellm.get("thought_signature")


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
