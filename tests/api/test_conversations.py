"""Conversations, through the openai SDK: what is kept of them, and what runs do to them."""

import re

import openai
import pytest
from openai.types.conversations import Conversation

from fakemodel import Reply, tool_call

GREETING = {"type": "message", "role": "user", "content": "Hi"}
OUTPUT = {"type": "function_call_output", "call_id": "call_1", "output": "1"}


def said(items):
    """What the messages of a list say."""
    return [item.content[0].text for item in items]


def refusal(error):
    return {"type": "invalid_request_error", "param": None, "code": None, **error}


def test_a_conversation_is_found_as_it_was_made(client):
    made = client.conversations.create(metadata={"topic": "demo"})

    assert made.object == "conversation"
    assert made.metadata == {"topic": "demo"}
    assert re.fullmatch("conv_[0-9a-f]{50}", made.id)
    assert client.conversations.retrieve(made.id) == made
    assert client.conversations.items.list(made.id).data == []


def test_a_conversation_needs_nothing(api, client):
    one, other = client.conversations.create(), client.conversations.create(items=[], metadata=None)

    assert one.metadata == other.metadata == {}
    assert one.id != other.id
    assert list(api.conversations) == [one.id, other.id]


def test_a_conversation_may_begin_with_items(client):
    made = client.conversations.create(items=[GREETING, {"role": "assistant", "content": "Hello"}])

    assert said(client.conversations.items.list(made.id, order="asc")) == ["Hi", "Hello"]


def test_metadata_is_added_to_what_there_is(client):
    made = client.conversations.create(metadata={"topic": "demo", "user": "1"})

    updated = client.conversations.update(made.id, metadata={"user": "2", "stage": "end"})

    assert updated.metadata == {"topic": "demo", "user": "2", "stage": "end"}
    assert client.conversations.retrieve(made.id) == updated
    assert updated == Conversation(**{**made.to_dict(), "metadata": updated.metadata})


def test_there_is_room_for_sixteen_keys_of_metadata(client):
    made = client.conversations.create(metadata={str(number): "a" for number in range(15)})
    client.conversations.update(made.id, metadata={"15": "a"})

    with pytest.raises(openai.BadRequestError, match="Expected an object with at most 16 properties") as refused:
        client.conversations.update(made.id, metadata={"16": "a"})

    assert (refused.value.param, refused.value.code) == ("metadata", "object_above_max_properties")
    assert len(client.conversations.retrieve(made.id).metadata) == 16


def test_a_conversation_that_was_deleted_is_gone(client):
    made = client.conversations.create(items=[GREETING])

    deleted = client.conversations.delete(made.id)

    assert deleted.to_dict() == {"id": made.id, "object": "conversation.deleted", "deleted": True}
    for call in (client.conversations.retrieve, client.conversations.delete, client.conversations.items.list):
        with pytest.raises(openai.NotFoundError) as refused:
            call(made.id)
        assert refused.value.body == refusal({"message": f"Conversation with id '{made.id}' not found."})


def test_the_responses_of_a_deleted_conversation_stay(api, client):
    api.say("Hello", "And again")
    made = client.conversations.create()
    response = client.responses.create(model="gpt-4.1", input="Hi", conversation=made.id)

    client.conversations.delete(made.id)

    assert client.responses.retrieve(response.id).output_text == "Hello"
    client.responses.create(model="gpt-4.1", input="Go on", previous_response_id=response.id)
    assert "Hi\nHello\nGo on" in api.requests[-1].context.text
    with pytest.raises(openai.NotFoundError, match=f"Conversation with id '{made.id}' not found."):
        client.responses.create(model="gpt-4.1", input="Hi", conversation=made.id)


def test_an_id_that_no_conversation_can_have_is_refused(client):
    with pytest.raises(openai.BadRequestError) as refused:
        client.conversations.retrieve("thread_1")

    message = "Invalid 'conversation_id': 'thread_1'. Expected an ID that begins with 'conv'."
    assert refused.value.body == refusal({"message": message, "param": "conversation_id", "code": "invalid_value"})


def test_a_conversation_begins_with_up_to_twenty_items(api, client):
    client.conversations.create(items=[GREETING] * 20)

    with pytest.raises(openai.BadRequestError, match="Invalid 'items': array too long"):
        client.conversations.create(items=[GREETING] * 21)

    assert len(api.conversations) == 1


def test_a_run_sees_what_is_in_its_conversation_and_adds_to_it(api, client):
    api.say(Reply(tool_call("f", id="call_1")), "Done")
    made = client.conversations.create(items=[{"role": "user", "content": word} for word in ("keep this", "not that")])
    client.conversations.items.delete(client.conversations.items.list(made.id).data[0].id, conversation_id=made.id)

    client.responses.create(model="gpt-4.1", input="Go", conversation=made.id)
    client.responses.create(model="gpt-4.1", input=[OUTPUT], conversation=made.id)

    context = api.requests[-1].context
    assert context.text == "keep this\nGo\n{}\n1"
    *seen, last = client.conversations.items.list(made.id, order="asc")
    assert [item.type for item in seen] == ["message", "message", "function_call", "function_call_output"]
    assert [item.to_dict() for item in seen] == list(context)
    assert last.content[0].text == "Done"


def test_a_conversation_with_a_run_on_it_is_not_written_to(api, client):
    made = client.conversations.create(items=[GREETING])
    (item,) = client.conversations.items.list(made.id).data
    refused = []

    def write_meanwhile(request):
        for write in (
            lambda: client.conversations.items.create(made.id, items=[GREETING]),
            lambda: client.conversations.items.delete(item.id, conversation_id=made.id),
        ):
            with pytest.raises(openai.BadRequestError) as error:
                write()
            refused.append(error.value.body)
        assert client.conversations.items.list(made.id).data == [item]
        return "Hello"

    api.say(write_meanwhile)
    client.responses.create(model="gpt-4.1", input="Go", conversation=made.id)

    message = "Another process is currently operating on this conversation. Please retry in a few seconds."
    assert refused == [refusal({"message": message, "param": "conversation", "code": "conversation_locked"})] * 2
    client.conversations.items.delete(item.id, conversation_id=made.id)
    assert said(client.conversations.items.list(made.id)) == ["Hello", "Go"]


def test_a_stream_that_is_not_read_to_its_end_leaves_nothing_behind(api):
    api.say("Hello")

    with api.client() as client:
        made = client.conversations.create()
        with client.responses.create(model="gpt-4.1", input="Go", conversation=made.id, stream=True) as stream:
            next(iter(stream))
        client.conversations.items.create(made.id, items=[GREETING])

        assert said(client.conversations.items.list(made.id)) == ["Hi"]
