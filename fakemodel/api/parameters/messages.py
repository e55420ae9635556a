"""The messages and the tools of Chat Completions, as kinds, and what must stand in a message whatever its kind."""

from __future__ import annotations

from collections.abc import Mapping

from fakemodel.api.parameters.input_items import BREAKPOINT
from fakemodel.api.parameters.kinds import BOOLEAN, OBJECT, TEXT, Either, Kind, ListOf, Members, OneOf, Tagged, Text
from fakemodel.api.parameters.tools import NAME
from fakemodel.wire.errors import Refused
from fakemodel.wire.payload import Payload

__all__ = [
    "FUNCTIONS",
    "FUNCTION_CALL",
    "MESSAGES",
    "TEXTS",
    "TOOLS",
    "TOOL_CHOICE",
    "check_function_choice",
    "check_messages",
    "seen",
]


def part(**kinds: Kind) -> Members:
    """A part of a content, with this member."""
    return Members({**kinds, "prompt_cache_breakpoint": BREAKPOINT}, tuple(kinds), unknown=None)


PARTS: Mapping[str, Kind] = {
    "text": part(text=TEXT),
    "image_url": part(image_url=Members({"url": TEXT, "detail": OneOf(("auto", "low", "high", "original"))}, ("url",))),
    "input_audio": part(input_audio=Members({"data": TEXT, "format": OneOf(("wav", "mp3"))}, ("data", "format"))),
    "refusal": part(refusal=TEXT),
    "file": part(file=Members({"file_id": TEXT, "file_data": TEXT, "filename": TEXT})),
}

ANYWHERE = ("text", "image_url", "input_audio", "refusal", "audio", "file")
"""The types of parts that the API speaks of, whoever says them."""


def content(*types: str) -> Either:
    """What a message says: a text, or parts of these types."""
    parts = Tagged(by="type", kinds={each: PARTS[each] for each in types}, among=ANYWHERE)
    return Either(kinds={str: TEXT, list: ListOf(parts)}, expected="one of a string or array of objects")


TEXTS = content("text")

CALL_ID = Text(least=1, most=40)

CALLED = Members({"name": NAME, "arguments": TEXT}, ("name", "arguments"), unknown=None)

CALL = Tagged(
    by="type",
    kinds={
        # What the SDK's stream helper adds (`index`, `parsed_arguments`) is sent back by whoever appends its message.
        "function": Members({"id": CALL_ID, "type": TEXT, "function": CALLED}, ("id", "function"), unknown=None),
        "custom": Members(
            {"id": CALL_ID, "type": TEXT, "custom": Members({"name": NAME, "input": TEXT}, ("name", "input"))},
            ("id", "custom"),
            unknown=None,
        ),
    },
)


def message(**kinds: Kind) -> Members:
    """A message with these members. Of those that it does not know the API takes no notice."""
    return Members({"name": TEXT, **kinds}, unknown=None)


ROLES: Mapping[str, Members] = {
    "system": message(content=TEXTS),
    "assistant": message(
        content=content("text", "refusal"),
        tool_calls=ListOf(CALL, least=1),
        function_call=CALLED,
        refusal=TEXT,
        audio=Members({"id": TEXT}, ("id",), unknown=None),
    ),
    "user": message(content=content("text", "image_url", "input_audio", "file")),
    "function": message(content=TEXT),
    "tool": message(content=TEXTS, tool_call_id=TEXT),
    "developer": Members({"name": TEXT, "content": TEXTS}, ("content",), unknown=None),
}

MESSAGES = ListOf(Tagged(by="role", kinds=ROLES), least=1)

INSTEAD = {"assistant": ("tool_calls", "function_call", "refusal", "audio"), "function": ("name",)}
"""What a message may have instead of a content, by its role."""

SHORT_NAME = Text(least=1, most=64, pattern=NAME.pattern)
"""The name of a tool, which may not be as long here as in the Responses API."""

FUNCTION = Members({"name": SHORT_NAME, "description": TEXT, "parameters": OBJECT, "strict": BOOLEAN}, ("name",))

TOOLS = ListOf(
    Tagged(
        by="type",
        kinds={
            "function": Members({"type": TEXT, "function": FUNCTION}, ("function",)),
            "custom": Members(
                {
                    "type": TEXT,
                    "custom": Members({"name": SHORT_NAME, "description": TEXT, "format": OBJECT}, ("name",)),
                },
                ("custom",),
            ),
        },
    ),
    least=1,
    most=128,
)

FUNCTIONS = ListOf(FUNCTION, "function definitions", least=1, most=128)

NAMED = Members({"name": TEXT}, ("name",))

FUNCTION_CALL = Either(
    kinds={str: OneOf(("none", "auto")), dict: NAMED}, expected="one of one of 'none' or 'auto' or object"
)

ALLOWED = Members({"mode": OneOf(("auto", "required")), "tools": ListOf(OBJECT)}, ("mode", "tools"))

TOOL_CHOICE = Either(
    kinds={
        str: OneOf(("none", "auto", "required")),
        dict: Tagged(
            by="type",
            kinds={
                "function": Members({"type": TEXT, "function": NAMED}, ("function",)),
                "custom": Members({"type": TEXT, "custom": NAMED}, ("custom",)),
                "allowed_tools": Members({"type": TEXT, "allowed_tools": ALLOWED}, ("allowed_tools",)),
            },
        ),
    },
    expected="one of one of 'none', 'auto', or 'required' or object",
)


def seen(message: Payload) -> Payload:
    """A message as the model is given it: without the members that one of its role does not have."""
    known = {"role", *ROLES[message["role"]].kinds}
    return {name: value for name, value in message.items() if name in known}


def check_function_choice(body: Payload) -> None:
    """Raise Refused for a choice among no tools, or of a function that none of them is."""
    for choice, tools in (("tool_choice", "tools"), ("function_call", "functions")):
        chosen, given = body.get(choice), body.get(tools)
        if chosen is None:
            continue
        if given is None:
            raise Refused("choice_alone", choice, tools)
        name = name_of(chosen) if isinstance(chosen, dict) else None
        if name is not None and name not in map(name_of, given):
            raise Refused("function_not_found", name)


def name_of(tool: Payload) -> str | None:
    """The name of a tool, or of a choice; None for one of several tools."""
    name: str | None = tool.get(tool.get("type", ""), tool).get("name")
    return name


def check_messages(body: Payload) -> None:
    """Raise Refused for a message that says nothing, and for one of a tool that does not say what it answers."""
    for index, each in enumerate(body["messages"]):
        instead = INSTEAD.get(each["role"], ())
        if each.get("content") is None and all(each.get(name) is None for name in instead):
            raise Refused("no_content", str(index))
        if each["role"] == "tool" and not each.get("tool_call_id"):
            raise Refused("no_tool_call_id", str(index))
