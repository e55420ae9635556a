"""Server-managed state: the responses that a server keeps, and what may follow them. No HTTP, no SDK."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from fakemodel.wire.errors import Refused
from fakemodel.wire.payload import Payload

__all__ = ["ANSWERS", "Kept", "State", "check_calls", "items_of"]

ANSWERS = {
    "function_call": "function_call_output",
    "custom_tool_call": "custom_tool_call_output",
    "computer_call": "computer_call_output",
    "local_shell_call": "local_shell_call_output",
    "shell_call": "shell_call_output",
    "apply_patch_call": "apply_patch_call_output",
}
"""The calls that the caller answers, and the item that answers each."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What a server keeps of a stored response: the position that its chain began at, and all that was said until it.

    `context` has the items that a turn which continues it sees, those of the response last.
    """

    chain: int
    context: tuple[Payload, ...]


@dataclass(slots=True)
class State:
    """What one server remembers: its stored responses, and the items of its conversations, by their ids."""

    responses: dict[str, Kept] = field(default_factory=dict)
    conversations: dict[str, tuple[Payload, ...]] = field(default_factory=dict)

    def chain_of(self, previous_response_id: str | None) -> int | None:
        """The position at which the chain of a response began; None for a response that begins one.

        Raises Refused.
        """
        return None if previous_response_id is None else self._kept(previous_response_id).chain

    def context(
        self, input: Sequence[Payload], previous_response_id: str | None = None, conversation_id: str | None = None
    ) -> tuple[Payload, ...]:
        """The items that a turn sees: those that the server keeps, then its own.

        Raises Refused for both ids at once, for a response that was never made or not stored, and for calls and
        outputs that do not answer each other.
        """
        if previous_response_id is not None and conversation_id is not None:
            raise Refused("both_states")
        before: tuple[Payload, ...] = ()
        if previous_response_id is not None:
            before = self._kept(previous_response_id).context
        elif conversation_id is not None:
            before = self.conversations.get(conversation_id, ())
        seen = (*before, *input)
        check_calls(seen)
        return seen

    def keep(
        self,
        response: Payload,
        chain: int,
        context: Sequence[Payload] = (),
        conversation_id: str | None = None,
    ) -> None:
        """Remember a finished response and what came before it, unless its request said `store: false`."""
        if response["store"]:
            after = (*context, *response["output"])
            self.responses[response["id"]] = Kept(chain, after)
            if conversation_id is not None:
                self.conversations[conversation_id] = after

    def _kept(self, response_id: str) -> Kept:
        if response_id not in self.responses:
            raise Refused("previous_response_not_found", response_id)
        return self.responses[response_id]


def items_of(input: object) -> tuple[Payload, ...]:
    """An input as items: a text is a message of the user."""
    if isinstance(input, str):
        return ({"type": "message", "role": "user", "content": input},)
    return tuple(item for item in input if isinstance(item, dict)) if isinstance(input, list | tuple) else ()


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
