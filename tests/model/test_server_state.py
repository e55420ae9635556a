"""Server-managed state on a FakeModel: what the Responses API keeps and refuses; Chat Completions keeps none."""

import openai
import pytest

from fakemodel import FakeModel, Reply, ServerStateRefused, SettingInvalid, UnplayedReplies, tool_call

CALL = Reply(tool_call("get_weather", {"city": "Paris"}, id="call_1"))
OUTPUT = {"type": "function_call_output", "call_id": "call_1", "output": "sunny"}
USER = {"type": "message", "role": "user", "content": "Hi"}


async def streamed(model, **arguments):
    """The id of a streamed answer."""
    return [event async for event in model.stream_response(**arguments)][-1].response.id


async def plain(model, **arguments):
    """The id of an answer."""
    return (await model.get_response(**arguments)).response_id


both_ways = pytest.mark.parametrize("ask", [plain, streamed])


@both_ways
async def test_a_turn_sees_what_was_said_before(ask):
    model = FakeModel([CALL, "Sunny."], server_state=True)

    first = await ask(model, input="Weather?")
    await ask(model, input=[OUTPUT], previous_response_id=first)

    said, call, output = model.turns[1].context
    assert said == {"type": "message", "role": "user", "content": "Weather?"}
    assert (call["type"], call["call_id"], output) == ("function_call", "call_1", OUTPUT)


@both_ways
async def test_the_responses_of_a_chain_share_a_prefix_and_branches_are_allowed(ask):
    model = FakeModel(["a", "b", "c", "d"], server_state=True)

    first = await ask(model, input="Hi")
    branches = [await ask(model, input="On", previous_response_id=first) for _ in range(2)]
    other = await ask(model, input="Hi")

    assert len({first, *branches, other}) == 4
    assert {branch[:21] for branch in branches} == {first[:21]} != {other[:21]}


@both_ways
async def test_a_conversation_keeps_its_items(ask):
    model = FakeModel(["Hello.", "Still here."], server_state=True)

    for words in ("Hi", "And now?"):
        await ask(model, input=words, conversation_id="conv_1")

    assert [item["role"] for item in model.turns[1].context] == ["user", "assistant", "user"]


class Settings:
    store = False


REFUSED = [
    pytest.param(
        {"previous_response_id": "resp_gone"},
        "Previous response with id 'resp_gone' not found.",
        "previous_response_not_found",
        id="an unknown response",
    ),
    pytest.param(
        {"previous_response_id": "resp_1", "conversation_id": "conv_1"},
        "Mutually exclusive parameters: ''. Ensure you are only providing one of: 'pre..._id' or 'conversation'.",
        "mutually_exclusive_parameters",
        id="both ids at once",
    ),
    pytest.param(
        {"input": [OUTPUT]}, "No tool call found for function call output with call_id call_1.", None, id="orphan"
    ),
]


@both_ways
@pytest.mark.parametrize(("asked", "message", "code"), REFUSED)
async def test_what_the_api_refuses_is_refused_in_its_words(ask, asked, message, code):
    model = FakeModel(["never"], server_state=True)

    with pytest.raises(openai.BadRequestError) as refused:
        await ask(model, **{"input": "Hi", **asked})

    assert (refused.value.body["message"], refused.value.code, refused.value.status_code) == (message, code, 400)
    assert model.remaining == 1


@both_ways
async def test_a_call_has_to_be_answered_before_the_chain_goes_on(ask):
    model = FakeModel([CALL, "never"], server_state=True)
    first = await ask(model, input="Weather?")

    with pytest.raises(openai.BadRequestError, match=r"No tool output found for function call call_1\."):
        await ask(model, input="Well?", previous_response_id=first)


@both_ways
async def test_a_response_that_was_not_stored_cannot_be_continued(ask):
    model = FakeModel(["a", "never"], server_state=True)
    first = await ask(model, input="Hi", model_settings=Settings())

    with pytest.raises(openai.BadRequestError, match=f"Previous response with id '{first}' not found."):
        await ask(model, input="On", previous_response_id=first)


@both_ways
@pytest.mark.parametrize(
    ("asked", "what"),
    [
        ({"previous_response_id": "resp_1"}, "passes previous_response_id='resp_1'"),
        ({"conversation_id": "conv_1"}, "passes conversation_id='conv_1'"),
        ({"prompt": {"id": "pmpt_1"}}, "passes prompt={'id': 'pmpt_1'}"),
        ({"input": [USER, OUTPUT]}, "sends the output of call call_1, and the call is not in its input"),
    ],
)
async def test_chat_completions_keep_no_state(ask, asked, what):
    model = FakeModel(["never"], backend="chat_completions")

    with pytest.raises(ServerStateRefused) as refused:
        await ask(model, **{"input": "Hi", **asked})

    assert str(refused.value) == (
        f"turn 1 {what}: a model of Chat Completions sees its input alone, for no server keeps what was said before. "
        "Send the whole history with each turn, or use a model of the Responses API."
    )
    with pytest.raises(ServerStateRefused):
        model.assert_complete()


async def test_chat_completions_take_the_whole_history():
    model = FakeModel([CALL, "Sunny."], backend="chat_completions")
    call = {"type": "function_call", "call_id": "call_1", "name": "get_weather", "arguments": "{}"}

    await model.get_response(input="Weather?")
    await model.get_response(input=[USER, call, OUTPUT])

    model.assert_complete()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"backend": "chat"}, "backend='chat' is none; there are 'responses' and 'chat_completions'."),
        (
            {"backend": "chat_completions", "server_state": True},
            "backend='chat_completions' keeps no state: leave server_state out.",
        ),
    ],
)
def test_settings_that_contradict_are_refused(settings, message):
    with pytest.raises(SettingInvalid) as refused:
        FakeModel(**settings)

    assert str(refused.value) == message


@both_ways
async def test_a_ready_answer_is_remembered_as_a_reply_is(ask):
    agents = pytest.importorskip("agents")
    said = agents.ModelResponse(output=Reply("Hello").output, usage=agents.Usage(), response_id="resp_1")
    model = FakeModel([said, "Still here."], server_state=True)

    await ask(model, input="Hi")
    await ask(model, input="And now?", previous_response_id="resp_1")

    assert [item["role"] for item in model.turns[1].context] == ["user", "assistant", "user"]


async def test_hardcoded_usage_is_that_of_classic_outputs_under_server_state_too():
    agents = pytest.importorskip("agents")
    model = FakeModel(server_state=True)
    model.set_hardcoded_usage(agents.Usage(requests=1, input_tokens=10, output_tokens=5, total_tokens=15))
    model.set_next_output(Reply("Hello").output)

    answer = await model.get_response(input="Hi")

    assert (answer.usage.input_tokens, answer.usage.output_tokens) == (10, 5)


@both_ways
async def test_a_turn_that_was_refused_took_no_reply(ask):
    model = FakeModel(["Hello."], server_state=True)
    with pytest.raises(openai.BadRequestError):
        await ask(model, input="Hi", previous_response_id="resp_gone")

    with pytest.raises(UnplayedReplies) as left:
        model.assert_complete()

    assert str(left.value) == (
        "the model was called once, the script has 1 reply.\n"
        "  turn 1  input 'Hi'      -> refused: 400 previous_response_not_found\n"
        "  turn 2  never asked for -> 'Hello.'\n"
        "Remove what is not needed, or find out why it was not asked for."
    )
