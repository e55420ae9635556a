"""What the tests of the contracts say and ask, and how they read what was sent."""

from __future__ import annotations

from typing import Any

from fakemodel import faults
from fakemodel.api.http import Answer
from fakemodel.context import text_of
from fakemodel.contract.base import Setting
from fakemodel.parts import refusal, text, tool_call, usage
from fakemodel.reply import Reply
from fakemodel.wire.payload import Payload, json_bytes, json_of
from fakemodel.wire.sse import payload_in

__all__ = [
    "BRIEF",
    "BROKEN",
    "HELLO",
    "HISTORY",
    "OF_TOOLS",
    "SETTINGS",
    "STATE",
    "STREAMED",
    "TOLD",
    "TOOL",
    "UNSAID",
    "USAGE",
    "compact",
    "first_message",
    "issued_id",
]

USAGE = usage(7, 5, cached=2, reasoning=3)

HELLO = Reply(text("Hel", "lo"), usage=USAGE)

STREAMED = {
    "text": HELLO,
    "refusal": Reply(refusal("I can", "not.")),
    "two calls": Reply(tool_call("get_weather", {"city": "Paris"}), tool_call("get_weather", {"city": "Rome"})),
    "text and a call": Reply(text("Let me ", "see."), tool_call("get_weather", ['{"city":', '"Paris"}'])),
}
"""Replies whose streams are looked at event by event."""

BRIEF = "Be brief."

HISTORY: list[Payload] = [
    {"role": "user", "content": "Weather in Paris?"},
    {"type": "function_call", "call_id": "call_7", "name": "get_weather", "arguments": '{"city":"Paris"}'},
    {"type": "function_call_output", "call_id": "call_7", "output": "sunny"},
    {"role": "assistant", "content": "Sunny."},
    {"role": "user", "content": "And tomorrow?"},
]

TOLD = [
    ("user", "Weather in Paris?"),
    ("call", "call_7", "get_weather", '{"city":"Paris"}'),
    ("output", "call_7", "sunny"),
    ("assistant", "Sunny."),
    ("user", "And tomorrow?"),
]
"""What a request has to tell of that history, whatever its form."""

STATE = ("previous_response_id", "conversation", "prompt", "prompt_cache_key")
"""What a request has only where a caller gave it."""

OF_TOOLS = ("parallel_tool_calls", "tool_choice")
"""The settings that the API takes beside tools alone."""

BROKEN = {"connection": faults.cut(after=2), "error event": faults.error_event(after=3)}
"""How a stream may break off."""

TOOL = {
    "type": "function",
    "name": "get_weather",
    "description": "The weather in a city.",
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
}

SETTINGS = {
    "temperature": Setting(0.0, ("temperature",)),
    "top_p": Setting(0.5, ("top_p",)),
    "store": Setting(False, ("store",)),
    "metadata": Setting({"case": "7"}, ("metadata",)),
    "parallel_tool_calls": Setting(False, ("parallel_tool_calls",)),
    "tool_choice": Setting("required", ("tool_choice",)),
    "extra_body": Setting({"service_tier": "flex"}, ("service_tier",), "flex"),
    "extra_headers": Setting({"x-case": "7"}, ("headers.x-case",), "7"),
    "extra_query": Setting({"case": "7"}, ("query.case",), "7"),
}
"""The settings that both APIs have in the same places."""

UNSAID = (
    "What a caller did not say the server is told: null is a value to other servers, and what is invented is shared by "
    "requests that have nothing in common."
)


def first_message(messages: Any) -> object:
    """What the system or the developer says before all else."""
    first = messages[0] if isinstance(messages, list) and messages else {}
    return text_of(first) if first.get("role") in ("system", "developer") else None


def compact(arguments: str) -> str:
    """The arguments of a call, as JSON without the spaces that are nobody's business; as they are if they are none."""
    try:
        return json_bytes(json_of(arguments)).decode()
    except ValueError:
        return arguments


def issued_id(answer: Answer) -> str:
    """The id that the server gave a response, or a completion, streamed or not."""
    payload = payload_in(answer.parts[0]) if answer.is_stream else json_of(answer.parts[0])
    return str(payload.get("response", payload)["id"])
