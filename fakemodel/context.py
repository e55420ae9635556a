"""The items that a model sees in a turn: what they say, and which of them may stand together. No HTTP, no SDK."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import NamedTuple, TypeAlias, overload

from fakemodel.shown import shortened
from fakemodel.wire.errors import Refused
from fakemodel.wire.ids import CALL_TYPES
from fakemodel.wire.payload import Payload
from fakemodel.wire.tokens import count

__all__ = [
    "ANSWERS",
    "Context",
    "check_messages",
    "check_reasoning",
    "items_of",
    "text_of",
]

ANSWERS = {type_: f"{type_}_output" for type_ in CALL_TYPES}
"""The calls that the caller answers, and the item that answers each."""

OUTPUTS = set(ANSWERS.values())

Answer: TypeAlias = tuple[str, str]
"""What answers a call: the type of the output, and the call id."""

AN_ITEM = 3
"""The tokens of an item, beside those of what it says."""


class Log:
    """Items put one behind the other, with what is looked up in them. It only grows; a Context is its start."""

    __slots__ = ("_tokens", "calls", "ids", "items")

    def __init__(self, items: Iterable[Payload]) -> None:
        self.items: list[Payload] = []
        self.ids: dict[str, int] = {}
        """Where the item of an id stands first."""
        self.calls: dict[Answer, int] = {}
        """Where the call stands that wants such an answer."""
        self._tokens = [0]
        self.extend(items)

    def extend(self, items: Iterable[Payload]) -> None:
        """Put items behind the others."""
        for place, item in enumerate(items, len(self.items)):
            if isinstance(item.get("id"), str):
                self.ids.setdefault(item["id"], place)
            if str(item.get("type")) in ANSWERS:
                self.calls.setdefault((ANSWERS[item["type"]], _call_id(item)), place)
            self.items.append(item)

    def tokens_before(self, place: int) -> int:
        """How many tokens the items before a place have; counted when they are first asked for."""
        start = len(self._tokens)
        if place < start:
            return self._tokens[place]
        counted = [self._tokens[start - 1]]
        for item in self.items[start - 1 : place]:
            counted.append(counted[-1] + AN_ITEM + count(text_of(item)))
        self._tokens[start - 1 :] = counted  # in one step, for others may read and count meanwhile
        return counted[-1]


NO_LOG = Log(())
"""That of what has no items."""


class Open(NamedTuple):
    """The calls and outputs of which the other half is not there, with their types."""

    waiting: Mapping[Answer, str]
    """The calls that have no answer."""
    uncalled: Mapping[Answer, str]
    """The answers to no call before them."""


NOTHING_OPEN = Open({}, {})


class Context(Sequence[Payload]):
    """The items that a model sees in a turn, in their order.

    What one more turn costs does not grow with those before it: the turns of a chain share their items, and only one
    that goes on from the middle of a chain copies what came before.
    """

    __slots__ = ("_length", "_log", "_open")

    def __init__(self, items: Iterable[Payload] = ()) -> None:
        found = tuple(items)
        self._log, self._length, self._open = NO_LOG, 0, NOTHING_OPEN
        if found:
            self._open = self._open_with(found)
            self._log, self._length = Log(found), len(found)

    @overload
    def __getitem__(self, place: int) -> Payload: ...

    @overload
    def __getitem__(self, place: slice) -> tuple[Payload, ...]: ...

    def __getitem__(self, place: int | slice) -> Payload | tuple[Payload, ...]:
        found = self._log.items[: self._length][place]
        return found if isinstance(found, dict) else tuple(found)

    def __iter__(self) -> Iterator[Payload]:
        return islice(self._log.items, self._length)

    def __len__(self) -> int:
        return self._length

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and [*self] == [*other]

    def __repr__(self) -> str:
        return f"Context([{', '.join(shortened(repr(item)) for item in self)}])"

    @property
    def text(self) -> str:
        """All that is said in them, a line an item."""
        return "\n".join(filter(None, map(text_of, self)))

    @property
    def tokens(self) -> int:
        """Three for each item, and one for every four characters of what it says."""
        return self._log.tokens_before(self._length)

    def has_id(self, item_id: object) -> bool:
        """Whether one of the items has this id."""
        return self._log.ids.get(str(item_id), self._length) < self._length

    def has_call(self, call: Payload) -> bool:
        """Whether there is a call already that is answered as this one would be."""
        return self._has_call((ANSWERS.get(call["type"], ""), _call_id(call)))

    def _has_call(self, answer: Answer) -> bool:
        return self._log.calls.get(answer, self._length) < self._length

    def extended(self, items: Sequence[Payload], opened: Open | None = None) -> Context:
        """The items with these behind them, whatever they are; `opened` is what is open then, where it is known."""
        longer = Context()
        longer._open = self._open_with(items) if opened is None else opened
        longer._log = self._log if self and len(self._log.items) == self._length else Log(self)
        longer._log.extend(items)
        longer._length = self._length + len(items)
        return longer

    def asked(self, items: Sequence[Payload]) -> Context:
        """The items with those of a turn behind them, after which a model may speak.

        Raises Refused for items that are there twice, for outputs that answer no call before them, as those do whose
        call was deleted, and for calls that were never answered.
        """
        own: set[str] = set()
        for item_id in (item["id"] for item in items if isinstance(item.get("id"), str)):
            if item_id in own or self.has_id(item_id):
                raise Refused("duplicate_item", item_id)
            own.add(item_id)
        opened = self._open_with(items)
        for reason, left in (("call_not_found", opened.uncalled), ("output_not_found", opened.waiting)):
            for (_, call_id), type_ in left.items():
                raise Refused(reason, call_id, _words(type_))
        return self.extended(items, opened)

    @property
    def chain(self) -> int:
        """What contexts have in common of which one is the start of the other."""
        return id(self._log)

    def _open_with(self, items: Iterable[Payload]) -> Open:
        """What is open once these items are there."""
        halves = [item for item in items if (type_ := str(item.get("type"))) in ANSWERS or type_ in OUTPUTS]
        if not halves:
            return self._open
        waiting, uncalled, called = {**self._open.waiting}, {**self._open.uncalled}, set()
        for item in halves:
            type_ = str(item["type"])
            if type_ in ANSWERS:
                answer = ANSWERS[type_], _call_id(item)
                called.add(answer)
                waiting[answer] = type_
            else:
                answer = type_, _call_id(item)
                if answer not in called and not self._has_call(answer):
                    uncalled[answer] = type_
                waiting.pop(answer, None)
        return Open(waiting, uncalled)


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


def check_reasoning(items: Sequence[Payload]) -> None:
    """Raise Refused for reasoning that is not followed by what it was the reasoning for: whatever a model may make."""
    for position, item in enumerate(items, 1):
        if item.get("type") == "reasoning":
            follower = items[position] if position < len(items) else None
            if follower is None or follower.get("type") in CALLERS or follower.get("role") in CALLERS:
                raise Refused("reasoning_alone", str(item.get("id")))


CALLERS = {*OUTPUTS, "mcp_approval_response", "user", "system", "developer"}
"""The types of items, and the roles of messages, that no model makes."""


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
