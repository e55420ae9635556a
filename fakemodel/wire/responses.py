"""The Responses API's answer to a request: the response, and the events that stream it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from functools import partial
from typing import Any

from fakemodel.errors import ReplyInvalid
from fakemodel.parts import Usage
from fakemodel.reply import Recorded, Reply, said_at
from fakemodel.wire.ids import Ids
from fakemodel.wire.item_events import Output, item_events
from fakemodel.wire.obfuscation import padding
from fakemodel.wire.outputs import outputs
from fakemodel.wire.payload import Payload
from fakemodel.wire.tokens import usage_of

__all__ = [
    "ECHOED",
    "ENVELOPE",
    "SERVED_TIER",
    "Rendering",
    "at_first",
    "checked",
    "events",
    "rendering",
    "response",
    "usage_body",
]


def _envelope() -> Payload:
    """Every key of a response and its value where a request says nothing, in the order of the wire (gpt-4.1, 2026).

    What a request may set is echoed; the rest is the server's.
    """
    return {
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
ENVELOPE = _envelope()
ECHOED = ENVELOPE.keys() - SERVERS_OWN
"""What a request may set, and its response says again."""

SAID_BY = {
    "id": "Reply(id=…)",
    "status": "Reply(status=…)",
    "error": "Reply(error=…)",
    "incomplete_details": "Reply(reason=…)",
    "usage": "Reply(usage=…)",
    "output": "the reply",
    "object": "the API",
}
"""What is said by the reply, or nobody, rather than by the request."""

AT_FIRST: Payload = {
    "status": "in_progress",
    "completed_at": None,
    "error": None,
    "incomplete_details": None,
    "moderation": None,
    "output": [],
    "usage": None,
}
"""What of a response is otherwise when it is created than in the end."""

TIMES = {"created_at", "completed_at"}
"""The fields that are times, in seconds."""

SERVED_TIER = {"auto": "default"}
ASKED_TIER = {served: asked for asked, served in SERVED_TIER.items()}
"""The tier asked for, and the one that served: the one setting that changes while a response is made."""


@dataclass(frozen=True, slots=True)
class Rendering:
    """What a reply is in the Responses API: the response in the end, its items, and what makes it as it was at first.

    Only a stream asks for the latter, and what is made in the background.
    """

    reply: Reply
    final: Payload
    items: Sequence[Output]
    first: Callable[[], Payload]

    def events(self, *, obfuscation: bool = False) -> Iterator[Payload]:
        """The events that stream the response, numbered from 0. `obfuscation` pads each delta."""
        recorded = self.reply.recorded
        numbered = recorded is None or recorded.numbered
        stream = self._unnumbered()
        if recorded and recorded.asides:
            whole = list(stream)
            for position, aside in recorded.asides:
                whole.insert(position, {**aside})
            stream = iter(whole)
        for number, event in enumerate(stream):
            if obfuscation and "delta" in event:
                event["obfuscation"] = padding(len(event["delta"]))
            if numbered:
                event["sequence_number"] = number
            yield event

    def _unnumbered(self) -> Iterator[Payload]:
        yield from self._opening()
        for index, item in enumerate(self.items):
            yield from item_events(item, index)
        yield self._end()

    def around(self, between: int) -> tuple[list[Payload], Payload]:
        """The events before those of the items, of which there are so many, and the one after them.

        Of a reply that was not recorded.
        """
        opening = [{**event, "sequence_number": number} for number, event in enumerate(self._opening())]
        return opening, {**self._end(), "sequence_number": len(opening) + between}

    def _opening(self) -> Iterator[Payload]:
        first = self.first()
        queued = {**first, "status": "queued"} if self.final.get("background") else None
        yield {"type": "response.created", "response": queued or first}
        if queued:
            yield {"type": "response.queued", "response": queued}
        yield {"type": "response.in_progress", "response": first}

    def _end(self) -> Payload:
        return {"type": f"response.{self.final['status']}", "response": self.final}


def rendering(reply: Reply, *, ids: Ids | None = None, fields: Mapping[str, Any] | None = None) -> Rendering:
    """The reply in the Responses API; `fields` are set on its response, as the API echoes a request's.

    With `ids` it is played by a server of ours, which says what the reply does not; without, a reply that was read from
    a recorded response says what stood there. Raises ReplyInvalid for a reply of several choices.
    """
    reply = said_at(reply, "responses", ids)
    items = outputs(reply.parts, ids or Ids(), "completed" if reply.status == "completed" else "incomplete")
    final, first = _snapshots(reply, ids, fields or {}, [item.item for item in items])
    return Rendering(reply, final, items, first)


def response(reply: Reply, *, ids: Ids | None = None, fields: Mapping[str, Any] | None = None) -> Payload:
    """The body of the finished response. Arguments as for `rendering`, and what is raised."""
    return rendering(reply, ids=ids, fields=fields).final


def events(
    reply: Reply, *, ids: Ids | None = None, fields: Mapping[str, Any] | None = None, obfuscation: bool = False
) -> Iterator[Payload]:
    """The events that stream the response, numbered from 0. Arguments as for `rendering`, and what is raised.

    `obfuscation` pads each delta, as the API does unless it is asked not to. A response whose `background` is set is
    queued first.
    """
    return rendering(reply, ids=ids, fields=fields).events(obfuscation=obfuscation)


def at_first(final: Payload) -> Payload:
    """A finished response as it most likely was when it was created."""
    first = {key: deepcopy(AT_FIRST[key]) if key in AT_FIRST else value for key, value in final.items()}
    asked = ASKED_TIER.get(str(final.get("service_tier")))
    return first if asked is None else {**first, "service_tier": asked}


def _snapshots(
    reply: Reply, ids: Ids | None, fields: Mapping[str, Any], output: list[Payload]
) -> tuple[Payload, Callable[[], Payload]]:
    """The response in the end, and what makes it as it was when it was created."""
    if reply.others:
        raise ReplyInvalid("The Responses API has no form for several choices. Play them one by one.")
    for key in fields.keys() & SAID_BY.keys():
        raise ReplyInvalid(f"{key}={fields[key]!r} is no field to be set on a response: {SAID_BY[key]} says it.")
    recorded = reply.recorded
    if recorded is not None:
        final = {**deepcopy(recorded.body), **fields, "output": output}
        return final, partial(_first_recorded, recorded, final, fields)
    ids = ids or Ids()
    final = {**_envelope(), "created_at": ids.created_at, "model": reply.model, **fields}
    tier, created_at = final["service_tier"], final["created_at"]
    completed_at = fields.get("completed_at", (created_at or 0) + 1)
    final.update(
        id=reply.id or ids.response,
        status=reply.status,
        completed_at=completed_at if reply.status == "completed" else None,
        error=reply.error and {**reply.error},
        incomplete_details=None if reply.reason is None else {"reason": reply.reason},
        output=output,
        service_tier=SERVED_TIER.get(str(tier), tier),
        usage=None if reply.status == "failed" else usage_body(usage_of(reply)),
    )
    return final, lambda: {**at_first(final), "service_tier": tier}


def _first_recorded(recorded: Recorded, final: Payload, fields: Mapping[str, Any]) -> Payload:
    first = {**at_first(final), **deepcopy(recorded.first), **fields}
    return {key: value for key, value in first.items() if key not in recorded.absent}


def checked(fields: Mapping[str, Any]) -> Payload:
    """The fields that somebody sets, detached. Raises ReplyInvalid for what has no form on the wire."""
    for key in TIMES & fields.keys():
        if not isinstance(fields[key], int | float | None) or isinstance(fields[key], bool):
            raise ReplyInvalid(f"{key}={fields[key]!r} is no time: expected are seconds.")
    try:
        text = json.dumps(fields, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise ReplyInvalid(f"The fields of a response are JSON, these are not: {error}.") from None
    found: Payload = json.loads(text)
    return found


def usage_body(usage: Usage) -> Payload:
    """How a body tells of usage."""
    return {
        "input_tokens": usage.input,
        "input_tokens_details": {"cache_write_tokens": 0, "cached_tokens": usage.cached},
        "output_tokens": usage.output,
        "output_tokens_details": {"reasoning_tokens": usage.reasoning},
        "total_tokens": usage.input + usage.output,
    }
