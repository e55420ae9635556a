"""The cassettes `previous_response_id/` that ship: a second turn continues the first by its id alone."""

import re
from functools import partial

import pytest

from fakemodel import Reply, text, tool_call, when
from tests.scenarios import by_client
from tests.scenarios.by_client import plainly
from tests.scenarios.chain_clients import CLIENTS, refused_by

by_every_client = partial(by_client.by_every_client, CLIENTS)

LARGEST = "The largest country in South America? One word."
CAPITAL = "Its capital? One word."
LANGUAGE = "Its language? One word."
GONE = r"Previous response with id '\w+' not found"


def brought(cassette):
    """What each request brings, as items."""
    given = [request.json["input"] for request in cassette.requests]
    return [[{"content": said}] if isinstance(said, str) else said for said in given]


@by_every_client("previous_response_id/plain", streamed="previous_response_id/streamed")
async def test_a_second_turn_continues_the_first(fake_openai, cassette, api, client, ask):
    fake_openai.say("Brazil", Reply(text("Bras", "ília")))

    first = await ask(api, LARGEST)
    second = await ask(api, CAPITAL, after=first.id)

    assert plainly(second.text) == "brasília"
    assert cassette.requests[1].json["previous_response_id"] == first.id
    assert len(brought(cassette)[1]) == 1


@by_every_client("previous_response_id/tool_call", streamed="previous_response_id/tool_call_streamed")
async def test_only_the_output_of_a_tool_is_sent(fake_openai, cassette, api, client, ask):
    fake_openai.say(Reply(tool_call("get_weather", {"city": "Brasília"})), Reply(text("Sunny ", "in Brasília.")))

    answer = await ask(api, "The weather in the capital of Brazil?", tool=True)

    assert "unny" in answer.text
    assert [item["type"] for item in brought(cassette)[1]] == ["function_call_output"]
    first = re.search(rb'"id": ?"(resp_\w+)"', cassette.turns[0].response.body)[1].decode()
    assert cassette.requests[1].json["previous_response_id"] == first


@by_every_client("previous_response_id/branch")
async def test_two_turns_go_on_from_the_same_one(fake_openai, cassette, api, client, ask):
    fake_openai.say("Brazil", "Brasília", "Portuguese")

    first = await ask(api, LARGEST)
    capital = await ask(api, CAPITAL, after=first.id)
    language = await ask(api, LANGUAGE, after=first.id)

    assert (plainly(capital.text), plainly(language.text)) == ("brasília", "portuguese")
    assert [request.json.get("previous_response_id") for request in cassette.requests] == [None, first.id, first.id]


@by_every_client("previous_response_id/retried", streamed="previous_response_id/retried_streamed", allow_errors=True)
async def test_a_turn_that_was_tried_again_continues_the_first(fake_openai, cassette, api, client, ask):
    fake_openai.say("Brazil", Reply(text("Bras", "ília")))

    fake_openai.fail(503, when=when(turn=2))

    first = await ask(api, LARGEST)
    second = await ask(api, CAPITAL, after=first.id)

    assert plainly(second.text) == "brasília"
    assert [request.json.get("previous_response_id") for request in cassette.requests] == [None, first.id, first.id]
    assert [turn.response.status for turn in cassette.turns] == [200, 503, 200]


@by_every_client("previous_response_id/expired", allow_errors=True)
async def test_a_chain_that_is_gone_is_begun_anew_with_its_history(fake_openai, cassette, api, client, ask):
    fake_openai.say("Brazil", "Brasília")
    first = await ask(api, LARGEST)
    await api.responses.delete(first.id)

    with pytest.raises(refused_by(client), match=GONE):
        await ask(api, CAPITAL, after=first.id)
    second = await ask(api, CAPITAL, history=first.history)

    assert plainly(second.text) == "brasília"
    assert "previous_response_id" not in cassette.requests[-1].json
    assert len(cassette.requests[-1].json["input"]) == 3


@by_every_client("previous_response_id/not_stored", allow_errors=True)
async def test_what_is_not_stored_cannot_be_gone_on_from(fake_openai, api, client, ask):
    fake_openai.say("Brazil")

    first = await ask(api, LARGEST, store=False)

    with pytest.raises(refused_by(client), match=GONE):
        await ask(api, CAPITAL, after=first.id)
