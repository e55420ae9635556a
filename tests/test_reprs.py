"""What values look like where they are printed: what a script is made of can be pasted, all else is short."""

import inspect
import re
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

import fakemodel
from fakemodel import (
    FakeModel,
    FakeOpenAI,
    PromptCacheFakeModel,
    Reply,
    cassette,
    failure,
    faults,
    reasoning,
    refusal,
    slow,
    stream,
    text,
    tool_call,
    usage,
    when,
)
from fakemodel.contract import Result, Turn
from fakemodel.strategies import replies

PASTED = {**{name: getattr(fakemodel, name) for name in fakemodel.__all__}, "Turn": Turn, "Result": Result}


def pasted(value: object) -> object:
    return eval(repr(value), dict(PASTED))


@given(replies())
def test_a_reply_can_be_pasted(reply):
    assert pasted(reply) == reply
    assert pasted(Reply.choices(reply, "Another.")) == Reply.choices(reply, "Another.")


values = st.text(max_size=9) | st.integers(1, 9) | st.just(...)
conditions = st.sampled_from(["input", "tool_output", "previous_response_id", "conversation", "turn"])


@given(st.dictionaries(conditions, values, min_size=1), replies() | st.text())
def test_a_guarded_reply_can_be_pasted(guard, reply):
    assert pasted(when(**guard).say(reply)) == when(**guard).say(reply)


@pytest.mark.parametrize(
    "value",
    [
        Reply("Half a", status="incomplete", reason="content_filter"),
        Reply(status="failed", error="It broke."),
        Reply(tool_call("get_weather", {"city": 1}), unchecked=True),
        Reply({"type": "compaction", "id": "cmp_1", "encrypted_content": "e"}),
        text("Hel", "lo", annotations=[{"type": "url_citation", "url": "https://example.com"}]),
        refusal("No", "Thanks"),
        reasoning("First", "then", encrypted_content="e"),
        reasoning(),
        tool_call("get_weather", '{"city', id="call_1"),
        tool_call("get_weather", ['{"city":', '"Paris"}']),
        tool_call("get_weather", [""]),
        tool_call("get_weather", ""),
        usage(7, 5, cached=2, reasoning=3),
        slow(Reply("Hi"), 0.5, between=0.25),
        faults.status(429, retry_after=2, message="Slower.", headers={"x-a": "b"}),
        faults.cut(3, in_character=True),
        faults.slow(1, between=0.5),
        faults.timeout(),
        Turn(previous_response_id="resp_1", settings={"temperature": 0.5}, streamed=True),
        Result(output=[{"type": "message"}], usage=usage(1, 2), response_id="resp_1", status="completed"),
    ],
    ids=repr,
)
def test_what_a_script_is_made_of_can_be_pasted(value):
    assert pasted(value) == value


def test_an_error_in_a_script_is_shown_as_it_was_written():
    assert repr(failure(KeyError("a"))) == "failure(KeyError('a'))"
    assert repr(slow(failure(ConnectionError("gone"), "Hi", after=3), 5)) == (
        "slow(failure(ConnectionError('gone'), Reply(text('Hi')), after=3), 5)"
    )


def test_a_reply_that_was_read_back_is_told_from_the_one_that_was_written():
    written = Reply("Hi", usage=usage(1, 1), id="chatcmpl-1")

    assert repr(Reply.from_chunks(written.chunks())) == f"<as recorded: {written!r}>"


# What a test looks at.

LONG = "very " * 100_000


async def asked_model(**options: object) -> FakeModel:
    model = FakeModel(["Hello.", "Sunny.", "never asked for"], **options)
    await model.get_response(input="Hi")
    await model.get_response(input=LONG)
    return model


def asked_api() -> FakeOpenAI:
    api = FakeOpenAI(["Hello.", "Sunny."])
    client = api.client()
    api.fail(faults.cut(after=2))
    conversation = client.conversations.create(items=[{"role": "user", "content": LONG}])
    client.responses.create(model="gpt-4.1", input="Hi", conversation=conversation.id)
    with pytest.raises(Exception, match=r"(?i)connection"):  # older SDKs do not wrap what breaks off
        list(client.responses.create(model="gpt-4.1", input="Hi", stream=True))
    return api


async def test_a_model_and_its_turns_tell_what_was_asked_and_answered():
    model = await asked_model(server_state=True)

    assert repr(FakeModel()) == "<FakeModel: 0 turns played, 0 replies left>"
    assert repr(PromptCacheFakeModel()) == "<PromptCacheFakeModel: 0 turns played, 0 replies left>"
    assert repr(model) == "<FakeModel: 2 turns played, 1 reply left>"
    assert repr(model.turns) == (
        "[<Turn 1: input 'Hi' -> 'Hello.'>, "
        "<Turn 2: input 'very very very very v … y very very very very very ' -> 'Sunny.'>]"
    )
    assert repr(model.turns[0].context) == "Context([{'type': 'message', 'role': 'user', 'content': 'Hi'}])"
    assert repr(model.turns[1].context) == ("Context([{'type': 'message', 'role':  …  very very very very very '}])")


