"""Items, their parts and tools: what callers bring becomes what the API keeps and says again.

What it keeps is shown as a request asks for it.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import reduce
from typing import Any

from fakemodel.api.parameters.input_items import untyped
from fakemodel.api.parameters.settings import INCLUDE
from fakemodel.api.parameters.tools import HOLDERS
from fakemodel.wire.ids import CALLERS_PREFIX, ITEM_PREFIX
from fakemodel.wire.payload import Payload, without_nulls

__all__ = ["kept", "part_said", "shown", "stated", "tool_said", "type_of", "unnamed"]

PREFIX = {**ITEM_PREFIX, **CALLERS_PREFIX}

COMPLETED: Payload = {"status": "completed"}

MEMBERS: Mapping[str, Payload] = {
    "message": COMPLETED,
    "function_call": COMPLETED,
    "function_call_output": COMPLETED,
    "custom_tool_call": COMPLETED,
    "custom_tool_call_output": COMPLETED,
    "computer_call_output": COMPLETED,
    "code_interpreter_call": {"code": None, "outputs": None},
    "image_generation_call": {"result": None},
    "tool_search_call": {**COMPLETED, "call_id": None, "execution": "server"},
    "tool_search_output": {**COMPLETED, "call_id": None, "execution": "server"},
    "shell_call": {**COMPLETED, "environment": None},
    "shell_call_output": {**COMPLETED, "max_output_length": None},
}
"""What an item says that is kept, where the caller did not, by its type."""

ACTIONS: Mapping[str, Payload] = {"shell_call": {"timeout_ms": None, "max_output_length": None}}
"""What the action of an item says, where the caller did not, by the item's type."""

PARTS: Mapping[str, Payload] = {
    "output_text": {"annotations": [], "logprobs": []},
    "input_image": {"detail": "auto"},
}
"""What a part of an item's content says, where the caller did not, by its type."""

TOOLS: Mapping[str, Payload] = {
    "function": {"description": None, "strict": True, "parameters": None},
    "web_search": {
        "filters": None,
        "search_context_size": "medium",
        "user_location": {"type": "approximate", "city": None, "country": "US", "region": None, "timezone": None},
    },
    "file_search": {
        "filters": None,
        "max_num_results": 20,
        "ranking_options": {"ranker": "auto", "score_threshold": 0.0},
    },
    "mcp": {"headers": None, "server_description": None},
    "tool_search": {"description": None, "parameters": None},
}
"""What a tool says where the caller did not, by its type: as recorded answers say it."""

SCHEMAS = ("parameters", "output_schema")


def kept(items: Iterable[Payload], new_id: Callable[[str], str]) -> tuple[Payload, ...]:
    """The items as the API keeps them; `new_id` makes an id of the prefix of an item's type.

    An item that has an id keeps it. What is not said, or null, the API fills in. A reference stays as it is, and what
    only tells the request something is left out.
    """
    return tuple(_kept(item, new_id) for item in items if type_of(item) != "compaction_trigger")


def unnamed(item: Payload) -> Payload:
    """An item without the id that the caller made up for it."""
    return {**item, "id": None} if type_of(item) in PREFIX else item


def shown(items: Iterable[Payload], query: Mapping[str, Sequence[str]]) -> list[Payload]:
    """The items without what the API leaves out unless the query's `include` names it. Raises Refused."""
    included = query.get("include", ())
    for position, name in enumerate(included):
        INCLUDE.check(name, f"include[{position}]")
    return [reduce(_without, INSTEAD.keys() - set(included), item) for item in items]


INSTEAD: Mapping[str, tuple[Any, ...]] = {
    "file_search_call.results": (None,),
    "web_search_call.results": (),
    "web_search_call.action.sources": (),
    "message.input_image.image_url": (None,),
    "computer_call_output.output.image_url": (),
    "code_interpreter_call.outputs": (None,),
    "reasoning.encrypted_content": (),
    "message.output_text.logprobs": ([],),
}
"""What `include` may name, and what stands in its place otherwise, if anything does.

A name has the type of the item, then the member, or where that is: in another member, or in the parts of a type.
"""


def type_of(item: Payload) -> str:
    """The type of an item, told or not."""
    return str(item.get("type") or untyped(item))


def tool_said(tool: Payload) -> Payload:
    """A tool as the API says it again, and those in a namespace. Null is a value in its schemas, and nowhere else."""
    said = {key: value if key in SCHEMAS else without_nulls(value) for key, value in stated(tool).items()}
    filled = copy.deepcopy(TOOLS.get(str(said.get("type")), {}))
    # An empty description is none.
    whole = {**filled, **{key: value for key, value in said.items() if value != "" or key not in filled}}
    return {**whole, "tools": [tool_said(each) for each in tool["tools"]]} if "tools" in whole else whole


def part_said(part: Any) -> Any:
    """A part of a content as the API says it again; anything else as it is."""
    if not isinstance(part, dict):
        return part
    said = stated(part)
    members = PARTS.get(str(said.get("type")))
    return said if members is None else {"type": said["type"], **copy.deepcopy(members), **said}


def _kept(item: Payload, new_id: Callable[[str], str]) -> Payload:
    type_ = type_of(item)
    if type_ == "item_reference":
        return {**item, "type": type_}
    said = stated(item)
    named = {"id": said.get("id") or new_id(PREFIX.get(type_, "item")), "type": type_}
    whole = {**named, **MEMBERS.get(type_, {}), **said}
    if type_ in ACTIONS:
        whole["action"] = {**ACTIONS[type_], **whole["action"]}
    if type_ in HOLDERS:
        whole["tools"] = [tool_said(tool) for tool in whole["tools"]]
    for key in ("content", "output"):
        if key in whole:
            whole[key] = _parts(whole[key], item)
    return whole


def _parts(content: Any, item: Payload) -> Any:
    """The parts of a content; a text is the one part of a message, and the whole of a tool's output."""
    if isinstance(content, str) and "role" in item:
        content = [{"type": "output_text" if item["role"] == "assistant" else "input_text", "text": content}]
    return [part_said(part) for part in content] if isinstance(content, list) else content


def stated(value: Payload) -> Payload:
    """The members that are not null: null is as good as not said."""
    return {key: member for key, member in value.items() if member is not None}


def _without(item: Payload, name: str) -> Payload:
    type_, *place, member = name.split(".")
    if item.get("type") != type_:
        return item
    if not place:
        return _bare(item, member, INSTEAD[name])
    where = place[0]
    if isinstance(item.get(where), dict):
        return {**item, where: _bare(item[where], member, INSTEAD[name])}
    content = item.get("content", [])
    bare = [_bare(part, member, INSTEAD[name]) if part.get("type") == where else part for part in content]
    return {**item, "content": bare} if content else item


def _bare(holder: Payload, member: str, instead: tuple[Any, ...]) -> Payload:
    """A copy in which `instead`, if there is one, stands in the place of a member."""
    return {key: instead[0] if key == member else value for key, value in holder.items() if key != member or instead}
