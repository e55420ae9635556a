"""The grammar of a Responses stream: which events an output item is made of, in which order.

It stands here once. The builder walks it to render an item, the checker to find what may follow what.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from typing import TypeAlias

from fakemodel.wire.payload import Payload

__all__ = [
    "CLOSED",
    "ENDS",
    "GRAMMAR",
    "NOT_YET",
    "OPENED",
    "PART_TEXTS",
    "WITHOUT_STATUS",
    "Free",
    "Outcome",
    "Parts",
    "Step",
    "Streamed",
    "followers",
    "known_events",
    "opened",
    "problem_of",
]


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


@dataclass(frozen=True, slots=True)
class Free:
    """Any number of events that say what the item itself does not."""

    word: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """How the item ended: `response.<word>.completed` or `.failed`; where it is optional, perhaps without a word."""

    word: str
    optional: bool = False


Step: TypeAlias = str | Streamed | Parts | Free | Outcome
"""One step of an item; a string is an event that says nothing but its name."""

CONTENT = Parts("content_part", "content", "content_index")
SUMMARY = Parts("reasoning_summary_part", "summary", "summary_index")

OPENED, CLOSED = "output_item.added", "output_item.done"

ENDS = ("response.completed", "response.incomplete", "response.failed")
"""The events that end a stream, each with its response, by their whole names."""

ANNOTATED = "output_text.annotation.added"

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
        Free("image_generation_call.partial_image"),
        Outcome("image_generation_call", optional=True),
    ),
    "mcp_list_tools": ("mcp_list_tools.in_progress", Outcome("mcp_list_tools")),
    "mcp_call": ("mcp_call.in_progress", Streamed("mcp_call_arguments", "arguments"), Outcome("mcp_call")),
    "compaction": (),
}
"""The events between `response.output_item.added` and `.done`, by the item's type."""

WITHOUT_STATUS = {"reasoning", "compaction", "mcp_list_tools"}
"""The types of items that have no status of their own."""

ABSENT = object()
NOT_YET: dict[str, Payload] = {
    "web_search_call": {"action": ABSENT},
    "file_search_call": {"queries": [], "results": None},
    "code_interpreter_call": {"outputs": None},
    "image_generation_call": dict.fromkeys(
        ("action", "background", "output_format", "quality", "result", "revised_prompt", "size"), ABSENT
    ),
    "mcp_list_tools": {"tools": [], "error": ABSENT},
    "mcp_call": {"output": None, "error": None},
    "tool_search_call": {"arguments": {}},
}
"""What an item has when it is added where something else, or nothing yet, stands in the end; beside its texts."""


def opened(item: Payload) -> Payload:
    """An item as it is when it is added: nothing of it has been streamed yet."""
    steps = GRAMMAR.get(item["type"], ())
    changed: Payload = {"status": "in_progress", **NOT_YET.get(item["type"], {})}
    changed |= {step.key: "" for step in steps if isinstance(step, Streamed)}
    changed |= {step.key: [] for step in steps if isinstance(step, Parts)}
    members = {key: changed.get(key, value) for key, value in item.items()}
    return {key: value for key, value in members.items() if value is not ABSENT}


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


@cache
def followers(item_type: str) -> dict[str, frozenset[str]] | None:
    """For each event of an item of this type, which may come next; None for a type without a grammar.

    Events are named without `response.`.
    """
    if item_type not in GRAMMAR:
        return None
    edges: dict[str, set[str]] = {}
    before = {OPENED}
    for step in GRAMMAR[item_type]:
        entries, exits, optional, inner = _edges(step)
        for first, second in [*inner, *((last, entry) for last in before for entry in entries)]:
            edges.setdefault(first, set()).add(second)
        before = exits | before if optional else exits
    for last in before:
        edges.setdefault(last, set()).add(CLOSED)
    return {first: frozenset(seconds) for first, seconds in edges.items()}


@cache
def known_events() -> frozenset[str]:
    """Every event that the grammar has a place for, without `response.`."""
    edges = [edge for item_type in GRAMMAR for edge in (followers(item_type) or {}).items()]
    return frozenset(name for first, seconds in edges for name in (first, *seconds))


def _edges(step: Step) -> tuple[set[str], set[str], bool, list[tuple[str, str]]]:
    """How a step may begin and end, whether it may be left out, and what follows what within it."""
    if isinstance(step, str):
        return {step}, {step}, False, []
    if isinstance(step, Free):
        return {step.word}, {step.word}, True, [(step.word, step.word)]
    if isinstance(step, Outcome):
        outcomes = {f"{step.word}.completed", f"{step.word}.failed"}
        return outcomes, outcomes, step.optional, []
    if isinstance(step, Streamed):
        delta, done = f"{step.word}.delta", f"{step.word}.done"
        return {delta, done}, {done}, False, [(delta, delta), (delta, done)]
    opened, closed = f"{step.word}.added", f"{step.word}.done"
    inner = [(closed, opened), (opened, closed)]
    for text in PART_TEXTS.values():
        entries, exits, _, within = _edges(text)
        inner += [*within, *((opened, entry) for entry in entries), *((last, closed) for last in exits)]
    before = (opened, "output_text.delta", ANNOTATED)
    after = ("output_text.delta", "output_text.done")
    inner += [*((first, ANNOTATED) for first in before), *((ANNOTATED, second) for second in after)]
    return {opened}, {closed}, True, inner
