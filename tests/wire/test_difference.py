"""The first difference of two streams: where it is found, and what is said of it."""

from copy import deepcopy

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openai.types.responses import ResponseOutputText, ResponseTextDoneEvent

from fakemodel import Reply, reasoning, refusal, text, tool_call
from fakemodel.wire.difference import comparison

laws = settings(max_examples=200)

fragments = st.lists(st.text(max_size=200), min_size=1, max_size=4)
parts = (
    fragments.map(lambda said: text(*said))
    | fragments.map(lambda said: refusal(*said))
    | st.text(max_size=8).map(lambda city: tool_call("get_weather", {"city": city}))
)
replies = st.lists(parts, min_size=1, max_size=3).map(lambda said: Reply(*said))
streams = replies.map(lambda reply: reply.events()) | replies.map(lambda reply: reply.chunks())
"""Streams of either kind, as SDK objects."""

PYTEST_CUTS = (10, 8 * 80 + 3 + len("...Full output truncated, use '-vv' to show"))
"""How many lines, and characters, pytest shows in full."""


def as_dicts(stream):
    return [event.to_dict() for event in stream]


def places(payload, path=()):
    """The way to every value of a payload that holds no others."""
    for key, value in payload.items() if isinstance(payload, dict) else enumerate(payload):
        if isinstance(value, dict | list) and value:
            yield from places(value, (*path, key))
        else:
            yield *path, key


@st.composite
def changed(draw):
    """A stream of dicts, the same with one value changed, where it stands, and the path to it."""
    stream = draw(streams.map(as_dicts))
    at = draw(st.integers(0, len(stream) - 1))
    path = draw(st.sampled_from(list(places(stream[at]))))
    other = deepcopy(stream)
    holder = other[at]
    for key in path[:-1]:
        holder = holder[key]
    added = "" if path == ("type",) else draw(st.text(max_size=300))
    holder[path[-1]] = f"changed{added}"
    return stream, other, at, path


def shown(path):
    return "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in path).removeprefix(".")


@laws
@given(streams)
def test_equal_streams_have_no_difference(stream):
    assert comparison(stream, deepcopy(stream)) is None
    assert comparison(as_dicts(stream), as_dicts(stream)) is None
    assert comparison(stream, stream, whole=True) is None


@laws
@given(changed())
def test_a_changed_member_is_found_at_its_place(change):
    stream, other, at, path = change

    for left, right in ((stream, other), (other, stream)):
        lines = comparison(left, right)
        marked = [line for line in lines if line[0] in "-+"]

        assert [line[0] for line in marked] == ["-", "+"]
        assert [int(line[3:].partition("]")[0]) for line in marked] == [at, at]
        assert all(f"{shown(path)} " in line for line in marked) or path == ("type",)
        assert lines[0].count(f"equal up to [{at - 1}]" if at else "different from the first on") == 1


@laws
@given(changed(), st.booleans())
def test_a_first_difference_is_no_more_than_pytest_shows(change, longer):
    left, right, *_ = change

    lines = comparison(left, right[:-1] if longer and len(right) > 1 else right)

    assert len(lines) <= PYTEST_CUTS[0]
    assert sum(map(len, lines)) <= PYTEST_CUTS[1]


@laws
@given(streams, st.data())
def test_a_missing_event_is_found_in_a_stream_that_is_numbered_anew(stream, data):
    left = as_dicts(stream)
    at = data.draw(st.integers(1, len(left) - 1))
    right = left[:at] + left[at + 1 :]
    if "sequence_number" in left[0]:
        right = [{**event, "sequence_number": number} for number, event in enumerate(right)]

    extra, missing = (
        [line for line in comparison(*pair) if line[0] in "-+"] for pair in ((left, right), (right, left))
    )

    # Of events that say the same, the last one is as missing as the first.
    assert (len(extra), extra[0][0], len(missing), missing[0][0]) == (1, "-", 1, "+")


