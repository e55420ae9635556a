"""The laws of the items of a Responses stream: one after the other, each by its grammar, and what its deltas add to."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import Any

from fakemodel.wire.anew import ENCRYPTED
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
from fakemodel.wire.laws import Checker, Violation, short
from fakemodel.wire.payload import Payload

__all__ = ["Items", "differing"]


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
class Items:
    """The items of one stream while they are checked: the one that is `open`, and those that are `done`."""

    at: Checker
    resumed: bool
    open: _Item | None = None
    done: dict[object, tuple[int, Payload]] = field(default_factory=dict)
    """By their output indexes, each with the position of the event that closed it."""
    next_index: int | None = None
    ids: set[str] = field(default_factory=set)

    def check(self, event: Payload, name: str, index: object) -> Iterator[Violation]:
        """Look at an event that has an output index, and the name `response.<name>`."""
        if name == OPENED:
            yield from self._open(event, index)
            return
        item = self.open
        if item is None or item.index != index:
            if not self.resumed or self.next_index is not None:
                found = "none" if item is None else item.index
                yield self.at.broken(
                    "interleaving", found, index, f"output_index is {index!r}, the open item's is {found}"
                )
            if name == CLOSED:
                self.done[index] = (self.at.position, event.get("item") or {})
            return
        if name in known_events():
            yield from self._grammar(item, name)
        if name == CLOSED:
            yield from self._close(item, event.get("item") or {})
            self.done[index] = (self.at.position, event.get("item") or {})
            self.open = None
            return
        if name not in known_events():
            return
        if item.type in GRAMMAR or "item_id" in event:
            yield from self.at.same("identity", "item_id", item.opened.get("id"), event.get("item_id"), "the item's is")
        for step in GRAMMAR.get(item.type, ()):
            if isinstance(step, Streamed):
                yield from self._text(item, step, event, name)
                if name == f"{step.word}.done":
                    item.texts[step.key] = "".join(item.deltas)
            elif isinstance(step, Parts) and step.index in event:
                yield from self._part(item, step, event, name)
        item.last = name

    def unclosed(self, item: _Item) -> Violation:
        """The breach of an item that is open where it must not be."""
        why = f"the {item.type} at output_index {item.index} was never done"
        return self.at.broken("closing", f"response.{CLOSED}", self.at.type, why)

    def _open(self, event: Payload, index: object) -> Iterator[Violation]:
        if self.open is not None:
            yield self.unclosed(self.open)
        expected = index if self.resumed and self.next_index is None else self.next_index or 0
        yield from self.at.same("output_index", "output_index", expected, index, "expected is")
        self.next_index = (index if isinstance(index, int) else self.next_index or 0) + 1
        self.open = item = _Item(index, event.get("item") or {})
        id_ = item.opened.get("id")
        if item.type in GRAMMAR and (not isinstance(id_, str) or id_ in self.ids):
            why = f"id is {short(id_)}, expected is one that no other item has"
            yield self.at.broken("identity", "an id of its own", id_, why)
        self.ids.add(str(id_))
        for step in GRAMMAR.get(item.type, ()):
            if isinstance(step, Streamed | Parts) and item.opened.get(step.key):
                yield from self._nothing_yet(step.key, item.opened[step.key])
        if item.type in GRAMMAR and item.opened.get("status", "in_progress") is not None:
            status = item.opened.get("status", "in_progress")
            yield from self.at.same("added", "status of an added item", "in_progress", status, "expected is")

    def _nothing_yet(self, key: str, found: object) -> Iterator[Violation]:
        yield self.at.broken("added", "nothing", found, f"{key} is {short(found)}, expected is nothing yet")

    def _grammar(self, item: _Item, name: str) -> Iterator[Violation]:
        allowed = (followers(item.type) or {}).get(item.last)
        if allowed is not None and name not in allowed:
            wanted = " or ".join(f"response.{each}" for each in sorted(allowed))
            why = f"follows response.{item.last} of a {item.type}, expected is {wanted}"
            yield self.at.broken("grammar", sorted(allowed), name, why)

    def _part(self, item: _Item, step: Parts, event: Payload, name: str) -> Iterator[Violation]:
        done = item.parts.setdefault(step.key, [])
        yield from self.at.same("part index", step.index, len(done), event[step.index], "expected is")
        part = event.get("part") or {}
        if name == f"{step.word}.added":
            item.part, item.deltas, item.logprobs, item.annotations = part, [], [], []
        if item.part is None:
            return
        kind = item.part.get("type")
        text = PART_TEXTS.get(str(kind))
        if name == f"{step.word}.done":
            yield from self.at.same("part", "type", kind, part.get("type"), "the part was added as")
        if text is None:
            pass
        elif name == f"{step.word}.added" and part.get(text.key):
            yield from self._nothing_yet(text.key, part[text.key])
        elif name == f"{step.word}.done":
            total = "".join(item.deltas)
            yield from self.at.same("sum", f"part.{text.key}", total, part.get(text.key), "its deltas add up to")
            if "annotations" in part:
                found = part["annotations"]
                yield from self.at.same("sum", "part.annotations", item.annotations, found, "those added are")
        elif not name.startswith((f"{text.word}.", f"{step.word}.")):
            yield self.at.broken(
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
                yield self.at.broken("delta", "a string", delta, f"delta is {short(delta)}, expected is a string")
            item.deltas.append(str(delta))
            item.logprobs += event.get("logprobs") or []
        elif name == f"{text.word}.annotation.added":
            found = event.get("annotation_index")
            yield from self.at.same("part index", "annotation_index", len(item.annotations), found, "expected is")
            item.annotations.append(event.get("annotation"))
        elif name == f"{text.word}.done":
            total = "".join(item.deltas)
            yield from self.at.same("sum", text.key, total, event.get(text.key), "its deltas add up to")
            if "logprobs" in event:
                found = event["logprobs"] or []
                yield from self.at.same("sum", "logprobs", item.logprobs, found, "those of its deltas are")

    def _close(self, item: _Item, done: Payload) -> Iterator[Violation]:
        """The item that is done is the one that was added, with the sums of what was streamed."""
        steps = GRAMMAR.get(item.type, ())
        growing = {"status", *ENCRYPTED, *NOT_YET.get(item.type, ())}
        growing |= {step.key for step in steps if isinstance(step, Streamed | Parts)}
        constant = item.opened if item.type in GRAMMAR else {key: item.opened.get(key) for key in ("id", "type")}
        for key, value in constant.items():
            if key not in growing and value not in (None, "", [], {}):
                yield from self.at.same("identity", f"item.{key}", value, done.get(key), "it was added with")
        for key, total in item.texts.items():
            yield from self.at.same("sum", f"item.{key}", total, done.get(key), "its deltas add up to")
        for key in (step.key for step in steps if isinstance(step, Parts)):
            parts = item.parts.get(key, [])
            held = done.get(key) or []
            yield from self.at.same(
                "sum", f"the number of parts in item.{key}", len(parts), len(held), "those done are"
            )
            for number, (part, kept) in enumerate(zip(parts, held, strict=False)):
                for path in differing(part, kept, ignored=("logprobs",)):
                    why = f"item.{key}[{number}] differs from the part that was done: {path}"
                    yield self.at.broken("sum", part, kept, why)


def differing(old: Any, new: Any, path: str = "", ignored: Collection[str] = frozenset(ENCRYPTED)) -> Iterator[str]:
    """The paths at which two payloads differ."""
    if isinstance(old, dict) and isinstance(new, dict):
        for key in {**old, **new}:
            if key not in ignored:
                yield from differing(old.get(key), new.get(key), f"{path}.{key}" if path else key, ignored)
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for index, pair in enumerate(zip(old, new, strict=True)):
            yield from differing(*pair, f"{path}[{index}]", ignored)
    elif old != new:
        yield path or "all of it"
