"""The cassettes `conversation/openai/` and `conversation/agents/` that ship: the bare SDK and the Agents SDK."""

import openai
import pytest

from fakemodel import Reply, text, tool_call
from tests.scenarios.by_client import conversation, needs, plainly, responses_asked

AGENTS = "fakemodel:conversation/agents/"
REMEMBER, RECALL = "Remember the word umbrella. Say OK.", "Which word? One word."


@pytest.mark.parametrize(
    "streamed",
    [
        pytest.param(False, marks=pytest.mark.cassette(name="fakemodel:conversation/openai/plain"), id="plain"),
        pytest.param(True, marks=pytest.mark.cassette(name="fakemodel:conversation/openai/streamed"), id="streamed"),
    ],
)
async def test_a_conversation_keeps_what_was_said(fake_openai, api, streamed):
    fake_openai.say("OK", Reply(text("Umb", "rella")))
    async with conversation(api) as named:
        await api.responses.create(model="gpt-4.1", input=REMEMBER, conversation=named)
        if streamed:
            async with api.responses.stream(model="gpt-4.1", input=RECALL, conversation=named) as stream:
                second = await stream.get_final_response()
        else:
            second = await api.responses.create(model="gpt-4.1", input=RECALL, conversation=named)
        items = [item async for item in api.conversations.items.list(named, order="asc")]

    assert plainly(second.output_text) == "umbrella"
    assert second.conversation.id == named
    assert [item.role for item in items] == ["user", "assistant", "user", "assistant"]


@pytest.mark.cassette(name="fakemodel:conversation/openai/both_ids", allow_errors=True)
async def test_both_ids_at_once_are_refused(fake_openai, api):
    async with conversation(api) as named:
        with pytest.raises(openai.BadRequestError) as refused:
            await api.responses.create(model="gpt-4.1", input=RECALL, conversation=named, previous_response_id="resp_1")

    assert refused.value.code == "mutually_exclusive_parameters"


@pytest.mark.cassette(name="fakemodel:conversation/openai/deleted", allow_errors=True)
async def test_a_conversation_that_was_deleted_is_gone(fake_openai, api):
    async with conversation(api) as named:
        pass

    with pytest.raises(openai.NotFoundError):
        await api.responses.create(model="gpt-4.1", input=RECALL, conversation=named)


async def plain(agents, *asked, **options):
    return await agents.Runner.run(*asked, **options)


async def streamed(agents, *asked, **options):
    run = agents.Runner.run_streamed(*asked, **options)
    async for _ in run.stream_events():
        pass
    return run


@needs("agents")
@pytest.mark.parametrize(
    "run",
    [
        pytest.param(plain, marks=pytest.mark.cassette(name=f"{AGENTS}conversation_id")),
        pytest.param(streamed, marks=pytest.mark.cassette(name=f"{AGENTS}conversation_id_streamed")),
    ],
)
async def test_the_agents_sdk_goes_on_by_the_conversations_id(fake_openai, cassette, api, run):
    import agents

    fake_openai.say("OK", Reply(text("Umb", "rella")))
    agent = agents.Agent(name="Keeper", model=agents.OpenAIResponsesModel("gpt-4.1", api))
    async with conversation(api) as named:
        await run(agents, agent, REMEMBER, conversation_id=named)
        second = await run(agents, agent, RECALL, conversation_id=named)

    assert plainly(second.final_output) == "umbrella"
    assert [body["conversation"] for body in responses_asked(cassette)] == [named, named]
    assert [len(body["input"]) for body in responses_asked(cassette)] == [1, 1]


@needs("agents")
@pytest.mark.cassette(name="fakemodel:conversation/agents/session")
async def test_a_session_of_the_agents_sdk_is_kept_in_a_conversation(fake_openai, cassette, api):
    import agents

    @agents.function_tool
    def get_code() -> str:
        """The code."""
        return "4711"

    fake_openai.say(Reply(tool_call("get_code", {})), "4711", "4711")
    session = agents.OpenAIConversationsSession(openai_client=api)
    agent = agents.Agent(name="Keeper", model=agents.OpenAIResponsesModel("gpt-4.1", api), tools=[get_code])
    try:
        first = await agents.Runner.run(agent, "Get the code with the tool, then say it only.", session=session)
        second = await agents.Runner.run(agent, "Say the code again, only the code.", session=session)
    finally:
        await session.clear_session()

    assert (plainly(first.final_output), plainly(second.final_output)) == ("4711", "4711")
    assert all("conversation" not in body for body in responses_asked(cassette))
