"""The pages of a list, through the openai SDK: how it pages on, and what it cannot ask for."""

import openai
import pytest

from fakemodel import FakeOpenAI


def conversation_of(client, count):
    """A conversation with that many messages, which say their numbers."""
    conversation = client.conversations.create()
    for start in range(0, count, 20):
        items = [{"role": "user", "content": str(number)} for number in range(start, min(start + 20, count))]
        client.conversations.items.create(conversation.id, items=items)
    return conversation


def numbers(items):
    return [int(item.content[0].text) for item in items]


@pytest.mark.parametrize(("count", "limit", "pages"), [(0, 20, 1), (1, 1, 1), (5, 2, 3), (40, 20, 2), (41, 20, 3)])
@pytest.mark.parametrize("order", ["asc", "desc"])
def test_a_list_is_paged_on_to_its_end(api, count, limit, pages, order):
    with api.client() as client:
        conversation = conversation_of(client, count)
        before = len(api.requests)

        found = numbers(client.conversations.items.list(conversation.id, limit=limit, order=order))

    assert found == sorted(range(count), reverse=order == "desc")
    assert len(api.requests) - before == pages


def test_a_list_is_paged_on_through_both_doors(client):
    conversation = conversation_of(client, 41)

    assert numbers(client.conversations.items.list(conversation.id, order="asc")) == list(range(41))


async def test_a_list_is_paged_on_by_async_clients(api):
    with api.client() as client:
        conversation = conversation_of(client, 45)

    async with api.async_client() as client:
        found = [item async for item in client.conversations.items.list(conversation.id, order="asc")]

    assert numbers(found) == list(range(45))


def test_a_page_has_twenty_items_unless_it_is_told(client):
    conversation = conversation_of(client, 41)

    assert len(client.conversations.items.list(conversation.id).data) == 20
    assert len(client.conversations.items.list(conversation.id, limit=1).data) == 1
    assert len(client.conversations.items.list(conversation.id, limit=100).data) == 41


def test_a_page_tells_where_it_begins_and_ends(client, http):
    conversation = conversation_of(client, 3)
    ids = [item.id for item in client.conversations.items.list(conversation.id, order="asc")]
    path = f"conversations/{conversation.id}/items"

    first = http.get(path, params={"limit": 2, "order": "asc"}).json()
    second = http.get(path, params={"limit": 2, "order": "asc", "after": first["last_id"]}).json()

    assert (first["first_id"], first["last_id"], first["has_more"]) == (ids[0], ids[1], True)
    assert (second["first_id"], second["last_id"], second["has_more"]) == (ids[2], ids[2], False)
    assert [item["id"] for page in (first, second) for item in page["data"]] == ids
    assert first["object"] == second["object"] == "list"


def test_the_other_order_pages_back(client):
    conversation = conversation_of(client, 5)
    ids = [item.id for item in client.conversations.items.list(conversation.id, order="asc")]

    onwards = client.conversations.items.list(conversation.id, after=ids[2], order="asc")
    back = client.conversations.items.list(conversation.id, after=ids[2], order="desc")

    assert numbers(onwards) == [3, 4]
    assert numbers(back) == [1, 0]


def test_an_empty_page_has_no_ids(client, http):
    conversation = client.conversations.create()

    answer = http.get(f"conversations/{conversation.id}/items")

    assert answer.json() == {"object": "list", "data": [], "first_id": None, "last_id": None, "has_more": False}


def test_the_items_of_a_conversation_are_listed_newest_first_and_those_of_a_response_too(api, client):
    api.say("Hello")
    conversation = conversation_of(client, 3)
    response = client.responses.create(model="gpt-4.1", input="3", conversation=conversation.id)

    listed = client.conversations.items.list(conversation.id).data

    assert [item.content[0].text for item in listed] == ["Hello", "3", "2", "1", "0"]
    assert numbers(client.responses.input_items.list(response.id).data) == [3, 2, 1, 0]


@pytest.mark.parametrize(
    ("query", "code", "param", "message"),
    [
        (
            {"limit": 0},
            "integer_below_min_value",
            "limit",
            "Invalid 'limit': integer below minimum value. Expected a value >= 1, but got 0 instead.",
        ),
        (
            {"limit": -1},
            "integer_below_min_value",
            "limit",
            "Invalid 'limit': integer below minimum value. Expected a value >= 1, but got -1 instead.",
        ),
        (
            {"limit": 1000},
            "integer_above_max_value",
            "limit",
            "Invalid 'limit': integer above maximum value. Expected a value <= 100, but got 1000 instead.",
        ),
        (
            {"limit": "ten"},
            "invalid_type",
            "limit",
            "Invalid type for 'limit': expected an integer, but got a string instead.",
        ),
        (
            {"limit": "2.5"},
            "invalid_type",
            "limit",
            "Invalid type for 'limit': expected an integer, but got a string instead.",
        ),
        (
            {"limit": "9" * 5000},
            "invalid_type",
            "limit",
            "Invalid type for 'limit': expected an integer, but got a string instead.",
        ),
        (
            {"order": "up"},
            "invalid_value",
            "order",
            "Invalid value: 'up'. Supported values are: 'asc' and 'desc'.",
        ),
    ],
)
def test_what_no_list_can_be_cut_by_is_refused(api, query, code, param, message):
    with api.client() as client:
        conversation = conversation_of(client, 1)

        with pytest.raises(openai.BadRequestError) as refused:
            client.conversations.items.list(conversation.id, extra_query=query)

    assert refused.value.body == {"message": message, "type": "invalid_request_error", "param": param, "code": code}


def test_a_page_after_an_item_that_is_not_there_is_not_found(client):
    conversation = conversation_of(client, 3)
    first = client.conversations.items.list(conversation.id, limit=2)
    client.conversations.items.delete(first.last_id, conversation_id=conversation.id)

    with pytest.raises(openai.NotFoundError) as refused:
        first.get_next_page()

    assert refused.value.body == {
        "message": f"No item found with id '{first.last_id}'",
        "type": "invalid_request_error",
        "param": "after",
        "code": None,
    }


def test_each_server_has_items_of_its_own():
    with FakeOpenAI().client() as one, FakeOpenAI().client() as other:
        conversation = conversation_of(one, 1)

        with pytest.raises(openai.NotFoundError):
            other.conversations.items.list(conversation.id)
