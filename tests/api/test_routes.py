"""Which request goes where: routes of one's own, paths that there are not, Azure's, and what the journal says of it."""

import datetime

import openai
import pytest

from fakemodel import FakeOpenAI, ReplyInvalid
from fakemodel.httpx_modules import sdk_httpx

HI = [{"role": "user", "content": "Hi"}]


@pytest.fixture
def azure(api, door):
    """A client of Azure's, through both doors."""
    origin = door["base_url"].removesuffix("/").removesuffix("/v1")
    with sdk_httpx().Client(**{**door, "base_url": ""}) as http:
        yield openai.AzureOpenAI(azure_endpoint=origin, api_version="2025-04-01-preview", api_key="k", http_client=http)


def test_a_route_of_ones_own_is_answered(api, client):
    async def gone(request):
        return 404, {"error": {"message": f"No file {request.named['file_id']}.", "code": "gone"}}

    api.on("get", "/v1/files/{file_id}", lambda request: {"id": request.named["file_id"], "object": "file"})
    api.on("DELETE", "/v1/files/{file_id}", gone)

    assert client.files.retrieve("file-1").id == "file-1"
    with pytest.raises(openai.NotFoundError, match="No file file-2") as refused:
        client.files.delete("file-2")
    assert refused.value.code == "gone"
    assert [request.status for request in api.requests] == [200, 404]
    assert [request.named for request in api.requests] == [{"file_id": "file-1"}, {"file_id": "file-2"}]
    api.assert_complete()


def test_a_route_of_ones_own_goes_before_that_of_the_server(api, client):
    api.on("GET", "/v1/models", lambda request: {"object": "list", "data": [{"id": "mine"}]})

    assert [model.id for model in client.models.list()] == ["mine"]


@pytest.mark.parametrize("value", [{"a", "b"}, b"a", float("nan"), datetime.date(2026, 1, 1)])
def test_a_route_that_is_answered_with_what_is_no_json_is_told(api, client, value):
    api.on("GET", "/v1/files", lambda request: {"data": [value]})
    with pytest.raises(openai.InternalServerError):
        client.files.list()

    with pytest.raises(ReplyInvalid, match="GET /v1/files was answered with what is no JSON: "):
        api.assert_complete()


@pytest.mark.parametrize("found", ["Hello", None, (200, "Hello"), (99, {}), ({}, 200)])
def test_a_route_that_is_answered_with_something_else_is_told(api, client, found):
    api.on("GET", "/v1/files", lambda request: found)
    with pytest.raises(openai.InternalServerError):
        client.files.list()

    assert len(api.requests) == 1
    with pytest.raises(ReplyInvalid) as error:
        api.assert_complete()
    assert str(error.value) == (
        f"GET /v1/files was answered with {found!r}: expected is a dict, or a status and a dict."
    )


@pytest.mark.parametrize(
    ("method", "path", "nearest"),
    [
        ("POST", "/v1/conversation", "POST /v1/conversations"),
        ("POST", "/v1/chat/completion", "POST /v1/chat/completions"),
        ("POST", "/v1/response", "POST /v1/responses"),
        ("GET", "/models", "GET /v1/models"),
        ("POST", "/responses", "POST /v1/responses"),
    ],
)
def test_a_path_that_there_is_not_is_answered_with_the_nearest(api, method, path, nearest):
    with sdk_httpx().Client(transport=api.transport()) as http:
        answer = http.request(method, f"https://api.openai.com{path}", json={})

    assert answer.status_code == 404
    assert (
        answer.json()["error"]["message"]
        == f"Invalid URL ({method} {path}). FakeOpenAI serves {nearest}; on(…) adds a route."
    )


def test_the_sdk_finds_nothing_at_a_route_that_is_not_served(api, client):
    with pytest.raises(openai.NotFoundError, match=r"Invalid URL \(GET /v1/files\)"):
        client.files.list()

    assert [(request.method, request.path, request.status) for request in api.requests] == [("GET", "/v1/files", 404)]


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "responses"), ("PUT", "conversations"), ("DELETE", "models"), ("PATCH", "responses/r")]
)
def test_another_method_is_refused(api, http, method, path):
    answer = http.request(method, path)

    assert answer.status_code == api.requests[-1].status == 405
    assert answer.json()["error"] == {
        "message": f"Not allowed to {method} on /v1/{path} (HINT: Perhaps you meant to use a different HTTP method?)",
        "type": "invalid_request_error",
        "param": None,
        "code": "method_not_supported",
    }


