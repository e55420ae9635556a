"""The adapter's walk along the chunks of one stream, and the places that it gives to what they say."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from fakemodel.agents_events.items import FAKE_ID, Call, message
from fakemodel.agents_events.members import citations, delta_logprob, logprob, text_of, usage
from fakemodel.agents_events.reasoning import Reasoning
from fakemodel.errors import StreamError
from fakemodel.wire.payload import Payload

if TYPE_CHECKING:
    from openai.types.responses import Response

__all__ = ["Adapter"]

WITHHELD = "Response withheld by the provider's content filter."
"""The refusal that the Agents SDK words itself when a content filter left nothing to say."""


@dataclass(slots=True)
class Adapter:
    """The state of one stream: what is open, and at which index it was announced."""

    envelope: Response
    provider_data: Payload = field(default_factory=dict)
    reasoning: Reasoning = field(default_factory=Reasoning)
    content: list[Payload] = field(default_factory=list)  # the message's parts, in the order they opened
    message_index: int | None = None
    calls: dict[int | None, Call] = field(default_factory=dict)  # by index, which some hosts leave out
    ignored: set[int | None] = field(default_factory=set)  # custom tools, which the Agents SDK leaves out
    usage: Payload | None = None
    finish_reasons: set[str] = field(default_factory=set)

    def events(self, chunks: Iterable[Payload]) -> Iterator[Payload]:
        """The events of `chunks`, without their numbers. Raises StreamError where the Agents SDK raises."""
        started = False
        for chunk in chunks:
            if not started:
                started = True
                yield {"type": "response.created", "response": self.envelope}
            if chunk.get("usage") is not None:
                self.usage = chunk["usage"]
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
        source = {"model": self.envelope.model or chunk.get("model"), "response_id": chunk.get("id")}
        self.provider_data |= {name: value for name, value in source.items() if value}
        if delta.get("audio"):
            raise StreamError("A delta has audio: the Agents SDK raises AgentsException here.")
        yield from self.reasoning.events(delta, self.provider_data)
        yield from self._text(delta, choice.get("logprobs") or {})
        yield from self._refusal(delta)
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
            self.message_index = self.reasoning.announced + (len(self.calls) if announced else 0)
            item = message([], "in_progress", self.provider_data)
            yield {"type": "response.output_item.added", "item": item, "output_index": self.message_index}
        self.content.append(part)
        yield {"type": "response.content_part.added", "part": deepcopy(part), **self._place(part)}

    def _text(self, delta: Payload, logprobs: Payload) -> Iterator[Payload]:
        part = self._part("output_text")
        # Empty content opens no text, but is a delta of one that is open.
        if delta.get("content") is not None and (part or delta["content"] != ""):
            text = text_of(delta, "content")
            if part is None:
                part = {"text": "", "type": "output_text", "annotations": [], "logprobs": []}
                yield from self._open(part)
            entries = logprobs.get("content") or []
            shown = [delta_logprob(entry) for entry in entries]
            yield {"type": "response.output_text.delta", "delta": text, "logprobs": shown, **self._place(part)}
            part["text"] += text
            part["logprobs"] += map(logprob, entries)
        # No event tells of a citation before the part is done. One that comes before all text has no place.
        if part is not None:
            part["annotations"] += citations(delta.get("annotations"))

    def _refusal(self, delta: Payload) -> Iterator[Payload]:
        if not delta.get("refusal"):
            return
        refusal = text_of(delta, "refusal")
        part = self._part("refusal")
        if part is None:
            part = {"refusal": "", "type": "refusal"}
            yield from self._open(part)
        yield {"type": "response.refusal.delta", "delta": refusal, **self._place(part)}
        part["refusal"] += refusal

    def _tool_call(self, delta: Payload) -> Iterator[Payload]:
        index = delta.get("index")
        if delta.get("type") == "custom" or index in self.ignored:
            self.ignored.add(index)
            return
        call = self.calls.setdefault(index, Call())
        piece = call.take(delta, self.provider_data, gemini="gemini" in (self.envelope.model or "").lower())
        if call.announced is None and call.name and call.call_id:
            yield self._announced(call, "")
        if call.announced is not None and piece:
            yield self._arguments_delta(call, piece)

    def _calls_before_message(self) -> int | None:
        """How many calls stand before the message; None without a message.

        Reasoning that comes after a message was announced at 0 takes this place from it, which leaves -1: the calls
        stand before the message in the output, but for the last.
        """
        return None if self.message_index is None else self.message_index - self.reasoning.announced

    def _announced(self, call: Call, arguments: str) -> Payload:
        offset = next(offset for offset, known in enumerate(self.calls.values()) if known is call)
        before = self._calls_before_message()
        call.announced = self.reasoning.announced + offset + (before is not None and offset >= before)
        item = call.item(arguments, self.provider_data)
        return {"type": "response.output_item.added", "item": item, "output_index": call.announced}

    def _arguments_delta(self, call: Call, delta: str) -> Payload:
        place = {"item_id": FAKE_ID, "output_index": call.announced}
        return {"type": "response.function_call_arguments.delta", "delta": delta, **place}

    def _end(self) -> Iterator[Payload]:
        if not self.content and not self.calls:
            if "content_filter" in self.finish_reasons:
                yield from self._refusal({"refusal": WITHHELD})
            elif "length" in self.finish_reasons:
                raise StreamError(
                    "The stream ends with finish_reason 'length' and has no text, tool call or refusal: "
                    "the Agents SDK raises ModelBehaviorError here."
                )
        yield from self.reasoning.end()
        for part in sorted(self.content, key=lambda part: part["type"] == "refusal"):
            yield {"type": "response.content_part.done", "part": {**part}, **self._place(part)}
        for call in self.calls.values():
            if call.announced is None:
                yield self._announced(call, call.arguments)
                yield self._arguments_delta(call, call.arguments)
            item = call.item(call.arguments, self.provider_data)
            yield {"type": "response.output_item.done", "item": item, "output_index": call.announced}
        output = [call.item(call.arguments, {}) for call in self.calls.values()]
        if (before := self._calls_before_message()) is not None:
            said = message([{**part} for part in self.content], "completed", self.provider_data)
            yield {"type": "response.output_item.done", "item": said, "output_index": self.message_index}
            output.insert(before, said)
        if self.reasoning.item is not None:
            output.insert(0, self.reasoning.item)
        yield {"type": "response.completed", "response": self._completed(output)}

    def _completed(self, output: list[Payload]) -> Response:
        from fakemodel import sdk

        completed = self.envelope.model_copy()
        completed.output = [sdk.item(item) for item in output]
        completed.usage = usage(self.usage)
        return completed
