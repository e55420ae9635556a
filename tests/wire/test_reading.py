"""Replies read back from what they were rendered to: each says again what was read, whatever it was."""

import copy
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakemodel import FakeOpenAI, Reply, check_chunks, check_events, reasoning, refusal, text, tool_call, usage
from fakemodel.strategies import reasonings, refusals, replies, texts, tool_calls

URL = {"type": "url_citation", "url": "https://a.test", "title": "A"}
FILE = {"type": "file_citation", "file_id": "file-1", "filename": "a.txt", "index": 3}
CITED = {**URL, "start_index": 0, "end_index": 3}
LENGTH = {"status": "incomplete"}
FILTER = {"status": "incomplete", "reason": "content_filter"}
FAILED = {"status": "failed", "error": {"code": "server_error", "message": "It broke."}}
ITEMS = [
    {"type": "reasoning", "id": "rs_1", "summary": [{"type": "summary_text", "text": each} for each in ("Hm", "So")]},
    {"type": "web_search_call", "id": "ws_1", "status": "completed", "action": {"type": "search", "query": "a"}},
    {"type": "image_generation_call", "id": "ig_1", "status": "generating", "result": "aGk=", "size": "1024x1024"},
    {"type": "mcp_list_tools", "id": "mcpl_1", "server_label": "wiki", "tools": [{"name": "f", "input_schema": {}}]},
    {"type": "mcp_call", "id": "mcp_1", "name": "f", "server_label": "wiki", "arguments": "{}", "output": "1"},
    {"type": "custom_tool_call", "id": "ctc_1", "call_id": "call_1", "name": "f", "input": "a"},
    {"type": "code_interpreter_call", "id": "ci_1", "status": "completed", "code": "1", "container_id": "cntr_1"},
    {"type": "tool_search_call", "id": "tsc_1", "status": "completed", "arguments": {"paths": ["a"]}},
    {"type": "compaction", "id": "cmp_1", "encrypted_content": "gAAAA"},
    {"type": "mcp_approval_request", "id": "mcpr_1", "server_label": "wiki", "name": "f", "arguments": "{}"},
]

part = texts() | refusals() | reasonings() | tool_calls()
cited_files = texts().map(lambda said: text(*said.fragments, annotations=[FILE]))


def tells_its_items_apart(reply):
    ids = [each.payload.get("id") for each in reply.parts if hasattr(each, "payload")]
    return len(ids) == len({*ids})


finished = replies(part | cited_files | st.sampled_from(ITEMS)).filter(tells_its_items_apart)
failed = finished.map(lambda reply: Reply(*reply.parts, usage=reply.usage, **FAILED))
answers = finished | failed  # of the Responses API
chats = replies() | st.lists(replies(), min_size=2, max_size=3).map(lambda found: Reply.choices(*found))
fields = st.fixed_dictionaries(
    {},
    optional={
        "background": st.booleans(),
        "conversation": st.just({"id": "conv_1"}),
        "previous_response_id": st.just("resp_before"),
        "service_tier": st.sampled_from(["auto", "default", "flex"]),
        "weather_forecast": st.just({"days": [1, 2]}),
    },
)


@given(answers, fields, st.booleans())
def test_events_that_were_read_are_streamed_again(reply, fields, obfuscation):
    read = Reply.from_events(reply.events(**fields, obfuscation=obfuscation))

    assert read.events() == reply.events(**fields)
    assert read.response() == reply.response(**fields)


@given(answers, fields)
def test_a_response_that_was_read_is_answered_again_and_can_be_streamed(reply, fields):
    read = Reply.from_response(reply.response(**fields))

    assert read.response() == reply.response(**fields)
    check_events(read.events())


@given(chats, st.booleans(), st.booleans())
def test_chunks_that_were_read_are_streamed_again(reply, include_usage, obfuscation):
    read = Reply.from_chunks(reply.chunks(include_usage=include_usage, obfuscation=obfuscation))

    assert read.chunks(include_usage=include_usage) == reply.chunks(include_usage=include_usage)


@given(chats)
def test_a_completion_that_was_read_is_answered_again_and_can_be_streamed(reply):
    read = Reply.from_completion(reply.completion())

    assert read.completion() == reply.completion()
    check_chunks(read.chunks())


SINGLED_OUT = [
    Reply(refusal("")),
    Reply(refusal("No", "")),
    Reply(text("", "a")),
    Reply(reasoning("", "Hm"), "a"),
    Reply(tool_call("f", ["", "{}"], id="call_1")),
    Reply(reasoning(), refusal("No")),
    Reply(reasoning(), tool_call("f", id="call_1")),
    Reply(text("a", logprobs=[-0.5]), "b"),
    Reply("a", text("b", logprobs=[-0.5])),
    Reply(text("a", logprobs=[[]])),
    Reply(text("The sun", annotations=[CITED]), "!"),
    Reply(text("The sun", annotations=[CITED]), refusal("No")),
    Reply(text("The sun", annotations=[CITED]), tool_call("f", id="call_1")),
    Reply(text("", annotations=[CITED])),
    Reply("", tool_call("f", id="call_1")),
    Reply(reasoning()),
]


@pytest.mark.parametrize("reply", SINGLED_OUT, ids=repr)
def test_chunks_of_what_is_seldom_said_are_streamed_again(reply):
    assert Reply.from_chunks(reply.chunks()).chunks() == reply.chunks()


@pytest.mark.parametrize("reply", SINGLED_OUT, ids=repr)
def test_a_completion_of_what_is_seldom_said_is_answered_again(reply):
    assert Reply.from_completion(reply.completion()).completion() == reply.completion()


