"""What is kept of chat completions with `store=True`, through the openai SDK."""

import openai
import pytest
from jsonschema import Draft202012Validator
from openai.types.chat import ChatCompletionDeleted
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from fakemodel import Reply, tool_call
from tests.wire.test_openapi import wants

TOOL = {"type": "function", "function": {"name": "get_weather", "parameters": {"type": "object", "properties": {}}}}


def stored(client, said="Hi", **options):
    messages = said if isinstance(said, list) else [{"role": "user", "content": said}]
    return client.chat.completions.create(
        **{"model": "gpt-4.1", "messages": messages, "store": True, **options},
    )


def test_a_completion_that_was_stored_is_found_again(api, client):
    api.say("Hello")
    created = stored(client)

    found = client.chat.completions.retrieve(created.id)

    assert found.choices == created.choices
    assert found.usage == created.usage
    assert (found.id, found.model, found.created) == (created.id, "gpt-4.1", created.created)


def test_a_streamed_completion_is_stored_too(api, client):
    api.say("Hello")
    chunks = list(stored(client, stream=True))

    found = client.chat.completions.retrieve(chunks[0].id)

    assert found.object == "chat.completion"
    assert found.choices[0].message.content == "Hello"


@pytest.mark.parametrize("options", [{}, {"store": False}, {"store": None}])
def test_a_completion_is_kept_only_when_asked_for(api, client, options):
    api.say("Hello")
    messages = [{"role": "user", "content": "Hi"}]
    created = client.chat.completions.create(model="gpt-4.1", messages=messages, **options)

    assert client.chat.completions.list().data == []
    with pytest.raises(openai.NotFoundError) as refused:
        client.chat.completions.retrieve(created.id)
    assert refused.value.body == {
        "message": f"Chat completion with id '{created.id}' not found.",
        "type": "invalid_request_error",
        "param": None,
        "code": None,
    }


def test_a_stored_completion_says_what_its_request_said(api, client):
    api.say(Reply(tool_call("get_weather")), "Hello")
    said = {"seed": 7, "temperature": 0.5, "tools": [TOOL], "tool_choice": "auto", "metadata": {"run": "1"}}
    one, other = stored(client, **said, user="u-1"), stored(client)

    found = client.chat.completions.retrieve(one.id).to_dict()
    plain = client.chat.completions.retrieve(other.id).to_dict()

    assert found == {**found, **said, "input_user": "u-1", "top_p": 1.0, "response_format": None}
    assert plain["temperature"] == 1.0
    assert [plain[name] for name in ("seed", "tools", "tool_choice", "input_user")] == [None] * 4
    assert plain["metadata"] == {}
    assert found["request_id"].startswith("req_")
    assert found["request_id"] != plain["request_id"]


def test_stored_completions_are_listed_in_their_order(api, client):
    api.say("one", "two", "three")
    ids = [stored(client).id for _ in range(3)]

    assert [each.id for each in client.chat.completions.list()] == ids
    assert [each.id for each in client.chat.completions.list(order="desc")] == ids[::-1]
    assert client.chat.completions.list().data[0] == client.chat.completions.retrieve(ids[0])


def test_the_sdk_pages_through_them(api, client):
    api.say(*"abcde")
    ids = [stored(client).id for _ in range(5)]

    first = client.chat.completions.list(limit=2)

    assert [each.id for each in first.data] == ids[:2]
    assert first.has_next_page()
    assert [each.id for each in first] == ids
    assert [each.id for each in client.chat.completions.list(after=ids[2], limit=1).data] == [ids[3]]


def test_they_are_filtered_by_model_and_metadata(api, client):
    api.say(*"abcd")
    stored(client)
    stored(client, metadata={"run": "1", "suite": "a"})
    stored(client, metadata={"run": "2", "suite": "a"})
    stored(client, model="o3", metadata={"run": "1", "suite": "a b&c[]"})

    def found(**query) -> list[str | None]:
        return [each.choices[0].message.content for each in client.chat.completions.list(**query)]

    assert found(metadata={"run": "1"}) == ["b", "d"]
    assert found(metadata={"run": "1"}, model="o3") == ["d"]
    assert found(metadata={"run": "1", "suite": "a"}) == ["b"]
    assert found(metadata={"suite": "a b&c[]"}) == ["d"]
    assert found(metadata={"other": "1"}) == []
    assert found(model="gpt-4.1", metadata={}) == ["a", "b", "c"]


