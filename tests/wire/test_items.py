"""Every output item as a part of a reply: the events it is streamed with, as it is added, and as it is done."""

import pytest
from openai.types import responses
from openai.types.responses import response_output_item

from fakemodel import FakeOpenAI, Reply, check_events, usage

ADDED, DONE = "output_item.added", "output_item.done"
SUMMARY = [
    "reasoning_summary_part.added",
    "reasoning_summary_text.delta",
    "reasoning_summary_text.done",
    "reasoning_summary_part.done",
]
MESSAGE = [ADDED, "content_part.added", "output_text.delta", "output_text.done", "content_part.done", DONE]


def summary(*texts):
    return [{"type": "summary_text", "text": text} for text in texts]


def item(type, id, **members):
    return {"type": type, "id": id, **members}


# Each item with what is otherwise when it is added (ABSENT: not there yet), the events between added and done, and
# the deltas among them.
ABSENT = object()
ITEMS = {
    "reasoning": (item("reasoning", "rs_1", summary=[]), {}, [], []),
    "reasoning with a summary": (
        item("reasoning", "rs_1", summary=summary("Thought."), status="completed"),
        {"summary": [], "status": "in_progress"},
        SUMMARY,
        ["Thought."],
    ),
    "reasoning with a summary of two parts": (
        item("reasoning", "rs_1", summary=summary("First.", "Second.")),
        {"summary": []},
        [*SUMMARY, *SUMMARY],
        ["First.", "Second."],
    ),
    "encrypted reasoning": (
        item("reasoning", "rs_1", summary=summary("Thought."), encrypted_content="gAAAA"),
        {"summary": []},
        SUMMARY,
        ["Thought."],
    ),
    "reasoning with its own text": (
        item("reasoning", "rs_1", summary=[], content=[{"type": "reasoning_text", "text": "Hm."}]),
        {"content": []},
        ["content_part.added", "reasoning_text.delta", "reasoning_text.done", "content_part.done"],
        ["Hm."],
    ),
    "custom_tool_call": (
        item("custom_tool_call", "ctc_1", call_id="call_1", name="shell", input="ls -l"),
        {"input": ""},
        ["custom_tool_call_input.delta", "custom_tool_call_input.done"],
        ["ls -l"],
    ),
    "custom_tool_call without input": (
        item("custom_tool_call", "ctc_1", call_id="call_1", name="shell", input=""),
        {},
        ["custom_tool_call_input.done"],
        [],
    ),
    "web_search_call": (
        item("web_search_call", "ws_1", status="completed", action={"type": "search", "query": "alpine weather"}),
        {"status": "in_progress", "action": ABSENT},
        ["web_search_call.in_progress", "web_search_call.searching", "web_search_call.completed"],
        [],
    ),
    "file_search_call": (
        item("file_search_call", "fs_1", status="completed", queries=["capital"], results=[{"file_id": "file-1"}]),
        {"status": "in_progress", "queries": [], "results": None},
        ["file_search_call.in_progress", "file_search_call.searching", "file_search_call.completed"],
        [],
    ),
    "code_interpreter_call": (
        item(
            "code_interpreter_call",
            "ci_1",
            status="completed",
            code="print(1)",
            container_id="cntr_1",
            outputs=[{"type": "logs", "logs": "1"}],
        ),
        {"status": "in_progress", "code": "", "outputs": None},
        [
            "code_interpreter_call.in_progress",
            "code_interpreter_call_code.delta",
            "code_interpreter_call_code.done",
            "code_interpreter_call.interpreting",
            "code_interpreter_call.completed",
        ],
        ["print(1)"],
    ),
    "image_generation_call": (
        item("image_generation_call", "ig_1", status="completed", result="aGk=", size="1024x1024", quality="low"),
        {"status": "in_progress", "result": ABSENT, "size": ABSENT, "quality": ABSENT},
        ["image_generation_call.in_progress", "image_generation_call.generating", "image_generation_call.completed"],
        [],
    ),
    "image_generation_call that is done while generating": (
        item("image_generation_call", "ig_1", status="generating", result="aGk="),
        {"status": "in_progress", "result": ABSENT},
        ["image_generation_call.in_progress", "image_generation_call.generating"],
        [],
    ),
    "mcp_list_tools": (
        item("mcp_list_tools", "mcpl_1", server_label="wiki", tools=[{"name": "ask", "input_schema": {}}]),
        {"tools": []},
        ["mcp_list_tools.in_progress", "mcp_list_tools.completed"],
        [],
    ),
    "mcp_list_tools with an error": (
        item("mcp_list_tools", "mcpl_1", server_label="wiki", tools=[], error="Not reachable."),
        {"error": ABSENT},
        ["mcp_list_tools.in_progress", "mcp_list_tools.failed"],
        [],
    ),
    "mcp_call": (
        item("mcp_call", "mcp_1", server_label="wiki", name="ask", arguments="{}", output="Yes.", error=None),
        {"arguments": "", "output": None},
        ["mcp_call.in_progress", "mcp_call_arguments.delta", "mcp_call_arguments.done", "mcp_call.completed"],
        ["{}"],
    ),
    "mcp_call with an error": (
        item(
            "mcp_call",
            "mcp_1",
            status="failed",
            server_label="wiki",
            name="ask",
            arguments="{}",
            output=None,
            error={"type": "http_error", "code": 500, "message": "No."},
        ),
        {"status": "in_progress", "arguments": "", "error": None},
        ["mcp_call.in_progress", "mcp_call_arguments.delta", "mcp_call_arguments.done", "mcp_call.failed"],
        ["{}"],
    ),
    "tool_search_call": (
        item(
            "tool_search_call",
            "tsc_1",
            status="completed",
            call_id=None,
            execution="server",
            arguments={"paths": ["weather"]},
        ),
        {"status": "in_progress", "arguments": {}},
        [],
        [],
    ),
    "tool_search_output": (
        item(
            "tool_search_output",
            "tso_1",
            status="completed",
            call_id=None,
            execution="server",
            tools=[{"type": "function", "name": "f", "parameters": {}, "strict": True}],
        ),
        {"status": "in_progress"},
        [],
        [],
    ),
    "compaction": (item("compaction", "cmp_1", encrypted_content="gAAAA"), {}, [], []),
    "an item whose own events nobody has seen": (
        item("mcp_approval_request", "mcpr_1", server_label="wiki", name="ask", arguments="{}"),
        {},
        [],
        [],
    ),
}
EVERY_ITEM = pytest.mark.parametrize(("part", "first", "between", "deltas"), ITEMS.values(), ids=ITEMS)

