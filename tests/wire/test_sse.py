"""The wire form of a stream: how it is framed, what is refused, and where it may be cut again."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openai._streaming import SSEDecoder

from fakemodel import FakeModelError, FakeOpenAI, Reply, StreamError, sse, text, tool_call, usage
from fakemodel.strategies import replies
from fakemodel.wire.sse import split

RENDERINGS = pytest.mark.parametrize("render", [Reply.events, Reply.chunks])


def decoded(body):
    """The (event, payload) pairs that the SDK finds."""
    frames = [(frame.event, frame.data) for frame in SSEDecoder().iter_bytes(iter([body]))]
    return [(event, data if data == "[DONE]" else json.loads(data)) for event, data in frames]


def test_events_are_framed_with_their_type_and_without_an_end_mark():
    events = [{"type": "response.created", "sequence_number": 0}, {"type": "error", "message": "é"}]

    assert sse(events).decode() == (
        'event: response.created\ndata: {"type":"response.created","sequence_number":0}\n\n'
        'event: error\ndata: {"type":"error","message":"é"}\n\n'
    )


def test_chunks_are_framed_as_data_and_closed_by_done():
    chunk = {"object": "chat.completion.chunk", "choices": []}

    assert sse([chunk, chunk]).decode() == (
        'data: {"object":"chat.completion.chunk","choices":[]}\n\n'
        'data: {"object":"chat.completion.chunk","choices":[]}\n\n'
        "data: [DONE]\n\n"
    )


def test_no_stream_is_no_bytes():
    assert sse([]) == b""


EVENT, CHUNK = {"type": "response.created"}, {"object": "chat.completion.chunk"}


@pytest.mark.parametrize(
    ("payloads", "message"),
    [
        ([{"id": "resp_1"}], "[0] is neither an event, with its `type`, nor a chat.completion.chunk."),
        ([EVENT, {}], "[1] is neither an event, with its `type`, nor a chat.completion.chunk."),
        (
            [Reply("Hello").completion()],
            "[0] is neither an event, with its `type`, nor a chat.completion.chunk.",
        ),
        ([{"type": 5}], "[0] has type=5: expected is a word."),
        ([{"type": ""}], "[0] has type='': expected is a word."),
        ([{"type": None}], "[0] has type=None: expected is a word."),
        ([{"type": "a\nb"}], "[0] has type='a\\nb': expected is a word."),
        ([EVENT | {"at": b"a"}], "[0] is no JSON: Object of type bytes is not JSON serializable."),
        ([EVENT, CHUNK], "[1] is of another API than what comes before it: no server mixes them."),
        ([CHUNK, CHUNK, EVENT], "[2] is of another API than what comes before it: no server mixes them."),
    ],
)
def test_what_no_server_sends_is_refused(payloads, message):
    with pytest.raises(StreamError) as refused:
        sse(payloads)

    assert str(refused.value) == message
    assert isinstance(refused.value, FakeModelError)
    assert isinstance(refused.value, ValueError)


@pytest.mark.parametrize(
    ("number", "told"), [(-9.8e-07, b"-9.8e-7"), (-1.5e-05, b"-0.000015"), (0.0, b"0.0"), (3, b"3")]
)
def test_numbers_are_written_as_the_api_writes_them(number, told):
    assert sse([EVENT | {"logprob": number}]).endswith(b'"logprob":' + told + b"}\n\n")


def test_halves_of_characters_are_escaped():
    assert b'"delta":"\\ud83d"' in sse([EVENT | {"delta": "\ud83d"}])


def test_what_is_no_payload_at_all_is_refused():
    with pytest.raises(StreamError):
        sse(["data: {}"])


@RENDERINGS
def test_the_wire_form_is_what_fake_openai_serves(render):
    reply = Reply(text("Hé", "llo", logprobs=[-0.5, -0.25]), tool_call("f", {"a": 1}), usage=usage(7, 5))
    api = FakeOpenAI([reply])
    if render is Reply.events:
        api.client().responses.create(model="fake-model", input="Hi", stream=True).close()
    else:
        request = {"model": "fake-model", "messages": [{"role": "user", "content": "Hi"}]}
        api.client().chat.completions.create(**request, stream=True, stream_options={"include_usage": True}).close()

    assert decoded(b"".join(api.requests[0].answer.parts)) == decoded(sse(render(reply)))


@RENDERINGS
@given(reply=replies())
def test_objects_of_the_sdk_and_dicts_are_decoded_to_the_same_payloads(render, reply):
    objects = render(reply)
    payloads = [found.to_dict() for found in objects]

    frames = decoded(sse(objects))

    assert sse(objects) == sse(payloads)
    if render is Reply.events:
        assert frames == [(payload["type"], payload) for payload in payloads]
    else:
        assert frames == [(None, payload) for payload in (*payloads, "[DONE]")]


@given(st.binary() | st.lists(st.sampled_from([b"\r", b"\n", b"data: x", b"\x00"])).map(b"".join))
def test_the_frames_of_any_bytes_are_those_bytes_again(body):
    assert b"".join(split(body)) == body
    assert all(split(body))


@RENDERINGS
@given(reply=replies())
def test_a_stream_is_cut_into_one_frame_each(render, reply):
    payloads = render(reply)

    frames = split(sse(payloads))

    assert len(frames) == len(payloads) + (render is Reply.chunks)
    assert [pair for frame in frames for pair in decoded(frame)] == decoded(sse(payloads))


@pytest.mark.parametrize("end", [b"\n\n", b"\r\n\r\n", b"\r\r"])
def test_a_stream_is_cut_whichever_line_ends_its_server_writes(end):
    assert split(b"data: 1" + end + b": comment" + end + b"data: 2") == [
        b"data: 1" + end,
        b": comment" + end,
        b"data: 2",
    ]
