"""FakeModel in the place it is made for: the Agents SDK's runner."""

from importlib.util import find_spec

import pytest

from fakemodel import FakeModel, NoReplyLeft, PromptCacheFakeModel, Reply, refusal, text, tool_call, usage
from tests.model.runs import RUN_BOTH_WAYS, agents, run_streamed

pytestmark = pytest.mark.usefixtures("spans")


@agents.function_tool
def get_weather(city: str) -> str:
    """The weather in a city."""
    return f"sunny in {city}"


def forecaster(model, **options):
    return agents.Agent(name="forecaster", instructions="Be brief.", model=model, tools=[get_weather], **options)


def test_a_fake_model_is_a_model_of_the_agents_sdk():
    assert isinstance(FakeModel(), agents.Model)
    assert isinstance(PromptCacheFakeModel(), agents.Model)


@RUN_BOTH_WAYS
async def test_an_agent_calls_its_tool_and_tells(run):
    model = FakeModel([tool_call("get_weather", {"city": "Paris"}, id="call_1"), text("Sun", "ny.")])

    result = await run(forecaster(model), "Weather in Paris?")

    assert result.final_output == "Sunny."
    assert [turn.streamed for turn in model.turns] == [run is run_streamed] * 2
    assert model.turns[0].args["system_instructions"] == "Be brief."
    assert [tool.name for tool in model.turns[0].args["tools"]] == ["get_weather"]
    assert isinstance(model.turns[0].args["model_settings"], agents.ModelSettings)
    asked, called, told = model.last_turn_args["input"]
    assert asked == {"content": "Weather in Paris?", "role": "user"}
    assert (called["type"], called["call_id"], called["name"]) == ("function_call", "call_1", "get_weather")
    assert told == {"call_id": "call_1", "output": "sunny in Paris", "type": "function_call_output"}
    model.assert_complete()


async def test_the_deltas_of_a_stream_are_the_fragments_of_its_reply():
    model = FakeModel([Reply(text("Sun", "ny"), text("."))])
    result = agents.Runner.run_streamed(forecaster(model), "Weather?")

    deltas = [
        event.data.delta
        async for event in result.stream_events()
        if event.type == "raw_response_event" and event.data.type == "response.output_text.delta"
    ]

    assert deltas == ["Sun", "ny", "."]
    assert result.last_response_id == Reply("Sunny.").response().id


@RUN_BOTH_WAYS
async def test_the_ids_that_a_run_continues_from_are_recorded(run):
    model = FakeModel([Reply("Sunny.", id="resp_2"), "Still sunny.", "As before."])
    agent = forecaster(model)

    first = await run(agent, "Weather in Paris?")
    await run(agent, "And tomorrow?", previous_response_id=first.last_response_id)
    await run(agent, "And then?", conversation_id="conv_1")

    assert first.last_response_id == "resp_2"
    assert [(turn.previous_response_id, turn.conversation_id) for turn in model.turns] == [
        (None, None),
        ("resp_2", None),
        (None, "conv_1"),
    ]


@RUN_BOTH_WAYS
async def test_within_a_run_each_turn_continues_the_one_before_it(run):
    model = FakeModel([Reply(tool_call("get_weather", {"city": "Paris"}), id="resp_2"), Reply("Sunny.", id="resp_3")])

    result = await run(forecaster(model), "Weather in Paris?", previous_response_id="resp_1")

    assert [turn.previous_response_id for turn in model.turns] == ["resp_1", "resp_2"]
    assert [item["type"] for item in model.last_turn_args["input"]] == ["function_call_output"]
    assert result.last_response_id == "resp_3"


@RUN_BOTH_WAYS
async def test_the_usage_of_the_replies_is_what_the_run_reports(run):
    model = FakeModel(
        [
            Reply(tool_call("get_weather", {"city": "Paris"}), usage=usage(7, 5, cached=2, reasoning=3)),
            Reply("Sunny.", usage=usage(20, 2, cached=10)),
        ]
    )

    used = (await run(forecaster(model), "Weather in Paris?")).context_wrapper.usage

    assert (used.requests, used.input_tokens, used.output_tokens, used.total_tokens) == (2, 27, 7, 34)
    assert used.input_tokens_details.cached_tokens == 12
    assert used.output_tokens_details.reasoning_tokens == 3


@RUN_BOTH_WAYS
async def test_hardcoded_usage_is_what_the_run_reports(run):
    model = FakeModel()
    model.set_hardcoded_usage(agents.Usage(requests=1, input_tokens=7, output_tokens=5, total_tokens=12))
    model.set_next_output(Reply("Sunny.").output)

    used = (await run(forecaster(model), "Weather?")).context_wrapper.usage

    assert (used.requests, used.input_tokens, used.output_tokens, used.total_tokens) == (1, 7, 5, 12)


