"""Which models FakeOpenAI knows, through the openai SDK."""

import openai
import pytest
from openai.types import Model

from fakemodel import FakeOpenAI

ASKED = {
    "responses": lambda client, model: client.responses.create(model=model, input="Hi"),
    "chat": lambda client, model: client.chat.completions.create(
        model=model, messages=[{"role": "user", "content": "Hi"}]
    ),
    "embeddings": lambda client, model: client.embeddings.create(model=model, input="Hi"),
    "models": lambda client, model: client.models.retrieve(model),
}
"""A request of each API that names a model."""


@pytest.fixture
def api() -> FakeOpenAI:
    return FakeOpenAI(models=["gpt-4.1", "text-embedding-3-small"])


def test_the_models_that_are_known_are_listed(client):
    assert [model.id for model in client.models.list()] == ["gpt-4.1", "text-embedding-3-small"]


def test_a_model_that_is_known_is_found(client):
    assert client.models.retrieve("gpt-4.1") == client.models.list().data[0]


@pytest.mark.parametrize("asked", ASKED.values(), ids=ASKED)
def test_a_model_that_is_known_is_answered(api, client, asked):
    api.say("Hello")

    asked(client, "gpt-4.1")

    assert api.requests[-1].status == 200


@pytest.mark.parametrize(
    ("asked", "status", "message", "param"),
    [
        ("responses", 400, "The requested model 'gpt-9' does not exist.", "model"),
        ("chat", 404, "The model `gpt-9` does not exist or you do not have access to it.", None),
        ("embeddings", 404, "The model `gpt-9` does not exist or you do not have access to it.", None),
        ("models", 404, "The model 'gpt-9' does not exist", "model"),
    ],
)
def test_each_api_refuses_an_unknown_model_in_its_own_words(api, client, asked, status, message, param):
    api.say("never said")

    with pytest.raises(openai.APIStatusError) as refused:
        ASKED[asked](client, "gpt-9")

    assert refused.value.status_code == status
    assert refused.value.body == {
        "message": message,
        "type": "invalid_request_error",
        "param": param,
        "code": "model_not_found",
    }
    assert api.remaining == 1


def test_without_a_list_any_model_is_known(client_of_any):
    assert client_of_any.models.retrieve("gpt-9").id == "gpt-9"


def test_without_a_list_those_are_listed_that_requests_named(client_of_any):
    for model, asked in [("o3", "responses"), ("gpt-4o", "chat"), ("o3", "chat"), ("ada", "embeddings")]:
        ASKED[asked](client_of_any, model)
    client_of_any.models.retrieve("gpt-9")

    assert [model.id for model in client_of_any.models.list()] == ["o3", "gpt-4o", "ada"]


def test_before_any_request_no_model_is_listed(client_of_any):
    assert client_of_any.models.list().data == []


def test_the_answers_are_the_sdk_s_type(http):
    listed, one = http.get("models").json(), http.get("models/gpt-4.1").json()

    assert listed["object"] == "list"
    assert [Model.model_validate(each, strict=True).to_dict() for each in listed["data"]] == listed["data"]
    assert Model.model_validate(one, strict=True).to_dict() == one


@pytest.fixture
def client_of_any() -> openai.OpenAI:
    return FakeOpenAI(["Hello"] * 3).client()


@pytest.mark.parametrize("path", ["responses/input_tokens", "responses/compact"])
def test_what_only_counts_or_compacts_knows_no_other_model_either(http, path):
    refused = http.post(path, json={"model": "gpt-9", "input": "Hi"})

    assert refused.status_code == 400
    assert refused.json()["error"]["message"] == "The requested model 'gpt-9' does not exist."
