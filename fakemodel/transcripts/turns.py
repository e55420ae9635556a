"""Turns as lines, told as `fakemodel show` tells a recording: of a cassette, of a FakeOpenAI, and of a FakeModel.

A request that was played is made the interaction that it would have been recorded as.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from fakemodel.api import queue
from fakemodel.api.http import EVENT_STREAM, Request
from fakemodel.model import turns
from fakemodel.script import described
from fakemodel.tape import interaction as tape
from fakemodel.tape.conversation import Conversation, conversation_of
from fakemodel.tape.interaction import Interaction
from fakemodel.tape.lines import lines
from fakemodel.wire.payload import Payload, json_text, payload_of
from fakemodel.wire.sse import frames

__all__ = ["TURNS", "turn_lines"]

TURNS = (Interaction, Request, queue.Turn, turns.Turn)
"""What is a turn."""

API = "https://api.openai.com"


@dataclass(frozen=True, slots=True)
class _Played:
    """A turn as the interaction that it was, and what there was `instead` of a whole answer."""

    interaction: Interaction
    instead: str | None = None


def turn_lines(played: Iterable[Any], *, usage: bool) -> Iterator[str]:
    """The lines of turns, all of one kind; token counts where `usage` is asked for."""
    found = [_played(turn) for turn in played]
    conversation = conversation_of([each.interaction for each in found])
    told = (
        replace(turn, error=each.instead or turn.error, usage=turn.usage if usage else None)
        for turn, each in zip(conversation.turns, found, strict=True)
    )
    return map(str, lines(Conversation(tuple(told), conversation.names)))


def _played(turn: Any) -> _Played:
    if isinstance(turn, Interaction):
        return _Played(turn)
    if isinstance(turn, turns.Turn):
        return _of_model(turn)
    return _of_api(turn.call.request if isinstance(turn, queue.Turn) else turn)


def _of_api(request: Request) -> _Played:
    """A request to a FakeOpenAI."""
    answer, fault = request.answer, request.fault
    query = f"?{request.query}" if request.query else ""
    sent = tape.Request(request.method, f"{API}{request.path}{query}", _headers(request.headers), request.body)
    if answer is None:
        return _Played(Interaction(sent, _response(b"")), "not answered")
    instead = None if fault is None else repr(fault)
    response = tape.Response(answer.status or 200, "", _headers(answer.headers), answer.body)
    return _Played(Interaction(sent, response), instead)


def _of_model(turn: turns.Turn) -> _Played:
    """A call of a FakeModel, as the request to the Responses API that it stands for."""
    body = {
        "instructions": turn.args["system_instructions"],
        "input": turn.input if isinstance(turn.input, str) else [payload_of(item) for item in turn.input],
        "previous_response_id": turn.previous_response_id,
        "conversation": turn.conversation_id,
    }
    sent = json_text({key: value for key, value in body.items() if value is not None}).encode()
    request = tape.Request("POST", f"{API}/v1/responses", {}, sent)
    events, instead = _said(turn)
    return _Played(Interaction(request, _answer(events, turn.streamed)), instead)


def _said(turn: turns.Turn) -> tuple[Sequence[Payload], str | None]:
    """The events of a turn's answer, and what there was instead of them, or after them."""
    from fakemodel.model import play, steps

    reply = turn.reply
    while isinstance(reply, steps.Slow):
        reply = reply.step
    if not turn.played or steps.is_error(reply) or callable(reply) or isinstance(reply, AsyncIterator):
        return (), turn.answered
    if isinstance(reply, steps.Failure):
        begun = list(play.payloads(reply.reply, turn)) if turn.streamed and reply.reply is not None else []
        return begun[: reply.after], described(reply.error)
    return list(play.payloads(reply, turn)), None


def _answer(events: Sequence[Payload], streamed: bool) -> tape.Response:
    if streamed:
        return _response(b"".join(frames(events)), EVENT_STREAM)
    return _response(json_text(events[-1]["response"]).encode() if events else b"")


def _response(body: bytes, content_type: str = "application/json") -> tape.Response:
    return tape.Response(200, "OK", {"content-type": [content_type]}, body)


def _headers(headers: Any) -> dict[str, list[str]]:
    return {name.lower(): [value] for name, value in headers.items()}
