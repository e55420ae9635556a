"""A cassette as a script: which replies, faults and answers of single routes make a FakeOpenAI, or a FakeModel, say it.

What a FakeOpenAI answers by itself, as what becomes of conversations and most refusals, needs no script. That is not
guessed: the recorded requests are put to one while its script is made.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from fakemodel.api import faults
from fakemodel.api.fake_openai import FakeOpenAI
from fakemodel.api.faults import Fault
from fakemodel.api.possible import check_possible
from fakemodel.errors import ReplyInvalid, SettingInvalid, StreamError
from fakemodel.guards import Guard
from fakemodel.reply import Reply, altered
from fakemodel.scripting.answers import Named, body_of, reply_of, written
from fakemodel.scripting.guards import asked_of, guards_of
from fakemodel.scripting.rehearsal import Rehearsal
from fakemodel.tape.address import api_path, place
from fakemodel.tape.conversation import Watch
from fakemodel.tape.interaction import Interaction
from fakemodel.tape.operations import operation_of
from fakemodel.wire.payload import Payload, json_of

__all__ = ["Failed", "Route", "Said", "Script", "script_of"]

ASKING = ("POST responses", "POST chat/completions")
"""The operations whose answers a script says as replies."""

TRIED_AGAIN = (408, 409, 429)
"""The statuses that the SDK tries again, beside those from 500 on."""


@dataclass(frozen=True, slots=True)
class Said:
    """A reply, and the guard that waits for its turn where the order is not given."""

    reply: Reply
    guard: Guard | None


@dataclass(frozen=True, slots=True)
class Failed:
    """A status that a turn was answered with, its error, and a guard for it; `number` is that of the next reply.

    `tried_again` says that the same was asked once more, as the SDK does.
    """

    status: int
    error: Payload
    guard: Guard | None
    number: int
    tried_again: bool

    @property
    def fault(self) -> Fault:
        """What makes a FakeOpenAI answer so. Raises ReplyInvalid."""
        return faults.status(self.status, **self.members)

    @property
    def members(self) -> dict[str, Any]:
        """What the error says, as far as a fault can say it."""
        known = ("message", "code", "type", "param")
        return {key: self.error[key] for key in known if isinstance(self.error.get(key), str)}


@dataclass(frozen=True, slots=True)
class Route:
    """What a route that FakeOpenAI does not serve, or serves otherwise, was answered with, in order."""

    method: str
    path: str
    answers: tuple[tuple[int, Any], ...]


@dataclass(slots=True)
class Script:
    """What is said, in the order of the turns; `unsaid` are the turns that are not answered as recorded, and why."""

    steps: list[Said | Failed] = field(default_factory=list)
    routes: list[Route] = field(default_factory=list)
    unsaid: list[str] = field(default_factory=list)


def script_of(turns: Sequence[Interaction], *, served: bool, watch: Watch = iter) -> Script:
    """The script that says the recorded turns: `served` by a FakeOpenAI, or by a FakeModel, that hears of no others.

    `watch` is given the turns, and sees them one by one.
    """
    making = _Making(turns, served)
    making.play(watch)
    if making.otherwise:
        making = _Making(turns, served, list(_routes(turns, making.otherwise)))
        making.play(watch)
    return making.script


class _Making:
    """A script while it is made, and the rehearsal that it is made by."""

    def __init__(self, turns: Sequence[Interaction], served: bool, routes: Sequence[Route] = ()) -> None:
        self.turns, self.served = turns, served
        self.script = Script(routes=list(routes))
        self.otherwise: set[tuple[str, str]] = set()
        """The routes that were not answered as recorded, though no model is asked there."""
        self.named = _named(turns)
        self.asking = [index for index, turn in enumerate(turns) if _asks(turn)]
        self.asks = frozenset(self.asking)
        self.guards = guards_of(turns, self.asking)
        self.api = FakeOpenAI()
        self.rehearsal = Rehearsal(self.api)
        for route in routes:
            left = iter(route.answers)
            self.api.on(route.method, route.path, lambda _, left=left: next(left))  # type: ignore[misc]

    def play(self, watch: Watch) -> None:
        for index, turn in enumerate(watch(self.turns)):
            try:
                why = self._take(index, turn)
            except (ReplyInvalid, StreamError) as error:
                why = str(error)
            if why:
                told = f"turn {index + 1}, {turn.request.method} {place(turn.request.uri)}: {why}"
                self.script.unsaid.append(" ".join(told.split()))

    def _take(self, index: int, turn: Interaction) -> str | None:
        """Take a turn into the script; returns why it is not answered as it was. Raises ReplyInvalid, StreamError."""
        if index not in self.asks:
            why = self._differs(turn) if self.served else None
            if why and _is_routable(turn):
                self.otherwise.add((turn.request.method, _path(turn)))
            return why
        if turn.response.status >= 400:
            return self._fail(index, turn)
        reply = self._reply(index)
        self.script.steps.append(Said(reply, self.guards.get(index)))
        if not self.served:
            return None
        self.api.say(reply)
        return self._differs(turn)

    def _fail(self, index: int, turn: Interaction) -> str | None:
        if self.served and not self._differs(turn):
            return None  # a FakeOpenAI refuses it by itself
        body = body_of(turn.response)
        error = body.get("error") if isinstance(body, dict) else None
        after = self.turns[index + 1 :]
        tried_again = turn.response.status in TRIED_AGAIN or turn.response.status >= 500
        failed = Failed(
            turn.response.status,
            error if isinstance(error, dict) else {},
            self.guards.get(index),
            1 + sum(isinstance(step, Said) for step in self.script.steps),
            tried_again and any(_same(turn, each) for each in after),
        )
        if self.served:
            self.api.fail(failed.fault)
        self.script.steps.append(failed)
        return self._differs(turn) if self.served else None

    def _reply(self, index: int) -> Reply:
        """What a turn said, if need be when it was asked for once more. Raises ReplyInvalid and StreamError."""
        turn = self.turns[index]
        reply = reply_of(turn.response)
        if reply is None:
            later = (each for each in self.turns[index:] if _id_of(each) == _id_of(turn))
            reply = next((found for each in later if (found := reply_of(each.response))), None)
        if reply is None:
            raise ReplyInvalid("its response has not come to its end in this cassette")
        reply = written(reply, self.named)
        try:
            check_possible(reply, json_of(turn.request.body), index + 1)
        except ReplyInvalid:
            return altered(reply, unchecked=True)
        except (TypeError, ValueError, RecursionError):
            raise ReplyInvalid("its request is no JSON object") from None
        return reply

    def _differs(self, turn: Interaction) -> str | None:
        return self.rehearsal.differs(turn)


def _id_of(turn: Interaction) -> object:
    body = body_of(turn.response)
    return body.get("id") if isinstance(body, dict) else None


def _asks(turn: Interaction) -> bool:
    return operation_of(turn.request).key in ASKING


def _path(turn: Interaction) -> str:
    return place(turn.request.uri)


def _same(one: Interaction, other: Interaction) -> bool:
    return _path(one) == _path(other) and asked_of(one) == asked_of(other)


def _is_routable(turn: Interaction) -> bool:
    """Whether the answer can be that of a route: a JSON object, at a path of the API's."""
    if api_path(turn.request.uri) is None or turn.response.is_stream or not isinstance(body_of(turn.response), dict):
        return False
    try:
        FakeOpenAI().on(turn.request.method, _path(turn), lambda request: None)
    except SettingInvalid:
        return False
    return True


def _routes(turns: Sequence[Interaction], otherwise: set[tuple[str, str]]) -> Iterator[Route]:
    answers: dict[tuple[str, str], list[tuple[int, Any]]] = defaultdict(list)
    for turn in turns:
        if (route := (turn.request.method, _path(turn))) in otherwise:
            answers[route].append((turn.response.status, body_of(turn.response)))
    return (Route(*route, tuple(given)) for route, given in answers.items())


def _named(turns: Sequence[Interaction]) -> Named:
    answers: set[str] = set()
    items: set[str] = set()
    for turn in turns:
        asked = asked_of(turn)
        answers |= {*_path(turn).split("/"), str(asked.previous_response_id)}
        for item in asked.items:
            answers |= {str(item[key]) for key in ("call_id", "tool_call_id") if item.get(key)}
            if item.get("type") == "item_reference" or (item.get("type") == "reasoning" and not _is_sealed(item)):
                items.add(str(item.get("id")))
    return Named(frozenset(answers), frozenset(items))


def _is_sealed(item: Payload) -> bool:
    return bool(item.get("encrypted_content"))
