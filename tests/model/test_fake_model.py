"""FakeModel at its boundary, called as an agent's runner calls it: the script, the turns, the classic surface."""

import asyncio
import copy
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openai.types import responses
from openai.types.responses import (
    ResponseFunctionToolCall,
    ResponseOutputMessage,
    ResponseOutputRefusal,
    ResponseOutputText,
    ResponseReasoningItem,
)
from openai.types.responses.response_reasoning_item import Summary

from fakemodel import (
    FakeModel,
    NoReplyLeft,
    PromptCacheFakeModel,
    Reply,
    ReplyInvalid,
    UnplayedReplies,
    get_response_obj,
    refusal,
    text,
    tool_call,
    usage,
)
from fakemodel.strategies import replies

MESSAGE = ResponseOutputMessage(
    id="msg_1",
    type="message",
    role="assistant",
    status="completed",
    content=[ResponseOutputText(type="output_text", text="Sunny.", annotations=[])],
)
CALL = ResponseFunctionToolCall(
    type="function_call", id="fc_1", call_id="call_1", name="get_weather", arguments='{"city":"Paris"}'
)
REASONING = ResponseReasoningItem(type="reasoning", id="rs_1", summary=[Summary(type="summary_text", text="Thought.")])
ARGUMENTS = {
    "system_instructions": "Be brief.",
    "input": "Weather?",
    "model_settings": {"temperature": 0},
    "tools": ["get_weather"],
    "output_schema": "schema",
    "handoffs": ["expert"],
    "tracing": "disabled",
    "previous_response_id": "resp_before",
    "conversation_id": "conv_1",
    "prompt": {"id": "pmpt_1"},
}
POSITIONAL = list(ARGUMENTS.values())[:7]
KEYWORDS = dict(list(ARGUMENTS.items())[7:])


async def answered(model, *args, **kwargs):
    """The items of an answer."""
    return (await model.get_response(*args, **kwargs)).output


async def streamed(model, *args, **kwargs):
    """The items of an answer that is streamed."""
    return (await events(model, *args, **kwargs))[-1].response.output


async def events(model, *args, **kwargs):
    return [event async for event in model.stream_response(*args, **kwargs)]


BOTH_WAYS = pytest.mark.parametrize("ask", [answered, streamed])


# The script.


@BOTH_WAYS
async def test_replies_are_played_in_order(ask):
    model = FakeModel(["Hello"])
    model.say(Reply(tool_call("f", {"a": 1})), refusal("No"))
    model.say(["Look", tool_call("g")])

    outputs = [await ask(model, input="Hi") for _ in range(4)]

    assert [[item.type for item in output] for output in outputs] == [
        ["message"],
        ["function_call"],
        ["message"],
        ["message", "function_call"],
    ]
    assert outputs[0][0].content[0].text == "Hello"
    assert outputs[2][0].content[0].refusal == "No"
    assert model.remaining == 0
    model.assert_complete()


@BOTH_WAYS
async def test_items_of_the_sdk_and_dicts_are_played_as_they_stand(ask):
    model = FakeModel([[REASONING, MESSAGE], CALL.to_dict()])

    assert await ask(model) == [REASONING, MESSAGE]
    assert await ask(model) == [CALL]


def test_what_is_no_reply_is_refused_where_it_is_written():
    model = FakeModel()

    with pytest.raises(ReplyInvalid, match=r"^42 is no part of a reply"):
        model.say("Hello", 42)
    with pytest.raises(ReplyInvalid, match=r"^42 is no part of a reply"):
        FakeModel([42])


def test_a_model_shows_how_far_it_is():
    assert repr(FakeModel(["Hello"])) == "<FakeModel: 0 turns played, 1 reply left>"


async def test_a_response_is_that_of_the_reply_at_its_position():
    reply = Reply(text("Hel", "lo"), tool_call("f"), usage=usage(7, 5, cached=2, reasoning=3))
    model = FakeModel([reply, reply, Reply("Bye", id="resp_own")])

    first, second, third = [await model.get_response(input="Hi") for _ in range(3)]

    assert (first.response_id, first.output) == (reply.response().id, reply.output)
    assert second.response_id != first.response_id
    assert third.response_id == "resp_own"
    assert (first.usage.requests, first.usage.input_tokens, first.usage.output_tokens) == (1, 7, 5)
    assert first.usage.total_tokens == 12
    assert first.usage.input_tokens_details.cached_tokens == 2
    assert first.usage.output_tokens_details.reasoning_tokens == 3


