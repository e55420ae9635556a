"""Output items: what the parts of a reply become in a response, and the events that stream them.

An output item is kept as its final form and the events of its own, those that say what the item alone does not: the
deltas of its texts, where its annotations came, partial images. All other events follow from the grammar, so that
every `*.done` and every closed item hold the sum of the deltas by construction.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, TypeVar

from fakemodel.parts import Item, Part, Reasoning, Refusal, Text, ToolCall
from fakemodel.wire import grammar
from fakemodel.wire.grammar import GRAMMAR, PART_TEXTS, Free, Outcome, Parts, Step, Streamed
from fakemodel.wire.ids import CALL_TYPES, ITEM_PREFIX, Ids
from fakemodel.wire.payload import Payload

__all__ = ["Output", "closed_part", "item_events", "outputs", "words"]


PartT = TypeVar("PartT", bound=Part)


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


def outputs(parts: Sequence[Part], ids: Ids, ended: str = "completed") -> list[Output]:
    """Neighbouring texts and refusals become the content of one message; every other part is an item.

    `ended` is the status of the last one; an item that was given has its own.
    """
    found: list[Output] = []
    content: list[Text | Refusal] = []
    calls = 0
    for part in (*map(_detached, parts), None):
        if isinstance(part, Text | Refusal):
            content.append(part)
            continue
        if content:
            found.append(_message(content, _id("message", ids, found)))
            content = []
        if isinstance(part, ToolCall):
            calls += 1
            found.append(_call(part, _id("function_call", ids, found), part.id or ids.call(calls)))
        elif isinstance(part, Reasoning):
            found.append(_reasoning(part, _id("reasoning", ids, found)))
        elif isinstance(part, Item):
            found.append(_given(part, ids, found))
    if found and not isinstance(parts[-1], Item) and found[-1].item.get("status", ended) != ended:
        found[-1] = replace(found[-1], item={**found[-1].item, "status": ended})
    return found


def item_events(output: Output, index: int) -> Iterator[Payload]:
    """The events of one item, from `response.output_item.added` to `.done`."""
    item = output.item
    place = {"item_id": item.get("id"), "output_index": index}
    opened = grammar.opened(item) if output.opened is None else output.opened
    yield {"type": "response.output_item.added", "item": opened, "output_index": index}
    own = _Own(tuple(output.streamed()))
    if output.steps is None:
        yield from ({**event, "output_index": index} for event in own.events)
    else:
        for step in output.steps:
            yield from _step_events(step, item, own, place)
    if output.closed:
        yield {"type": "response.output_item.done", "item": item, "output_index": index}


def _detached(part: PartT) -> PartT:
    """A part that shares nothing with the reply: what is rendered may be changed, the reply may not."""
    holds_dicts = isinstance(part, Item) or getattr(part, "logprobs", None) or getattr(part, "annotations", None)
    return deepcopy(part) if holds_dicts else part


def words(part: Part) -> list[Part]:
    """What an item says in words of the vocabulary, where it has them for all it says; any other part is its own."""
    part = _detached(part)
    if not isinstance(part, Item) or part.verbatim:
        return [part]
    item, own = part.payload, _Own(_streamed(part))
    match item["type"]:
        case "message":
            return [_worded(piece, own, number) for number, piece in enumerate(_parts(item, "content"))]
        case "function_call":
            deltas = own.of("function_call_arguments")
            arguments = tuple(event["delta"] for event in deltas)
            return [ToolCall(str(item.get("name", "")), arguments, item.get("call_id"))]
        case "reasoning":
            told = tuple(event["delta"] for event in own.events if event["type"].endswith(".delta"))
            return [Reasoning(told, item.get("encrypted_content"))]
    return [part]


@dataclass(slots=True)
class _Own:
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


def _step_events(step: Step, item: Payload, own: _Own, place: Payload) -> Iterator[Payload]:
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
        for number, part in enumerate(_parts(item, step.key)):
            yield from _part_events(step, part, own, number, place)


def _outcome(step: Outcome, item: Payload) -> str | None:
    """What the item's status says, or else whether it has an error; an optional one needs the status."""
    if item.get("error") or item.get("status") == "failed":
        return "failed"
    return "completed" if item.get("status") == "completed" or not step.optional else None


def _part_events(parts: Parts, part: Payload, own: _Own, number: int, place: Payload) -> Iterator[Payload]:
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


def _parts(item: Mapping[str, Any], key: str) -> list[Payload]:
    return list(item.get(key) or ())


def _id(type_: str, ids: Ids, before: list[Output]) -> str:
    return ids.item(ITEM_PREFIX[type_], len(before) + 1)


def _output(item: Payload, streamed: Callable[[], Iterable[Payload]]) -> Output:
    return Output(item, streamed, GRAMMAR.get(item["type"]))


def _message(parts: list[Text | Refusal], id: str) -> Output:
    content = [_content(part) for part in parts]
    message = {"id": id, "type": "message", "status": "completed", "content": content, "role": "assistant"}
    return _output(message, partial(_contents_events, tuple(parts)))


