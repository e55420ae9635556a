"""Several choices of one completion, as `n=2` asks for: what each chunk belongs to, and what they share."""

import openai
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakemodel import (
    FakeModel,
    FakeOpenAI,
    Reply,
    ReplyInvalid,
    check_chunks,
    reasoning,
    refusal,
    text,
    tool_call,
    usage,
)
from fakemodel.strategies import replies

F, G = tool_call("f", ["{", "}"], id="call_f"), tool_call("g", id="call_g")
CHAT = {"model": "fake-model", "messages": [{"role": "user", "content": "Hi"}], "n": 2}
NO_RESPONSE = "The Responses API has no form for several choices. Play them one by one."
SAYS = {"content": "", "refusal": None}


def choices(chunks):
    """The choice of each chunk that has one."""
    return [choice for chunk in chunks for choice in chunk.to_dict()["choices"]]


def opening(call):
    return {"index": 0, "id": call.id, "type": "function", "function": {"name": call.name, "arguments": ""}}


def arguments(fragment):
    return {"tool_calls": [{"index": 0, "function": {"arguments": fragment}}]}


@pytest.mark.parametrize(
    ("reply", "stream"),
    [
        (
            Reply.choices(text("a", "b", "c"), text("x", "y")),
            [
                (0, {"role": "assistant", **SAYS}),
                (0, {"content": "a"}),
                (1, {"role": "assistant", **SAYS}),
                (1, {"content": "x"}),
                (0, {"content": "b"}),
                (1, {"content": "y"}),
                (0, {"content": "c"}),
                (1, {}),
                (0, {}),
            ],
        ),
        (
            Reply.choices("a", F, refusal("No")),
            [
                (0, {"role": "assistant", **SAYS}),
                (0, {"content": "a"}),
                (1, {"role": "assistant", "content": None, "tool_calls": [opening(F)], "refusal": None}),
                (1, arguments("{")),
                (2, {"role": "assistant", "content": None, "refusal": ""}),
                (2, {"refusal": "No"}),
                (0, {}),
                (1, arguments("}")),
                (2, {}),
                (1, {}),
            ],
        ),
        (
            Reply.choices(Reply(), "x"),
            [
                (0, {"role": "assistant", **SAYS}),
                (0, {}),
                (1, {"role": "assistant", **SAYS}),
                (1, {"content": "x"}),
                (1, {}),
            ],
        ),
    ],
)
def test_each_choice_opens_with_two_chunks_and_then_they_come_by_turns(reply, stream):
    chunks = reply.chunks(include_usage=False)

    assert [(choice["index"], choice["delta"]) for choice in choices(chunks)] == stream
    assert {len(chunk.choices) for chunk in chunks} == {1}
    check_chunks(chunks)


def test_each_choice_has_its_own_finish_reason():
    reply = Reply.choices(
        "a", F, Reply("b", status="incomplete"), Reply("c", status="incomplete", reason="content_filter")
    )
    reasons = ["stop", "tool_calls", "length", "content_filter"]

    assert [choice.finish_reason for choice in reply.completion().choices] == reasons
    finished = [choice for choice in choices(reply.chunks()) if choice["finish_reason"]]
    assert {choice["index"]: choice["finish_reason"] for choice in finished} == dict(enumerate(reasons))
    assert len(finished) == 4


def test_a_completion_has_the_choices_in_the_order_of_their_indexes():
    body = Reply.choices(text("a", logprobs=[-0.5]), reasoning("Hm"), ["b", G]).completion().to_dict()
    first, second, third = body["choices"]

    assert [choice["index"] for choice in body["choices"]] == [0, 1, 2]
    assert (first["message"]["content"], first["logprobs"]["content"][0]["logprob"]) == ("a", -0.5)
    assert (second["message"]["reasoning_content"], second["logprobs"]) == ("Hm", None)
    assert (third["message"]["content"], third["message"]["tool_calls"][0]["id"]) == ("b", "call_g")


def test_calls_of_different_choices_have_different_ids():
    reply = Reply.choices([tool_call("f"), tool_call("g")], tool_call("f"))
    ids = [call.id for choice in reply.completion().choices for call in choice.message.tool_calls]

    assert len(set(ids)) == 3