async def test_a_stream_is_that_of_the_reply():
    reply = Reply(text("Hel", "lo"), refusal("No"), tool_call("f"))

    assert await events(FakeModel([reply]), input="Hi") == reply.events()


async def test_the_ids_of_the_request_are_echoed_on_every_snapshot():
    found = await events(FakeModel(["Hello", "Bye"]), previous_response_id="resp_1", conversation_id="conv_1")

    snapshots = [event.response.to_dict() for event in found if hasattr(event, "response")]
    assert [(each["previous_response_id"], each["conversation"]) for each in snapshots] == [
        ("resp_1", {"id": "conv_1"})
    ] * 3


@settings(max_examples=50)
@given(st.lists(replies(), min_size=1, max_size=3))
def test_an_answer_is_the_same_streamed_or_not(script):
    async def both():
        model, twin = FakeModel(script), FakeModel(script)
        for _ in script:
            response = await model.get_response(input="Hi")
            *_, completed = await events(twin, input="Hi")
            assert (response.output, response.response_id) == (completed.response.output, completed.response.id)
            assert response.usage.total_tokens == completed.response.usage.total_tokens

    asyncio.run(both())


# Callables and exceptions.


@BOTH_WAYS
async def test_a_callable_is_given_the_turn_and_returns_a_reply(ask):
    async def later(turn):
        return [f"turn {turn.number}, after {turn.previous_response_id}"]

    model = FakeModel([lambda turn: f"You said {turn.input}", later, lambda turn: [MESSAGE]])

    assert (await ask(model, input="Hi"))[0].content[0].text == "You said Hi"
    assert (await ask(model, previous_response_id="resp_1"))[0].content[0].text == "turn 2, after resp_1"
    assert await ask(model) == [MESSAGE]


@BOTH_WAYS
async def test_an_exception_is_raised_as_it_is(ask):
    error, returned = RuntimeError("down"), ValueError("odd")

    async def later(turn):
        return returned

    def broken(turn):
        raise error

    model = FakeModel([error, lambda turn: returned, later, broken, "Hello"])

    for expected in (error, returned, returned, error):
        with pytest.raises(type(expected)) as raised:
            await ask(model, input="Hi")
        assert raised.value is expected
    assert (await ask(model))[0].content[0].text == "Hello"
    model.assert_complete()


@BOTH_WAYS
async def test_a_callable_that_returns_no_reply_is_refused(ask):
    with pytest.raises(ReplyInvalid, match=r"^None is no part of a reply"):
        await ask(FakeModel([lambda turn: None]))


# The turns.


@BOTH_WAYS
async def test_a_turn_has_what_the_model_was_called_with(ask):
    model = FakeModel(["Hello"])

    await ask(model, *POSITIONAL, **KEYWORDS)

    (turn,) = model.turns
    assert list(turn.args) == list(ARGUMENTS)
    assert turn.args == model.last_turn_args == model.first_turn_args == ARGUMENTS
    assert (turn.number, turn.streamed, turn.extra) == (1, ask is streamed, {})
    assert (turn.input, turn.previous_response_id, turn.conversation_id) == ("Weather?", "resp_before", "conv_1")


@pytest.mark.parametrize(
    ("name", "key"), [("tools", "tools"), ("instructions", "system_instructions"), ("prompt", "prompt")]
)
async def test_what_stands_in_the_arguments_of_a_turn_is_found_there(name: str, key: str):
    model = FakeModel(["Hello"])
    await model.get_response(*POSITIONAL, **KEYWORDS)

    with pytest.raises(AttributeError) as missing:
        getattr(model.turns[0], name)

    assert str(missing.value) == (
        f"'Turn' object has no attribute '{name}': what the model was called with is in turn.args['{key}']"
    )
    assert model.turns[0].args[key] == ARGUMENTS[key]


