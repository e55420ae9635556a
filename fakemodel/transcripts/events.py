"""Responses events as lines: each is told by what is otherwise about it than the events before it let expect.

What to expect is what the grammar of the stream says: a text that is done is the sum of its deltas, an item that is
done has what was streamed of it, the final response the items that are done. A stream that breaks the laws is told too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from fakemodel.transcripts.answers import envelope
from fakemodel.transcripts.lines import Line, members
from fakemodel.transcripts.names import Names
from fakemodel.wire.event_lines import NUMBER
from fakemodel.wire.grammar import CLOSED, GRAMMAR, NOT_YET, OPENED, PART_TEXTS, WITHOUT_STATUS, Parts, Streamed
from fakemodel.wire.payload import Payload
from fakemodel.wire.responses import ENVELOPE, SERVED_TIER

__all__ = ["event_lines"]

STATUS = {"created": "in_progress"}
"""The status of a response that an event brings, where it is not the event's own name."""

WHOLE = ("response", "item", "part", "annotation")
"""The members that are what an event is about; those of the event itself are told as `event.…`."""

TEXTS = {step.word: step.key for steps in GRAMMAR.values() for step in steps if isinstance(step, Streamed)}
TEXTS |= {text.word: text.key for text in PART_TEXTS.values()}
"""The member that holds a streamed text, by the word of its events."""

PARTS = {step.word: step for steps in GRAMMAR.values() for step in steps if isinstance(step, Parts)}

CONTENT, SUMMARY = "content_part", "reasoning_summary_part"

Place: TypeAlias = tuple[int | None, ...]
"""The output index of an event, and the index of its part, where it has them."""


def event_lines(events: Iterable[Payload], names: Names) -> Iterator[Line]:
    """A line for each event of a stream, as `names` has made it plain."""
    stream = _Stream(names)
    return (stream.line(event) for event in events)


