"""Responses read back: the reply that a response or a stream of events came from."""

from __future__ import annotations

import operator
from collections.abc import Iterable
from copy import deepcopy
from itertools import zip_longest
from typing import Any

from fakemodel.errors import ReplyInvalid, StreamError
from fakemodel.parts import Item, Usage
from fakemodel.reply import REASONS, Recorded, Reply, altered
from fakemodel.wire import grammar, responses
from fakemodel.wire.anew import SENT_ANEW, without
from fakemodel.wire.event_laws import violations
from fakemodel.wire.grammar import CLOSED, GRAMMAR, OPENED, Free, Parts
from fakemodel.wire.ids import Ids
from fakemodel.wire.item_events import closed_part, item_events
from fakemodel.wire.outputs import outputs
from fakemodel.wire.payload import Payload, payload_of, payloads_of, read_as
from fakemodel.wire.responses import at_first

__all__ = ["from_events", "from_response", "usage_of"]


FORGIVEN = {"added", "closing", "grammar", "identity", "obfuscation", "outcome", "snapshot", "status"}
"""The laws that a stream may break and still be read: some recorded server breaks each. The others hold it together."""


def from_response(response: object) -> Reply:
    """The reply that was answered with `response`. Raises ReplyInvalid for what is none, or is not finished."""
    with read_as("response", ReplyInvalid):
        body = deepcopy(payload_of(response))
        if not isinstance(body.get("output"), list):
            raise ReplyInvalid(f"Reply.from_response takes a response with its output, not {body!r}.")
        if body.get("status") not in REASONS:
            raise ReplyInvalid(
                f"The response {body.get('id')!r} is {body.get('status')!r}: there is no reply before it is "
                f"{', '.join(REASONS)}."
            )
        items = [_given(item) for item in body["output"]]
        for output in outputs(items, Ids()):  # what could not be streamed is found here, not where it is played
            list(item_events(output, 0))
        return _reply(body, items, Recorded("responses", _without_output(body)))


def from_events(events: Iterable[object]) -> Reply:
    """The reply that was streamed as `events`. Raises StreamError for what does not tell all of it."""
    payloads = deepcopy(payloads_of(events))
    with read_as("stream of events", StreamError):
        return _read(payloads)


def _read(events: list[Payload]) -> Reply:
    broken = [violation for violation in violations(events) if violation.law not in FORGIVEN]
    if broken:
        raise StreamError(f"Reply.from_events reads a stream that keeps the laws of the wire:\n  {broken[0]}", broken)
    opened, final = events[0].get("response"), events[-1].get("response")
    if opened is None or final is None or events[0]["type"] != "response.created":
        raise StreamError(
            "Reply.from_events reads a stream from response.created to a finished response, this one goes from "
            f"{events[0]['type']} to {events[-1]['type']}. Where it ends with a response, "
            "Reply.from_response(events[-1].response) reads that."
        )
    guessed = at_first(final)
    recorded = Recorded(
        "responses",
        _without_output(final),
        first={key: value for key, value in opened.items() if key not in guessed or guessed[key] != value},
        absent=frozenset(guessed.keys() - opened.keys()),
        asides=tuple((at, _own(event)) for at, event in enumerate(events) if _is_aside(event)),
        numbered="sequence_number" in events[0],
    )
    recorded.first.pop("status", None)  # says that it was queued, as `background` does
    reply = _reply(final, _streamed(events), recorded)
    _verify(reply, events)
    return reply


def _is_aside(event: Payload) -> bool:
    return "output_index" not in event and "response" not in event


def _verify(reply: Reply, events: list[Payload]) -> None:
    """Raise StreamError where the reply would not say the stream again: nothing is lost without a word."""
    nothing: Payload = {}
    for position, (event, again) in enumerate(zip_longest(events, responses.events(reply), fillvalue=nothing)):
        if without(SENT_ANEW, event) != without(SENT_ANEW, again):
            told = event.get("type", "the end of the stream")
            raise StreamError(f"Reply.from_events has no words for [{position}] {told}: {event!r}")


