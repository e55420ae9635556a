"""What cannot be read back into a reply: unfinished, resumed and broken streams, errors, and what is none at all."""

import pytest

from fakemodel import FakeModelError, Reply, ReplyInvalid, StreamError, reasoning, text, tool_call

READERS = [Reply.from_events, Reply.from_chunks, Reply.from_response, Reply.from_completion]
EVERY_READER = pytest.mark.parametrize("read", READERS, ids=lambda read: read.__name__)

REPLY = Reply(reasoning("Hm"), text("a", "b"), tool_call("f"), id="resp_1")
EVENTS = [event.to_dict() for event in REPLY.events()]
CHUNKS = [chunk.to_dict() for chunk in REPLY.chunks()]
LAWS = "Reply.from_events reads a stream that keeps the laws of the wire:\n  "


# Responses and their events.


@pytest.mark.parametrize("status", ["queued", "in_progress", "cancelled", None])
def test_a_response_that_is_not_finished_is_no_reply_yet(status):
    with pytest.raises(ReplyInvalid) as refused:
        Reply.from_response({**REPLY.response().to_dict(), "status": status})

    assert str(refused.value) == (
        f"The response 'resp_1' is {status!r}: there is no reply before it is completed, incomplete, failed."
    )


def test_the_response_of_an_event_that_is_not_the_last_is_no_reply_yet():
    with pytest.raises(ReplyInvalid, match="is 'in_progress': there is no reply before it is completed"):
        Reply.from_response(REPLY.events()[0].response)


@pytest.mark.parametrize("body", [{}, REPLY.completion().to_dict(), EVENTS[-1], {"object": "response"}])
def test_what_is_no_response_is_refused(body):
    with pytest.raises(ReplyInvalid) as refused:
        Reply.from_response(body)

    assert str(refused.value) == f"Reply.from_response takes a response with its output, not {body!r}."


@pytest.mark.parametrize("start", [1, 2, 5])
def test_a_resumed_stream_does_not_say_all(start):
    with pytest.raises(StreamError) as refused:
        Reply.from_events(EVENTS[start:])

    assert str(refused.value) == (
        "Reply.from_events reads a stream from response.created to a finished response, this one goes from "
        f"{EVENTS[start]['type']} to response.completed. Where it ends with a response, "
        "Reply.from_response(events[-1].response) reads that."
    )
    assert Reply.from_response(EVENTS[-1]["response"]).response() == REPLY.response()


@pytest.mark.parametrize("end", range(1, len(EVENTS) - 1))
def test_a_stream_that_was_cut_off_is_refused(end):
    with pytest.raises(StreamError) as refused:
        Reply.from_events(EVENTS[:end])

    assert str(refused.value).startswith(LAWS)
    assert refused.value.violations[-1].law == "terminal"


def test_a_stream_that_ended_in_an_error_is_refused():
    error = {"type": "error", "code": "server_error", "message": "It broke.", "param": None}
    events = [*EVENTS[:2], {**error, "sequence_number": 2}]

    with pytest.raises(StreamError) as refused:
        Reply.from_events(events)

    assert str(refused.value) == (
        "Reply.from_events reads a stream from response.created to a finished response, this one goes from "
        "response.created to error. Where it ends with a response, Reply.from_response(events[-1].response) reads that."
    )


def test_a_stream_that_breaks_a_law_is_refused_with_the_first_breach():
    events = [*EVENTS]
    (position,) = [number for number, event in enumerate(events) if event["type"] == "response.output_text.done"]
    events[position] = {**events[position], "text": "abc"}

    with pytest.raises(StreamError) as refused:
        Reply.from_events(events)

    assert str(refused.value) == (
        f"{LAWS}[{position}] response.output_text.done   text is 'abc', its deltas add up to 'ab'"
    )
    assert [violation.law for violation in refused.value.violations] == ["sum"]


def test_nothing_is_no_stream():
    with pytest.raises(StreamError) as refused:
        Reply.from_events([])

    assert str(refused.value) == f"{LAWS}[0] no event   a stream ends with an event that says how"


@pytest.mark.parametrize(
    ("read", "stream"), [(Reply.from_events, CHUNKS), (Reply.from_chunks, EVENTS)], ids=["chunks", "events"]
)
def test_a_stream_of_the_other_api_is_refused(read, stream):
    with pytest.raises(StreamError):
        read(stream)


def test_items_that_their_server_never_closed_are_read_all_the_same():
    lists = [{"type": "mcp_list_tools", "id": f"mcpl_{n}", "server_label": "wiki", "tools": []} for n in (1, 2)]
    events = [event.to_dict() for event in Reply(*lists, "Done.").events()]
    unclosed = [event for event in events if (event["type"], event.get("item", {}).get("type")) != CLOSED_LIST]
    stream = [{**event, "sequence_number": number} for number, event in enumerate(unclosed)]

    assert len(stream) == len(events) - 2
    assert [event.to_dict() for event in Reply.from_events(stream).events()] == stream


CLOSED_LIST = ("response.output_item.done", "mcp_list_tools")


