"""Server-managed state: what is kept of responses and conversations, and what may follow them. No HTTP, no SDK."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from fakemodel.context import Context, check_reasoning, text_of
from fakemodel.shown import counted, shortened
from fakemodel.wire.errors import Refused
from fakemodel.wire.payload import Payload

__all__ = ["Conversation", "State", "Stored", "StoredCompletion"]

ANSWERED = {"completed", "incomplete"}
"""How a response ends that its conversation keeps."""


class Stream(Protocol):
    """A stream that a client is being given."""

    stopped: bool
    """Whether the server sends no more of it."""


@dataclass(slots=True, repr=False)
class Stored:
    """A response that is kept: its `body`, the items that its turn `saw`, and the position at which its `chain` began.

    Of one that is made in the background `coming` are the bodies that it will have, one after the other; `events` is
    its stream, where it can be resumed, and `streams` are those that clients were given.
    """

    body: Payload
    saw: Context
    chain: int
    conversation_id: str | None = None
    coming: list[Payload] = field(default_factory=list)
    events: Callable[..., Iterator[Payload]] | None = None
    streams: list[Stream] = field(default_factory=list)
    _context: Context | None = field(default=None, init=False)

    def __repr__(self) -> str:
        said = shortened(repr("".join(map(text_of, self.body.get("output", ())))))
        return f"<Response {self.body['id']}: {self.body.get('status')}, {said}>"

    @property
    def context(self) -> Context:
        """What a turn that goes on from it sees before its own items: there is nothing of its own before its end."""
        if self.coming:
            return self.saw
        if self._context is None:
            self._context = self.saw.extended(self.body["output"])
        return self._context


@dataclass(slots=True, repr=False)
class Conversation:
    """A conversation that is kept: its `items` in their order, and the `run` that holds it, if one does.

    That is a response that is made in the background, or True for any other.
    """

    id: str
    created_at: int
    metadata: Mapping[str, str] = field(default_factory=dict)
    items: Context = field(default_factory=Context)
    run: Stored | bool = False

    def __repr__(self) -> str:
        return f"<Conversation {self.id}: {counted(len(self.items), 'item')}{', in use' if self.run else ''}>"

    def item(self, item_id: str) -> Payload:
        """One of its items. Raises Refused."""
        for item in self.items:
            if item.get("id") == item_id:
                return item
        raise Refused("item_not_in_conversation", item_id)

    def add(self, items: Sequence[Payload]) -> None:
        """Append items. Raises Refused for one that is there already."""
        there: set[object] = set()
        for item in items:
            if item["id"] in there or self.items.has_id(item["id"]):
                raise Refused("item_already_in_conversation")
            there.add(item["id"])
        self.items = self.items.extended(items)

    def remove(self, item_id: str) -> None:
        """Take an item out. Raises Refused for one that is not there."""
        gone = self.item(item_id)
        self.items = Context(item for item in self.items if item is not gone)


@dataclass(frozen=True, slots=True)
class StoredCompletion:
    """A chat completion that is kept: its `body`, and the `messages` of its request."""

    body: Payload
    messages: tuple[Payload, ...]


@dataclass(slots=True)
class State:
    """What one server remembers: its stored responses and completions, and its conversations, by their ids."""

    responses: dict[str, Stored] = field(default_factory=dict)
    conversations: dict[str, Conversation] = field(default_factory=dict)
    completions: dict[str, StoredCompletion] = field(default_factory=dict)
    models: list[str] = field(default_factory=list)
    """The models that requests named, in their order."""

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

    def completion(self, completion_id: str) -> StoredCompletion:
        """A stored completion. Raises Refused."""
        if completion_id not in self.completions:
            raise Refused("completion_not_found", completion_id)
        return self.completions[completion_id]

    def chain_of(self, previous_response_id: str | None) -> int | None:
        """The position at which the chain of a response began; None for a response that begins one.

        Raises Refused.
        """
        return None if previous_response_id is None else self._previous(previous_response_id).chain

    def context(
        self, input: Sequence[Payload], previous_response_id: str | None = None, conversation_id: str | None = None
    ) -> Context:
        """The items that a turn sees: those that the server keeps, then its own, with what they refer to in its place.

        Raises Refused for both ids at once; for a response or a conversation that is not kept; for items that are not
        kept, or there twice; for reasoning without what followed it; and for calls and outputs that do not answer each
        other.
        """
        if previous_response_id is not None and conversation_id is not None:
            raise Refused("both_states")
        before = Context()
        if previous_response_id is not None:
            before = self._previous(previous_response_id).context
        elif conversation_id is not None:
            before = self.conversation(conversation_id).items
        own = tuple(self._resolved(input))
        check_reasoning(own)
        return before.asked(own)

    def free(self, conversation_id: str) -> Conversation:
        """A conversation that no run holds. Raises Refused."""
        conversation = self.conversation(conversation_id)
        run = conversation.run
        # A response in the background holds it until its end, or until it is forgotten.
        if run is True or (run and run.coming and self.responses.get(run.body["id"]) is run):
            raise Refused("conversation_locked")
        return conversation

    def lock(self, conversation_id: str | None) -> None:
        """Begin a run on a conversation, if there is one: another is refused until `unlock`. Raises Refused."""
        if conversation_id is not None:
            self.free(conversation_id).run = True

    def unlock(self, conversation_id: str | None, run: Stored | bool = True) -> None:
        """End a run on a conversation; it may have been deleted meanwhile."""
        conversation = self.conversations.get(conversation_id or "")
        if conversation is not None and conversation.run is run:
            conversation.run = False

    def keep(self, stored: Stored) -> None:
        """Remember a response, and append what is new in a finished one to its conversation.

        One with `store: false` leaves nothing behind, unless it is made in the background: then it can be retrieved.
        """
        if stored.body["store"] or stored.body["background"]:
            self.responses[stored.body["id"]] = stored
        conversation = self.conversations.get(stored.conversation_id or "")
        if conversation is not None and stored.coming:
            conversation.run = stored
        elif conversation is not None and stored.body["store"] and stored.body["status"] in ANSWERED:
            conversation.items = stored.context

    def proceed(self, stored: Stored) -> None:
        """Let a response in the background come to the next of its bodies."""
        if stored.coming:
            stored.body = stored.coming.pop(0)
            if not stored.coming:
                self._ended(stored)

    def finish(self, stored: Stored, body: Payload | None = None) -> None:
        """Let a response in the background come to its end, or to `body`; one that is there stays as it is."""
        if stored.coming:
            stored.body, stored.coming = body or stored.coming[-1], []
            self._ended(stored)

    def forget(self, stored: Stored) -> None:
        """Delete a response; what went on from it, and its conversation, stay as they are."""
        del self.responses[stored.body["id"]]

    def _ended(self, stored: Stored) -> None:
        if self.responses.get(stored.body["id"]) is stored:
            self.keep(stored)
        self.unlock(stored.conversation_id, stored)

    def _previous(self, response_id: str) -> Stored:
        stored = self.responses.get(response_id)
        if stored is None or not stored.body["store"]:
            raise Refused("previous_response_not_found", response_id)
        return stored

    def _resolved(self, input: Sequence[Payload]) -> Iterator[Payload]:
        """The items of an input; what a reference names, and reasoning that only the server can read, must be kept."""
        kept: dict[str, Payload] | None = None
        for item in input:
            refers = item.get("type") == "item_reference"
            unread = item.get("type") == "reasoning" and not item.get("encrypted_content")
            if not (refers or unread) or not isinstance(item.get("id"), str):
                yield item
                continue
            kept = self.kept_items() if kept is None else kept
            if item["id"] not in kept:
                raise Refused("item_not_found", item["id"])
            yield kept[item["id"]] if refers else item

    def kept_items(self) -> dict[str, Payload]:
        """The items of stored responses and of conversations, by their ids."""
        contexts = [stored.context for stored in self.responses.values() if stored.body["store"]]
        contexts += [conversation.items for conversation in self.conversations.values()]
        longest: dict[int, Context] = {}
        for context in sorted(contexts, key=len):
            longest[context.chain] = context
        return {item["id"]: item for context in longest.values() for item in context if isinstance(item.get("id"), str)}