@laws
@given(changed())
def test_all_events_are_told_once_if_whole(change):
    stream, other, *_ = change

    _, *lines = comparison(stream, other, whole=True)

    assert len([line for line in lines if line[0] != "+"]) == len(stream)


def done(words="Hi", **members):
    return {
        "type": "response.output_text.done",
        "content_index": 0,
        "item_id": "msg_1",
        "output_index": 0,
        "sequence_number": 0,
        "text": words,
        "logprobs": [],
        **members,
    }


def test_null_is_not_absent_in_dicts():
    assert comparison([done(logprobs=None)], [{key: value for key, value in done().items() if key != "logprobs"}]) == [
        "events == expected: 1 event, different from the first on (- left, + right)",
        "- [0] response.output_text.done  logprobs None",
        "+ [0] response.output_text.done  logprobs absent",
    ]


def test_null_is_not_told_of_sdk_objects_that_never_set_it():
    left = Reply(text("Hi")).events()[-1:]
    right = deepcopy(left)
    left[0].response.output[0].content[0].logprobs = None
    right[0].response.output[0].content[0] = ResponseOutputText(type="output_text", text="Hi", annotations=[])
    assert comparison(left, right) is None

    right[0].response.output[0].content[0].text = "Ho"

    assert comparison(left, right)[1:] == [
        "- [0] response.completed  response.output[0].content[0].text 'Hi'",
        "+ [0] response.completed  response.output[0].content[0].text 'Ho'",
    ]


def test_a_member_that_only_one_sdk_object_has():
    left, right = (ResponseTextDoneEvent(**done(), **more) for more in ({}, {"region": None}))

    assert comparison([left], [right])[1:] == [
        "- [0] response.output_text.done  region absent",
        "+ [0] response.output_text.done  region None",
    ]


def test_a_dict_inside_of_an_sdk_object():
    left = Reply(refusal("No")).events()
    right = deepcopy(left)
    left[6].part = left[6].part.to_dict()

    assert comparison(left, right) == [
        f"events == expected: {len(left)} events, equal as JSON, not as Python objects (- left, + right)",
        "  [4] response.refusal.delta      'No'",
        "  [5] response.refusal.done       refusal 'No'",
        "- [6] response.content_part.done  part.__class__.__name__ 'dict'",
        "+ [6] response.content_part.done  part.__class__.__name__ 'ResponseOutputRefusal'",
        "  [7] response.output_item.done   message refusal 'No'",
    ]


def test_objects_that_nothing_tells_apart_are_left_to_pytest():
    namesakes = [type("Event", (ResponseTextDoneEvent,), {"__module__": __name__}) for _ in range(2)]
    ours, theirs = (namesake(**done()) for namesake in namesakes)

    assert ours != theirs
    assert comparison([ours], [theirs]) is None


def test_an_sdk_object_inside_of_a_dict():
    event = Reply("Hi").events()[0]

    assert comparison([{"type": "response.created", "response": event.response}], [event])[-1].startswith(
        "a dict never"
    )
    assert comparison(
        [{"type": "response.created", "response": event.response}],
        [{"type": "response.created", "response": event.response.to_dict() | {"model": "gpt-5"}}],
    )[1:] == [
        f"- [0] response.created  response.model '{event.response.model}'",
        "+ [0] response.created  response.model 'gpt-5'",
    ]


def test_dicts_and_sdk_objects_that_differ_are_told_of_both():
    right = Reply(refusal("No")).events()
    left = as_dicts(right)
    left[4]["delta"] = "Yes"

    assert comparison(left, right)[-4:] == [
        "- [4] response.refusal.delta       delta 'Yes'",
        "+ [4] response.refusal.delta       delta 'No'",
        "  [5] response.refusal.done        refusal 'No'",
        "a dict never equals an SDK object: compare dicts with event.to_dict()",
    ]


