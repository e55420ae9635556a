"""`expected_events`: what the Agents SDK makes of Chat Completions chunks.

An adapter from Chat Completions to the Responses events has no wire of its own to be compared with. The
reference is `OpenAIChatCompletionsModel.stream_response` of openai-agents 0.24 behind another base URL than
OpenAI's own (there it also asks for a finish_reason). Its rules are stated here anew, over payloads; the tests
compare both on the same chunks. Reasoning is not covered yet, and is refused. Versions before 0.22.1 differ in
one rule: an answer that its length cut before anything was said is completed, not refused.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from fakemodel.errors import StreamError
from fakemodel.wire.payload import Payload, payload_of

if TYPE_CHECKING:
    from openai.types.responses import Response, ResponseStreamEvent

__all__ = ["expected_events"]

FAKE_ID = "__fake_id__"
"""The id of every response and item that the Agents SDK makes itself."""

WITHHELD = "Response withheld by the provider's content filter."
"""The refusal that the Agents SDK words itself when a content filter left nothing to say."""


def expected_events(chunks: Iterable[object], *, response: Response | None = None) -> list[ResponseStreamEvent]:
    """The events that an adapter must emit for `chunks` (SDK objects or dicts), as SDK objects.

    The envelope that only the adapter knows (created_at, model, settings) is taken from `response`:
    ``assert events == expected_events(chunks, response=events[0].response)``. Raises StreamError where the
    Agents SDK raises.
    """
    from openai.types.responses import Response, ResponseStreamEvent

    from fakemodel import sdk

    envelope = response if response is not None else sdk.parsed(Response, ENVELOPE)
    adapter = _Adapter(envelope)
    union: Any = ResponseStreamEvent
    found = []
    for number, event in enumerate(adapter.events(payload_of(chunk) for chunk in chunks)):
        found.append(sdk.parsed(union, {**event, "sequence_number": number}))
    return found


ENVELOPE: Payload = {
    "id": FAKE_ID,
    "created_at": 0,
    "model": "fake-model",
    "object": "response",
    "output": [],
    "tool_choice": "auto",
    "tools": [],
    "parallel_tool_calls": False,
}


@dataclass(slots=True)
class _Call:
    """A tool call while its deltas come in."""

    name: str = ""
    call_id: str = ""
    arguments: str = ""
    provider_data: Payload | None = None
    announced: int | None = None  # the output index that it was added at

    def item(self, arguments: str, provider_data: Payload) -> Payload:
        data = {**provider_data, **(self.provider_data or {})}
        return {
            "id": FAKE_ID,
            "call_id": self.call_id,
            "arguments": arguments,
            "name": self.name,
            "type": "function_call",
            **({"provider_data": data} if data else {}),
        }


@dataclass(slots=True)
class _Adapter:
    """The state of one stream: what is open, and at which index it was announced."""

    envelope: Response
    provider_data: Payload = field(default_factory=dict)
    content: list[Payload] = field(default_factory=list)  # the message's parts, in the order they opened
    message_index: int | None = None
    calls: dict[int, _Call] = field(default_factory=dict)
    ignored: set[int] = field(default_factory=set)  # custom tools, which the Agents SDK leaves out
    usage: Payload | None = None
    finish_reasons: set[str] = field(default_factory=set)

    def events(self, chunks: Iterable[Payload]) -> Iterator[Payload]:
        started = False
        for chunk in chunks:
            if not started:
                started = True
                yield {"type": "response.created", "response": self.envelope}
            self.usage = chunk.get("usage") or self.usage
            for choice in chunk.get("choices") or ():
                if choice.get("index") == 0:
                    yield from self._choice(choice, chunk)
                    break
        yield from self._end()

    def _choice(self, choice: Payload, chunk: Payload) -> Iterator[Payload]:
        if choice.get("finish_reason") is not None:
            self.finish_reasons.add(choice["finish_reason"])
        delta = choice.get("delta")
        if delta is None:
            return
        self.provider_data["model"] = self.envelope.model
        if chunk.get("id"):
            self.provider_data["response_id"] = chunk["id"]
        if delta.get("audio"):
            raise StreamError("A delta has audio: the Agents SDK raises AgentsException here.")
        for key in ("reasoning_content", "reasoning", "thinking_blocks"):
            if delta.get(key):
                raise StreamError(f"A delta has {key}, whose events expected_events does not know yet.")
        content = delta.get("content")
        if content or (content == "" and self._part("output_text")):
            yield from self._text(content, choice.get("logprobs") or {})
        if delta.get("refusal"):
            yield from self._refusal(delta["refusal"])
        for call in delta.get("tool_calls") or ():
            yield from self._tool_call(call)

    def _part(self, kind: str) -> Payload | None:
        return next((part for part in self.content if part["type"] == kind), None)

    def _place(self, part: Payload) -> Payload:
        index = next(index for index, known in enumerate(self.content) if known is part)
        return {"content_index": index, "item_id": FAKE_ID, "output_index": self.message_index}

    def _open(self, part: Payload) -> Iterator[Payload]:
        if self.message_index is None:
            announced = any(call.announced is not None for call in self.calls.values())
            self.message_index = len(self.calls) if announced else 0
            item = self._message([], "in_progress")
            yield {"type": "response.output_item.added", "item": item, "output_index": self.message_index}
        self.content.append(part)
        yield {"type": "response.content_part.added", "part": {**part}, **self._place(part)}

    def _message(self, content: list[Payload], status: str) -> Payload:
        message = {
            "id": FAKE_ID,
            "content": content,
            "role": "assistant",
            "type": "message",
            "status": status,
        }
        return {**message, "provider_data": {**self.provider_data}} if self.provider_data else message

    def _text(self, delta: str, logprobs: Payload) -> Iterator[Payload]:
        part = self._part("output_text")
        if part is None:
            part = {"text": "", "type": "output_text", "annotations": [], "logprobs": []}
            yield from self._open(part)
        entries = logprobs.get("content") or []
        shown = [_delta_logprob(entry) for entry in entries]
        yield {"type": "response.output_text.delta", "delta": delta, "logprobs": shown, **self._place(part)}
        part["text"] += delta
        part["logprobs"] = [*part["logprobs"], *map(_logprob, entries)]

    def _refusal(self, delta: str) -> Iterator[Payload]:
        part = self._part("refusal")
        if part is None:
            part = {"refusal": "", "type": "refusal"}
            yield from self._open(part)
        yield {"type": "response.refusal.delta", "delta": delta, **self._place(part)}
        part["refusal"] += delta

    def _tool_call(self, delta: Payload) -> Iterator[Payload]:
        if delta.get("type") == "custom" or delta["index"] in self.ignored:
            self.ignored.add(delta["index"])
            return
        call = self.calls.setdefault(delta["index"], _Call())
        function = delta.get("function") or {}
        arguments = function.get("arguments") or ""
        call.arguments += arguments
        call.name = function.get("name") or call.name
        call.call_id = delta.get("id") or call.call_id
        if call.provider_data is None and self.provider_data:
            call.provider_data = {**self.provider_data}
        if call.announced is None and call.name and call.call_id:
            yield self._announced(call, "")
        if call.announced is not None and arguments:
            yield self._arguments_delta(call, arguments)

    def _announced(self, call: _Call, arguments: str) -> Payload:
        offset = next(offset for offset, known in enumerate(self.calls.values()) if known is call)
        message_is_before = self.message_index is not None and offset >= self.message_index
        call.announced = offset + message_is_before
        item = call.item(arguments, self.provider_data)
        return {"type": "response.output_item.added", "item": item, "output_index": call.announced}

    def _arguments_delta(self, call: _Call, delta: str) -> Payload:
        place = {"item_id": FAKE_ID, "output_index": call.announced}
        return {"type": "response.function_call_arguments.delta", "delta": delta, **place}

    def _end(self) -> Iterator[Payload]:
        if not self.content and not self.calls:
            if "content_filter" in self.finish_reasons:
                yield from self._refusal(WITHHELD)
            elif "length" in self.finish_reasons:
                raise StreamError(
                    "The stream ends with finish_reason 'length' and has no text, tool call or refusal: "
                    "the Agents SDK raises ModelBehaviorError here."
                )
        for part in sorted(self.content, key=lambda part: part["type"] == "refusal"):
            yield {"type": "response.content_part.done", "part": {**part}, **self._place(part)}
        for call in self.calls.values():
            if call.announced is None:
                yield self._announced(call, call.arguments)
                yield self._arguments_delta(call, call.arguments)
            item = call.item(call.arguments, self.provider_data)
            yield {"type": "response.output_item.done", "item": item, "output_index": call.announced}
        output = [call.item(call.arguments, {}) for call in self.calls.values()]
        if self.message_index is not None:
            message = self._message([{**part} for part in self.content], "completed")
            yield {"type": "response.output_item.done", "item": message, "output_index": self.message_index}
            output.insert(self.message_index, message)
        yield {"type": "response.completed", "response": self._completed(output)}

    def _completed(self, output: list[Payload]) -> Response:
        from openai.types.responses import ResponseOutputItem

        from fakemodel import sdk

        union: Any = ResponseOutputItem
        completed = self.envelope.model_copy()
        completed.output = [sdk.parsed(union, item) for item in output]
        completed.usage = _usage(self.usage)
        return completed


def _delta_logprob(entry: Payload) -> Payload:
    """An entry as a delta has it: without bytes."""
    top = [{"token": top["token"], "logprob": top["logprob"]} for top in entry.get("top_logprobs") or ()]
    return {"token": entry["token"], "logprob": entry["logprob"], "top_logprobs": top or None}


def _logprob(entry: Payload) -> Payload:
    """An entry as an output text keeps it: with bytes."""
    top = [
        {"token": top["token"], "logprob": top["logprob"], "bytes": top.get("bytes") or []}
        for top in entry.get("top_logprobs") or ()
    ]
    return {
        "token": entry["token"],
        "logprob": entry["logprob"],
        "bytes": entry.get("bytes") or [],
        "top_logprobs": top,
    }


def _usage(usage: Payload | None) -> Any:
    from openai.types.responses import ResponseUsage

    from fakemodel import sdk

    if usage is None:
        return None
    prompt = usage.get("prompt_tokens_details") or {}
    completion = usage.get("completion_tokens_details") or {}
    counts = {
        "input_tokens": usage.get("prompt_tokens") or 0,
        "output_tokens": usage.get("completion_tokens") or 0,
        "total_tokens": usage.get("total_tokens") or 0,
        "output_tokens_details": {"reasoning_tokens": completion.get("reasoning_tokens") or 0},
        "input_tokens_details": {
            "cached_tokens": prompt.get("cached_tokens") or 0,
            "cache_write_tokens": prompt.get("cache_write_tokens") or 0,
        },
    }
    return sdk.parsed(ResponseUsage, counts)
