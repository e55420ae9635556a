"""How a step of a FakeModel's script is played: as the answer to one call, or as the events that stream it."""

from __future__ import annotations

import copy
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from typing import Any

from fakemodel import parts, sdk
from fakemodel.errors import ReplyInvalid
from fakemodel.model import classic
from fakemodel.model.interface import ModelResponse, Usage, attach_raw_usage, attach_usage
from fakemodel.model.memory import Memory
from fakemodel.model.steps import Events, Failure
from fakemodel.model.turns import Turn
from fakemodel.reply import Reply
from fakemodel.tokens import counted, tokens_of
from fakemodel.wire import responses
from fakemodel.wire.grammar import ENDS
from fakemodel.wire.ids import Ids
from fakemodel.wire.payload import Payload, payload_of

__all__ = ["answer", "events", "payloads"]

UNFINISHED = ("in_progress", "queued")


async def answer(reply: Any, turn: Turn, memory: Memory, classic_usage: Usage | None) -> ModelResponse:
    """The answer to a call. Raises the error of a failure, and ReplyInvalid for events that end with no response."""
    if isinstance(reply, Reply):
        body = responses.response(_counted(reply, turn), ids=Ids(turn.number, turn.chain), fields=_echoed(turn))
        memory.keep(turn, body)
        return _model_response(body, turn)
    if isinstance(reply, Failure):
        raise reply.error
    if isinstance(reply, ModelResponse):
        if memory.needs_replies:
            memory.keep(turn, responses.response(_reply(reply), ids=Ids(turn.number, turn.chain), fields=_echoed(turn)))
        answer = copy.deepcopy(reply)
        if hasattr(answer, "raw_usage") and not _keeps_raw_usage(turn):
            answer.raw_usage = None
        return answer
    if isinstance(reply, Events | AsyncIterator):
        return await _finished(reply, turn, memory)
    output = classic.converted(reply)
    return ModelResponse(output=output, usage=classic_usage or Usage(), response_id=classic.RESPONSE_ID)


async def events(reply: Any, turn: Turn, memory: Memory, classic_usage: Usage | None) -> AsyncGenerator[Any, None]:
    """The events that stream the answer. Raises the error of a failure, after the events that come before it."""
    if isinstance(reply, Failure):
        for payload in list(_events(reply.reply, turn))[: reply.after] if reply.reply is not None else ():
            yield sdk.event(payload)
        raise reply.error
    if isinstance(reply, Events):
        for event in reply.events:
            _keep(event, turn, memory)
            yield event
    elif isinstance(reply, AsyncIterator):
        try:
            async for event in reply:
                _keep(event, turn, memory)
                yield event
        finally:
            if close := getattr(reply, "aclose", None):
                await close()
    elif isinstance(reply, Reply | ModelResponse):
        for payload in payloads(reply, turn):
            _keep(payload, turn, memory)
            event = sdk.event(payload)
            if payload["type"] in ENDS:
                _tell(event.response, reply, turn)
            yield event
    else:
        for event in classic.events(reply, classic_usage):
            response: Any = getattr(event, "response", None)
            if response is not None and classic_usage is not None:
                attach_usage(response.usage, classic_usage)
            yield event


def _tell(response: Any, reply: Reply | ModelResponse, turn: Turn) -> None:
    """Give a streamed response what no event says: the id of the request, and the usage as it came."""
    raw_usage = response.usage
    if isinstance(reply, ModelResponse):
        raw_usage = getattr(reply, "raw_usage", None)
        attach_usage(response.usage, reply.usage if reply.usage != Usage() else Usage(requests=1))
        sdk.add_request_id(response, getattr(reply, "request_id", None))
    if _keeps_raw_usage(turn):
        attach_raw_usage(response, raw_usage)


def _keeps_raw_usage(turn: Turn) -> bool:
    return getattr(turn.args["model_settings"], "preserve_raw_usage", None) is True


def payloads(reply: Any, turn: Turn) -> Iterator[Payload]:
    """The events that stream a reply which is there already: not an async iterator."""
    if isinstance(reply, Events):
        return map(payload_of, reply.events)
    if isinstance(reply, Reply | ModelResponse):
        return _events(_counted(reply, turn) if isinstance(reply, Reply) else _reply(reply), turn)
    return map(payload_of, classic.events(reply, None))


def _events(reply: Reply, turn: Turn) -> Iterator[Payload]:
    return responses.events(reply, ids=Ids(turn.number, turn.chain), fields=_echoed(turn))


def _keep(event: Any, turn: Turn, memory: Memory) -> None:
    """Remember the finished response that an event brings."""
    response = event.get("response") if isinstance(event, dict) else getattr(event, "response", None)
    if response is not None:
        body = payload_of(response)
        if body.get("status") not in UNFINISHED:
            memory.keep(turn, body)


async def _finished(reply: Events | AsyncIterator[Any], turn: Turn, memory: Memory) -> ModelResponse:
    """The answer that an exact stream ends with."""
    last = None
    async for event in events(reply, turn, memory, None):
        last = event
    end = {} if last is None else payload_of(last)
    response = payload_of(end["response"]) if end.get("type") in ENDS and end.get("response") else {}
    if not {"id", "output"} <= response.keys():
        raise ReplyInvalid(
            f"turn {turn.number} is not streamed, and its events do not end with a response: {last!r} is the last."
        )
    return _model_response(response, turn)


def _model_response(body: Payload, turn: Turn) -> ModelResponse:
    output = [sdk.item(item) for item in body["output"]]
    raw = {"raw_usage": body.get("usage")} if _keeps_raw_usage(turn) else {}
    return ModelResponse(output=output, usage=_usage(body.get("usage")), response_id=body["id"], **raw)


def _reply(response: ModelResponse) -> Reply:
    """A ready answer as a reply, to be streamed."""
    return Reply(*response.output, usage=counts_of(response.usage), id=response.response_id)


def counts_of(usage: Usage | None) -> parts.Usage | None:
    """The Agents SDK's counts as those of a reply; None where nothing was counted."""
    if usage is None or not usage.total_tokens:
        return None
    cached = getattr(usage.input_tokens_details, "cached_tokens", None)
    reasoning = getattr(usage.output_tokens_details, "reasoning_tokens", None)
    return parts.Usage(usage.input_tokens, usage.output_tokens, cached or 0, reasoning or 0)


def _counted(reply: Reply, turn: Turn) -> Reply:
    """A reply whose usage grows with what the turn saw, where that is known."""
    asked = {"instructions": turn.args["system_instructions"]}
    return counted(reply, tokens_of(turn.context, asked)) if turn.context else reply


def _echoed(turn: Turn) -> Payload:
    """What the API says again of a request in its answer."""
    echoed: Payload = {"previous_response_id": turn.previous_response_id}
    if turn.conversation_id is not None:
        echoed["conversation"] = {"id": turn.conversation_id}
    if (store := getattr(turn.args["model_settings"], "store", None)) is not None:
        echoed["store"] = store
    return echoed


def _usage(usage: Payload | None) -> Usage:
    """The counts as the Agents SDK has them; a response that failed has none."""
    if usage is None:
        return Usage(requests=1)
    counts = sdk.response_usage(usage)
    return Usage(
        requests=1,
        input_tokens=counts.input_tokens,
        output_tokens=counts.output_tokens,
        total_tokens=counts.total_tokens,
        input_tokens_details=counts.input_tokens_details,
        output_tokens_details=counts.output_tokens_details,
    )
