"""Reasoning as a word of a script: an item of the Responses API, and what compatible servers add to chat."""

import re

import pytest

from fakemodel import FakeOpenAI, Reply, ReplyInvalid, check_chunks, check_events, reasoning, refusal, text, tool_call

HM = {"type": "reasoning", "id": "rs_1", "summary": [{"type": "summary_text", "text": "Hm…"}]}


def deltas(reply):
    return [chunk.to_dict()["choices"][0]["delta"] for chunk in reply.chunks(include_usage=False)]


def arguments(index, fragment):
    return {"tool_calls": [{"index": index, "function": {"arguments": fragment}}]}


CALL = {"tool_calls": [{"index": 0, "id": "call_f", "type": "function", "function": {"name": "f", "arguments": ""}}]}


def test_each_fragment_of_a_summary_is_a_delta_of_its_one_part():
    events = Reply(reasoning("Hm", "…")).events()
    item = events[-1].response.output[0]
    place = {"item_id": item.id, "output_index": 0, "summary_index": 0}

    assert [
        {key: value for key, value in event.to_dict().items() if key != "sequence_number"} for event in events[2:-1]
    ] == [
        {
            "type": "response.output_item.added",
            "output_index": 0,
            "item": {"id": item.id, "type": "reasoning", "summary": []},
        },
        {"type": "response.reasoning_summary_part.added", **place, "part": {"type": "summary_text", "text": ""}},
        {"type": "response.reasoning_summary_text.delta", **place, "delta": "Hm"},
        {"type": "response.reasoning_summary_text.delta", **place, "delta": "…"},
        {"type": "response.reasoning_summary_text.done", **place, "text": "Hm…"},
        {"type": "response.reasoning_summary_part.done", **place, "part": {"type": "summary_text", "text": "Hm…"}},
        {
            "type": "response.output_item.done",
            "output_index": 0,
            "item": {"id": item.id, "type": "reasoning", "summary": HM["summary"]},
        },
    ]
    assert re.fullmatch(r"rs_[0-9a-f]{50}", item.id)
    check_events(events)


def test_without_fragments_there_is_no_summary():
    reply = Reply(reasoning())

    assert [event.type for event in reply.events()[2:-1]] == ["response.output_item.added", "response.output_item.done"]
    assert reply.output[0].summary == []
    check_events(reply.events())


@pytest.mark.parametrize(("word", "summary"), [(reasoning, []), (reasoning("Hm…"), HM["summary"])])
def test_encrypted_content_is_there_from_the_start(word, summary):
    fragments = [part["text"] for part in summary]
    events = Reply(reasoning(*fragments, encrypted_content="gAAAA")).events()
    added, done = events[2].item, events[-2].item

    assert (added.encrypted_content, done.encrypted_content) == ("gAAAA", "gAAAA")
    assert [part.to_dict() for part in done.summary] == summary
    check_events(events)


def test_reasoning_stands_where_it_was_thought():
    reply = Reply(reasoning("Hm"), "a", reasoning(), tool_call("f"), reasoning("So"), refusal("No"))

    assert [item.type for item in reply.output] == [
        "reasoning",
        "message",
        "reasoning",
        "function_call",
        "reasoning",
        "message",
    ]
    check_events(reply.events())


def test_without_usage_each_fragment_of_reasoning_counts_as_a_token():
    assert Reply(reasoning("Hm", "…"), "a").response().usage.output_tokens == 3


