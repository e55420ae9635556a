"""What came before a recorded turn: what the server kept of the turns before it, and what clients sent again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, TypeAlias

from fakemodel.api.http import conversation_of
from fakemodel.context import Context, items_of
from fakemodel.state import Conversation, State, Stored
from fakemodel.tape.items import Item
from fakemodel.tape.operations import Operation
from fakemodel.wire.payload import Payload

__all__ = ["EFFECTS", "Before", "Exchange", "Histories", "Kept", "keep_answer", "named_in", "sent_in"]


class Exchange(NamedTuple):
    """A request that succeeded: what it asked for, its body with the items in it, and the body of the answer."""

    operation: Operation
    body: Payload
    sent: Sequence[Payload]
    answer: Payload

    @property
    def id(self) -> str:
        """The id of what was asked for; that of the answer, where it was made by it."""
        return next(iter(self.operation.ids), "") or str(self.answer.get("id") or "")


class Before(NamedTuple):
    """The number of the `turn` that is gone on from, None for none, and how many `items` came before.

    Of those None says that the recording does not tell.
    """

    turn: int | None
    items: int | None


def named_in(body: Payload) -> tuple[str | None, str | None]:
    """The previous response and the conversation that a request names."""
    previous, conversation = body.get("previous_response_id"), conversation_of(body)
    return (
        previous if isinstance(previous, str) and previous else None,
        conversation if isinstance(conversation, str) and conversation else None,
    )


def sent_in(body: Payload) -> Sequence[Payload]:
    """The items, or the messages, that are in a request."""
    return next((items_of(body[key]) for key in ("input", "messages", "items") if body.get(key)), ())


class Kept:
    """What a server must have kept, by the requests that it was sent and its answers to them."""

    def __init__(self) -> None:
        self._state = State()
        self._turns: dict[str, int] = {}
        """The turn that last went on with a response or a conversation, by its id."""

    def before(self, operation: Operation, body: Payload) -> Before:
        """What a request goes on from, or is about."""
        previous, conversation = named_in(body)
        named = previous or conversation or next(iter(operation.ids), None)
        if named is None:
            return Before(None, 0)
        context = _context(self._state, previous, conversation)
        return Before(self._turns.get(named), None if context is None else len(context))

    def after(self, number: int, exchange: Exchange) -> None:
        """Remember what the turn of this number did."""
        effect = EFFECTS.get(exchange.operation.key)
        if effect is not None:
            effect(self._state, exchange)
            for each in (exchange.id, named_in(exchange.body)[1]):
                if each and each not in exchange.operation.ids:
                    self._turns[each] = number


def _context(state: State, previous: str | None, conversation: str | None) -> Context | None:
    """The items that the server adds to those of a request; None where the recording does not tell."""
    if previous is not None:
        stored = state.responses.get(previous)
        return stored.context if stored else None
    if conversation is not None:
        kept = state.conversations.get(conversation)
        return kept.items if kept else None
    return Context()


def _respond(state: State, exchange: Exchange) -> None:
    context = _context(state, *named_in(exchange.body))
    if context is not None and exchange.id:
        keep_answer(state, exchange, context.extended(exchange.sent))


def keep_answer(state: State, exchange: Exchange, saw: Context) -> None:
    """Keep the response of a turn in which the model saw these items."""
    asked = {key: exchange.body[key] for key in USUAL if exchange.body.get(key) is not None}
    _keep(state, {**USUAL, **asked}, exchange, saw, named_in(exchange.body)[1])


USUAL = {"store": True, "background": False, "status": "completed"}
"""What a response is where neither the request nor the answer says it."""


def _proceed(state: State, exchange: Exchange) -> None:
    stored = state.responses.get(exchange.id)
    if stored is not None and stored.body["status"] in UNFINISHED and isinstance(exchange.answer.get("output"), list):
        _keep(state, stored.body, exchange, stored.saw, stored.conversation_id)


UNFINISHED = {"queued", "in_progress"}


def _keep(state: State, before: Payload, exchange: Exchange, saw: Context, conversation: str | None) -> None:
    answer = {key: value for key, value in exchange.answer.items() if value is not None}
    body = {**before, **answer, "id": exchange.id, "output": items_of(answer.get("output"))}
    body["status"] = str(body["status"])  # a recording may say anything
    state.keep(Stored(body, saw, 0, conversation))


def _forget(state: State, exchange: Exchange) -> None:
    state.responses.pop(exchange.id, None)


def _begin(state: State, exchange: Exchange) -> None:
    state.conversations[exchange.id] = Conversation(exchange.id, 0, items=Context(exchange.sent))


def _end(state: State, exchange: Exchange) -> None:
    state.conversations.pop(exchange.id, None)


def _add(state: State, exchange: Exchange) -> None:
    kept = state.conversations.get(exchange.id)
    if kept is not None:
        kept.items = kept.items.extended(items_of(exchange.answer.get("data")) or exchange.sent)


def _remove(state: State, exchange: Exchange) -> None:
    kept, item_id = state.conversations.get(exchange.id), exchange.operation.ids[1]
    if kept is not None and kept.items.has_id(item_id):
        kept.remove(item_id)


EFFECTS: dict[str, Callable[[State, Exchange], None]] = {
    "POST responses": _respond,
    "GET responses/*": _proceed,
    "POST responses/*/cancel": _proceed,
    "DELETE responses/*": _forget,
    "POST conversations": _begin,
    "DELETE conversations/*": _end,
    "POST conversations/*/items": _add,
    "DELETE conversations/*/items/*": _remove,
}
"""What an operation changes of what the server keeps."""


Node: TypeAlias = dict[object, Any]
"""The items that came next, each with those that came after it; under None the turn that had come so far."""


class Histories:
    """The items of turns from their first on: where a client keeps the history, it sends what came before again."""

    def __init__(self) -> None:
        self._root: Node = {}

    def before(self, sent: Sequence[Item]) -> Before:
        """The last turn that all of the first items are known from, and how many these are; some are always new."""
        node, found = self._root, Before(None, 0)
        for count, item in enumerate(sent[:-1], 1):
            if _is_silent(item):
                continue
            if _known_by(item) not in node:
                break
            node = node[_known_by(item)]
            if None in node:
                found = Before(node[None], count)
        return found

    def after(self, number: int, sent: Sequence[Item], answered: Sequence[Item]) -> None:
        """Remember a turn."""
        node = self._root
        for place, item in enumerate([*sent, *answered], 1):
            if not _is_silent(item):
                node = node.setdefault(_known_by(item), {})
            if place >= len(sent) > 0:
                node[None] = number


def _is_silent(item: Item) -> bool:
    """Whether not every client sends an item again: reasoning, and a message that says nothing."""
    return item.kind == "reasoning" or not item.text


def _known_by(item: Item) -> object:
    """What an item has in common with itself when it is sent again: the API's own calls are sent without results."""
    return item.label if item.kind == "other" else item