async def test_what_a_turn_has_nowhere_is_told_as_python_tells_it():
    model = FakeModel(["Hello"])
    await model.get_response(*POSITIONAL, **KEYWORDS)

    with pytest.raises(AttributeError, match=r"^'Turn' object has no attribute 'colour'$"):
        _ = model.turns[0].colour
    assert copy.deepcopy(model.turns[0]) == model.turns[0]


@BOTH_WAYS
async def test_last_and_first_turn_args_are_those_of_the_last_and_the_first_turn(ask):
    model = FakeModel(["One", "Two", "Three"])
    assert (model.first_turn_args, model.last_turn_args) == (None, {})

    for number in (1, 2, 3):
        await ask(model, input=f"input {number}")

    assert model.first_turn_args["input"] == "input 1"
    assert model.last_turn_args["input"] == "input 3"
    assert [turn.input for turn in model.turns] == ["input 1", "input 2", "input 3"]
    assert [turn.number for turn in model.turns] == [1, 2, 3]


@BOTH_WAYS
async def test_a_turn_is_detached_from_what_the_caller_changes_later(ask):
    given_ = {
        "input": [{"role": "user", "content": [{"type": "input_text", "text": "Hi"}]}],
        "model_settings": {"metadata": {"run": 1}},
        "tools": ["get_weather"],
        "handoffs": ["expert"],
        "prompt": {"id": "pmpt_1", "variables": {"a": 1}},
    }
    model = FakeModel(["Hello"])

    await ask(model, **given_)
    given_["input"][0]["content"][0]["text"] = "Changed"
    given_["input"].append("more")
    given_["model_settings"]["metadata"]["run"] = 2
    given_["tools"].append("more")
    given_["handoffs"].append("more")
    given_["prompt"]["variables"]["a"] = 2

    args = model.turns[0].args
    assert args["input"] == [{"role": "user", "content": [{"type": "input_text", "text": "Hi"}]}]
    assert args["model_settings"] == {"metadata": {"run": 1}}
    assert (args["tools"], args["handoffs"]) == (["get_weather"], ["expert"])
    assert args["prompt"] == {"id": "pmpt_1", "variables": {"a": 1}}


@BOTH_WAYS
async def test_a_turn_keeps_the_tools_themselves(ask):
    tool = SimpleNamespace(name="get_weather")
    model = FakeModel(["Hello"])

    await ask(model, tools=[tool])

    assert model.turns[0].args["tools"][0] is tool


@BOTH_WAYS
async def test_arguments_of_a_newer_sdk_are_kept_beside_the_ten(ask):
    model = FakeModel(["Hello"])

    await ask(model, *POSITIONAL, **KEYWORDS, run_context="ctx", attempt=2)

    assert model.turns[0].extra == {"run_context": "ctx", "attempt": 2}
    assert model.last_turn_args == ARGUMENTS


@BOTH_WAYS
async def test_a_turn_is_recorded_before_it_fails(ask):
    model = FakeModel([RuntimeError("down")])

    with pytest.raises(RuntimeError):
        await ask(model, input="Hi")

    assert [turn.input for turn in model.turns] == ["Hi"]


def test_a_stream_that_nobody_reads_is_no_turn():
    model = FakeModel(["Hello"])

    model.stream_response(input="Hi")

    assert model.turns == []
    assert model.remaining == 1


# A script that does not fit.

WEATHER = {"role": "user", "content": "Weather in Paris?"}
ASKED = {"type": "function_call", "call_id": "call_1", "name": "get_weather", "arguments": '{"city":"Paris"}'}
TOLD = {"type": "function_call_output", "call_id": "call_1", "output": "sunny"}
TOMORROW = {"role": "user", "content": [{"type": "input_text", "text": "And tomorrow?"}]}


