"""The openai SDK: each of its methods, sync and async, in a conversation with a tool."""

import inspect
import json
from functools import partial

import openai
import pytest
from openai.types.responses import ParsedResponseOutputText
from pydantic import BaseModel

from fakemodel import Reply, faults, text, tool_call

PARAMETERS = {
    "type": "object",
    "properties": {"city": {"type": "string"}},
    "required": ["city"],
    "additionalProperties": False,
}
FUNCTION = {"name": "get_weather", "description": "The weather in a city.", "parameters": PARAMETERS, "strict": True}
TOOL = {"type": "function", **FUNCTION}
CHAT_TOOL = {"type": "function", "function": FUNCTION}
HELLO = Reply(text("Hel", "lo", "!"))


class Forecast(BaseModel):
    sky: str
    degrees: int


def get_weather(city):
    assert city == "Paris"
    return "sunny, 21 °C"


def question(words):
    return {"role": "user", "content": words}


@pytest.fixture
async def ask(door, way):
    """Ask in a way, by the client that it is for."""
    if inspect.iscoroutinefunction(way):
        async with door.async_client() as client:
            yield partial(way, client)
    else:
        with door.client() as client:

            async def ask(**asked):
                return way(client, **asked)

            yield ask


# The ways to ask for a response. Those that read a stream return what its end tells.


def create(client, **asked):
    return client.responses.create(model="gpt-4.1", **asked)


def create_streamed(client, **asked):
    with client.responses.create(model="gpt-4.1", stream=True, **asked) as stream:
        *_, last = stream
    assert last.type == "response.completed"
    return last.response


def stream(client, **asked):
    with client.responses.stream(model="gpt-4.1", **asked) as stream:
        deltas = [event.delta for event in stream if event.type == "response.output_text.delta"]
        response = stream.get_final_response()
    assert "".join(deltas) == response.output_text
    return response


def parse(client, **asked):
    return client.responses.parse(model="gpt-4.1", **asked)


async def create_async(client, **asked):
    return await client.responses.create(model="gpt-4.1", **asked)


async def create_streamed_async(client, **asked):
    async with await client.responses.create(model="gpt-4.1", stream=True, **asked) as stream:
        events = [event async for event in stream]
    assert events[-1].type == "response.completed"
    return events[-1].response


async def stream_async(client, **asked):
    async with client.responses.stream(model="gpt-4.1", **asked) as stream:
        deltas = [event.delta async for event in stream if event.type == "response.output_text.delta"]
        response = await stream.get_final_response()
    assert "".join(deltas) == response.output_text
    return response


async def parse_async(client, **asked):
    return await client.responses.parse(model="gpt-4.1", **asked)


STREAMS = [create_streamed, stream, create_streamed_async, stream_async]
PARSERS = [parse, stream, parse_async, stream_async]
RESPONSES = [create, create_async, parse, parse_async, *STREAMS]


def outputs(response):
    """Run the tools that a response calls."""
    return [
        {"type": "function_call_output", "call_id": item.call_id, "output": get_weather(**json.loads(item.arguments))}
        for item in response.output
        if item.type == "function_call"
    ]


@pytest.mark.parametrize("way", RESPONSES)
async def test_a_chain_of_responses(api, ask, weather, remembered):
    api.say(*weather)

    called = await ask(input="Weather in Paris?", tools=[TOOL])
    answer = await ask(input=outputs(called), previous_response_id=called.id, tools=[TOOL])
    last = await ask(input="And tomorrow?", previous_response_id=answer.id, tools=[TOOL])

    assert (answer.output_text, last.output_text) == ("Sunny, 21 degrees.", "Cooler: 18 degrees.")
    assert last.previous_response_id == answer.id
    assert api.requests[2].json["input"] == "And tomorrow?"
    remembered()


@pytest.mark.parametrize("way", RESPONSES)
async def test_a_conversation(api, door, ask, weather, remembered):
    api.say(*weather)
    with door.client() as client:
        conversation = client.conversations.create()

        called = await ask(input="Weather in Paris?", conversation=conversation.id, tools=[TOOL])
        await ask(input=outputs(called), conversation=conversation.id, tools=[TOOL])
        last = await ask(input="And tomorrow?", conversation=conversation.id, tools=[TOOL])

        assert last.output_text == "Cooler: 18 degrees."
        assert last.conversation.id == conversation.id
        items = client.conversations.items.list(conversation.id, order="asc", limit=2)
        assert [item.type for item in items] == [
            *("message", "function_call", "function_call_output"),
            *("message", "message", "message"),
        ]
    remembered()


