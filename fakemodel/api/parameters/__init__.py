"""What the bodies of requests must be: a table for each endpoint, and the refusals of the API for all that is not so.

Known are the members that the API's description has, and the newest SDK. What they are made of is told in `kinds`; what
stands in an input, in a message or in a list of tools in `input_items`, `messages` and `tools`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from fakemodel.api.parameters import messages, settings, tools
from fakemodel.api.parameters.input_items import INPUT, INPUT_ITEM
from fakemodel.api.parameters.kinds import (
    ANY,
    BOOLEAN,
    OBJECT,
    TEXT,
    Either,
    Integer,
    ListOf,
    MapOf,
    Members,
    Number,
    OneOf,
    Text,
)
from fakemodel.wire.errors import Refused
from fakemodel.wire.payload import Payload

__all__ = [
    "COMPACTION",
    "COMPLETION",
    "COMPLETION_UPDATE",
    "CONVERSATION",
    "CONVERSATION_UPDATE",
    "EMBEDDINGS",
    "INPUT_TOKENS",
    "ITEMS",
    "RESPONSE",
    "Parameters",
    "check",
]

Rule: TypeAlias = Callable[[Payload], None]
"""What a body must be as a whole. Raises Refused."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameters:
    """What a body must be: what is looked at `first`, its members, and what is looked at `last`."""

    first: tuple[Rule, ...] = ()
    members: Members
    last: tuple[Rule, ...] = ()


def check(body: object, parameters: Parameters) -> Payload:
    """The body, if it is as the API wants it. Raises Refused, in the order in which the API looks."""
    if not isinstance(body, dict):
        raise Refused("invalid_json")
    for rule in parameters.first:
        rule(body)
    parameters.members.check(body, "")
    for rule in parameters.last:
        rule(body)
    return body


MOVED = {
    "messages": "input",
    "response_format": "text.format",
    "reasoning_effort": "reasoning.effort",
    "max_completion_tokens": "max_output_tokens",
}
"""The parameters of Chat Completions that bear another name in the Responses API, as it tells itself."""


def nothing_moved(body: Payload) -> None:
    """Refuse parameters of Chat Completions."""
    for name, place in MOVED.items():
        if name in body:
            raise Refused("moved_parameter", name, place)


def model_and_input_given(body: Payload) -> None:
    """Refuse a body without one of them, unless a prompt stands for both."""
    for name in ("model", "input"):
        if body.get(name) is None and body.get("prompt") is None:
            # A null there is an object to the API, and an input a string.
            raise Refused("wrong_type", name, "a string", "an object") if name in body else Refused("missing", name)


def something_to_answer(body: Payload) -> None:
    """Refuse a body that brings nothing, and refers to nothing."""
    if not any(body.get(name) for name in ("input", "previous_response_id", "prompt", "conversation")):
        raise Refused("no_input")


def model_given(body: Payload) -> None:
    """Refuse a body that names no model. One that is no string is not even read."""
    model = body.get("model")
    if model is not None and not isinstance(model, str):
        raise Refused("invalid_json")
    if not model:
        raise Refused("no_model")


def embedding_input_given(body: Payload) -> None:
    """Refuse a body that has nothing to embed."""
    if body.get("input") is None:
        raise Refused("no_embedding_input")


def goes_with(name: str, other: str) -> Rule:
    """A rule: refuse a parameter without the other that it belongs to."""

    def rule(body: Payload) -> None:
        if body.get(name) is not None and not body.get(other):
            raise Refused("parameter_alone", name, other)

    return rule


RESPONSE = Parameters(
    first=(nothing_moved, model_and_input_given),
    members=Members(
        {
            **settings.TURN,
            "prompt": settings.PROMPT,
            "moderation": settings.MODERATION,
            "include": ListOf(settings.INCLUDE, settings.INCLUDE.expected),
            **settings.TOOLS,
            "metadata": settings.METADATA,
            "text": settings.OUTPUT_TEXT,
            "temperature": Number(0, 2),
            "top_p": Number(0, 1),
            "presence_penalty": settings.PENALTY,
            "frequency_penalty": settings.PENALTY,
            "parallel_tool_calls": BOOLEAN,
            "stream": BOOLEAN,
            "stream_options": Members({"include_obfuscation": BOOLEAN}),
            "background": BOOLEAN,
            "max_output_tokens": Integer(16),
            "max_tool_calls": Integer(1),
            "reasoning": settings.REASONING,
            "user": TEXT,
            "safety_identifier": Text(most=64),
            **settings.CACHING,
            "truncation": settings.TRUNCATION,
            "instructions": TEXT,
            "store": BOOLEAN,
            "service_tier": OneOf(settings.TIERS, ("scale", "ultrafast")),
            "top_logprobs": Integer(0, 20),
            "context_management": ListOf(
                Members({"type": TEXT, "compact_threshold": Integer(1000)}, ("type",)), least=1
            ),
            "access_programs": OBJECT,
            "background_options": OBJECT,
            "image": OBJECT,
        }
    ),
    last=(something_to_answer, tools.check_tool_choice),
)
"""POST /v1/responses."""

