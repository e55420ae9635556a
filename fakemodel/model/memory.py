"""What a FakeModel remembers between turns: as the Responses API does, or nothing, as Chat Completions."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Protocol

from fakemodel.context import Context, items_of
from fakemodel.errors import ServerStateRefused, SettingInvalid
from fakemodel.model.turns import Turn
from fakemodel.state import Conversation, State, Stored
from fakemodel.wire.errors import Refused
from fakemodel.wire.ids import EPOCH
from fakemodel.wire.payload import Payload

__all__ = ["Memory", "memory_of"]

BACKENDS = ("responses", "chat_completions")


class Memory(Protocol):
    """What a turn goes on from."""

    needs_replies: bool
    """Whether outputs of the classic surface are played as replies, with ids of their own."""

    def recall(self, turn: Turn) -> None:
        """Give the turn its context. Raises Refused or ServerStateRefused for what it cannot go on from."""

    def keep(self, turn: Turn, response: Payload) -> None:
        """Remember the finished response of a turn."""


def memory_of(server_state: bool, backend: str) -> Memory:
    """The memory of a model. Raises SettingInvalid for a backend that there is not, or that keeps no state."""
    if backend not in BACKENDS:
        raise SettingInvalid(f"backend={backend!r} is none; there are {' and '.join(map(repr, BACKENDS))}.")
    if backend == "chat_completions":
        if server_state:
            raise SettingInvalid("backend='chat_completions' keeps no state: leave server_state out.")
        return _Stateless()
    return _Kept() if server_state else _Untold()


@dataclass(slots=True)
class _Untold:
    """Nothing is known of a server: ids are recorded, and not looked at."""

    needs_replies: bool = False

    def recall(self, turn: Turn) -> None:
        pass

    def keep(self, turn: Turn, response: Payload) -> None:
        pass


@dataclass(slots=True)
class _Kept:
    """The Responses API's state."""

    needs_replies: bool = True
    state: State = field(default_factory=State)

    def recall(self, turn: Turn) -> None:
        if turn.conversation_id is not None:  # who made it is not seen by a model
            self.state.conversations.setdefault(turn.conversation_id, Conversation(turn.conversation_id, EPOCH))
        turn.context = self.state.context(items_of(turn.input), turn.previous_response_id, turn.conversation_id)
        turn.chain = self.state.chain_of(turn.previous_response_id)

    def keep(self, turn: Turn, response: Payload) -> None:
        chain = turn.number if turn.chain is None else turn.chain
        self.state.keep(Stored(response, turn.context, chain, turn.conversation_id))


SERVER_STATE = ("previous_response_id", "conversation_id", "prompt")
"""The arguments that name what a server keeps."""

ORPHANS = {
    "call_not_found": "sends the output of call {0}, and the call is not in its input",
    "output_not_found": "sends call {0}, and its output is not in its input",
}


@dataclass(slots=True)
class _Stateless:
    """Chat Completions: each call has to bring all that was said."""

    needs_replies: bool = False

    def recall(self, turn: Turn) -> None:
        for name in SERVER_STATE:
            value: Any = turn.args[name]
            if value is not None:
                raise _refused(turn, f"passes {name}={value!r}")
        try:
            turn.context = Context().asked(items_of(turn.input))
        except Refused as orphan:
            raise _refused(turn, ORPHANS[orphan.reason].format(*orphan.named)) from None

    def keep(self, turn: Turn, response: Payload) -> None:
        pass


def _refused(turn: Turn, what: str) -> ServerStateRefused:
    return ServerStateRefused(
        f"turn {turn.number} {what}: a model of Chat Completions sees its input alone, for no server keeps what was "
        "said before. Send the whole history with each turn, or use a model of the Responses API."
    )