def _reply(body: Payload, items: list[Item], recorded: Recorded) -> Reply:
    return altered(
        Reply(model=body.get("model") or ""),
        parts=tuple(items),
        usage=usage_of(body.get("usage")),
        id=body.get("id"),
        status=body["status"],
        reason=(body.get("incomplete_details") or {}).get("reason"),
        error=body.get("error"),
        recorded=recorded,
    )


def _without_output(body: Payload) -> Payload:
    return {**body, "output": []}


def usage_of(counts: Payload | None) -> Usage | None:
    """The token counts in a response's `usage`; None where it tells none."""
    if not counts:
        return None
    details = [counts.get(f"{key}_tokens_details") or {} for key in ("input", "output")]
    cached, reasoning = details[0].get("cached_tokens"), details[1].get("reasoning_tokens")
    told = (counts.get("input_tokens"), counts.get("output_tokens"), cached, reasoning)
    return Usage(*(operator.index(count or 0) for count in told))


def _given(item: Payload) -> Item:
    """An item without its events; one that the grammar does not know is added and done."""
    if not isinstance(item["type"], str):
        raise ReplyInvalid(f"The type of an output item is a name, not {item['type']!r}.")
    unknown = grammar.problem_of(item, {item["type"]}) is not None
    return Item(item, streamed=() if unknown else None, verbatim=unknown)


def _streamed(events: list[Payload]) -> list[Item]:
    """The items of a stream, each with the events between those that added and closed it."""
    opened: dict[int, Payload] = {}
    between: dict[int, list[Payload]] = {}
    done: dict[int, Payload] = {}
    for event in events:
        name, index = event["type"].removeprefix("response."), event.get("output_index", -1)
        if name == OPENED:
            opened[index], between[index] = event["item"], []
        elif name == CLOSED:
            done[index] = event["item"]
        elif index in between:
            between[index].append(event)
    output: list[Any] = (events[-1].get("response") or {}).get("output") or []
    held = dict(enumerate(output))
    return [
        _item(done.get(index) or held.get(index) or item, item, between[index], index, closed=index in done)
        for index, item in opened.items()
    ]


def _item(item: Payload, opened: Payload, events: list[Payload], index: int, *, closed: bool) -> Item:
    """An item with its own events; with all of them, where the grammar tells them otherwise."""
    otherwise = None if _but_encrypted(opened) == _but_encrypted(grammar.opened(item)) else opened
    if item["type"] in GRAMMAR and grammar.problem_of(item, GRAMMAR) is None:
        own = tuple(_own(event) for event in events if _is_free(item, event) or _differs(item, event))
        told = Item(item, own, otherwise, closed=closed)
        rendered = item_events(outputs([told], Ids())[0], index)
        if list(map(_but_number, rendered))[1 : len(events) + 1] == list(map(_but_number, events)):
            return told
    return Item(item, tuple(map(_but_number, events)), otherwise, verbatim=True, closed=closed)


def _is_free(item: Payload, event: Payload) -> bool:
    """Whether an event of the item says what the item itself does not."""
    free = tuple(f"response.{step.word}" for step in GRAMMAR[item["type"]] if isinstance(step, Free))
    return str(event["type"]).endswith((".delta", ".annotation.added", *free))


def _differs(item: Payload, event: Payload) -> bool:
    """Whether the event closes a text or part as another one than the item has: its log probabilities are rounded."""
    for step in GRAMMAR[item["type"]]:
        if isinstance(step, Parts) and step.index in event and event["type"].endswith(".done"):
            held = item[step.key][event[step.index]]
            if "part" in event:
                return bool(event["part"] != closed_part(held))
            return bool(event.get("logprobs") != held.get("logprobs"))
    return False


def _own(event: Payload) -> Payload:
    return {key: value for key, value in event.items() if key not in PLACE}


PLACE = ("sequence_number", "obfuscation", "item_id", "output_index")
"""The members of an event that say where it stands, or nothing."""


def _but_number(event: Payload) -> Payload:
    return {key: value for key, value in event.items() if key not in PLACE[:2]}


def _but_encrypted(item: Payload) -> Payload:
    return {key: value for key, value in item.items() if key != "encrypted_content"}
