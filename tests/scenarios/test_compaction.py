"""The cassettes `compaction/` that ship: a history is made short by the server, and gone on from."""

import pytest
from openai.resources.responses import AsyncResponses

from tests.scenarios.by_client import needs, plainly

QUESTION = "The largest country in South America? One word."
CAPITAL = "Its capital? One word."


@pytest.mark.skipif(not hasattr(AsyncResponses, "compact"), reason="this openai SDK has no form for compaction")
@pytest.mark.cassette(name="fakemodel:compaction/compacted")
async def test_a_history_that_was_compacted_is_gone_on_from(fake_openai, api):
    fake_openai.say("Brazil", "Brasília")
    first = await api.responses.create(model="gpt-4.1", input=QUESTION)

    compacted = await api.responses.compact(model="gpt-4.1", previous_response_id=first.id)
    history = [item.model_dump(exclude_none=True, warnings=False) for item in compacted.output]
    second = await api.responses.create(model="gpt-4.1", input=[*history, {"role": "user", "content": CAPITAL}])

    assert any(item["type"] == "compaction" for item in history)
    assert plainly(second.output_text) == "brasília"


@needs("agents")
@pytest.mark.cassette(name="fakemodel:compaction/agents/session")
async def test_a_session_of_the_agents_sdk_goes_on_from_what_was_compacted(fake_openai, cassette, api):
    import agents
    from agents.memory import OpenAIResponsesCompactionSession

    fake_openai.say("Brazil", "Brasília")
    kept = agents.SQLiteSession("scenario")
    session = OpenAIResponsesCompactionSession(
        "scenario",
        underlying_session=kept,
        client=api,
        should_trigger_compaction=lambda context: True,
    )
    agent = agents.Agent(name="Keeper", model=agents.OpenAIResponsesModel("gpt-4.1", api))
    await agents.Runner.run(agent, QUESTION, session=session)
    second = await agents.Runner.run(agent, CAPITAL, session=session)
    kept.close()

    assert plainly(second.final_output) == "brasília"
    asked = [request.json["input"] for request in cassette.requests if request.uri.endswith("/responses")]
    assert any(item.get("type") == "compaction" for item in asked[1])
