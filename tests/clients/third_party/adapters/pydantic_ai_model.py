"""pydantic-ai's OpenAIResponsesModel, and what its answers are in the words of a Result."""

from pydantic_ai.messages import (
    ModelRequest,
    ModelResponse,
    TextPart,
    ToolCallPart,
    ToolReturnPart,
    UserPromptPart,
)
from pydantic_ai.models import ModelRequestParameters
from pydantic_ai.models.openai import OpenAIResponsesModel
from pydantic_ai.providers.openai import OpenAIProvider
from pydantic_ai.tools import ToolDefinition

from fakemodel import usage
from fakemodel.contract import ResponsesModelContract, Result

NAMES = {
    "truncation": "openai_truncation",
    "store": "openai_store",
    "verbosity": "openai_text_verbosity",
}
STATUS = {"stop": "completed", "tool_call": "completed", "length": "incomplete", "error": "failed"}


class TestPydanticAI(ResponsesModelContract):
    without = frozenset({"handoffs", "output_schema", "prompt", "metadata", "extra_query"})

    async def ask(self, client, turn):
        model = OpenAIResponsesModel("gpt-4.1", provider=OpenAIProvider(openai_client=client))
        asked = (messages(turn), settings(turn), parameters(turn))
        if not turn.streamed:
            return result(await model.request(*asked))
        async with model.request_stream(*asked) as stream:
            async for _ in stream:
                pass
        return result(stream.get())


def messages(turn):
    """The items of a turn; what comes from the model is a response of its own, all else a request."""
    said = [message(item) for item in turn.input]
    *before, last = said
    return [*before, ModelRequest(last.parts, instructions=turn.instructions)]


def message(item):
    match item.get("type", item.get("role")):
        case "user":
            return ModelRequest([UserPromptPart(item["content"])])
        case "assistant":
            return ModelResponse([TextPart(item["content"])])
        case "function_call":
            return ModelResponse([ToolCallPart(item["name"], item["arguments"], item["call_id"])])
        case "function_call_output":
            return ModelRequest([ToolReturnPart("get_weather", item["output"], item["call_id"])])


def settings(turn):
    given = {NAMES.get(name, name): value for name, value in turn.settings.items() if name != "extra_args"}
    if "reasoning" in given:
        given["openai_reasoning_effort"] = given.pop("reasoning")["effort"]
    given["openai_previous_response_id"] = turn.previous_response_id
    given["openai_conversation_id"] = turn.conversation_id
    given["openai_prompt_cache_key"] = turn.settings.get("extra_args", {}).get("prompt_cache_key")
    return {name: value for name, value in given.items() if value is not None}


def parameters(turn):
    names = {"name": "name", "description": "description", "parameters": "parameters_json_schema"}
    tools = [{names[key]: tool[key] for key in names} for tool in turn.tools]
    return ModelRequestParameters(function_tools=[ToolDefinition(**tool) for tool in tools])


def result(answer):
    told = answer.usage
    cached, reasoning = told.cache_read_tokens, told.details.get("reasoning_tokens", 0)
    return Result(
        output=[*map(item, answer.parts), *refusals(answer)],
        usage=usage(told.input_tokens, told.output_tokens, cached=cached, reasoning=reasoning),
        response_id=answer.provider_response_id,
        status=STATUS.get(answer.finish_reason),
    )


def item(part):
    match part:
        case TextPart():
            return {"type": "message", "content": [{"type": "output_text", "text": part.content}]}
        case ToolCallPart():
            names = {"call_id": part.tool_call_id, "name": part.tool_name, "arguments": part.args_as_json_str()}
            return {"type": "function_call", **names}


def refusals(answer):
    refused = (answer.provider_details or {}).get("refusal")
    if refused is not None:
        yield {"type": "message", "content": [{"type": "refusal", "refusal": refused}]}
