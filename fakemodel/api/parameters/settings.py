"""The settings of a turn that several endpoints take, as kinds."""

from __future__ import annotations

from collections.abc import Mapping

from fakemodel.api.parameters import tools
from fakemodel.api.parameters.input_items import INPUT, INPUT_PART
from fakemodel.api.parameters.kinds import (
    BOOLEAN,
    OBJECT,
    TEXT,
    Either,
    Kind,
    ListOf,
    MapOf,
    Members,
    Number,
    OneOf,
    Tagged,
    Text,
)

__all__ = [
    "CACHING",
    "CONVERSATION_ID",
    "EFFORT",
    "INCLUDE",
    "METADATA",
    "MODERATION",
    "OUTPUT_TEXT",
    "PENALTY",
    "PROMPT",
    "REASONING",
    "RESPONSE_FORMAT",
    "RESPONSE_ID",
    "TIERS",
    "TOOLS",
    "TRUNCATION",
    "TURN",
    "VERBOSITY",
]

METADATA = MapOf(Text(most=512), most=16, longest=64, expected="a metadata object")

RESPONSE_ID = Text(prefix="resp")

CONVERSATION_ID = Text(prefix="conv")

TIERS = ("auto", "default", "fast", "flex", "priority")

EFFORT = OneOf(("none", "minimal", "low", "medium", "high", "xhigh", "max"))

VERBOSITY = OneOf(("low", "medium", "high"))

SUMMARY = OneOf(("concise", "detailed", "auto"))

PENALTY = Number(-2, 2)

MODERATION = Members({"model": TEXT, "policy": OBJECT}, ("model",))

SCHEMA: Mapping[str, Kind] = {
    "name": Text(least=1, most=64, pattern=tools.NAME.pattern),
    "schema": OBJECT,
    "description": TEXT,
    "strict": BOOLEAN,
}

TYPE_ONLY = Members({"type": TEXT})

TEXT_FORMAT = Tagged(
    by="type",
    kinds={
        "json_object": TYPE_ONLY,
        "text": TYPE_ONLY,
        "json_schema": Members({"type": TEXT, **SCHEMA}, ("name", "schema")),
    },
)

RESPONSE_FORMAT = Tagged(
    by="type",
    kinds={
        "json_object": TYPE_ONLY,
        "json_schema": Members({"type": TEXT, "json_schema": Members(SCHEMA, ("name",))}, ("json_schema",)),
        "text": TYPE_ONLY,
    },
)

CACHING: Mapping[str, Kind] = {
    "prompt_cache_options": Members(
        {
            "mode": OneOf(("implicit", "explicit")),
            "ttl": OneOf(("30m",), ("12h",)),
            "comparison_response_id": TEXT,
            "prewarm": BOOLEAN,
        }
    ),
    "prompt_cache_key": Text(most=64),
    "prompt_cache_retention": OneOf(("in_memory", "24h")),
}

TURN: Mapping[str, Kind] = {
    "model": TEXT,
    "input": INPUT,
    "previous_response_id": RESPONSE_ID,
    "conversation": Either(
        kinds={str: CONVERSATION_ID, dict: Members({"id": CONVERSATION_ID}, ("id",))},
        expected="one of a string or object",
    ),
}

PROMPT = Members(
    {
        "id": TEXT,
        "variables": MapOf(Either(kinds={str: TEXT, dict: INPUT_PART}, expected="one of a string or object")),
        "version": TEXT,
    },
    ("id",),
)

INCLUDE = OneOf(
    (
        "file_search_call.results",
        "web_search_call.results",
        "web_search_call.action.sources",
        "message.input_image.image_url",
        "computer_call_output.output.image_url",
        "code_interpreter_call.outputs",
        "reasoning.encrypted_content",
        "message.output_text.logprobs",
    )
)

TOOLS: Mapping[str, Kind] = {"tools": ListOf(tools.TOOL, "tools"), "tool_choice": tools.TOOL_CHOICE}

OUTPUT_TEXT = Members({"format": TEXT_FORMAT, "verbosity": VERBOSITY})

REASONING = Members(
    {
        "effort": EFFORT,
        "summary": SUMMARY,
        "generate_summary": SUMMARY,
        "context": OneOf(("auto", "current_turn", "all_turns")),
        "mode": TEXT,
    }
)

TRUNCATION = OneOf(("auto", "disabled"))
