"""What the contract asks of an adapter, and what the adapter told: the same for every framework."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from fakemodel.parts import Usage
from fakemodel.wire.grammar import ENDS
from fakemodel.wire.payload import Payload, payload_of

__all__ = ["Result", "Turn", "ask_model", "stream_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One turn that an adapter is to ask: `input` are items of the Responses API, `tools` its function tools.

    `settings` are by the names of the Agents SDK's ModelSettings. What is None was not given by the caller.
    """

    input: Sequence[Payload] = ({"role": "user", "content": "Hello"},)
    instructions: str | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    tools: Sequence[Payload] = ()
    handoffs: Sequence[Any] = ()
    output_schema: Any = None
    previous_response_id: str | None = None
    conversation_id: str | None = None
    prompt: Payload | None = None
    streamed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What an adapter made of an answer: its output items (dicts of the Responses API), usage and the response's id.

    `status` is the response's, None where the adapter tells none. `events` are those of the Responses API that it
    streamed, as objects of the openai SDK; None where it streams in a form of its own, and where it does not stream.
    """

    output: Sequence[Payload] = ()
    usage: Usage | None = None
    response_id: str | None = None
    status: str | None = None
    events: Sequence[Any] | None = field(default=None, repr=False)

    @classmethod
    def of(cls, response: Any) -> Result:
        """What a response of the openai SDK says, or a ModelResponse of the Agents SDK."""
        return cls(
            output=[payload_of(item) for item in response.output],
            usage=_usage(response.usage),
            response_id=response.response_id if hasattr(response, "response_id") else response.id,
            status=getattr(response, "status", None),
        )

    @classmethod
    def of_events(cls, events: Sequence[Any]) -> Result:
        """What a stream of the Responses API says: the response at its end, or nothing but the events."""
        ended = [event.response for event in events[-1:] if getattr(event, "type", None) in ENDS]
        return replace(cls.of(ended[0]) if ended else cls(), events=events)

    @property
    def text(self) -> str:
        """All texts and refusals that it told, one behind the other."""
        parts = [part for item in self.output for part in item.get("content") or ()]
        return "".join(str(part.get("text") or part.get("refusal") or "") for part in parts)


async def ask_model(model: Any, turn: Turn) -> Result:
    """Ask a `Model` of the Agents SDK. Raises what it raises."""
    if not turn.streamed:
        return Result.of(await model.get_response(**_arguments(turn)))
    async with stream_of(model, turn) as stream:
        return Result.of_events([event async for event in stream])


@asynccontextmanager
async def stream_of(model: Any, turn: Turn) -> AsyncIterator[Any]:
    """The events that a `Model` of the Agents SDK streams, as they come; closed at the end, if they can be."""
    stream = model.stream_response(**_arguments(turn))
    try:
        yield stream
    finally:
        if close := getattr(stream, "aclose", None):
            await close()


def _arguments(turn: Turn) -> dict[str, Any]:
    from agents import ModelSettings, ModelTracing
    from agents.tool import FunctionTool

    async def nothing(*_: object) -> str:
        return ""

    tools = [
        FunctionTool(tool["name"], tool.get("description", ""), tool["parameters"], nothing, strict_json_schema=False)
        for tool in turn.tools
    ]
    return {
        "system_instructions": turn.instructions,
        "input": [dict(item) for item in turn.input],
        "model_settings": ModelSettings(**turn.settings),
        "tools": tools,
        "output_schema": turn.output_schema,
        "handoffs": list(turn.handoffs),
        "tracing": ModelTracing.DISABLED,
        "previous_response_id": turn.previous_response_id,
        "conversation_id": turn.conversation_id,
        "prompt": turn.prompt,
    }


def _usage(usage: Any) -> Usage | None:
    if usage is None:
        return None
    cached = getattr(usage.input_tokens_details, "cached_tokens", None)
    reasoning = getattr(usage.output_tokens_details, "reasoning_tokens", None)
    return Usage(usage.input_tokens, usage.output_tokens, cached or 0, reasoning or 0)
