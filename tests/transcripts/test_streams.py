"""Streams and answers as text: what people read of them, and what is told of a stream that went wrong."""

from textwrap import dedent

import pytest

from fakemodel import Reply, StreamError, expected_events, reasoning, refusal, sse, text, tool_call, transcript, usage


def lines(told: str) -> str:
    return dedent(told).strip("\n")


WEATHER = Reply(text("Let me ", "look."), tool_call("get_weather", {"city": "Paris"}), usage=usage(7, 5))

EVENTS = lines(
    """
    response.created                              resp_1, model 'fake-model'
    response.in_progress
    response.output_item.added [0]                message msg_1
    response.content_part.added [0][0]            output_text
    response.output_text.delta [0][0]             2 deltas 'Let me look.'
    response.output_text.done [0][0]
    response.content_part.done [0][0]
    response.output_item.done [0]
    response.output_item.added [1]                function_call fc_1, call_id call_1, name 'get_weather'
    response.function_call_arguments.delta [1]    1 delta '{"city":"Paris"}'
    response.function_call_arguments.done [1]
    response.output_item.done [1]
    response.completed
    """
)

CHUNKS = lines(
    """
    chat.completion.chunk  chatcmpl_1, model 'fake-model', service_tier 'default'
    chunk [0]  content '', role 'assistant'
    chunk [0]  2 deltas of content 'Let me look.'
    chunk [0]  tool_calls[0] call_1, function.arguments '', function.name 'get_weather'
    chunk [0]  1 delta of tool_calls[0].function.arguments '{"city":"Paris"}'
    chunk [0]  choice.finish_reason 'tool_calls'
    chunk      no choices
    """
)


def changed(old: str, new: str) -> list[str]:
    """The lines of `new` that `old` has not."""
    before = old.splitlines()
    return [line for line in new.splitlines() if line not in before]


def test_the_events_of_a_response_are_a_line_each_and_deltas_share_one():
    assert transcript(WEATHER.events()) == EVENTS


def test_chunks_are_told_in_the_same_way():
    assert transcript(WEATHER.chunks()) == CHUNKS


@pytest.mark.parametrize("stream", [WEATHER.events(), WEATHER.chunks()], ids=["events", "chunks"])
def test_the_bytes_of_a_stream_and_an_iterator_have_the_text_of_the_stream(stream):
    assert transcript(sse(stream)) == transcript(iter(stream)) == transcript(stream)


def test_a_reply_is_told_as_the_response_that_it_is():
    told = lines(
        """
        response              resp_1, model 'fake-model', service_tier 'default', status 'completed'
        output[0]             reasoning rs_1
        output[0].summary[0]  summary_text 'Why not?'
        output[1]             message msg_1
        output[1].content[0]  refusal, refusal 'No.'
        output[2]             function_call fc_1, arguments '{}', call_id call_1, name 'stop'
        """
    )
    reply = Reply(reasoning("Why ", "not?"), refusal("No."), tool_call("stop"))

    assert transcript(reply) == transcript(reply.response()) == told


def test_a_completion_is_told_with_its_choices():
    reply = Reply.choices("Heads.", Reply("Tails.", tool_call("flip")))
    told = lines(
        """
        chat.completion           chatcmpl_1, model 'fake-model', service_tier 'default'
        choices[0]                content 'Heads.', choice.finish_reason 'stop'
        choices[1]                content 'Tails.', choice.finish_reason 'tool_calls'
        choices[1].tool_calls[0]  call_1, function.arguments '{}', function.name 'flip'
        """
    )

    assert transcript(reply) == transcript(reply.completion()) == told


def test_usage_and_times_are_told_where_they_are_asked_for():
    told = transcript(WEATHER.events(), usage=True, times=True).splitlines()

    assert told[0].endswith("  resp_1, created_at 1767225601, model 'fake-model'")
    assert told[-1].startswith("response.completed                            completed_at 1767225602, usage {'input_")


def test_what_a_request_set_is_told_once():
    told = transcript(WEATHER.events(instructions="Be brief.", top_p=0.5))

    assert changed(EVENTS, told) == [
        "response.created                              resp_1, instructions 'Be brief.', model 'fake-model', top_p 0.5"
    ]


def test_a_text_that_is_not_the_sum_of_its_deltas_is_told():
    events = [event.to_dict() for event in WEATHER.events()]
    events[6]["text"] = "Let me"

    assert changed(EVENTS, transcript(events)) == ["response.output_text.done [0][0]              'Let me'"]


def test_what_a_stream_says_otherwise_in_the_end_is_told():
    events = [event.to_dict() for event in WEATHER.events()]
    events[-1]["response"]["output"][1]["name"] = "get_wether"
    del events[-1]["response"]["output"][0]["content"][0]

    assert changed(EVENTS, transcript(events)) == [
        "response.completed                            output[0].content[0] absent, output[1].name 'get_wether'"
    ]


