"""The Chat Completions API's answer to a request: the completion, and the chunks that stream it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, islice, zip_longest

from fakemodel.errors import ReplyInvalid
from fakemodel.parts import Part, Reasoning, Refusal, Text, ToolCall, Usage
from fakemodel.reply import Reply
from fakemodel.wire.deviations import deviating
from fakemodel.wire.ids import Ids
from fakemodel.wire.obfuscation import padding
from fakemodel.wire.outputs import words
from fakemodel.wire.payload import Payload, json_text
from fakemodel.wire.tokens import usage_of

__all__ = ["FINISH_REASONS", "REASONING", "chunks", "completion"]

REASONING = "reasoning_content"
"""The member in which compatible servers give the reasoning that the API keeps to itself."""

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
    body = _body(reply, ids, model)
    choices = [
        _choice(each, index, {"message": _message(each, ids or Ids())}, _all_logprobs(_words(each)), _finish(each))
        for index, each in enumerate((reply, *reply.others))
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
    body = _body(reply, ids, model)
    counts, moderation = body.pop("usage"), body.pop("moderation", None)
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
            chunk["obfuscation"] = padding(len(json_text(chunk)) - 1)
        yield chunk


def _body(reply: Reply, ids: Ids | None, model: str | None) -> Payload:
    """What an answer says beside its choices."""
    total = usage_of(reply)
    if reply.usage is None:
        total = Usage(total.input, total.output + sum(usage_of(other).output for other in reply.others))
    recorded = reply.recorded
    if recorded is not None and recorded.body["object"] == "chat.completion" and ids is None:
        return {**recorded.body, "usage": recorded.body.get("usage") or _usage(total)}
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


def _choice(reply: Reply, index: int, said: Payload, logprobs: Payload | None, finish: str | None) -> Payload:
    silent = reply.recorded is not None and reply.recorded.choice and "logprobs" not in reply.recorded.choice
    told = {} if silent else {"logprobs": logprobs}
    return {"index": index, **said, **told, "finish_reason": finish}


def _message(reply: Reply, ids: Ids) -> Payload:
    parts = _words(reply)
    calls = [_call(part, ids, index, part.arguments) for index, part in enumerate(_calls(parts))]
    reasoning = _joined(parts, Reasoning)
    annotations = [_citation(each) for part in parts if isinstance(part, Text) for each in part.annotations]
    return {
        "role": "assistant",
        "content": _joined(parts, Text) if parts else "",
        "refusal": _joined(parts, Refusal),
        "annotations": annotations,
        **({REASONING: reasoning} if reasoning is not None else {}),
        **({"tool_calls": calls} if calls else {}),
    }


def _interleaved(reply: Reply, ids: Ids) -> Iterator[Payload]:
    """The choices of all chunks: of several, each opens with its first two, then they come by turns."""
    streams = [_stream(each, index, ids) for index, each in enumerate((reply, *reply.others))]
    opening = [list(islice(stream, 2)) for stream in streams]
    rounds = zip_longest(*streams)
    return (choice for choice in chain(*opening, *rounds) if choice is not None)


def _stream(reply: Reply, index: int, ids: Ids) -> Iterator[Payload]:
    for delta, logprobs in _deltas(_words(reply), ids):
        yield _choice(reply, index, {"delta": delta}, logprobs, None)
    yield _choice(reply, index, {"delta": {}}, None, _finish(reply))


def _deltas(parts: list[Part], ids: Ids) -> Iterator[tuple[Payload, Payload | None]]:
    """The deltas of all chunks but the last, with their logprobs; the first has the role.

    A single call opens in the first chunk, several open in chunks of their own.
    """
    calls = _calls(parts)
    opens_with_call = len(calls) == 1 and parts[0] is calls[0]
    if not opens_with_call:
        yield _first_delta(parts[0] if parts else None), None if _all_logprobs(parts) is None else _logprobs([])
    called = 0
    for part in parts:
        if isinstance(part, ToolCall):
            index, called = called, called + 1
            opening = {"tool_calls": [{"index": index, **_call(part, ids, index, "")}]}
            whole = {"role": "assistant", "content": None, **opening, "refusal": None}
            yield (whole if opens_with_call else opening), None
            for fragment in part.fragments:
                yield {"tool_calls": [{"index": index, "function": {"arguments": fragment}}]}, None
        elif isinstance(part, Text):
            for number, fragment in enumerate(part.fragments):
                yield {"content": fragment}, None if part.logprobs is None else _logprobs(part.logprobs[number])
            if part.annotations:
                yield {"annotations": [_citation(each) for each in part.annotations]}, None
        else:
            key = "refusal" if isinstance(part, Refusal) else REASONING
            for fragment in part.fragments:  # type: ignore[union-attr]  # _words gives no items
                yield {key: fragment}, None


def _first_delta(first: Part | None) -> Payload:
    if isinstance(first, ToolCall):
        return {"role": "assistant", "content": None}
    if isinstance(first, Refusal):
        return {"role": "assistant", "content": None, "refusal": ""}
    return {"role": "assistant", "content": "", "refusal": None}


def _words(reply: Reply) -> list[Part]:
    found = [word for part in reply.parts for word in words(part)]
    for part in found:
        if not isinstance(part, Text | Refusal | Reasoning | ToolCall):
            raise ReplyInvalid(
                f"Chat Completions has no form for {part!r}. Say it with text(…), refusal(…), reasoning(…) or "
                "tool_call(…)."
            )
    return found


def _calls(parts: list[Part]) -> list[ToolCall]:
    return [part for part in parts if isinstance(part, ToolCall)]


def _call(part: ToolCall, ids: Ids, index: int, arguments: str) -> Payload:
    function = {"name": part.name, "arguments": arguments}
    return {"id": part.id or ids.call(index + 1), "type": "function", "function": function}


def _citation(annotation: Payload) -> Payload:
    """A citation in the form of Chat Completions, which knows those of pages only."""
    type_ = annotation["type"]
    if type_ != "url_citation":
        raise ReplyInvalid(f"Chat Completions has no form for an annotation of type {type_!r}, only 'url_citation'.")
    return {"type": type_, type_: {key: value for key, value in annotation.items() if key != "type"}}


def _joined(parts: list[Part], kind: type[Text | Refusal | Reasoning]) -> str | None:
    found = [fragment for part in parts if isinstance(part, kind) for fragment in part.fragments]
    return "".join(found) if found else None


def _all_logprobs(parts: list[Part]) -> Payload | None:
    """The log probabilities of all tokens; None where no text has any."""
    told = [part.logprobs for part in parts if isinstance(part, Text) and part.logprobs is not None]
    return _logprobs([entry for logprobs in told for entries in logprobs for entry in entries]) if told else None


def _logprobs(entries: object) -> Payload:
    return {"content": list(entries), "refusal": None}  # type: ignore[call-overload]


def _finish(reply: Reply) -> str:
    if reply.recorded is not None and (recorded := reply.recorded.choice.get("finish_reason")):
        return str(recorded)
    if (reply.status, reply.reason) not in FINISH_REASONS:
        raise ReplyInvalid(f"Chat Completions has no form for a response that is {reply.status}: {reply!r}")
    reason = FINISH_REASONS[reply.status, reply.reason]
    return "tool_calls" if reason == "stop" and _calls(_words(reply)) else reason


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