@BOTH_WAYS
async def test_a_call_too_many_tells_the_turns(ask):
    model = FakeModel([Reply(tool_call("get_weather", {"city": "Paris"})), "Sunny."])
    await ask(model, input=[WEATHER])
    await ask(model, input=[WEATHER, ASKED, TOLD])

    with pytest.raises(NoReplyLeft) as missing:
        await ask(model, input=[TOMORROW], previous_response_id="resp_2")

    assert str(missing.value) == (
        "the model was called 3 times, the script has 2 replies.\n"
        '  turn 1  input \'Weather in Paris?\'      -> call get_weather({"city":"Paris"})\n'
        "  turn 2  input + get_weather -> 'sunny' -> 'Sunny.'\n"
        "  turn 3  input 'And tomorrow?'          -> no reply left\n"
        "Add a Reply for turn 3, or find out why it was asked again."
    )
    assert model.turns[-1].previous_response_id == "resp_2"


@BOTH_WAYS
async def test_the_first_call_too_many_is_told_at_the_end_even_if_it_was_swallowed(ask):
    model = FakeModel(["Hello"])
    await ask(model, input="Hi")

    raised = []
    for said in ("Still there?", "Hello?"):
        with pytest.raises(NoReplyLeft) as missing:
            await ask(model, input=said)
        raised.append(missing.value)
    with pytest.raises(NoReplyLeft) as told:
        model.assert_complete()

    assert told.value is raised[0]
    assert model.refused == raised
    assert str(raised[1]) == (
        "the model was called 3 times, the script has 1 reply.\n"
        "  turn 1  input 'Hi'           -> 'Hello'\n"
        "  turn 2  input 'Still there?' -> no reply left\n"
        "  turn 3  input 'Hello?'       -> no reply left\n"
        "Add a Reply for turn 3, or find out why it was asked again."
    )


@pytest.mark.parametrize(
    ("replies", "message"),
    [
        (
            ["Hello"],
            (
                "the model was called 0 times, the script has 1 reply.\n"
                "  turn 1  never asked for -> 'Hello'\n"
                "Remove what is not needed, or find out why it was not asked for."
            ),
        ),
        (
            [
                Reply(text("Hel", "lo"), refusal("No"), tool_call("f", {"a": 1})),
                [],
                [MESSAGE, CALL],
                REASONING,
                ValueError("odd"),
                len,
            ],
            (
                "the model was called 0 times, the script has 6 replies.\n"
                "  turn 1  never asked for -> 'Hello' + refusal 'No' + call f({\"a\":1})\n"
                "  turn 2  never asked for -> nothing\n"
                '  turn 3  never asked for -> \'Sunny.\' + call get_weather({"city":"Paris"})\n'
                "  turn 4  never asked for -> reasoning 'Thought.'\n"
                "  turn 5  never asked for -> raise ValueError('odd')\n"
                "  turn 6  never asked for -> what len returns\n"
                "Remove what is not needed, or find out why it was not asked for."
            ),
        ),
        (
            [Reply("A very long answer, " * 9)],
            (
                "the model was called 0 times, the script has 1 reply.\n"
                "  turn 1  never asked for -> 'A very long answer, A very  … nswer, A very long answer, '\n"
                "Remove what is not needed, or find out why it was not asked for."
            ),
        ),
    ],
)
def test_replies_that_nobody_asked_for_are_told_at_the_end(replies, message):
    with pytest.raises(UnplayedReplies) as unplayed:
        FakeModel(replies).assert_complete()

    assert str(unplayed.value) == message


@BOTH_WAYS
async def test_replies_left_are_told_after_the_turns_that_were_played(ask):
    model = FakeModel([RuntimeError("down"), lambda turn: "Hello", "Bye"])
    with pytest.raises(RuntimeError):
        await ask(model, input="Hi")
    await ask(model, input="Hi")

    with pytest.raises(UnplayedReplies) as unplayed:
        model.assert_complete()

    assert str(unplayed.value) == (
        "the model was called 2 times, the script has 3 replies.\n"
        "  turn 1  input 'Hi'      -> raise RuntimeError('down')\n"
        "  turn 2  input           -> 'Hello'\n"
        "  turn 3  never asked for -> 'Bye'\n"
        "Remove what is not needed, or find out why it was not asked for."
    )


# The classic surface.


