"""The Agents SDK: its two models of OpenAI, and each way in which it keeps a conversation."""

import pytest

from fakemodel import Reply, faults, text

agents = pytest.importorskip("agents", reason="runs agents of the Agents SDK, which is not installed")

MODELS = [agents.OpenAIResponsesModel, agents.OpenAIChatCompletionsModel]

# Not by OPENAI_AGENTS_DISABLE_TRACING: the SDK reads it once, for all tests that come after.
UNTRACED = agents.RunConfig(tracing_disabled=True)


@agents.function_tool
def get_weather(city: str) -> str:
    """The weather in a city."""
    return "sunny, 21 °C"


async def plain(agent, words, **options):
    return await agents.Runner.run(agent, words, run_config=UNTRACED, **options)


async def streamed(agent, words, **options):
    result = agents.Runner.run_streamed(agent, words, run_config=UNTRACED, **options)
    deltas = ""
    async for event in result.stream_events():
        if event.type == "raw_response_event" and event.data.type == "response.output_text.delta":
            deltas += event.data.delta
    assert deltas == result.final_output
    return result


both_ways = pytest.mark.parametrize("run", [plain, streamed])


@pytest.fixture
async def client(door):
    async with door.async_client() as client:
        yield client


@pytest.fixture
def agent(client):
    """An agent whose model keeps its state on the server."""
    model = agents.OpenAIResponsesModel("gpt-4.1", client)
    return agents.Agent(name="forecaster", model=model, tools=[get_weather])


def sent(api):
    """How many items each turn sent."""
    return [len(request.json["input"]) for request in api.requests if request.path == "/v1/responses"]


@both_ways
@pytest.mark.parametrize("model", MODELS)
async def test_a_session_of_sqlite(api, client, weather, remembered, run, model):
    api.say(*weather)
    agent = agents.Agent(name="forecaster", model=model("gpt-4.1", client), tools=[get_weather])
    session = agents.SQLiteSession("conversation")

    first = await run(agent, "Weather in Paris?", session=session)
    second = await run(agent, "And tomorrow?", session=session)
    session.close()

    assert (first.final_output, second.final_output) == ("Sunny, 21 degrees.", "Cooler: 18 degrees.")
    assert len(api.requests) == 3
    remembered()


@both_ways
async def test_a_conversation(api, agent, client, weather, remembered, run):
    api.say(*weather)
    conversation = await client.conversations.create()

    await run(agent, "Weather in Paris?", conversation_id=conversation.id)
    second = await run(agent, "And tomorrow?", conversation_id=conversation.id)

    assert second.final_output == "Cooler: 18 degrees."
    assert sent(api) == [1, 1, 1]
    assert len(api.conversations[conversation.id].items) == 6
    remembered()


@both_ways
async def test_a_chain_of_responses(api, agent, weather, remembered, run):
    api.say(*weather)

    first = await run(agent, "Weather in Paris?", auto_previous_response_id=True)
    second = await run(agent, "And tomorrow?", previous_response_id=first.last_response_id)

    assert second.final_output == "Cooler: 18 degrees."
    assert sent(api) == [1, 1, 1]
    assert [request.json.get("previous_response_id") for request in api.requests] == [
        *(None, first.raw_responses[0].response_id, first.last_response_id)
    ]
    remembered()


@both_ways
async def test_a_session_of_conversations(api, agent, client, weather, remembered, run):
    api.say(*weather)
    session = agents.OpenAIConversationsSession(openai_client=client)

    await run(agent, "Weather in Paris?", session=session)
    second = await run(agent, "And tomorrow?", session=session)

    assert second.final_output == "Cooler: 18 degrees."
    # The runner sends what it has read from the conversation, and adds the items of its run afterwards.
    assert sent(api) == [1, 3, 5]
    assert [item["type"] for item in await session.get_items()] == [
        *("message", "function_call", "function_call_output"),
        *("message", "message", "message"),
    ]
    remembered()
    await session.clear_session()
    assert api.conversations == {}


@both_ways
@pytest.mark.parametrize("model", MODELS)
async def test_a_rate_limit_is_waited_for(api, client, run, model):
    api.fail(429)
    api.say("Hello")

    result = await run(agents.Agent(name="greeter", model=model("gpt-4.1", client)), "Hi")

    assert result.final_output == "Hello"
    assert [request.status for request in api.requests] == [429, 200]
    api.assert_complete()


@pytest.mark.parametrize("model", MODELS)
async def test_a_stream_that_breaks_off_is_raised(api, client, model, broken_off):
    api.fail(faults.cut(after=3))
    api.say(Reply(text("Hel", "lo", "!")))

    with pytest.raises(broken_off):
        await streamed(agents.Agent(name="greeter", model=model("gpt-4.1", client)), "Hi")

    assert api.responses == {}
