"""The items of an input, and the parts of their content, as kinds: what a request may bring into a conversation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fakemodel.api.parameters.kinds import (
    ANY,
    BOOLEAN,
    OBJECT,
    STRINGS,
    TEXT,
    Either,
    Integer,
    Kind,
    ListOf,
    Members,
    OneOf,
    Tagged,
    Text,
)
from fakemodel.api.parameters.tools import NAME, TOOL
from fakemodel.wire.ids import ITEM_PREFIX

__all__ = ["BREAKPOINT", "INPUT", "INPUT_ITEM", "INPUT_PART", "untyped"]

BREAKPOINT = Members({"mode": OneOf(("explicit",)), "ttl": TEXT}, ("mode",))

FILE: Mapping[str, Kind] = {
    "file_id": TEXT,
    "detail": OneOf(("low", "high", "auto", "original")),
    "prompt_cache_breakpoint": BREAKPOINT,
}

PARTS: Mapping[str, Kind] = {
    "input_text": Members({"type": TEXT, "text": TEXT, "prompt_cache_breakpoint": BREAKPOINT}, ("text",)),
    "input_image": Members({"type": TEXT, "image_url": TEXT, **FILE}),
    "input_file": Members({"type": TEXT, "file_data": TEXT, "file_url": TEXT, "filename": TEXT, **FILE}),
    "scoped_content": OBJECT,
    "input_audio": Members(
        {"type": TEXT, "input_audio": Members({"data": TEXT, "format": TEXT}, ("data", "format"))}, ("input_audio",)
    ),
    "output_text": Members(
        {"type": TEXT, "text": TEXT, "annotations": ListOf(OBJECT), "logprobs": ListOf(OBJECT)}, ("text",)
    ),
    "refusal": Members({"type": TEXT, "refusal": TEXT}, ("refusal",)),
    "summary_text": Members({"type": TEXT, "text": TEXT}, ("text",)),
    "reasoning_text": Members({"type": TEXT, "text": TEXT}, ("text",)),
}

ANYWHERE = (
    "input_text",
    "input_image",
    "input_audio",
    "output_text",
    "refusal",
    "input_file",
    "computer_screenshot",
    "summary_text",
    "encrypted_content",
)
"""The types of all parts of content that the API speaks of, wherever they may stand."""


def parts(*types: str) -> Tagged:
    """Parts of content of these types."""
    return Tagged(by="type", kinds={each: PARTS[each] for each in types}, whole=True, among=ANYWHERE)


def content(*types: str) -> Either:
    """What a message says: a text, or parts of these types."""
    return Either(kinds={str: TEXT, list: ListOf(parts(*types))}, expected="one of an array of objects or string")


INPUT_PART = parts("input_text", "input_image", "input_file")

OUTPUT = Either(kinds={str: TEXT, list: ListOf(INPUT_PART)}, expected="one of a string or array of objects")
"""What a tool gave back."""

CALL_ID = Text(least=1, most=64)

STATUS = OneOf(("in_progress", "completed", "incomplete"))

COMMON: Mapping[str, Kind] = {
    "type": TEXT,
    "id": TEXT,
    "action": OBJECT,
    "approve": BOOLEAN,
    "arguments": TEXT,
    "call_id": CALL_ID,
    "encrypted_content": TEXT,
    "name": TEXT,
    "namespace": TEXT,
    "queries": STRINGS,
    "server_label": TEXT,
    "tools": ListOf(TOOL, "tools"),
}
"""The members that mean the same in several items; others are not looked at."""


def item(required: str = "", optional: str = "", nullable: str = "", /, **kinds: Kind) -> Members:
    """An item with these members, beside its type and its id.

    No id is required, whatever the API's description says: who stores nothing leaves them out.
    """
    known = {**COMMON, **kinds}
    names = ["type", "id", *required.split(), *optional.split()]
    return Members({name: known.get(name, ANY) for name in names}, required.split(), nullable.split())


def item_id(type: str) -> Text:
    """The id of an item of this type."""
    return Text(prefix=ITEM_PREFIX[type])


def message(types: tuple[str, ...], optional: str = "", /, **kinds: Kind) -> Members:
    """A message whose content has parts of these types."""
    known: dict[str, Kind] = {"id": item_id("message"), "content": content(*types), "status": STATUS, **kinds}
    return item("role content", f"status {optional}", **known)


PHASE = OneOf(("commentary", "final_answer"))

INCOMING = message(("input_text", "input_image", "input_file", "scoped_content", "input_audio"), "phase", phase=PHASE)

ITEMS: Mapping[str, Kind] = {
    "additional_tools": item("role tools", role=OneOf(("developer",))),
    "agent_message": OBJECT,
    "apply_patch_call": item("call_id operation status", "caller"),
    "apply_patch_call_output": item("call_id status", "output caller"),
    "code_interpreter_call": item("code container_id outputs status", "", "code outputs"),
    "compaction": item("encrypted_content"),
    "compaction_trigger": item(),
    "computer_call": item("call_id pending_safety_checks status", "action actions"),
    "computer_call_output": item("call_id output", "acknowledged_safety_checks status"),
    "custom_tool_call": item(
        "call_id name input", "namespace caller async status", id=item_id("custom_tool_call"), input=TEXT
    ),
    "custom_tool_call_output": item("call_id output", "caller", output=OUTPUT),
    "file_search_call": item("queries status", "results"),
    "function_call": item(
        "call_id name arguments",
        "status namespace caller async",
        id=item_id("function_call"),
        name=NAME,
        status=STATUS,
    ),
    "function_call_output": item(
        "call_id output", "status name namespace caller", id=item_id("function_call"), output=OUTPUT, status=STATUS
    ),
    "image_generation_call": item(
        "result status",
        "action background error output_format quality revised_prompt size svg_usage",
        "result",
        action=TEXT,
    ),
    "item_reference": Members({"type": TEXT, "id": TEXT}, ("id",)),
    "local_shell_call": item("call_id action status"),
    "local_shell_call_output": item("output", "call_id status"),
    "mcp_approval_request": item("server_label name arguments"),
    "mcp_approval_response": item("approval_request_id approve", "reason", approval_request_id=TEXT),
    "mcp_call": item("server_label name arguments", "approval_request_id output error status"),
    "mcp_list_tools": item("server_label tools", "error", tools=ListOf(OBJECT)),
    "message": Tagged(
        by="role",
        kinds={
            "assistant": message(("output_text", "refusal"), "phase", phase=PHASE),
            "system": INCOMING,
            "developer": INCOMING,
            "user": INCOMING,
        },
        whole=True,
    ),
    "multi_agent_call": OBJECT,
    "multi_agent_call_output": OBJECT,
    "program": item("call_id code fingerprint"),
    "program_output": item("call_id result status"),
    "reasoning": item(
        "summary",
        "content encrypted_content status",
        id=item_id("reasoning"),
        summary=ListOf(Tagged(by="type", kinds={"summary_text": PARTS["summary_text"]})),
        content=ListOf(Tagged(by="type", kinds={"reasoning_text": PARTS["reasoning_text"]})),
        status=STATUS,
    ),
    "shell_call": item("call_id action", "status environment caller"),
    "shell_call_output": item("call_id output", "max_output_length status caller", max_output_length=Integer()),
    "tool_search_call": item("arguments", "call_id execution status", arguments=ANY),
    "tool_search_output": item("tools", "call_id execution status"),
    "web_search_call": item("action status", id=item_id("web_search_call")),
    "configuration_update": item("", "reasoning text"),
}


def untyped(item: Mapping[str, Any]) -> str:
    """The type of an item that does not tell it: a reference has nothing but an id."""
    return "item_reference" if item.keys() - {"type"} == {"id"} else "message"


INPUT_ITEM = Tagged(
    by="type",
    kinds=ITEMS,
    default=untyped,
    whole=True,
    unlisted=("configuration_update",),
    expected="an input item",
)

INPUT = Either(
    kinds={str: TEXT, list: ListOf(INPUT_ITEM, "input items")}, expected="one of a string or array of input items"
)