@dataclass(slots=True)
class _Stream:
    """A stream while it is told: what the events so far add up to."""

    names: Names
    response: Payload = field(default_factory=dict)
    items: dict[int, Payload] = field(default_factory=dict)
    texts: dict[tuple[str, Place], str] = field(default_factory=dict)
    logprobs: dict[tuple[str, Place], list[Payload]] = field(default_factory=dict)
    number: int | None = 0

    def line(self, event: Payload) -> Line:
        """The line of the next event."""
        type_ = str(event.get("type"))
        name = type_.removeprefix("response.")
        index = "summary_index" if "summary" in name else "content_index"
        shown = [key for key in ("output_index", index) if type(event.get(key)) is int]
        shown = [] if shown == [index] else shown
        place = (*(event[key] for key in shown), None, None)[:2]
        expected, is_first = self._expected(name, event, place), not self.response
        if self.number is not None:
            expected[NUMBER] = self.number
        self._take(name, event, place)
        found = {key: value for key, value in event.items() if key not in shown}
        at = "".join(f"[{event[key]}]" for key in shown)
        fragment = found.pop("delta") if isinstance(event.get("delta"), str) else None
        logprobs = found.pop("logprobs", []) if fragment is not None and _are_logprobs(event.get("logprobs")) else []
        said = ", ".join(self._said({"type": type_, **expected}, found, envelope if is_first else members))
        return Line(f"{type_} {at}".rstrip(), said, fragment, logprobs=tuple(logprobs))

    def _said(self, expected: Payload, found: Payload, told: Callable[..., list[str]]) -> Iterator[str]:
        """What is otherwise than expected: of what the event is about first."""
        whole = next((key for key in WHOLE if isinstance(found.get(key), dict)), None)
        if whole is None:
            yield from members(expected, found, self.names)
            return
        about = (told if whole == "response" else members)(expected.pop(whole, {}), found[whole], self.names)
        rest = {key: value for key, value in found.items() if key != whole}
        yield from (*about, *members(expected, rest, self.names, "event."))

    def _expected(self, name: str, event: Payload, place: Place) -> Payload:
        """What the events so far let expect of this one, beside its place."""
        held = self._held(place)
        word, _, step = name.rpartition(".")
        if isinstance(event.get("response"), dict):
            return {"response": self._expected_response(name)}
        if name == OPENED:
            return {"item": _opened(event.get("item"))}
        if name == CLOSED:
            return {"item": _closed(held)}
        expected: Payload = {"item_id": held["id"]} if "id" in held else {}
        if word in PARTS and step == "added":
            expected["part"] = _empty(event.get("part"))
        elif word in PARTS and step == "done":
            expected["part"] = {key: value for key, value in _part(held, word, place).items() if key != "logprobs"}
        elif word in TEXTS and step == "done":
            expected[TEXTS[word]] = self.texts.get((word, place), "")
            if logprobs := self.logprobs.get((word, place)):
                expected["logprobs"] = logprobs
        elif name == "output_text.annotation.added":
            expected["annotation_index"] = len(_part(held, CONTENT, place).get("annotations", ()))
        return expected

    def _held(self, place: Place) -> Payload:
        """The item that stands at a place; an empty one where there is none."""
        return {} if place[0] is None else self.items.get(place[0], {})

    def _expected_response(self, name: str) -> Payload:
        before = self.response or self.names.plain(ENVELOPE)
        expected = {**before, "status": STATUS.get(name, name)}
        if name in ("completed", "incomplete", "failed"):
            if (tier := expected.get("service_tier")) in SERVED_TIER:
                expected["service_tier"] = SERVED_TIER[tier]
            expected["output"] = [self.items[index] for index in sorted(self.items)]
        return expected

    def _take(self, name: str, event: Payload, place: Place) -> None:
        """Add an event to what there is."""
        number = event.get(NUMBER)
        self.number = number + 1 if isinstance(number, int) else None
        held = self._held(place)
        word, _, step = name.rpartition(".")
        if isinstance(event.get("response"), dict):
            self.response = event["response"]
        elif name in (OPENED, CLOSED) and place[0] is not None and isinstance(event.get("item"), dict):
            self.items[place[0]] = deepcopy(event["item"])
        elif word in PARTS and isinstance(event.get("part"), dict):
            part = _part(held, word, place)
            if step == "added" and held:
                held.setdefault(PARTS[word].key, []).append(deepcopy(event["part"]))
            elif part:
                part.update(deepcopy(event["part"]))
        elif word in TEXTS and step == "delta" and isinstance(event.get("delta"), str):
            self._add(word, event, held, place)
        elif name == "output_text.annotation.added":
            _part(held, CONTENT, place).setdefault("annotations", []).append(event.get("annotation"))

    def _add(self, word: str, event: Payload, held: Payload, place: Place) -> None:
        """Add a delta to its text, and to the part or item that holds it."""
        text = self.texts[word, place] = self.texts.get((word, place), "") + event["delta"]
        holder = _part(held, SUMMARY if "summary" in word else CONTENT, place) or held
        if TEXTS[word] in holder:
            holder[TEXTS[word]] = text
        if _are_logprobs(event.get("logprobs")):
            logprobs = self.logprobs.setdefault((word, place), [])
            logprobs += event["logprobs"]
            holder["logprobs"] = list(logprobs)


def _opened(item: Any) -> Payload:
    """What an item of this type has, whatever it is to say, when it is added."""
    type_ = str(item.get("type")) if isinstance(item, dict) else ""
    expected: Payload = {} if type_ in WITHOUT_STATUS else {"status": "in_progress"}
    expected |= {"role": "assistant"} if type_ == "message" else {}
    expected |= {key: value for key, value in NOT_YET.get(type_, {}).items() if value in ([], {})}
    for step in GRAMMAR.get(type_, ())[:1]:  # reasoning has content only where it has it in clear
        expected |= {step.key: []} if isinstance(step, Parts) else {}
    return expected | {step.key: "" for step in GRAMMAR.get(type_, ()) if isinstance(step, Streamed)}


def _closed(held: Payload) -> Payload:
    """An item that is done, by what was streamed of it."""
    return {**held, "status": "completed"} if "status" in held else held


def _empty(part: Any) -> Payload:
    """A part of this type before its text."""
    text = PART_TEXTS.get(str(part.get("type"))) if isinstance(part, dict) else None
    empty: Payload = {} if text is None else {text.key: ""}
    return {**empty, "annotations": []} if text is PART_TEXTS["output_text"] else empty


def _part(held: Payload, word: str, place: Place) -> Payload:
    """The part of an item that stands at a place; an empty one where there is none."""
    parts = held.get(PARTS[word].key)
    at = place[1]
    if isinstance(parts, list) and type(at) is int and 0 <= at < len(parts) and isinstance(parts[at], dict):
        found: Payload = parts[at]
        return found
    return {}


def _are_logprobs(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(entry, dict) for entry in value)
