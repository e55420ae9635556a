"""A recorded conversation as values: turn by turn what was sent, what came back, and what each turn goes on from.

It is read from the turns of any cassette, as far as they can be read: nothing is raised for what is broken or of
another API. Identifiers have short names, by first appearance. `str(conversation)` tells it in plain lines.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol, TypeVar

from fakemodel.context import items_of
from fakemodel.parts import Usage
from fakemodel.tape.answers import Answer, answer_of, json_or_none
from fakemodel.tape.interaction import Headers, Interaction
from fakemodel.tape.items import Item, compact, items_in_words
from fakemodel.tape.kept import Exchange, Histories, Kept, named_in, sent_in
from fakemodel.tape.names import Names
from fakemodel.tape.operations import operation_of
from fakemodel.wire import read_chat, read_responses
from fakemodel.wire.payload import Payload

__all__ = ["RESPONSES", "Conversation", "Item", "Turn", "Watch", "conversation_of"]

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One recorded request with its answer.

    `number` is its place in the cassette, from 1, as in the report of a miss. `does` says what was asked: `response`,
    `chat completion`, `conversation conv_1 created`, or method and path of any other request. `goes_on_from` is the
    number of the turn whose response, conversation or messages it goes on from; of its `sent` items the first `again`
    were told there already. `sends` is how many items, or messages, were sent, and `seen` how many the model saw
    with them; None where the recording does not tell, or no model answered. `ended` is the status of a response,
    with the reason why it is incomplete, or the finish_reason of a completion; `events` is how many were streamed,
    None if the answer was not a stream; `problem` why not all of the answer could be read.
    """

    number: int
    method: str
    path: str
    does: str
    status: int
    model: str | None = None
    response_id: str | None = None
    previous_response_id: str | None = None
    conversation_id: str | None = None
    goes_on_from: int | None = None
    instructions: str | None = None
    sent: tuple[Item, ...] = ()
    again: int = 0
    sends: int = 0
    seen: int | None = None
    answered: tuple[Item, ...] = ()
    ended: str | None = None
    error: str | None = None
    problem: str | None = None
    usage: Usage | None = None
    events: int | None = None
    interaction: Interaction = field(repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class Conversation:
    """A recorded conversation: its turns, in the order of the cassette."""

    turns: tuple[Turn, ...]
    names: Names = field(default_factory=Names, repr=False, compare=False)
    """The short names of its identifiers."""

    def __str__(self) -> str:
        from fakemodel.tape.lines import lines

        return "\n".join(map(str, lines(self)))


class Watch(Protocol):
    """Hands on what it is given, one by one, and may tell meanwhile how far it is; `iter` is one that tells nothing."""

    def __call__(self, values: Sequence[T], /) -> Iterable[T]:
        """The values."""


def conversation_of(interactions: Sequence[Interaction], watch: Watch = iter) -> Conversation:
    """The conversation that was recorded as these interactions; `watch` sees them one by one."""
    reader = _Reader(interactions)
    turns = tuple(reader.turn(number, each) for number, each in enumerate(watch(interactions), 1))
    return Conversation(turns, reader.named)


MODELS = {"POST responses", "POST responses/compact", "POST chat/completions"}
"""The operations that ask a model."""

RESPONSES = {*MODELS, "GET responses/*", "POST responses/*/cancel", "GET chat/completions/*"}
"""The operations whose answer is a response, or a completion."""


class _Reader:
    """Reads turns in their order, with what is known of those before."""

    def __init__(self, interactions: Sequence[Interaction]) -> None:
        self.named = Names(body for each in interactions for body in (each.request.body, each.response.body))
        self._kept = Kept()
        self._histories = Histories()

    def turn(self, number: int, interaction: Interaction) -> Turn:
        """The next turn."""
        request, response = interaction.request, interaction.response
        operation, answer = operation_of(request), answer_of(response)
        sent = json_or_none(request.body)
        body: Payload = sent if isinstance(sent, dict) else {}
        succeeded, asks = response.status < 400, operation.key in MODELS
        path, (previous, conversation) = self._short(operation.path), map(self._short, named_in(body))
        if operation.key:
            payloads = sent_in(body)
            own = tuple(items_in_words(payloads, self.named))
        else:
            payloads, own = (), self._raw("sent", request.body, sent, request.headers)
        before = self._kept.before(operation, body)
        known = self._histories.before(own) if asks and not (previous or conversation) else None
        response_id = self._short(answer.body.get("id")) if succeeded and operation.key in RESPONSES else None
        does = self._short(operation.words(answer.body)) if succeeded and operation.key else ""
        answered = self._answered(answer, succeeded, operation.key, interaction)
        if succeeded:
            self._kept.after(number, Exchange(operation, body, payloads, answer.body))
        if succeeded and asks:
            replaced = operation.key == "POST responses/compact"
            self._histories.after(number, *((answered, ()) if replaced else (own, answered)))
        return Turn(
            number=number,
            method=request.method,
            path=path or "",
            does=does or f"{request.method} {path}",
            status=response.status,
            model=_text(answer.body.get("model")) or _text(body.get("model")),
            response_id=response_id,
            previous_response_id=previous,
            conversation_id=conversation,
            goes_on_from=(known or before).turn,
            instructions=self._short(body.get("instructions")),
            sent=own,
            again=known.items or 0 if known else 0,
            sends=len(payloads),
            seen=before.items + len(payloads) if succeeded and asks and before.items is not None else None,
            answered=answered,
            ended=_ended(answer.body) if operation.key in RESPONSES else None,
            error=self._short(_error(answer, succeeded, response.message)),
            problem=answer.problem,
            usage=_usage(answer.body.get("usage")),
            events=None if answer.events is None else len(answer.events),
            interaction=interaction,
        )

    def _short(self, text: Any) -> str | None:
        return self.named(text) if isinstance(text, str) and text else None

    def _answered(self, answer: Answer, succeeded: bool, key: str, interaction: Interaction) -> tuple[Item, ...]:
        if not succeeded:
            return ()
        if not key:
            said = answer.json if answer.events is None else answer.body or None  # None: events that add up to nothing
            return self._raw("answered", interaction.response.body, said, interaction.response.headers)
        choices = answer.body.get("choices")
        if not isinstance(choices, list):
            return tuple(items_in_words(items_of(answer.body.get("output", answer.body.get("data"))), self.named))
        found = ((at, items_in_words(_message(choice), self.named)) for at, choice in enumerate(choices))
        return tuple(
            replace(item, label=f"{item.label} [{at}]") if len(choices) > 1 and item.kind == "message" else item
            for at, items in found
            for item in items
        )

    def _raw(self, label: str, body: bytes, json: Any, headers: Headers) -> tuple[Item, ...]:
        """What is said by a request, or an answer, of another API: its JSON, its text, or how much it is."""
        content_type = next(iter(headers.get("content-type", ())), "")
        if json not in (None, {}, []):
            text = compact(json)
        elif not body or json is not None:
            return ()
        elif content_type.startswith("text/") and "event-stream" not in content_type:
            text = body.decode(errors="replace")
        else:
            text = f"{len(body):,} bytes" + (f" of {content_type.partition(';')[0]}" if content_type else "")
        return (Item(kind="other", label=label, text=self.named(text), payload={}),)


def _message(choice: Any) -> Iterator[Any]:
    if isinstance(choice, dict) and choice.get("message") is not None:
        yield choice["message"]


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _ended(body: Payload) -> str | None:
    """How a response, or the choices of a completion, ended."""
    if isinstance(body.get("status"), str):
        details = body.get("incomplete_details")
        reason = details.get("reason") if isinstance(details, dict) else None
        return f"{body['status']}: {reason}" if reason else str(body["status"])
    reasons = (choice.get("finish_reason") for choice in items_of(body.get("choices")))
    return ", ".join(dict.fromkeys(str(reason) for reason in reasons if reason)) or None


def _error(answer: Answer, succeeded: bool, message: str) -> str | None:
    error = answer.body.get("error")
    if isinstance(error, dict):
        kind = error.get("code") or error.get("type")
        told = str(error.get("message") or compact(error))
        return f"{kind}: {told}" if kind else told
    return str(error) if error else None if succeeded else answer.text.strip() or message or "no word why"


def _usage(counts: object) -> Usage | None:
    """The token counts of an answer of either API; None for none, or what is none."""
    if not isinstance(counts, dict):
        return None
    read = read_responses.usage_of if "input_tokens" in counts else read_chat.usage_of
    try:
        return read(counts)
    except (TypeError, AttributeError):
        return None
