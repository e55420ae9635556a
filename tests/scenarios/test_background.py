"""The cassettes `background/` that ship: a response that the server goes on with when nobody listens."""

import pytest

from fakemodel import Reply, text
from tests.scenarios.by_client import plainly

QUESTION = "The largest country in South America? One word."


@pytest.mark.cassette(name="fakemodel:background/resumed")
async def test_a_stream_that_was_left_is_resumed(fake_openai, api):
    fake_openai.say(Reply(text("Bra", "zil")))

    stream = await api.responses.create(model="gpt-4.1", input=QUESTION, background=True, stream=True)
    before = [await anext(stream) for _ in range(3)]
    await stream.close()
    response_id = before[0].response.id
    resumed = await api.responses.retrieve(response_id, stream=True, starting_after=before[-1].sequence_number)
    after = [event async for event in resumed]

    assert [event.sequence_number for event in (*before, *after)] == list(range(len(before) + len(after)))
    assert plainly(after[-1].response.output_text) == "brazil"


@pytest.mark.cassette(name="fakemodel:background/polled")
async def test_a_response_in_the_background_is_asked_for_until_it_is_there(fake_openai, api):
    fake_openai.say("Brazil")

    response = await api.responses.create(model="gpt-4.1", input=QUESTION, background=True)
    seen = [response.status]
    while response.status in ("queued", "in_progress"):
        response = await api.responses.retrieve(response.id)
        seen.append(response.status)

    assert (seen[0], seen[-1]) == ("queued", "completed")
    assert plainly(response.output_text) == "brazil"