# Azure


def test_azure_names_its_deployments_in_the_path(api, azure):
    api.say("Hello", "streamed")

    answer = azure.chat.completions.create(model="gpt-4.1", messages=HI)
    chunks = [*azure.chat.completions.create(model="gpt-4.1", messages=HI, stream=True)]

    assert (answer.choices[0].message.content, answer.model) == ("Hello", "gpt-4.1")
    assert chunks[1].choices[0].delta.content == "streamed"
    assert [request.path for request in api.requests] == ["/openai/deployments/gpt-4.1/chat/completions"] * 2
    assert api.requests[0].query == "api-version=2025-04-01-preview"


def test_a_deployment_of_azures_is_the_model_where_the_body_has_null(api, door):
    api.say("Hello")
    with sdk_httpx().Client(transport=door.get("transport")) as http:
        origin = door["base_url"].removesuffix("/").removesuffix("/v1")
        path = "openai/deployments/gpt-4.1/chat/completions?api-version=2025-04-01-preview"
        answer = http.post(f"{origin}/{path}", json={"model": None, "messages": HI})

    assert answer.json()["model"] == "gpt-4.1"


def test_azure_keeps_responses_and_conversations_too(api, azure):
    api.say("one", "two")

    first = azure.responses.create(model="gpt-4.1", input="a")
    azure.responses.create(model="gpt-4.1", input="b", previous_response_id=first.id)
    conversation = azure.conversations.create()

    assert azure.responses.retrieve(first.id) == first
    assert azure.conversations.retrieve(conversation.id) == conversation
    assert api.requests[1].context.text.splitlines() == ["a", "one", "b"]
    assert api.requests[0].path == "/openai/responses"


def test_the_newer_path_of_azure_is_served(api):
    api.say("Hello")
    http = sdk_httpx().Client(transport=api.transport())
    client = openai.OpenAI(base_url="https://example.openai.azure.com/openai/v1/", api_key="k", http_client=http)

    assert client.responses.create(model="gpt-4.1", input="Hi").output_text == "Hello"
    assert api.requests[0].path == "/openai/v1/responses"


@pytest.mark.parametrize(("key", "status"), [("the-right-key-of-azure", 200), ("another-key-of-azure", 401)])
def test_azure_sends_its_key_in_a_header_of_its_own(key, status):
    api = FakeOpenAI(["Hello"], api_key="the-right-key-of-azure")
    with sdk_httpx().Client(transport=api.transport()) as http:
        answer = http.post(
            "https://example.openai.azure.com/openai/deployments/gpt-4.1/chat/completions",
            headers={"api-key": key},
            json={"messages": HI},
        )

    assert answer.status_code == status


# The journal


def test_the_journal_has_every_request_in_order(api, client):
    api.say("Hello")

    response = client.responses.create(model="m", input="Hi", metadata={"run": "1"}, extra_headers={"x-run": "7"})
    client.responses.input_items.list(response.id, order="asc", limit=5)

    asked, listed = api.requests
    assert (asked.method, asked.path, asked.status) == ("POST", "/v1/responses", 200)
    assert asked.json == {"model": "m", "input": "Hi", "metadata": {"run": "1"}}
    assert asked.headers["x-run"] == "7"
    assert asked.answer.json["id"] == response.id
    assert (listed.method, listed.path) == ("GET", f"/v1/responses/{response.id}/input_items")
    assert sorted(listed.query.split("&")) == ["limit=5", "order=asc"]
    assert listed.named == {"response_id": response.id}
    assert len(listed.context) == 0


def test_attempts_are_numbered_as_the_sdk_counts_them(api, client):
    api.otherwise("Hello")

    client.responses.create(model="m", input="Hi")
    client.responses.create(model="m", input="Hi", extra_headers={"x-stainless-retry-count": "1"})

    assert [request.attempt for request in api.requests] == [1, 2]
