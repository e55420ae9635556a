"""Obfuscation: the padding that hides the length of what is streamed, where a request leaves it on."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakemodel import Reply, check_chunks, check_events, reasoning, refusal, sse, text, tool_call
from fakemodel.wire.deviations import DEVIATIONS

CALLS = [
    {"type": "custom_tool_call", "id": "ctc_1", "call_id": "call_1", "name": "f", "input": "ls -l"},
    {
        "type": "code_interpreter_call",
        "id": "ci_1",
        "status": "completed",
        "code": "print(1)",
        "container_id": "cntr_1",
    },
    {"type": "mcp_call", "id": "mcp_1", "server_label": "wiki", "name": "ask", "arguments": "{}", "output": None},
]
fragments = st.lists(st.text(max_size=40), min_size=1, max_size=3)
texts = st.builds(
    lambda found, logprob: text(*found, logprobs=None if logprob is None else [logprob] * len(found)),
    fragments,
    st.none() | st.integers(-20, 0) | st.floats(-20, 0),
)
words = (
    texts
    | fragments.map(lambda found: refusal(*found))
    | fragments.map(lambda found: reasoning(*found))
    | st.builds(tool_call, st.sampled_from(["f", "get_weather"]), st.lists(st.text(max_size=40), max_size=3))
)
spoken = st.lists(words, max_size=4).map(lambda parts: Reply(*parts))
replies = st.lists(words | st.sampled_from(CALLS), max_size=4, unique_by=repr).map(lambda parts: Reply(*parts))


def without_obfuscation(payloads):
    return [{key: value for key, value in each.to_dict().items() if key != "obfuscation"} for each in payloads]


def json_texts(chunks):
    """The JSON of each chunk, as it is sent."""
    frames = sse(chunks).decode().split("\n\n")
    return [frame.removeprefix("data: ") for frame in frames if frame.startswith("data: {")]


@given(replies)
def test_a_delta_and_its_obfuscation_fill_blocks_of_16_characters(reply):
    events = reply.events(obfuscation=True)
    deltas = [event for event in events if "delta" in event.to_dict()]

    assert {(len(event.delta) + len(event.obfuscation)) % 16 for event in deltas} <= {0}
    assert all(len(event.obfuscation) < 16 for event in deltas)
    assert not any("obfuscation" in event.to_dict() for event in events if event not in deltas)
    check_events(events)


@given(replies)
def test_events_say_the_same_with_obfuscation_and_without(reply):
    assert without_obfuscation(reply.events(obfuscation=True)) == [event.to_dict() for event in reply.events()]
    assert reply.events(obfuscation=True) == reply.events(obfuscation=True)


@given(spoken, st.booleans())
def test_the_json_of_a_chunk_has_one_character_more_than_blocks_of_16(reply, include_usage):
    chunks = reply.chunks(include_usage=include_usage, obfuscation=True)

    assert {len(each) % 16 for each in json_texts(chunks)} == {1}
    assert all(len(chunk.obfuscation) < 16 for chunk in chunks)
    check_chunks(chunks)


@given(spoken)
def test_chunks_say_the_same_with_obfuscation_and_without(reply):
    assert without_obfuscation(reply.chunks(obfuscation=True)) == [chunk.to_dict() for chunk in reply.chunks()]
    assert reply.chunks(obfuscation=True) == reply.chunks(obfuscation=True)


def test_it_is_off_unless_it_is_asked_for():
    reply = Reply(reasoning("Hm"), "Hello", tool_call("f"))

    assert not any("obfuscation" in each.to_dict() for each in (*reply.events(), *reply.chunks()))


def test_every_chunk_is_padded_also_those_without_a_choice():
    chunks = Reply("Hello").chunks(obfuscation=True)

    assert len(chunks) == 4
    assert all("obfuscation" in chunk.to_dict() for chunk in chunks)
    assert chunks[-1].choices == []


@pytest.mark.parametrize("logprob", [-1, -1.0, 0])
def test_a_whole_number_is_padded_as_it_is_sent(logprob):
    chunks = Reply(text("Hello", logprobs=[logprob])).chunks(obfuscation=True)

    assert {len(each) % 16 for each in json_texts(chunks)} == {1}


@pytest.mark.parametrize("deviation", DEVIATIONS)
def test_what_a_compatible_server_streams_otherwise_is_padded_as_well(deviation):
    reply = Reply(reasoning("Hm"), "Look:", tool_call("get_weather"), tool_call("get_time"))

    assert {len(each) % 16 for each in json_texts(reply.chunks(obfuscation=True, deviation=deviation))} == {1}


def test_characters_are_counted_and_not_bytes():
    events = Reply(text("é" * 20, "\n")).events(obfuscation=True)
    deltas = [event for event in events if "delta" in event.to_dict()]

    assert [len(event.obfuscation) for event in deltas] == [12, 15]
    frames = [json.loads(each) for each in json_texts(Reply("é").chunks(obfuscation=True))]
    assert frames[1]["choices"][0]["delta"] == {"content": "é"}