@pytest.mark.parametrize("way", RESPONSES)
async def test_a_history_that_the_client_keeps(api, ask, way, weather, remembered):
    if way in PARSERS and not hasattr(ParsedResponseOutputText, "__api_exclude__"):
        pytest.skip("this SDK sends back what it has parsed, as `parsed`, which the API refuses")
    api.say(*weather)
    history = [question("Weather in Paris?")]

    called = await ask(input=history, tools=[TOOL], store=False)
    history += [*called.output, *outputs(called)]
    answer = await ask(input=history, tools=[TOOL], store=False)
    history += [*answer.output, question("And tomorrow?")]
    last = await ask(input=history, tools=[TOOL], store=False)

    assert last.output_text == "Cooler: 18 degrees."
    assert len(api.requests[2].json["input"]) == 5
    assert api.responses == {}
    remembered()


@pytest.mark.parametrize("way", PARSERS)
async def test_an_answer_is_parsed(api, ask):
    api.say(Reply(tool_call("get_weather", {"city": "Paris"})), '{"sky":"sunny","degrees":21}')

    called = await ask(input="Weather in Paris?", tools=[TOOL], text_format=Forecast)
    answer = await ask(input=outputs(called), previous_response_id=called.id, tools=[TOOL], text_format=Forecast)

    assert called.output[0].parsed_arguments == {"city": "Paris"}
    assert answer.output_parsed == Forecast(sky="sunny", degrees=21)
    assert api.requests[1].json["text"]["format"]["name"] == "Forecast"
    api.assert_complete()


@pytest.mark.parametrize("way", RESPONSES)
async def test_a_rate_limit_is_waited_for(api, ask):
    api.fail(429)
    api.say("Hello")

    assert (await ask(input="Hi")).output_text == "Hello"

    assert [(request.status, request.attempt) for request in api.requests] == [(429, 1), (200, 2)]
    api.assert_complete()


@pytest.mark.parametrize("way", STREAMS)
async def test_a_stream_that_breaks_off_is_raised(api, ask, broken_off):
    api.fail(faults.cut(after=3))
    api.say(HELLO)

    with pytest.raises(broken_off):
        await ask(input="Hi")

    assert api.responses == {}


@pytest.mark.parametrize("way", [create_streamed, create_streamed_async])
async def test_an_error_in_a_stream_is_not_raised(api, ask):
    # It is an event as others are: who looks only for text takes half an answer for a whole one.
    api.fail(faults.error_event(after=5))
    api.say(HELLO)

    with pytest.raises(AssertionError, match=r"assert 'error' == 'response\.completed'"):
        await ask(input="Hi")


# The ways to ask for a message of Chat Completions, where the server keeps nothing.


def chat(client, **asked):
    return client.chat.completions.create(model="gpt-4.1", **asked).choices[0].message


def chat_streamed(client, **asked):
    """The chunks put together, as by a program that uses no helper."""
    content, calls, finished = "", {}, None
    for chunk in client.chat.completions.create(model="gpt-4.1", stream=True, **asked):
        (choice,) = chunk.choices
        finished = choice.finish_reason or finished
        content += choice.delta.content or ""
        for piece in choice.delta.tool_calls or ():
            call = calls.setdefault(piece.index, {"id": piece.id, "type": "function", "function": {"arguments": ""}})
            call["function"].setdefault("name", piece.function.name)
            call["function"]["arguments"] += piece.function.arguments
    assert finished == ("tool_calls" if calls else "stop")
    message = {"role": "assistant", "content": content or None, "tool_calls": [*calls.values()] or None}
    return openai.types.chat.ChatCompletionMessage.model_validate(message)


def chat_stream(client, **asked):
    with client.chat.completions.stream(model="gpt-4.1", **asked) as stream:
        deltas = [event.delta for event in stream if event.type == "content.delta"]
        message = stream.get_final_completion().choices[0].message
    assert "".join(deltas) == (message.content or "")
    return message


def chat_parse(client, **asked):
    return client.chat.completions.parse(model="gpt-4.1", **asked).choices[0].message


async def chat_async(client, **asked):
    return (await client.chat.completions.create(model="gpt-4.1", **asked)).choices[0].message


async def chat_stream_async(client, **asked):
    async with client.chat.completions.stream(model="gpt-4.1", **asked) as stream:
        deltas = [event.delta async for event in stream if event.type == "content.delta"]
        message = (await stream.get_final_completion()).choices[0].message
    assert "".join(deltas) == (message.content or "")
    return message


async def chat_parse_async(client, **asked):
    return (await client.chat.completions.parse(model="gpt-4.1", **asked)).choices[0].message


CHAT_STREAMS = [chat_streamed, chat_stream, chat_stream_async]
CHAT_PARSERS = [chat_parse, chat_stream, chat_parse_async, chat_stream_async]
CHATS = [chat, chat_async, chat_parse, chat_parse_async, *CHAT_STREAMS]


