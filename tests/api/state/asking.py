"""What the machine's rules are made of: requests through the SDK, each held to what the rules say of it.

Replies and inputs are numbered, so that no two items of a history say the same.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import hypothesis
import openai
import pytest

import fakemodel
from fakemodel import FakeOpenAI, Reply, reasoning, text, tool_call
from tests.api.state.rules import Brought, Item, Refusal, Response, Rules, Turn, refusal

__all__ = ["REPLIES", "Asking", "Open"]

REPLIES: dict[str, Callable[[str], Reply]] = {
    "a text": lambda n: Reply(text("Said ", n)),
    "a refusal": lambda n: Reply(fakemodel.refusal("Refused ", n)),
    "a thought and a text": lambda n: Reply(reasoning("Thought ", n), text("Said ", n)),
    "a sealed thought and a text": lambda n: Reply(
        reasoning("Thought ", n, encrypted_content=f"sealed {n}"), text("Said ", n)
    ),
    "a call": lambda n: Reply(tool_call("f", n)),
    "two calls": lambda n: Reply(tool_call("f", n), tool_call("g", f"{n}0")),
    "a thought and a call": lambda n: Reply(reasoning("Thought ", n), tool_call("f", n)),
    "half a text": lambda n: Reply(text("Half ", n), status="incomplete"),
    "a failure": lambda n: Reply(status="failed", error=f"Broken {n}."),
}
"""What a model may say, by what it is called in a history."""

SAID: dict[str, tuple[tuple[str, str], ...]] = {
    "a text": (("assistant", "Said {}"),),
    "a refusal": (("assistant", "Refused {}"),),
    "a thought and a text": (("reasoning", "Thought {}"), ("assistant", "Said {}")),
    "a sealed thought and a text": (("reasoning", "Thought {}"), ("assistant", "Said {}")),
    "a call": (("function_call", "{}"),),
    "two calls": (("function_call", "{}"), ("function_call", "{}0")),
    "a thought and a call": (("reasoning", "Thought {}"), ("function_call", "{}")),
    "half a text": (("assistant", "Half {}"),),
    "a failure": (),
}
"""The items that it is then: the type (of a message the role), and what is said."""

ENDS = {"half a text": "incomplete", "a failure": "failed"}
"""How a response ends that is not completed."""

TERMINAL = ("response.completed", "response.incomplete", "response.failed")


@dataclass(eq=False)
class Open:
    """A stream that is read from: its response, and the last event that was read."""

    events: openai.Stream[Any]
    response: Response
    last: Any = None


def told(item: Mapping[str, Any]) -> tuple[str, str]:
    """An item of the wire as the rules have it: its type, or its role, and what is said."""
    said = next((item[key] for key in ("content", "summary", "arguments", "output") if item.get(key)), "")
    if isinstance(said, list):
        said = "".join(part.get("text") or part.get("refusal") for part in said)
    return item.get("role") or item["type"], said


def sent(brought: Brought) -> dict[str, Any]:
    """An item of an input as a caller writes it."""
    item = brought.item
    if brought.form == "reference":
        return {"type": "item_reference", "id": item.id}
    known: dict[str, Any] = {"id": item.id} if brought.form == "again" else {}
    match item.kind:
        case "reasoning":
            known |= {"encrypted_content": item.sealed} if item.sealed else {}
            return {"type": item.kind, "summary": [{"type": "summary_text", "text": item.says}], **known}
        case "function_call":
            return {"type": item.kind, "call_id": item.call_id, "name": "f", "arguments": item.says, **known}
        case "function_call_output":
            return {"type": item.kind, "call_id": item.call_id, "output": item.says}
        case _ if known:
            content = [{"type": "output_text", "text": item.says, "annotations": []}]
            return {"type": "message", "role": item.kind, "content": content, "status": "completed", **known}
    return {"role": item.kind, "content": item.says}


def learn(items: list[Item], wire: Iterable[Mapping[str, Any]]) -> None:
    """Hold items to what the server says they are, and learn the ids that it gives them."""
    wire = list(wire)
    assert [told(item) for item in wire] == [(item.kind, item.says) for item in items]
    for item, found in zip(items, wire, strict=True):
        item.id = item.id or found["id"]
        item.call_id = item.call_id or found.get("call_id")
        assert (found["id"], found.get("call_id")) == (item.id, item.call_id)


class Asking:
    """A FakeOpenAI and the rules, side by side, and a client that asks."""

    def __init__(self) -> None:
        self.api = FakeOpenAI()
        self.api.otherwise(self._said)
        self.client = self.api.client()
        self.rules = Rules()
        self.made: dict[str, Response] = {}
        self._numbers = itertools.count(1)
        self._says = ""
        self._plays = 0

    def _said(self, request: Any) -> Reply:
        self._plays += 1
        return REPLIES[self._says](str(self._plays))

    def new(self, kind: str = "user", call_id: str | None = None) -> Brought:
        """An item that nobody has seen before."""
        return Brought(Item(kind, f"{kind} {next(self._numbers)}", call_id))

    def refused(self, refusals: list[Refusal], request: Callable[[], object]) -> None:
        """A request is refused once, for one of these reasons, in plain JSON."""
        before, plays = len(self.api.requests), self._plays
        with pytest.raises(openai.APIStatusError) as raised:
            request()
        error = raised.value
        assert isinstance(error.body, dict)
        told = Refusal(type(error), error.code, error.param, error.body["message"])
        assert told in refusals
        hypothesis.event(f"refused: {refusals[refusals.index(told)].reason}")
        assert error.type == "invalid_request_error"
        assert error.response.headers["content-type"] == "application/json"
        assert [journaled.status for journaled in self.api.requests[before:]] == [error.status_code]
        assert self._plays == plays

    def _tokens_of(self, asked: Mapping[str, Any]) -> int:
        """What the API counts beforehand; openai 2.0 has no method for it."""
        answer: Any = self.client.post("/responses/input_tokens", body=asked, cast_to=object)
        counted: int = answer["input_tokens"]
        return counted

    def ask(self, turn: Turn, says: str, *, stream: bool) -> Any:
        """Ask for a response: what was answered, a stream of it, or None where it was refused."""
        asked: dict[str, Any] = {
            "previous_response_id": turn.previous,
            "conversation": turn.conversation,
            "input": [sent(brought) for brought in turn.brought],
            "model": "gpt-4.1",
        }
        if turn.told is not None:
            asked["instructions"] = turn.told
        refusals = self.rules.refusals(turn)
        tokens = self._counted(turn, asked, refusals)
        asked |= {"store": turn.store, "background": turn.background, "stream": stream}
        self._says = says
        if refusals:
            self.refused(refusals, lambda: self.client.responses.create(**asked))
            return None
        saw = self.rules.sees(turn)
        self.rules.begin(turn)
        answered = self.client.responses.create(**asked)
        assert self.api.requests[-1].status == 200
        learn(saw, self.api.requests[-1].context)
        items = [Item(kind, said.format(self._plays)) for kind, said in SAID[says]]
        if "sealed" in says:
            items[0].sealed = f"sealed {self._plays}"
        ends = ENDS.get(says, "completed")
        response = Response(turn, saw, items, ends, tokens)
        if turn.previous is not None and turn.brought and not self.made[turn.previous].turn.told:
            assert tokens > self.made[turn.previous].tokens
        if turn.background:
            response.status, response.coming, response.resumable = "queued", ["in_progress", ends], stream
        hypothesis.event(
            f"answered: {says}, {'streamed' if stream else 'plain'}{', in the background' * turn.background}"
        )
        if stream:
            return Open(answered, response)
        (self._began if turn.background else self._ended)(response, answered)
        return answered

    def _counted(self, turn: Turn, asked: Mapping[str, Any], refusals: list[Refusal]) -> int:
        """The tokens of a turn, which are counted while its conversation is locked too."""
        wrong = [each for each in refusals if each.code != "conversation_locked"]
        if wrong:
            self.refused(wrong, lambda: self._tokens_of(asked))
            return 0
        counted = self._tokens_of(asked)
        assert [told(item) for item in self.api.requests[-1].context] == [
            (item.kind, item.says) for item in self.rules.sees(turn)
        ]
        return counted

    def read(self, stream: Open, events: int) -> None:
        """Read some events of a stream; who was given the last may ask again at once."""
        response = stream.response
        for event in itertools.islice(stream.events, events):
            if event.type == "response.created" and response.turn.background and event.response.id not in self.made:
                self._began(response, event.response)
            stream.last = event
            if event.type in TERMINAL:
                return self._ended(response, event.response)
        return None

    def leave(self, stream: Open) -> None:
        """Read no more: a run in the foreground is over then, and one in the background comes to its end by itself."""
        stream.events.close()
        if stream.response.turn.background:
            self.rules.proceed(stream.response, len(stream.response.coming))
        elif stream.last is None or stream.last.type not in TERMINAL:
            self.rules.leave(stream.response.turn)

    def retrieve(self, response_id: str) -> None:
        """A response is what was answered; one in the background is a step further."""
        if response_id not in self.rules.responses:
            return self.refused([refusal("response", response_id)], lambda: self.client.responses.retrieve(response_id))
        response = self.rules.responses[response_id]
        self.rules.proceed(response)
        found = self.client.responses.retrieve(response_id, include=["reasoning.encrypted_content"])
        assert (found.id, found.status) == (response_id, response.status)
        if response.coming or response.status == "cancelled":
            assert (found.output, found.usage) == ([], None)
        elif response.answered is None:
            self._ended(response, found)
        else:
            assert found == response.answered
        return None

    def added(self, kinds: Iterable[str]) -> list[Item]:
        """Items that a caller adds to a conversation."""
        items = []
        for kind in kinds:
            if kind.endswith("call"):
                call_id = f"call_{next(self._numbers)}"
                items.append(Item("function_call", "{}", call_id))
                kinds_left = ["function_call_output"] if kind == "an answered call" else []
                items += [self.new(each, call_id).item for each in kinds_left]
            else:
                items.append(self.new(kind).item)
        return items

    def lists(self, found: Iterable[Any], items: list[Item], order: str = "asc") -> None:
        """Hold a list of the server's, of all its pages, to the items that it should have."""
        learn(items if order == "asc" else items[::-1], [item.to_dict() for item in found])

    def ended(self, response_id: str) -> str:
        """A response for which its client has waited, if it is made in the background."""
        response = self.rules.responses.get(response_id)
        while response is not None and response.answered is None and response.status != "cancelled":
            self.retrieve(response_id)
        return response_id

    def _began(self, response: Response, answered: Any) -> None:
        """A response in the background is there from the beginning."""
        self.made[answered.id] = self.rules.responses[answered.id] = response
        assert (answered.status, answered.output, answered.usage) == ("queued", [], None)

    def _ended(self, response: Response, answered: Any) -> None:
        """A response has come to its end, and was answered."""
        turn = response.turn
        if response.status == "cancelled":
            return  # what was being read is read to its end
        if turn.background:
            self.rules.proceed(response, len(response.coming))
        else:
            self.made[answered.id] = response
            if turn.stored:
                self.rules.responses[answered.id] = response
            self.rules.end(response)
        assert (answered.status, answered.background, answered.store) == (response.status, turn.background, turn.stored)
        assert answered.previous_response_id == turn.previous
        assert (answered.conversation and answered.conversation.id) == turn.conversation
        assert answered.instructions == turn.told
        learn(response.says, [item.to_dict() for item in answered.output])
        assert (answered.usage and answered.usage.input_tokens) == (response.tokens if answered.usage else None)
        assert (answered.usage is None) == (answered.status == "failed")
        response.answered = answered
