"""Answers that were not streamed as lines: a response with its output items, a completion with its choices."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from fakemodel.transcripts.lines import Line, members
from fakemodel.transcripts.names import Names
from fakemodel.wire.grammar import GRAMMAR, WITHOUT_STATUS, Parts
from fakemodel.wire.payload import Payload
from fakemodel.wire.responses import ENVELOPE

__all__ = ["CALL", "completion_lines", "envelope", "response_lines"]

CALL: Payload = {"type": "function", "function": {}}
"""What is expected of a tool call of Chat Completions."""


def response_lines(response: Payload, names: Names) -> Iterator[Line]:
    """A line for a response, as `names` has made it plain, for each output item and each part of one."""
    items, rest = _taken(response, "output")
    usual = names.plain({**ENVELOPE, "output": None if items else []})
    yield Line("response", ", ".join(envelope(usual, rest, names)))
    for at, item in enumerate(items):
        yield from _item_lines(f"output[{at}]", item, names)


def envelope(usual: Payload, response: Payload, names: Names) -> list[str]:
    """The members of a response that are not as usual; all it has, after `only`, where it lacks most of the usual."""
    if len(usual.keys() - response.keys()) <= len(usual) // 2:
        return members(usual, response, names)
    return [f"only {', '.join(members({}, response, names))}"]


def _item_lines(head: str, item: Payload, names: Names) -> Iterator[Line]:
    """A line for an item, and for each of its parts."""
    expected: Payload = {} if item.get("type") in WITHOUT_STATUS else {"status": "completed"}
    expected |= {"role": "assistant"} if item.get("type") == "message" else {}
    parts: list[tuple[str, Payload]] = []
    for step in GRAMMAR.get(str(item.get("type")), ()):
        if isinstance(step, Parts):
            found, item = _taken(item, step.key)
            parts += [(f"{head}.{step.key}[{at}]", part) for at, part in enumerate(found)]
    yield Line(head, ", ".join(members(expected, item, names)))
    for place, part in parts:
        without: Payload = {"annotations": []} if part.get("type") == "output_text" else {}
        yield Line(place, ", ".join(members(without, part, names)))


def completion_lines(completion: Payload, names: Names) -> Iterator[Line]:
    """A line for a completion, as `names` has made it plain, for each choice and each tool call."""
    choices, rest = _taken(completion, "choices")
    yield Line("chat.completion", ", ".join(members({"object": "chat.completion"}, rest, names)))
    for at, choice in enumerate(choices):
        yield from _choice_lines(f"choices[{at}]", {"index": at}, choice, names)


def _choice_lines(head: str, expected: Payload, choice: Payload, names: Names) -> Iterator[Line]:
    message, calls = choice.get("message"), list[Payload]()
    own = choice
    said: Iterable[str] = ()
    if isinstance(message, dict):
        own = {key: value for key, value in choice.items() if key != "message"}
        calls, message = _taken(message, "tool_calls")
        said = members({"role": "assistant", "annotations": []}, message, names)
    yield Line(head, ", ".join([*said, *members(expected, own, names, "choice.")]))
    for at, call in enumerate(calls):
        yield Line(f"{head}.tool_calls[{at}]", ", ".join(members(CALL, call, names)))


def _taken(holder: Payload, key: str) -> tuple[list[Any], Payload]:
    """The objects of a list, and the payload without it; what is no list of objects stays there."""
    found = holder.get(key)
    if isinstance(found, list) and found and all(isinstance(each, dict) for each in found):
        return found, {name: value for name, value in holder.items() if name != key}
    return [], holder