def answered(message):
    """A message, and what the tools that it calls have to say."""
    return [
        message,
        *(
            {"role": "tool", "tool_call_id": call.id, "content": get_weather(**json.loads(call.function.arguments))}
            for call in message.tool_calls or ()
        ),
    ]


@pytest.mark.parametrize("way", CHATS)
async def test_a_chat(api, ask, weather, remembered):
    api.say(*weather)
    messages = [question("Weather in Paris?")]

    messages += answered(await ask(messages=messages, tools=[CHAT_TOOL]))
    messages += answered(await ask(messages=messages, tools=[CHAT_TOOL]))
    messages += [question("And tomorrow?")]
    last = await ask(messages=messages, tools=[CHAT_TOOL])

    assert last.content == "Cooler: 18 degrees."
    assert [message["role"] for message in api.requests[2].json["messages"]] == [
        *("user", "assistant", "tool", "assistant", "user")
    ]
    remembered()


@pytest.mark.parametrize("way", CHAT_PARSERS)
async def test_a_message_is_parsed(api, ask):
    api.say('{"sky":"sunny","degrees":21}')

    message = await ask(messages=[question("Weather?")], response_format=Forecast)

    assert message.parsed == Forecast(sky="sunny", degrees=21)
    api.assert_complete()


@pytest.mark.parametrize("way", CHATS)
async def test_a_rate_limit_of_chats_is_waited_for(api, ask):
    api.fail(429)
    api.say("Hello")

    assert (await ask(messages=[question("Hi")])).content == "Hello"

    assert [(request.status, request.attempt) for request in api.requests] == [(429, 1), (200, 2)]
    api.assert_complete()


@pytest.mark.parametrize("way", CHAT_STREAMS)
async def test_a_stream_of_chunks_that_breaks_off_is_raised(api, ask, broken_off):
    api.fail(faults.cut(after=3))
    api.say(HELLO)

    with pytest.raises(broken_off):
        await ask(messages=[question("Hi")])


@pytest.mark.parametrize("way", CHAT_STREAMS)
async def test_an_error_in_a_stream_of_chunks_is_raised(api, ask):
    api.fail(faults.error_event(after=3, message="Overloaded."))
    api.say(HELLO)

    with pytest.raises(openai.APIError, match="Overloaded"):
        await ask(messages=[question("Hi")])


@pytest.fixture
def azure(door):
    """Azure's client, whose routes have no `/v1`."""
    with door.http_client() as http_client:
        yield openai.AzureOpenAI(
            azure_endpoint=door.base_url.removesuffix("/v1"),
            api_version="2025-04-01-preview",
            api_key="any",
            http_client=http_client,
        )


@pytest.mark.parametrize("way", [create, create_streamed, stream, parse])
def test_responses_of_azure(api, azure, weather, remembered, way):
    api.say(*weather)

    called = way(azure, input="Weather in Paris?", tools=[TOOL])
    answer = way(azure, input=outputs(called), previous_response_id=called.id, tools=[TOOL])
    last = way(azure, input="And tomorrow?", previous_response_id=answer.id, tools=[TOOL])

    assert last.output_text == "Cooler: 18 degrees."
    assert {request.path for request in api.requests} == {"/openai/responses"}
    remembered()


@pytest.mark.parametrize("way", [chat, chat_streamed, chat_stream, chat_parse])
def test_a_chat_with_a_deployment_of_azure(api, azure, weather, remembered, way):
    api.say(*weather)
    messages = [question("Weather in Paris?")]

    messages += answered(way(azure, messages=messages, tools=[CHAT_TOOL]))
    messages += answered(way(azure, messages=messages, tools=[CHAT_TOOL]))
    messages += [question("And tomorrow?")]
    last = way(azure, messages=messages, tools=[CHAT_TOOL])

    assert last.content == "Cooler: 18 degrees."
    assert {request.path for request in api.requests} == {"/openai/deployments/gpt-4.1/chat/completions"}
    remembered()


@pytest.mark.parametrize("way", [create, stream])
def test_a_rate_limit_of_azure_is_waited_for(api, azure, way):
    api.fail(429)
    api.say("Hello")

    assert way(azure, input="Hi").output_text == "Hello"
    assert [request.status for request in api.requests] == [429, 200]


@pytest.mark.parametrize("way", [create_streamed, stream])
def test_a_stream_of_azure_that_breaks_off_is_raised(api, azure, way, broken_off):
    api.fail(faults.cut(after=3))
    api.say(HELLO)

    with pytest.raises(broken_off):
        way(azure, input="Hi")