@pytest.mark.parametrize("part", [text("", logprobs=[-0.5]), text("", logprobs=[[]]), text("", annotations=[CITED])])
def test_a_response_with_an_empty_text_is_answered_again_and_can_be_streamed(part):
    read = Reply.from_response(Reply(part).response())

    assert read.response() == Reply(part).response()
    check_events(read.events())


# What was read is a reply as any other.

SAID = (reasoning("Hm", "…"), text("a", "b", logprobs=[-0.5, -0.25]), tool_call("f", ["{", "}"], id="call_1"))


@pytest.mark.parametrize("end", [{}, LENGTH, FILTER, FAILED], ids=["completed", "length", "filter", "failed"])
def test_a_response_that_was_read_says_how_it_ended(end):
    reply = Reply("Half a", id="resp_1", model="gpt-4.1", usage=usage(7, 5, cached=2, reasoning=3), **end)
    members = ("status", "reason", "error", "id", "model")

    for read in (Reply.from_events(reply.events()), Reply.from_response(reply.response())):
        assert [getattr(read, name) for name in members] == [getattr(reply, name) for name in members]
        assert read.usage == (None if end == FAILED else reply.usage)


@pytest.mark.parametrize("end", [{}, LENGTH, FILTER], ids=["completed", "length", "filter"])
def test_a_completion_that_was_read_says_how_it_ended(end):
    reply = Reply(*SAID, id="chatcmpl-1", model="gpt-4.1", usage=usage(7, 5, cached=2, reasoning=3), **end)
    members = ("parts", "status", "reason", "error", "id", "model", "usage")

    read = Reply.from_chunks(reply.chunks())
    assert [getattr(read, name) for name in members] == [getattr(reply, name) for name in members]
    read = Reply.from_completion(reply.completion())
    assert [getattr(read, name) for name in members[1:]] == [getattr(reply, name) for name in members[1:]]


def test_choices_that_were_read_are_replies_of_their_own():
    reply = Reply.choices(Reply(*SAID), Reply("x", **LENGTH), refusal("No"))

    read = Reply.from_chunks(reply.chunks())
    assert [each.parts for each in (read, *read.others)] == [SAID, (text("x"),), (refusal("No"),)]
    assert [each.status for each in (read, *read.others)] == ["completed", "incomplete", "completed"]


EVERY_FORM = pytest.mark.parametrize(
    ("read", "rendered"),
    [
        (Reply.from_events, Reply(*SAID).events()),
        (Reply.from_chunks, Reply(*SAID).chunks()),
        (Reply.from_response, Reply(*SAID).response()),
        (Reply.from_completion, Reply(*SAID).completion()),
    ],
    ids=["events", "chunks", "response", "completion"],
)


@EVERY_FORM
def test_dicts_say_what_objects_of_the_sdk_say(read, rendered):
    assert read(plain(rendered)) == read(rendered)


@EVERY_FORM
def test_what_was_read_is_a_value(read, rendered):
    reply = read(rendered)

    assert copy.deepcopy(reply) == pickle.loads(pickle.dumps(reply)) == reply == read(rendered)


@EVERY_FORM
def test_what_was_read_is_detached_from_what_it_was_read_from(read, rendered):
    given = plain(rendered)
    reply, before = read(given), read(copy.deepcopy(given))

    spoil(given)

    assert reply == before


@EVERY_FORM
def test_what_was_read_is_played_by_a_server_of_either_api(read, rendered):
    reply = read(rendered)
    client = FakeOpenAI([reply, reply]).client()
    messages = [{"role": "user", "content": "Hi"}]

    response = client.responses.create(model="fake-model", input="Hi")
    message = client.chat.completions.create(model="fake-model", messages=messages).choices[0].message

    assert [item.type for item in response.output] == ["reasoning", "message", "function_call"]
    assert (response.output_text, message.content, message.reasoning_content) == ("ab", "ab", "Hm…")
    assert (response.output[-1].call_id, message.tool_calls[0].id) == ("call_1", "call_1")


def plain(rendered):
    return [each.to_dict() for each in rendered] if isinstance(rendered, list) else rendered.to_dict()


def spoil(value):
    """Change all that there is in a payload."""
    if isinstance(value, list):
        for each in value:
            spoil(each)
        value.clear()
    elif isinstance(value, dict):
        for each in value.values():
            spoil(each)
        value.update(dict.fromkeys(value, "spoiled"))


def test_a_stream_may_be_read_once_as_a_client_gives_it():
    reply = Reply(*SAID, usage=usage(7, 5))
    client = FakeOpenAI([reply, reply]).client()
    messages = [{"role": "user", "content": "Hi"}]

    events = client.responses.create(model="fake-model", input="Hi", stream=True)
    chunks = client.chat.completions.create(model="fake-model", messages=messages, stream=True)

    assert Reply.from_events(events).events() == reply.events()
    assert Reply.from_chunks(chunks).parts == SAID


def test_fields_are_set_on_what_was_read_as_on_any_other_reply():
    read = Reply.from_events(Reply("a").events(instructions="Be brief.", metadata={"run": "1"}))

    again = read.events(instructions=None, previous_response_id="resp_before")
    for event in (*again[:2], again[-1]):
        assert (event.response.instructions, event.response.previous_response_id) == (None, "resp_before")
        assert event.response.metadata == {"run": "1"}


@given(replies())
def test_chat_says_of_a_response_that_was_read_what_it_says_of_the_reply(reply):
    read = Reply.from_events(reply.events())

    assert read.completion().choices == reply.completion().choices
    assert read.completion().usage == reply.completion().usage
    assert [chunk.choices for chunk in read.chunks()] == [chunk.choices for chunk in reply.chunks()]
