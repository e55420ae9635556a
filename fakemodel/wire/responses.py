"""The Responses API's answer to a request: the response, and the events that stream it.

An output item is kept as its final form and the fragments that stream it, so that every `*.done`, every
closed item and the final response hold the sum of the deltas by construction.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from fakemodel.reply import Item, Part, Refusal, Reply, Text, ToolCall, Usage
from fakemodel.wire.ids import Ids
from fakemodel.wire.payload import Payload
from fakemodel.wire.tokens import logprob_entries, usage_of

__all__ = ["ECHOED", "events", "response"]

# Every key of a response and its value where a request says nothing, in the order of the wire
# (gpt-4.1, 2026). What a request may set is echoed; the rest is the server's.
ENVELOPE: Payload = {
    "id": None,
    "object": "response",
    "created_at": None,
    "status": None,
    "background": False,
    "completed_at": None,
    "error": None,
    "frequency_penalty": 0.0,
    "incomplete_details": None,
    "instructions": None,
    "max_output_tokens": None,
    "max_tool_calls": None,
    "model": None,
    "output": [],
    "parallel_tool_calls": True,
    "presence_penalty": 0.0,
    "previous_response_id": None,
    "prompt_cache_key": None,
    "prompt_cache_retention": None,
    "reasoning": {"effort": None, "summary": None},
    "safety_identifier": None,
    "service_tier": "auto",
    "store": True,
    "temperature": 1.0,
    "text": {"format": {"type": "text"}, "verbosity": "medium"},
    "tool_choice": "auto",
    "tools": [],
    "top_logprobs": 0,
    "top_p": 1.0,
    "truncation": "disabled",
    "usage": None,
    "user": None,
    "metadata": {},
}

SERVERS_OWN = {
    "id",
    "object",
    "created_at",
    "status",
    "completed_at",
    "error",
    "incomplete_details",
    "output",
    "usage",
}
ECHOED = ENVELOPE.keys() - SERVERS_OWN
"""What a request may set, and its response says again."""

SERVED_TIER = {"auto": "default"}
"""The tier asked for, and the one that served: the one setting that changes while a response is made."""

# A content part of a message: the word its events are called by, and the key its text stands under.
CONTENT = {"output_text": ("output_text", "text"), "refusal": ("refusal", "refusal")}


@dataclass(frozen=True, slots=True)
class Output:
    """An output item: its final form, and the deltas of each of its streamed texts."""

    item: Payload
    deltas: tuple[tuple[str, ...], ...] = ()


def response(reply: Reply, *, ids: Ids | None = None, fields: Mapping[str, Any] | None = None) -> Payload:
    """The body of the finished response; `fields` are set on it, as the API echoes a request's."""
    ids = ids or Ids()
    return _completed(_created(reply, ids, fields or {}), reply, _outputs(reply, ids))


def events(reply: Reply, *, ids: Ids | None = None, fields: Mapping[str, Any] | None = None) -> Iterator[Payload]:
    """The events that stream the response, numbered from 0."""
    ids = ids or Ids()
    created = _created(reply, ids, fields or {})
    outputs = _outputs(reply, ids)
    for number, event in enumerate(_stream(created, _completed(created, reply, outputs), outputs)):
        event["sequence_number"] = number
        yield event


def _created(reply: Reply, ids: Ids, fields: Mapping[str, Any]) -> Payload:
    snapshot = {
        **ENVELOPE,
        "created_at": ids.created_at,
        "status": "in_progress",
        "model": reply.model,
        **fields,
    }
    snapshot["id"] = reply.id or ids.response
    return snapshot


def _completed(created: Payload, reply: Reply, outputs: list[Output]) -> Payload:
    return {
        **created,
        "status": "completed",
        "completed_at": created["created_at"] + 1,
        "output": [output.item for output in outputs],
        "service_tier": SERVED_TIER.get(created["service_tier"], created["service_tier"]),
        "usage": _usage(usage_of(reply)),
    }


def _usage(usage: Usage) -> Payload:
    return {
        "input_tokens": usage.input,
        "input_tokens_details": {"cache_write_tokens": 0, "cached_tokens": usage.cached},
        "output_tokens": usage.output,
        "output_tokens_details": {"reasoning_tokens": usage.reasoning},
        "total_tokens": usage.input + usage.output,
    }


