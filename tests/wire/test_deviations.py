"""What compatible servers stream otherwise than the API: what each habit changes, which law it breaks, what it says."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakemodel import (
    Reply,
    ReplyInvalid,
    StreamError,
    check_chunks,
    reasoning,
    refusal,
    sse,
    text,
    tool_call,
    usage,
)
from fakemodel.wire.deviations import DEVIATIONS

FIRST = {"role": "assistant", "content": "", "refusal": None}
TIME = tool_call("get_time", ["{", "}"], id="call_time")
DAY = tool_call("get_day", ["[", "]"], id="call_day")


def opening(index, function, **members):
    return {"tool_calls": [{"index": index, **members, "type": "function", "function": function}]}


def rest(index, **members):
    return {"tool_calls": [{"index": index, **members}]}


def arguments(index, fragment):
    return rest(index, function={"arguments": fragment})


def choices(chunks):
    return [choice for chunk in chunks for choice in chunk.to_dict()["choices"]]


# The deviation, a reply, the deltas of its stream then, and the laws of the API's own streams that it breaks.
ROWS = [
    pytest.param(
        "late_tool_name",
        Reply(TIME),
        [
            {**opening(0, {"arguments": ""}, id="call_time"), "role": "assistant", "content": None, "refusal": None},
            rest(0, function={"name": "get_time"}),
            arguments(0, "{"),
            arguments(0, "}"),
            {},
        ],
        ["tool opening", "tool index", "tool opening"],
        id="late_tool_name",
    ),
    pytest.param(
        "split_tool_name",
        Reply("Look:", TIME),
        [
            FIRST,
            {"content": "Look:"},
            opening(0, {"name": "get_", "arguments": ""}, id="call_time"),
            rest(0, function={"name": "time"}),
            arguments(0, "{"),
            arguments(0, "}"),
            {},
        ],
        ["tool index", "tool opening"],
        id="split_tool_name",
    ),
    pytest.param(
        "split_tool_id",
        Reply(TIME),
        [
            {
                **opening(0, {"name": "get_time", "arguments": ""}, id="call"),
                "role": "assistant",
                "content": None,
                "refusal": None,
            },
            rest(0, id="_time"),
            arguments(0, "{"),
            arguments(0, "}"),
            {},
        ],
        ["tool index", "tool opening"],
        id="split_tool_id",
    ),
    pytest.param(
        "no_finish",
        Reply("Look"),
        [FIRST, {"content": "Look"}],
        ["finish"],
        id="no_finish",
    ),
    pytest.param(
        "repeated_role",
        Reply(text("Lo", "ok")),
        [FIRST, *({"role": "assistant", **said} for said in ({"content": "Lo"}, {"content": "ok"}, {}))],
        ["role", "role", "role", "finish"],
        id="repeated_role",
    ),
    pytest.param(
        "interleaved_tools",
        Reply(TIME, DAY),
        [
            {"role": "assistant", "content": None},
            opening(0, {"name": "get_time", "arguments": ""}, id="call_time"),
            opening(1, {"name": "get_day", "arguments": ""}, id="call_day"),
            arguments(0, "{"),
            arguments(1, "["),
            arguments(0, "}"),
            arguments(1, "]"),
            {},
        ],
        ["tool index", "tool index"],
        id="interleaved_tools",
    ),
    pytest.param(
        "reasoning",
        Reply(reasoning("Hm", "…"), "Look"),
        [FIRST, {"reasoning": "Hm"}, {"reasoning": "…"}, {"content": "Look"}, {}],
        [],
        id="reasoning",
    ),
]


@pytest.mark.parametrize(("deviation", "reply", "stream", "broken"), ROWS)
def test_the_deltas_are_those_of_a_server_with_this_habit(deviation, reply, stream, broken):
    chunks = reply.chunks(include_usage=False, deviation=deviation)

    assert [choice["delta"] for choice in choices(chunks)] == stream
    assert [choice["finish_reason"] for choice in choices(chunks)[:-1]] == [None] * (len(stream) - 1)
    heads = [{key: value for key, value in chunk.to_dict().items() if key != "choices"} for chunk in chunks]
    assert heads == heads[:1] * len(heads)


@pytest.mark.parametrize(("deviation", "reply", "stream", "broken"), ROWS)
def test_the_laws_of_the_apis_own_streams_refuse_what_they_know(deviation, reply, stream, broken):
    chunks = reply.chunks(include_usage=False, deviation=deviation)

    if broken:
        with pytest.raises(StreamError) as refused:
            check_chunks(chunks)
        assert [violation.law for violation in refused.value.violations] == broken
    else:
        check_chunks(chunks)


def test_the_usage_may_stand_on_the_last_choice():
    reply = Reply(text("Lo", "ok"), usage=usage(7, 5))
    chunks = reply.chunks(deviation="usage_on_last_choice")
    plain = reply.chunks(include_usage=False)

    assert ["usage" in chunk.to_dict() for chunk in chunks] == [False, False, False, True]
    assert chunks[:-1] == plain[:-1]
    assert (chunks[-1].choices, chunks[-1].usage) == (plain[-1].choices, reply.completion().usage)
    with pytest.raises(StreamError) as refused:
        check_chunks(chunks)
    assert [(violation.law, violation.position) for violation in refused.value.violations] == [("usage", 3)] * 2


def test_without_a_finish_the_usage_comes_before_the_choice_is_over():
    chunks = Reply("Look").chunks(deviation="no_finish")

    assert [len(chunk.choices) for chunk in chunks] == [1, 1, 0]
    with pytest.raises(StreamError) as refused:
        check_chunks(chunks)
    assert [violation.law for violation in refused.value.violations] == ["finish", "finish"]


def test_calls_come_by_turns_however_many_fragments_they_have():
    calls = [
        tool_call("f", ["1", "2", "3"], id="call_f"),
        tool_call("g", [], id="call_g"),
        tool_call("h", ["x"], id="call_h"),
    ]
    deltas = [choice["delta"] for choice in choices(Reply(*calls).chunks(deviation="interleaved_tools"))]
    said = [call for delta in deltas for call in delta.get("tool_calls", ())]

    assert [(call["index"], call["function"]["arguments"]) for call in said] == [
        (0, ""),
        (1, ""),
        (2, ""),
        (0, "1"),
        (2, "x"),
        (0, "2"),
        (0, "3"),
    ]


@pytest.mark.parametrize(
    ("deviation", "reply", "need"),
    [
        ("late_tool_name", Reply("Look"), "a tool call"),
        ("split_tool_name", Reply("Look"), "a tool call, whose name has two letters or more"),
        ("split_tool_name", Reply(tool_call("f")), "a tool call, whose name has two letters or more"),
        ("split_tool_id", Reply(refusal("No")), "a tool call"),
        ("interleaved_tools", Reply("Look"), "neighbouring tool calls, the first of which has arguments"),
        ("interleaved_tools", Reply(TIME), "neighbouring tool calls, the first of which has arguments"),
        (
            "interleaved_tools",
            Reply(tool_call("f", ""), TIME),
            "neighbouring tool calls, the first of which has arguments",
        ),
        ("reasoning", Reply("Look"), "reasoning"),
        ("reasoning", Reply(reasoning(), "Look"), "reasoning"),
    ],
)
def test_a_deviation_with_nothing_to_do_is_refused(deviation, reply, need):
    with pytest.raises(ReplyInvalid) as refused:
        reply.chunks(deviation=deviation)

    assert str(refused.value) == f"deviation={deviation!r} changes nothing in this stream: it needs {need}."


def test_usage_that_nobody_asked_for_cannot_be_moved():
    with pytest.raises(ReplyInvalid) as refused:
        Reply("Look").chunks(include_usage=False, deviation="usage_on_last_choice")

    assert str(refused.value) == (
        "deviation='usage_on_last_choice' changes nothing in this stream: it needs include_usage."
    )


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("late_tool_names", "late_tool_name"),
        ("interleaved", "interleaved_tools"),
        ("Reasoning", "reasoning"),
        ("reasoning_content", "reasoning"),
    ],
)
def test_a_deviation_that_nobody_knows_is_refused_with_those_there_are(name, nearest):
    with pytest.raises(ReplyInvalid) as refused:
        Reply("Look").chunks(deviation=name)

    assert str(refused.value) == (
        f"deviation={name!r} is none; the nearest is {nearest!r}. There are: late_tool_name, split_tool_name, "
        "split_tool_id, no_finish, repeated_role, interleaved_tools, usage_on_last_choice, reasoning."
    )


@pytest.mark.parametrize("name", [5, True, "", ["no_finish"], {"no_finish": True}])
def test_what_is_no_name_of_a_deviation_is_refused(name):
    with pytest.raises(ReplyInvalid, match="is none; the nearest is"):
        Reply("Look").chunks(deviation=name)


@pytest.mark.parametrize("deviation", DEVIATIONS)
def test_a_deviating_stream_is_read_back_to_what_it_says(deviation):
    reply = Reply(reasoning("Hm", "…"), text("Lo", "ok"), TIME, DAY, usage=usage(7, 5, cached=2, reasoning=3))
    chunks = reply.chunks(deviation=deviation)

    for stream in (chunks, [chunk.to_dict() for chunk in chunks]):
        read = Reply.from_chunks(stream)
        assert read.parts == reply.parts
        assert (read.usage, read.status, read.model) == (reply.usage, "completed", "fake-model")


@pytest.mark.parametrize("deviation", DEVIATIONS)
def test_every_choice_has_the_habit(deviation):
    one = Reply(reasoning("Hm"), "Look", TIME, DAY)
    two = Reply(
        reasoning("So"), tool_call("get_day", ["1", "2"], id="call_1"), tool_call("get_time", ["3"], id="call_2")
    )
    reply = Reply.choices(one, two)

    if deviation == "usage_on_last_choice":
        chunks = reply.chunks(deviation=deviation)
        assert [chunk.to_dict().get("usage") is None for chunk in chunks] == [True] * (len(chunks) - 1) + [False]
    else:
        streamed = choices(reply.chunks(deviation=deviation))
        for index, each in enumerate((one, two)):
            alone = choices(each.chunks(deviation=deviation))
            assert [{**choice, "index": 0} for choice in streamed if choice["index"] == index] == alone
    read = Reply.from_chunks(reply.chunks(deviation=deviation))
    assert [each.parts for each in (read, *read.others)] == [one.parts, two.parts]


@pytest.mark.parametrize("deviation", DEVIATIONS)
def test_a_deviating_stream_is_framed_as_any_other(deviation):
    body = sse(Reply(reasoning("Hm"), "Look", TIME, DAY).chunks(deviation=deviation))

    assert body.endswith(b"data: [DONE]\n\n")


fragments = st.lists(st.text(min_size=1, max_size=6), min_size=1, max_size=3)
names = st.sampled_from(["get_day", "get_time", "lookup"])
turns = st.tuples(
    fragments.map(lambda found: reasoning(*found)),
    fragments.map(lambda found: text(*found)) | fragments.map(lambda found: refusal(*found)),
    st.builds(tool_call, names, fragments, id=st.just("call_1")),
    st.builds(tool_call, names, fragments, id=st.just("call_2")),
)


@given(turns.flatmap(st.permutations), st.sampled_from(sorted(DEVIATIONS.keys() - {"interleaved_tools"})))
def test_whatever_is_said_a_deviating_stream_says_it(parts, deviation):
    assert Reply.from_chunks(Reply(*parts).chunks(deviation=deviation)).parts == tuple(parts)


@pytest.mark.parametrize(
    "parts",
    [
        ("Look", TIME, DAY),
        (TIME, DAY, text("Lo", "ok")),
        (TIME, DAY, "Look", TIME, DAY),
    ],
    ids=["before", "after", "between"],
)
def test_calls_that_come_by_turns_leave_what_is_said_beside_them_in_its_place(parts):
    reply = Reply(*parts)

    assert Reply.from_chunks(reply.chunks(deviation="interleaved_tools")).parts == reply.parts
