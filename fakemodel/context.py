"""The items that a model sees in a turn: what they say, and which of them may stand together. No HTTP, no SDK."""

from __future__ import annotations

from collections.abc import Sequence

from fakemodel.wire.errors import Refused
from fakemodel.wire.ids import CALL_TYPES
from fakemodel.wire.payload import Payload

__all__ = [
    "ANSWERS",
    "Context",
    "check_calls",
    "check_messages",
    "check_once",
    "check_reasoning",
    "items_of",
    "text_of",
]

ANSWERS = {type_: f"{type_}_output" for type_ in CALL_TYPES}
"""The calls that the caller answers, and the item that answers each."""


class Context(tuple[Payload, ...]):
    """The items that a model sees in a turn, in their order."""

    __slots__ = ()

    @property
    def text(self) -> str:
        """All that is said in them, a line an item."""
        return "\n".join(filter(None, map(text_of, self)))


def text_of(item: Payload) -> str:
    """What is said in an item: of a message its content, of a tool's output the output, of a call its arguments."""
    said = next((item[key] for key in SAYING if item.get(key)), "")
    if item.get("tool_calls"):  # of a message of Chat Completions
        called = (call.get("function") or call.get("custom") or {} for call in item["tool_calls"])
        return "".join([str(said), *(str(each.get("arguments") or each.get("input") or "") for each in called)])
    if isinstance(said, list):
        parts = [part for part in said if isinstance(part, dict)]
        return "".join(str(next((part[key] for key in SAYING if part.get(key)), "")) for part in parts)
    return str(said)


SAYING = ("content", "output", "arguments", "summary", "text", "refusal", "input")
"""Where items, and the parts of their content, say something."""


def items_of(input: object) -> tuple[Payload, ...]:
    """An input as items: a text is a message of the user."""
    if isinstance(input, str):
        return ({"type": "message", "role": "user", "content": input},)
    return tuple(item for item in input if isinstance(item, dict)) if isinstance(input, list | tuple) else ()


def check_once(items: Sequence[Payload]) -> None:
    """Raise Refused where an item is there twice, by its id."""
    seen: set[str] = set()
    for item in items:
        if isinstance(item.get("id"), str):
            if item["id"] in seen:
                raise Refused("duplicate_item", item["id"])
            seen.add(item["id"])


def check_reasoning(items: Sequence[Payload]) -> None:
    """Raise Refused for reasoning that is not followed by what it was the reasoning for: whatever a model may make."""
    for item, follower in zip(items, (*items[1:], None), strict=False):
        callers = follower is None or follower.get("type") in CALLERS or follower.get("role") in CALLERS
        if item.get("type") == "reasoning" and callers:
            raise Refused("reasoning_alone", str(item.get("id")))


OUTPUTS = set(ANSWERS.values())

CALLERS = {*OUTPUTS, "mcp_approval_response", "user", "system", "developer"}
"""The types of items, and the roles of messages, that no model makes."""


def check_calls(items: Sequence[Payload]) -> None:
    """Raise Refused where an output answers no call of its kind before it, or a call was never answered."""
    called: dict[tuple[str, str], str] = {}
    answered: set[tuple[str, str]] = set()
    for item in items:
        type_ = str(item.get("type"))
        if type_ in ANSWERS:
            called[ANSWERS[type_], _call_id(item)] = type_
        elif type_ in OUTPUTS:
            if (type_, _call_id(item)) not in called:
                raise Refused("call_not_found", _call_id(item), _words(type_))
            answered.add((type_, _call_id(item)))
    for answer, type_ in called.items():
        if answer not in answered:
            raise Refused("output_not_found", answer[1], _words(type_))


def _call_id(item: Payload) -> str:
    """What a call and its output have in common: that of a local shell may have it as its id."""
    return str(item.get("call_id") or item.get("id"))


def _words(type_: str) -> str:
    """A type as messages name it: `function call output`."""
    return type_.replace("_", " ")


def check_messages(messages: Sequence[Payload]) -> None:
    """Raise Refused where a message of Chat Completions answers no call before it, or a call was never answered."""
    waiting: list[str] = []
    answered: dict[str, int] = {}
    for position, message in enumerate(messages):
        if message.get("role") == "tool":
            call_id = message["tool_call_id"]
            if call_id in answered:
                raise Refused("tool_message_twice", call_id, str(answered[call_id]), str(position))
            if call_id not in waiting:
                raise Refused("tool_message_alone", str(position))
            waiting.remove(call_id)
            answered[call_id] = position
            continue
        if waiting:
            raise Refused("tool_message_missing", ", ".join(waiting), str(position))
        waiting, answered = [call["id"] for call in message.get("tool_calls") or ()], {}
    if waiting:
        raise Refused("tool_message_missing", ", ".join(waiting), str(len(messages)))
