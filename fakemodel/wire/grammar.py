"""The grammar of a Responses stream: which events an output item is made of, in which order.

It stands here once. The builder walks it to render an item.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TypeAlias

from fakemodel.wire.payload import Payload

__all__ = ["GRAMMAR", "PART_TEXTS", "Parts", "Step", "Streamed", "problem_of"]


@dataclass(frozen=True, slots=True)
class Streamed:
    """A text that arrives in deltas: `response.<word>.delta`, closed by `response.<word>.done`.

    `key` is the member of the done event, and of the item or part, that holds the sum.
    """

    word: str
    key: str


@dataclass(frozen=True, slots=True)
class Parts:
    """Parts that open and close one after the other: `response.<word>.added`, its text, `response.<word>.done`.

    `key` is the member of the item that holds them, `index` the one of the events that counts them.
    """

    word: str
    key: str
    index: str


Step: TypeAlias = str | Streamed | Parts
"""One step of an item: an event without content, a streamed text, or any number of parts."""

CONTENT = Parts("content_part", "content", "content_index")
SUMMARY = Parts("reasoning_summary_part", "summary", "summary_index")

PART_TEXTS = {
    "output_text": Streamed("output_text", "text"),
    "refusal": Streamed("refusal", "refusal"),
    "reasoning_text": Streamed("reasoning_text", "text"),
    "summary_text": Streamed("reasoning_summary_text", "text"),
}
"""The streamed text of a part, by the part's type."""

GRAMMAR: dict[str, tuple[Step, ...]] = {
    "message": (CONTENT,),
    "reasoning": (SUMMARY, CONTENT),
    "function_call": (Streamed("function_call_arguments", "arguments"),),
    "custom_tool_call": (Streamed("custom_tool_call_input", "input"),),
    "web_search_call": ("web_search_call.in_progress", "web_search_call.searching", "web_search_call.completed"),
    "file_search_call": ("file_search_call.in_progress", "file_search_call.searching", "file_search_call.completed"),
    "code_interpreter_call": (
        "code_interpreter_call.in_progress",
        Streamed("code_interpreter_call_code", "code"),
        "code_interpreter_call.interpreting",
        "code_interpreter_call.completed",
    ),
    "image_generation_call": (
        "image_generation_call.in_progress",
        "image_generation_call.generating",
        "image_generation_call.completed",
    ),
    "mcp_list_tools": ("mcp_list_tools.in_progress", "mcp_list_tools.completed"),
    "mcp_call": ("mcp_call.in_progress", Streamed("mcp_call_arguments", "arguments"), "mcp_call.completed"),
}
"""The events between `response.output_item.added` and `.done`, by the item's type; any other type has none."""


def problem_of(item: Payload, known: Collection[str]) -> str | None:
    """Why `item` could not be streamed: its type is not among those `known`, or its texts are not where they belong."""
    if item["type"] not in known:
        nearest = get_close_matches(item["type"], known, n=1, cutoff=0)
        return f"{item['type']!r} is no type of an output item; the nearest is {nearest[0]!r}"
    for step in GRAMMAR.get(item["type"], ()):
        if isinstance(step, Streamed) and not isinstance(item.get(step.key), str):
            return f"A {item['type']} needs its `{step.key}`, a string"
        if isinstance(step, Parts) and not all(map(_is_part, _listed(item.get(step.key)))):
            return (
                f"The `{step.key}` of a {item['type']} is a list of parts, each with its type "
                f"({', '.join(PART_TEXTS)}) and text"
            )
    return None


def _listed(parts: object) -> list[object]:
    return parts if isinstance(parts, list) else [] if parts is None else [parts]


def _is_part(part: object) -> bool:
    if not isinstance(part, dict):
        return False
    text = PART_TEXTS.get(part.get("type", ""))
    return text is not None and isinstance(part.get(text.key), str)
