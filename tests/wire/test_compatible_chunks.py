"""Streams of compatible servers that no deviation builds, read all the same: habits of theirs, one by one."""

import pytest

from fakemodel import Reply, reasoning, refusal, text, tool_call


def stream(*deltas, finish="stop", **members):
    """The chunks of these deltas, and the one that finishes them."""
    head = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": "llama", **members}
    choices = [*({"index": 0, "delta": delta} for delta in deltas), {"index": 0, "delta": {}, "finish_reason": finish}]
    return [{**head, "choices": [choice]} for choice in choices]


def call(id=None, name=None, arguments=None, **members):
    function = {key: value for key, value in (("name", name), ("arguments", arguments)) if value is not None}
    return {"tool_calls": [{**members, **({} if id is None else {"id": id, "type": "function"}), "function": function}]}


@pytest.mark.parametrize(
    ("chunks", "parts"),
    [
        pytest.param(
            stream({"role": "assistant", "content": "Hel"}, {"content": "lo"}),
            [text("Hel", "lo")],
            id="the first delta has text",
        ),
        pytest.param(stream({"content": "Hel"}, {"content": "lo"}), [text("Hel", "lo")], id="nobody has a role"),
        pytest.param(
            stream(*({"role": "assistant", "content": each} for each in ("", "Hel", "lo", ""))),
            [text("Hel", "lo")],
            id="every delta has the role, some no text",
        ),
        pytest.param(
            stream({"role": "assistant", "content": None, "refusal": None, "tool_calls": None}, {"content": "Hello"}),
            [text("Hello")],
            id="what is not said is null",
        ),
        pytest.param(
            stream(
                {"role": "assistant", "content": "", "reasoning_content": "Hm"},
                {"content": "", "reasoning_content": "m"},
                {"content": "", "reasoning_content": "…"},
                {"content": "Hello", "reasoning_content": ""},
            ),
            [reasoning("Hm", "m", "…"), text("Hello")],
            id="what is not said is an empty text",
        ),
        pytest.param(
            stream(
                {"role": "assistant", "content": None, "reasoning_content": "Hm"},
                {"content": "Hello", "reasoning_content": None},
            ),
            [reasoning("Hm"), text("Hello")],
            id="reasoning and content exclude each other",
        ),
        pytest.param(
            stream({"reasoning": "Hm", "reasoning_content": "Hm"}, {"content": "Hello"}),
            [reasoning("Hm"), text("Hello")],
            id="reasoning has both names",
        ),
        pytest.param(
            stream({"reasoning_content": "Hm", "content": "Hello"}),
            [reasoning("Hm"), text("Hello")],
            id="one delta says all",
        ),
        pytest.param(
            stream({"content": "Hello"}, {"refusal": "No"}),
            [text("Hello"), refusal("No")],
            id="a refusal comes late",
        ),
        pytest.param(
            stream(call("call_1", "f", "{}"), finish="tool_calls"),
            [tool_call("f", "{}", id="call_1")],
            id="a call without an index",
        ),
        pytest.param(
            stream(call("call_1", "f", "{}", index=None), finish="tool_calls"),
            [tool_call("f", "{}", id="call_1")],
            id="a call whose index is null",
        ),
        pytest.param(
            stream(call("call_1", "f", "{}", index=0), call("call_2", "g", "[]", index=0), finish="tool_calls"),
            [tool_call("f", "{}", id="call_1"), tool_call("g", "[]", id="call_2")],
            id="two calls of one index",
        ),
        pytest.param(
            stream(call("call_1", "f", "{", index=0), call("call_1", "f", "}", index=0), finish="tool_calls"),
            [tool_call("f", ["{", "}"], id="call_1")],
            id="every delta of a call has its id and name",
        ),
        pytest.param(
            stream(
                {
                    "tool_calls": [
                        *call("call_1", "f", "{}", index=0)["tool_calls"],
                        *call("call_2", "g", index=1)["tool_calls"],
                    ]
                },
                finish="tool_calls",
            ),
            [tool_call("f", "{}", id="call_1"), tool_call("g", "", id="call_2")],
            id="two calls in one delta",
        ),
        pytest.param(
            stream(call("call_1", "", "", index=0), call("", "f", "{}", index=0), finish="tool_calls"),
            [tool_call("f", "{}", id="call_1")],
            id="empty words of a call",
        ),
        pytest.param(stream({"content": "Hello"}, finish="eos"), [text("Hello")], id="another finish_reason"),
    ],
)
def test_a_habit_changes_nothing_of_what_is_said(chunks, parts):
    read = Reply.from_chunks(chunks)

    assert read.parts == tuple(parts)
    assert (read.status, read.model, read.id) == ("completed", "llama", "chatcmpl-1")


def test_a_choice_without_an_index_is_the_first():
    (chunk, *_) = stream({"content": "Hello"})
    del chunk["choices"][0]["index"]

    assert Reply.from_chunks([chunk]).parts == (text("Hello"),)


def test_the_counts_that_come_last_are_those_of_all():
    first, second = stream({"content": "Hel"})
    counts = [{"prompt_tokens": 7, "completion_tokens": count, "total_tokens": 7 + count} for count in (1, 2)]

    read = Reply.from_chunks([{**first, "usage": counts[0]}, {**second, "usage": counts[1]}])

    assert (read.usage.input, read.usage.output) == (7, 2)


def test_a_choice_may_finish_twice():
    chunks = stream({"content": "Hello"}, finish="length")

    assert Reply.from_chunks([*chunks, chunks[-1]]).status == "incomplete"


def test_what_a_server_adds_of_its_own_is_said_again():
    chunks = stream({"role": "assistant", "content": ""}, {"content": "Hello"}, provider="Groq")

    again = [chunk.to_dict() for chunk in Reply.from_chunks(chunks).chunks(include_usage=False)]
    assert [chunk["provider"] for chunk in again] == ["Groq"] * 3
    assert [chunk["choices"][0]["delta"] for chunk in again[1:]] == [{"content": "Hello"}, {}]
