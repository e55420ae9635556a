"""Turns as text: of a FakeModel, of a FakeOpenAI, and of a cassette."""

import re
from textwrap import dedent

import openai
import pytest

from fakemodel import (
    FakeModel,
    FakeOpenAI,
    NoReplyLeft,
    Reply,
    cassette,
    failure,
    faults,
    slow,
    text,
    tool_call,
    transcript,
)
from fakemodel.httpx_modules import sdk_httpx
from fakemodel.tape import layout
from fakemodel.tape.conversation import conversation_of
from fakemodel.tape.identifiers import identifiers
from fakemodel.tape.paths import shipped

CONTINUATION = shipped()["fakemodel:conversation/tool_call_continuation"]


def lines(told: str) -> str:
    return dedent(told).strip("\n")


CALL = {"type": "function_call", "call_id": "call_000000000000000100000001", "name": "get_weather", "arguments": "{}"}
OUTPUT = {"type": "function_call_output", "call_id": CALL["call_id"], "output": "sunny"}
QUESTION = {"role": "user", "content": "Weather?"}


async def streamed(model: FakeModel, *arguments, **options) -> None:
    async for _ in model.stream_response(*arguments, **options):
        pass


async def test_the_turns_of_a_model_say_what_it_was_asked_and_what_it_said():
    model = FakeModel([Reply(tool_call("get_weather")), slow("Sunny.", 2)])
    await model.get_response("Be brief.", [QUESTION])
    await streamed(model, "Be brief.", [QUESTION, CALL, OUTPUT])

    told = lines(
        """
        turn 1  resp_1  fake-model
          instructions  Be brief.
          user          Weather?
          call_1        get_weather({})
        turn 2  resp_2  fake-model  streamed, 9 events  (sent again: 2 items known from turn 1)
          call_1        -> sunny
          assistant     Sunny.
        """
    )
    assert transcript(model.turns) == transcript(model) == told
    assert "turn 1  resp_1  fake-model  1 in, 1 out\n" in transcript(model, usage=True)


async def test_a_history_that_lost_an_item_is_told_in_full():
    model = FakeModel([Reply(tool_call("get_weather")), "Sunny."])
    await model.get_response(input=[QUESTION])
    await model.get_response(input=[CALL, OUTPUT])

    assert transcript(model).splitlines()[3:] == [
        "turn 2  resp_2  fake-model",
        "  call_1     get_weather({})",
        "  call_1     -> sunny",
        "  assistant  Sunny.",
    ]


async def test_what_a_model_raised_is_told_in_the_place_of_its_answer():
    model = FakeModel([ValueError("gone"), failure(ConnectionError("cut"), Reply(text("Hel", "lo")), after=6)])
    with pytest.raises(ValueError, match="gone"):
        await model.get_response(input="Hi")
    with pytest.raises(ConnectionError):
        await streamed(model, input="Hi")
    with pytest.raises(NoReplyLeft):
        await model.get_response(input="Hi", previous_response_id="resp_x")

    assert transcript(model) == lines(
        """
        turn 1  response
          user   Hi
          error  raise ValueError('gone')
        turn 2  resp_1  fake-model  streamed, 6 events  in_progress
          user   Hi
          error  raise ConnectionError('cut')
          note   the stream ends before the response does
        turn 3  response  after resp_x  (sent: 1 item; what came before was not recorded)
          user   Hi
          error  no reply left
        """
    )


async def test_classic_outputs_and_exact_events_are_told():
    model = FakeModel()
    model.set_next_output([])
    model.set_next_output(Reply("Sunny.").output)
    await model.get_response(input="Hi")
    await streamed(model, input="Hi")
    exact = FakeModel([Reply("Rainy.").events()])
    await streamed(exact, input="Hi")

    assert [line for line in transcript(model).splitlines() if "assistant" in line] == ["  assistant  Sunny."]
    assert "  assistant  Rainy." in transcript(exact)


def test_the_requests_to_a_server_are_told_as_a_recording_of_them_would_be():
    api = FakeOpenAI([Reply(tool_call("get_weather", {"city": "Paris"})), "Sunny."])
    client = api.client()
    first = client.responses.create(model="gpt-4.1", input="Weather?")
    output = {"type": "function_call_output", "call_id": first.output[0].call_id, "output": "sunny"}
    list(client.responses.create(model="gpt-4.1", input=[output], previous_response_id=first.id, stream=True))
    with pytest.raises(openai.NotFoundError):
        client.responses.retrieve("resp_gone")

    told = lines(
        """
        turn 1  resp_1  gpt-4.1
          user       Weather?
          call_1     get_weather({"city":"Paris"})
        turn 2  resp_2  gpt-4.1  after resp_1 (turn 1)  streamed, 9 events  (sent: 1 item; seen by the model: 3)
          call_1     -> sunny
          assistant  Sunny.
        """
    )
    assert transcript(api) == transcript(api.turns) == told
    assert transcript(api.requests).splitlines()[-2:] == [
        "turn 3  GET /v1/responses/resp_gone  404",
        "  error      invalid_request_error: Response with id 'resp_gone' not found.",
    ]


def test_faults_are_told_where_they_befell_a_request():
    api = FakeOpenAI(["Sunny.", "Sunny."])
    api.fail(faults.connection_refused())
    api.fail(faults.cut(after=3))
    with pytest.raises((openai.APIConnectionError, sdk_httpx().RemoteProtocolError)):  # the latter by openai 2
        list(api.client(max_retries=1).responses.create(model="gpt-4.1", input="Weather?", stream=True))

    assert transcript(api.requests) == lines(
        """
        turn 1  response  gpt-4.1
          user   Weather?
          error  faults.connection_refused()
        turn 2  resp_1  gpt-4.1  streamed, 3 events  in_progress
          user   Weather?
          error  faults.cut(after=3)
          note   the stream ends before the response does
        """
    )


def test_a_cassette_is_told_as_show_tells_it_but_for_the_usage():
    with cassette(CONTINUATION, allow_unplayed=True) as played:
        shown = str(conversation_of(played.turns))

        assert transcript(played, usage=True) == shown
        assert transcript(played) == transcript(played.turns) == re.sub(r"  \d+ in.*? out( \(.*?\))?", "", shown)
    assert "conversation conv_1 created" in shown


@pytest.mark.parametrize("name", sorted(shipped()))
def test_every_cassette_that_ships_has_a_text_without_its_ids(name):
    turns = layout.read(shipped()[name])

    told = transcript(turns)

    assert told.startswith("turn 1 ")
    assert not list(identifiers(told))
