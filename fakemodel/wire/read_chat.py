"""Chat Completions read back: the reply that a completion or a stream of chunks came from."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from fakemodel.errors import ReplyInvalid, StreamError
from fakemodel.parts import Part, Reasoning, Refusal, Text, ToolCall, Usage
from fakemodel.reply import Recorded, Reply, altered
from fakemodel.wire.chat import FINISH_REASONS
from fakemodel.wire.payload import Payload, payload_of

__all__ = ["from_chunks", "from_completion"]

ENDS = {finish: end for end, finish in FINISH_REASONS.items()}
"""A response's status and reason, by the finish_reason of a choice."""

SPOKEN = {"reasoning_content": Reasoning, "reasoning": Reasoning, "content": Text, "refusal": Refusal}
"""The members of a message or delta that hold what is said, in the order in which it is said."""


def from_completion(completion: object) -> Reply:
    """The reply that was answered with `completion`. Raises ReplyInvalid for what is none."""
    body = payload_of(completion)
    if body.get("object") != "chat.completion" or not body.get("choices"):
        raise ReplyInvalid(f"Reply.from_completion takes a chat.completion with its choices, not {body!r}.")
    said = []
    for choice in sorted(body["choices"], key=lambda choice: choice["index"]):
        spoken = _Choice()
        message = choice["message"]
        calls = [{"index": index, **call} for index, call in enumerate(message.get("tool_calls") or ())]
        logprobs = choice.get("logprobs") or {}
        spoken.add({**message, "tool_calls": calls}, logprobs)
        spoken.members = {key: value for key, value in choice.items() if key not in ("index", "message")}
        said.append(spoken)
    return _reply({key: value for key, value in body.items() if key != "choices"}, said)


def from_chunks(chunks: Iterable[object]) -> Reply:
    """The reply that was streamed as `chunks`, be they the API's or a compatible server's.

    Raises StreamError for a stream without a choice.
    """
    body: Payload = {}
    said: dict[int, _Choice] = {}
    for chunk in map(payload_of, chunks):
        told = {key: value for key, value in chunk.items() if key not in ("choices", "obfuscation")}
        body.update({key: value for key, value in told.items() if value is not None or key not in body})
        for choice in chunk.get("choices") or ():
            spoken = said.setdefault(choice["index"], _Choice())
            spoken.add(choice.get("delta") or {}, choice.get("logprobs") or {})
            members = {key: value for key, value in choice.items() if key not in ("index", "delta")}
            kept = {key: value for key, value in members.items() if value is not None or key not in spoken.members}
            spoken.members |= kept
    if not said:
        raise StreamError("Reply.from_chunks found no choice in this stream: there is nothing that it says.")
    return _reply({**body, "object": "chat.completion"}, [said[index] for index in sorted(said)])


@dataclass(slots=True)
class _Call:
    """A tool call while its deltas come in; some servers split its name and id."""

    id: str = ""
    name: str = ""
    fragments: list[str] = field(default_factory=list)


@dataclass(slots=True)
class _Choice:
    """One choice while its deltas come in."""

    said: list[tuple[str, Any]] = field(default_factory=list)  # the member and its fragments, or the call
    logprobs: dict[int, list[Sequence[Payload]]] = field(default_factory=dict)  # by the position in what is said
    annotations: list[Payload] = field(default_factory=list)
    calls: dict[int, _Call] = field(default_factory=dict)
    members: Payload = field(default_factory=dict)
    opened: bool = False

    def add(self, delta: Payload, logprobs: Payload) -> None:
        for key in SPOKEN:
            # Servers that know both names of the reasoning say it under each.
            fragment = None if key == "reasoning" and delta.get("reasoning_content") else delta.get(key)
            # The first delta says "" where text is to come, and so do servers that send everything in each.
            if isinstance(fragment, str) and (fragment or (self.opened and key == "content" and "role" not in delta)):
                self._say(key, fragment, logprobs.get("content"))
        for call in delta.get("tool_calls") or ():
            self._call(call)
        self.annotations += [_citation(each) for each in delta.get("annotations") or ()]
        self.opened = True

    def _say(self, key: str, fragment: str, entries: Sequence[Payload] | None) -> None:
        if not self.said or self.said[-1][0] != key:
            self.said.append((key, []))
        self.said[-1][1].append(fragment)
        if key == "content":
            self.logprobs.setdefault(len(self.said) - 1, []).append(entries or ())

    def _call(self, delta: Payload) -> None:
        index = delta["index"]
        if index not in self.calls:
            self.calls[index] = _Call()
            self.said.append(("tool_calls", self.calls[index]))
        call, function = self.calls[index], delta.get("function") or {}
        call.id += delta.get("id") or ""
        call.name += function.get("name") or ""
        if function.get("arguments"):
            call.fragments.append(function["arguments"])

    def parts(self) -> list[Part]:
        found: list[Part] = []
        for position, (key, said) in enumerate(self.said):
            if isinstance(said, _Call):
                found.append(ToolCall(said.name, tuple(said.fragments), said.id or None))
            elif key == "content":
                entries = tuple(tuple(each) for each in self.logprobs[position])
                found.append(Text(tuple(said), entries if any(entries) else None, tuple(self._cited(position))))
            else:
                found.append(SPOKEN[key](tuple(said)))
        return found

    def _cited(self, position: int) -> list[Payload]:
        """The citations, which belong to the last text."""
        last = max(index for index, (key, _) in enumerate(self.said) if key == "content")
        return self.annotations if position == last else []


def _reply(body: Payload, said: list[_Choice]) -> Reply:
    replies = []
    for choice in said:
        finish = choice.members.get("finish_reason")
        status, reason = ENDS.get(str(finish), ("completed", None))
        recorded = Recorded(body, choice=choice.members)
        members = {"status": status, "reason": reason, "usage": _usage(body.get("usage")), "id": body.get("id")}
        parts = tuple(choice.parts())
        replies.append(altered(Reply(model=body.get("model") or ""), parts=parts, recorded=recorded, **members))
    return altered(replies[0], others=tuple(replies[1:]))


def _usage(counts: Payload | None) -> Usage | None:
    if not counts:
        return None
    prompt, completion = (counts.get(f"{key}_tokens_details") or {} for key in ("prompt", "completion"))
    return Usage(
        counts.get("prompt_tokens") or 0,
        counts.get("completion_tokens") or 0,
        prompt.get("cached_tokens") or 0,
        completion.get("reasoning_tokens") or 0,
    )


def _citation(annotation: Payload) -> Payload:
    """A citation in the form of the Responses API."""
    return {"type": annotation["type"], **(annotation.get(annotation["type"]) or {})}
