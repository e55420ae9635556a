"""FakeOpenAI through the openai SDK, in process and on loopback."""

import asyncio
import contextlib
import json
import os
import re
import socket
import sys
import threading

import openai
import pytest

from fakemodel import (
    FakeOpenAI,
    NoReplyLeft,
    Reply,
    ReplyInvalid,
    UnplayedReplies,
    refusal,
    text,
    tool_call,
    usage,
    when,
)
from fakemodel.httpx_modules import httpx_modules, sdk_httpx

USER = [{"role": "user", "content": "Hi"}]
REPLY = Reply(text("Hel", "lo"), tool_call("get_weather", {"city": "Paris"}), usage=usage(7, 5, cached=2, reasoning=3))


def test_a_response_is_what_the_script_says(api, client):
    api.say(REPLY)

    response = client.responses.create(model="gpt-4.1", input="Hi", instructions="Be brief.", metadata={"run": "1"})

    assert response.output_text == "Hello"
    assert response.output[1].arguments == '{"city":"Paris"}'
    assert response.usage.input_tokens_details.cached_tokens == 2
    assert (response.model, response.instructions, response.metadata) == ("gpt-4.1", "Be brief.", {"run": "1"})
    assert api.requests[0].json["input"] == "Hi"
    assert api.requests[0].status == 200


def test_a_streamed_response_adds_up_to_the_plain_one(api, client):
    api.say(REPLY, REPLY)

    with client.responses.stream(model="gpt-4.1", input="Hi") as stream:
        kinds = [event.type for event in stream]
        streamed = stream.get_final_response()
    plain = client.responses.create(model="gpt-4.1", input="Hi")

    assert kinds[:2] == ["response.created", "response.in_progress"]
    assert kinds.count("response.output_text.delta") == 2
    assert kinds[-1] == "response.completed"
    assert streamed.output_text == plain.output_text
    assert streamed.usage == plain.usage
    assert streamed.id != plain.id


def test_a_completion_is_what_the_script_says(api, client):
    api.say(REPLY)

    completion = client.chat.completions.create(model="gpt-4o", messages=[{"role": "user", "content": "Hi"}])

    assert completion.model == "gpt-4o"
    assert completion.choices[0].message.content == "Hello"
    assert completion.choices[0].message.tool_calls[0].function.name == "get_weather"
    assert completion.choices[0].finish_reason == "tool_calls"
    assert completion.usage.completion_tokens_details.reasoning_tokens == 3


def test_a_streamed_completion_adds_up(api, client):
    api.say(REPLY)

    with client.chat.completions.stream(
        model="gpt-4o", messages=[{"role": "user", "content": "Hi"}], stream_options={"include_usage": True}
    ) as stream:
        for _ in stream:
            pass
        completion = stream.get_final_completion()

    assert completion.choices[0].message.content == "Hello"
    assert completion.choices[0].message.tool_calls[0].function.arguments == '{"city":"Paris"}'
    assert completion.usage.total_tokens == 12


@pytest.mark.parametrize("options", [{}, {"stream_options": {"include_usage": False}}])
def test_usage_is_streamed_only_when_asked_for(api, client, options):
    api.say("Hello")

    chunks = list(client.chat.completions.create(model="gpt-4o", messages=USER, stream=True, **options))

    assert all(chunk.choices and chunk.usage is None for chunk in chunks)


def test_a_refusal_reaches_the_client(api, client):
    api.say(Reply(refusal("No", " thanks")))

    response = client.responses.create(model="gpt-4.1", input="Hi")

    assert response.output[0].content[0].refusal == "No thanks"


async def test_async_clients_are_answered_in_process(api):
    api.say("one", "two")

    async with api.async_client() as client:
        plain = await client.responses.create(model="gpt-4.1", input="Hi")
        stream = await client.responses.create(model="gpt-4.1", input="Hi", stream=True)
        deltas = [event.delta async for event in stream if event.type == "response.output_text.delta"]

    assert plain.output_text == "one"
    assert deltas == ["two"]


def test_a_chain_shares_its_ids_prefix_and_branches(api, client):
    api.say("root", "left", "right")

    root = client.responses.create(model="gpt-4.1", input="a")
    branches = [client.responses.create(model="gpt-4.1", input="b", previous_response_id=root.id) for _ in range(2)]

    assert [branch.previous_response_id for branch in branches] == [root.id, root.id]
    assert len({root.id, *(branch.id for branch in branches)}) == 3
    assert {branch.id[:21] for branch in branches} == {root.id[:21]}