CLASSES = {
    "reasoning": "ResponseReasoningItem",
    "custom_tool_call": "ResponseCustomToolCall",
    "web_search_call": "ResponseFunctionWebSearch",
    "file_search_call": "ResponseFileSearchToolCall",
    "code_interpreter_call": "ResponseCodeInterpreterToolCall",
    "image_generation_call": "ImageGenerationCall",
    "mcp_list_tools": "McpListTools",
    "mcp_call": "McpCall",
    "tool_search_call": "ResponseToolSearchCall",
    "tool_search_output": "ResponseToolSearchOutputItem",
    "compaction": "ResponseCompactionItem",
    "mcp_approval_request": "McpApprovalRequest",
}


def sdk_object(payload):
    """The item as an object of the SDK, as one that came from the API."""
    name = CLASSES[payload["type"]]
    home = responses if hasattr(responses, name) else response_output_item
    if not hasattr(home, name):
        pytest.skip(f"the installed openai SDK has no {name}")
    return getattr(home, name).construct(**payload)


def wire(value):
    """An SDK object as it is on the wire, also where the installed SDK has another type for one of its members."""
    return value.to_dict(warnings=False)


def streamed(*parts):
    """The types of the events between the opening and the end, and the events themselves."""
    events = Reply(*parts).events()
    assert [event.type for event in (*events[:2], events[-1])] == [
        "response.created",
        "response.in_progress",
        "response.completed",
    ]
    return [event.type.removeprefix("response.") for event in events[2:-1]], events[2:-1]


@EVERY_ITEM
def test_an_item_is_streamed_with_the_events_of_its_type(part, first, between, deltas):
    types, events = streamed(part)

    assert types == [ADDED, *between, DONE]
    assert [event.delta for event in events if event.type.endswith(".delta")] == deltas
    check_events(Reply(part).events())


@EVERY_ITEM
def test_an_item_is_added_as_it_is_before_anything_came_of_it_and_done_as_it_was_given(part, first, between, deltas):
    added, *_, done = streamed(part)[1]

    opened = {key: value for key, value in {**part, **first}.items() if value is not ABSENT}
    assert wire(added)["item"] == opened
    assert wire(done)["item"] == part
    assert wire(Reply(part).response())["output"] == [part]


@EVERY_ITEM
def test_an_item_stands_between_the_messages_of_the_texts_around_it(part, first, between, deltas):
    types, events = streamed("Before.", part, "After.")
    own = [wire(event) for event in events[len(MESSAGE) : -len(MESSAGE)]]

    assert types == [*MESSAGE, ADDED, *between, DONE, *MESSAGE]
    assert {event["output_index"] for event in own} == {1}
    assert {event["item_id"] for event in own if "item" not in event} <= {part["id"]}
    check_events(Reply("Before.", part, "After.").events())


@EVERY_ITEM
def test_an_item_of_the_sdk_says_what_its_dict_says(part, first, between, deltas):
    given = sdk_object(part)

    assert Reply(given) == Reply(part)
    assert [wire(event) for event in Reply("Hi", given).events()] == [
        wire(event) for event in Reply("Hi", part).events()
    ]


@EVERY_ITEM
def test_a_client_is_answered_with_the_item_streamed_or_not(part, first, between, deltas):
    reply = Reply("Look:", part, usage=usage(7, 5))
    client = FakeOpenAI([reply, reply]).client()

    streamed = client.responses.create(model="fake-model", input="Hi", stream=True)
    assert [wire(event) for event in streamed] == [wire(event) for event in reply.events()]
    assert wire(client.responses.create(model="fake-model", input="Hi"))["output"][1] == part


def test_parts_of_a_summary_are_counted():
    events = streamed(ITEMS["reasoning with a summary of two parts"][0])[1][1:-1]

    assert [event.summary_index for event in events] == [0, 0, 0, 0, 1, 1, 1, 1]
    assert [event.part.text for event in events if hasattr(event, "part")] == ["", "First.", "", "Second."]
    assert [event.text for event in events if event.type.endswith("_text.done")] == ["First.", "Second."]
