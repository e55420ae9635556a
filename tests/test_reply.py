"""Reply and its parts: what may be said, what is refused where it is written, and what comes out."""

import copy
import pickle

import pytest
from openai.types.chat import ChatCompletion, ChatCompletionChunk
from openai.types.responses import (
    Response,
    ResponseCompletedEvent,
    ResponseContentPartAddedEvent,
    ResponseContentPartDoneEvent,
    ResponseCreatedEvent,
    ResponseFunctionCallArgumentsDeltaEvent,
    ResponseFunctionCallArgumentsDoneEvent,
    ResponseFunctionToolCall,
    ResponseInProgressEvent,
    ResponseOutputItemAddedEvent,
    ResponseOutputItemDoneEvent,
    ResponseOutputMessage,
    ResponseOutputRefusal,
    ResponseOutputText,
    ResponseReasoningItem,
    ResponseRefusalDeltaEvent,
    ResponseRefusalDoneEvent,
    ResponseTextDeltaEvent,
    ResponseTextDoneEvent,
)

from fakemodel import FakeModel, FakeModelError, FakeOpenAI, Reply, ReplyInvalid, refusal, text, tool_call, usage

MESSAGE = ResponseOutputMessage(
    id="msg_1",
    type="message",
    role="assistant",
    status="completed",
    content=[ResponseOutputText(type="output_text", text="Sunny.", annotations=[])],
)
NO_PART = (
    " is no part of a reply. Parts are text(…), refusal(…), reasoning(…), tool_call(…), a plain string, "
    "an output item of the openai SDK, or a dict with the item's type."
)
CALL = {"type": "function_call", "id": "fc_1", "call_id": "call_1", "name": "f", "arguments": "{}"}


@pytest.mark.parametrize(
    ("short", "long"),
    [
        (Reply("Hello"), Reply(text("Hello"))),
        (Reply(tool_call("f")), Reply(tool_call("f", {}))),
        (Reply(tool_call("f", {"a": "é", "b": [1]})), Reply(tool_call("f", '{"a":"é","b":[1]}'))),
        (Reply(tool_call("f", '{"a"')), Reply(tool_call("f", ['{"a"']))),
        (Reply(tool_call("f", "")), Reply(tool_call("f", []))),
        (Reply(MESSAGE), Reply(MESSAGE.to_dict())),
        (Reply("Hello", usage=usage(7, 5)), Reply("Hello", usage=usage(7, 5, cached=0, reasoning=0))),
    ],
)
def test_a_short_form_says_the_same(short, long):
    assert short == long


@pytest.mark.parametrize(
    "other",
    [
        Reply("Hel", "lo"),
        Reply(text("Hel", "lo")),
        Reply(refusal("Hello")),
        Reply(text("Hello", logprobs=[-0.5])),
        Reply("Hello", id="resp_1"),
        Reply("Hello", model="gpt-4.1"),
        Reply("Hello", usage=usage(1, 1)),
        "Hello",
    ],
)
def test_replies_that_differ_on_the_wire_are_not_equal(other):
    assert Reply("Hello") != other


def test_a_reply_is_a_value():
    reply = Reply(text("Hel", "lo"), tool_call("f"), usage=usage(7, 5), id="resp_1")

    assert copy.deepcopy(reply) == pickle.loads(pickle.dumps(reply)) == reply
    assert hash(copy.deepcopy(reply)) == hash(reply)
    with pytest.raises(AttributeError):
        reply.id = "resp_2"


@pytest.mark.parametrize(
    ("reply", "shown"),
    [
        (Reply(), "Reply()"),
        (Reply("Hello"), "Reply(text('Hello'))"),
        (
            Reply(text("Hel", "lo", logprobs=(-0.5, -0.25)), refusal("No", "Thanks")),
            "Reply(text('Hel', 'lo', logprobs=[-0.5, -0.25]), refusal('No', 'Thanks'))",
        ),
        (Reply(tool_call("f", {"a": 1})), "Reply(tool_call('f', '{\"a\":1}'))"),
        (Reply({"type": "compaction", "id": "cmp_1"}), "Reply({'type': 'compaction', 'id': 'cmp_1'})"),
        (
            Reply("Hi", usage=usage(7, 5, cached=2, reasoning=3), id="resp_1"),
            "Reply(text('Hi'), usage=usage(7, 5, cached=2, reasoning=3), id='resp_1')",
        ),
    ],
)
def test_a_reply_shows_how_it_was_written(reply, shown):
    assert repr(reply) == shown


