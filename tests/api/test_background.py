"""Responses that are made in the background, and clients that go away in the middle of a stream."""

import asyncio

import openai
import pytest

from fakemodel import FakeOpenAI, Reply, text


def test_a_response_in_the_background_comes_a_step_further_whenever_it_is_asked_for(api, client):
    api.say("Hello")

    queued = client.responses.create(model="m", input="a", background=True)
    found = [client.responses.retrieve(queued.id) for _ in range(3)]

    assert (queued.status, queued.output, queued.usage) == ("queued", [], None)
    assert [each.status for each in found] == ["in_progress", "completed", "completed"]
    assert [each.output_text for each in found] == ["", "Hello", "Hello"]
    assert found[2] == found[1]
    assert all(each.background for each in (queued, *found))


@pytest.mark.parametrize(
    ("reply", "status"),
    [(Reply("Hel", status="incomplete"), "incomplete"), (Reply(status="failed", error="It broke."), "failed")],
)
def test_it_ends_as_the_script_says(api, client, reply, status):
    api.say(reply)

    queued = client.responses.create(model="m", input="a", background=True)
    client.responses.retrieve(queued.id)

    assert client.responses.retrieve(queued.id).status == status


def test_a_background_response_holds_its_conversation_until_its_end(api, client):
    api.say("Hello", "again")
    conversation = client.conversations.create().id
    queued = client.responses.create(model="m", input="a", background=True, conversation=conversation)

    for status in ("in_progress", "completed"):
        with pytest.raises(openai.BadRequestError, match="Another process is currently operating"):
            client.responses.create(model="m", input="b", conversation=conversation)
        assert client.conversations.items.list(conversation).data == []
        assert client.responses.retrieve(queued.id).status == status

    client.responses.create(model="m", input="c", conversation=conversation)
    assert api.requests[-1].context.text.splitlines() == ["a", "Hello", "c"]


def test_a_cancelled_response_stays_cancelled_and_leaves_nothing_in_its_conversation(api, client):
    api.say("Hello", "again")
    conversation = client.conversations.create().id
    queued = client.responses.create(model="m", input="a", background=True, conversation=conversation)

    cancelled = client.responses.cancel(queued.id)

    assert (cancelled.status, cancelled.output) == ("cancelled", [])
    assert client.responses.cancel(queued.id) == client.responses.retrieve(queued.id) == cancelled
    assert client.conversations.items.list(conversation).data == []
    client.responses.create(model="m", input="b", conversation=conversation)
    assert api.requests[-1].context.text == "b"


@pytest.mark.parametrize("forget", ["deleted", "cleared"])
def test_a_response_that_is_forgotten_lets_go_of_its_conversation(api, client, forget):
    api.say("Hello", "again")
    conversation = client.conversations.create().id
    queued = client.responses.create(model="m", input="a", background=True, conversation=conversation)

    if forget == "deleted":
        client.responses.delete(queued.id)
    else:
        api.responses.clear()

    client.responses.create(model="m", input="b", conversation=conversation)
    assert api.requests[-1].context.text == "b"


def test_what_has_ended_is_not_cancelled_any_more(api, client):
    api.say("Hello")
    queued = client.responses.create(model="m", input="a", background=True)
    client.responses.retrieve(queued.id)
    completed = client.responses.retrieve(queued.id)

    assert client.responses.cancel(queued.id) == completed


def test_only_a_response_in_the_background_is_cancelled(api, client):
    api.say("Hello")
    response = client.responses.create(model="m", input="a")

    with pytest.raises(openai.BadRequestError) as refused:
        client.responses.cancel(response.id)

    assert refused.value.body["message"] == "Cannot cancel a synchronous response."
    assert client.responses.retrieve(response.id) == response


def test_a_stream_in_the_background_is_resumed_where_it_broke_off(api, client):
    api.say(Reply(text("Hel", "lo", "!")))
    seen = []
    with client.responses.create(model="m", input="a", background=True, stream=True) as stream:
        for event in stream:
            seen.append(event)
            if event.type == "response.output_text.delta":
                break

    resumed = client.responses.retrieve(seen[0].response.id, stream=True, starting_after=seen[-1].sequence_number)
    seen += resumed

    assert [event.type for event in seen[:3]] == ["response.created", "response.queued", "response.in_progress"]
    assert [event.sequence_number for event in seen] == list(range(len(seen)))
    assert [event.delta for event in seen if event.type == "response.output_text.delta"] == ["Hel", "lo", "!"]
    assert seen[-1].type == "response.completed"
    assert client.responses.retrieve(seen[0].response.id) == seen[-1].response


def test_a_response_that_is_cancelled_sends_no_more_of_its_streams():
    api = FakeOpenAI([Reply(text("Hel", "lo", "!"))])
    client = api.client()
    stream = client.responses.create(model="m", input="a", background=True, stream=True)
    begun = next(stream).response.id
    resumed = client.responses.retrieve(begun, stream=True, starting_after=0)
    next(resumed)

    cancelled = client.responses.cancel(begun)

    assert (list(stream), list(resumed)) == ([], [])
    assert client.responses.retrieve(begun) == cancelled


