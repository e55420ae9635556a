"""What a recorded answer says, as a reply that somebody would write: in words where there are words for it.

Left out is what a server makes anew for each answer: ids that no later request names, times, encrypted content.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from fakemodel.errors import ReplyInvalid, StreamError
from fakemodel.parts import (
    Item,
    Part,
    Reasoning,
    Refusal,
    Text,
    ToolCall,
    Usage,
    reasoning,
    refusal,
    text,
    tool_call,
    usage,
)
from fakemodel.reply import REASONS, Reply
from fakemodel.scripting.code import Call
from fakemodel.tape.answers import answer_of, latest_response
from fakemodel.tape.content_encoding import decoded
from fakemodel.tape.interaction import Response
from fakemodel.wire.anew import ENCRYPTED, without, without_empty
from fakemodel.wire.ids import Ids
from fakemodel.wire.outputs import outputs, words
from fakemodel.wire.payload import Payload, read_as
from fakemodel.wire.sse import payloads_in

__all__ = ["Named", "body_of", "reply_call", "reply_of", "written"]


@dataclass(frozen=True, slots=True)
class Named:
    """The ids of earlier answers that requests go by: those of responses and calls, and those of items."""

    answers: frozenset[str] = frozenset()
    items: frozenset[str] = frozenset()


def body_of(response: Response) -> Any:
    """The JSON of an answer, or the last response in its stream; None for what is none."""
    answer = answer_of(response)
    return answer.json if answer.events is None else latest_response(answer.events) or None


def reply_of(response: Response) -> Reply | None:
    """The reply that was recorded; None for one that has not come to its end. Raises ReplyInvalid and StreamError."""
    if response.is_stream:
        payloads = _payloads(response)
        if payloads and "choices" in payloads[0]:
            return Reply.from_chunks(payloads)
        last = body_of(response)
        try:
            return Reply.from_events(payloads)
        except StreamError:
            if not isinstance(last, dict) or str(last.get("status")) not in REASONS:
                raise
            return Reply.from_response(last)
    body = body_of(response)
    if not isinstance(body, dict):
        raise ReplyInvalid("the answer is no JSON object")
    if "choices" in body:
        return Reply.from_completion(body)
    return Reply.from_response(body) if str(body.get("status")) in REASONS else None


def _payloads(response: Response) -> list[Payload]:
    try:
        body = decoded(response).body
    except ValueError as error:  # of an encoding that is not known here
        raise ReplyInvalid(str(error)) from None
    return payloads_in(body)


def written(reply: Reply, named: Named) -> Reply:
    """The reply as it is written: ids that are not `named` left out. Raises ReplyInvalid for what cannot be."""
    with read_as("answer", ReplyInvalid):  # ids of another kind than a string are not to be looked up
        made = [_one(each, named) for each in (reply, *reply.others)]
    return Reply.choices(*made) if reply.others else made[0]


def _one(reply: Reply, named: Named) -> Reply:
    parts: list[Part] = []
    ends = "completed" if reply.status == "completed" else "incomplete"
    for number, part in enumerate(reply.parts, 1):
        told = _told(part, named, ends if number == len(reply.parts) else "completed")
        texts = all(each and isinstance(each[0], Text | Refusal) for each in (parts[-1:], told))
        if texts and isinstance(part, Item):  # side by side they would be one message
            told = [_bare(part, named)]
        parts += told
    counts = reply.usage and usage(
        reply.usage.input, reply.usage.output, cached=reply.usage.cached, reasoning=reply.usage.reasoning
    )
    return Reply(
        *(_detailed(part) for part in parts),
        usage=counts,
        id=reply.id if reply.id in named.answers else None,
        status=reply.status,
        reason=reply.reason,
        error=reply.error,
    )


def _detailed(part: Part) -> object:
    """A part as the code of it makes it. Raises ReplyInvalid for what the vocabulary does not take."""
    match part:
        case Item(payload):
            return dict(payload)
        case Text(fragments, logprobs, annotations):
            text(*fragments, logprobs=logprobs and [list(each) for each in logprobs], annotations=annotations)
        case Refusal(fragments):
            refusal(*fragments)
        case Reasoning(fragments):
            reasoning(*fragments)
        case ToolCall(name, fragments, id):
            tool_call(name, list(fragments), id=id)
    return part


def _told(part: Part, named: Named, ends: str) -> list[Part]:
    """A part in words, where these say all of it; `ends` is the status of what they say."""
    if not isinstance(part, Item):
        return [_anew(part, named)]
    if part.payload.get("id") not in named.items:
        told = words(part)
        if told and not isinstance(told[0], Item):
            again = outputs(told, Ids(), ends)
            if len(again) == 1 and _said(again[0].item) == _said(dict(part.payload)):
                return [_anew(each, named) for each in told]
    return [_bare(part, named)]


def _anew(part: Part, named: Named) -> Part:
    """A part without what is made anew."""
    match part:
        case ToolCall():
            return ToolCall(part.name, part.fragments, part.id if part.id in named.answers else None)
        case Reasoning():
            return Reasoning(part.fragments)
    return part


def _bare(part: Item, named: Named) -> Item:
    """An item without what is made anew."""
    kept = {"id": named.items, "call_id": named.answers}
    return Item(
        {
            key: value
            for key, value in part.payload.items()
            if key != "encrypted_content" and value in kept.get(key, (value,))
        }
    )


def _said(value: Payload) -> Any:
    """What an item says: without its own id, and without members that are empty, which the API has since some day."""
    return without_empty(without({*ENCRYPTED, "id"}, value))


def reply_call(reply: Reply) -> Call:
    """The code of a reply that was `written`."""
    if reply.others:
        return Call("Reply.choices", [_reply(each) for each in (reply, *reply.others)])
    return _reply(reply)


def _reply(reply: Reply) -> Call:
    named: Payload = {"usage": reply.usage and _usage(reply.usage), "id": reply.id}
    if reply.status != "completed":
        named |= {"status": reply.status, "reason": reply.reason, "error": reply.error}
    if reply.unchecked:
        named["unchecked"] = True
    given = {name: value for name, value in named.items() if value is not None}
    return Call("Reply", [_part(part) for part in reply.parts], given)


def _usage(counts: Usage) -> Call:
    more = {"cached": counts.cached, "reasoning": counts.reasoning}
    return Call("usage", [counts.input, counts.output], {name: count for name, count in more.items() if count})


def _part(part: Part) -> object:
    match part:
        case Text(fragments, None, ()) if len(fragments) == 1:
            return fragments[0]
        case Text(fragments, logprobs, annotations):
            told: Payload = {} if logprobs is None else {"logprobs": [list(each) for each in logprobs]}
            return Call("text", fragments, told | ({"annotations": list(annotations)} if annotations else {}))
        case Refusal(fragments):
            return Call("refusal", fragments)
        case Reasoning(fragments):
            return Call("reasoning", fragments)
        case ToolCall(name, fragments, id):
            return Call("tool_call", [name, _arguments(fragments)], {} if id is None else {"id": id})
        case Item(payload):
            return dict(payload)


def _arguments(fragments: tuple[str, ...]) -> object:
    """The arguments of a call: a dict where that is sent as it was recorded, or else the fragments."""
    if len(fragments) != 1:
        return list(fragments)
    try:
        given = json.loads(fragments[0])
        again = json.dumps(given, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    except (ValueError, RecursionError):
        return fragments[0]
    return given if isinstance(given, dict) and again == fragments[0] else fragments[0]
