"""Server-managed state: what is kept of responses and conversations, and what may follow them. No HTTP, no SDK."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from fakemodel.wire.errors import Refused
from fakemodel.wire.payload import Payload

__all__ = ["ANSWERS", "Conversation", "State", "Stored", "check_calls", "items_of"]

ANSWERS = {
    "function_call": "function_call_output",
    "custom_tool_call": "custom_tool_call_output",
    "computer_call": "computer_call_output",
    "local_shell_call": "local_shell_call_output",
    "shell_call": "shell_call_output",
    "apply_patch_call": "apply_patch_call_output",
}
"""The calls that the caller answers, and the item that answers each."""


@dataclass(slots=True)
class Stored:
    """A response that is kept: its `body`, the items that its turn `saw`, and the position at which its `chain` began."""

    body: Payload
    saw: tuple[Payload, ...]
    chain: int

    @property
    def context(self) -> tuple[Payload, ...]:
        """What a turn that goes on from it sees before its own items."""
        return (*self.saw, *self.body["output"])


@dataclass(slots=True)
class Conversation:
    """A conversation that is kept: its `items` in their order, and whether a run is `busy` with it."""

    id: str
    created_at: int
    metadata: Mapping[str, str] = field(default_factory=dict)
    items: tuple[Payload, ...] = ()
    busy: bool = False


@dataclass(slots=True)
class State:
    """What one server remembers: its stored responses and its conversations, by their ids."""

    responses: dict[str, Stored] = field(default_factory=dict)
    conversations: dict[str, Conversation] = field(default_factory=dict)

    def response(self, response_id: str) -> Stored:
        """A stored response. Raises Refused."""
        if response_id not in self.responses:
            raise Refused("response_not_found", response_id)
        return self.responses[response_id]

    def conversation(self, conversation_id: str) -> Conversation:
        """A conversation. Raises Refused."""
        if conversation_id not in self.conversations:
            raise Refused("conversation_not_found", conversation_id)
        return self.conversations[conversation_id]

    def chain_of(self, previous_response_id: str | None) -> int | None:
        """The position at which the chain of a response began; None for a response that begins one.

        Raises Refused.
        """
        return None if previous_response_id is None else self._previous(previous_response_id).chain

    def context(
        self, input: Sequence[Payload], previous_response_id: str | None = None, conversation_id: str | None = None
    ) -> tuple[Payload, ...]:
        """The items that a turn sees: those that the server keeps, then its own, with what they refer to in its place.

        Raises Refused for both ids at once; for a response or a conversation that is not kept; for items that are not
        kept, or there twice; for reasoning without what followed it; and for calls and outputs that do not answer each
        other.
        """
        if previous_response_id is not None and conversation_id is not None:
            raise Refused("both_states")
        before: tuple[Payload, ...] = ()
        if previous_response_id is not None:
            before = self._previous(previous_response_id).context
        elif conversation_id is not None:
            before = self.conversation(conversation_id).items
        seen = (*before, *self._resolved(input, before))
        check_once(seen)
        check_reasoning(seen)
        check_calls(seen)
        return seen

    @contextmanager
    def running(self, conversation_id: str | None) -> Iterator[None]:
        """Around a run: another on the same conversation is refused meanwhile. Raises Refused."""
        if conversation_id is None:
            yield
            return
        conversation = self.conversation(conversation_id)
        if conversation.busy:
            raise Refused("conversation_locked")
        conversation.busy = True
        try:
            yield
        finally:
            conversation.busy = False

    def keep(
        self,
        response: Payload,
        chain: int,
        context: Sequence[Payload] = (),
        conversation_id: str | None = None,
    ) -> None:
        """Remember a finished response and what its turn saw, unless its request said `store: false`."""
        if response["store"]:
            stored = self.responses[response["id"]] = Stored(response, tuple(context), chain)
            if conversation_id is not None:
                self.conversations[conversation_id].items = stored.context

    def _previous(self, response_id: str) -> Stored:
        if response_id not in self.responses:
            raise Refused("previous_response_not_found", response_id)
        return self.responses[response_id]

    def _resolved(self, input: Sequence[Payload], before: Sequence[Payload]) -> Iterator[Payload]:
        """The items of an input; what a reference names, and reasoning that only the server can read, must be kept."""
        for item in input:
            refers = item.get("type") == "item_reference"
            unread = item.get("type") == "reasoning" and not item.get("encrypted_content")
            if not (refers or unread) or not isinstance(item.get("id"), str):
                yield item
                continue
            kept = self._kept(item["id"])
            if kept is None:
                raise Refused("item_not_found", item["id"])
            yield kept if refers else item

    def _kept(self, item_id: str) -> Payload | None:
        """An item of a stored response, or of a conversation."""
        everything = (
            *(stored.context for stored in self.responses.values()),
            *(conversation.items for conversation in self.conversations.values()),
        )
        return next((item for items in everything for item in items if item.get("id") == item_id), None)


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
    """Raise Refused for reasoning that is not followed by what it was the reasoning for."""
    for item, follower in zip(items, [*items[1:], {}], strict=True):
        of_the_model = follower.get("type") in FOLLOWERS or follower.get("role") == "assistant"
        if item.get("type") == "reasoning" and not of_the_model:
            raise Refused("reasoning_alone", str(item.get("id")))


FOLLOWERS = {"reasoning", *ANSWERS, "web_search_call", "file_search_call", "code_interpreter_call", "mcp_call"}
"""What of a model's output may follow its reasoning, beside a message."""


def check_calls(items: Sequence[Payload]) -> None:
    """Raise Refused where an output answers no call, or a call was never answered."""
    called = [item.get("call_id") for item in items if item.get("type") in ANSWERS]
    answered = [item.get("call_id") for item in items if item.get("type") in ANSWERS.values()]
    for call_id in answered:
        if call_id not in called:
            raise Refused("call_not_found", str(call_id))
    for call_id in called:
        if call_id not in answered:
            raise Refused("output_not_found", str(call_id))
