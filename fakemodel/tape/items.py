"""The items of a recorded turn in words: who speaks, or which call it is, and what is said.

Items of the Responses API and messages of Chat Completions become the same words. No terminal, no page.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from fakemodel.context import ANSWERS, text_of
from fakemodel.wire.ids import CALL_TYPES
from fakemodel.wire.payload import Payload, json_text

__all__ = ["Item", "Named", "compact", "items_in_words"]

Named: TypeAlias = Callable[[str], str]
"""A text with short names for the identifiers in it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One item: its `kind`, the `label` that says whose it is, and the `text`; identifiers have their short names.

    The kind is `message`, `refusal`, `reasoning`, `call`, `output` (of a call) or `other`; the label is the role of a
    message, the id of a call or of the call that an output answers, and else the item's type. `call_id` is that of
    a call and of its output; `payload` the item, or the message, as it stands on the wire.
    """

    kind: str
    label: str
    text: str
    call_id: str | None = None
    payload: Payload = field(compare=False, repr=False)


OUTPUTS = {*ANSWERS.values(), "tool_search_output"}

ASKING = ("arguments", "input", "action", "operation")
"""Where a call says what it asks for."""

REFERRING = ("file_id", "filename", "image_url", "file_url", "file_data", "input_audio", "file", "url", "id")
"""Where a part of a content that is no text says what it is."""

SILENT = {"id", "type", "status", "role", "encrypted_content", "created_by"}
"""The members of an item that say nothing to who reads a conversation."""


def items_in_words(payloads: Iterable[Any], named: Named) -> Iterator[Item]:
    """The items in words. A message of Chat Completions that calls tools is several."""
    for payload in payloads:
        if not isinstance(payload, dict):
            yield Item(kind="other", label="item", text=named(compact(payload)), payload={})
            continue
        for kind, label, text, call_id in _told(payload):
            short = named(call_id) if call_id else None
            yield Item(kind=kind, label=named(label), text=named(text), call_id=short, payload=payload)


Told: TypeAlias = tuple[str, str, str, str | None]
"""The kind, the label, the text and the call id of an item, as they were recorded."""


def _told(item: Payload) -> Iterator[Told]:
    type_, role = str(item.get("type") or "message"), item.get("role")
    if type_ in CALL_TYPES:
        yield _call(str(item.get("call_id") or item.get("id") or type_), str(item.get("name") or type_), item)
    elif type_ in OUTPUTS and item.get("call_id"):
        yield _output(str(item["call_id"]), item.get("output", item.get("tools")))
    elif role in ("tool", "function"):
        yield _output(str(item.get("tool_call_id") or item.get("name") or role), item.get("content"))
    elif type_ == "message" and isinstance(role, str):
        yield from _message(role, item)
    elif type_ == "reasoning":
        yield "reasoning", type_, _thought(item), None
    else:
        said = {key: value for key, value in item.items() if key not in SILENT and value not in (None, [], {}, "")}
        hidden = "(encrypted)" if item.get("encrypted_content") else str(item.get("id") or "")
        yield "other", type_, compact(said) if said else hidden, None


def _message(role: str, message: Payload) -> Iterator[Told]:
    for key in ("reasoning_content", "reasoning"):
        if isinstance(message.get(key), str) and message[key]:
            yield "reasoning", "reasoning", message[key], None
            break
    content, refused = _content(message.get("content")), _refusal(message)
    calls = [*_dicts(message.get("tool_calls")), *_dicts([message.get("function_call")])]
    if refused:
        yield "refusal", role, refused, None
    if content or not (calls or refused):
        yield "message", role, content, None
    for call in calls:
        function = next((call[key] for key in ("function", "custom") if isinstance(call.get(key), dict)), call)
        name = str(function.get("name") or call.get("type"))
        yield _call(str(call.get("id") or name), name, function)


def _refusal(message: Payload) -> str:
    parts = _dicts(message.get("content") if isinstance(message.get("content"), list) else ())
    return str(message.get("refusal") or "") or "".join(str(part.get("refusal") or "") for part in parts)


def _call(call_id: str, name: str, holder: Payload) -> Told:
    asked = next((holder[key] for key in ASKING if holder.get(key) is not None), "")
    return "call", call_id, f"{name}({asked if isinstance(asked, str) else compact(asked)})", call_id


def _output(call_id: str, output: object) -> Told:
    return "output", call_id, _content(output), call_id


def _thought(item: Payload) -> str:
    said = [text_of(part) for key in ("summary", "content") for part in _dicts(item.get(key))]
    return "\n".join(filter(None, said)) or ("(encrypted)" if item.get("encrypted_content") else "(no summary)")


def _content(content: object) -> str:
    """What stands as a content: a text, or parts, a line each."""
    if content is None or isinstance(content, str):
        return content or ""
    if not isinstance(content, list):
        return compact(content)
    return "\n".join(filter(None, (_part(part) if isinstance(part, dict) else str(part) for part in content)))


def _part(part: Payload) -> str:
    if isinstance(text := part.get("text"), str):
        return text
    if isinstance(part.get("refusal"), str):
        return ""  # is told as a refusal
    type_ = str(part.get("type") or "part")
    value = next((part[key] for key in REFERRING if part.get(key)), None)
    while isinstance(value, dict):
        value = next((value[key] for key in (*REFERRING, "data") if value.get(key)), compact(value))
    return f"[{type_}]" if value is None else f"[{type_} {_brief(str(value))}]"


def _brief(value: str) -> str:
    """An address as it is; of data that stands in its place, how much it is."""
    head, comma, data = value.partition(",")
    if "payload-sha256-" in value:
        return f"{head}, kept beside the cassette" if comma else "kept beside the cassette"
    if value.startswith("data:") and comma:
        return f"{head}, {len(data):,} characters"
    return value if "://" in value or len(value) < 100 else f"{len(value):,} characters"


def _dicts(values: Any) -> list[Payload]:
    return [value for value in values if isinstance(value, dict)] if isinstance(values, list) else []


def compact(value: Any) -> str:
    """A JSON value on one line."""
    return json_text(value)
