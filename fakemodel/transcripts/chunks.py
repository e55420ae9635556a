"""Chat Completions chunks as lines: what all chunks of a stream say alike once, then a line for each chunk."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from fakemodel.tape.bodies import SAID
from fakemodel.transcripts.answers import CALL
from fakemodel.transcripts.lines import Line, members
from fakemodel.transcripts.names import Names
from fakemodel.wire.chunk_laws import CONSTANT
from fakemodel.wire.event_lines import CHUNK
from fakemodel.wire.payload import Payload

__all__ = ["chunk_lines"]


def chunk_lines(chunks: Iterable[Payload], names: Names) -> Iterator[Line]:
    """A line for each chunk of a stream, as `names` has made it plain, and one where what all say alike is another."""
    envelope: Payload = {"object": CHUNK}
    for chunk in chunks:
        found = {key: value for key, value in chunk.items() if key != "choices"}
        if said := members(envelope, found, names):
            yield Line(CHUNK, ", ".join(said))
        envelope = {key: value for key, value in found.items() if key in CONSTANT}
        choices = chunk.get("choices")
        yield _choices_line(choices, names)


def _choices_line(choices: Any, names: Names) -> Line:
    if not isinstance(choices, list) or not all(map(_is_choice, choices)):
        return Line("chunk", ", ".join(members({"choices": []}, {"choices": choices}, names)))
    if len(choices) == 1:
        return _delta(choices[0]) or Line(f"chunk [{choices[0]['index']}]", _choice(choices[0], names))
    return Line(
        "chunk", "; ".join(f"[{choice['index']}] {_choice(choice, names)}" for choice in choices) or "no choices"
    )


def _is_choice(choice: Any) -> bool:
    return isinstance(choice, dict) and type(choice.get("index")) is int


def _delta(choice: Payload) -> Line | None:
    """The line of a chunk that has but a fragment of one text; None for any other."""
    logprobs, delta = choice.get("logprobs", {}), choice.get("delta")
    if choice.keys() - {"index", "delta", "logprobs"} or not isinstance(delta, dict) or len(delta) != 1:
        return None
    head = f"chunk [{choice['index']}]"
    ((key, value),) = delta.items()
    entries = logprobs.get(key, []) if isinstance(logprobs, dict) and logprobs.keys() <= {key} else None
    if not isinstance(entries, list):
        return None
    if key in SAID and isinstance(value, str):
        return Line(head, fragment=value, of=key, logprobs=tuple(entries))
    if key != "tool_calls" or not _are_calls(value) or len(value) != 1 or entries:
        return None
    match value[0]:
        case {"index": index, "function": {"arguments": str(fragment), **no_more}, **other} if (
            not no_more and not other
        ):
            return Line(head, fragment=fragment, of=f"tool_calls[{index}].function.arguments")
    return None


def _choice(choice: Payload, names: Names) -> str:
    """What a choice says in one chunk: its delta first."""
    delta, calls = choice.get("delta"), []
    own = {key: value for key, value in choice.items() if key not in ("index", "delta")}
    if isinstance(delta, dict):
        said = {**delta}
        for call in said.pop("tool_calls") if _are_calls(delta.get("tool_calls")) else ():
            about = members(CALL, {key: value for key, value in call.items() if key != "index"}, names)
            calls.append(f"tool_calls[{call['index']}] {', '.join(about)}".rstrip())
        told = [*members({}, said, names), *calls, *members({}, own, names, "choice.")]
    else:
        told = members({"delta": {}}, {**own, "delta": delta}, names, "choice.")
    return ", ".join(told)


def _are_calls(calls: Any) -> bool:
    return isinstance(calls, list) and bool(calls) and all(map(_is_choice, calls))
