"""Whatever befalls a conversation, what is kept of it is whole, and nobody is left out of it."""

import openai
import pytest

from fakemodel import FakeOpenAI, Reply, text
from fakemodel.httpx_modules import httpx_modules

BROKEN = (openai.APIError, *(module.TransportError for module in httpx_modules()))
TURNS = 12


@pytest.mark.parametrize("seed", range(40))
@pytest.mark.parametrize("stream", [False, True])
def test_a_conversation_is_kept_whole(seed, stream):
    api = FakeOpenAI()
    api.otherwise(Reply(text("Hel", "lö", "!")))
    client = api.client(max_retries=0, timeout=3)
    conversation = client.conversations.create().id
    api.chaos(seed, rate=0.5)
    answered = 0

    for number in range(TURNS):
        asked = {"model": "m", "input": f"turn {number}", "conversation": conversation}
        try:
            if stream:
                with client.responses.create(**asked, stream=True) as events:
                    answered += [event.type for event in events][-1] == "response.completed"
            else:
                answered += client.responses.create(**asked).status == "completed"
        except BROKEN:
            continue

    refused = [request.answer.body for request in api.requests if request.status == 400]
    assert refused == [], api.faults_met  # nobody was locked out
    roles = [item["role"] for item in api.conversations[conversation].items]
    assert roles == ["user", "assistant"] * (len(roles) // 2), api.faults_met
    # What came too late for its client was said all the same, so that there may be more, never less.
    assert len(roles) // 2 >= answered, api.faults_met
    assert all(stored.body["status"] == "completed" for stored in api.responses.values())
    api.assert_complete()