def test_more_members_than_a_line_holds_are_counted():
    right = done(item_id="msg_2", text="Ho", content_index=1, output_index=1)

    assert comparison([done()], [right])[1:] == [
        "- [0] response.output_text.done  content_index 0, item_id 'msg_1', output_index 0, and 1 more",
        "+ [0] response.output_text.done  content_index 1, item_id 'msg_2', output_index 1, and 1 more",
    ]
    assert comparison([done()], [right], whole=True)[1:] == [
        "- [0] response.output_text.done  content_index 0, item_id 'msg_1', output_index 0, text 'Hi'",
        "+ [0] response.output_text.done  content_index 1, item_id 'msg_2', output_index 1, text 'Ho'",
    ]


def test_an_item_that_only_one_response_has_is_told_without_its_nulls():
    left, right = Reply("Hi").events()[-1:], Reply("Hi").events()[-1:]
    right[0].response.output = []

    ours, theirs = comparison(left, right, whole=True)[1:]

    assert ours.startswith("- [0] response.completed  response.output[0] {'id': 'msg_")
    assert "None" not in ours
    assert theirs == "+ [0] response.completed  response.output[0] absent"


SAID = {
    "response.created": "status 'in_progress'",
    "response.output_item.added": "function_call name 'f'",
    "response.function_call_arguments.delta": "'{}'",
    "response.function_call_arguments.done": "arguments '{}'",
    "response.output_item.done": "function_call name 'f' arguments '{}'",
    "response.completed": "status 'completed' reasoning function_call",
    "response.reasoning_summary_part.added": "summary_text",
    "response.reasoning_summary_text.delta": "'Hm'",
    "response.reasoning_summary_part.done": "text 'Hm'",
}


def test_what_an_event_says_in_a_line():
    stream = Reply(reasoning("Hm"), tool_call("f", "{}")).events()

    _, *lines = comparison(stream, [], whole=True)

    said = dict(line.removeprefix("- ").split("] ")[1].split(maxsplit=1) for line in lines)
    assert said | SAID == said


def test_what_a_chunk_says_in_a_line():
    _, *lines = comparison([], Reply(tool_call("f", "{}")).chunks(), whole=True)

    assert lines == [
        "+ [0] role 'assistant' name 'f' arguments ''",
        "+ [1] arguments '{}'",
        "+ [2] finish_reason 'tool_calls'",
        "+ [3] total_tokens 2",
    ]


def test_the_walk_goes_on_where_a_few_events_are_missing():
    left = [done(str(number)) for number in range(200)]

    lines = comparison(left[:50] + left[90:], left)

    assert lines == [
        "events == expected: 160 events (- left), 200 (+ right), equal up to [49]",
        "  [48] response.output_text.done  text '48'",
        "  [49] response.output_text.done  text '49'",
        "+ [50] response.output_text.done  text '50'",
        "+ [51] response.output_text.done  text '51'",
        "+ [52] response.output_text.done  text '52'",
        "and 37 more differ, -vv shows all events",
    ]


def test_a_lost_delta_is_missing_even_where_the_sums_differ_after_it():
    lost, right = Reply(refusal("No")).events(), Reply(refusal("No", "Thanks")).events()

    assert [line[:34] for line in comparison(lost, right)[-4:]] == [
        "  [3] response.content_part.added ",
        "  [4] response.refusal.delta      ",
        "+ [5] response.refusal.delta      ",
        "and 4 more differ, -vv shows all e",
    ]


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ([], []),
        ([1], [2]),
        ([done()], [1]),
        ([done()], [done()]),
        ([done(), 1], [done(), 2]),
        ([done()], ["a"]),
        ([done()], [{"object": "chat.completion.chunk"}]),
        ([{"type": "message"}], [{"type": "reasoning"}]),
        ([{"type": 1, "object": 2}], [{"type": 2}]),
    ],
)
def test_what_is_no_stream_has_no_difference_here(left, right):
    assert comparison(left, right) is None
    assert comparison(right, left) is None
