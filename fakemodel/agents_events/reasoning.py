"""The reasoning item: what becomes of the three members in which hosts stream a model's reasoning.

`reasoning_content` is told as a summary, `reasoning` as plain text, and the `thinking_blocks` of Anthropic not before
the item is done. All three share one item, whose output index is 0 even where something else was said first.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from fakemodel.agents_events.items import FAKE_ID
from fakemodel.agents_events.members import text_of
from fakemodel.wire.payload import Payload

__all__ = ["Reasoning"]

PLACE: Payload = {"item_id": FAKE_ID, "output_index": 0}

MARK: Payload = {"_chat_completions_reasoning_field": "reasoning"}
"""In the provider data: all of it came in `reasoning`, where the next request has to bring it back."""

THINKING_TEXTS = ("thinking", "signature")
"""The members of a thinking block that are texts; any other is kept as it came last."""


@dataclass(slots=True)
class Reasoning:
    """The reasoning item while its deltas come in."""

    announced: bool = False
    item: Payload | None = None  # once it is done
    provider_data: Payload | None = None
    summary: list[str] = field(default_factory=list)
    summary_is_open: bool = False  # its last part may still grow
    text: str = ""
    blocks: list[Payload] = field(default_factory=list)

    def events(self, delta: Payload, provider_data: Payload) -> Iterator[Payload]:
        """The events of the reasoning in `delta`; where it says something else instead, a part of the summary ends."""
        if self._take_thinking(delta.get("thinking_blocks") or ()):
            yield from self._open_unmarked(provider_data)
        if delta.get("reasoning_content"):
            yield from self._open_unmarked(provider_data)
            yield from self._summary_delta(text_of(delta, "reasoning_content"))
        # Some hosts say in `reasoning` what is no text; it is left out.
        if isinstance(delta.get("reasoning"), str) and delta["reasoning"]:
            yield from self._text_delta(delta["reasoning"], provider_data)
        if _answers(delta) and not delta.get("reasoning_content"):
            yield from self._summary_part_done()

    def end(self) -> Iterator[Payload]:
        """The events that end the item. Its text is told to be done only where it has no summary."""
        if not self.announced:
            return
        thinking = "".join(block["thinking"] for block in self._thinking())
        content = [text for text in (self.text, thinking) if text]
        yield from self._summary_part_done()
        if content and not self.summary:
            yield {"type": "response.reasoning_text.done", "text": content[0], "content_index": 0, **PLACE}
        self.item = _item(self.summary, content, **self._kept())
        yield {"type": "response.output_item.done", "item": self.item, "output_index": 0}

    def _added(self, provider_data: Payload, content: list[str]) -> Payload:
        self.announced = True
        self.provider_data = provider_data or None
        item = _item([], content, provider_data=self.provider_data)
        return {"type": "response.output_item.added", "item": item, "output_index": 0}

    def _open_unmarked(self, provider_data: Payload) -> Iterator[Payload]:
        """Opens the item for what is not plain `reasoning`, or takes the mark from an open one."""
        if not self.announced:
            yield self._added({**provider_data}, [])
        elif self.provider_data:
            self.provider_data = {key: value for key, value in self.provider_data.items() if key not in MARK}

    def _summary_delta(self, delta: str) -> Iterator[Payload]:
        if not self.summary_is_open:
            self.summary_is_open = True
            self.summary.append("")
            yield {"type": "response.reasoning_summary_part.added", "part": _summary_part(""), **self._summary_place()}
        yield {"type": "response.reasoning_summary_text.delta", "delta": delta, **self._summary_place()}
        self.summary[-1] += delta

    def _summary_part_done(self) -> Iterator[Payload]:
        if self.summary_is_open:
            self.summary_is_open = False
            part = _summary_part(self.summary[-1])
            yield {"type": "response.reasoning_summary_part.done", "part": part, **self._summary_place()}

    def _summary_place(self) -> Payload:
        return {"summary_index": len(self.summary) - 1, **PLACE}

    def _text_delta(self, delta: str, provider_data: Payload) -> Iterator[Payload]:
        if not self.announced:
            yield self._added({**provider_data, **MARK}, [""])
        yield {"type": "response.reasoning_text.delta", "delta": delta, "content_index": 0, **PLACE}
        self.text += delta

    def _take_thinking(self, deltas: Any) -> bool:
        """Takes in the deltas of thinking blocks. Returns whether any of them told something."""
        told = [_grow(self.blocks, {**delta}) for delta in deltas if isinstance(delta, dict)]
        return any(told)

    def _thinking(self) -> list[Payload]:
        return [block for block in self.blocks if block["type"] == "thinking"]

    def _kept(self) -> Payload:
        """What is kept of the thinking blocks beside their texts, to be sent back with the next request."""
        if not self.blocks:
            return {"provider_data": self.provider_data}
        signatures = [block["signature"] for block in self._thinking() if "signature" in block]
        return {
            "encrypted_content": signatures[-1] if signatures else None,
            "provider_data": {**(self.provider_data or {}), "thinking_blocks": self.blocks},
        }


def _answers(delta: Payload) -> bool:
    """Whether `delta` says something else than reasoning. Empty content does, although it is no text yet."""
    return delta.get("content") is not None or bool(delta.get("refusal") or delta.get("tool_calls"))


def _item(summary: list[str], content: list[str], **members: Any) -> Payload:
    return {
        "id": FAKE_ID,
        "summary": [_summary_part(text) for text in summary],
        "type": "reasoning",
        **({"content": [{"text": text, "type": "reasoning_text"} for text in content]} if content else {}),
        **{member: value for member, value in members.items() if value is not None},
    }


def _summary_part(text: str) -> Payload:
    return {"text": text, "type": "summary_text"}


def _grow(blocks: list[Payload], delta: Payload) -> bool:
    """Adds what `delta` tells to the blocks: a redacted one is whole, any other goes on until it is signed.

    Returns whether it told something. Raises StreamError for a text that is none.
    """
    kind = delta.get("type", "thinking")
    if kind == "redacted_thinking":
        blocks.append(delta)
        return True
    if kind != "thinking":
        return False
    texts = {name: text_of(delta, name, raises="ModelBehaviorError") for name in THINKING_TEXTS if name in delta}
    told = {name: value for name, value in delta.items() if name != "type" and texts.get(name) != ""}
    if not told:
        return False
    if not blocks or blocks[-1]["type"] != "thinking" or "signature" in blocks[-1]:
        blocks.append({"type": "thinking", "thinking": ""})
    blocks[-1] |= {**told, "thinking": blocks[-1]["thinking"] + texts.get("thinking", "")}
    return True
