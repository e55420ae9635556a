"""Output items: what the parts of a reply become in a response, each with the events of its own, and back in words."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from copy import deepcopy
from dataclasses import replace
from functools import partial
from typing import TypeVar

from fakemodel.parts import Item, Part, Reasoning, Refusal, Text, ToolCall
from fakemodel.wire.grammar import GRAMMAR, PART_TEXTS, Parts, Streamed
from fakemodel.wire.ids import CALL_TYPES, ITEM_PREFIX, Ids
from fakemodel.wire.item_events import Output, Own, parts_of
from fakemodel.wire.payload import Payload

__all__ = ["outputs", "words"]


PartT = TypeVar("PartT", bound=Part)


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


def _detached(part: PartT) -> PartT:
    """A part that shares nothing with the reply: what is rendered may be changed, the reply may not."""
    holds_dicts = isinstance(part, Item) or getattr(part, "logprobs", None) or getattr(part, "annotations", None)
    return deepcopy(part) if holds_dicts else part


def words(part: Part) -> list[Part]:
    """What an item says in words of the vocabulary, where it has them for all it says; any other part is its own."""
    part = _detached(part)
    if not isinstance(part, Item) or part.verbatim:
        return [part]
    item, own = part.payload, Own(_streamed(part))
    match item["type"]:
        case "message":
            return [_worded(piece, own, number) for number, piece in enumerate(parts_of(item, "content"))]
        case "function_call":
            deltas = own.of("function_call_arguments")
            arguments = tuple(event["delta"] for event in deltas)
            return [ToolCall(str(item.get("name", "")), arguments, item.get("call_id"))]
        case "reasoning":
            told = tuple(event["delta"] for event in own.events if event["type"].endswith(".delta"))
            return [Reasoning(told, item.get("encrypted_content"))]
    return [part]


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
            for number, held in enumerate(parts_of(part.payload, step.key)):
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


def _worded(part: Payload, own: Own, number: int) -> Text | Refusal:
    text = PART_TEXTS[part["type"]]
    events = own.of(f"{text.word}.", "content_index", number)
    own.of("content_part.done", "content_index", number)
    deltas = [event for event in events if event["type"].endswith(".delta")]
    fragments = tuple(event["delta"] for event in deltas) or ("",)
    if part["type"] == "refusal":
        return Refusal(fragments)
    logprobs = tuple(tuple(event.get("logprobs") or ()) for event in deltas) if part.get("logprobs") else None
    return Text(fragments, logprobs, tuple(part.get("annotations") or ()))
