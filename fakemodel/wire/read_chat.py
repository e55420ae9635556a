"""Chat Completions read back: the reply that a completion or a stream of chunks came from."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from copy import deepcopy
from dataclasses import dataclass, field, replace
from typing import Any

from fakemodel.errors import ReplyInvalid, StreamError
from fakemodel.parts import Part, Reasoning, Refusal, Text, ToolCall, Usage
from fakemodel.reply import Recorded, Reply, altered
from fakemodel.wire.chat import FINISH_REASONS, moved
from fakemodel.wire.payload import Payload, payload_of, payloads_of, read_as

__all__ = ["from_chunks", "from_completion", "usage_of"]

ENDS = {finish: end for end, finish in FINISH_REASONS.items()}
"""A response's status and reason, by the finish_reason of a choice."""

SPOKEN: dict[str, Any] = {"reasoning_content": Reasoning, "reasoning": Reasoning, "content": Text, "refusal": Refusal}
"""The members of a message or delta that hold what is said, in the order in which it is said."""


def from_completion(completion: object) -> Reply:
    """The reply that was answered with `completion`. Raises ReplyInvalid for what is none."""
    with read_as("chat.completion", ReplyInvalid):
        body = deepcopy(payload_of(completion))
        if body.get("object") != "chat.completion" or not body.get("choices"):
            raise ReplyInvalid(f"Reply.from_completion takes a chat.completion with its choices, not {body!r}.")
        choices = sorted(body.pop("choices"), key=lambda choice: choice["index"])
        return _reply(body, [_whole(choice) for choice in choices])


def from_chunks(chunks: Iterable[object]) -> Reply:
    """The reply that was streamed as `chunks`, be they the API's or a compatible server's.

    Raises StreamError for a stream without a choice, or that ended in an error.
    """
    payloads = deepcopy(payloads_of(chunks))
    with read_as("stream of chunks", StreamError):
        body: Payload = {}
        said: dict[int, _Choice] = {}
        for chunk in payloads:
            if chunk.get("error"):
                raise StreamError(f"The stream ended in an error, there is no reply to read: {chunk['error']!r}")
            _keep(body, {key: value for key, value in chunk.items() if key not in ("choices", "obfuscation")})
            for choice in chunk.get("choices") or ():
                spoken = said.setdefault(choice.get("index", 0), _Choice())
                spoken.add(choice.get("delta") or {}, choice.get("logprobs") or {})
                _keep(spoken.members, {key: value for key, value in choice.items() if key not in ("index", "delta")})
        if not said:
            raise StreamError("Reply.from_chunks found no choice in this stream: there is nothing that it says.")
        return _reply(body, [said[index] for index in sorted(said)])


def _keep(members: Payload, told: Payload) -> None:
    """Take what was told; null says nothing where something was told before."""
    members.update({key: value for key, value in told.items() if value is not None or key not in members})


def _whole(choice: Payload) -> _Choice:
    """A choice that was not streamed."""
    spoken, message = _Choice(), choice["message"]
    _refuse_unknown(message)
    logprobs = choice.get("logprobs") or {}
    for key in SPOKEN:
        if isinstance(message.get(key), str):
            spoken.say(key, message[key], logprobs.get(key) or ())
    spoken.citations += message.get("annotations") or ()
    for index, call in enumerate(message.get("tool_calls") or ()):
        spoken.call({"index": index, **call})
    if spoken.said == [("content", [""])] and not spoken.citations:
        spoken.said.clear()  # that is how a message says nothing
    spoken.members = {key: value for key, value in choice.items() if key not in ("index", "message")}
    return spoken


def _refuse_unknown(said: Payload) -> None:
    """Raise StreamError for what a Reply has no word for."""
    for key in ("function_call", "audio"):
        if said.get(key):
            raise StreamError(f"A Reply has no word for {key}: {said[key]!r}")
    for call in said.get("tool_calls") or ():
        if call.get("custom"):
            raise StreamError(f"A Reply has no word for a custom tool call of Chat Completions: {call!r}")
    for key in SPOKEN:
        if not isinstance(said.get(key), str | None):
            raise StreamError(f"{key} is text, not {said[key]!r}.")


@dataclass(slots=True)
class _Call:
    """A tool call while its deltas come in."""

    id: str = ""
    name: str = ""
    fragments: list[str] = field(default_factory=list)


