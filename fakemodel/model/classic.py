"""The classic surface: what the Agents SDK's own tests long expected of their fake model.

Its answers carry fixed values (`resp-789`, `test_model`), stream one delta a part, and hand out the very
items they were given. Nothing of it is what a server sends; that is what a Reply is for.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import openai.types.responses as sdk_types
from openai.types.responses import Response, ResponseStreamEvent

from fakemodel import sdk

if TYPE_CHECKING:
    from fakemodel.model.interface import Usage
    from fakemodel.wire.payload import Payload

__all__ = ["RESPONSE_ID", "converted", "events", "get_response_obj"]

RESPONSE_ID = "resp-789"


def get_response_obj(output: Sequence[Any], response_id: str | None = None, usage: Usage | None = None) -> Response:
    """A response with `output`, without a status; `usage` are the Agents SDK's counts, zero without."""

    def count(details: str, name: str) -> int:
        return getattr(getattr(usage, details, None), name, 0) or 0

    response = sdk.parsed(
        Response,
        {
            "id": response_id or RESPONSE_ID,
            "created_at": 123,
            "model": "test_model",
            "object": "response",
            "output": [],
            "tool_choice": "none",
            "tools": [],
            "top_p": None,
            "parallel_tool_calls": False,
            "usage": {
                "input_tokens": usage.input_tokens if usage else 0,
                "output_tokens": usage.output_tokens if usage else 0,
                "total_tokens": usage.total_tokens if usage else 0,
                "input_tokens_details": {
                    "cache_write_tokens": count("input_tokens_details", "cache_write_tokens"),
                    "cached_tokens": count("input_tokens_details", "cached_tokens"),
                },
                "output_tokens_details": {"reasoning_tokens": count("output_tokens_details", "reasoning_tokens")},
            },
        },
    )
    response.output = [sdk.item(item) for item in output]
    return response


def converted(output: Sequence[Any]) -> list[Any]:
    """The items as a model hands them on: dicts of patches become typed calls, all others stay themselves."""
    return [
        _patch_call(item) if isinstance(item, dict) and item.get("type") == "apply_patch_call" else item
        for item in output
    ]


def _patch_call(item: Payload) -> Any:
    patch_call = getattr(sdk_types, "ResponseApplyPatchToolCall", None)
    if patch_call is None:  # the oldest openai 2 has no type for it
        return item
    call_id = str(item.get("call_id") or item.get("id") or "")
    defaults = {"id": str(item.get("id") or call_id), "status": item.get("status") or "completed"}
    return sdk.parsed(patch_call, {**item, **defaults, "call_id": call_id})


def events(output: Sequence[Any], usage: Usage | None) -> Iterator[ResponseStreamEvent]:
    """The events of an answer with `output`."""
    response = get_response_obj(converted(output), usage=usage)
    for number, event in enumerate(_events(response.output, response)):
        yield sdk.event({**event, "sequence_number": number})


def _events(output: Sequence[Any], response: Response) -> Iterator[Payload]:
    yield {"type": "response.created", "response": response}
    yield {"type": "response.in_progress", "response": response}
    for index, item in enumerate(output):
        yield {"type": "response.output_item.added", "item": item, "output_index": index}
        streamed = STREAMED.get(getattr(item, "type", None) or "")
        if streamed is not None:
            for event in streamed(item):
                yield {**event, "output_index": index}
        yield {"type": "response.output_item.done", "item": item, "output_index": index}
    yield {"type": "response.completed", "response": response}


def _message_events(item: Any) -> Iterator[Payload]:
    for index, part in enumerate(item.content or ()):
        if part.type == "output_text":
            place = {"item_id": item.id, "content_index": index}
            yield {"type": "response.content_part.added", "part": part, **place}
            yield {"type": "response.output_text.delta", "delta": part.text, "logprobs": [], **place}
            yield {"type": "response.output_text.done", "text": part.text, "logprobs": [], **place}
            yield {"type": "response.content_part.done", "part": part, **place}


def _call_events(item: Any) -> Iterator[Payload]:
    place = {"item_id": item.call_id}
    whole = {"arguments": item.arguments, "name": item.name}
    yield {"type": "response.function_call_arguments.delta", "delta": item.arguments, **place}
    yield {"type": "response.function_call_arguments.done", **whole, **place}


def _reasoning_events(item: Any) -> Iterator[Payload]:
    for index, summary in enumerate(item.summary or ()):
        place = {"item_id": item.id, "summary_index": index}
        part = {"text": summary.text, "type": summary.type}
        yield {"type": "response.reasoning_summary_part.added", "part": part, **place}
        yield {"type": "response.reasoning_summary_text.delta", "delta": summary.text, **place}
        yield {"type": "response.reasoning_summary_text.done", "text": summary.text, **place}
        yield {"type": "response.reasoning_summary_part.done", "part": part, **place}


STREAMED = {"message": _message_events, "function_call": _call_events, "reasoning": _reasoning_events}
"""The item types with a stream form; any other is only added and done."""
