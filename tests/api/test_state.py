"""What the API keeps: chains, conversations and their locks, background responses, and clients that go away."""

import asyncio
import threading

import openai
import pytest

from fakemodel import FakeOpenAI, Reply, text, tool_call

LOCKED = "Another process is currently operating on this conversation. Please retry in a few seconds."


def said(items):
    """What is said in items of the journal or of a conversation, a text an item."""
    return [item["content"][0]["text"] for item in items]


def test_the_third_turn_sees_the_two_before(api, client):
    api.say("one", "two", "three")

    first = client.responses.create(model="m", input="a", instructions="Be brief.")
    second = client.responses.create(model="m", input="b", previous_response_id=first.id)
    third = client.responses.create(model="m", input="c", previous_response_id=second.id)

    assert api.requests[2].context.text == "a\none\nb\ntwo\nc"
    assert [first.previous_response_id, second.previous_response_id] == [None, first.id]
    assert [first.instructions, second.instructions] == ["Be brief.", None]
    assert first.conversation is None
    assert "conversation" not in api.requests[0].answer.json
    tokens = [turn.usage.input_tokens for turn in (first, second, third)]
    assert tokens == sorted(set(tokens))


def test_a_branch_does_not_see_the_other(api, client):
    api.say("root", "left", "right")

    root = client.responses.create(model="m", input="a")
    client.responses.create(model="m", input="b", previous_response_id=root.id)
    client.responses.create(model="m", input="c", previous_response_id=root.id)

    assert api.requests[2].context.text.splitlines() == ["a", "root", "c"]


def test_a_chain_goes_on_when_its_middle_is_deleted(api, client):
    api.say("one", "two", "three")
    first = client.responses.create(model="m", input="a")
    second = client.responses.create(model="m", input="b", previous_response_id=first.id)

    client.responses.delete(first.id)
    client.responses.create(model="m", input="c", previous_response_id=second.id)

    assert api.requests[-1].context.text.splitlines() == ["a", "one", "b", "two", "c"]
    with pytest.raises(openai.NotFoundError):
        client.responses.retrieve(first.id)


@pytest.mark.parametrize("stream", [False, True], ids=["plain", "streamed"])
def test_a_stored_response_is_found_as_it_was_answered(api, client, stream):
    api.say(Reply(text("Hel", "lo"), tool_call("f", {"a": 1})))

    answered = client.responses.create(model="m", input="a", stream=stream, metadata={"run": "1"})
    if stream:
        answered = [*answered][-1].response

    assert client.responses.retrieve(answered.id) == answered
    assert said([item.to_dict() for item in client.responses.input_items.list(answered.id)]) == ["a"]


def test_a_call_that_is_answered_twice_is_answered(api, client):
    api.say(tool_call("f"), "sunny")
    first = client.responses.create(model="m", input="a")
    answer = {"type": "function_call_output", "call_id": first.output[0].call_id, "output": "42"}

    second = client.responses.create(model="m", input=[answer, answer], previous_response_id=first.id)

    assert second.output_text == "sunny"
    assert [item["type"] for item in api.requests[1].context[1:]] == ["function_call", *["function_call_output"] * 2]


def test_items_are_referred_to_by_their_ids(api, client):
    api.say("one", "two")
    first = client.responses.create(model="m", input="a")
    question = client.responses.input_items.list(first.id).data[0]
    names = [{"type": "item_reference", "id": id} for id in (question.id, first.output[0].id)]

    client.responses.create(model="m", input=[*names, {"role": "user", "content": "b"}])

    assert said(api.requests[-1].context) == ["a", "one", "b"]
    assert [item["id"] for item in api.requests[-1].context[:2]] == [question.id, first.output[0].id]


# Conversations


def test_a_run_in_a_conversation_sends_only_what_is_new(api, client):
    api.say("one", "two")
    conversation = client.conversations.create(items=[{"role": "user", "content": "a"}])

    first = client.responses.create(model="m", input="b", conversation=conversation.id)
    second = client.responses.create(model="m", input="c", conversation={"id": conversation.id})

    assert said(api.requests[-1].context) == ["a", "b", "one", "c"]
    assert said(api.conversations[conversation.id].items) == ["a", "b", "one", "c", "two"]
    assert first.conversation.id == second.conversation.id == conversation.id
    assert first.previous_response_id is second.previous_response_id is None
    assert second.usage.input_tokens > first.usage.input_tokens


def test_a_run_that_is_not_stored_leaves_its_conversation_as_it_was(api, client):
    api.say("one")
    conversation = client.conversations.create()

    response = client.responses.create(model="m", input="a", conversation=conversation.id, store=False)

    assert client.conversations.items.list(conversation.id).data == []
    with pytest.raises(openai.NotFoundError):
        client.responses.retrieve(response.id)