@dataclass(slots=True)
class _Choice:
    """One choice while its deltas come in."""

    said: list[tuple[str, Any]] = field(default_factory=list)  # the member and its fragments, or the call
    logprobs: dict[int, list[Sequence[Payload]]] = field(default_factory=dict)  # by the position in what is said
    citations: list[Payload] = field(default_factory=list)
    calls: dict[int, _Call] = field(default_factory=dict)
    members: Payload = field(default_factory=dict)
    opened: bool = False

    def add(self, delta: Payload, logprobs: Payload) -> None:
        """Take in one delta."""
        _refuse_unknown(delta)
        told = {key: delta[key] for key in SPOKEN if isinstance(delta.get(key), str)}
        if delta.get("reasoning_content"):
            told.pop("reasoning", None)  # servers that know both names say the same under each
        # Where something is said, "" beside it is none of it; the first delta says "" where text is to come.
        alone = self.opened and "role" not in delta and len(told) == 1 and not delta.get("tool_calls")
        for key, fragment in told.items():
            if fragment or alone:
                self.say(key, fragment, logprobs.get(key) or ())
        for call in delta.get("tool_calls") or ():
            self.call(call)
        self.citations += delta.get("annotations") or ()
        self.opened = True

    def say(self, key: str, fragment: str, entries: Sequence[Payload]) -> None:
        """Take in a fragment."""
        if not self.said or self.said[-1][0] != key:
            self.said.append((key, []))
        self.said[-1][1].append(fragment)
        if key in ("content", "refusal"):
            self.logprobs.setdefault(len(self.said) - 1, []).append(entries)

    def call(self, delta: Payload) -> None:
        """Take in a part of a tool call."""
        function = delta.get("function") or {}
        call_id, name, fragment = delta.get("id"), function.get("name"), function.get("arguments")
        index = delta.get("index", len(self.calls) - (not call_id and bool(self.calls)))
        call = self.calls.get(index)
        if not isinstance(fragment, str | None):
            raise StreamError(f"The arguments of a tool call are text, not {fragment!r}.")
        # Some servers give every call the index 0, some repeat id and name, some cut them into pieces.
        if call is None or (call_id and name and call.id and call.name and call_id != call.id):
            call = self.calls[index] = _Call()
            self.said.append(("tool_calls", call))
            fragment = fragment or None
        call.id += call_id if call_id and call_id != call.id else ""
        call.name += name if name and not (call_id and name == call.name) else ""
        if fragment or (isinstance(fragment, str) and not call_id and not name):
            call.fragments.append(fragment)

    def parts(self) -> list[Part]:
        """What was said, in words."""
        found: list[Part] = []
        for position, (key, said) in enumerate(self.said):
            if isinstance(said, _Call):
                found.append(ToolCall(said.name, tuple(said.fragments), said.id or None))
            elif position in self.logprobs:
                entries = tuple(tuple(each) for each in self.logprobs[position])
                found.append(SPOKEN[key](tuple(said), entries if any(entries) else None))
            else:
                found.append(Reasoning(tuple(said)))
        return _cited(found, self.citations)


def _cited(parts: list[Part], citations: list[Payload]) -> list[Part]:
    """The parts with the citations of each text: in order, those that end in it, and the last has the rest."""
    if citations and not any(isinstance(part, Text) for part in parts):
        raise StreamError(f"Nothing is said that {citations!r} could belong to.")
    waiting = deque({"type": each["type"], **each[each["type"]]} for each in citations)
    last = max((position for position, part in enumerate(parts) if isinstance(part, Text)), default=None)
    found: list[Part] = []
    before = 0
    for position, part in enumerate(parts):
        if isinstance(part, Text):
            own, end = [], before + len("".join(part.fragments))
            while waiting and (position == last or waiting[0].get("end_index", 0) <= end):
                own.append(moved(waiting.popleft(), -before))
            part, before = replace(part, annotations=tuple(own)), end
        found.append(part)
    return found


def _reply(body: Payload, said: list[_Choice]) -> Reply:
    replies = []
    for choice in said:
        finish = choice.members.get("finish_reason")
        status, reason = ENDS.get(str(finish), ("completed", None))
        recorded = Recorded("chat", body, choice=choice.members)
        members = {"status": status, "reason": reason, "usage": usage_of(body.get("usage")), "id": body.get("id")}
        parts = tuple(choice.parts())
        replies.append(altered(Reply(model=body.get("model") or ""), parts=parts, recorded=recorded, **members))
    return altered(replies[0], others=tuple(replies[1:]))


def usage_of(counts: Payload | None) -> Usage | None:
    """The token counts in a completion's `usage`; None where it tells none."""
    if not counts:
        return None
    prompt, completion = (counts.get(f"{key}_tokens_details") or {} for key in ("prompt", "completion"))
    return Usage(
        counts.get("prompt_tokens") or 0,
        counts.get("completion_tokens") or 0,
        prompt.get("cached_tokens") or 0,
        completion.get("reasoning_tokens") or 0,
    )
