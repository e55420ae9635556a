"""The cassettes `previous_response_id/` that ship: a second turn continues the first by its id alone."""

import openai
import pytest

from fakemodel import Reply, text

LARGEST = "The largest country in South America? One word."
CAPITAL = "Its capital? One word."


@pytest.mark.cassette(name="fakemodel:previous_response_id/plain")
def test_a_second_turn_continues_the_first(fake_openai, cassette):
    fake_openai.say("Brazil", "Brasília")
    client = openai.OpenAI()

    first = client.responses.create(model="gpt-4.1", input=LARGEST)
    second = client.responses.create(model="gpt-4.1", input=CAPITAL, previous_response_id=first.id)

    assert second.previous_response_id == first.id
    assert second.output_text == "Brasília"
    assert cassette.requests[1].json == {"model": "gpt-4.1", "input": CAPITAL, "previous_response_id": first.id}


@pytest.mark.cassette(name="fakemodel:previous_response_id/streamed")
def test_a_second_turn_is_streamed(fake_openai):
    fake_openai.say("Brazil", Reply(text("Bras", "ília")))
    client = openai.OpenAI()

    first = client.responses.create(model="gpt-4.1", input=LARGEST)
    with client.responses.stream(model="gpt-4.1", input=CAPITAL, previous_response_id=first.id) as stream:
        second = stream.get_final_response()

    assert second.previous_response_id == first.id
    assert second.output_text == "Brasília"
