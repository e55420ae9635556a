"""The Chat Completions API's answer to a request: the completion, and the chunks that stream it."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass, replace
from itertools import chain, islice, zip_longest
from typing import TypeAlias

from fakemodel.errors import ReplyInvalid
from fakemodel.parts import Item, Reasoning, Refusal, Text, ToolCall, Usage
from fakemodel.reply import Reply, said_at
from fakemodel.wire.deviations import deviating
from fakemodel.wire.ids import Ids
from fakemodel.wire.obfuscation import padding
from fakemodel.wire.outputs import words
from fakemodel.wire.payload import Payload, json_bytes
from fakemodel.wire.tokens import usage_of

__all__ = ["FINISH_REASONS", "REASONING", "chunks", "completion", "moved"]

REASONING = "reasoning_content"
"""The member in which compatible servers give the reasoning that the API keeps to itself."""

Spoken: TypeAlias = Text | Refusal | Reasoning | ToolCall
"""The parts that Chat Completions has a form for."""

MEMBERS: dict[type, str] = {Text: "content", Refusal: "refusal", Reasoning: REASONING}
"""The member of a message or delta that holds what is said."""

FINISH_REASONS = {
    ("completed", None): "stop",
    ("incomplete", "max_output_tokens"): "length",
    ("incomplete", "content_filter"): "content_filter",
}
"""Why a choice ended, by a response's status and reason; with tool calls `stop` is `tool_calls`."""


def completion(reply: Reply, *, ids: Ids | None = None, model: str | None = None) -> Payload:
    """The body of the answer. Raises ReplyInvalid for a part or status that Chat Completions has no form for.

    With `ids` the reply is played by a server of ours, which says what the reply does not; without, a reply that was
    read from a recorded completion says what stood there.
    """
    reply = said_at(reply, "chat", ids)
    body = _body(reply, ids, model)
    choices = [
        _choice(said, {"message": _message(said)}, _all_logprobs(said.parts), _finish(said))
        for said in _choices(reply, ids or Ids())
    ]
    return {**body, "object": "chat.completion", "choices": choices}


def chunks(
    reply: Reply,
    *,
    ids: Ids | None = None,
    model: str | None = None,
    include_usage: bool = True,
    obfuscation: bool = False,
    deviation: str | None = None,
) -> Iterator[Payload]:
    """The chunks that stream the answer. `ids` and what is raised as for `completion`.

    `include_usage` is the request's `stream_options.include_usage`: with it every chunk has `usage: null`,
    and one more, without choices, has the counts. `obfuscation` pads each chunk. `deviation` names a row of
    `deviations.DEVIATIONS`.
    """
    reply = said_at(reply, "chat", ids)
    body = _body(reply, ids, model)
    include_usage &= "usage" in body  # which a recorded stream has where it was asked for
    counts, moderation = body.pop("usage", None), body.pop("moderation", None)
    head = {**body, "object": "chat.completion.chunk", **({"usage": None} if include_usage else {})}
    found = [{**head, "choices": [choice]} for choice in _interleaved(reply, ids or Ids())]
    if include_usage:
        found.append({**head, "choices": [], "usage": counts})
    if moderation is not None:
        found.append({**head, "choices": [], "moderation": moderation})
    for chunk in found if deviation is None else deviating(found, deviation):
        if obfuscation:
            # The API pads the JSON text to one character more than a whole number of blocks.
            chunk["obfuscation"] = ""
            chunk["obfuscation"] = padding(len(json_bytes(chunk).decode()) - 1)
        yield chunk


def _body(reply: Reply, ids: Ids | None, model: str | None) -> Payload:
    """What an answer says beside its choices."""
    total = usage_of(reply)
    if reply.usage is None:
        total = Usage(total.input, total.output + sum(usage_of(other).output for other in reply.others))
    if reply.recorded is not None:
        return deepcopy(reply.recorded.body)
    ids = ids or Ids()
    return {
        "id": reply.id or ids.completion,
        "object": "chat.completion",
        "created": ids.created_at,
        "model": model or reply.model,
        "service_tier": "default",
        "system_fingerprint": None,
        "usage": _usage(total),
    }


