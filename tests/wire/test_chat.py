"""What the Chat Completions API streams and answers: the first chunk, the last ones, and what they add up to."""

import pytest
from hypothesis import given

from fakemodel import FakeOpenAI, Reply, ReplyInvalid, refusal, text, tool_call, usage
from fakemodel.strategies import replies


def choices(reply):
    """The choice of each chunk that has one, as on the wire."""
    return [chunk.to_dict()["choices"][0] for chunk in reply.chunks(include_usage=False)]


def deltas(reply):
    return [choice["delta"] for choice in choices(reply)]


def opening(index, name):
    id = f"call_{name}"
    return {"index": index, "id": id, "type": "function", "function": {"name": name, "arguments": ""}}


def arguments(index, fragment):
    return {"tool_calls": [{"index": index, "function": {"arguments": fragment}}]}


F, G = tool_call("f", ["{", "}"], id="call_f"), tool_call("g", id="call_g")


@pytest.mark.parametrize(
    ("reply", "streamed"),
    [
        (Reply(), [{"role": "assistant", "content": "", "refusal": None}]),
        (
            Reply(text("Hel", "lo")),
            [{"role": "assistant", "content": "", "refusal": None}, {"content": "Hel"}, {"content": "lo"}],
        ),
        (
            Reply(refusal("No", "Thanks")),
            [{"role": "assistant", "content": None, "refusal": ""}, {"refusal": "No"}, {"refusal": "Thanks"}],
        ),
        (
            Reply(F),
            [
                {"role": "assistant", "content": None, "tool_calls": [opening(0, "f")], "refusal": None},
                arguments(0, "{"),
                arguments(0, "}"),
            ],
        ),
        (
            Reply(F, G),
            [
                {"role": "assistant", "content": None},
                {"tool_calls": [opening(0, "f")]},
                arguments(0, "{"),
                arguments(0, "}"),
                {"tool_calls": [opening(1, "g")]},
                arguments(1, "{}"),
            ],
        ),
        (
            Reply("Look", G),
            [
                {"role": "assistant", "content": "", "refusal": None},
                {"content": "Look"},
                {"tool_calls": [opening(0, "g")]},
                arguments(0, "{}"),
            ],
        ),
        (
            Reply("Well", refusal("No")),
            [{"role": "assistant", "content": "", "refusal": None}, {"content": "Well"}, {"refusal": "No"}],
        ),
    ],
)
def test_the_deltas_of_a_stream(reply, streamed):
    assert deltas(reply) == [*streamed, {}]


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (Reply(), "stop"),
        (Reply("Hello"), "stop"),
        (Reply(refusal("No")), "stop"),
        (Reply(F), "tool_calls"),
        (Reply("Look", F, G), "tool_calls"),
    ],
)
def test_one_last_choice_says_why_it_ends(reply, reason):
    *before, last = choices(reply)

    assert last == {"index": 0, "delta": {}, "logprobs": None, "finish_reason": reason}
    assert {choice["finish_reason"] for choice in before} == {None}
    assert reply.completion().choices[0].finish_reason == reason


def test_logprobs_are_announced_in_the_first_chunk_and_come_with_their_fragment():
    reply = Reply(text("Hé", "y", logprobs=[-0.5, -0.25]))
    first = {"token": "Hé", "bytes": [72, 195, 169], "logprob": -0.5, "top_logprobs": []}
    second = {"token": "y", "bytes": [121], "logprob": -0.25, "top_logprobs": []}

    assert [choice["logprobs"] for choice in choices(reply)] == [
        {"content": [], "refusal": None},
        {"content": [first], "refusal": None},
        {"content": [second], "refusal": None},
        None,
    ]
    assert reply.completion().choices[0].logprobs.to_dict() == {"content": [first, second], "refusal": None}


def test_without_logprobs_the_member_is_null():
    assert {choice["logprobs"] for choice in choices(Reply("Hello"))} == {None}
    assert Reply("Hello").completion().to_dict()["choices"][0]["logprobs"] is None


def test_with_include_usage_it_is_null_until_a_chunk_of_its_own():
    *before, last = (chunk.to_dict() for chunk in Reply("Hi", usage=usage(7, 5, cached=2, reasoning=3)).chunks())

    assert [chunk["usage"] for chunk in before] == [None] * 3
    assert all(chunk["choices"] for chunk in before)
    assert last["choices"] == []
    assert last["usage"] == {
        "prompt_tokens": 7,
        "completion_tokens": 5,
        "total_tokens": 12,
        "prompt_tokens_details": {"cached_tokens": 2, "audio_tokens": 0},
        "completion_tokens_details": {
            "reasoning_tokens": 3,
            "audio_tokens": 0,
            "accepted_prediction_tokens": 0,
            "rejected_prediction_tokens": 0,
        },
    }