def test_an_api_its_journal_and_what_it_keeps_tell_what_they_hold():
    api = asked_api()
    (conversation,), (response,) = api.conversations.values(), api.responses.values()

    assert repr(FakeOpenAI(["Hi"])) == "<FakeOpenAI: 0 requests answered, 1 reply left>"
    assert repr(api) == "<FakeOpenAI: 3 requests answered, 0 replies left>"
    assert repr(api.transport()) == f"<transport of {api!r}>"
    said, cut_off = map(repr, api.requests[1:])
    assert re.fullmatch(r"<Request: POST /v1/responses '\{.{20,56} … .{20,56}\}' -> 200>", said)
    assert re.fullmatch(r"<Request: POST /v1/responses '\{.{20,56}\}' -> faults\.cut\(after=2\)>", cut_off)
    assert repr(api.requests[-1].answer) == "<Answer: 200, 2 of 2 parts sent>"
    assert repr(api.turns[0]) == "<Turn: /v1/responses 'Hi' -> 'Hello.'>"
    assert repr(conversation) == f"<Conversation {conversation.id}: 3 items>"
    assert repr(response) == f"<Response {response.body['id']}: completed, 'Hello.'>"


def test_a_key_is_not_shown():
    api = FakeOpenAI(["Hello."])
    api.client(api_key="sk-the-key-of-the-account").responses.create(model="gpt-4.1", input="Hi")

    assert "the-key" not in repr(api.requests)


def test_a_stream_tells_how_far_it_was_read():
    chunks = stream(Reply("Hi").chunks())
    next(chunks)

    assert repr(chunks) == "<Stream: 1 read, open>"
    chunks.close()
    assert repr(chunks) == "<Stream: 1 read, closed>"


def test_a_cassette_and_its_turns_tell_what_they_hold(tmp_path):
    path = tmp_path / "capital.yaml"
    unopened = cassette(path, mode="record")

    assert repr(unopened) == f"<fakemodel.cassette({path!r}), which `with` opens>"
    with unopened as tape:
        FakeOpenAI(["Brazil"]).client(api_key="sk-the-key").responses.create(model="gpt-4.1", input="Which?")
        assert repr(tape) == str(tape) == f"<Cassette: {path}, mode 'record', 1 turn, 1 request made>"
        (request,) = tape.requests
        assert repr(tape.requests) == f"[<Request: POST https://api.openai.com/v1/responses {request.body.decode()!r}>]"
        assert repr(tape.turns[0].response).startswith("<Response: 200 '{")


# All of them.


async def shown_values() -> dict[str, object]:
    """A value of each kind that a public name, or a fixture, gives."""
    model, api = await asked_model(server_state=True), asked_api()
    tape = cassette("capital.yaml")
    with api.serve() as served:
        return {
            "Reply": Reply("Hi"),
            "FakeModel": model,
            "FakeOpenAI": api,
            "PromptCacheFakeModel": PromptCacheFakeModel(),
            "cassette": tape,
            "failure": failure(ConnectionError),
            "faults": faults.truncated(2),
            "reasoning": reasoning("Hm"),
            "refusal": refusal("No"),
            "slow": slow("Hi", 1),
            "stream": stream([]),
            "text": text("Hi"),
            "tool_call": tool_call("f"),
            "usage": usage(1, 1),
            "when": when(turn=1),
            "a guarded reply": when(turn=1).say("Hi"),
            "turns": model.turns,
            "a turn's context": model.turns[1].context,
            "requests": api.requests,
            "a request's context": api.requests[-1].context,
            "an answer": api.requests[-1].answer,
            "an api's turns": api.turns,
            "conversations": api.conversations,
            "responses": api.responses,
            "a transport": api.transport(),
            "serve()": served,
            "contract.Turn": Turn(),
            "contract.Result": Result(events=Reply("Hi").events()),
        }


RETURN_PLAIN_DATA = {"check_chunks", "check_events", "expected_events", "get_response_obj", "sse", "transcript"}
"""None, bytes, text, and the SDK's own objects."""


async def test_every_public_value_is_shown_in_a_line_that_tells_what_it_is():
    shown = {name: repr(value) for name, value in (await shown_values()).items()}
    for name, told in shown.items():
        assert " object at 0x" not in told, name
        assert "\n" not in told, name
        assert len(told) < 1000, name
    values = {name for name in fakemodel.__all__ if not _is_error(getattr(fakemodel, name))}
    assert values - shown.keys() == RETURN_PLAIN_DATA


def _is_error(value: object | Callable[..., object]) -> bool:
    return inspect.isclass(value) and issubclass(value, BaseException)
