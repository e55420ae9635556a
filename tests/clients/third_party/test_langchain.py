"""LangChain's ChatOpenAI, on Chat Completions and on the Responses API."""

from functools import partial

import pytest

from fakemodel import Reply, faults, text

pytest.importorskip("langchain_openai", reason="runs models of LangChain")
from langchain_core.messages import AIMessageChunk, HumanMessage
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI


@tool
def get_weather(city: str) -> str:
    """The weather in a city."""
    return "sunny, 21 °C"


def whole(chunks):
    message, *others = chunks
    for chunk in others:
        message += chunk
    assert isinstance(message, AIMessageChunk)
    return message


async def invoke(model, messages, **options):
    return model.invoke(messages, **options)


async def stream(model, messages, **options):
    return whole(list(model.stream(messages, **options)))


async def ainvoke(model, messages, **options):
    return await model.ainvoke(messages, **options)


async def astream(model, messages, **options):
    return whole([chunk async for chunk in model.astream(messages, **options)])


ways = pytest.mark.parametrize("way", [invoke, stream, ainvoke, astream])
apis = pytest.mark.parametrize(
    "options", [{"use_responses_api": False}, {"use_responses_api": True}], ids=["chat", "responses"]
)


@pytest.fixture
async def model(door):
    """Make models that come in here."""
    async with door.async_http_client() as async_http_client:
        with door.http_client() as http_client:
            yield partial(
                ChatOpenAI,
                model="gpt-4.1",
                base_url=door.base_url,
                http_client=http_client,
                http_async_client=async_http_client,
            )


@ways
@apis
async def test_a_history_that_the_client_keeps(api, model, weather, remembered, way, options):
    api.say(*weather)
    forecaster = model(**options).bind_tools([get_weather])
    messages = [HumanMessage("Weather in Paris?")]

    called = await way(forecaster, messages)
    messages += [called, *(get_weather.invoke(call) for call in called.tool_calls)]
    answer = await way(forecaster, messages)
    messages += [answer, HumanMessage("And tomorrow?")]
    last = await way(forecaster, messages)

    assert (answer.text, last.text) == ("Sunny, 21 degrees.", "Cooler: 18 degrees.")
    remembered()


@ways
async def test_a_chain_of_responses(api, model, weather, remembered, way):
    api.say(*weather)
    forecaster = model(use_responses_api=True).bind_tools([get_weather])

    called = await way(forecaster, "Weather in Paris?")
    outputs = [get_weather.invoke(call) for call in called.tool_calls]
    answer = await way(forecaster, outputs, previous_response_id=called.response_metadata["id"])
    last = await way(forecaster, "And tomorrow?", previous_response_id=answer.response_metadata["id"])

    assert last.text == "Cooler: 18 degrees."
    assert [len(request.json["input"]) for request in api.requests] == [1, 1, 1]
    remembered()


@ways
async def test_a_chain_that_langchain_finds(api, model, weather, remembered, way):
    api.say(*weather)
    forecaster = model(use_previous_response_id=True).bind_tools([get_weather])
    messages = [HumanMessage("Weather in Paris?")]

    messages.append(await way(forecaster, messages))
    messages += [get_weather.invoke(call) for call in messages[-1].tool_calls]
    messages.append(await way(forecaster, messages))
    messages.append(HumanMessage("And tomorrow?"))
    last = await way(forecaster, messages)

    assert last.text == "Cooler: 18 degrees."
    assert [len(request.json["input"]) for request in api.requests] == [1, 1, 1]
    remembered()


@ways
@apis
async def test_a_rate_limit_is_waited_for(api, model, way, options):
    api.fail(429)
    api.say("Hello")

    assert (await way(model(**options), "Hi")).text == "Hello"

    assert [request.status for request in api.requests] == [429, 200]
    api.assert_complete()


@pytest.mark.parametrize("way", [stream, astream])
@apis
async def test_a_stream_that_breaks_off_is_raised(api, model, way, options, broken_off):
    api.fail(faults.cut(after=3))
    api.say(Reply(text("Hel", "lo", "!")))

    with pytest.raises(broken_off):
        await way(model(**options), "Hi")

    assert api.responses == {}
