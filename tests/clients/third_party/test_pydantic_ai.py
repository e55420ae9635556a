"""pydantic-ai: its two models of OpenAI, with the history in the client, in a conversation and in a chain."""

import pytest

from fakemodel import Reply, faults, text

pytest.importorskip("pydantic_ai", reason="runs agents of pydantic-ai")
from pydantic_ai import Agent
from pydantic_ai.exceptions import ModelAPIError
from pydantic_ai.models.openai import OpenAIChatModel, OpenAIResponsesModel
from pydantic_ai.providers.openai import OpenAIProvider

MODELS = [OpenAIResponsesModel, OpenAIChatModel]


@pytest.fixture
async def provider(door):
    async with door.async_client() as client:
        yield OpenAIProvider(openai_client=client)


def forecaster(model):
    agent = Agent(model)

    @agent.tool_plain
    def get_weather(city: str) -> str:
        """The weather in a city."""
        return "sunny, 21 °C"

    return agent


async def plain(agent, words, **options):
    """The answer, and the history to go on with."""
    result = await agent.run(words, **options)
    return result.output, result.all_messages()


async def streamed(agent, words, **options):
    async with agent.run_stream(words, **options) as result:
        deltas = [delta async for delta in result.stream_text(delta=True, debounce_by=None)]
    assert len(deltas) == 2
    return "".join(deltas), result.all_messages()


both_ways = pytest.mark.parametrize("run", [plain, streamed])


@both_ways
@pytest.mark.parametrize("model", MODELS)
async def test_a_history_that_the_client_keeps(api, provider, weather, remembered, run, model):
    api.say(*weather)
    agent = forecaster(model("gpt-4.1", provider=provider))

    first, history = await run(agent, "Weather in Paris?")
    second, _ = await run(agent, "And tomorrow?", message_history=history)

    assert (first, second) == ("Sunny, 21 degrees.", "Cooler: 18 degrees.")
    remembered()


@both_ways
async def test_a_chain_of_responses(api, provider, weather, remembered, run):
    api.say(*weather)
    agent = forecaster(OpenAIResponsesModel("gpt-4.1", provider=provider))
    settings = {"openai_previous_response_id": "auto"}

    _, history = await run(agent, "Weather in Paris?", model_settings=settings)
    second, _ = await run(agent, "And tomorrow?", message_history=history, model_settings=settings)

    assert second == "Cooler: 18 degrees."
    assert [len(request.json["input"]) for request in api.requests] == [1, 1, 1]
    assert api.requests[2].json["previous_response_id"] in api.responses
    remembered()


@both_ways
async def test_a_conversation(api, provider, weather, remembered, run):
    api.say(*weather)
    agent = forecaster(OpenAIResponsesModel("gpt-4.1", provider=provider))
    conversation = await provider.client.conversations.create()

    # 'auto' finds in the history what the first run names; where none was named, it sends none.
    _, history = await run(agent, "Weather in Paris?", model_settings={"openai_conversation_id": conversation.id})
    auto = {"openai_conversation_id": "auto"}
    second, _ = await run(agent, "And tomorrow?", message_history=history, model_settings=auto)

    assert second == "Cooler: 18 degrees."
    assert [len(request.json["input"]) for request in api.requests[1:]] == [1, 1, 1]
    assert len(api.conversations[conversation.id].items) == 6
    remembered()


@both_ways
@pytest.mark.parametrize("model", MODELS)
async def test_a_rate_limit_is_waited_for(api, provider, run, model):
    api.fail(429)
    api.say(Reply(text("Hel", "lo")))

    answer, _ = await run(Agent(model("gpt-4.1", provider=provider)), "Hi")

    assert answer == "Hello"
    assert [request.status for request in api.requests] == [429, 200]
    api.assert_complete()


@pytest.mark.parametrize("model", MODELS)
async def test_a_stream_that_breaks_off_is_raised(api, provider, model):
    api.fail(faults.cut(after=3))
    api.say(Reply(text("Hel", "lo", "!")))

    with pytest.raises(ModelAPIError, match="Connection error"):
        await streamed(Agent(model("gpt-4.1", provider=provider)), "Hi")

    assert api.responses == {}
