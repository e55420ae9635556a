"""The events of one output item: those of its own, and all others as the grammar has them.

An output item is kept as its final form and the events of its own, those that say what the item alone does not: the
deltas of its texts, where its annotations came, partial images. All other events follow from the grammar, so that
every `*.done` and every closed item hold the sum of the deltas by construction.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from fakemodel.wire import grammar
from fakemodel.wire.grammar import PART_TEXTS, Free, Outcome, Parts, Step, Streamed
from fakemodel.wire.payload import Payload

__all__ = ["Output", "Own", "closed_part", "item_events", "parts_of"]


@dataclass(frozen=True, slots=True)
class Output:
    """An output item: its final form, its own events in order, the grammar of the others, and as it was added.

    Its own events are made when it is streamed. Without `opened` the item was added as the grammar says.
    """

    item: Payload
    streamed: Callable[[], Iterable[Payload]]
    steps: tuple[Step, ...] | None
    opened: Payload | None = None
    closed: bool = True


def item_events(output: Output, index: int) -> Iterator[Payload]:
    """The events of one item, from `response.output_item.added` to `.done`."""
    item = output.item
    place = {"item_id": item.get("id"), "output_index": index}
    opened = grammar.opened(item) if output.opened is None else output.opened
    yield {"type": "response.output_item.added", "item": opened, "output_index": index}
    own = Own(tuple(output.streamed()))
    if output.steps is None:
        yield from ({**event, "output_index": index} for event in own.events)
    else:
        for step in output.steps:
            yield from _step_events(step, item, own, place)
    if output.closed:
        yield {"type": "response.output_item.done", "item": item, "output_index": index}


@dataclass(slots=True)
class Own:
    """An item's own events while they are taken, one after the other."""

    events: tuple[Payload, ...]
    taken: int = 0

    def of(self, word: str, index: str = "", at: int | None = None) -> list[Payload]:
        """Those that come next and are of this text or step; of a part, of the one that `index` says is `at`."""
        prefix, start = f"response.{word}", self.taken
        end = start
        while end < len(self.events):
            event = self.events[end]
            if not event["type"].startswith(prefix) or event.get(index) != at:
                break
            end += 1
        self.taken = end
        return list(self.events[start:end])


def _step_events(step: Step, item: Payload, own: Own, place: Payload) -> Iterator[Payload]:
    if isinstance(step, str):
        yield {"type": f"response.{step}", **place}
    elif isinstance(step, Outcome):
        if outcome := _outcome(step, item):
            yield {"type": f"response.{step.word}.{outcome}", **place}
    elif isinstance(step, Free):
        yield from ({**event, **place} for event in own.of(step.word))
    elif isinstance(step, Streamed):
        yield from _text_events(step, item, own.of(f"{step.word}."), place)
    else:
        for number, part in enumerate(parts_of(item, step.key)):
            yield from _part_events(step, part, own, number, place)


def _outcome(step: Outcome, item: Payload) -> str | None:
    """What the item's status says, or else whether it has an error; an optional one needs the status."""
    if item.get("error") or item.get("status") == "failed":
        return "failed"
    return "completed" if item.get("status") == "completed" or not step.optional else None


def _part_events(parts: Parts, part: Payload, own: Own, number: int, place: Payload) -> Iterator[Payload]:
    index = {parts.index: number}
    text = PART_TEXTS[part["type"]]
    empty = {"annotations": [], "logprobs": [], text.key: ""}
    opened = {key: empty.get(key, value) for key, value in part.items()}
    yield {"type": f"response.{parts.word}.added", "part": opened, **index, **place}
    yield from _text_events(text, part, own.of(f"{text.word}.", parts.index, number), {**index, **place})
    done = own.of(f"{parts.word}.done", parts.index, number) or [{"part": closed_part(part), **index}]
    yield {"type": f"response.{parts.word}.done", **done[0], **place}


def closed_part(part: Payload) -> Payload:
    """A part as it is when it is done: without the log probabilities, in every recording that has some."""
    return {**part, "logprobs": []} if part.get("logprobs") else part


def _text_events(text: Streamed, holder: Payload, own: list[Payload], place: Payload) -> Iterator[Payload]:
    yield from ({**event, **place} for event in own)
    if own and own[-1]["type"].endswith(".done"):
        return
    logprobs = {"logprobs": holder["logprobs"]} if "logprobs" in holder else {}
    yield {"type": f"response.{text.word}.done", text.key: holder[text.key], **logprobs, **place}


def parts_of(item: Mapping[str, Any], key: str) -> list[Payload]:
    """The parts of an item that stand under `key`; it may have none."""
    return list(item.get(key) or ())
