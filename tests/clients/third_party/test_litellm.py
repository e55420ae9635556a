"""LiteLLM: for Chat Completions it takes the openai SDK, for the Responses API an HTTP client of its own."""

import inspect
import json
import os

import openai
import pytest

from fakemodel import Reply, faults, text

# Read when it is imported: otherwise it fetches a table of prices.
os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"
litellm = pytest.importorskip("litellm", reason="LiteLLM is not installed")
handlers = pytest.importorskip("litellm.llms.custom_httpx.http_handler")
httpx = pytest.importorskip("httpx", reason="LiteLLM asks by it")

# Its own code is warned: as errors these would come to it as errors of the API.
pytestmark = [pytest.mark.filterwarnings(f"ignore::{warning}") for warning in ("UserWarning", "DeprecationWarning")]

PARAMETERS = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
TOOL = {"type": "function", "name": "get_weather", "parameters": PARAMETERS}
CHAT_TOOL = {"type": "function", "function": {"name": "get_weather", "parameters": PARAMETERS}}
HELLO = Reply(text("Hel", "lo", "!"))


@pytest.fixture(autouse=True)
def quiet(monkeypatch):
    monkeypatch.setattr(litellm, "telemetry", False, raising=False)  # newer ones have none
    monkeypatch.setattr(litellm, "suppress_debug_info", True)


def question(words):
    return {"role": "user", "content": words}


# The ways to ask, and the client that each takes in process.


def completion(**asked):
    return litellm.completion(**asked).choices[0].message


def completion_streamed(**asked):
    return litellm.stream_chunk_builder(list(litellm.completion(stream=True, **asked))).choices[0].message


async def acompletion(**asked):
    return (await litellm.acompletion(**asked)).choices[0].message


async def acompletion_streamed(**asked):
    chunks = [chunk async for chunk in await litellm.acompletion(stream=True, **asked)]
    return litellm.stream_chunk_builder(chunks).choices[0].message


def responses(**asked):
    return litellm.responses(**asked)


def responses_streamed(**asked):
    *_, last = litellm.responses(stream=True, **asked)
    assert last.type == "response.completed"
    return last.response


async def aresponses(**asked):
    return await litellm.aresponses(**asked)


async def aresponses_streamed(**asked):
    events = [event async for event in await litellm.aresponses(stream=True, **asked)]
    assert events[-1].type == "response.completed"
    return events[-1].response


CHATS = [completion, completion_streamed, acompletion, acompletion_streamed]
RESPONSES = [responses, responses_streamed, aresponses, aresponses_streamed]


@pytest.fixture
async def client(api, door, way):
    """What LiteLLM is handed to come in here; on loopback nothing."""
    if door.served:
        yield None
    elif way in (completion, completion_streamed):
        with door.client() as client:
            yield client
    elif way in CHATS:
        async with door.async_client() as client:
            yield client
    elif way in (responses, responses_streamed):
        with httpx.Client(transport=api.transport(httpx)) as client:
            yield handlers.HTTPHandler(client=client)
    else:
        handler = handlers.AsyncHTTPHandler(transport=api.transport(httpx))
        yield handler
        await handler.close()


@pytest.fixture
def ask(door, client, way):
    async def ask(**asked):
        found = way(model="openai/gpt-4.1", api_base=door.base_url, api_key="any", client=client, **asked)
        return await found if inspect.isawaitable(found) else found

    return ask


@pytest.mark.parametrize("way", CHATS)
async def test_a_chat(api, ask, weather, remembered):
    api.say(*weather)
    messages = [question("Weather in Paris?")]

    called = await ask(messages=messages, tools=[CHAT_TOOL])
    messages.append(called)
    for call in called.tool_calls:
        assert json.loads(call.function.arguments) == {"city": "Paris"}
        messages.append({"role": "tool", "tool_call_id": call.id, "content": "sunny, 21 °C"})
    messages += [await ask(messages=messages, tools=[CHAT_TOOL]), question("And tomorrow?")]
    last = await ask(messages=messages, tools=[CHAT_TOOL])

    assert last.content == "Cooler: 18 degrees."
    assert {request.path for request in api.requests} == {"/v1/chat/completions"}
    remembered()


@pytest.mark.parametrize("way", RESPONSES)
async def test_a_chain_of_responses(api, ask, weather, remembered):
    api.say(*weather)

    called = await ask(input="Weather in Paris?", tools=[TOOL])
    outputs = [
        {"type": "function_call_output", "call_id": item.call_id, "output": "sunny, 21 °C"} for item in called.output
    ]
    answer = await ask(input=outputs, previous_response_id=called.id, tools=[TOOL])
    last = await ask(input="And tomorrow?", previous_response_id=answer.id, tools=[TOOL])

    assert last.output_text == "Cooler: 18 degrees."
    # The ids that LiteLLM gives out are its own, but the API is asked by those that it gave.
    assert answer.id not in api.responses
    assert api.requests[2].json["previous_response_id"] in api.responses
    remembered()


@pytest.mark.parametrize("way", CHATS)
async def test_a_rate_limit_is_waited_for(api, ask):
    api.fail(429)
    api.say("Hello")

    assert (await ask(messages=[question("Hi")])).content == "Hello"

    assert [request.status for request in api.requests] == [429, 200]
    api.assert_complete()


@pytest.mark.parametrize("way", RESPONSES)
async def test_a_rate_limit_of_responses_is_raised(api, ask):
    # Here nobody but the user tries again, also where `max_retries` is given.
    api.fail(429)
    api.say("Hello")

    with pytest.raises(litellm.RateLimitError):
        await ask(input="Hi", max_retries=2)
    assert (await ask(input="Hi")).output_text == "Hello"

    api.assert_complete()


@pytest.mark.parametrize("way", [completion_streamed, acompletion_streamed])
async def test_a_stream_of_chunks_that_breaks_off_is_raised(api, ask):
    api.fail(faults.cut(after=3))
    api.say(HELLO)

    with pytest.raises(litellm.ServiceUnavailableError, match="APIConnectionError"):
        await ask(messages=[question("Hi")])


@pytest.mark.parametrize("way", [responses_streamed, aresponses_streamed])
async def test_a_stream_that_breaks_off_is_raised(api, ask):
    api.fail(faults.cut(after=3))
    api.say(HELLO)

    # The error of the HTTP client: no handler for LiteLLM's own errors catches it.
    with pytest.raises(httpx.TransportError) as raised:
        await ask(input="Hi")

    assert not isinstance(raised.value, openai.OpenAIError)
    assert api.responses == {}
