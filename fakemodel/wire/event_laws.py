"""The laws of a Responses stream: its opening and end, its numbers, the grammar of its items, and what adds up."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from fakemodel.wire.grammar import (
    CLOSED,
    GRAMMAR,
    NOT_YET,
    OPENED,
    PART_TEXTS,
    Parts,
    Streamed,
    followers,
    known_events,
)
from fakemodel.wire.laws import Violation
from fakemodel.wire.payload import Payload

__all__ = ["violations"]

STATUS = {
    "response.created": ("in_progress", "queued"),
    "response.queued": ("queued",),
    "response.in_progress": ("in_progress",),
    "response.completed": ("completed",),
    "response.incomplete": ("incomplete",),
    "response.failed": ("failed",),
}
"""The events that carry a snapshot of the response, and the status that it may have there."""

ASIDE = "keepalive"
"""The event that may come at any time, and says nothing."""

TERMINAL = ("response.completed", "response.incomplete", "response.failed", "error")
"""The events of which one, and only one, ends a stream."""

OPENING = {
    "response.created": ("response.in_progress", "response.queued", "error"),
    "response.queued": ("response.in_progress", "error"),
}
"""What follows the events that open a stream; `queued` stands in that of a background response."""

CHANGING = {
    "billing",
    "completed_at",
    "content_filters",
    "error",
    "incomplete_details",
    "moderation",
    "output",
    "service_tier",
    "status",
    "tool_usage",
    "usage",
}
"""What of a response may change between its creation and its end."""

REENCRYPTED = ("encrypted_content", "fingerprint")
"""The members of an item that are other ones each time they are sent."""

OUTCOMES = {
    "response.completed": {"error": False, "incomplete_details": False, "usage": True},
    "response.incomplete": {"error": False, "incomplete_details": True},
    "response.failed": {"error": True},
}
"""What a response has in the end, or has not, by the event that ends the stream."""

AT_FIRST_NULL = ("error", "incomplete_details", "usage")
"""What a response has not before the end."""


def violations(events: Sequence[Payload]) -> Iterator[Violation]:
    """Every breach of a law, in the order of the stream."""
    if not events:
        yield Violation("terminal", 0, "no event", TERMINAL, None, "a stream ends with an event that says how")
        return
    sent = _as_sent(events)
    first = sent[0][1]
    resumed = first.get("type") != "response.created" and (first.get("sequence_number") or 0) > 0
    stream = _Stream(resumed, "sequence_number" in first)
    found = [*stream.check_numbers(events), *stream.check(sent)]
    yield from sorted(found, key=lambda violation: violation.position)


def _as_sent(events: Sequence[Payload]) -> list[tuple[int, Payload]]:
    """The events with their positions: by their numbers, and each once, where some came twice or out of order.

    Then that is all that is wrong with them. Numbers that are no row from one end to the other put nothing in order.
    """
    received = list(enumerate(events))
    once: dict[int, tuple[int, Payload]] = {}
    for position, event in received:
        number = event.get("sequence_number")
        if not isinstance(number, int) or once.setdefault(number, (position, event))[1] != event:
            return received
    numbers = sorted(once)
    return [once[number] for number in numbers] if numbers[-1] - numbers[0] < len(numbers) else received


@dataclass(slots=True)
class _Item:
    """An output item while it is open."""

    index: object
    opened: Payload
    last: str = OPENED
    part: Payload | None = None  # the part that is open
    deltas: list[str] = field(default_factory=list)  # of the text that is open, as the two below
    logprobs: list[Any] = field(default_factory=list)
    annotations: list[Any] = field(default_factory=list)
    parts: dict[str, list[Payload]] = field(default_factory=dict)  # those done, by the item's key for them
    texts: dict[str, str] = field(default_factory=dict)  # the item's own that are done, by its key for them

    @property
    def type(self) -> str:
        return str(self.opened.get("type"))


@dataclass(slots=True)
class _Stream:
    """One stream while it is checked; `position` and `type` are the event's that is being checked."""

    resumed: bool
    numbered: bool
    position: int = 0
    type: str = ""
    before: str | None = None
    number: int | None = None
    created: Payload | None = None
    item: _Item | None = None
    done: dict[object, tuple[int, Payload]] = field(default_factory=dict)
    ids: set[str] = field(default_factory=set)  # of the items
    next_index: int | None = None
    ended: str | None = None

    def check_numbers(self, events: Sequence[Payload]) -> Iterator[Violation]:
        """Look at the numbers of the events, as they came."""
        for self.position, event in enumerate(events):
            self.type = str(event.get("type"))
            yield from self._numbering(event)

    def check(self, events: Sequence[tuple[int, Payload]]) -> Iterator[Violation]:
        """Look at everything else of the events, as they were sent."""
        for self.position, event in events:
            self.type = str(event.get("type"))
            yield from self._order()
            yield from self._obfuscation(event)
            if self.type in STATUS:
                yield from self._snapshot(event)
            if "output_index" in event:
                yield from self._item_event(event, self.type.removeprefix("response."), event["output_index"])
            self.ended = self.type if self.type in TERMINAL else self.ended
            self.before = self.before if self.type == ASIDE else self.type
        if self.ended is None:
            yield self._broken("terminal", TERMINAL, self.type, "the stream ends here, without an event that says how")

    def _broken(self, law: str, expected: object, found: object, message: str) -> Violation:
        return Violation(law, self.position, self.type, expected, found, message)

    def _same(self, law: str, what: str, expected: object, found: object, why: str) -> Iterator[Violation]:
        if expected != found or type(expected) is not type(found):
            yield self._broken(law, expected, found, f"{what} is {_short(found)}, {why} {_short(expected)}")

    def _order(self) -> Iterator[Violation]:
        """The opening of the stream, and nothing after its end."""
        if self.type == ASIDE and self.ended is None:
            return
        # A quota that is used up is told twice: by an error, then by the response that failed of it.
        if self.ended is not None and (self.ended, self.type) != ("error", "response.failed"):
            yield self._broken("terminal", None, self.type, f"comes after {self.ended}, which ends the stream")
        if self.before is None and not self.resumed:
            yield from self._same("opening", "the first event", "response.created", self.type, "expected is")
        elif self.before in OPENING and self.type not in OPENING[self.before]:
            wanted = OPENING[self.before]
            yield self._broken(
                "opening", wanted, self.type, f"follows {self.before}, expected is {' or '.join(wanted)}"
            )
        elif self.before is not None and self.before not in OPENING and self.type in (*OPENING, "response.in_progress"):
            yield self._broken("opening", None, self.type, "belongs to the opening of the stream, which is over")

    def _numbering(self, event: Payload) -> Iterator[Violation]:
        """Numbers grow by 1, from 0 or from where a stream is resumed; streams of the older API have none."""
        number = event.get("sequence_number")
        if not self.numbered:
            yield from self._same("numbering", "sequence_number", None, number, "in this stream it is")
            return
        first = number if self.resumed else 0
        expected = first if self.number is None else self.number + 1
        yield from self._same("numbering", "sequence_number", expected, number, "expected is")
        self.number = number if isinstance(number, int) else expected

    def _obfuscation(self, event: Payload) -> Iterator[Violation]:
        delta, padding = event.get("delta"), event.get("obfuscation")
        if isinstance(delta, str) and isinstance(padding, str) and (length := len(delta) + len(padding)) % 16:
            why = f"delta and obfuscation have {length} characters together, no multiple of 16"
            yield self._broken("obfuscation", "a multiple of 16", length, why)

    def _snapshot(self, event: Payload) -> Iterator[Violation]:
        response = event.get("response")
        if not isinstance(response, dict):
            yield self._broken("snapshot", "a response", response, "has no response")
            return
        status, allowed = response.get("status"), STATUS[self.type]
        if status not in allowed:
            yield self._broken("status", allowed, status, f"status is {status!r}, expected is {' or '.join(allowed)}")
        self.created = self.created or response
        for key in sorted({*self.created, *response} - CHANGING):
            yield from self._same("snapshot", key, self.created.get(key), response.get(key), "at first it was")
        if self.type not in TERMINAL:
            yield from self._same("snapshot", "output", [], response.get("output"), "before the end it is")
            for key in AT_FIRST_NULL:
                yield from self._same("snapshot", key, None, response.get(key), "before the end it is")
            return
        yield from self._outcome(response)
        if self.type != "response.failed":
            yield from self._end(response.get("output"))

    def _outcome(self, response: Payload) -> Iterator[Violation]:
        """The response has what tells of its end, and counts that add up."""
        for key, wanted in OUTCOMES[self.type].items():
            if (response.get(key) is not None) != wanted:
                found = response.get(key)
                expected = "expected is some" if wanted else "expected is none"
                yield self._broken("outcome", wanted, found, f"{key} is {_short(found)}, {expected}")
        usage = response.get("usage") or {}
        put_in, put_out = usage.get("input_tokens"), usage.get("output_tokens")
        if isinstance(put_in, int) and isinstance(put_out, int):
            total = usage.get("total_tokens")
            yield from self._same("outcome", "usage.total_tokens", put_in + put_out, total, "both add up to")
        began, ended = (response.get(f"{time}_at") for time in ("created", "completed"))
        if isinstance(began, int | float) and isinstance(ended, int | float) and began > ended:
            why = f"completed_at is {ended}, before created_at, {began}"
            yield self._broken("outcome", began, ended, why)

    def _end(self, output: object) -> Iterator[Violation]:
        """The final response has the items that were done, as they were done."""
        if self.item is not None:
            yield self._unclosed(self.item)
        if self.resumed or not isinstance(output, list):
            return
        count = self.next_index or 0
        yield from self._same("output", "the number of output items", count, len(output), "those added are")
        for index, (position, item) in self.done.items():
            if isinstance(index, int) and index < len(output):
                for path in _differing(item, output[index]):
                    why = f"output[{index}] of the final response differs from the item done at [{position}]: {path}"
                    yield self._broken("output", item, output[index], why)

    def _item_event(self, event: Payload, name: str, index: object) -> Iterator[Violation]:
        if name == OPENED:
            yield from self._open(event, index)
            return
        item = self.item
        if item is None or item.index != index:
            if not self.resumed or self.next_index is not None:
                found = "none" if item is None else item.index
                yield self._broken(
                    "interleaving", found, index, f"output_index is {index!r}, the open item's is {found}"
                )
            if name == CLOSED:
                self.done[index] = (self.position, event.get("item") or {})
            return
        if name in known_events():
            yield from self._grammar(item, name)
        if name == CLOSED:
            yield from self._close(item, event.get("item") or {})
            self.done[index] = (self.position, event.get("item") or {})
            self.item = None
            return
        if name not in known_events():
            return
        if item.type in GRAMMAR or "item_id" in event:
            yield from self._same("identity", "item_id", item.opened.get("id"), event.get("item_id"), "the item's is")
        for step in GRAMMAR.get(item.type, ()):
            if isinstance(step, Streamed):
                yield from self._text(item, step, event, name)
                if name == f"{step.word}.done":
                    item.texts[step.key] = "".join(item.deltas)
            elif isinstance(step, Parts) and step.index in event:
                yield from self._part(item, step, event, name)
        item.last = name

    def _open(self, event: Payload, index: object) -> Iterator[Violation]:
        if self.item is not None:
            yield self._unclosed(self.item)
        expected = index if self.resumed and self.next_index is None else self.next_index or 0
        yield from self._same("output_index", "output_index", expected, index, "expected is")
        self.next_index = (index if isinstance(index, int) else self.next_index or 0) + 1
        self.item = item = _Item(index, event.get("item") or {})
        id_ = item.opened.get("id")
        if item.type in GRAMMAR and (not isinstance(id_, str) or id_ in self.ids):
            why = f"id is {_short(id_)}, expected is one that no other item has"
            yield self._broken("identity", "an id of its own", id_, why)
        self.ids.add(str(id_))
        for step in GRAMMAR.get(item.type, ()):
            if isinstance(step, Streamed | Parts) and item.opened.get(step.key):
                yield from self._nothing_yet(step.key, item.opened[step.key])
        if item.type in GRAMMAR and item.opened.get("status", "in_progress") is not None:
            status = item.opened.get("status", "in_progress")
            yield from self._same("added", "status of an added item", "in_progress", status, "expected is")

    def _nothing_yet(self, key: str, found: object) -> Iterator[Violation]:
        yield self._broken("added", "nothing", found, f"{key} is {_short(found)}, expected is nothing yet")

    def _unclosed(self, item: _Item) -> Violation:
        why = f"the {item.type} at output_index {item.index} was never done"
        return self._broken("closing", f"response.{CLOSED}", self.type, why)

    def _grammar(self, item: _Item, name: str) -> Iterator[Violation]:
        allowed = (followers(item.type) or {}).get(item.last)
        if allowed is not None and name not in allowed:
            wanted = " or ".join(f"response.{each}" for each in sorted(allowed))
            why = f"follows response.{item.last} of a {item.type}, expected is {wanted}"
            yield self._broken("grammar", sorted(allowed), name, why)

    def _part(self, item: _Item, step: Parts, event: Payload, name: str) -> Iterator[Violation]:
        done = item.parts.setdefault(step.key, [])
        yield from self._same("part index", step.index, len(done), event[step.index], "expected is")
        part = event.get("part") or {}
        if name == f"{step.word}.added":
            item.part, item.deltas, item.logprobs, item.annotations = part, [], [], []
        if item.part is None:
            return
        kind = item.part.get("type")
        text = PART_TEXTS.get(str(kind))
        if name == f"{step.word}.done":
            yield from self._same("part", "type", kind, part.get("type"), "the part was added as")
        if text is None:
            pass
        elif name == f"{step.word}.added" and part.get(text.key):
            yield from self._nothing_yet(text.key, part[text.key])
        elif name == f"{step.word}.done":
            total = "".join(item.deltas)
            yield from self._same("sum", f"part.{text.key}", total, part.get(text.key), "its deltas add up to")
            if "annotations" in part:
                found = part["annotations"]
                yield from self._same("sum", "part.annotations", item.annotations, found, "those added are")
        elif not name.startswith((f"{text.word}.", f"{step.word}.")):
            yield self._broken(
                "part", text.word, name, f"belongs to another part than the open {item.part.get('type')}"
            )
        else:
            yield from self._text(item, text, event, name)
        if name == f"{step.word}.done":
            done.append(part)
            item.part = None

    def _text(self, item: _Item, text: Streamed, event: Payload, name: str) -> Iterator[Violation]:
        if name == f"{text.word}.delta":
            delta = event.get("delta")
            if not isinstance(delta, str):
                yield self._broken("delta", "a string", delta, f"delta is {_short(delta)}, expected is a string")
            item.deltas.append(str(delta))
            item.logprobs += event.get("logprobs") or []
        elif name == f"{text.word}.annotation.added":
            found = event.get("annotation_index")
            yield from self._same("part index", "annotation_index", len(item.annotations), found, "expected is")
            item.annotations.append(event.get("annotation"))
        elif name == f"{text.word}.done":
            total = "".join(item.deltas)
            yield from self._same("sum", text.key, total, event.get(text.key), "its deltas add up to")
            if "logprobs" in event:
                found = event["logprobs"] or []
                yield from self._same("sum", "logprobs", item.logprobs, found, "those of its deltas are")

    def _close(self, item: _Item, done: Payload) -> Iterator[Violation]:
        """The item that is done is the one that was added, with the sums of what was streamed."""
        steps = GRAMMAR.get(item.type, ())
        growing = {"status", *REENCRYPTED, *NOT_YET.get(item.type, ())}
        growing |= {step.key for step in steps if isinstance(step, Streamed | Parts)}
        constant = item.opened if item.type in GRAMMAR else {key: item.opened.get(key) for key in ("id", "type")}
        for key, value in constant.items():
            if key not in growing and value not in (None, "", [], {}):
                yield from self._same("identity", f"item.{key}", value, done.get(key), "it was added with")
        for key, total in item.texts.items():
            yield from self._same("sum", f"item.{key}", total, done.get(key), "its deltas add up to")
        for key in (step.key for step in steps if isinstance(step, Parts)):
            parts = item.parts.get(key, [])
            held = done.get(key) or []
            yield from self._same("sum", f"the number of parts in item.{key}", len(parts), len(held), "those done are")
            for number, (part, kept) in enumerate(zip(parts, held, strict=False)):
                for path in _differing(part, kept, ignored=("logprobs",)):
                    why = f"item.{key}[{number}] differs from the part that was done: {path}"
                    yield self._broken("sum", part, kept, why)


def _differing(old: Any, new: Any, path: str = "", ignored: Sequence[str] = REENCRYPTED) -> Iterator[str]:
    """The paths at which two payloads differ."""
    if isinstance(old, dict) and isinstance(new, dict):
        for key in {**old, **new}:
            if key not in ignored:
                yield from _differing(old.get(key), new.get(key), f"{path}.{key}" if path else key, ignored)
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for index, pair in enumerate(zip(old, new, strict=True)):
            yield from _differing(*pair, f"{path}[{index}]", ignored)
    elif old != new:
        yield path or "all of it"


def _short(value: object) -> str:
    words = repr(value)
    return words if len(words) <= 60 else f"{words[:40]} … {words[-16:]}"
