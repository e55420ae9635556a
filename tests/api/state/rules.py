"""The rules of the API's state, told once more: what the machine holds FakeOpenAI to. Nothing of fakemodel is in here.

A context is a list of items, each of which is one object wherever it is kept: its id is learned once, and is the same
in what a turn saw, in a conversation and in an answer.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import openai

__all__ = ["Brought", "Conversation", "Item", "Refusal", "Response", "Rules", "Turn", "refusal"]


@dataclass(frozen=True)
class Refusal:
    """How a request is refused: what the SDK raises, and the members of the error; with what is wrong, in a word."""

    raised: type[openai.APIStatusError]
    code: str | None
    param: str | None
    message: str
    reason: str = field(default="", compare=False)


BAD, GONE = openai.BadRequestError, openai.NotFoundError

REFUSALS = {
    "previous response": Refusal(
        BAD, "previous_response_not_found", "previous_response_id", "Previous response with id '{}' not found."
    ),
    "unanswered": Refusal(BAD, None, "input", "No tool output found for function call {}."),
    "uncalled": Refusal(BAD, None, "input", "No tool call found for function call output with call_id {}."),
    "item": Refusal(
        GONE,
        None,
        "input",
        "Item with id '{}' not found. Items are not persisted when `store` is set to false. Try again with `store` set "
        "to true, or remove this item from your input.",
    ),
    "locked": Refusal(
        BAD,
        "conversation_locked",
        "conversation",
        "Another process is currently operating on this conversation. Please retry in a few seconds.",
    ),
    "reasoning": Refusal(
        BAD, None, "input", "Item '{}' of type 'reasoning' was provided without its required following item."
    ),
    "duplicate": Refusal(
        BAD, None, "input", "Duplicate item found with id {}. Remove duplicate items from your input and try again."
    ),
    # Documented; no recording at hand has their exact words.
    "both": Refusal(
        BAD,
        "mutually_exclusive_parameters",
        None,
        "Mutually exclusive parameters: ''. Ensure you are only providing one of: 'pre..._id' or 'conversation'.",
    ),
    "conversation": Refusal(GONE, None, None, "Conversation with id '{}' not found."),
    "response": Refusal(GONE, None, None, "Response with id '{}' not found."),
    "conversation's item": Refusal(GONE, None, None, "Item with id '{}' not found in conversation."),
    "there already": Refusal(BAD, "item_already_in_conversation", "items", "Item already in conversation"),
    "in the foreground": Refusal(BAD, None, None, "Cannot cancel a synchronous response."),
    "no stream": Refusal(
        BAD,
        None,
        None,
        "This response has no stream to go on with: it was not made in the background with stream=true, or was "
        "cancelled.",
    ),
}
"""The refusals, by what is wrong; the message has a place for what is named."""


def refusal(reason: str, *named: str) -> Refusal:
    """The refusal for a reason, with what its message names."""
    row = REFUSALS[reason]
    return Refusal(row.raised, row.code, row.param, row.message.format(*named), reason)


@dataclass(eq=False)
class Item:
    """An item: its type (of a message its role), what is said in it, and the call that it makes or answers.

    Reasoning may be `sealed`: then its caller can bring it again where it was not stored.
    """

    kind: str
    says: str
    call_id: str | None = None
    id: str | None = None
    sealed: str | None = None


MODELS = ("assistant", "function_call", "reasoning")
"""The items that a model makes."""


@dataclass(frozen=True)
class Brought:
    """An item of an input: `new`, `again` as it was answered, or a `reference` to it."""

    item: Item
    form: str = "new"


@dataclass(frozen=True)
class Turn:
    """A request for a response: what it brings, and what it goes on from."""

    brought: tuple[Brought, ...]
    previous: str | None = None
    conversation: str | None = None
    store: bool | None = None
    background: bool = False
    told: str | None = None
    """Its instructions."""

    @property
    def stored(self) -> bool:
        """A response is kept unless its request says that it should not be."""
        return self.store is not False

    @property
    def items(self) -> list[Item]:
        """The items that it brings."""
        return [brought.item for brought in self.brought]


@dataclass(eq=False)
class Response:
    """A response: what its turn saw, what it says at its end, and how it ends.

    Of one in the background `coming` are the statuses that it still comes to, one whenever it is retrieved, and it is
    `resumable` where it was streamed. `answered` is what the client was given at its end.
    """

    turn: Turn
    saw: list[Item]
    says: list[Item]
    status: str
    tokens: int
    coming: list[str] = field(default_factory=list)
    resumable: bool = False
    answered: Any = None

    @property
    def output(self) -> list[Item]:
        """What it has said so far."""
        return [] if self.status in ("queued", "in_progress", "cancelled") else self.says


@dataclass(eq=False)
class Conversation:
    """A conversation: its items in their order, and whether a run is busy with it."""

    metadata: dict[str, str]
    items: list[Item]
    busy: bool = False


class Rules:
    """What the server keeps, and what it has to say to a turn."""

    def __init__(self) -> None:
        self.responses: dict[str, Response] = {}
        self.conversations: dict[str, Conversation] = {}

    def sees(self, turn: Turn) -> list[Item]:
        """The items that the model sees in a turn, those that the server keeps first."""
        before: list[Item] = []
        if turn.previous in self.responses:
            before = [*self.responses[turn.previous].saw, *self.responses[turn.previous].output]
        elif turn.conversation in self.conversations:
            before = self.conversations[turn.conversation].items
        return [*before, *turn.items]

    def refusals(self, turn: Turn) -> list[Refusal]:
        """Why a turn is refused: where several things are wrong, any of them may be told."""
        return [refusal(*reason) for reason in (*self._of_ids(turn), *self._of_items(turn))]

    def _of_ids(self, turn: Turn) -> Iterator[tuple[str, ...]]:
        if turn.previous is not None and turn.conversation is not None:
            yield ("both",)
        if turn.previous is not None:
            previous = self.responses.get(turn.previous)
            if previous is None or not previous.turn.stored:
                yield "previous response", turn.previous
        if turn.conversation is not None:
            conversation = self.conversations.get(turn.conversation)
            if conversation is None:
                yield "conversation", turn.conversation
            elif conversation.busy:
                yield ("locked",)

    def _of_items(self, turn: Turn) -> Iterator[tuple[str, ...]]:
        for brought in turn.brought:
            item = brought.item
            unsealed = brought.form == "again" and item.kind == "reasoning" and not item.sealed
            if (brought.form == "reference" or unsealed) and item not in self.kept:
                yield "item", str(item.id)
        for item, follower in zip(turn.items, [*turn.items, None][1:], strict=True):
            if item.kind == "reasoning" and (follower is None or follower.kind not in MODELS):
                yield "reasoning", str(item.id)
        seen = self.sees(turn)
        yield from (("duplicate", str(item.id)) for item, times in Counter(seen).items() if times > 1)
        called = {str(item.call_id) for item in seen if item.kind == "function_call"}
        answered = {str(item.call_id) for item in seen if item.kind == "function_call_output"}
        yield from (("unanswered", call_id) for call_id in called - answered)
        yield from (("uncalled", call_id) for call_id in answered - called)

    @property
    def kept(self) -> set[Item]:
        """The items that can be referred to: those of stored responses, and of conversations."""
        stored = [response for response in self.responses.values() if response.turn.stored]
        of_responses = [item for response in stored for item in (*response.saw, *response.output)]
        return {*of_responses, *(item for each in self.conversations.values() for item in each.items)}

    def begin(self, turn: Turn) -> None:
        """A run has its conversation for itself until it ends."""
        if turn.conversation is not None:
            self.conversations[turn.conversation].busy = True

    def leave(self, turn: Turn) -> None:
        """A run lets go of its conversation, which may have been deleted meanwhile."""
        if turn.conversation in self.conversations:
            self.conversations[turn.conversation].busy = False

    def end(self, response: Response) -> None:
        """A run has come to its end: what is new in it goes to the end of its conversation."""
        turn = response.turn
        self.leave(turn)
        if turn.conversation in self.conversations and turn.stored and response.status in ("completed", "incomplete"):
            self.conversations[turn.conversation].items += [*turn.items, *response.says]

    def proceed(self, response: Response, steps: int = 1) -> None:
        """A response in the background comes some steps further, if there are any."""
        for _ in range(min(steps, len(response.coming))):
            response.status = response.coming.pop(0)
            if not response.coming:
                self.end(response)

    def stop(self, response: Response) -> None:
        """A response in the background that has not ended is cancelled, or deleted."""
        if response.coming:
            response.status, response.coming = "cancelled", []
            self.leave(response.turn)
