"""The laws of a Responses stream: its opening and end, its numbers, and what its response says in between.

Those of its items are in `item_laws`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from fakemodel.wire.grammar import ENDS
from fakemodel.wire.item_laws import Items, differing
from fakemodel.wire.laws import Checker, Violation, short
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

TERMINAL = (*ENDS, "error")
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
    stream = _Stream(resumed=resumed, numbered="sequence_number" in first)
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


@dataclass(slots=True, kw_only=True)
class _Stream(Checker):
    """One stream while it is checked."""

    resumed: bool
    numbered: bool
    items: Items = field(init=False)
    before: str | None = None
    number: int | None = None
    created: Payload | None = None
    ended: str | None = None

    def __post_init__(self) -> None:
        self.items = Items(self, self.resumed)

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
                yield from self.items.check(event, self.type.removeprefix("response."), event["output_index"])
            self.ended = self.type if self.type in TERMINAL else self.ended
            self.before = self.before if self.type == ASIDE else self.type
        if self.ended is None:
            yield self.broken("terminal", TERMINAL, self.type, "the stream ends here, without an event that says how")

    def _order(self) -> Iterator[Violation]:
        """The opening of the stream, and nothing after its end."""
        if self.type == ASIDE and self.ended is None:
            return
        # A quota that is used up is told twice: by an error, then by the response that failed of it.
        if self.ended is not None and (self.ended, self.type) != ("error", "response.failed"):
            yield self.broken("terminal", None, self.type, f"comes after {self.ended}, which ends the stream")
        if self.before is None and not self.resumed:
            yield from self.same("opening", "the first event", "response.created", self.type, "expected is")
        elif self.before in OPENING and self.type not in OPENING[self.before]:
            wanted = OPENING[self.before]
            yield self.broken("opening", wanted, self.type, f"follows {self.before}, expected is {' or '.join(wanted)}")
        elif self.before is not None and self.before not in OPENING and self.type in (*OPENING, "response.in_progress"):
            yield self.broken("opening", None, self.type, "belongs to the opening of the stream, which is over")

    def _numbering(self, event: Payload) -> Iterator[Violation]:
        """Numbers grow by 1, from 0 or from where a stream is resumed; streams of the older API have none."""
        number = event.get("sequence_number")
        if not self.numbered:
            yield from self.same("numbering", "sequence_number", None, number, "in this stream it is")
            return
        first = number if self.resumed else 0
        expected = first if self.number is None else self.number + 1
        yield from self.same("numbering", "sequence_number", expected, number, "expected is")
        self.number = number if isinstance(number, int) else expected

    def _obfuscation(self, event: Payload) -> Iterator[Violation]:
        delta, padding = event.get("delta"), event.get("obfuscation")
        if isinstance(delta, str) and isinstance(padding, str) and (length := len(delta) + len(padding)) % 16:
            why = f"delta and obfuscation have {length} characters together, no multiple of 16"
            yield self.broken("obfuscation", "a multiple of 16", length, why)

    def _snapshot(self, event: Payload) -> Iterator[Violation]:
        response = event.get("response")
        if not isinstance(response, dict):
            yield self.broken("snapshot", "a response", response, "has no response")
            return
        status, allowed = response.get("status"), STATUS[self.type]
        if status not in allowed:
            yield self.broken("status", allowed, status, f"status is {status!r}, expected is {' or '.join(allowed)}")
        self.created = self.created or response
        for key in sorted({*self.created, *response} - CHANGING):
            yield from self.same("snapshot", key, self.created.get(key), response.get(key), "at first it was")
        if self.type not in TERMINAL:
            yield from self.same("snapshot", "output", [], response.get("output"), "before the end it is")
            for key in AT_FIRST_NULL:
                yield from self.same("snapshot", key, None, response.get(key), "before the end it is")
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
                yield self.broken("outcome", wanted, found, f"{key} is {short(found)}, {expected}")
        usage = response.get("usage") or {}
        put_in, put_out = usage.get("input_tokens"), usage.get("output_tokens")
        if isinstance(put_in, int) and isinstance(put_out, int):
            total = usage.get("total_tokens")
            yield from self.same("outcome", "usage.total_tokens", put_in + put_out, total, "both add up to")
        began, ended = (response.get(f"{time}_at") for time in ("created", "completed"))
        if isinstance(began, int | float) and isinstance(ended, int | float) and began > ended:
            why = f"completed_at is {ended}, before created_at, {began}"
            yield self.broken("outcome", began, ended, why)

    def _end(self, output: object) -> Iterator[Violation]:
        """The final response has the items that were done, as they were done."""
        if self.items.open is not None:
            yield self.items.unclosed(self.items.open)
        if self.resumed or not isinstance(output, list):
            return
        count = self.items.next_index or 0
        yield from self.same("output", "the number of output items", count, len(output), "those added are")
        for index, (position, item) in self.items.done.items():
            if isinstance(index, int) and index < len(output):
                for path in differing(item, output[index]):
                    why = f"output[{index}] of the final response differs from the item done at [{position}]: {path}"
                    yield self.broken("output", item, output[index], why)