@BOTH_WAYS
async def test_a_classic_model_without_outputs_answers_with_nothing(ask):
    model = FakeModel()

    assert await ask(model, input="Hi") == []
    assert await ask(model, input="Hi") == []
    assert len(model.turns) == 2
    model.assert_complete()


@BOTH_WAYS
async def test_classic_outputs_are_handed_out_themselves_in_order(ask):
    error = RuntimeError("down")
    model = FakeModel(initial_output=[MESSAGE])
    model.set_next_output([CALL])
    model.add_multiple_turn_outputs([[REASONING, MESSAGE], error, []])

    outputs = [await ask(model) for _ in range(3)]
    with pytest.raises(RuntimeError) as raised:
        await ask(model)

    assert raised.value is error
    for output, expected in zip(outputs, ([MESSAGE], [CALL], [REASONING, MESSAGE]), strict=True):
        assert all(found is item for found, item in zip(output, expected, strict=True))
    assert await ask(model) == await ask(model) == []


async def test_a_classic_answer_has_its_classic_id_and_counts_nothing():
    response = await FakeModel(initial_output=[MESSAGE]).get_response()

    assert response.response_id == "resp-789"
    assert (response.usage.requests, response.usage.input_tokens, response.usage.output_tokens) == (0, 0, 0)


async def counts():
    """Counts of the type that a model reports them in: the Agents SDK's where it is installed."""
    reply = Reply("Hello", usage=usage(7, 5, cached=2, reasoning=3))
    return (await FakeModel([reply]).get_response()).usage


COUNTED = {
    "input_tokens": 7,
    "output_tokens": 5,
    "total_tokens": 12,
    "input_tokens_details": {"cache_write_tokens": 0, "cached_tokens": 2},
    "output_tokens_details": {"reasoning_tokens": 3},
}


async def test_hardcoded_usage_is_reported_for_every_classic_output():
    hardcoded = await counts()
    model = FakeModel()
    model.set_hardcoded_usage(hardcoded)
    model.add_multiple_turn_outputs([[MESSAGE], [MESSAGE]])

    response = await model.get_response()
    *_, completed = await events(model)

    assert response.usage == hardcoded
    assert completed.response.usage.to_dict() == COUNTED


async def test_a_classic_model_may_have_outputs_left():
    model = FakeModel(initial_output=[MESSAGE])

    with pytest.raises(UnplayedReplies) as unplayed:
        model.assert_complete()

    assert str(unplayed.value) == (
        "the model was called 0 times, the script has 1 reply.\n"
        "  turn 1  never asked for -> 'Sunny.'\n"
        "Remove what is not needed, or find out why it was not asked for."
    )


@BOTH_WAYS
async def test_a_model_that_was_given_replies_stays_strict(ask):
    model = FakeModel(["Hello"])
    model.set_next_output([MESSAGE])

    assert (await ask(model))[0].content[0].text == "Hello"
    assert await ask(model) == [MESSAGE]
    with pytest.raises(NoReplyLeft):
        await ask(model)


needs_the_type_of_a_patch = pytest.mark.skipif(
    not hasattr(responses, "ResponseApplyPatchToolCall"), reason="this version of openai has no type for patches"
)
PATCH = {"type": "update_file", "path": "a.py", "diff": "-a\n+b"}


@needs_the_type_of_a_patch
@BOTH_WAYS
@pytest.mark.parametrize(
    ("ids", "id", "call_id"),
    [
        ({"id": "apc_1", "call_id": "call_1"}, "apc_1", "call_1"),
        ({"call_id": "call_1"}, "call_1", "call_1"),
        ({"id": "apc_1"}, "apc_1", "apc_1"),
    ],
)
async def test_a_dict_of_a_patch_becomes_a_typed_call(ask, ids, id, call_id):
    model = FakeModel()
    model.set_next_output([{"type": "apply_patch_call", "operation": PATCH, **ids}, MESSAGE])

    patch, message = await ask(model)

    assert type(patch) is responses.ResponseApplyPatchToolCall
    assert (patch.id, patch.call_id, patch.status) == (id, call_id, "completed")
    assert patch.operation.to_dict() == PATCH
    assert message is MESSAGE


