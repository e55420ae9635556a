"""The clients that Chat Completions is asked by: what each tells of an answer, and how it calls tools."""

from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict

from tests.scenarios.weather import PARAMETERS, get_weather

MODEL = "gpt-4.1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """The text, or the refusal; (token, log probability) of each token; how many tokens came in and went out."""

    text: str | None = None
    refusal: str | None = None
    logprobs: list[tuple[str, float]] | None = None
    usage: tuple[int, int] | None = None


class Steps(BaseModel):
    model_config = ConfigDict(extra="forbid")

    steps: str


WEATHER = {"type": "function", "function": {"name": "get_weather", "parameters": PARAMETERS, "strict": True}}
FORM = {"type": "json_schema", "json_schema": {"name": "steps", "schema": Steps.model_json_schema(), "strict": True}}


async def ask_openai(api, words, *, tools=False, steps=False, logprobs=False, usage=False, streamed=False):
    """By the bare SDK: the caller calls the tools, and sends the whole history again."""
    asked = {"model": MODEL, "messages": [{"role": "user", "content": words}]}
    asked |= {"tools": [WEATHER]} if tools else {}
    asked |= {"response_format": FORM} if steps else {}
    asked |= {"logprobs": True} if logprobs else {}
    while True:
        if streamed:
            options = {"stream_options": {"include_usage": True}} if usage else {}
            async with api.chat.completions.stream(**asked, **options) as stream:
                answer = await stream.get_final_completion()
        else:
            answer = await api.chat.completions.create(**asked)
        (choice,) = answer.choices
        if not choice.message.tool_calls:
            break
        named = {"id": True, "type": True, "function": {"name", "arguments"}}
        calls = [call.model_dump(include=named) for call in choice.message.tool_calls]
        outputs = [{"role": "tool", "tool_call_id": call["id"], "content": "sunny"} for call in calls]
        asked["messages"] = [*asked["messages"], {"role": "assistant", "tool_calls": calls}, *outputs]
    return Told(
        text=choice.message.content,
        refusal=choice.message.refusal,
        logprobs=choice.logprobs and _pairs(choice.logprobs.content),
        usage=answer.usage and (answer.usage.prompt_tokens, answer.usage.completion_tokens),
    )


async def ask_agents(api, words, *, tools=False, steps=False, logprobs=False, usage=False, streamed=False):
    """By the Agents SDK."""
    from agents import Agent, ModelSettings, OpenAIChatCompletionsModel, Runner, function_tool
    from agents.exceptions import ModelRefusalError

    agent = Agent(
        name="Assistant",
        model=OpenAIChatCompletionsModel(MODEL, api),
        model_settings=ModelSettings(top_logprobs=0 if logprobs else None, include_usage=True if usage else None),
        tools=[function_tool(get_weather)] if tools else [],
        output_type=Steps if steps else None,
    )
    try:
        if streamed:
            run = Runner.run_streamed(agent, words)
            async for _ in run.stream_events():
                pass
        else:
            run = await Runner.run(agent, words)
    except ModelRefusalError as refused:
        return Told(refusal=refused.refusal)
    used = run.context_wrapper.usage
    told = run.raw_responses[-1].output[0].content[0].logprobs
    return Told(text=run.final_output, logprobs=told and _pairs(told), usage=(used.input_tokens, used.output_tokens))


async def ask_pydantic_ai(api, words, *, tools=False, steps=False, logprobs=False, usage=False, streamed=False):
    """By pydantic-ai."""
    from pydantic_ai import Agent, NativeOutput
    from pydantic_ai.exceptions import ContentFilterError
    from pydantic_ai.models.openai import OpenAIChatModel
    from pydantic_ai.providers.openai import OpenAIProvider

    model = OpenAIChatModel(MODEL, provider=OpenAIProvider(openai_client=api))
    agent = Agent(model, tools=[get_weather] if tools else [], output_type=NativeOutput(Steps) if steps else str)
    settings: dict[str, Any] = {"openai_logprobs": True} if logprobs else {}
    try:
        if streamed:
            async with agent.run_stream(words, model_settings=settings) as run:
                text = await run.get_output()
        else:
            run = await agent.run(words, model_settings=settings)
            text = run.output
    except ContentFilterError as refused:
        return Told(refusal=str(refused))
    last = run.all_messages()[-1]
    entries = last.provider_details.get("logprobs")
    return Told(
        text=text,
        logprobs=entries and [(entry["token"], entry["logprob"]) for entry in entries],
        usage=(last.usage.input_tokens, last.usage.output_tokens),
    )


CLIENTS = {"openai": ask_openai, "agents": ask_agents, "pydantic_ai": ask_pydantic_ai}


def _pairs(entries):
    return [(entry.token, entry.logprob) for entry in entries]
