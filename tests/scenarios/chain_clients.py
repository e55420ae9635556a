"""The clients that chains are asked by: each goes on from an answer, keeps a history and calls tools in its way."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import openai

from tests.scenarios.weather import PARAMETERS, get_weather

MODEL = "gpt-4.1"


@dataclass(frozen=True, slots=True)
class Said:
    """An answer, its id, and the history up to it as the client keeps it."""

    text: str
    id: str
    history: Sequence[Any]


WEATHER = {
    "type": "function",
    "name": "get_weather",
    "description": "The weather in a city.",
    "parameters": PARAMETERS,
    "strict": True,
}


async def ask_openai(api, words, *, after=None, history=(), tool=False, store=None, streamed=False):
    """By the bare SDK: the caller calls the tool, and sends its output."""
    given = {"tools": [WEATHER] if tool else None, "store": store}
    asked = {"model": MODEL} | {name: value for name, value in given.items() if value is not None}
    said = [*history, {"role": "user", "content": words}]
    new = said if history else words
    while True:
        previous = {} if after is None else {"previous_response_id": after}
        if streamed:
            async with api.responses.stream(**asked, input=new, **previous) as stream:
                answer = await stream.get_final_response()
        else:
            answer = await api.responses.create(**asked, input=new, **previous)
        calls = [item for item in answer.output if item.type == "function_call"]
        if not calls:
            text = answer.output_text
            return Said(text, answer.id, [*said, {"role": "assistant", "content": text}])
        new = [{"type": "function_call_output", "call_id": call.call_id, "output": "sunny"} for call in calls]
        after = answer.id


async def ask_agents(api, words, *, after=None, history=(), tool=False, store=None, streamed=False):
    """By the Agents SDK, whose run calls the tool."""
    from agents import Agent, ModelSettings, OpenAIResponsesModel, Runner, function_tool

    agent = Agent(
        name="Assistant",
        model=OpenAIResponsesModel(MODEL, api),
        model_settings=ModelSettings(store=store),
        tools=[function_tool(get_weather)] if tool else [],
    )
    options = {"auto_previous_response_id": True} if tool else {"previous_response_id": after}
    said = [*history, {"role": "user", "content": words}]
    if streamed:
        run = Runner.run_streamed(agent, said, **options)
        async for _ in run.stream_events():
            pass
    else:
        run = await Runner.run(agent, said, **options)
    return Said(run.final_output, run.last_response_id, run.to_input_list())


async def ask_pydantic_ai(api, words, *, after=None, history=(), tool=False, store=None, streamed=False):
    """By pydantic-ai, whose run calls the tool."""
    from pydantic_ai import Agent
    from pydantic_ai.models.openai import OpenAIResponsesModel
    from pydantic_ai.providers.openai import OpenAIProvider

    model = OpenAIResponsesModel(MODEL, provider=OpenAIProvider(openai_client=api))
    agent = Agent(model, tools=[get_weather] if tool else [])
    given = {"openai_previous_response_id": "auto" if tool else after, "openai_store": store}
    settings = {name: value for name, value in given.items() if value is not None}
    if streamed:
        async with agent.run_stream(words, message_history=history, model_settings=settings) as run:
            text = await run.get_output()
    else:
        run = await agent.run(words, message_history=history, model_settings=settings)
        text = run.output
    return Said(text, run.all_messages()[-1].provider_response_id, run.all_messages())


CLIENTS = {"openai": ask_openai, "agents": ask_agents, "pydantic_ai": ask_pydantic_ai}


def refused_by(client):
    """The error by which a client tells that the API refused a request."""
    if client == "pydantic_ai":
        from pydantic_ai.exceptions import ModelHTTPError

        return ModelHTTPError
    return openai.BadRequestError
