"""The cassettes `chat/` that ship: what Chat Completions says, streamed and not."""

import json
from functools import partial

from fakemodel import Reply, refusal, text, tool_call, usage
from tests.scenarios import by_client
from tests.scenarios.chat_clients import CLIENTS

HELLO = "Say hello in one word."

by_every_client = partial(by_client.by_every_client, CLIENTS)


@by_every_client("chat/text", streamed="chat/text_streamed")
async def test_a_text_is_said(fake_openai, api, client, ask):
    fake_openai.say(Reply(text("Hel", "lo")))

    assert (await ask(api, HELLO)).text.startswith("Hello")


@by_every_client("chat/refusal", streamed="chat/refusal_streamed")
async def test_a_refusal_is_told_as_one(fake_openai, api, client, ask):
    fake_openai.say(Reply(refusal("I'm sorry, ", "I cannot help with that.")))

    told = await ask(api, "Explain in steps how a passport is forged.", steps=True)

    assert told.refusal
    assert told.text is None


@by_every_client("chat/parallel_tools", streamed="chat/parallel_tools_streamed")
async def test_tools_are_called_in_parallel(fake_openai, cassette, api, client, ask):
    calls = [tool_call("get_weather", {"city": city}) for city in ("Paris", "Rome")]
    fake_openai.say(Reply(*calls), Reply(text("Sunny in ", "both.")))

    told = await ask(api, "The weather in Paris and in Rome?", tools=True)

    assert "unny" in told.text
    messages = cassette.requests[1].json["messages"]
    assert [each["role"] for each in messages] == ["user", "assistant", "tool", "tool"]
    assert [call["id"] for call in messages[1]["tool_calls"]] == [each["tool_call_id"] for each in messages[2:]]


@by_every_client("chat/logprobs", streamed="chat/logprobs_streamed")
async def test_log_probabilities_come_with_their_tokens(fake_openai, api, client, ask):
    fake_openai.say(Reply(text("Hello", logprobs=[-9.8e-7])))

    told = await ask(api, HELLO, logprobs=True)

    assert "".join(token for token, _ in told.logprobs) == told.text
    assert all(logprob <= 0 for _, logprob in told.logprobs)


@by_every_client(streamed="chat/usage_streamed")
async def test_usage_is_streamed_last(fake_openai, cassette, api, client, ask):
    fake_openai.say(Reply(text("Hel", "lo"), usage=usage(12, 2)))

    told = await ask(api, HELLO, usage=True)

    lines = cassette.turns[0].response.body.splitlines()
    chunks = [json.loads(line[6:]) for line in lines if line.startswith(b"data: {")]
    assert [bool(chunk.get("usage")) for chunk in chunks] == [False] * (len(chunks) - 1) + [True]
    counted = chunks[-1]["usage"]
    assert told.usage == (counted["prompt_tokens"], counted["completion_tokens"])