@RUN_BOTH_WAYS
async def test_a_call_too_many_ends_the_run_and_tells_the_turns(run):
    model = FakeModel([tool_call("get_weather", {"city": "Paris"}), Reply("Sunny.", id="resp_2")])
    agent = forecaster(model)
    first = await run(agent, "Weather in Paris?")

    with pytest.raises(NoReplyLeft) as missing:
        await run(agent, "And tomorrow?", previous_response_id=first.last_response_id)

    assert str(missing.value) == (
        "the model was called 3 times, the script has 2 replies.\n"
        '  turn 1  input \'Weather in Paris?\'               -> call get_weather({"city":"Paris"})\n'
        "  turn 2  input + get_weather -> 'sunny in Paris' -> 'Sunny.'\n"
        "  turn 3  input 'And tomorrow?'                   -> no reply left\n"
        "Add a Reply for turn 3, or find out why it was asked again."
    )
    with pytest.raises(NoReplyLeft):
        model.assert_complete()


@RUN_BOTH_WAYS
async def test_an_exception_of_the_script_ends_the_run_as_it_is(run):
    error = RuntimeError("down")

    with pytest.raises(RuntimeError) as raised:
        await run(forecaster(FakeModel([error])), "Weather?")

    assert raised.value is error


@RUN_BOTH_WAYS
async def test_a_handoff_is_recorded_and_followed(run):
    expert = agents.Agent(name="expert", model=FakeModel(["Sunny."]))
    model = FakeModel([tool_call("transfer_to_expert")])

    result = await run(forecaster(model, handoffs=[expert]), "Weather?")

    assert result.last_agent is expert
    assert result.final_output == "Sunny."
    assert [handoff.agent_name for handoff in model.last_turn_args["handoffs"]] == ["expert"]


@RUN_BOTH_WAYS
async def test_an_output_schema_is_recorded(run):
    model = FakeModel(['{"response": ["a", "b"]}'])

    result = await run(forecaster(model, output_type=list[str]), "Two letters?")

    assert result.final_output == ["a", "b"]
    assert model.last_turn_args["output_schema"].output_type == list[str]


@RUN_BOTH_WAYS
async def test_a_session_sends_what_was_said_before(run):
    model = FakeModel(["Sunny.", "Still sunny."])
    session = agents.SQLiteSession("test")

    await run(forecaster(model), "Weather?", session=session)
    await run(forecaster(model), "And tomorrow?", session=session)
    session.close()

    said = [item["content"] for item in model.last_turn_args["input"] if item["role"] == "user"]
    assert said == ["Weather?", "And tomorrow?"]
    assert len(model.last_turn_args["input"]) == 3
    session.close()


@RUN_BOTH_WAYS
@pytest.mark.skipif(not hasattr(agents, "ModelRefusalError"), reason="the runner of this SDK takes a refusal for text")
async def test_a_refusal_ends_the_run_as_one(run):
    with pytest.raises(agents.AgentsException) as refused:
        await run(forecaster(FakeModel([refusal("No, ", "thanks")])), "Weather?")

    assert str(refused.value) == "Model refused to produce output: No, thanks"


@RUN_BOTH_WAYS
async def test_with_tracing_each_turn_is_a_generation_span(run, spans):
    model = FakeModel([tool_call("get_weather", {"city": "Paris"}), "Sunny."], tracing_enabled=True)

    await run(forecaster(model), "Weather?")

    assert [span.error for span in spans.generations] == [None, None]


@RUN_BOTH_WAYS
async def test_with_tracing_the_span_of_a_failed_turn_says_what_was_raised(run, spans):
    model = FakeModel([RuntimeError("down")], tracing_enabled=True)

    with pytest.raises(RuntimeError):
        await run(forecaster(model), "Weather?")

    assert [span.error for span in spans.generations] == [
        {"message": "Error", "data": {"name": "RuntimeError", "message": "down"}}
    ]


@RUN_BOTH_WAYS
async def test_without_tracing_the_model_adds_no_span(run, spans):
    await run(forecaster(FakeModel(["Sunny."])), "Weather?")

    assert spans.ended
    assert spans.generations == []


@RUN_BOTH_WAYS
@pytest.mark.skipif(not find_spec("agents.run_internal"), reason="the runner of this SDK has no default key")
@pytest.mark.parametrize(("model", "given"), [(FakeModel, False), (PromptCacheFakeModel, True)])
async def test_only_prompt_cache_fake_model_is_given_a_default_key(run, model, given):
    playing = model(["Sunny."])

    await run(forecaster(playing), "Weather?")

    extra = playing.last_turn_args["model_settings"].extra_args or {}
    assert ("prompt_cache_key" in extra) is given