def test_metadata_is_replaced_by_an_update(api, client):
    api.say("Hello")
    created = stored(client, metadata={"run": "1", "suite": "a"})

    updated = client.chat.completions.update(created.id, metadata={"run": "2"})

    assert updated == client.chat.completions.retrieve(created.id)
    assert updated.to_dict()["metadata"] == {"run": "2"}
    assert updated.choices == created.choices
    assert client.chat.completions.update(created.id, metadata=None).to_dict()["metadata"] == {}


def test_what_was_deleted_is_gone(api, client):
    api.say("one", "two")
    gone, left = stored(client), stored(client)

    deleted = client.chat.completions.delete(gone.id)

    assert deleted == ChatCompletionDeleted(id=gone.id, deleted=True, object="chat.completion.deleted")
    assert [each.id for each in client.chat.completions.list()] == [left.id]


OPERATIONS = {
    "retrieve": lambda completions: completions.retrieve("chatcmpl-gone"),
    "update": lambda completions: completions.update("chatcmpl-gone", metadata={}),
    "delete": lambda completions: completions.delete("chatcmpl-gone"),
    "messages": lambda completions: completions.messages.list("chatcmpl-gone"),
}


@pytest.mark.parametrize("operation", OPERATIONS.values(), ids=OPERATIONS)
def test_a_completion_that_is_not_kept_is_refused(client, operation):
    with pytest.raises(openai.NotFoundError, match="Chat completion with id 'chatcmpl-gone' not found"):
        operation(client.chat.completions)


PARTS = [{"type": "text", "text": "What is it?"}, {"type": "image_url", "image_url": {"url": "data:image/png;base64,"}}]
TOOL_CALL = {"id": "call_1", "type": "function", "function": {"name": "get_weather", "arguments": "{}"}}
ASKED = [
    {"role": "system", "content": "Be brief."},
    {"role": "user", "content": PARTS, "name": "Ann"},
    {"role": "assistant", "tool_calls": [TOOL_CALL]},
    {"role": "tool", "tool_call_id": "call_1", "content": "sunny"},
]


def test_the_messages_of_the_request_are_listed_without_the_answer(api, client):
    api.say("Hello")
    created = stored(client, ASKED)

    found = [message.to_dict() for message in client.chat.completions.messages.list(created.id)]

    assert [message["id"] for message in found] == [f"{created.id}-{index}" for index in range(4)]
    assert [message["role"] for message in found] == ["system", "user", "assistant", "tool"]
    assert [message["content"] for message in found] == ["Be brief.", None, None, "sunny"]
    assert [message["content_parts"] for message in found] == [None, PARTS, None, None]
    assert [message["name"] for message in found] == [None, "Ann", None, None]
    assert found[2]["tool_calls"] == [TOOL_CALL]


def test_the_sdk_pages_through_the_messages(api, client):
    api.say("Hello")
    messages = client.chat.completions.messages
    created = stored(client, [{"role": "user", "content": word} for word in "abc"])

    assert [each.content for each in messages.list(created.id, limit=1)] == ["a", "b", "c"]
    assert [each.content for each in messages.list(created.id, order="desc", limit=2).data] == ["c", "b"]
    assert [each.content for each in messages.list(created.id, after=f"{created.id}-0").data] == ["b", "c"]


OURS = {
    # Of what a completion breaks in the description when it is made, `tests/wire/test_openapi.py` tells.
    ("system_fingerprint", "type string"),
    ("data[*].system_fingerprint", "type string"),
    # The description has answers alone as messages, against its own example and the newer reference.
    ("data[*].role", "enum assistant"),
}
"""What stored completions break of the description."""


def test_the_answers_break_nothing_else_of_the_description(api, client, http, openapi):
    api.say("Hello", Reply(tool_call("get_weather")))
    created = stored(client, ASKED)
    stored(client, tools=[TOOL], metadata={"run": "1"})
    path = f"chat/completions/{created.id}"
    answers = [
        ("ChatCompletionList", http.get("chat/completions")),
        ("CreateChatCompletionResponse", http.get(path)),
        ("CreateChatCompletionResponse", http.post(path, json={"metadata": {"run": "2"}})),
        ("ChatCompletionMessageList", http.get(f"{path}/messages")),
        ("ChatCompletionDeleted", http.delete(path)),
    ]
    registry = Registry().with_resource("openai", DRAFT202012.create_resource(openapi))

    def broken(name: str, body: dict) -> set[tuple[str, str]]:
        validator = Draft202012Validator({"$ref": f"openai#/components/schemas/{name}"}, registry=registry)
        return {found for error in validator.iter_errors(body) for found in wants(error)}

    assert {found for name, answer in answers for found in broken(name, answer.json())} == OURS
