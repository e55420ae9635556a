"""Bodies rewritten: every text of a body through the same edits, and every JSON object through one more.

JSON stays JSON, and a stream stays the events that it was: what stands in the deltas of a text is edited as one text
and goes back into as many deltas.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeAlias

from fakemodel.context import items_of
from fakemodel.wire.payload import Payload, json_text

__all__ = ["SAID", "Edit", "Pass", "edited", "rewritten"]

Edit: TypeAlias = tuple[int, int, str]
"""The start and the end of what is replaced in a text, and what by."""

Pass: TypeAlias = Callable[[str], list[Edit]]
"""Finds the edits of a text, in order and apart from each other."""

FIELD = re.compile(r"^(data|event|id|retry)?: ?([^\r\n]*)", flags=re.MULTILINE)
"""A field of an event, or a comment; their names are nobody's text."""

STREAM = re.compile(r"(?:data|event|id|retry)?: ?\S")

DONE = "[DONE]"

VERBATIM = {"token", "bytes"}
"""The members of a log probability that are pieces of a text."""

SAID = ("content", "refusal", "reasoning_content", "reasoning")
"""The members of a chunk's delta that are fragments of a text."""


def edited(text: str, passes: Sequence[Pass]) -> str:
    """`text` after all passes."""
    return _spread([text], passes)[0]


def rewritten(body: bytes, passes: Sequence[Pass], members: Callable[[Payload], Payload]) -> bytes:
    """`body` with each of its texts after all passes; `members` gives each of its JSON objects as it is to be."""
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return edited(body.decode("latin-1"), passes).encode("latin-1", "replace")
    if text.lstrip()[:1] in ("{", "["):
        try:
            return json_text(_value(json.loads(text), passes, members)).encode()
        except (ValueError, RecursionError):
            return edited(text, passes).encode()
    if STREAM.match(text):
        return _stream(text, passes, members).encode()
    return edited(text, passes).encode()


def _stream(text: str, passes: Sequence[Pass], members: Callable[[Payload], Payload]) -> str:
    """A stream of events. Data that is no JSON, and a comment, is a text."""
    events: list[Any] = []
    framing, end = [], 0
    for line in FIELD.finditer(text):
        framing.append(text[end : line.start(2)])
        end = line.end(2)
        try:
            events.append(json.loads(line[2]) if line[1] == "data" else _Raw(line[2]))
        except ValueError:
            events.append(_Raw(line[2]))
    groups: dict[object, list[tuple[Payload, str]]] = defaultdict(list)
    for event in events:
        for group, holder, key in _fragments(event):
            groups[group].append((holder, key))
    held = {(id(holder), key) for fragments in groups.values() for holder, key in fragments}
    made: dict[int, Payload] = {}
    shown = [event if isinstance(event, _Raw) else _value(event, passes, members, held, made) for event in events]
    for fragments in groups.values():
        spread = _spread([holder[key] for holder, key in fragments], passes)
        for (holder, key), fragment in zip(fragments, spread, strict=True):
            made[id(holder)][key] = fragment
    data = [_data(event, passes) for event in shown]
    return "".join(part for pair in zip(framing, data, strict=True) for part in pair) + text[end:]


class _Raw(str):
    """A comment, or a field of an event that is no JSON."""


def _data(event: Any, passes: Sequence[Pass]) -> str:
    if isinstance(event, _Raw):
        return event if event == DONE else edited(event, passes)
    return json_text(event)


def _value(
    value: Any,
    passes: Sequence[Pass],
    members: Callable[[Payload], Payload],
    held: frozenset[tuple[int, str]] | set[tuple[int, str]] = frozenset(),
    made: dict[int, Payload] | None = None,
) -> Any:
    """A JSON value, edited. What is `held` is left as it is; `made` is told which object became which."""
    if isinstance(value, str):
        return edited(value, passes)
    if isinstance(value, list):
        return [_value(each, passes, members, held, made) for each in value]
    if not isinstance(value, dict):
        return value
    verbatim = VERBATIM if "logprob" in value else ()
    new = {
        edited(key, passes): each
        if key in verbatim or (id(value), key) in held
        else _value(each, passes, members, held, made)
        for key, each in members(value).items()
    }
    if made is not None:
        made[id(value)] = new
    return new


def _fragments(event: Any) -> Iterator[tuple[object, Payload, str]]:
    """The fragments of texts in an event or a chunk: what text each belongs to, and where it stands."""
    if not isinstance(event, dict):
        return
    if isinstance(event.get("delta"), str):
        place = ("type", "item_id", "output_index", "content_index", "summary_index")
        yield tuple(event.get(key) for key in place), event, "delta"
    for choice in items_of(event.get("choices")):
        delta = choice.get("delta")
        if not isinstance(delta, dict):
            continue
        yield from (((choice.get("index"), key), delta, key) for key in SAID if isinstance(delta.get(key), str))
        for call in items_of(delta.get("tool_calls")):
            function = call.get("function")
            if isinstance(function, dict) and isinstance(function.get("arguments"), str):
                yield (choice.get("index"), "arguments", call.get("index")), function, "arguments"


def _spread(fragments: list[str], passes: Sequence[Pass]) -> list[str]:
    """The fragments of one text, edited as one: what replaces something stands where that began."""
    for edits_of in passes:
        edits = edits_of("".join(fragments))
        if edits:
            fragments = _with(fragments, edits)
    return fragments


def _with(fragments: list[str], edits: Sequence[Edit]) -> list[str]:
    found, start, waiting = [], 0, list(edits)[::-1]
    for fragment in fragments:
        end, at, pieces = start + len(fragment), start, []
        while waiting and waiting[-1][0] < end:
            first, last, new = waiting[-1]
            if first >= start:  # it begins here
                pieces += [fragment[at - start : first - start], new]
            at = min(last, end)
            if last > end:
                break
            waiting.pop()
        found.append("".join([*pieces, fragment[at - start :]]))
        start = end
    found[-1] += "".join(new for _, _, new in reversed(waiting))  # what stands at the very end
    return found