@dataclass(frozen=True, slots=True)
class _Said:
    """What is said in one choice of an answer: its `parts` in words, and the ids of its calls."""

    reply: Reply
    index: int
    parts: list[Spoken]
    ids: Ids


def _choices(reply: Reply, ids: Ids) -> list[_Said]:
    found: list[_Said] = []
    calls = 0
    for index, each in enumerate((reply, *reply.others)):
        found.append(_Said(each, index, _words(each), replace(ids, calls=calls) if calls else ids))
        calls += len(_calls(found[-1].parts))
    return found


def _choice(said: _Said, told: Payload, logprobs: Payload | None, finish: str | None) -> Payload:
    # Models that reason leave the member out.
    recorded = said.reply.recorded
    members = {} if recorded and "logprobs" not in recorded.choice else {"logprobs": logprobs}
    return {"index": said.index, **told, **members, "finish_reason": finish}


def _message(said: _Said) -> Payload:
    parts = said.parts
    calls = [_call(part, said.ids, index, part.arguments) for index, part in enumerate(_calls(parts))]
    reasoning = _joined(parts, Reasoning)
    return {
        "role": "assistant",
        "content": _joined(parts, Text) if parts else "",
        "refusal": _joined(parts, Refusal),
        "annotations": _citations(parts),
        **({REASONING: reasoning} if reasoning is not None else {}),
        **({"tool_calls": calls} if calls else {}),
    }


def _interleaved(reply: Reply, ids: Ids) -> Iterator[Payload]:
    """The choices of all chunks: of several, each opens with its first two, then they come by turns."""
    streams = [_stream(said) for said in _choices(reply, ids)]
    opening = [list(islice(stream, 2)) for stream in streams]
    rounds = zip_longest(*streams)
    return (choice for choice in chain(*opening, *rounds) if choice is not None)


def _stream(said: _Said) -> Iterator[Payload]:
    for delta, logprobs in _deltas(said.parts, said.ids):
        yield _choice(said, {"delta": delta}, logprobs, None)
    # The one recorded stream with citations has them here.
    citations = _citations(said.parts)
    yield _choice(said, {"delta": {"annotations": citations} if citations else {}}, None, _finish(said))


def _deltas(parts: list[Spoken], ids: Ids) -> Iterator[tuple[Payload, Payload | None]]:
    """The deltas of all chunks but the last, with their logprobs; the first has the role.

    A single call opens in the first chunk, several open in chunks of their own.
    """
    calls = _calls(parts)
    opens_with_call = len(calls) == 1 and parts[0] is calls[0]
    if not opens_with_call:
        yield _first_delta(parts), _empty(_all_logprobs(parts))
    called = 0
    for part in parts:
        if isinstance(part, ToolCall):
            index, called = called, called + 1
            opening = {"tool_calls": [{"index": index, **_call(part, ids, index, "")}]}
            whole = {"role": "assistant", "content": None, **opening, "refusal": None}
            yield (whole if opens_with_call else opening), None
            for fragment in part.fragments:
                yield {"tool_calls": [{"index": index, "function": {"arguments": fragment}}]}, None
            continue
        key = MEMBERS[type(part)]
        for number, fragment in enumerate(part.fragments):
            entries = part.logprobs[number] if not isinstance(part, Reasoning) and part.logprobs else ()
            yield {key: fragment}, _logprobs({key: list(entries)}) if entries else None


def _first_delta(parts: list[Spoken]) -> Payload:
    """The first delta, by what is said first; compatible servers stream reasoning before that."""
    first = next((part for part in parts if not isinstance(part, Reasoning)), None)
    if isinstance(first, ToolCall) or (first is None and parts):
        return {"role": "assistant", "content": None}
    if isinstance(first, Refusal):
        return {"role": "assistant", "content": None, "refusal": ""}
    return {"role": "assistant", "content": "", "refusal": None}