def test_a_stream_that_keeps_the_laws_is_read_however_little_its_response_says():
    created, final = {"status": "in_progress", "output": []}, {"status": "completed", "output": []}
    stream = [
        {"type": "response.created", "sequence_number": 0, "response": created},
        {"type": "response.in_progress", "sequence_number": 1, "response": created},
        {"type": "response.completed", "sequence_number": 2, "response": final},
    ]

    read = Reply.from_events(stream)
    assert (read.parts, read.status) == ((), "completed")
    assert [event.to_dict() for event in read.events()] == stream


# Completions and their chunks.


@pytest.mark.parametrize("chunks", [[], [CHUNKS[-1]], [{**CHUNKS[0], "choices": []}]])
def test_chunks_without_a_choice_say_nothing(chunks):
    with pytest.raises(StreamError) as refused:
        Reply.from_chunks(chunks)

    assert str(refused.value) == "Reply.from_chunks found no choice in this stream: there is nothing that it says."


@pytest.mark.parametrize(
    "error",
    [
        {"error": {"message": "It broke.", "code": 500}},
        {**CHUNKS[0], "choices": [], "error": {"message": "It broke.", "code": 500}},
    ],
    ids=["alone", "in a chunk"],
)
def test_chunks_that_ended_in_an_error_are_refused(error):
    with pytest.raises(StreamError, match="It broke"):
        Reply.from_chunks([*CHUNKS[:3], error])


@pytest.mark.parametrize(
    "body", [{}, {**REPLY.completion().to_dict(), "choices": []}, REPLY.response().to_dict(), CHUNKS[0]]
)
def test_what_is_no_completion_is_refused(body):
    with pytest.raises(ReplyInvalid) as refused:
        Reply.from_completion(body)

    assert str(refused.value) == f"Reply.from_completion takes a chat.completion with its choices, not {body!r}."


# What is nothing of the kind is told in words of ours: never by an error from inside.


@EVERY_READER
@pytest.mark.parametrize("garbage", [None, 5, True, "x", b"x", {}, [], [None], [5], ["x"], [[]], [{}], Reply])
def test_what_is_nothing_of_the_kind_is_refused(read, garbage):
    with pytest.raises(FakeModelError):
        read(garbage)


@pytest.mark.parametrize(
    "choices",
    [
        5,
        [5],
        [None],
        [{"index": "0", "delta": {"content": "a"}}, {"index": 1, "delta": {"content": "b"}}],
        [{"index": 0, "delta": 5}],
        [{"index": 0, "delta": {"tool_calls": [5]}}],
        [{"index": 0, "delta": {"tool_calls": [{"index": 0, "id": 5}]}}],
        [{"index": 0, "delta": {"tool_calls": [{"index": 0, "function": {"name": "f", "arguments": {}}}]}}],
        [{"index": 0, "delta": {"content": "a", "annotations": [{}]}}],
        [{"index": 0, "delta": {"content": "a"}, "logprobs": 5}],
    ],
    ids=repr,
)
def test_chunks_of_another_form_are_refused(choices):
    with pytest.raises(FakeModelError):
        Reply.from_chunks([{**CHUNKS[0], "choices": choices}]).chunks()


@pytest.mark.parametrize(
    "choices",
    [
        5,
        [5],
        [{}],
        [{"index": 0}],
        [{"index": 0, "message": 5}],
        [{"index": 0, "message": {"tool_calls": [5]}}],
        [{"index": 0, "message": {"tool_calls": [{"function": {"name": "f", "arguments": {}}}]}}],
        [{"index": 0, "message": {"content": "a", "annotations": [{}]}}],
    ],
    ids=repr,
)
def test_completions_of_another_form_are_refused(choices):
    with pytest.raises(FakeModelError):
        Reply.from_completion({**REPLY.completion().to_dict(), "choices": choices}).completion()


@pytest.mark.parametrize(
    "member",
    [
        {"output": [5]},
        {"output": [None]},
        {"output": [{}]},
        {"output": [{"type": 5}]},
        {"status": ["completed"]},
        {"usage": 5},
        {"usage": {"input_tokens_details": 5}},
        {"usage": {"input_tokens": "x", "output_tokens": 1}},
        {
            "output": [
                {
                    **Reply("a").response().to_dict()["output"][0],
                    "content": [{"type": "output_text", "text": "a", "annotations": 5}],
                }
            ]
        },
        {"incomplete_details": 5},
    ],
    ids=repr,
)
def test_responses_of_another_form_are_refused(member):
    with pytest.raises(FakeModelError):
        Reply.from_response({**REPLY.response().to_dict(), **member}).response()


@pytest.mark.parametrize(
    ("position", "member"),
    [
        (0, {"response": 5}),
        (0, {"type": 5}),
        (2, {"item": 5}),
        (2, {"output_index": None}),
        (3, {"part": 5}),
        (4, {"delta": 5}),
        (4, {"summary_index": [0]}),
        (len(EVENTS) - 1, {"response": {**EVENTS[-1]["response"], "output": 5}}),
        (len(EVENTS) - 1, {"response": {**EVENTS[-1]["response"], "usage": 5}}),
    ],
)
def test_events_of_another_form_are_refused(position, member):
    stream = [*EVENTS[:position], {**EVENTS[position], **member}, *EVENTS[position + 1 :]]

    with pytest.raises(FakeModelError):
        Reply.from_events(stream).events()
