"""Guarded replies: each waits for the turn that it is meant for, on a FakeModel and on a FakeOpenAI."""

import pytest

from fakemodel import FakeModel, FakeOpenAI, NoReplyLeft, Reply, ReplyInvalid, UnplayedReplies, tool_call, when

USER = {"role": "user", "content": "Weather in Paris?"}
CALL = {"type": "function_call", "call_id": "call_1", "name": "get_weather", "arguments": "{}"}
OUTPUT = {"type": "function_call_output", "call_id": "call_1", "output": "sunny"}
ASKED = {"type": "mcp_approval_request", "id": "mcpr_1", "name": "f", "arguments": "{}", "server_label": "s"}
ALLOWED = {"type": "mcp_approval_response", "approval_request_id": "mcpr_1", "approve": True}
CALLED = {"id": "call_1", "type": "function", "function": {"name": "get_weather", "arguments": "{}"}}
CHAT_CALL = {"role": "assistant", "content": None, "tool_calls": [CALLED]}
CHAT_OUTPUT = {"role": "tool", "tool_call_id": "call_1", "content": "sunny"}


async def said(model, **arguments) -> str:
    return (await model.get_response(**arguments)).output[0].content[0].text


async def test_replies_are_chosen_by_what_the_turn_holds_in_any_order():
    model = FakeModel(
        [when(input="Rome").say("Rome it is."), when(tool_output="rain").say("Umbrella."), when(turn=3).say("Third.")]
    )

    assert await said(model, input=[USER, CALL, {**OUTPUT, "output": "rain in Paris"}]) == "Umbrella."
    assert await said(model, input="And in Rome?") == "Rome it is."
    assert await said(model, input="Whatever") == "Third."
    model.assert_complete()


@pytest.mark.parametrize("double", [FakeModel, FakeOpenAI])
def test_a_guard_without_a_reply_is_told_what_it_lacks(double):
    with pytest.raises(ReplyInvalid, match=r"^when\(input='Rome'\) has no reply: when\(input='Rome'\)\.say\(…\)\.$"):
        double([when(input="Rome")])


@pytest.mark.parametrize(
    ("guard", "asked", "met"),
    [
        (when(input="Paris"), {"input": "Weather in Paris?"}, True),
        (when(input="Paris"), {"input": [USER]}, True),
        (
            when(input="Paris"),
            {"input": [{"role": "user", "content": [{"type": "input_text", "text": "Paris"}]}]},
            True,
        ),
        (when(input="Paris"), {"input": [USER, CALL, OUTPUT]}, False),
        (when(tool_output="sun"), {"input": [USER, CALL, OUTPUT]}, True),
        (when(tool_output=...), {"input": [USER, CALL, OUTPUT]}, True),
        (when(tool_output=...), {"input": [USER]}, False),
        (when(tool_output=None), {"input": [USER]}, True),
        (when(tool_output=None), {"input": [USER, CALL, OUTPUT]}, False),
        (when(previous_response_id=None), {"input": "Hi"}, True),
        (when(input="Paris"), {"input": [USER, ASKED, ALLOWED]}, False),
        (when(tool_output="sun"), {"input": [CALL, OUTPUT, {"role": "assistant", "content": "ok"}, USER]}, False),
        (when(previous_response_id="resp_1"), {"input": "Hi", "previous_response_id": "resp_1"}, True),
        (when(previous_response_id="resp_1"), {"input": "Hi", "previous_response_id": "resp_2"}, False),
        (when(previous_response_id=...), {"input": "Hi"}, False),
        (when(conversation="conv_1"), {"input": "Hi", "conversation_id": "conv_1"}, True),
        (when(turn=1, input="Hi"), {"input": "Hi"}, True),
        (when(turn=2, input="Hi"), {"input": "Hi"}, False),
    ],
    ids=repr,
)
async def test_a_guard_looks_at_what_is_new(guard, asked, met):
    model = FakeModel([guard.say("guarded"), "free"])

    assert await said(model, **asked) == ("guarded" if met else "free")


def test_requests_of_either_api_meet_guards():
    api = FakeOpenAI(["free", when(tool_output="sunny").say("Sunglasses."), when(input="Paris").say("Paris!")])
    client = api.client()

    chat = client.chat.completions.create(model="m", messages=[USER, CHAT_CALL, CHAT_OUTPUT])
    response = client.responses.create(model="m", input="Paris?")
    free = client.responses.create(model="m", input="Rome?")

    assert chat.choices[0].message.content == "Sunglasses."
    assert (response.output_text, free.output_text) == ("Paris!", "free")
    api.assert_complete()


async def test_a_guarded_reply_may_be_an_exception_or_a_function():
    model = FakeModel([when(input="a").say(ValueError("odd")), when(input="b").say(lambda turn: f"turn {turn.number}")])

    assert await said(model, input="b") == "turn 1"
    with pytest.raises(ValueError, match="odd"):
        await model.get_response(input="a")


async def test_a_turn_that_meets_no_guard_is_told_with_those_that_wait():
    model = FakeModel([when(tool_output="rain").say(Reply(tool_call("get_umbrella")))])

    with pytest.raises(NoReplyLeft) as left:
        await model.get_response(input="Weather?")

    assert str(left.value) == (
        "the model was called once, and no reply that is left is for turn 1.\n"
        "  turn 1  input 'Weather?' -> no reply left\n"
        "  waiting when(tool_output='rain') -> call get_umbrella({})\n"
        "The nearest is when(tool_output='rain'): tool_output is absent, not 'rain'.\n"
        "Add a Reply for turn 1, or find out why it is not what a guard waits for."
    )


@pytest.mark.parametrize("subject", [FakeModel, FakeOpenAI])
def test_a_guarded_reply_that_nobody_asked_for_is_told(subject):
    double = subject([when(input="Paris").say("Paris!")])

    assert double.remaining == 1
    with pytest.raises(UnplayedReplies, match=r"never asked for -> when\(input='Paris'\) -> 'Paris!'"):
        double.assert_complete()


@pytest.mark.parametrize(
    ("write", "message"),
    [
        (lambda: when(), "when() needs a condition: input, tool_output, previous_response_id, conversation, turn."),
        (lambda: when(tool_outputs="a"), "when(tool_outputs=…) is no condition; the nearest is 'tool_output'."),
    ],
)
def test_a_guard_that_means_nothing_is_refused(write, message):
    with pytest.raises(ReplyInvalid) as refused:
        write()

    assert str(refused.value) == message


@pytest.mark.parametrize("subject", [FakeModel, FakeOpenAI])
def test_what_is_guarded_has_to_be_a_reply(subject):
    with pytest.raises(ReplyInvalid):
        subject([when(turn=1).say(5)])


def test_a_guarded_reply_shows_how_it_was_written():
    assert repr(when(input="Paris", turn=1).say("Paris!")) == "when(input='Paris', turn=1).say('Paris!')"
