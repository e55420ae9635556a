"""Chains of state: whether each request goes on from what the cassette says was kept.

The recorded turns are played to the rules of server-managed state (`fakemodel.state`). What they refuse was answered
all the same, and that is one of two things. Either the cassette begins in the middle, with ids of a day before: a
warning. Or it contradicts itself, by an id that was deleted, not stored or is only given out later, by an output
without its call: no server gave these answers in this order, so that it is an error.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from fakemodel.context import check_messages
from fakemodel.state import State
from fakemodel.tape.answers import answer_of, json_or_none
from fakemodel.tape.checks.finding import Finding
from fakemodel.tape.checks.laws import is_the_apis
from fakemodel.tape.interaction import Interaction
from fakemodel.tape.kept import EFFECTS, Exchange, keep_answer, named_in, sent_in
from fakemodel.tape.operations import operation_of
from fakemodel.wire.errors import ERRORS, Refused

__all__ = ["broken_chains"]

DANGLING = {
    "previous_response_not_found": "previous_response_id",
    "conversation_not_found": "conversation",
    "item_not_found": "the item",
}
"""The refusals of an id that nobody keeps, and what it is."""


def broken_chains(turns: Sequence[Interaction], *, quoted: bool) -> Iterator[Finding]:
    """What requests go on from that was not there; ids are `quoted`, or kept back."""
    chains = _Chains(_given_out(turns))
    for number, turn in enumerate(turns, 1):
        try:
            chains.take(number, turn)
        except _Broken as broken:
            what = broken.what if quoted else "goes on from what is not there"
            severe = broken.severe and is_the_apis(turn)
            yield Finding("state", what, f"turn {number}, request", severe=severe, turn=number)
        except (AttributeError, KeyError, TypeError):
            continue  # no request or answer of the API's: there is nothing that it goes on from


class _Broken(Exception):
    """A chain that does not hold."""

    def __init__(self, what: str, *, severe: bool) -> None:
        super().__init__(what)
        self.what, self.severe = what, severe


@dataclass(slots=True)
class _Chains:
    """What is kept while the turns of a cassette are gone through.

    `given_out` tells for each id the turns that gave it out. What went on from something that is not in the cassette is
    `unknown`: nobody can say what its turns saw, and nothing is said of what follows it. `ended` are the ids that are
    not kept any more, and why.
    """

    given_out: Mapping[str, int]
    state: State = field(default_factory=State)
    unknown: set[str] = field(default_factory=set)
    ended: dict[str, str] = field(default_factory=dict)

    def take(self, number: int, turn: Interaction) -> None:
        """Go on to a turn. Raises _Broken."""
        if turn.response.status >= 400:
            return
        operation, body = operation_of(turn.request), json_or_none(turn.request.body)
        asked = body if isinstance(body, dict) else {}
        exchange = Exchange(operation, asked, sent_in(asked), answer_of(turn.response).body)
        try:
            self._take(number, exchange)
        except Refused as refused:
            self.unknown |= {exchange.id, *filter(None, named_in(asked))}
            raise self._broken(number, refused) from None

    def _take(self, number: int, exchange: Exchange) -> None:
        key, id_ = exchange.operation.key, exchange.id
        if key == "POST chat/completions":
            check_messages(exchange.body["messages"])
        elif key == RESPOND:
            self._respond(number, exchange)
        elif key in EFFECTS:
            if key in OF_ITEMS and id_ not in self.state.conversations and id_ not in self.ended:
                self.unknown.add(id_)
            EFFECTS[key](self.state, exchange)
            if key in DELETIONS:
                self.ended[id_] = f"which turn {number} deleted"

    def _respond(self, number: int, exchange: Exchange) -> None:
        named = named_in(exchange.body)
        if not exchange.id:
            return
        if exchange.body.get("prompt") or self.unknown.intersection(named):
            self.unknown.add(exchange.id)
            return
        keep_answer(self.state, exchange, self.state.context(exchange.sent, *named))
        kept = self.state.responses.get(exchange.id)
        if kept is None or not kept.body["store"]:
            self.ended[exchange.id] = f"which turn {number} did not store"

    def _broken(self, number: int, refused: Refused) -> _Broken:
        if refused.reason not in DANGLING:
            error = ERRORS[refused.reason].body(*refused.named)["error"]
            return _Broken(f"it was answered, and must have been refused: {error['message']}", severe=True)
        named = refused.named[0]
        goes_on = f"{DANGLING[refused.reason]} is {named!r}"
        if named in self.ended:
            return _Broken(f"{goes_on}, {self.ended[named]}", severe=True)
        later = self.given_out.get(named)
        if later is not None and later >= number:
            return _Broken(f"{goes_on}, which is only given out by turn {later}", severe=True)
        return _Broken(f"{goes_on}, which no turn before it gave out", severe=False)


RESPOND = "POST responses"

OF_ITEMS = {"POST conversations/*/items", "DELETE conversations/*/items/*"}
"""The operations that change the items of a conversation."""

DELETIONS = {"DELETE responses/*", "DELETE conversations/*"}
"""The operations after which an id is not kept any more."""


def _given_out(turns: Sequence[Interaction]) -> dict[str, int]:
    """The turn that first gave out the id of each response, conversation and output item."""
    found: dict[str, int] = {}
    for number, turn in enumerate(turns, 1):
        if turn.request.method != "POST":
            continue
        answer = answer_of(turn.response).body
        output = answer.get("output")
        for holder in (answer, *(output if isinstance(output, list) else ())):
            if isinstance(holder, dict) and isinstance(holder.get("id"), str):
                found.setdefault(holder["id"], number)
    return found