OPENED, CLOSED = ["created", "in_progress"], ["completed"]
ADDED, DONE = ["output_item.added"], ["output_item.done"]
CONTENT = ["content_part.added", "output_text.delta", "output_text.done", "content_part.done"]
ARGUMENTS_STREAMED = ["function_call_arguments.delta", "function_call_arguments.done"]
SUMMARY = [
    "reasoning_summary_part.added",
    "reasoning_summary_text.delta",
    "reasoning_summary_text.done",
    "reasoning_summary_part.done",
]


@pytest.mark.parametrize(
    ("output", "between"),
    [
        ([], []),
        ([MESSAGE], [*ADDED, *CONTENT, *DONE]),
        ([CALL], [*ADDED, *ARGUMENTS_STREAMED, *DONE]),
        ([REASONING], [*ADDED, *SUMMARY, *DONE]),
        ([{"type": "apply_patch_call", "call_id": "call_1", "operation": PATCH}], [*ADDED, *DONE]),
        ([SimpleNamespace(type="unheard_of", id="x_1")], [*ADDED, *DONE]),
        ([MESSAGE, CALL], [*ADDED, *CONTENT, *DONE, *ADDED, *ARGUMENTS_STREAMED, *DONE]),
        (
            [
                MESSAGE.model_copy(
                    update={"content": [ResponseOutputRefusal(type="refusal", refusal="No"), MESSAGE.content[0]]}
                )
            ],
            [*ADDED, *CONTENT, *DONE],
        ),
    ],
)
async def test_the_classic_stream_has_a_delta_a_part(output, between):
    model = FakeModel()
    model.set_next_output(output)

    found = await events(model)

    assert [event.type.removeprefix("response.") for event in found] == [*OPENED, *between, *CLOSED]
    assert [event.sequence_number for event in found] == list(range(len(found)))
    assert {event.response.id for event in (found[0], found[1], found[-1])} == {"resp-789"}


async def test_the_classic_stream_carries_the_whole_at_its_place():
    model = FakeModel()
    model.set_next_output([MESSAGE, CALL, REASONING])

    by_type = {}
    for event in await events(model):
        by_type.setdefault(event.type.removeprefix("response."), []).append(event)

    (told,) = by_type["output_text.delta"]
    assert (told.delta, told.item_id, told.output_index, told.content_index) == ("Sunny.", "msg_1", 0, 0)
    (asked,) = by_type["function_call_arguments.done"]
    assert (asked.arguments, asked.item_id, asked.output_index) == ('{"city":"Paris"}', "call_1", 1)
    (thought,) = by_type["reasoning_summary_text.done"]
    assert (thought.text, thought.item_id, thought.output_index, thought.summary_index) == ("Thought.", "rs_1", 2, 0)
    assert [event.item for event in by_type["output_item.done"]] == [MESSAGE, CALL, REASONING]


def test_get_response_obj_is_the_classic_response():
    response = get_response_obj([MESSAGE])

    assert response.output[0] is MESSAGE
    assert (response.id, response.model, response.created_at) == ("resp-789", "test_model", 123)
    assert (response.status, response.tool_choice, response.tools) == (None, "none", [])
    assert (response.usage.input_tokens, response.usage.output_tokens, response.usage.total_tokens) == (0, 0, 0)


async def test_get_response_obj_takes_an_id_and_usage():
    response = get_response_obj([], "resp_1", await counts())

    assert (response.id, response.output) == ("resp_1", [])
    assert response.usage.to_dict() == COUNTED


def test_get_response_obj_is_detached_from_the_list_it_is_given():
    output = [MESSAGE]
    response = get_response_obj(output)

    output.clear()

    assert response.output == [MESSAGE]


async def test_prompt_cache_fake_model_takes_the_default_key_and_plays_like_the_other():
    model = PromptCacheFakeModel(["Hello"])

    assert isinstance(model, FakeModel)
    assert model._supports_default_prompt_cache_key()  # noqa: SLF001 (the Agents SDK asks for it by this name)
    assert (await answered(model))[0].content[0].text == "Hello"
