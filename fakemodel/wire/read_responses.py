"""Responses read back: the reply that a response or a stream of events came from."""

from __future__ import annotations

from collections.abc import Iterable
from copy import deepcopy
from typing import Any

from fakemodel.errors import ReplyInvalid, StreamError
from fakemodel.parts import Item, Usage
from fakemodel.reply import REASONS, Recorded, Reply, altered
from fakemodel.wire import grammar
from fakemodel.wire.event_laws import violations
from fakemodel.wire.grammar import CLOSED, GRAMMAR, OPENED, Free, Parts
from fakemodel.wire.ids import Ids
from fakemodel.wire.outputs import item_events, outputs
from fakemodel.wire.payload import Payload, payload_of, payloads_of, read_as
from fakemodel.wire.responses import at_first

__all__ = ["from_events", "from_response"]

FORGIVEN = {"closing"}
"""The laws that a stream may break and still be read: a real server left items open."""


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
        return _reply(body, [_given(item) for item in body["output"]], Recorded("responses", _without_output(body)))


def from_events(events: Iterable[object]) -> Reply:
    """The reply that was streamed as `events`. Raises StreamError for what does not tell all of it."""
    payloads = deepcopy(payloads_of(events))
    with read_as("stream of events", StreamError):
        return _told(payloads)


def _told(events: list[Payload]) -> Reply:
    broken = [violation for violation in violations(events) if violation.law not in FORGIVEN]
    if broken:
        raise StreamError(f"Reply.from_events reads a stream that keeps the laws of the wire:\n  {broken[0]}", broken)
    opened, final = events[0].get("response") or {}, events[-1].get("response")
    if events[0]["type"] != "response.created" or final is None:
        raise StreamError(
            "Reply.from_events reads a stream from response.created to a finished response, this one goes from "
            f"{events[0]['type']} to {events[-1]['type']}. Where it ends with a response, "
            "Reply.from_response(events[-1].response) reads that."
        )
    guessed = at_first(final)
    otherwise = {key: value for key, value in opened.items() if key not in guessed or guessed[key] != value}
    otherwise.pop("status", None)  # says that it was queued, as `background` does
    numbered = "sequence_number" in events[0]
    recorded = Recorded("responses", _without_output(final), first=otherwise, numbered=numbered)
    return _reply(final, _streamed(events), recorded)


def _reply(body: Payload, items: list[Item], recorded: Recorded) -> Reply:
    return altered(
        Reply(model=body.get("model") or ""),
        parts=tuple(items),
        usage=_usage(body.get("usage")),
        id=body.get("id"),
        status=body["status"],
        reason=(body.get("incomplete_details") or {}).get("reason"),
        error=body.get("error"),
        recorded=recorded,
    )


def _without_output(body: Payload) -> Payload:
    return {**body, "output": []}


def _usage(counts: Payload | None) -> Usage | None:
    if not counts:
        return None
    details = [counts.get(f"{key}_tokens_details") or {} for key in ("input", "output")]
    cached, reasoning = details[0].get("cached_tokens") or 0, details[1].get("reasoning_tokens") or 0
    return Usage(counts.get("input_tokens") or 0, counts.get("output_tokens") or 0, cached, reasoning)


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
    return Item(item, tuple(map(_own, events)), otherwise, verbatim=True, closed=closed)


def _is_free(item: Payload, event: Payload) -> bool:
    """Whether an event of the item says what the item itself does not."""
    free = tuple(f"response.{step.word}" for step in GRAMMAR[item["type"]] if isinstance(step, Free))
    return str(event["type"]).endswith((".delta", ".annotation.added", *free))


def _differs(item: Payload, event: Payload) -> bool:
    """Whether the event closes a part as another one than the item has: the API may leave log probabilities out."""
    for step in GRAMMAR[item["type"]]:
        if isinstance(step, Parts) and event["type"] == f"response.{step.word}.done":
            return event["part"] not in (item.get(step.key) or [])[event[step.index] :][:1]
    return False


def _own(event: Payload) -> Payload:
    return {key: value for key, value in event.items() if key not in PLACE}


PLACE = ("sequence_number", "obfuscation", "item_id", "output_index")
"""The members of an event that say where it stands, or nothing."""


def _but_number(event: Payload) -> Payload:
    return {key: value for key, value in event.items() if key not in PLACE[:2]}


def _but_encrypted(item: Payload) -> Payload:
    return {key: value for key, value in item.items() if key != "encrypted_content"}
