"""Who is answered: keys and models that are known, and answers that are functions of their request."""

import asyncio

import openai
import pytest

from fakemodel import FakeOpenAI, NoReplyLeft, ReplyInvalid, SettingInvalid
from fakemodel.httpx_modules import sdk_httpx


@pytest.fixture
def locked():
    """A server that takes one key."""
    return FakeOpenAI(["Hello"], api_key="sk-the-right-one")


def test_the_right_key_is_answered(locked):
    assert locked.client().responses.create(model="m", input="Hi").output_text == "Hello"


@pytest.mark.parametrize(
    ("key", "shown"),
    [("sk-the-wrong-one", "sk-*********-one"), ("sk-short", "********"), ("sk-12345678", "***********")],
)
def test_another_key_is_refused(locked, key, shown):
    with pytest.raises(openai.AuthenticationError) as refused:
        locked.client(api_key=key).responses.create(model="m", input="Hi")

    assert refused.value.body == {
        "message": f"Incorrect API key provided: {shown}. You can find your API key at "
        "https://platform.openai.com/account/api-keys.",
        "type": "invalid_request_error",
        "param": None,
        "code": "invalid_api_key",
    }
    assert (refused.value.status_code, locked.requests[0].status, locked.remaining) == (401, 401, 1)


@pytest.mark.parametrize("headers", [{}, {"authorization": "Basic sk-the-right-one"}, {"authorization": "Bearer "}])
def test_no_key_is_refused(locked, headers):
    with sdk_httpx().Client(transport=locked.transport()) as http:
        answer = http.get("https://api.openai.com/v1/models", headers=headers)

    assert answer.status_code == 401
    assert answer.json()["error"]["message"].startswith("You didn't provide an API key.")


def test_any_key_will_do_where_none_is_given(api, client):
    api.say("Hello")

    assert client.with_options(api_key="whatever").responses.create(model="m", input="Hi").output_text == "Hello"


def test_only_the_models_that_are_given_are_there():
    api = FakeOpenAI(["Hello"], models=["gpt-4.1"])
    client = api.client()

    with pytest.raises(openai.BadRequestError, match="The requested model 'gpt-9' does not exist"):
        client.responses.create(model="gpt-9", input="Hi")
    assert client.responses.create(model="gpt-4.1", input="Hi").model == "gpt-4.1"
    assert [model.id for model in client.models.list()] == ["gpt-4.1"]


def test_an_answer_is_a_function_of_its_request(api, client):
    api.otherwise(lambda request: f"{request.json['input']}, {len(request.context)}")

    first = client.responses.create(model="m", input="a")
    second = client.responses.create(model="m", input="b", previous_response_id=first.id)

    assert (first.output_text, second.output_text) == ("a, 1", "b, 3")
    api.assert_complete()


def test_what_is_said_otherwise_is_said_when_no_reply_is_left(api, client):
    api.say("first")
    api.otherwise("then")

    assert [client.responses.create(model="m", input="Hi").output_text for _ in range(3)] == ["first", "then", "then"]
    api.assert_complete()


def test_a_responder_may_be_async(api, client):
    async def answer(request):
        await asyncio.sleep(0)
        return f"async {request.json['input']}"

    api.say(answer)

    assert client.responses.create(model="m", input="Hi").output_text == "async Hi"


async def test_a_responder_of_an_async_client_runs_on_its_loop(api):
    loops = []

    async def answer(request):
        loops.append(asyncio.get_running_loop())
        return "Hello"

    api.say(answer)
    async with api.async_client() as client:
        await client.responses.create(model="m", input="Hi")

    assert loops == [asyncio.get_running_loop()]


def test_an_assertion_of_a_responder_fails_the_test_with_that_very_error(api, client):
    wrong = AssertionError("the question was not asked")

    async def answer(request):
        raise wrong

    api.say(answer)
    with pytest.raises(openai.InternalServerError, match="AssertionError: the question was not asked"):
        client.responses.create(model="m", input="Hi")

    assert len(api.requests) == 1  # the SDK does not try again
    with pytest.raises(AssertionError) as error:
        api.assert_complete()
    assert error.value is wrong


def test_what_pytest_raises_in_a_responder_fails_the_test_from_the_servers_thread_too(api):
    def answer(request):
        pytest.fail("no temperature was sent")

    api.say(answer, "Hello")
    with api.serve() as served:
        client = openai.OpenAI(base_url=served.base_url, api_key="any")
        with client, pytest.raises(openai.InternalServerError, match="no temperature was sent"):
            client.responses.create(model="m", input="Hi")

    with pytest.raises(pytest.fail.Exception, match="no temperature was sent"):
        api.assert_complete()


def test_a_responder_that_fails_lets_go_of_the_conversation(api, client):
    def answer(request):
        raise ValueError("no answer")

    conversation = client.conversations.create().id
    api.say(answer, "Hello")
    with pytest.raises(openai.InternalServerError):
        client.responses.create(model="m", input="a", conversation=conversation)

    client.responses.create(model="m", input="b", conversation=conversation)
    assert api.requests[-1].context.text == "b"


def test_a_reply_that_is_missing_leaves_nothing_behind(api, client):
    conversation = client.conversations.create().id
    with pytest.raises(openai.InternalServerError, match="no reply left"):
        client.responses.create(model="m", input="a", conversation=conversation)
    api.say("Hello")

    client.responses.create(model="m", input="b", conversation=conversation)

    assert api.requests[-1].context.text == "b"
    with pytest.raises(NoReplyLeft):
        api.assert_complete()


@pytest.mark.parametrize("said", [5, None, object()])
def test_a_responder_that_returns_no_reply_is_told(api, client, said):
    api.say(lambda request: said)
    with pytest.raises(openai.InternalServerError, match="ReplyInvalid"):
        client.responses.create(model="m", input="Hi")

    with pytest.raises(ReplyInvalid):
        api.assert_complete()


@pytest.mark.parametrize("path", ["v1/files", "/v1/{a}/{a}", "/v1/{a-b}", "/v1//files", None])
def test_what_is_no_route_is_told_at_once(api, path):
    with pytest.raises(SettingInvalid, match="is no route: expected is a path as '/v1/files/"):
        api.on("GET", path, dict)


def test_a_responder_may_end_an_iteration_by_mistake(api, client):
    answers = iter(())
    api.say(lambda request: next(answers))

    with pytest.raises(openai.InternalServerError):
        client.responses.create(model="gpt-4.1", input="Hi")
    with pytest.raises(RuntimeError, match="raised StopIteration"):
        api.assert_complete()


def test_an_exception_is_no_reply(api):
    with pytest.raises(ReplyInvalid):
        api.say(ValueError)
