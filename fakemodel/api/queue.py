"""What a FakeOpenAI is to say: replies in their order, replies that wait for a request, and one for all the others."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Generator
from dataclasses import dataclass
from typing import Any, TypeAlias

from fakemodel.api.http import Call, Request, conversation_of
from fakemodel.context import items_of
from fakemodel.guards import Asked, Guarded, met, unguarded
from fakemodel.reply import Reply
from fakemodel.script import Turns, described, no_reply_left, table, unplayed
from fakemodel.shown import shortened
from fakemodel.wire.payload import Payload

__all__ = ["Queue", "Responder", "Steps", "Turn", "Waited", "asked", "waited"]

Responder: TypeAlias = Callable[[Request], Any]
"""What is asked for a reply when its request is there; sync or async."""

Waited: TypeAlias = Callable[[], object | Awaitable[object]]
"""What a door is to call, and to wait for where it can be awaited."""

Steps: TypeAlias = Generator[Waited, object, "tuple[int, Reply]"]


@dataclass(slots=True, repr=False)
class Turn:
    """One request that asked the script for a reply, and what it was answered."""

    call: Call
    reply: object = None
    responder: Responder | None = None
    played: bool = False

    def __repr__(self) -> str:
        return f"<Turn: {self.asked} -> {self.answered}>"

    @property
    def asked(self) -> str:
        """The request in a few words."""
        said = self.call.body.get("input") or self.call.body.get("messages")
        if isinstance(said, list) and said:
            said = said[-1].get("content") or said[-1].get("output")
        return f"{self.call.request.path} {shortened(repr(said))}"

    @property
    def answered(self) -> str:
        """The reply in a few words."""
        if self.reply is not None:
            return described(self.reply)
        return f"what {described(self.responder)}" if self.responder else "no reply left"


class Queue:
    """The script of a server, and the turns that were played of it."""

    def __init__(self) -> None:
        self.turns: Turns[Turn] = Turns()
        self.refused: list[BaseException] = []
        self._replies: list[object] = []
        self._guarded: list[Guarded] = []
        self._otherwise: object | None = None

    def say(self, reply: object) -> None:
        """Append a reply. Raises ReplyInvalid."""
        if isinstance(reply, Guarded):
            self._guarded.append(Guarded(reply.guard, _checked(reply.reply)))
        else:
            self._replies.append(_checked(reply))

    def otherwise(self, reply: object) -> None:
        """What is said, any number of times, where no reply is left. Raises ReplyInvalid."""
        self._otherwise = _checked(reply)

    @property
    def left(self) -> list[object]:
        """The replies that nobody asked for."""
        return [*self._replies, *self._guarded]

    def play(self, call: Call) -> Steps:
        """The position of a turn, and its reply; yields the responders that are to be called for it.

        Raises NoReplyLeft, ReplyInvalid, and what a responder raises.
        """
        turn = Turn(call)
        self.turns.append(turn)
        position = len(self.turns)
        reply = self._next(turn, position)
        if not isinstance(reply, Reply):
            turn.responder = reply
            reply = Reply.of((yield waited(reply, call.request)))
        turn.reply = reply
        return position, reply

    def _next(self, turn: Turn, position: int) -> Any:
        call = turn.call
        guarded = met(self._guarded, _seen(call.body, position)) if self._guarded else None
        turn.played = guarded is not None or bool(self._replies)
        if guarded is not None:
            return guarded.reply
        if self._replies:
            return self._replies.pop(0)
        if self._otherwise is not None:
            return self._otherwise
        raise no_reply_left("the API", self.turns, self._guarded, _seen(call.body, position))

    @property
    def unplayed(self) -> str:
        """Which replies are left, a turn a line; empty where none is."""
        return unplayed("the API", self.turns, self.left) if self.left else ""

    def __str__(self) -> str:
        return table(self.turns, self.left)


def waited(responder: Responder, request: Request) -> Waited:
    """The call of a responder. What it raises is its own, also where that would end a generator or a future of ours."""

    def call() -> object:
        try:
            return responder(request)
        except StopIteration as error:
            raise RuntimeError(f"{described(responder)} raised StopIteration") from error

    return call


def _checked(reply: object) -> object:
    return reply if callable(reply) and not isinstance(reply, Reply | type) else Reply.of(unguarded(reply))


def asked(request: Request, turn: int) -> Asked | None:
    """A request as a guard looks at it; None for one that asks for no reply."""
    if request.method != "POST" or not request.path.endswith(("/responses", "/chat/completions")):
        return None
    body = request.payload
    return None if body is None else _seen(body, turn)


def _seen(body: Payload, turn: int) -> Asked:
    return Asked(
        turn,
        items_of(body.get("input", body.get("messages"))),
        body.get("previous_response_id"),
        conversation_of(body),
    )
