"""An adapter from Chat Completions chunks to Responses events: here the Agents SDK's own."""

import pytest
from agents import ModelSettings, ModelTracing, OpenAIChatCompletionsModel
from openai import AsyncOpenAI

from fakemodel import FakeOpenAI, Reply, expected_events, refusal, text, tool_call, usage

REPLIES = {
    "text": Reply(text("Hel", "lo", logprobs=[-0.5, -0.25]), usage=usage(7, 5, cached=2)),
    "refusal": Reply(refusal("No", "Thanks"), usage=usage(7, 2)),
    "text and tools": Reply(
        "See:", tool_call("get_weather", {"city": "Paris"}), tool_call("get_time"), usage=usage(7, 9)
    ),
}


def events_of(client: AsyncOpenAI):
    model = OpenAIChatCompletionsModel("fake-model", client)
    return model.stream_response(
        system_instructions=None,
        input="Hello",
        model_settings=ModelSettings(include_usage=True),
        tools=[],
        output_schema=None,
        handoffs=[],
        tracing=ModelTracing.DISABLED,
        previous_response_id=None,
        conversation_id=None,
        prompt=None,
    )


@pytest.mark.parametrize("name", REPLIES)
async def test_chunks_become_events(name):
    reply = REPLIES[name]
    api = FakeOpenAI([reply])

    events = [event async for event in events_of(api.async_client())]

    assert events == expected_events(reply.chunks(), response=events[0].response)