@pytest.mark.parametrize("stream", [False, True])
def test_an_unknown_previous_response_is_refused(api, client, stream):
    api.say("never said")

    with pytest.raises(openai.BadRequestError) as refused:
        client.responses.create(model="gpt-4.1", input="b", previous_response_id="resp_gone", stream=stream)

    assert refused.value.code == "previous_response_not_found"
    assert refused.value.param == "previous_response_id"
    assert refused.value.body["message"] == "Previous response with id 'resp_gone' not found."
    assert refused.value.response.headers["content-type"] == "application/json"
    assert api.remaining == 1


def test_a_response_that_was_not_stored_cannot_be_continued(api, client):
    api.say("forgotten")
    first = client.responses.create(model="gpt-4.1", input="a", store=False)

    with pytest.raises(openai.BadRequestError, match=f"Previous response with id '{first.id}' not found."):
        client.responses.create(model="gpt-4.1", input="b", previous_response_id=first.id)


@pytest.mark.parametrize(
    ("path", "body", "status", "message"),
    [
        ("/responses", b"{", 400, "We could not parse the JSON body of your request."),
        ("/responses", b"[]", 400, "We could not parse the JSON body of your request."),
        ("/responses", b'{"temperature": NaN}', 400, "We could not parse the JSON body of your request."),
        ("/responses", b'{"input": "a"}', 400, "Missing required parameter: 'model'."),
        ("/responses", b'{"model": "m"}', 400, "Missing required parameter: 'input'."),
        ("/chat/completions", b'{"model": "m"}', 400, "Missing required parameter: 'messages'."),
        (
            "/response",
            b"{}",
            404,
            "Invalid URL (POST /v1/response). FakeOpenAI serves POST /v1/responses; on(…) adds a route.",
        ),
    ],
)
def test_a_bad_request_is_refused_by_name(api, http, path, body, status, message):
    answer = http.post(path.removeprefix("/"), content=body)

    assert answer.status_code == api.requests[-1].status == status
    assert answer.json()["error"]["message"].startswith(message)
    assert answer.headers["x-should-retry"] == "false"


def test_a_request_too_many_is_refused_once_and_told(api, client):
    with pytest.raises(openai.InternalServerError, match="no reply left"):
        client.responses.create(model="gpt-4.1", input="Hi")

    assert len(api.requests) == 1  # the SDK does not retry it
    with pytest.raises(NoReplyLeft) as error:
        api.assert_complete()
    assert str(error.value) == (
        "the API was called once, the script has 0 replies.\n"
        "  turn 1  /v1/responses 'Hi' -> no reply left\n"
        "Add a Reply for turn 1, or find out why it was asked again."
    )


def test_replies_that_are_left_are_told(api):
    api.say("one", Reply(tool_call("f", {"a": 1})))
    api.client().responses.create(model="gpt-4.1", input=[{"role": "user", "content": "Hi"}])

    with pytest.raises(UnplayedReplies) as error:
        api.assert_complete()
    assert str(error.value) == (
        "the API was called once, the script has 2 replies.\n"
        "  turn 1  /v1/responses 'Hi' -> 'one'\n"
        '  turn 2  never asked for    -> call f({"a":1})\n'
        "Remove what is not needed, or find out why it was not asked for."
    )


def test_a_script_that_was_played_is_complete(api):
    api.say("one")
    api.client().responses.create(model="gpt-4.1", input="Hi")

    api.assert_complete()
    assert repr(api) == "<FakeOpenAI: 1 request answered, 0 replies left>"