def test_a_conversation_that_was_cleared_is_begun_anew(api, client):
    api.say("Noted.", "Who are you?")
    conversation = client.conversations.create()
    client.responses.create(model="m", input="I am Ada.", conversation=conversation.id)

    api.conversations.clear()
    with pytest.raises(openai.NotFoundError):
        client.responses.create(model="m", input="Who am I?", conversation=conversation.id)
    anew = client.conversations.create()
    client.responses.create(model="m", input="Who am I?", conversation=anew.id)

    runs = [request for request in api.requests if request.path == "/v1/responses"]
    assert [request.status for request in runs] == [200, 404, 200]
    assert said(runs[-1].context) == ["Who am I?"]


def test_a_half_read_stream_locks_its_conversation():
    api = FakeOpenAI(["Hello", "again"])
    client = api.client()
    conversation = client.conversations.create().id
    stream = client.responses.create(model="m", input="a", conversation=conversation, stream=True)
    next(stream)

    with pytest.raises(openai.BadRequestError, match=LOCKED) as refused:
        client.responses.create(model="m", input="b", conversation=conversation)
    rest = [*stream]
    client.responses.create(model="m", input="c", conversation=conversation)

    assert (refused.value.code, refused.value.param) == ("conversation_locked", "conversation")
    assert rest[-1].type == "response.completed"
    assert said(api.conversations[conversation].items) == ["a", "Hello", "c", "again"]


def test_who_has_read_the_last_event_may_ask_again_at_once():
    api = FakeOpenAI(["Hello", "again"])
    client = api.client()
    conversation = client.conversations.create().id

    for event in client.responses.create(model="m", input="a", conversation=conversation, stream=True):
        if event.type == "response.completed":
            client.responses.create(model="m", input="b", conversation=conversation)

    assert said(api.conversations[conversation].items) == ["a", "Hello", "b", "again"]


def test_a_tool_that_asks_in_the_conversation_of_its_own_run_is_refused(api, client):
    conversation = client.conversations.create().id
    refused = []

    def answer(request):
        try:
            client.responses.create(model="m", input="b", conversation=conversation)
        except openai.BadRequestError as error:
            refused.append(error.code)
        return "Hello"

    api.say(answer)
    response = client.responses.create(model="m", input="a", conversation=conversation)

    assert (response.output_text, refused) == ("Hello", ["conversation_locked"])
    assert said(api.conversations[conversation].items) == ["a", "Hello"]


async def test_of_two_runs_at_once_the_second_is_refused():
    api = FakeOpenAI()
    conversation = (await api.async_client().conversations.create()).id
    asked, answered = asyncio.Event(), asyncio.Event()

    async def answer(request):
        asked.set()
        await answered.wait()
        return "Hello"

    async with api.async_client() as client:
        api.say(answer)
        first = asyncio.create_task(client.responses.create(model="m", input="a", conversation=conversation))
        await asked.wait()
        with pytest.raises(openai.BadRequestError, match=LOCKED):
            await client.responses.create(model="m", input="b", conversation=conversation)
        answered.set()

        assert (await first).output_text == "Hello"
    assert said(api.conversations[conversation].items) == ["a", "Hello"]


async def test_a_run_that_is_cancelled_lets_go_of_its_conversation():
    api = FakeOpenAI()
    asked = asyncio.Event()

    async def answer(request):
        asked.set()
        await asyncio.Event().wait()

    async with api.async_client() as client:
        conversation = (await client.conversations.create()).id
        api.say(answer, "Hello")
        first = asyncio.create_task(client.responses.create(model="m", input="a", conversation=conversation))
        await asked.wait()
        first.cancel()
        with pytest.raises(asyncio.CancelledError):
            await first
        await client.responses.create(model="m", input="b", conversation=conversation)

    assert said(api.conversations[conversation].items) == ["b", "Hello"]


def test_a_run_that_another_thread_began_locks_too(api, client):
    conversation = client.conversations.create().id
    asked, answered = threading.Event(), threading.Event()

    def answer(request):
        asked.set()
        answered.wait(timeout=30)
        return "Hello"

    api.say(answer)
    run = threading.Thread(
        target=client.responses.create, kwargs={"model": "m", "input": "a", "conversation": conversation}
    )
    run.start()
    asked.wait(timeout=30)
    with pytest.raises(openai.BadRequestError, match=LOCKED):
        client.responses.create(model="m", input="b", conversation=conversation)
    answered.set()
    run.join()

    assert said(api.conversations[conversation].items) == ["a", "Hello"]
