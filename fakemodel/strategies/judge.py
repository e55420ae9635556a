"""Steps played against a server, or against a client in front of one, each held to the rules of the API's state.

What is kept, and what may follow it, is for `fakemodel.state` to say. The ids are those that the server itself gives;
its model may say what it likes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import count, product
from typing import Any, ClassVar, TypeAlias

from fakemodel.context import Context, text_of
from fakemodel.errors import SettingInvalid
from fakemodel.parts import text, tool_call
from fakemodel.reply import Reply
from fakemodel.state import Conversation, State, Stored
from fakemodel.strategies import history as steps
from fakemodel.strategies.history import Step
from fakemodel.wire.errors import ERRORS, Refused
from fakemodel.wire.ids import EPOCH
from fakemodel.wire.payload import Payload

__all__ = ["Judge", "Request", "Seen", "Send", "play"]

__tracebackhide__ = True  # pytest shows the user's own frames


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A step as a request: its `method`, its `path` with the query, and its `json` body, if it has one.

    `says` is what the model should answer, where the server can be told: a `Reply`, or None for a request that asks no
    model. `step` is the step itself.
    """

    method: str
    path: str
    json: Payload | None = None
    says: Reply | None = None
    step: Step


Send: TypeAlias = Callable[[Request], tuple[int, Any]]
"""What sends a request, and returns the status and the JSON body of what came back."""

Seen: TypeAlias = Callable[[], Sequence[Payload] | None]
"""What tells the items, or messages, that the model saw in the last turn; None where nobody knows."""


def play(history: Iterable[Step], send: Send, seen: Seen | None = None) -> None:
    """Send the steps of a history, one by one, and hold what comes back to the rules of the API's state.

    `send` is given each `Request` and returns the status and the JSON body of its answer; `seen`, if there is one, the
    items that the model saw in the last turn. Raises AssertionError at the first answer that the API would not give,
    with the history so far, and SettingInvalid for what is no step, or names one that does not come before it.
    """
    judge = Judge(send, seen)
    for step in history:
        judge.play(step)


