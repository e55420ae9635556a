"""The cassettes `conversation/` that ship: pydantic-ai's OpenAIResponsesModel, and what it trims of its history."""

import pytest

from fakemodel import Reply, text, tool_call
from tests.scenarios.by_client import conversation, plainly, responses_asked

pytest.importorskip("pydantic_ai", reason="runs agents of pydantic-ai")
from pydantic_ai import Agent
from pydantic_ai.exceptions import UserError
from pydantic_ai.models.openai import OpenAIResponsesModel
from pydantic_ai.providers.openai import OpenAIProvider

REMEMBER, RECALL = "Remember the word umbrella. Say OK.", "Which word? One word."
AUTO = {"openai_conversation_id": "auto"}


@pytest.fixture
def agent(api):
    return Agent(OpenAIResponsesModel("gpt-4.1", provider=OpenAIProvider(openai_client=api)))


async def plain(agent, words, **options):
    result = await agent.run(words, **options)
    return result.output, result.all_messages()


async def streamed(agent, words, **options):
    async with agent.run_stream(words, **options) as result:
        output = await result.get_output()
    return output, result.all_messages()


def words_in(body):
    """What a request brings, item by item."""
    return [item.get("content") or item.get("output") for item in body["input"]]


WAYS = pytest.mark.parametrize(
    "run",
    [
        pytest.param(plain, marks=pytest.mark.cassette(name="fakemodel:conversation/explicit_then_auto")),
        pytest.param(streamed, marks=pytest.mark.cassette(name="fakemodel:conversation/explicit_then_auto_streamed")),
    ],
)


@WAYS
async def test_auto_goes_on_in_the_conversation_that_a_run_named(fake_openai, cassette, api, agent, run):
    fake_openai.say("OK", Reply(text("Umb", "rella")))
    async with conversation(api) as named:
        _, history = await run(agent, REMEMBER, model_settings={"openai_conversation_id": named})
        second, _ = await run(agent, RECALL, message_history=history, model_settings=AUTO)

    assert plainly(second) == "umbrella"
    assert history[-1].provider_details["conversation_id"] == named
    assert [body["conversation"] for body in responses_asked(cassette)] == [named, named]
    assert words_in(responses_asked(cassette)[1]) == [RECALL]


@pytest.mark.cassette(name="fakemodel:conversation/auto_without_history")
async def test_auto_without_a_history_names_no_conversation(fake_openai, cassette, agent):
    fake_openai.say("OK", "Umbrella")
    _, history = await plain(agent, REMEMBER, model_settings=AUTO)
    await plain(agent, RECALL, message_history=history, model_settings=AUTO)

    assert all("conversation" not in body for body in responses_asked(cassette))
    assert "conversation_id" not in history[-1].provider_details
    assert words_in(responses_asked(cassette)[1])[::2] == [REMEMBER, RECALL]


@pytest.mark.cassette(name="fakemodel:conversation/auto_in_another_conversation")
async def test_auto_does_not_go_on_in_the_conversation_of_another(fake_openai, cassette, api, agent):
    fake_openai.say("OK", "Umbrella")
    async with conversation(api) as named:
        _, history = await plain(
            agent, REMEMBER, conversation_id="mine", model_settings={"openai_conversation_id": named}
        )
        await plain(agent, RECALL, message_history=history, conversation_id="another", model_settings=AUTO)

    assert "conversation" not in responses_asked(cassette)[1]
    assert words_in(responses_asked(cassette)[1])[::2] == [REMEMBER, RECALL]


@pytest.mark.cassette(name="fakemodel:conversation/mismatched_history")
async def test_a_history_of_another_conversation_is_sent_in_full(fake_openai, cassette, api, agent):
    fake_openai.say("OK", "Umbrella")
    async with conversation(api) as first, conversation(api) as second:
        _, history = await plain(agent, REMEMBER, model_settings={"openai_conversation_id": first})
        await plain(agent, RECALL, message_history=history, model_settings={"openai_conversation_id": second})

    assert responses_asked(cassette)[1]["conversation"] == second
    assert words_in(responses_asked(cassette)[1])[::2] == [REMEMBER, RECALL]


@pytest.mark.cassette(name="fakemodel:conversation/tool_call_continuation")
async def test_a_tool_call_goes_on_with_its_output_alone(fake_openai, cassette, api, agent):
    fake_openai.say(Reply(tool_call("get_code", {})), "4711")

    @agent.tool_plain
    def get_code() -> str:
        """The code."""
        return "4711"

    async with conversation(api) as named:
        output, _ = await plain(
            agent,
            "Get the code with the tool, then answer with it only.",
            model_settings={"openai_conversation_id": named},
        )

    assert plainly(output) == "4711"
    assert [body["conversation"] for body in responses_asked(cassette)] == [named, named]
    assert [item["type"] for item in responses_asked(cassette)[1]["input"]] == ["function_call_output"]


@pytest.mark.cassette(name="fakemodel:conversation/both_ids")
async def test_both_ids_are_refused_before_anything_is_sent(fake_openai, cassette, api, agent):
    async with conversation(api) as named:
        with pytest.raises(UserError, match="cannot both be set"):
            await plain(
                agent,
                RECALL,
                model_settings={"openai_conversation_id": named, "openai_previous_response_id": "resp_1"},
            )

    assert responses_asked(cassette) == []
