"""Chains of state: whether each request goes on from what the cassette says was kept.

The recorded turns are played to the rules of server-managed state (`fakemodel.state`). What they refuse was answered
all the same, and that is one of two things. Either the cassette begins in the middle, with ids of a day before: a
warning. Or it contradicts itself, by an id that was deleted, not stored or is only given out later, by an output
without its call: no server gave these answers in this order, so that it is an error.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from fakemodel.api.http import conversation_of
from fakemodel.context import Context, check_messages, items_of
from fakemodel.state import Conversation, State, Stored
from fakemodel.tape.address import api_path
from fakemodel.tape.answers import answer_of, json_or_none
from fakemodel.tape.checks.finding import Finding
from fakemodel.tape.checks.laws import is_the_apis
from fakemodel.tape.interaction import Interaction
from fakemodel.wire.errors import ERRORS, Refused
from fakemodel.wire.payload import Payload

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
        path = api_path(turn.request.uri)
        if path is None or turn.response.status >= 400:
            return
        route = f"{turn.request.method} {path.partition('?')[0].rstrip('/')}"
        for pattern, take in ROUTES:
            if found := pattern.fullmatch(route):
                body = json_or_none(turn.request.body)
                answer = answer_of(turn.response).body
                take(self, number, body if isinstance(body, dict) else {}, answer, **found.groupdict())

    def create(self, number: int, body: Payload, answer: Payload) -> None:
        previous, conversation = body.get("previous_response_id"), conversation_of(body)
        store = next((each["store"] for each in (body, answer) if each.get("store") is not None), True)
        if not store:
            self.ended[answer["id"]] = f"which turn {number} did not store"
        if body.get("prompt") or {previous, conversation} & self.unknown:
            self.unknown.add(answer["id"])
            return
        try:
            saw = self.state.context(items_of(body.get("input")), previous, conversation)
        except Refused as refused:
            self.unknown |= {answer["id"], *filter(None, (previous, conversation))}
            raise self._broken(number, refused) from None
        chain = self.state.chain_of(previous)
        first = number if chain is None else chain
        self.state.keep(Stored({"background": False, **answer, "store": store}, saw, first, conversation))

    def update(self, number: int, body: Payload, answer: Payload, response: str) -> None:
        kept = self.state.responses.get(response)
        if kept is not None and isinstance(answer.get("output"), list):
            self.state.keep(Stored({**kept.body, **answer}, kept.saw, kept.chain, kept.conversation_id))

    def delete(self, number: int, body: Payload, answer: Payload, response: str) -> None:
        self.ended[response] = f"which turn {number} deleted"
        self.state.responses.pop(response, None)

    def converse(self, number: int, body: Payload, answer: Payload) -> None:
        items = Context(items_of(body.get("items")))
        self.state.conversations[answer["id"]] = Conversation(answer["id"], 0, items=items)

    def add(self, number: int, body: Payload, answer: Payload, conversation: str) -> None:
        if kept := self._conversation(conversation):
            kept.items = kept.items.extended(answer["data"])

    def remove(self, number: int, body: Payload, answer: Payload, conversation: str, item: str) -> None:
        if kept := self._conversation(conversation):
            kept.items = Context(each for each in kept.items if each.get("id") != item)

    def end(self, number: int, body: Payload, answer: Payload, conversation: str) -> None:
        self.ended[conversation] = f"which turn {number} deleted"
        self.state.conversations.pop(conversation, None)

    def complete(self, number: int, body: Payload, answer: Payload) -> None:
        try:
            check_messages(body["messages"])
        except Refused as refused:
            raise self._broken(number, refused) from None

    def _conversation(self, conversation: str) -> Conversation | None:
        if conversation not in self.state.conversations and conversation not in self.ended:
            self.unknown.add(conversation)
        return self.state.conversations.get(conversation)

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


ROUTES: Sequence[tuple[re.Pattern[str], Callable[..., None]]] = [
    (re.compile(pattern), take)
    for pattern, take in (
        (r"POST /v1/responses", _Chains.create),
        (r"GET /v1/responses/(?P<response>[^/]+)", _Chains.update),
        (r"POST /v1/responses/(?P<response>[^/]+)/cancel", _Chains.update),
        (r"DELETE /v1/responses/(?P<response>[^/]+)", _Chains.delete),
        (r"POST /v1/conversations", _Chains.converse),
        (r"DELETE /v1/conversations/(?P<conversation>[^/]+)", _Chains.end),
        (r"POST /v1/conversations/(?P<conversation>[^/]+)/items", _Chains.add),
        (r"DELETE /v1/conversations/(?P<conversation>[^/]+)/items/(?P<item>[^/]+)", _Chains.remove),
        (r"POST /v1/chat/completions", _Chains.complete),
    )
]
"""What becomes of the state, by the method and the path."""


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