def test_many_clients_at_once_get_an_answer_each(api):
    api.say(*(str(number) for number in range(40)))
    answers = []

    def ask():
        with openai.OpenAI(base_url=served.base_url, api_key="sk-any") as client:
            answers.extend(client.responses.create(model="m", input="Hi").output_text for _ in range(5))

    with api.serve() as served:
        threads = [threading.Thread(target=ask) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert sorted(map(int, answers)) == list(range(40))


def test_a_request_that_was_not_sent_to_its_end_is_none(api):
    api.say("Hello")
    body = b'{"model": "m", "input": "Hi"}'
    with api.serve() as served:
        host, port = re.search(r"//([^:]*):(\d+)/", served.base_url).groups()
        with socket.create_connection((host, int(port))) as connection:
            path = served.base_url.partition(port)[2].encode()
            connection.sendall(b"POST %s/responses HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n" % path)
            connection.sendall(b"%x\r\n%s\r\n" % (len(body), body))
        with openai.OpenAI(base_url=served.base_url, api_key="any") as client:
            assert client.responses.create(model="m", input="Hi").output_text == "Hello"

    assert len(api.requests) == 1


def test_the_suites_own_event_loops_stay_what_they_are():
    def kind():
        with contextlib.closing(asyncio.new_event_loop()) as loop:
            return type(loop)

    before = kind()
    with FakeOpenAI().serve():
        assert kind() is before
    assert kind() is before


def test_a_connection_that_nobody_asked_over_is_closed_too(monkeypatch):
    monkeypatch.setitem(sys.modules, "uvloop", None)  # it does not tell of what was left open
    with FakeOpenAI().serve() as served:
        host, port = re.search(r"//([^:]*):(\d+)/", served.base_url).groups()
        connection = socket.create_connection((host, int(port)), timeout=30)

    with connection:
        assert connection.recv(1) == b""


def test_what_is_no_longer_served_says_so(fake_openai):
    other = re.sub("/[0-9]+/v1", "/0/v1", os.environ["OPENAI_BASE_URL"])
    with sdk_httpx().Client() as client:
        answer = client.get(f"{other}/responses")

    assert (answer.status_code, answer.text) == (404, "No FakeOpenAI is served here: its test is over.")


def test_both_httpx_modules_are_answered_in_process(api):
    for httpx in httpx_modules():
        api.say("Hello")
        with httpx.Client(transport=api.transport(httpx)) as client:
            answer = client.post("https://api.openai.com/v1/responses", json={"model": "m", "input": "Hi"})
        assert json.loads(answer.content)["output"][0]["content"][0]["text"] == "Hello"


def test_a_stream_arrives_frame_by_frame(api):
    api.say(Reply(text("a", "b")))

    with api.client() as client:
        answer = client.responses.with_raw_response.create(model="m", input="Hi", stream=True)
        parts = list(answer.http_response.iter_raw())

    assert len(parts) == 10
    assert all(part.startswith(b"event: ") and part.endswith(b"\n\n") for part in parts)


@pytest.mark.parametrize(
    ("member", "value", "told"),
    [
        ("previous_response_id", ["a"], "expected a string, but got an array"),
        ("previous_response_id", {"id": "a"}, "expected a string, but got an object"),
        ("stream", "yes", "expected a boolean, but got a string"),
        ("service_tier", ["a"], "expected one of 'auto', 'default', 'fast', 'flex', or 'priority', but got an array"),
        ("store", "yes", "expected a boolean, but got a string"),
        ("model", 5, "expected a string, but got an integer"),
        ("stream_options", 0.5, "expected an object, but got a decimal number"),
    ],
)
def test_a_member_of_the_wrong_type_is_refused(api, http, member, value, told):
    answer = http.post("responses", json={"model": "m", "input": "a", member: value})

    assert answer.status_code == 400
    assert answer.json()["error"] == {
        "message": f"Invalid type for '{member}': {told} instead.",
        "type": "invalid_request_error",
        "param": member,
        "code": "invalid_type",
    }


@pytest.mark.parametrize("conversation", ["conv_1", {"id": "conv_1"}])
def test_a_conversation_that_nobody_made_is_unknown(api, client, conversation):
    with pytest.raises(openai.NotFoundError, match="Conversation with id 'conv_1' not found"):
        client.responses.create(model="m", input="a", conversation=conversation)


def test_a_reply_that_chat_has_no_form_for_is_told_and_not_retried(api, client):
    api.say({"type": "web_search_call", "id": "ws_1", "status": "completed"}, "second")

    with pytest.raises(openai.InternalServerError, match="Chat Completions has no form for"):
        client.chat.completions.create(model="m", messages=USER)

    assert (len(api.requests), api.remaining) == (1, 1)
    with pytest.raises(ReplyInvalid):
        api.assert_complete()


@pytest.mark.parametrize("stream", [False, True])
def test_half_a_character_in_a_request_is_echoed_as_it_came(api, http, stream):
    api.say("Hello")

    answer = http.post(
        "responses", content=json.dumps({"model": "m", "input": "a", "instructions": "\ud83d", "stream": stream})
    )

    assert answer.status_code == 200
    assert rb'"instructions":"\ud83d"' in answer.content


def test_what_is_said_otherwise_is_none_of_the_replies_of_the_script():
    api = FakeOpenAI([when(input="Rome").say("Rome it is.")])
    api.otherwise("Hello")
    client = api.client()
    for _ in range(3):
        client.responses.create(model="gpt-4.1", input="Hi")

    with pytest.raises(UnplayedReplies, match=r"^the API was called 3 times, the script has 1 reply\.\n"):
        api.assert_complete()
