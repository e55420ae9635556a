"""The Responses API's answer to a request: the response, and the events that stream it.

An output item is kept as its final form and the deltas that stream it, and its events follow the grammar, so that
every `*.done`, every closed item and the final response hold the sum of the deltas by construction.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from fakemodel.reply import Item, Refusal, Reply, Text, ToolCall, Usage
from fakemodel.wire.grammar import GRAMMAR, PART_TEXTS, Parts, Step, Streamed
from fakemodel.wire.ids import ITEM_PREFIX, Ids
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


@dataclass(frozen=True, slots=True)
class Output:
    """An output item: its final form, and the deltas of each of its streamed texts, in order."""

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
    """Neighbouring texts and refusals become the content of one message; every other part is an item."""
    outputs: list[Output] = []
    content: list[Text | Refusal] = []
    calls = 0
    for part in (*reply.parts, None):
        if isinstance(part, Text | Refusal):
            content.append(part)
            continue
        if content:
            outputs.append(_message(content, _id("message", ids, outputs)))
            content = []
        if isinstance(part, ToolCall):
            calls += 1
            outputs.append(_call(part, _id("function_call", ids, outputs), part.id or ids.call(calls)))
        elif isinstance(part, Item):
            named = {"id": _id(part.payload["type"], ids, outputs)} if part.payload["type"] in ITEM_PREFIX else {}
            outputs.append(Output({**named, **part.payload}))
    return outputs


def _id(type_: str, ids: Ids, outputs: list[Output]) -> str:
    return ids.item(ITEM_PREFIX[type_], len(outputs) + 1)


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


def _call(part: ToolCall, id: str, call_id: str) -> Output:
    call = {
        "id": id,
        "type": "function_call",
        "status": "completed",
        "arguments": part.arguments,
        "call_id": call_id,
        "name": part.name,
    }
    return Output(call, (part.fragments,))


def _stream(created: Payload, completed: Payload, outputs: list[Output]) -> Iterator[Payload]:
    yield {"type": "response.created", "response": created}
    yield {"type": "response.in_progress", "response": created}
    for index, output in enumerate(outputs):
        yield from _item_events(output, index)
    yield {"type": "response.completed", "response": completed}


def _item_events(output: Output, index: int) -> Iterator[Payload]:
    item = output.item
    steps = GRAMMAR.get(item["type"], ())
    place = {"item_id": item.get("id"), "output_index": index}
    deltas = iter(output.deltas)
    yield {"type": "response.output_item.added", "item": _opened(item, steps), "output_index": index}
    for step in steps:
        if isinstance(step, str):
            if not step.endswith("*"):
                yield {"type": f"response.{step}", **place}
        elif isinstance(step, Streamed):
            yield from _text_events(step, item, next(deltas, None), place)
        else:
            for number, part in enumerate(item.get(step.key) or ()):
                yield from _part_events(step, part, next(deltas, None), {step.index: number, **place})
    yield {"type": "response.output_item.done", "item": item, "output_index": index}


def _opened(item: Payload, steps: tuple[Step, ...]) -> Payload:
    """An item as it is when it is added: nothing of it has been streamed yet."""
    empty = {step.key: [] if isinstance(step, Parts) else "" for step in steps if not isinstance(step, str)}
    opened = {**item, **{key: value for key, value in empty.items() if key in item}}
    return {**opened, "status": "in_progress"} if steps and "status" in item else opened


def _part_events(parts: Parts, part: Payload, deltas: tuple[str, ...] | None, place: Payload) -> Iterator[Payload]:
    streamed = PART_TEXTS[part["type"]]
    empty = {"annotations": [], "logprobs": [], streamed.key: ""}
    opened = {**part, **{key: value for key, value in empty.items() if key in part}}
    yield {"type": f"response.{parts.word}.added", "part": opened, **place}
    yield from _text_events(streamed, part, deltas, place)
    yield {"type": f"response.{parts.word}.done", "part": part, **place}


def _text_events(
    streamed: Streamed, holder: Payload, deltas: tuple[str, ...] | None, place: Payload
) -> Iterator[Payload]:
    """The deltas of a text and its end; a text that was given whole is one delta."""
    whole = holder[streamed.key]
    if deltas is None:
        deltas = (whole,) if whole else ()
    for delta, logprobs in zip(deltas, _shared_out(holder, len(deltas)), strict=True):
        yield {"type": f"response.{streamed.word}.delta", "delta": delta, **logprobs, **place}
    logprobs = {"logprobs": holder["logprobs"]} if "logprobs" in holder else {}
    yield {"type": f"response.{streamed.word}.done", streamed.key: whole, **logprobs, **place}


def _shared_out(holder: Payload, count: int) -> list[Payload]:
    """The log probabilities of a text for each of its deltas: one each, or all with the first."""
    if "logprobs" not in holder:
        return [{}] * count
    entries = holder["logprobs"] or []
    each = [[entry] for entry in entries] if len(entries) == count else [entries] + [[]] * (count - 1)
    return [{"logprobs": own} for own in each[:count]]
