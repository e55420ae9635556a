"""The cassettes `errors/` that ship: what the API refuses, and how each client tells it."""

from functools import partial

import openai
import pytest

from fakemodel import Reply
from tests.scenarios import by_client
from tests.scenarios.chain_clients import CLIENTS, refused_by

by_every_client = partial(by_client.by_every_client, CLIENTS)


@by_every_client("errors/unknown_response", streamed="errors/unknown_response_streamed", allow_errors=True)
async def test_a_response_that_no_server_gave_is_refused(fake_openai, api, client, ask):
    with pytest.raises(refused_by(client), match=r"Previous response with id 'resp_\w+' not found"):
        await ask(api, "Hi", after="resp_0000000000000000")


@pytest.mark.cassette(name="fakemodel:errors/refusals", allow_errors=True)
async def test_what_the_api_refuses_is_told_by_the_sdks_errors(fake_openai, api):
    output = {"type": "function_call_output", "call_id": "call_0", "output": "sunny"}

    with pytest.raises(openai.BadRequestError) as no_call:
        await api.responses.create(model="gpt-4.1", input=[output])
    with pytest.raises(openai.BadRequestError) as unknown:
        await api.responses.create(model="gpt-4.1", input="Hi", extra_body={"temprature": 1})

    assert "No tool call found" in no_call.value.message
    assert unknown.value.param == "temprature"


@pytest.mark.cassette(name="fakemodel:errors/incomplete")
async def test_an_answer_that_was_cut_at_its_limit_says_so(fake_openai, api):
    fake_openai.say(Reply("Once upon a", status="incomplete"))

    answer = await api.responses.create(model="gpt-4.1", input="Tell a story.", max_output_tokens=16)

    assert answer.status == "incomplete"
    assert answer.incomplete_details.reason == "max_output_tokens"