def test_without_include_usage_there_is_no_word_of_it():
    chunks = [chunk.to_dict() for chunk in Reply("Hi").chunks(include_usage=False)]

    assert len(chunks) == 3
    assert not any("usage" in chunk for chunk in chunks)


@pytest.mark.parametrize("include_usage", [True, False])
def test_a_request_says_whether_usage_is_streamed(include_usage):
    reply = Reply("Hi", usage=usage(7, 5))
    client = FakeOpenAI([reply]).client()

    streamed = client.chat.completions.create(
        model="fake-model",
        messages=[{"role": "user", "content": "Hi"}],
        stream=True,
        stream_options={"include_usage": include_usage},
    )

    assert list(streamed) == reply.chunks(include_usage=include_usage)


def test_the_completion_is_what_the_api_answers():
    body = Reply("Hello", refusal("No"), G, usage=usage(7, 5), id="chatcmpl-1").completion().to_dict()

    assert body.pop("created") > 0
    assert body.pop("usage")["total_tokens"] == 12
    assert body == {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "model": "fake-model",
        "service_tier": "default",
        "system_fingerprint": None,
        "choices": [
            {
                "index": 0,
                "message": {
                    "role": "assistant",
                    "content": "Hello",
                    "refusal": "No",
                    "annotations": [],
                    "tool_calls": [{"id": "call_g", "type": "function", "function": {"name": "g", "arguments": "{}"}}],
                },
                "logprobs": None,
                "finish_reason": "tool_calls",
            }
        ],
    }


@pytest.mark.parametrize("render", [Reply.chunks, Reply.completion])
def test_an_item_without_a_chat_form_is_refused(render):
    reply = Reply("Hello", {"type": "compaction", "id": "cmp_1", "encrypted_content": "…"})

    with pytest.raises(ReplyInvalid) as refused:
        render(reply)

    assert str(refused.value) == (
        "Chat Completions has no form for {'type': 'compaction', 'id': 'cmp_1', 'encrypted_content': '…'}. "
        "Say it with text(…), refusal(…), reasoning(…) or tool_call(…)."
    )


@pytest.mark.parametrize("stream", [True, False])
def test_an_empty_answer_is_the_same_streamed_or_not(stream):
    client = FakeOpenAI([Reply()]).client()
    request = {"model": "fake-model", "messages": [{"role": "user", "content": "Hi"}]}

    if stream:
        with client.chat.completions.stream(**request) as streamed:
            message = streamed.get_final_completion().choices[0].message
    else:
        message = client.chat.completions.create(**request).choices[0].message

    assert message.content == ""


@given(replies())
def test_what_is_true_of_every_stream(reply):
    *chunks, last = [chunk.to_dict() for chunk in reply.chunks()]
    heads = [
        {key: value for key, value in chunk.items() if key not in ("choices", "usage")} for chunk in (*chunks, last)
    ]
    found = [chunk["choices"] for chunk in chunks]

    assert all(head == heads[0] for head in heads)
    assert all(
        [choice.keys() for choice in each] == [{"index", "delta", "logprobs", "finish_reason"}] for each in found
    )
    assert [number for number, (choice,) in enumerate(found) if "role" in choice["delta"]] == [0]
    assert [number for number, (choice,) in enumerate(found) if choice["finish_reason"]] == [len(found) - 1]
    indexes = [call["index"] for (choice,) in found for call in choice["delta"].get("tool_calls", ())]
    assert indexes == sorted(indexes)


@given(replies())
def test_the_chunks_add_up_to_the_completion(reply):
    *chunks, last = reply.chunks()
    (choice,) = reply.completion().choices
    found = {"content": None, "refusal": None}
    calls, logprobs = [], []
    for chunk in chunks:
        delta = chunk.choices[0].delta
        for key in found:
            if getattr(delta, key) is not None:
                found[key] = (found[key] or "") + getattr(delta, key)
        for call in delta.tool_calls or ():
            if call.id:
                assert call.index == len(calls)
                calls.append([call.id, call.function.name, ""])
            calls[call.index][2] += call.function.arguments
        logprobs += chunk.choices[0].logprobs.content if chunk.choices[0].logprobs else []

    assert found == {"content": choice.message.content, "refusal": choice.message.refusal}
    assert calls == [[call.id, call.function.name, call.function.arguments] for call in choice.message.tool_calls or ()]
    assert [entry.to_dict() for entry in logprobs] == [
        entry.to_dict() for entry in (choice.logprobs.content if choice.logprobs else [])
    ]
    assert chunks[-1].choices[0].finish_reason == choice.finish_reason
    assert last.usage == reply.completion().usage
    assert (last.id, last.created, last.model) == (
        reply.completion().id,
        reply.completion().created,
        reply.completion().model,
    )