@pytest.mark.parametrize(
    ("write", "message"),
    [
        (lambda: Reply(42), "42" + NO_PART),
        (lambda: Reply("Hello", {"role": "assistant"}), "{'role': 'assistant'}" + NO_PART),
        (lambda: Reply(None), "None" + NO_PART),
        (lambda: text(), 'text() has nothing to say. Give it at least one fragment: text("…").'),
        (lambda: refusal(), 'refusal() has nothing to say. Give it at least one fragment: refusal("…").'),
        (lambda: text("a", 1), "text(…) takes strings, each streamed as one delta, not 1."),
        (lambda: refusal(b"No"), "refusal(…) takes strings, each streamed as one delta, not b'No'."),
        (
            lambda: text("Hel", "lo", logprobs=[-0.5]),
            "text('Hel', 'lo') has 2 fragments and 1 logprobs. Give one log probability for each fragment.",
        ),
        (lambda: tool_call(""), "tool_call needs the name of a function, not ''."),
        (lambda: tool_call(None), "tool_call needs the name of a function, not None."),
        (
            lambda: tool_call("f", 7),
            "tool_call('f') takes its arguments as a dict, a JSON string or a list of fragments, not 7.",
        ),
        (
            lambda: tool_call("f", ["{", 7]),
            "tool_call('f') takes its arguments as a dict, a JSON string or a list of fragments, not ['{', 7].",
        ),
        (
            lambda: Reply("Hello", usage={"input": 7}),
            "usage={'input': 7} is not a usage(input, output, cached=…, reasoning=…).",
        ),
    ],
)
def test_what_a_model_cannot_say_is_refused_where_it_is_written(write, message):
    with pytest.raises(ReplyInvalid) as refused:
        write()

    assert str(refused.value) == message
    assert isinstance(refused.value, FakeModelError)
    assert isinstance(refused.value, ValueError)


def test_arguments_that_json_has_no_form_for_are_refused_where_they_are_written():
    with pytest.raises(ReplyInvalid):
        tool_call("f", {"a": object()})


def test_an_item_of_the_sdk_or_a_dict_is_an_output_item_as_it_stands():
    reply = Reply(MESSAGE, CALL, "And more.")

    message, call, more = reply.output

    assert message == MESSAGE
    assert isinstance(call, ResponseFunctionToolCall)
    assert call.to_dict() == CALL
    assert more.content[0].text == "And more."


def test_an_item_given_as_a_dict_is_detached_from_it():
    item = {"type": "message", "id": "msg_1", "role": "assistant", "status": "completed", "content": []}
    reply = Reply(item)

    item["content"].append({"type": "output_text", "text": "Later", "annotations": []})
    item["id"] = "msg_2"

    assert reply.output[0].content == []
    assert reply.output[0].id == "msg_1"


def test_a_list_of_parts_is_one_reply_of_a_script():
    api = FakeOpenAI([["Look", tool_call("f", id="call_1")], ("Hel", "lo"), []])

    outputs = [api.client().responses.create(model="gpt-4.1", input="Hi").output for _ in range(3)]

    assert [[item.type for item in output] for output in outputs] == [["message", "function_call"], ["message"], []]
    assert [part.text for part in outputs[1][0].content] == ["Hel", "lo"]


@pytest.mark.parametrize(
    ("reply", "types"),
    [
        (
            Reply(text("Hi")),
            [ResponseTextDeltaEvent, ResponseTextDoneEvent],
        ),
        (
            Reply(refusal("No")),
            [ResponseRefusalDeltaEvent, ResponseRefusalDoneEvent],
        ),
    ],
)
def test_the_events_of_a_message_are_of_the_sdks_own_types(reply, types):
    assert [type(event) for event in reply.events()] == [
        ResponseCreatedEvent,
        ResponseInProgressEvent,
        ResponseOutputItemAddedEvent,
        ResponseContentPartAddedEvent,
        *types,
        ResponseContentPartDoneEvent,
        ResponseOutputItemDoneEvent,
        ResponseCompletedEvent,
    ]


def test_the_events_of_a_call_are_of_the_sdks_own_types():
    assert [type(event) for event in Reply(tool_call("f")).events()] == [
        ResponseCreatedEvent,
        ResponseInProgressEvent,
        ResponseOutputItemAddedEvent,
        ResponseFunctionCallArgumentsDeltaEvent,
        ResponseFunctionCallArgumentsDoneEvent,
        ResponseOutputItemDoneEvent,
        ResponseCompletedEvent,
    ]


def test_the_other_renderings_are_of_the_sdks_own_types():
    reply = Reply("Hello", refusal("No"), tool_call("f"))
    reasoning = Reply({"type": "reasoning", "id": "rs_1", "summary": []})

    assert {type(chunk) for chunk in reply.chunks()} == {ChatCompletionChunk}
    assert type(reply.completion()) is ChatCompletion
    assert type(reply.response()) is Response
    assert [type(item) for item in reply.output] == [ResponseOutputMessage, ResponseFunctionToolCall]
    assert [type(part) for part in reply.output[0].content] == [ResponseOutputText, ResponseOutputRefusal]
    assert [type(item) for item in reasoning.output] == [ResponseReasoningItem]


