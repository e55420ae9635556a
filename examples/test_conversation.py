"""A conversation of two turns through the openai SDK: recorded once, replayed for ever.

The server keeps the first turn; the second continues it by `previous_response_id`. Here the server is a FakeOpenAI
on loopback; against the API the same test records the API.
"""

import openai
import pytest

from fakemodel import Reply, text

LARGEST = "The largest country in South America? One word."
CAPITAL = "Its capital? One word."


@pytest.mark.cassette
def test_capital(fake_openai):
    fake_openai.say("Brazil", "Brasília")
    client = openai.OpenAI()

    first = client.responses.create(model="gpt-4.1", input=LARGEST)
    second = client.responses.create(model="gpt-4.1", input=CAPITAL, previous_response_id=first.id)

    assert second.previous_response_id == first.id
    assert second.output_text == "Brasília"


@pytest.mark.cassette
def test_capital_streamed(fake_openai, cassette):
    fake_openai.say("Brazil", Reply(text("Bra", "sília")))
    client = openai.OpenAI()

    first = client.responses.create(model="gpt-4.1", input=LARGEST)
    with client.responses.stream(model="gpt-4.1", input=CAPITAL, previous_response_id=first.id) as stream:
        deltas = [event.delta for event in stream if event.type == "response.output_text.delta"]

    assert deltas == ["Bra", "sília"]
    assert cassette.requests[1].json["previous_response_id"] == first.id  # what was sent, not what was recorded