def _outputs(reply: Reply, ids: Ids) -> list[Output]:
    outputs: list[Output] = []
    content: list[Text | Refusal] = []
    for part in (*reply.parts, None):
        if isinstance(part, Text | Refusal):
            content.append(part)
            continue
        if content:
            outputs.append(_message(content, ids.item("msg", len(outputs) + 1)))
            content = []
        if part is not None:
            outputs.append(_output(part, ids, len(outputs) + 1))
    return outputs


def _output(part: Part, ids: Ids, index: int) -> Output:
    if isinstance(part, ToolCall):
        call = {
            "id": ids.item("fc", index),
            "type": "function_call",
            "status": "completed",
            "arguments": part.arguments,
            "call_id": part.id or ids.call(index),
            "name": part.name,
        }
        return Output(call, (part.fragments,))
    assert isinstance(part, Item), "texts and refusals are gathered into messages"
    return _given(dict(part.payload))


def _given(item: Payload) -> Output:
    """An item given in its wire form streams each of its texts as one delta."""
    if item["type"] == "message":
        return Output(item, tuple((content[CONTENT[content["type"]][1]],) for content in item["content"]))
    if item["type"] == "function_call":
        return Output(item, ((item["arguments"],),))
    return Output(item)


def _message(parts: list[Text | Refusal], id: str) -> Output:
    message = {
        "id": id,
        "type": "message",
        "status": "completed",
        "content": [_content(part) for part in parts],
        "role": "assistant",
    }
    return Output(message, tuple(part.fragments for part in parts))


def _content(part: Text | Refusal) -> Payload:
    whole = "".join(part.fragments)
    if isinstance(part, Refusal):
        return {"type": "refusal", "refusal": whole}
    return {"type": "output_text", "annotations": [], "logprobs": logprob_entries(part), "text": whole}


def _stream(created: Payload, completed: Payload, outputs: list[Output]) -> Iterator[Payload]:
    yield {"type": "response.created", "response": created}
    yield {"type": "response.in_progress", "response": created}
    for index, output in enumerate(outputs):
        yield {"type": "response.output_item.added", "item": _opened(output.item), "output_index": index}
        place = {"item_id": output.item.get("id"), "output_index": index}
        if output.item["type"] == "message":
            for number, (content, deltas) in enumerate(zip(output.item["content"], output.deltas, strict=True)):
                yield from _content_events(content, deltas, {"content_index": number, **place})
        elif output.item["type"] == "function_call":
            for delta in output.deltas[0]:
                yield {"type": "response.function_call_arguments.delta", "delta": delta, **place}
            arguments = output.item["arguments"]
            yield {"type": "response.function_call_arguments.done", "arguments": arguments, **place}
        yield {"type": "response.output_item.done", "item": output.item, "output_index": index}
    yield {"type": "response.completed", "response": completed}


def _opened(item: Payload) -> Payload:
    """An item as it is when it is added: nothing of it has been streamed yet."""
    empty: dict[str, Payload] = {"message": {"content": []}, "function_call": {"arguments": ""}}
    if item["type"] not in empty:
        return item
    return {**item, "status": "in_progress", **empty[item["type"]]}


def _content_events(content: Payload, deltas: tuple[str, ...], place: Payload) -> Iterator[Payload]:
    word, key = CONTENT[content["type"]]
    has_logprobs = "logprobs" in content
    entries = content.get("logprobs") or []
    opened = {**content, key: "", **({"annotations": [], "logprobs": []} if has_logprobs else {})}
    yield {"type": "response.content_part.added", "part": opened, **place}
    for number, delta in enumerate(deltas):
        extra = (
            {"logprobs": entries[number : number + 1] if len(entries) == len(deltas) else []} if has_logprobs else {}
        )
        yield {"type": f"response.{word}.delta", "delta": delta, **extra, **place}
    extra = {"logprobs": entries} if has_logprobs else {}
    yield {"type": f"response.{word}.done", key: content[key], **extra, **place}
    yield {"type": "response.content_part.done", "part": content, **place}