def _content(part: Text | Refusal) -> Payload:
    whole = "".join(part.fragments)
    if isinstance(part, Refusal):
        return {"type": "refusal", "refusal": whole}
    logprobs = [entry for entries in part.logprobs or () for entry in entries]
    return {"type": "output_text", "annotations": list(part.annotations), "logprobs": logprobs, "text": whole}


def _contents_events(parts: Sequence[Text | Refusal]) -> Iterator[Payload]:
    return (event for number, part in enumerate(parts) for event in _content_events(part, number))


def _content_events(part: Text | Refusal, number: int) -> Iterator[Payload]:
    index = {"content_index": number}
    if isinstance(part, Refusal):
        yield from _deltas("refusal", part.fragments, index)
    else:
        yield from _text_deltas(part.fragments, part.logprobs or [()] * len(part.fragments), part.annotations, index)


def _text_deltas(
    fragments: Sequence[str], logprobs: Sequence[Sequence[Payload]], annotations: Sequence[Payload], index: Payload
) -> Iterator[Payload]:
    """The deltas of a text, each annotation after the one that it ends in."""
    waiting = list(enumerate(annotations))
    length = 0
    for number, (fragment, entries) in enumerate(zip(fragments, logprobs, strict=True), 1):
        length += len(fragment)
        yield {"type": "response.output_text.delta", "delta": fragment, "logprobs": list(entries), **index}
        while waiting and (number == len(fragments) or _end(waiting[0][1]) <= length):
            position, annotation = waiting.pop(0)
            numbered = {"annotation": annotation, "annotation_index": position, **index}
            yield {"type": "response.output_text.annotation.added", **numbered}


def _end(annotation: Payload) -> float:
    """The character that a citation of a page ends at, or that of a file stands at."""
    place = annotation.get("end_index", annotation.get("index"))
    return place if isinstance(place, int) else float("inf")


def _deltas(word: str, fragments: Sequence[str], index: Payload) -> Iterator[Payload]:
    return ({"type": f"response.{word}.delta", "delta": fragment, **index} for fragment in fragments)


def _reasoning(part: Reasoning, id: str) -> Output:
    summary = [{"type": "summary_text", "text": "".join(part.fragments)}] if part.fragments else []
    encrypted = {} if part.encrypted_content is None else {"encrypted_content": part.encrypted_content}
    own = partial(_deltas, "reasoning_summary_text", part.fragments, {"summary_index": 0})
    return _output({"id": id, "type": "reasoning", **encrypted, "summary": summary}, own)


def _call(part: ToolCall, id: str, call_id: str) -> Output:
    call = {
        "id": id,
        "type": "function_call",
        "status": "completed",
        "arguments": part.arguments,
        "call_id": call_id,
        "name": part.name,
    }
    return _output(call, partial(_deltas, "function_call_arguments", part.fragments, {}))


def _given(part: Item, ids: Ids, before: list[Output]) -> Output:
    type_ = part.payload["type"]
    named = {"id": _id(type_, ids, before)} if type_ in ITEM_PREFIX and part.streamed is None else {}
    if type_ in CALL_TYPES and part.streamed is None:
        named["call_id"] = ids.call(len(before))
    item = {**named, **part.payload}
    steps = None if part.verbatim else GRAMMAR.get(type_)
    return Output(item, partial(_streamed, part), steps, part.opened, part.closed)


def _streamed(part: Item) -> tuple[Payload, ...]:
    """An item's own events; where it was given whole, each of its texts is one delta."""
    if part.streamed is not None:
        return part.streamed
    found: list[Payload] = []
    for step in GRAMMAR.get(part.payload["type"], ()):
        if isinstance(step, Streamed):
            found += _deltas(step.word, _whole(part.payload[step.key]), {})
        elif isinstance(step, Parts):
            for number, held in enumerate(_parts(part.payload, step.key)):
                found += _part_deltas(PART_TEXTS[held["type"]], held, {step.index: number})
    return tuple(found)


def _part_deltas(text: Streamed, part: Payload, index: Payload) -> Iterator[Payload]:
    if text.word != "output_text":
        yield from _deltas(text.word, _whole(part[text.key]), index)
        return
    annotations, logprobs = part.get("annotations") or (), part.get("logprobs") or ()
    whole = _whole(part[text.key]) or ("",) * bool(annotations or logprobs)
    for event in _text_deltas(whole, [logprobs] * len(whole), annotations, index):
        without = () if "logprobs" in part else ("logprobs",)
        yield {key: value for key, value in event.items() if key not in without}


def _whole(text: str) -> tuple[str, ...]:
    return (text,) if text else ()


def _worded(part: Payload, own: _Own, number: int) -> Text | Refusal:
    text = PART_TEXTS[part["type"]]
    events = own.of(f"{text.word}.", "content_index", number)
    own.of("content_part.done", "content_index", number)
    deltas = [event for event in events if event["type"].endswith(".delta")]
    fragments = tuple(event["delta"] for event in deltas) or ("",)
    if part["type"] == "refusal":
        return Refusal(fragments)
    logprobs = tuple(tuple(event.get("logprobs") or ()) for event in deltas) if part.get("logprobs") else None
    return Text(fragments, logprobs, tuple(part.get("annotations") or ()))