class Judge:
    """A history that is being played: what its steps were answered, and what a server has to keep of them."""

    def __init__(self, send: Send, seen: Seen | None = None) -> None:
        self.history: list[Step] = []
        self.taken: list[bool] = []
        """Which of the steps were taken, and not refused."""
        self._send = send
        self._seen = seen or (lambda: None)
        self._state = State()
        self._bodies: list[Payload | None] = []
        self._told: list[str] = []
        self._issued: set[str] = set()

    def play(self, step: Step) -> bool:
        """Send a step; whether it was taken. Raises AssertionError for an answer that the API would not give."""
        if type(step) not in self._PLAYS:
            raise SettingInvalid(f"{step!r} is no step; there are {', '.join(kind.__name__ for kind in self._PLAYS)}.")
        self.history.append(step)
        self._told.append("")
        body = self._PLAYS[type(step)](self, step)
        self._bodies.append(body)
        self.taken.append(body is not None)
        return body is not None

    def _ask(
        self,
        refusals: Sequence[Refused],
        method: str,
        path: str,
        json: Payload | None = None,
        says: Reply | None = None,
    ) -> Payload | None:
        """What a request was answered, or None where it was refused, as it should for one of these reasons."""
        request = Request(method=method, path=path, json=json, says=says, step=self.history[-1])
        status, body = self._send(request)
        error = body.get("error") if isinstance(body, dict) else None
        code = error.get("code") if isinstance(error, dict) else None
        self._told[-1] = f"{status}{f' {code}' if code else ''}"
        found = f"{self._told[-1]}{_words(error or body)}"
        rows = [(ERRORS[each.reason], each) for each in refusals]
        if not rows:
            self._hold(200 <= status < 300 and isinstance(body, dict), "200", found)
            return dict(body)
        right = any((status, code) == (row.status, row.code) for row, _ in rows)
        row, refused = rows[0]
        expected = f"{row.status} {row.code}" if row.code else f"{row.status}"
        self._hold(right, f"{expected}, {row.body(*refused.named)['error']['message']!r}", found)
        return None

    def _hold(self, holds: bool, expected: str, found: object) -> None:
        """Raise AssertionError, with the history, where something does not hold."""
        if not holds:
            width = max(len(repr(step)) for step in self.history)
            told = zip(count(), self.history, self._told, strict=False)
            lines = "\n".join(f"  [{at}] {step!r:{width}}  {answer}".rstrip() for at, step, answer in told)
            raise AssertionError(
                f"step {len(self.history) - 1} was answered as the API would not.\n"
                f"  expected: {expected}\n  found:    {found}\n{lines}"
            )

    def _equal(self, what: str, expected: object, found: object) -> None:
        self._hold(found == expected, f"{what} is {expected!r}", f"{found!r}")

    def _new_id(self, body: Payload) -> str:
        """The id that something new was given."""
        given = body.get("id")
        self._hold(isinstance(given, str) and given not in self._issued, "an id that nothing else has", repr(given))
        self._issued.add(str(given))
        return str(given)

    def _id(self, position: int | str | None, prefix: str) -> str | None:
        """The id that a step was given; one that nobody gave where it was refused."""
        if not isinstance(position, int):
            return position
        body = self._body(position)
        return f"{prefix}_{0:050d}" if body is None else str(body["id"])

    def _body(self, position: int) -> Payload | None:
        """What a step before this one was answered."""
        if not 0 <= position < len(self._bodies):
            raise SettingInvalid(f"{self.history[-1]!r} is step {len(self._bodies)}, and names step {position}.")
        return self._bodies[position]

    def _items(self, what: str, found: Any) -> list[Payload]:
        holds = isinstance(found, list) and all(isinstance(item, dict) for item in found)
        self._hold(holds, f"{what} is a list of items", repr(found))
        return list(found)

    def _create_response(self, step: steps.CreateResponse) -> Payload | None:
        state, position = self._state, len(self.history) - 1
        previous, conversation = self._id(step.after, "resp"), self._id(step.conversation, "conv")
        brought = self._input(step, previous, conversation)
        contexts, refusals = [], []
        for each in dict.fromkeys(product((previous, None), (conversation, None))):
            try:
                contexts.append(state.context(brought, *each))
            except Refused as refused:
                refusals.append(refused)
            else:
                if each == (previous, conversation):
                    break
        options = {
            "previous_response_id": previous,
            "conversation": conversation,
            "store": None if step.store else False,
        }
        given = {name: value for name, value in options.items() if value is not None}
        calls = [tool_call("f", {"call": number}) for number in range(1, step.calls + 1)]
        says = Reply(*calls) if calls else Reply(text(f"Answer {position}"))
        body = self._ask(refusals, "POST", "/v1/responses", {"model": MODEL, "input": brought, **given}, says)
        if body is None:
            return None
        self._new_id(body)
        self._equal("previous_response_id", previous, body.get("previous_response_id"))
        echoed = body.get("conversation")
        self._equal("conversation", conversation, echoed.get("id") if isinstance(echoed, dict) else echoed)
        self._items("output", body.get("output"))
        if (seen := self._seen()) is not None:
            self._equal("what the model saw", _said(contexts[0]), _said(seen))
        kept = {"status": "completed", **body, "store": step.store, "background": False}
        chain = state.chain_of(previous)
        state.keep(Stored(kept, contexts[0], position if chain is None else chain, conversation))
        return body

    def _input(self, step: steps.CreateResponse, previous: str | None, conversation: str | None) -> list[Payload]:
        """What a response is asked for with: references, the outputs of the calls that wait for some, and a message."""
        before: Iterable[Payload] = ()
        if previous in self._state.responses:
            before = self._state.responses[previous].context
        elif conversation in self._state.conversations:
            before = self._state.conversations[conversation].items
        body = None if step.refers is None else self._body(step.refers)
        referred = [item for item in (body or {}).get("output", ()) if item.get("id")]
        calls = [item["call_id"] for item in (*before, *referred) if item.get("type") == "function_call"]
        answered = {item.get("call_id") for item in before if item.get("type") == "function_call_output"}
        waiting = [] if step.brings == "unanswered" else [call_id for call_id in calls if call_id not in answered]
        waiting += ["call_unknown"] if step.brings == "uncalled" else []
        return [
            *({"type": "item_reference", "id": item["id"]} for item in referred),
            *({"type": "function_call_output", "call_id": call_id, "output": "Done."} for call_id in waiting),
            {"role": "user", "content": f"Message {len(self.history) - 1}"},
        ]

    def _retrieve_response(self, step: steps.RetrieveResponse) -> Payload | None:
        response_id = str(self._id(step.response, "resp"))
        kept = self._state.responses.get(response_id)
        body = self._ask(_unless(kept, "response_not_found", response_id), "GET", f"/v1/responses/{response_id}")
        if body is not None and kept is not None:
            self._equal("id", response_id, body.get("id"))
            self._equal("what it says", _said(kept.body["output"]), _said(self._items("output", body.get("output"))))
        return body

    def _delete_response(self, step: steps.DeleteResponse) -> Payload | None:
        response_id = str(self._id(step.response, "resp"))
        kept = self._state.responses.pop(response_id, None)
        return self._ask(_unless(kept, "response_not_found", response_id), "DELETE", f"/v1/responses/{response_id}")

    def _create_conversation(self, step: steps.CreateConversation) -> Payload | None:
        items = [self._message(number) for number in range(step.items)]
        body = self._ask((), "POST", "/v1/conversations", {"items": items} if items else {})
        if body is not None:
            made = Conversation(self._new_id(body), EPOCH, items=Context(items))
            self._state.conversations[made.id] = made
        return body

    def _message(self, number: int = 0) -> Payload:
        content = f"Message {len(self.history) - 1}.{number}"
        return {"type": "message", "role": "user", "content": [{"type": "input_text", "text": content}]}

    def _add_items(self, step: steps.AddItems) -> Payload | None:
        conversation_id = str(self._id(step.conversation, "conv"))
        kept = self._state.conversations.get(conversation_id)
        call = {"type": "function_call", "call_id": f"call_{len(self.history)}", "name": "f", "arguments": "{}"}
        items = [call if step.call else self._message()]
        path = f"/v1/conversations/{conversation_id}/items"
        body = self._ask(_unless(kept, "conversation_not_found", conversation_id), "POST", path, {"items": items})
        if body is not None and kept is not None:
            self._equal("what was added", _said(items), _said(self._items("data", body.get("data"))))
            kept.add(body["data"])
        return body

    def _list_items(self, step: steps.ListItems) -> Payload | None:
        conversation_id = str(self._id(step.conversation, "conv"))
        kept = self._state.conversations.get(conversation_id)
        path = f"/v1/conversations/{conversation_id}/items?order=asc&limit=100"
        body = self._ask(_unless(kept, "conversation_not_found", conversation_id), "GET", path)
        if body is not None and kept is not None:
            self._equal("what the conversation has", _said(kept.items), _said(self._items("data", body.get("data"))))
        return body

    def _delete_conversation(self, step: steps.DeleteConversation) -> Payload | None:
        conversation_id = str(self._id(step.conversation, "conv"))
        kept = self._state.conversations.pop(conversation_id, None)
        path = f"/v1/conversations/{conversation_id}"
        return self._ask(_unless(kept, "conversation_not_found", conversation_id), "DELETE", path)

    _PLAYS: ClassVar[Mapping[type, Callable[[Judge, Any], Payload | None]]] = {
        steps.CreateResponse: _create_response,
        steps.RetrieveResponse: _retrieve_response,
        steps.DeleteResponse: _delete_response,
        steps.CreateConversation: _create_conversation,
        steps.AddItems: _add_items,
        steps.ListItems: _list_items,
        steps.DeleteConversation: _delete_conversation,
    }


MODEL = "gpt-4.1"


def _unless(kept: object, reason: str, id: str) -> Sequence[Refused]:
    """Why what should be kept is refused, where it is not."""
    return () if kept is not None else (Refused(reason, id),)


def _said(items: Iterable[Any]) -> list[str]:
    return [text_of(item) for item in items]


def _words(body: Any) -> str:
    """What an answer says, as far as it says why."""
    if isinstance(body, dict) and "id" in body:
        return ""
    told = repr(body["message"] if isinstance(body, dict) and "message" in body else body)
    return f", {told}" if len(told) <= LONG else f", {told[:LONG]}…"


LONG = 160
"""The characters of an answer that are shown."""
