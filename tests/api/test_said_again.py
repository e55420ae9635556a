"""A reply that is said again and again is streamed as one that is said for the first time."""

import copy

from hypothesis import example, given
from hypothesis import strategies as st

from fakemodel import FakeOpenAI, Reply, text, tool_call
from fakemodel.httpx_modules import sdk_httpx
from fakemodel.strategies import replies

TURNS = 4
OF_TURN_1 = "0000000000000001006955b9010000000000000001"
CALL_OF_TURN_1 = "call_0000000000000001"


def streamed(api: FakeOpenAI, options: list[dict]) -> list[bytes]:
    """The bodies of streamed turns, each with settings of its own and going on from the one before."""
    previous = {}
    with sdk_httpx().Client(transport=api.transport(), base_url="https://api.openai.com") as http:
        for own in options:
            body = {"model": "m", "input": "Hi", "stream": True, **previous, **own}
            answer = http.post("/v1/responses", json=body)
            assert answer.status_code == 200, answer.text
            if not any(name in answer.text for name in ("call_id", "reasoning")):  # which have to be answered
                previous = {"previous_response_id": answer.text.split('"response":{"id":"')[1].split('"')[0]}
    return [request.answer.body for request in api.requests]


settings = st.fixed_dictionaries(
    {},
    optional={
        "background": st.booleans(),
        "stream_options": st.fixed_dictionaries({"include_obfuscation": st.booleans()}),
        "instructions": st.sampled_from(["Be brief.", "Be kind."]),
    },
)


@given(
    reply=replies().filter(lambda reply: reply.id is None), options=st.lists(settings, min_size=TURNS, max_size=TURNS)
)
@example(Reply(text("Hel", "lo"), tool_call("f", ["{", "}"])), [{}] * TURNS)
@example(Reply(text("See ", f"msg_{OF_TURN_1}00000001")), [{}] * TURNS)
@example(Reply(text("See ", f"{CALL_OF_TURN_1}00000001"), tool_call("f")), [{}] * TURNS)
def test_it_is_what_it_would_be_alone(reply, options):
    again, alone = FakeOpenAI(), FakeOpenAI([copy.deepcopy(reply) for _ in range(TURNS)])
    again.otherwise(Reply.of(reply))
    if any(getattr(part, "id", None) for part in reply.parts):
        options = options[:1]  # a call id that was given is given once

    assert streamed(again, options) == streamed(alone, options)


def test_it_is_what_it_would_be_alone_many_times_over():
    again, alone = FakeOpenAI(), FakeOpenAI([Reply(text("Hel", "lo")) for _ in range(100)])
    again.otherwise(Reply(text("Hel", "lo")))

    assert streamed(again, [{}] * 100) == streamed(alone, [{}] * 100)


def test_of_many_replies_none_is_taken_for_another():
    said = [Reply(text(f"{number}, ", "said")) for number in range(70)]
    api = FakeOpenAI([*said, *said, *said])

    bodies = streamed(api, [{}] * len(said) * 3)

    assert all(f'"text":"{number % len(said)}, said"'.encode() in body for number, body in enumerate(bodies))
