"""The tools of the Responses API, and the choice among them, as kinds: what a request may say of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from fakemodel.api.parameters.kinds import (
    ANY,
    BOOLEAN,
    OBJECT,
    STRINGS,
    TEXT,
    Either,
    Kind,
    ListOf,
    Members,
    OneOf,
    Tagged,
    Text,
)
from fakemodel.wire.errors import Refused
from fakemodel.wire.payload import Payload

__all__ = ["HOLDERS", "NAME", "TOOL", "TOOL_CHOICE", "check_tool_choice"]

NAME = Text(least=1, most=128, pattern="^[a-zA-Z0-9_-]+$")
"""The name of a tool."""

CALLERS = ListOf(OneOf(("direct", "programmatic")), "one of 'direct' or 'programmatic'", least=1)

WHERE: Mapping[str, Kind] = {
    "type": OneOf(("approximate",)),
    "city": TEXT,
    "country": TEXT,
    "region": TEXT,
    "timezone": TEXT,
}

SIZE = OneOf(("low", "medium", "high"))


def tool(required: str = "", /, **kinds: Kind) -> Members:
    """A tool with these members."""
    return Members({"type": TEXT, **kinds}, required.split())


def named_tool(**kinds: Kind) -> Members:
    """A tool that the caller names and answers."""
    calls: dict[str, Kind] = {"allowed_callers": CALLERS, "defer_loading": BOOLEAN, "async": BOOLEAN}
    return tool("name", name=NAME, description=TEXT, **kinds, **calls)


FUNCTION = named_tool(parameters=OBJECT, strict=BOOLEAN, output_schema=OBJECT)

CUSTOM = named_tool(format=OBJECT)

SEARCH = tool(search_context_size=SIZE, search_content_types=STRINGS, user_location=Members(WHERE, ("type",)))

WEB_SEARCH = tool(
    search_context_size=SIZE,
    user_location=Members(WHERE),
    filters=Members({"allowed_domains": STRINGS}),
    external_web_access=BOOLEAN,
)

IMAGE = (
    "action background complexity frame_count frame_duration_ms input_fidelity input_image_mask model moderation "
    "output_compression output_format partial_images quality size svg"
)

TOOL = Tagged(
    by="type",
    kinds={
        "code_interpreter": tool("container", container=ANY, allowed_callers=CALLERS),
        "programmatic_tool_calling": tool(),
        "function": FUNCTION,
        "namespace": tool(
            "name description tools",
            name=NAME,
            description=TEXT,
            tools=ListOf(Tagged(by="type", kinds={"function": FUNCTION, "custom": CUSTOM}), "tools", least=1),
        ),
        "tool_search": tool(description=TEXT, execution=OneOf(("server", "client")), parameters=OBJECT),
        "file_search": tool(
            "vector_store_ids",
            vector_store_ids=STRINGS,
            filters=OBJECT,
            max_num_results=ANY,
            ranking_options=OBJECT,
        ),
        "web_search_preview": SEARCH,
        "web_search_preview_2025_03_11": SEARCH,
        "image_generation": tool(**dict.fromkeys(IMAGE.split(), ANY)),
        "mcp": tool(
            "server_label",
            server_label=TEXT,
            server_url=TEXT,
            server_description=TEXT,
            connector_id=TEXT,
            tunnel_id=TEXT,
            authorization=TEXT,
            headers=OBJECT,
            allowed_tools=ANY,
            require_approval=ANY,
            allowed_callers=CALLERS,
            defer_loading=BOOLEAN,
        ),
        "custom": CUSTOM,
        "computer": tool(),
        "computer_use_preview": tool(
            "display_height display_width environment", display_height=ANY, display_width=ANY, environment=TEXT
        ),
        "shell": tool(environment=OBJECT, allowed_callers=CALLERS),
        "apply_patch": tool(allowed_callers=CALLERS),
        "web_search": WEB_SEARCH,
        "web_search_2025_08_26": WEB_SEARCH,
        "local_shell": tool(),
    },
    unlisted=("web_search", "web_search_2025_08_26", "local_shell"),
    expected="a tool",
)

CHOICES: Mapping[str, Kind] = {
    "function": tool("name", name=TEXT),
    "custom": tool("name", name=TEXT),
    "mcp": tool("server_label", server_label=TEXT, name=TEXT),
    "allowed_tools": tool("mode tools", mode=OneOf(("auto", "required")), tools=ListOf(OBJECT)),
}

OWN = (
    "file_search web_search_preview web_search_preview_2025_03_11 web_search web_search_2025_08_26 computer "
    "computer_use computer_use_preview image_generation code_interpreter programmatic_tool_calling shell local_shell "
    "apply_patch"
)

TOOL_CHOICE = Either(
    kinds={
        str: OneOf(("none", "auto", "required")),
        dict: Tagged(by="type", kinds={**CHOICES, **dict.fromkeys(OWN.split(), tool())}),
    },
    expected="one of an object or 'none', 'auto', or 'required'",
)

SAME = {
    "web_search": "web_search_preview",
    "web_search_2025_08_26": "web_search_preview",
    "web_search_preview_2025_03_11": "web_search_preview",
    "computer_use": "computer",
    "computer_use_preview": "computer",
}
"""The tools that are one tool under several names."""

HOLDERS = ("additional_tools", "tool_search_output")
"""The items of an input that bring tools."""


def check_tool_choice(body: Payload) -> None:
    """Raise Refused for a choice among the tools of a request that none of them is.

    With a `prompt` none is: that has tools of its own, which only the API knows.
    """
    choice = body.get("tool_choice")
    if choice in (None, "none", "auto") or body.get("prompt"):
        return
    tools = {_identity(tool) for tool in _tools(body)}
    if choice == "required":
        if not tools:
            raise Refused("no_tools")
    elif choice["type"] != "allowed_tools":
        if _identity(choice) not in tools:
            raise Refused("tool_not_found", choice["type"])
    else:
        for each in choice["tools"]:
            if _identity(each) not in tools:
                raise Refused("tool_not_found", str(each.get("name") or each.get("type") or ""))


def _tools(body: Payload) -> Iterator[Mapping[str, Any]]:
    """All tools of a request: also those that its input brings, and those in namespaces."""
    brought = [*(body.get("tools") or ())]
    if isinstance(body.get("input"), list):
        brought += [tool for item in body["input"] if item.get("type") in HOLDERS for tool in item["tools"]]
    for each in brought:
        yield each
        if each["type"] == "namespace":
            yield from each["tools"]


def _identity(tool: Mapping[str, Any]) -> tuple[object, object]:
    """What makes a tool the one that is chosen."""
    kind = tool.get("type")
    label = {"function": "name", "custom": "name", "mcp": "server_label"}.get(str(kind))
    return SAME.get(str(kind), str(kind)), str(tool.get(label)) if label else None