@pytest.mark.parametrize(
    ("reply", "counted"),
    [
        (Reply.choices(text("a", "b"), "x"), (1, 3)),
        (Reply.choices("a", F, Reply()), (1, 3)),
        (Reply.choices(Reply("a", usage=usage(7, 5)), "x"), (7, 5)),
        (Reply.choices(Reply("a", usage=usage(7, 5)), Reply("x", usage=usage(9, 9))), (7, 5)),
        (Reply.choices("a", Reply("x", usage=usage(9, 9))), (1, 10)),
    ],
)
def test_the_usage_is_that_of_all_choices(reply, counted):
    *before, last = reply.chunks()

    assert (last.usage.prompt_tokens, last.usage.completion_tokens) == counted
    assert last.choices == []
    assert {chunk.usage for chunk in before} == {None}
    assert reply.completion().usage == last.usage


def test_id_and_model_are_those_of_the_first():
    reply = Reply.choices(Reply("a", id="chatcmpl-1", model="gpt-4.1"), Reply("b", id="chatcmpl-2", model="gpt-5"))

    assert {(chunk.id, chunk.model) for chunk in (*reply.chunks(), reply.completion())} == {("chatcmpl-1", "gpt-4.1")}


@pytest.mark.parametrize("render", [Reply.events, Reply.response, lambda reply: reply.output])
def test_the_responses_api_has_no_choices(render):
    with pytest.raises(ReplyInvalid) as refused:
        render(Reply.choices("a", "b"))

    assert str(refused.value) == NO_RESPONSE


@pytest.mark.parametrize("render", [Reply.chunks, Reply.completion])
def test_a_choice_that_chat_has_no_form_for_is_refused(render):
    with pytest.raises(ReplyInvalid, match="Chat Completions has no form for a response that is failed"):
        render(Reply.choices("a", Reply("b", status="failed", error="It broke.")))


TWO_OR_MORE = "Reply.choices(reply, reply, …) takes two replies or more, each of one choice."


@pytest.mark.parametrize("replies", [[], ["a"], ["a", Reply.choices("b", "c")], [Reply.choices("a", "b"), "c"]])
def test_choices_are_two_or_more_replies_of_one_choice(replies):
    with pytest.raises(ReplyInvalid) as refused:
        Reply.choices(*replies)

    assert str(refused.value) == TWO_OR_MORE


def test_what_is_no_reply_is_no_choice():
    with pytest.raises(ReplyInvalid, match="5 is no part of a reply"):
        Reply.choices("a", 5)


def test_choices_show_how_they_were_written():
    reply = Reply.choices("a", Reply(G, status="incomplete"))

    assert repr(reply) == (
        "Reply.choices(Reply(text('a')), "
        "Reply(tool_call('g', '{}', id='call_g'), status='incomplete', reason='max_output_tokens'))"
    )
    assert reply == Reply.choices(Reply("a"), Reply(G, status="incomplete"))
    assert reply != Reply("a") != Reply.choices("a", "a")


def test_a_client_that_asks_for_several_is_answered_streamed_or_not():
    reply = Reply.choices(text("a", "b"), F)
    client = FakeOpenAI([reply] * 3).client()

    assert list(client.chat.completions.create(**CHAT, stream=True)) == reply.chunks(include_usage=False)
    completion = client.chat.completions.create(**CHAT)
    assert [choice.to_dict() for choice in completion.choices] == [
        choice.to_dict() for choice in reply.completion().choices
    ]
    with client.chat.completions.stream(**CHAT) as stream:
        first, second = stream.get_final_completion().choices
    assert (first.message.content, second.message.tool_calls[0].function.arguments) == ("ab", "{}")


def test_a_client_of_the_responses_api_is_told_that_it_has_none():
    api = FakeOpenAI([Reply.choices("a", "b")])

    with pytest.raises(openai.InternalServerError, match=NO_RESPONSE):
        api.client().responses.create(model="fake-model", input="Hi")
    with pytest.raises(ReplyInvalid, match=NO_RESPONSE):
        api.assert_complete()


async def test_a_model_has_none_either():
    model = FakeModel([Reply.choices("a", "b")])

    with pytest.raises(ReplyInvalid, match=NO_RESPONSE):
        await model.get_response(input="Hi")


@given(st.lists(replies(), min_size=2, max_size=4))
def test_each_choice_is_streamed_as_it_would_be_alone(several):
    chunks = Reply.choices(*several).chunks()

    for index, reply in enumerate(several):
        own = [{**choice, "index": 0} for choice in choices(chunks) if choice["index"] == index]
        alone = choices(reply.chunks())
        assert [without_ids(each) for each in own] == [without_ids(each) for each in alone]
    check_chunks(chunks)


def without_ids(choice):
    """A choice without the ids of its calls, which are other ones in each."""
    calls = [
        {key: value for key, value in call.items() if key != "id"} for call in choice["delta"].get("tool_calls", ())
    ]
    return {**choice, "delta": {**choice["delta"], "tool_calls": calls}}