def test_the_renderings_carry_id_model_and_usage_of_the_reply():
    reply = Reply("Hello", id="own_id", model="gpt-4.1", usage=usage(7, 5, cached=2, reasoning=3))

    assert {reply.response().id, reply.completion().id, *(chunk.id for chunk in reply.chunks())} == {"own_id"}
    assert {reply.response().model, reply.completion().model, reply.chunks()[0].model} == {"gpt-4.1"}
    ours, theirs = reply.response().usage, reply.completion().usage
    assert (ours.input_tokens, ours.output_tokens, ours.total_tokens) == (7, 5, 12)
    assert (theirs.prompt_tokens, theirs.completion_tokens, theirs.total_tokens) == (7, 5, 12)
    assert ours.input_tokens_details.cached_tokens == theirs.prompt_tokens_details.cached_tokens == 2
    assert ours.output_tokens_details.reasoning_tokens == theirs.completion_tokens_details.reasoning_tokens == 3


@pytest.mark.parametrize(
    ("reply", "output_tokens"),
    [
        (Reply(), 0),
        (Reply(text("Hel", "lo"), refusal("No")), 3),
        (Reply(tool_call("f", ["{", "}"])), 2),
        (Reply(MESSAGE), 1),
    ],
)
def test_without_usage_the_wire_counts_one_token_in_and_one_a_fragment_out(reply, output_tokens):
    counts = reply.response().usage

    assert (counts.input_tokens, counts.output_tokens) == (1, output_tokens)


def test_a_rendering_may_be_changed_without_changing_the_next():
    reply = Reply("Hello", MESSAGE)

    reply.response().metadata["run"] = "1"
    reply.response().tools.append("tool")
    reply.response().output.clear()
    reply.output[1].content.clear()
    reply.events()[0].response.output.append("item")

    assert (reply.response().metadata, reply.response().tools) == ({}, [])
    assert len(reply.output) == 2
    assert reply.output[1] == MESSAGE
    assert reply.events()[1].response.output == []


@pytest.mark.parametrize(
    "reply",
    [
        Reply(tool_call("f"), tool_call("g")),
        Reply(tool_call("f", id="call_own")),
        Reply("Let me look.", tool_call("f")),
        Reply(tool_call("f"), "Looked.", tool_call("g")),
    ],
)
def test_both_apis_give_a_call_the_same_id(reply):
    ids = [item.call_id for item in reply.output if item.type == "function_call"]

    assert [call.id for call in reply.completion().choices[0].message.tool_calls] == ids


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Reply({"type": "banana"}), "'banana' is no type of an output item; the nearest is "),
        (lambda: Reply({"type": "messages"}), "the nearest is 'message'"),
        (lambda: Reply(Reply("a").events()[0]), "'response.created' is no type of an output item"),
        (lambda: Reply({"type": "function_call", "name": "f"}), "A function_call needs its `arguments`, a string"),
        (lambda: Reply({"type": "message", "content": "Hi"}), "The `content` of a message is a list of parts"),
        (
            lambda: Reply({"type": "message", "content": [{"type": "input_text", "text": "a"}]}),
            "The `content` of a message",
        ),
        (lambda: Reply({"type": "message", "content": [{"type": "output_text"}]}), "The `content` of a message"),
        (lambda: Reply({"type": "compaction", "id": "\ud800"}), "An item holds half of a character"),
        (lambda: Reply(Reply), "is no part of a reply"),
        (lambda: Reply("a", id=5), "Reply(id=5): expected is a string."),
        (lambda: Reply("a", model=None), "Reply(model=None): expected is a string."),
        (lambda: tool_call("f", id=5), "tool_call('f') has id=5, expected is a string."),
        (lambda: tool_call("f", "\ud800"), "tool_call('f') holds half of a character"),
        (lambda: tool_call("f", {"a": float("nan")}), "has arguments that are no JSON"),
        (lambda: text("\ud800"), "holds half of a character, which has no form in UTF-8."),
        (lambda: text("a", logprobs=["x"]), "a log probability is a number, at most 0."),
        (lambda: text("a", logprobs=[0.5]), "a log probability is a number, at most 0."),
        (lambda: usage(True, 1), "input=True is no whole number from 0 on."),
        (lambda: usage(-1, 1), "input=-1 is no whole number from 0 on."),
        (lambda: usage(1, 1, cached=5), "cached tokens are among the input"),
        (lambda: usage(1, 1, reasoning=5), "reasoning tokens among the output"),
        (lambda: FakeOpenAI("Hello"), "A script is a list of replies, not 'Hello'."),
        (lambda: FakeModel(5), "A script is a list of replies, not 5."),
    ],
)
def test_what_no_model_can_say_is_refused_where_it_is_written(make, message):
    with pytest.raises(ReplyInvalid) as refused:
        make()

    assert message in str(refused.value)
