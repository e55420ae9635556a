"""The laws of a Chat Completions stream: what is constant, who speaks, how tool calls open, and how it ends."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from fakemodel.wire.laws import Checker, Violation
from fakemodel.wire.payload import Payload

__all__ = ["CONSTANT", "violations"]

CHUNK = "chat.completion.chunk"

CONSTANT = ("id", "object", "created", "model", "service_tier", "system_fingerprint")
"""What every chunk of a stream says alike."""

FINISH_REASONS = ("stop", "tool_calls", "length", "content_filter", "function_call")


def violations(chunks: Sequence[Payload]) -> Iterator[Violation]:
    """Every breach of a law, in the order of the stream."""
    yield from _Stream().check(chunks)


@dataclass(slots=True)
class _Choice:
    """One choice while it is streamed."""

    finished: bool = False
    call: int = -1  # the index of the tool call that is open


@dataclass(slots=True)
class _Stream(Checker):
    """One stream while it is checked."""

    type: str = CHUNK
    choices: dict[int, _Choice] = field(default_factory=dict)
    usage: int | None = None  # where the counts came

    def check(self, chunks: Sequence[Payload]) -> Iterator[Violation]:
        if not chunks:
            yield self.broken("finish", "a chunk with a finish_reason", None, "a stream has a chunk that finishes it")
            return
        for self.position, chunk in enumerate(chunks):
            yield from self._constant(chunk, chunks[0])
            yield from self._usage(chunk, chunks[0])
            choices = chunk.get("choices") or []
            if not choices and self.choices and not all(choice.finished for choice in self.choices.values()):
                yield self.broken("finish", "a choice", [], "has no choices, before every choice has its finish_reason")
            for choice in choices:
                yield from self._choice(choice)
        for index, choice in self.choices.items():
            if not choice.finished:
                yield self.broken(
                    "finish", FINISH_REASONS, None, f"the stream ends, choice {index} has no finish_reason"
                )
        if not self.choices:
            yield self.broken("finish", "a choice", None, "the stream ends, and had no choice")

    def _constant(self, chunk: Payload, first: Payload) -> Iterator[Violation]:
        if chunk.get("object") != CHUNK:
            found = chunk.get("object")
            yield self.broken("object", CHUNK, found, f"object is {found!r}, expected is {CHUNK!r}")
        for key in CONSTANT:
            if chunk.get(key) != first.get(key):
                yield self.broken(
                    "constant",
                    first.get(key),
                    chunk.get(key),
                    f"{key} is {chunk.get(key)!r}, in the first chunk it is {first.get(key)!r}",
                )

    def _usage(self, chunk: Payload, first: Payload) -> Iterator[Violation]:
        """With include_usage every chunk has `usage`, null but for one without choices, after the last choice."""
        counted = chunk.get("usage") is not None and not chunk.get("choices")  # the API of 2024 said no null before
        if ("usage" in chunk) != ("usage" in first) and not counted:
            lacks = "has no usage, the first chunk has it" if "usage" in first else "has usage, the first chunk has not"
            yield self.broken("usage", "usage" in first, "usage" in chunk, lacks)
        if chunk.get("usage") is None:
            return
        if chunk.get("choices"):
            yield self.broken(
                "usage", None, chunk["usage"], "has choices and the usage, which comes in a chunk without choices"
            )
        if self.usage is not None:
            yield self.broken("usage", None, chunk["usage"], f"has the usage a second time, after [{self.usage}]")
        self.usage = self.position

    def _choice(self, choice: Payload) -> Iterator[Violation]:
        index = choice.get("index")
        if not isinstance(index, int):
            yield self.broken("choice", 0, index, f"the index of a choice is {index!r}, expected is a number")
            return
        first = index not in self.choices
        state = self.choices.setdefault(index, _Choice())
        delta = choice.get("delta") or {}
        if state.finished:
            yield self.broken("finish", "nothing", delta, f"choice {index} goes on after its finish_reason")
        if first != ("role" in delta):
            wanted = "expected in the first chunk of a choice" if first else "expected in the first chunk only"
            yield self.broken("role", first, delta.get("role"), f"role is {delta.get('role')!r}, {wanted}")
        elif first and delta["role"] != "assistant":
            yield self.broken("role", "assistant", delta["role"], f"role is {delta['role']!r}, expected is 'assistant'")
        for key in ("content", "refusal"):
            if not isinstance(delta.get(key), str | None):
                yield self.broken("delta", "a string", delta[key], f"{key} is {delta[key]!r}, expected is a string")
        for call in delta.get("tool_calls") or ():
            yield from self._tool_call(state, call)
        yield from self._finish(state, choice, delta)

    def _tool_call(self, state: _Choice, call: Payload) -> Iterator[Violation]:
        index, function = call.get("index"), call.get("function") or {}
        opens = "id" in call or "name" in function
        expected = state.call + 1 if opens else max(state.call, 0)
        if index != expected:
            yield self.broken(
                "tool index", expected, index, f"index of a tool call is {index!r}, expected is {expected}"
            )
        if opens:
            state.call = index if isinstance(index, int) else expected
            missing = [
                name
                for name, value in (
                    ("id", call.get("id")),
                    ("type", call.get("type")),
                    ("function.name", function.get("name") or call.get("type") not in (None, "function")),
                )
                if not value
            ]
            if missing:
                yield self.broken(
                    "tool opening",
                    "id, type and function.name",
                    missing,
                    f"a tool call opens without {', '.join(missing)}",
                )
        elif state.call < 0:
            yield self.broken(
                "tool opening", "id, type and function.name", None, "arguments come before a tool call has opened"
            )

    def _finish(self, state: _Choice, choice: Payload, delta: Payload) -> Iterator[Violation]:
        reason = choice.get("finish_reason")
        if reason is None:
            if not delta:
                yield self.broken("delta", "a delta", delta, "has neither a delta nor a finish_reason")
            return
        state.finished = True
        if reason not in FINISH_REASONS:
            yield self.broken(
                "finish",
                FINISH_REASONS,
                reason,
                f"finish_reason is {reason!r}, expected is one of {', '.join(FINISH_REASONS)}",
            )
        if reason == "tool_calls" and state.call < 0:
            yield self.broken("finish", "stop", reason, "finish_reason is 'tool_calls', and there was no tool call")
        if delta.keys() - {"annotations"}:
            yield self.broken(
                "finish", {}, delta, f"the chunk with the finish_reason has the delta {delta!r}, expected is none"
            )