def test_an_id_that_somebody_invented_is_told():
    events = [event.to_dict() for event in WEATHER.events()]
    events[4]["item_id"] = "msg_invented"

    assert changed(EVENTS, transcript(events)) == [
        "response.output_text.delta [0][0]             1 delta 'Let me ', item_id msg_2",
        "response.output_text.delta [0][0]             1 delta 'look.'",
    ]


def test_numbers_are_told_where_they_do_not_count():
    events = [event.to_dict() for event in WEATHER.events()]
    events[2]["sequence_number"] = 7
    events[3]["sequence_number"] = 8
    resumed = transcript([{**event.to_dict(), "sequence_number": 4 + at} for at, event in enumerate(WEATHER.events())])

    assert changed(EVENTS, transcript(events)) == [
        "response.output_item.added [0]                message msg_1, event.sequence_number 7",
        "response.output_text.delta [0][0]             1 delta 'Let me ', sequence_number 4",
        "response.output_text.delta [0][0]             1 delta 'look.'",
    ]
    assert changed(EVENTS, resumed) == [
        "response.created                              resp_1, model 'fake-model', event.sequence_number 4"
    ]


def test_an_id_in_a_text_has_the_name_that_it_has_elsewhere():
    call = Reply(tool_call("cancel", {"response": "resp_00000000000000010069559b0100000000000000010000000a"}))
    events = [event.to_dict() for event in call.events()]
    for event in events:
        if "response" in event:
            event["response"]["id"] = "resp_00000000000000010069559b0100000000000000010000000a"

    assert """1 delta '{"response":"resp_1"}'""" in transcript(events)


def test_a_response_that_lacks_most_of_what_the_api_says_is_told_with_all_it_has():
    opened, *between, completed = transcript(expected_events(Reply("Sunny.").chunks())).splitlines()

    assert opened == (
        "response.created                              only id_1, model 'fake-model', object 'response', output [], "
        "parallel_tool_calls False, tool_choice 'auto', tools []"
    )
    assert "response.output_text.delta [0][0]             1 delta 'Sunny.'" in between
    assert completed == "response.completed                            status absent"


def test_another_choice_of_words_in_one_line_changes_that_line_alone():
    other = Reply(text("Let me ", "see."), tool_call("get_weather", {"city": "Paris"}), usage=usage(9, 9))

    assert changed(EVENTS, transcript(other.events())) == [
        "response.output_text.delta [0][0]             2 deltas 'Let me see.'"
    ]
    assert changed(CHUNKS, transcript(other.chunks())) == ["chunk [0]  2 deltas of content 'Let me see.'"]


def test_every_line_of_a_text_stays_one_line():
    assert transcript(Reply("a\nb\u2028c\x85d").chunks()).splitlines()[2] == (
        r"chunk [0]  1 delta of content 'a\nb\u2028c\x85d'"
    )


def test_a_name_of_two_lines_makes_no_line_of_its_own():
    events = Reply("Hello").events(metadata={"a\noutput[0]  output_text 'Bye'": "b"})

    assert "\noutput[0]  output_text 'Bye'" not in transcript(events)


def test_lines_may_end_as_the_protocol_has_it():
    body = sse(Reply("Hello").events())

    for ending in (b"\r", b"\r\n"):
        assert transcript(body.replace(b"\n", ending)) == transcript(body)


def test_nothing_is_told_of_nothing():
    assert transcript([]) == transcript(b"") == "nothing"


@pytest.mark.parametrize("value", [b"text" * 500, range(9), ["text" * 500], "text" * 500, {"text": 500 * "text"}])
def test_what_is_refused_is_told_in_short(value):
    with pytest.raises(StreamError) as refused:
        transcript(value)

    assert len(str(refused.value)) < 250


@pytest.mark.parametrize("value", [None, 3, "text", object, {}, {"object": "list"}, [{}], [3], [WEATHER]])
def test_what_is_none_of_these_is_refused(value):
    with pytest.raises(StreamError) as refused:
        transcript(value)

    assert str(refused.value).startswith("A transcript is made of ") or "is neither an object of" in str(refused.value)


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b"<html>502 Bad Gateway</html>", "'<html>502 Bad Gateway</html>'"),
        (b'{"object": "response", "output": []}', """'{"object": "response", "output": []}'"""),
    ],
)
def test_bytes_that_hold_no_event_are_not_told_as_nothing(body, told):
    with pytest.raises(StreamError) as refused:
        transcript(body)

    assert str(refused.value) == f"No event or chunk of a stream is in these bytes: {told}."


def test_bytes_that_are_no_stream_are_refused():
    with pytest.raises(StreamError, match="has data that is no JSON object"):
        transcript(b"data: oops\n\n")