def test_only_what_was_streamed_is_resumed(api, client):
    api.say("Hello")
    queued = client.responses.create(model="m", input="a", background=True)

    with pytest.raises(openai.BadRequestError, match="This response has no stream to go on with"):
        client.responses.retrieve(queued.id, stream=True)


def test_a_response_in_the_background_goes_on_when_its_client_goes_away():
    api = FakeOpenAI(["Hello"])
    client = api.client()
    conversation = client.conversations.create().id
    stream = client.responses.create(model="m", input="a", background=True, stream=True, conversation=conversation)
    response = next(stream).response
    stream.close()

    assert api.requests[-1].answer.cancelled
    assert client.responses.retrieve(response.id).output_text == "Hello"
    assert len(client.conversations.items.list(conversation).data) == 2


def test_the_stream_of_a_deleted_response_ends_nothing_but_itself():
    api = FakeOpenAI(["deleted", "kept"])
    client = api.client()
    conversation = client.conversations.create().id
    first = client.responses.create(model="m", input="a", background=True, stream=True, conversation=conversation)
    deleted = next(first).response
    client.responses.delete(deleted.id)
    second = client.responses.create(model="m", input="b", stream=True, conversation=conversation)
    next(second)

    first.close()

    with pytest.raises(openai.BadRequestError, match="Another process is currently operating"):
        client.responses.create(model="m", input="c", conversation=conversation)
    assert [*second][-1].response.output_text == "kept"
    assert len(client.conversations.items.list(conversation).data) == 2
    with pytest.raises(openai.NotFoundError):
        client.responses.retrieve(deleted.id)


@pytest.mark.parametrize("events", [0, 1, 5])
def test_a_client_that_goes_away_leaves_nothing_behind(events):
    api = FakeOpenAI([Reply(text("Hel", "lo")), "again"])
    client = api.client()
    conversation = client.conversations.create().id
    stream = client.responses.create(model="m", input="a", stream=True, conversation=conversation)
    for _ in range(events):
        next(stream)
    stream.close()

    assert api.requests[-1].answer.cancelled
    assert api.requests[-1].answer.sent == events
    assert api.responses == {}
    client.responses.create(model="m", input="b", conversation=conversation)
    assert api.requests[-1].context.text == "b"


async def test_an_async_client_that_goes_away_leaves_nothing_behind():
    api = FakeOpenAI([Reply(text("Hel", "lo")), "again"])
    async with api.async_client() as client:
        conversation = (await client.conversations.create()).id
        stream = await client.responses.create(model="m", input="a", stream=True, conversation=conversation)
        async for _ in stream:
            break
        await stream.close()

        assert api.requests[-1].answer.cancelled
        assert api.responses == {}
        await client.responses.create(model="m", input="b", conversation=conversation)
    assert api.requests[-1].context.text == "b"


async def test_a_task_that_is_cancelled_in_the_middle_of_a_stream_lets_go_of_its_conversation():
    api = FakeOpenAI([Reply(text("Hel", "lo")), "again"])
    reading = asyncio.Event()

    async def read(conversation):
        stream = await client.responses.create(model="m", input="a", stream=True, conversation=conversation)
        async with stream:
            await anext(stream)
            reading.set()
            await asyncio.Event().wait()

    async with api.async_client() as client:
        conversation = (await client.conversations.create()).id
        task = asyncio.create_task(read(conversation))
        await reading.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

        assert api.requests[-1].answer.cancelled
        await client.responses.create(model="m", input="b", conversation=conversation)
    assert api.requests[-1].context.text == "b"


async def test_a_task_that_is_cancelled_while_it_reads_lets_go_too():
    api = FakeOpenAI([Reply(text(*"a long answer")), "again"])
    reading = asyncio.Event()

    async def read(conversation):
        async for _ in await client.responses.create(model="m", input="a", stream=True, conversation=conversation):
            reading.set()

    async with api.async_client() as client:
        conversation = (await client.conversations.create()).id
        task = asyncio.create_task(read(conversation))
        await reading.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

        await client.responses.create(model="m", input="b", conversation=conversation)
    assert api.requests[-1].context.text == "b"


def test_a_stream_of_the_sdks_helper_that_is_left_leaves_nothing_behind():
    api = FakeOpenAI([Reply(text("Hel", "lo"))])
    with api.client().responses.stream(model="m", input="a") as stream:
        next(iter(stream))

    assert api.requests[-1].answer.cancelled
    assert api.responses == {}


def test_a_stream_that_was_read_to_its_end_is_not_cancelled():
    api = FakeOpenAI(["Hello"])
    with api.client().responses.create(model="m", input="a", stream=True) as stream:
        events = [*stream]

    answer = api.requests[0].answer
    assert (answer.cancelled, answer.sent) == (False, len(events))
    assert [*api.responses] == [events[-1].response.id]


def test_a_stream_that_is_resumed_behind_its_end_is_empty_and_ends_all_the_same(api, client):
    api.say("Hello")
    stream = client.responses.create(model="m", input="a", background=True, stream=True)
    response_id = next(iter(stream)).response.id

    assert list(client.responses.retrieve(response_id, stream=True, starting_after=999)) == []
    assert client.responses.retrieve(response_id).status == "completed"