INPUT_TOKENS = Parameters(
    members=Members(
        {
            **settings.TURN,
            **settings.TOOLS,
            "text": settings.OUTPUT_TEXT,
            "parallel_tool_calls": BOOLEAN,
            "reasoning": settings.REASONING,
            "truncation": settings.TRUNCATION,
            "instructions": TEXT,
            "personality": TEXT,
        }
    ),
    last=(tools.check_tool_choice,),
)
"""POST /v1/responses/input_tokens."""

COMPACTION = Parameters(
    members=Members(
        {
            "model": TEXT,
            "input": INPUT,
            "previous_response_id": settings.RESPONSE_ID,
            "instructions": TEXT,
            **settings.CACHING,
            "service_tier": OneOf(settings.TIERS),
            "image": OBJECT,
        },
        ("model",),
        nullable=("model",),
    ),
)
"""POST /v1/responses/compact."""

AT_ONCE = ListOf(INPUT_ITEM, "input items", most=20)

CONVERSATION = Parameters(members=Members({"items": AT_ONCE, "metadata": settings.METADATA}))
"""POST /v1/conversations."""

CONVERSATION_UPDATE = Parameters(
    members=Members({"metadata": settings.METADATA}, ("metadata",), nullable=("metadata",))
)
"""POST /v1/conversations/{conversation_id}."""

ITEMS = Parameters(members=Members({"items": AT_ONCE}, ("items",)))
"""POST /v1/conversations/{conversation_id}/items."""

COMPLETION = Parameters(
    first=(model_given,),
    members=Members(
        {
            "model": TEXT,
            "messages": messages.MESSAGES,
            "functions": messages.FUNCTIONS,
            "function_call": messages.FUNCTION_CALL,
            "tools": messages.TOOLS,
            "tool_choice": messages.TOOL_CHOICE,
            "parallel_tool_calls": BOOLEAN,
            "max_tokens": Integer(1),
            "max_completion_tokens": Integer(1),
            "n": Integer(1, 128),
            "temperature": Number(0, 2),
            "top_p": Number(0, 1),
            "presence_penalty": settings.PENALTY,
            "frequency_penalty": settings.PENALTY,
            "stop": Either(
                kinds={str: TEXT, list: ListOf(TEXT, "strings", least=1, most=4)},
                expected="one of a string or array of strings",
            ),
            "logit_bias": MapOf(Integer(-100, 100)),
            "logprobs": BOOLEAN,
            "top_logprobs": Integer(0, 20),
            "user": TEXT,
            "seed": Integer(),
            "safety_identifier": Text(most=64),
            **settings.CACHING,
            "service_tier": OneOf(settings.TIERS, ("scale",)),
            "stream": BOOLEAN,
            "stream_options": Members({"include_usage": BOOLEAN, "include_obfuscation": BOOLEAN}),
            "store": BOOLEAN,
            "metadata": settings.METADATA,
            "verbosity": settings.VERBOSITY,
            "prediction": Members({"type": OneOf(("content",)), "content": messages.TEXTS}, ("type", "content")),
            "reasoning_effort": settings.EFFORT,
            "response_format": settings.RESPONSE_FORMAT,
            "modalities": ListOf(OneOf(("text", "audio")), "one of 'text' or 'audio'"),
            "audio": Members({"voice": ANY, "format": TEXT}, ("voice", "format")),
            "web_search_options": OBJECT,
            "moderation": settings.MODERATION,
        },
        ("messages",),
        unknown="unrecognized_arguments",
    ),
    last=(
        messages.check_function_choice,
        goes_with("stream_options", "stream"),
        goes_with("top_logprobs", "logprobs"),
        messages.check_messages,
    ),
)
"""POST /v1/chat/completions."""

COMPLETION_UPDATE = CONVERSATION_UPDATE
"""POST /v1/chat/completions/{completion_id}."""

EMBEDDINGS = Parameters(
    first=(model_given, embedding_input_given),
    members=Members(
        {
            "model": TEXT,
            "input": ANY,
            "dimensions": Integer(1),
            "encoding_format": OneOf(("float", "base64")),
            "user": TEXT,
        },
        unknown="unrecognized_arguments",
    ),
)
"""POST /v1/embeddings: what is embedded is looked at there."""