@pytest.mark.parametrize(
    ("reply", "stream"),
    [
        (
            Reply(reasoning("Hm", "…"), text("a", "b")),
            [{"reasoning_content": "Hm"}, {"reasoning_content": "…"}, {"content": "a"}, {"content": "b"}],
        ),
        (
            Reply(reasoning("Hm"), tool_call("f", id="call_f")),
            [{"reasoning_content": "Hm"}, CALL, arguments(0, "{}")],
        ),
        (Reply("a", reasoning("Hm")), [{"content": "a"}, {"reasoning_content": "Hm"}]),
        (Reply(HM, "a"), [{"reasoning_content": "Hm…"}, {"content": "a"}]),
        (Reply(reasoning(encrypted_content="gAAAA")), []),
    ],
)
def test_chat_streams_reasoning_as_compatible_servers_do(reply, stream):
    first, *between, last = deltas(reply)

    assert (first["role"], between, last) == ("assistant", stream, {})
    check_chunks(reply.chunks())


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        (Reply(reasoning("Hm", "…"), "a"), "Hm…"),
        (Reply(reasoning("Hm"), "a", reasoning("So")), "HmSo"),
        (Reply(reasoning("Hm"), tool_call("f")), "Hm"),
        (Reply(HM, "a"), "Hm…"),
        (Reply(reasoning(), "a"), None),
        (Reply("a"), None),
    ],
)
def test_a_completion_has_the_reasoning_beside_its_content(reply, said):
    message = reply.completion().to_dict()["choices"][0]["message"]

    assert message.get("reasoning_content") == said
    assert ("reasoning_content" in message) is (said is not None)


@pytest.mark.parametrize(
    "reply",
    [
        Reply(reasoning("Hm"), "a"),
        Reply(reasoning()),
        Reply(reasoning("Hm")),
        Reply(reasoning("Hm"), tool_call("f")),
        Reply(reasoning("Hm"), tool_call("f"), tool_call("g")),
        Reply(reasoning("Hm"), refusal("No")),
    ],
    ids=repr,
)
def test_what_chat_streams_beside_the_reasoning_adds_up_to_the_completion(reply):
    message = reply.completion().choices[0].message
    added = {
        key: "".join(told) if (told := [delta[key] for delta in deltas(reply) if delta.get(key) is not None]) else None
        for key in ("content", "refusal")
    }

    assert added == {"content": message.content, "refusal": message.refusal}


def test_chat_says_the_text_of_reasoning_that_has_its_own():
    raw = {"type": "reasoning", "id": "rs_1", "summary": [], "content": [{"type": "reasoning_text", "text": "Hm"}]}
    reply = Reply(raw, "a")

    assert deltas(reply)[1:] == [{"reasoning_content": "Hm"}, {"content": "a"}, {}]
    assert reply.completion().choices[0].message.reasoning_content == "Hm"


def test_a_chat_client_reads_the_reasoning_streamed_or_not():
    reply = Reply(reasoning("Hm"), "a")
    client = FakeOpenAI([reply, reply]).client()
    request = {"model": "fake-model", "messages": [{"role": "user", "content": "Hi"}]}

    streamed = [chunk.choices[0].delta for chunk in client.chat.completions.create(**request, stream=True)]
    message = client.chat.completions.create(**request).choices[0].message

    assert "".join(getattr(delta, "reasoning_content", "") for delta in streamed) == "Hm"
    assert message.reasoning_content == "Hm"


@pytest.mark.parametrize(
    ("write", "message"),
    [
        (lambda: reasoning(5), "reasoning(…) takes strings, each streamed as one delta, not 5."),
        (lambda: reasoning("Hm", None), "reasoning(…) takes strings, each streamed as one delta, not None."),
        (lambda: reasoning(encrypted_content=b"g"), "reasoning(encrypted_content=b'g'): expected is a string."),
        (
            lambda: reasoning("\ud800"),
            "reasoning('\\ud800') holds half of a character, which has no form in UTF-8.",
        ),
    ],
)
def test_what_is_no_reasoning_is_refused_where_it_is_written(write, message):
    with pytest.raises(ReplyInvalid) as refused:
        write()

    assert str(refused.value) == message


@pytest.mark.parametrize(
    ("word", "shown"),
    [
        (reasoning(), "reasoning()"),
        (reasoning("Hm", "…"), "reasoning('Hm', '…')"),
        (reasoning("Hm", encrypted_content="gAAAA"), "reasoning('Hm', encrypted_content='gAAAA')"),
    ],
)
def test_reasoning_shows_how_it_was_written(word, shown):
    assert repr(word) == shown
