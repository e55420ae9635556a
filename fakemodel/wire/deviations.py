"""What compatible servers stream otherwise than the API: each habit by its name, to be built on purpose."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from difflib import get_close_matches
from itertools import groupby
from typing import Any

from fakemodel.errors import ReplyInvalid
from fakemodel.wire.payload import Payload

__all__ = ["DEVIATIONS", "deviating"]

Chunks = list[Payload]


def deviating(chunks: Chunks, deviation: str) -> Chunks:
    """`chunks` as a server with this habit streams them.

    Raises ReplyInvalid for a name that is none, and where there is nothing that the server would do otherwise.
    """
    if not isinstance(deviation, str) or deviation not in DEVIATIONS:
        nearest = get_close_matches(str(deviation), DEVIATIONS, n=1, cutoff=0)[0]
        raise ReplyInvalid(
            f"deviation={deviation!r} is none; the nearest is {nearest!r}. There are: {', '.join(DEVIATIONS)}."
        )
    found = DEVIATIONS[deviation](chunks)
    if found == chunks:
        raise ReplyInvalid(f"deviation={deviation!r} changes nothing in this stream: it needs {NEEDS[deviation]}.")
    return found


def _late_tool_name(chunks: Chunks) -> Chunks:
    """The name of a call comes in a chunk of its own, after the one that opens it."""
    return [part for chunk in chunks for part in _split(chunk, "name", 0)]


def _split_tool_name(chunks: Chunks) -> Chunks:
    return [part for chunk in chunks for part in _split(chunk, "name", 1)]


def _split_tool_id(chunks: Chunks) -> Chunks:
    return [part for chunk in chunks for part in _split(chunk, "id", 1)]


def _no_finish(chunks: Chunks) -> Chunks:
    return [chunk for chunk in chunks if not any(choice["finish_reason"] for choice in chunk["choices"])]


def _repeated_role(chunks: Chunks) -> Chunks:
    return [_with_delta(chunk, lambda delta: {"role": "assistant", **delta}) for chunk in chunks]


def _interleaved_tools(chunks: Chunks) -> Chunks:
    """Neighbouring calls of a choice all open, then their arguments come by turns."""
    found = list(chunks)
    for run in _runs(chunks):
        turns: dict[object, int] = {}
        order = []
        for position in run:
            index = (_call(chunks[position]) or {})["index"]
            turns[index] = turns.get(index, -1) + 1
            order.append((turns[index], position))
        for position, (_, taken) in zip(run, sorted(order), strict=True):
            found[position] = chunks[taken]
    return found


def _runs(chunks: Chunks) -> Iterator[list[int]]:
    """The positions of chunks in a row that have calls, choice by choice."""
    indexes = {choice["index"] for chunk in chunks for choice in chunk["choices"]}
    for index in sorted(indexes):
        own = [at for at, chunk in enumerate(chunks) if any(each["index"] == index for each in chunk["choices"])]
        for has_call, run in groupby(own, key=lambda at: _call(chunks[at]) is not None):
            if has_call:
                yield list(run)


def _usage_on_last_choice(chunks: Chunks) -> Chunks:
    """The counts stand on the chunk that finishes the choice, and no other chunk has any."""
    counts = next((chunk["usage"] for chunk in chunks if chunk.get("usage")), None)
    if counts is None:
        return chunks
    kept = [{key: value for key, value in chunk.items() if key != "usage"} for chunk in chunks if chunk["choices"]]
    return [*kept[:-1], {**kept[-1], "usage": counts}]


def _reasoning(chunks: Chunks) -> Chunks:
    """Reasoning comes as `reasoning` rather than `reasoning_content`."""
    renamed = {"reasoning_content": "reasoning"}
    return [
        _with_delta(chunk, lambda delta: {renamed.get(key, key): value for key, value in delta.items()})
        for chunk in chunks
    ]


DEVIATIONS: dict[str, Callable[[Chunks], Chunks]] = {
    "late_tool_name": _late_tool_name,
    "split_tool_name": _split_tool_name,
    "split_tool_id": _split_tool_id,
    "no_finish": _no_finish,
    "repeated_role": _repeated_role,
    "interleaved_tools": _interleaved_tools,
    "usage_on_last_choice": _usage_on_last_choice,
    "reasoning": _reasoning,
}
"""What the server does with the chunks that the API would stream."""

NEEDS = {
    "late_tool_name": "a tool call",
    "split_tool_name": "a tool call, whose name has two letters or more",
    "split_tool_id": "a tool call",
    "interleaved_tools": "neighbouring tool calls, the first of which has arguments",
    "usage_on_last_choice": "include_usage",
    "reasoning": "reasoning",
}
"""What a reply must have, for a server to stream it otherwise."""


def _call(chunk: Payload) -> Payload | None:
    calls: Any = [call for choice in chunk["choices"] for call in choice["delta"].get("tool_calls") or ()]
    return calls[0] if calls else None


def _with_delta(chunk: Payload, change: Callable[[Payload], Payload]) -> Payload:
    return {**chunk, "choices": [{**choice, "delta": change(choice["delta"])} for choice in chunk["choices"]]}


def _split(chunk: Payload, key: str, least: int) -> Iterator[Payload]:
    """A chunk that opens a call as two, with its `id` or `name` cut in half; with `least` 0 all of it comes late.

    A word whose first half would have fewer letters than `least` is not cut.
    """
    call = _call(chunk) or {}
    word = call.get("id") and (call["id"] if key == "id" else call["function"]["name"])
    half = len(word or "") // 2 if least else 0
    if not word or half < least:
        yield chunk
        return
    before, after = word[:half], word[half:]
    if key == "id":
        opening, rest = {**call, "id": before}, {"id": after}
    else:
        name = {"name": before} if before else {}
        opening = {**call, "function": {**name, "arguments": call["function"]["arguments"]}}
        rest = {"function": {"name": after}}
    yield _with_delta(chunk, lambda delta: {**delta, "tool_calls": [opening]})
    yield _with_delta(chunk, lambda delta: {"tool_calls": [{"index": call["index"], **rest}]})
