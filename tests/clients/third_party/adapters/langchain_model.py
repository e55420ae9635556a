"""LangChain's ChatOpenAI on either API, and what its messages are in the words of a Result."""

import json
from contextlib import aclosing

import openai
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage, ToolMessage
from langchain_openai import ChatOpenAI

from fakemodel import usage
from fakemodel.contract import ResponsesModelContract, Result


class TestLangChain(ResponsesModelContract):
    without = frozenset({"handoffs", "output_schema", "metadata"})

    async def ask(self, client, turn):
        async with openai.DefaultAsyncHttpxClient() as http_async_client:  # the one of its own outlives event loops
            model = ChatOpenAI(
                model="gpt-4.1",
                base_url=str(client.base_url),
                api_key=client.api_key,
                http_async_client=http_async_client,
                max_retries=0,
                use_responses_api=True,
                output_version="responses/v1",
            )
            options = arguments(turn)
            if not turn.streamed:
                return result(await model.ainvoke(messages(turn), **options))
            async with aclosing(model.astream(messages(turn), **options)) as stream:
                message, *others = [chunk async for chunk in stream]
        for chunk in others:
            message += chunk
        return result(message)


def messages(turn):
    instructions = [SystemMessage(turn.instructions)] if turn.instructions else []
    return [*instructions, *map(message, turn.input)]


def message(item):
    match item.get("type", item.get("role")):
        case "user":
            return HumanMessage(item["content"])
        case "assistant":
            return AIMessage(item["content"])
        case "function_call":
            call = {"name": item["name"], "args": json.loads(item["arguments"]), "id": item["call_id"]}
            return AIMessage("", tool_calls=[call])
        case "function_call_output":
            return ToolMessage(item["output"], tool_call_id=item["call_id"])


def arguments(turn):
    given = {name: value for name, value in turn.settings.items() if name != "extra_args"}
    given["tools"] = list(turn.tools) or None
    given["previous_response_id"] = turn.previous_response_id
    given["conversation"] = turn.conversation_id
    given["prompt"] = turn.prompt
    given |= turn.settings.get("extra_args", {})
    return {name: value for name, value in given.items() if value is not None}


def result(message):
    told = message.usage_metadata
    return Result(
        output=[item(block) for block in message.content if block["type"] in ("text", "refusal", "function_call")],
        usage=told and used(told),
        response_id=message.response_metadata.get("id"),
        status=message.response_metadata.get("status"),
    )


def used(told):
    cached = told.get("input_token_details", {}).get("cache_read", 0)
    reasoning = told.get("output_token_details", {}).get("reasoning", 0)
    return usage(told["input_tokens"], told["output_tokens"], cached=cached, reasoning=reasoning)


def item(block):
    if block["type"] == "function_call":
        return {name: block[name] for name in ("type", "call_id", "name", "arguments")}
    member = "text" if block["type"] == "text" else "refusal"
    return {"type": "message", "content": [{"type": block["type"], member: block[member]}]}
