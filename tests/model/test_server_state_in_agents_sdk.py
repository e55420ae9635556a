"""The Agents SDK's runner on models that keep server state, and on one that keeps none."""

from importlib.util import find_spec

import pytest

from fakemodel import FakeModel, Reply, ServerStateRefused, tool_call
from tests.model.runs import RUN_BOTH_WAYS, agents


@agents.function_tool
def get_weather(city: str) -> str:
    return "sunny"


def agent_on(model, **arguments):
    return agents.Agent(name="forecaster", model=model, tools=[get_weather], **arguments)


def weather():
    return [Reply(tool_call("get_weather", {"city": "Paris"})), "Sunny.", "Still sunny."]


def types(turn):
    return [item.get("type", "message") for item in turn.context]


@RUN_BOTH_WAYS
async def test_a_second_run_continues_the_first(run):
    model = FakeModel(weather(), server_state=True)

    first = await run(agent_on(model), "Weather in Paris?", auto_previous_response_id=True)
    await run(agent_on(model), "And tomorrow?", previous_response_id=first.last_response_id)

    assert types(model.turns[2]) == ["message", "function_call", "function_call_output", "message", "message"]
    model.assert_complete()


@RUN_BOTH_WAYS
async def test_a_run_in_a_conversation_sends_only_what_is_new(run):
    model = FakeModel(weather(), server_state=True)

    for words in ("Weather in Paris?", "And tomorrow?"):
        await run(agent_on(model), words, conversation_id="conv_1")

    assert [len(turn.input) for turn in model.turns] == [1, 1, 1]
    assert types(model.turns[2]) == ["message", "function_call", "function_call_output", "message", "message"]


@RUN_BOTH_WAYS
async def test_a_run_that_resends_its_history_meets_nothing_twice(run):
    model = FakeModel(weather(), server_state=True)
    first = await run(agent_on(model), "Weather in Paris?")

    await run(agent_on(model), [*first.to_input_list(), {"role": "user", "content": "And tomorrow?"}])

    assert types(model.turns[2]) == ["message", "function_call", "function_call_output", "message", "message"]


@RUN_BOTH_WAYS
async def test_a_session_brings_the_whole_history_to_chat_completions(run):
    model = FakeModel(weather(), backend="chat_completions")
    session = agents.SQLiteSession("session")

    for words in ("Weather in Paris?", "And tomorrow?"):
        await run(agent_on(model), words, session=session)
    session.close()

    model.assert_complete()


@RUN_BOTH_WAYS
@pytest.mark.skipif(not find_spec("agents.run_internal"), reason="the runner of this SDK sends no output of a handoff")
async def test_a_handoff_goes_on_with_the_chain(run):
    model = FakeModel([Reply(tool_call("transfer_to_forecaster")), *weather()[:2]], server_state=True)
    desk = agents.Agent(name="desk", model=model, handoffs=[agent_on(model)])

    await run(desk, "Weather in Paris?", auto_previous_response_id=True)

    assert types(model.turns[2])[-2:] == ["function_call", "function_call_output"]
    model.assert_complete()


@RUN_BOTH_WAYS
@pytest.mark.parametrize(
    ("state", "what"),
    [
        ({"previous_response_id": "resp_1"}, "turn 1 passes previous_response_id='resp_1'"),
        ({"conversation_id": "conv_1"}, "turn 1 passes conversation_id='conv_1'"),
        ({"auto_previous_response_id": True}, "turn 2 passes previous_response_id='resp_"),
    ],
)
async def test_a_run_that_believes_in_state_that_nobody_keeps_is_found(run, state, what):
    model = FakeModel(weather(), backend="chat_completions")

    with pytest.raises(ServerStateRefused) as refused:
        await run(agent_on(model), "Weather in Paris?", **state)

    assert str(refused.value).startswith(what)
