"""The Chat Completions API's answer to a request: the completion, and the chunks that stream it."""

from __future__ import annotations

from collections.abc import Iterator

from fakemodel.errors import ReplyInvalid
from fakemodel.reply import Item, Refusal, Reply, Text, ToolCall, Usage
from fakemodel.wire.ids import Ids
from fakemodel.wire.payload import Payload
from fakemodel.wire.tokens import logprob_entries, usage_of

__all__ = ["chunks", "completion"]


def completion(reply: Reply, *, ids: Ids | None = None, model: str | None = None) -> Payload:
    """The body of the answer. Raises ReplyInvalid for a part that Chat Completions has no form for."""
    ids = ids or Ids()
    calls = [_call(part, ids, index, part.arguments) for index, part in enumerate(_calls(reply))]
    message: Payload = {
        "role": "assistant",
        "content": _joined(reply, Text) if reply.parts else "",
        "refusal": _joined(reply, Refusal),
        "annotations": [],
    }
    if calls:
        message["tool_calls"] = calls
    logprobs = [entry for part in reply.parts if isinstance(part, Text) for entry in logprob_entries(part)]
    choice = {
        "index": 0,
        "message": message,
        "logprobs": {"content": logprobs, "refusal": None} if _has_logprobs(reply) else None,
        "finish_reason": _finish_reason(reply),
    }
    return {
        **_head(reply, ids, model, "chat.completion"),
        "choices": [choice],
        "usage": _usage(usage_of(reply)),
    }


def chunks(
    reply: Reply, *, ids: Ids | None = None, model: str | None = None, include_usage: bool = True
) -> Iterator[Payload]:
    """The chunks that stream the answer. Raises as `completion` does.

    `include_usage` is the request's `stream_options.include_usage`: with it every chunk has `usage: null`,
    and one more, without choices, has the counts.
    """
    ids = ids or Ids()
    head = _head(reply, ids, model, "chat.completion.chunk")
    if include_usage:
        head["usage"] = None
    for delta, logprobs in _deltas(reply, ids):
        yield {**head, "choices": [{"index": 0, "delta": delta, "logprobs": logprobs, "finish_reason": None}]}
    finish = {"index": 0, "delta": {}, "logprobs": None, "finish_reason": _finish_reason(reply)}
    yield {**head, "choices": [finish]}
    if include_usage:
        yield {**head, "choices": [], "usage": _usage(usage_of(reply))}


def _head(reply: Reply, ids: Ids, model: str | None, kind: str) -> Payload:
    return {
        "id": reply.id or ids.completion,
        "object": kind,
        "created": ids.created_at,
        "model": model or reply.model,
        "service_tier": "default",
        "system_fingerprint": None,
    }


def _deltas(reply: Reply, ids: Ids) -> Iterator[tuple[Payload, Payload | None]]:
    """The deltas of all chunks but the last, with their logprobs; the first has the role.

    A single call opens in the first chunk, several open in chunks of their own.
    """
    calls = _calls(reply)
    opens_with_call = len(calls) == 1 and reply.parts[0] is calls[0]
    first = reply.parts[0] if reply.parts else None
    if not opens_with_call:
        yield _first_delta(first), {"content": [], "refusal": None} if _has_logprobs(reply) else None
    called = 0
    for part in reply.parts:
        if isinstance(part, ToolCall):
            index, called = called, called + 1
            opening = {"tool_calls": [{"index": index, **_call(part, ids, index, "")}]}
            yield (
                {"role": "assistant", "content": None, **opening, "refusal": None} if opens_with_call else opening,
                None,
            )
            for fragment in part.fragments:
                yield {"tool_calls": [{"index": index, "function": {"arguments": fragment}}]}, None
        elif isinstance(part, Text):
            entries = logprob_entries(part)
            for number, fragment in enumerate(part.fragments):
                found = {"content": entries[number : number + 1], "refusal": None} if entries else None
                yield {"content": fragment}, found
        elif isinstance(part, Refusal):
            for fragment in part.fragments:
                yield {"refusal": fragment}, None


def _first_delta(first: object) -> Payload:
    if isinstance(first, ToolCall):
        return {"role": "assistant", "content": None}
    if isinstance(first, Refusal):
        return {"role": "assistant", "content": None, "refusal": ""}
    return {"role": "assistant", "content": "", "refusal": None}


def _calls(reply: Reply) -> list[ToolCall]:
    for part in reply.parts:
        if isinstance(part, Item):
            raise ReplyInvalid(
                f"Chat Completions has no form for {part!r}. Say it with text(…), refusal(…) or tool_call(…)."
            )
    return [part for part in reply.parts if isinstance(part, ToolCall)]


def _call(part: ToolCall, ids: Ids, index: int, arguments: str) -> Payload:
    function = {"name": part.name, "arguments": arguments}
    return {"id": part.id or ids.call(index + 1), "type": "function", "function": function}


def _joined(reply: Reply, kind: type[Text | Refusal]) -> str | None:
    found = [fragment for part in reply.parts if isinstance(part, kind) for fragment in part.fragments]
    return "".join(found) if found else None


def _has_logprobs(reply: Reply) -> bool:
    return any(isinstance(part, Text) and part.logprobs is not None for part in reply.parts)


def _finish_reason(reply: Reply) -> str:
    return "tool_calls" if _calls(reply) else "stop"


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