def _words(reply: Reply) -> list[Spoken]:
    """What is said, in words; reasoning that nobody is shown says nothing."""
    found: list[Spoken] = []
    for word in chain.from_iterable(map(words, reply.parts)):
        if isinstance(word, Item):
            raise ReplyInvalid(
                f"Chat Completions has no form for {word!r}. Say it with text(…), refusal(…), reasoning(…) or "
                "tool_call(…)."
            )
        if not isinstance(word, Reasoning) or word.fragments:
            found.append(word)
    return found


def _calls(parts: list[Spoken]) -> list[ToolCall]:
    return [part for part in parts if isinstance(part, ToolCall)]


def _call(part: ToolCall, ids: Ids, index: int, arguments: str) -> Payload:
    function = {"name": part.name, "arguments": arguments}
    return {"id": part.id or ids.call(index + 1), "type": "function", "function": function}


def _citations(parts: list[Spoken]) -> list[Payload]:
    """The citations in the form of Chat Completions, which counts the characters of all that is said."""
    found = []
    before = 0
    for part in parts:
        if isinstance(part, Text):
            found += [_citation(annotation, before) for annotation in part.annotations]
            before += len("".join(part.fragments))
    return found


def _citation(annotation: Payload, before: int) -> Payload:
    type_ = annotation["type"]
    if type_ != "url_citation":
        raise ReplyInvalid(f"Chat Completions has no form for an annotation of type {type_!r}, only 'url_citation'.")
    members = {key: value for key, value in annotation.items() if key != "type"}
    return {"type": type_, type_: moved(members, before)}


def moved(citation: Payload, by: int) -> Payload:
    """A citation whose text begins `by` characters later."""
    places = {key: value for key, value in citation.items() if key.endswith("_index") and isinstance(value, int)}
    return {**citation, **{key: value + by for key, value in places.items()}}


def _joined(parts: list[Spoken], kind: type[Text | Refusal | Reasoning]) -> str | None:
    found = [fragment for part in parts if isinstance(part, kind) for fragment in part.fragments]
    return "".join(found) if found else None


def _all_logprobs(parts: list[Spoken]) -> Payload | None:
    """The log probabilities of all tokens; None where nothing that is said has any."""
    found: Payload = {}
    for part in parts:
        if isinstance(part, Text | Refusal) and part.logprobs:
            entries = [entry for each in part.logprobs for entry in each]
            found[MEMBERS[type(part)]] = [*found.get(MEMBERS[type(part)], ()), *entries]
    return _logprobs(found) if found else None


def _empty(logprobs: Payload | None) -> Payload | None:
    """The log probabilities of a chunk that says nothing yet, in a stream that has some."""
    return logprobs and {key: None if entries is None else [] for key, entries in logprobs.items()}


def _logprobs(entries: Payload) -> Payload:
    return {"content": None, "refusal": None, **entries}


def _finish(said: _Said) -> str:
    reply = said.reply
    if reply.recorded and reply.recorded.choice.get("finish_reason"):
        return str(reply.recorded.choice["finish_reason"])
    if (reply.status, reply.reason) not in FINISH_REASONS:
        raise ReplyInvalid(f"Chat Completions has no form for a response that is {reply.status}: {reply!r}")
    reason = FINISH_REASONS[reply.status, reply.reason]
    return "tool_calls" if reason == "stop" and _calls(said.parts) else reason


def _usage(usage: Usage) -> Payload:
    return {
        "prompt_tokens": usage.input,
        "completion_tokens": usage.output,
        "total_tokens": usage.input + usage.output,
        "prompt_tokens_details": {"cached_tokens": usage.cached, "audio_tokens": 0},
        "completion_tokens_details": {
            "reasoning_tokens": usage.reasoning,
            "audio_tokens": 0,
            "accepted_prediction_tokens": 0,
            "rejected_prediction_tokens": 0,
        },
    }
