"""Output items as they are given: the ids they are given in turn, what is refused of them, and whose they are."""

import re

import pytest
from openai.types import responses

from fakemodel import Reply, ReplyInvalid, check_events


@pytest.mark.parametrize(
    ("part", "prefix"),
    [
        ({"type": "message", "role": "assistant", "content": []}, "msg"),
        ({"type": "reasoning", "summary": []}, "rs"),
        ({"type": "function_call", "call_id": "call_1", "name": "f", "arguments": "{}"}, "fc"),
        ({"type": "custom_tool_call", "call_id": "call_1", "name": "f", "input": ""}, "ctc"),
        ({"type": "web_search_call", "status": "completed"}, "ws"),
        ({"type": "file_search_call", "status": "completed", "queries": []}, "fs"),
        ({"type": "code_interpreter_call", "status": "completed", "code": "", "container_id": "cntr_1"}, "ci"),
        ({"type": "image_generation_call", "status": "completed"}, "ig"),
        ({"type": "mcp_list_tools", "server_label": "wiki", "tools": []}, "mcpl"),
        ({"type": "mcp_call", "server_label": "wiki", "name": "ask", "arguments": ""}, "mcp"),
        ({"type": "tool_search_call", "arguments": {}}, "tsc"),
        ({"type": "tool_search_output", "tools": []}, "tso"),
        ({"type": "compaction", "encrypted_content": "gAAAA"}, "cmp"),
    ],
)
def test_an_item_without_an_id_is_given_one_of_its_type(part, prefix):
    reply = Reply("Hi", part)

    id = reply.output[1].id
    assert re.fullmatch(rf"{prefix}_[0-9a-f]{{50}}", id)
    assert id.removeprefix(prefix)[:19] == reply.response().id.removeprefix("resp")[:19]
    check_events(reply.events())


def test_a_call_without_an_id_to_answer_it_by_is_given_one_by_chat():
    reply = Reply({"type": "function_call", "name": "f", "arguments": "{}"})

    (call,) = reply.completion().choices[0].message.tool_calls
    assert re.fullmatch(r"call_[0-9A-Za-z]{24}", call.id)
    assert reply.chunks()[0].choices[0].delta.tool_calls[0].id == call.id


@pytest.mark.parametrize(
    ("part", "problem"),
    [
        (
            {"type": "image_generation", "id": "ig_1"},
            "'image_generation' is no type of an output item; the nearest is 'image_generation_call'",
        ),
        (
            {"type": "web_search_preview_call", "id": "ws_1", "status": "completed"},
            "'web_search_preview_call' is no type of an output item; the nearest is 'web_search_call'",
        ),
        (
            responses.ResponseReasoningItem.construct(type="reasonings", id="rs_1", summary=[]),
            "'reasonings' is no type of an output item; the nearest is 'reasoning'",
        ),
        (
            {"type": "custom_tool_call", "id": "ctc_1", "arguments": "{}"},
            "A custom_tool_call needs its `input`, a string",
        ),
        ({"type": "code_interpreter_call", "id": "ci_1"}, "A code_interpreter_call needs its `code`, a string"),
        ({"type": "mcp_call", "id": "mcp_1", "arguments": {}}, "A mcp_call needs its `arguments`, a string"),
    ],
)
def test_an_item_that_cannot_be_streamed_is_refused_where_it_is_written(part, problem):
    with pytest.raises(ReplyInvalid) as refused:
        Reply("Hi", part)

    payload = part if isinstance(part, dict) else part.to_dict()
    assert str(refused.value) == f"{problem}: {payload!r}"


def test_a_summary_that_is_no_list_of_parts_is_refused_where_it_is_written():
    with pytest.raises(ReplyInvalid) as refused:
        Reply({"type": "reasoning", "summary": ["Thought."]})

    assert str(refused.value) == (
        "The `summary` of a reasoning is a list of parts, each with its type (output_text, refusal, reasoning_text, "
        "summary_text) and text: {'type': 'reasoning', 'summary': ['Thought.']}"
    )


@pytest.mark.parametrize("part", [{"type": "compaction", "id": object()}, {"type": "compaction", "n": float("nan")}])
def test_an_item_that_json_has_no_form_for_is_refused_where_it_is_written(part):
    with pytest.raises(ReplyInvalid):
        Reply(part)


@pytest.mark.parametrize("member", ["arguments", "hints"])
def test_a_rendering_may_be_changed_without_changing_the_next(member):
    reply = Reply({"type": "tool_search_call", "arguments": {"paths": ["a"]}, "hints": {"paths": ["a"]}})

    getattr(reply.output[0], member)["paths"].append("b")

    assert getattr(reply.output[0], member) == {"paths": ["a"]}
