"""The endpoints of conversations and their items."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import chain

from fakemodel.api.endpoint import Server
from fakemodel.api.http import Answer, Call, json_answer
from fakemodel.api.items import kept, shown, type_of, unnamed
from fakemodel.api.paging import page
from fakemodel.api.parameters.settings import CONVERSATION_ID, METADATA
from fakemodel.state import Conversation
from fakemodel.wire.errors import Refused
from fakemodel.wire.payload import Payload

__all__ = ["create", "create_items", "delete", "delete_item", "list_items", "retrieve", "retrieve_item", "update"]


def create(server: Server, call: Call) -> Answer:
    """POST /v1/conversations."""
    ids = server.ids()
    conversation = Conversation(ids.item("conv", 0), ids.created_at, call.body.get("metadata") or {})
    conversation.add(_brought(server, call.body.get("items") or ()))
    server.state.conversations[conversation.id] = conversation
    return _answer(conversation)


def retrieve(server: Server, call: Call) -> Answer:
    """GET /v1/conversations/{conversation_id}."""
    return _answer(_conversation(server, call))


def update(server: Server, call: Call) -> Answer:
    """POST /v1/conversations/{conversation_id}: the metadata is added to what there is."""
    conversation = _conversation(server, call)
    metadata = {**conversation.metadata, **(call.body["metadata"] or {})}
    METADATA.check(metadata, "metadata")
    conversation.metadata = metadata
    return _answer(conversation)


def delete(server: Server, call: Call) -> Answer:
    """DELETE /v1/conversations/{conversation_id}: its responses stay."""
    conversation = _conversation(server, call)
    del server.state.conversations[conversation.id]
    return json_answer(200, {"id": conversation.id, "object": "conversation.deleted", "deleted": True})


def create_items(server: Server, call: Call) -> Answer:
    """POST /v1/conversations/{conversation_id}/items: answers what was added."""
    conversation = _free(server, call)
    if not call.body["items"]:
        raise Refused("empty_array", "items", "1")
    brought = _brought(server, call.body["items"])
    added = shown(brought, call.query)
    conversation.add(brought)
    return json_answer(200, page(added, {}, "asc"))


def list_items(server: Server, call: Call) -> Answer:
    """GET /v1/conversations/{conversation_id}/items."""
    return json_answer(200, page(shown(_conversation(server, call).items, call.query), call.query, "desc"))


def retrieve_item(server: Server, call: Call) -> Answer:
    """GET /v1/conversations/{conversation_id}/items/{item_id}."""
    item = _conversation(server, call).item(call.named["item_id"])
    return json_answer(200, shown([item], call.query)[0])


def delete_item(server: Server, call: Call) -> Answer:
    """DELETE /v1/conversations/{conversation_id}/items/{item_id}: answers the conversation."""
    conversation = _free(server, call)
    conversation.remove(call.named["item_id"])
    return _answer(conversation)


def _conversation(server: Server, call: Call) -> Conversation:
    """The conversation that the path names. Raises Refused."""
    conversation_id = call.named["conversation_id"]
    CONVERSATION_ID.check(conversation_id, "conversation_id")
    return server.state.conversation(conversation_id)


def _free(server: Server, call: Call) -> Conversation:
    """The conversation that the path names, where no run holds it. Raises Refused."""
    return server.state.free(_conversation(server, call).id)


def _brought(server: Server, items: Sequence[Payload]) -> tuple[Payload, ...]:
    """The items that a caller adds. What the server keeps under an id it takes, whatever the caller says of it.

    Any other id is given out anew. Raises Refused for a reference to what is not kept.
    """
    known = server.state.kept_items() if any(item.get("id") for item in items) else {}
    return tuple(chain.from_iterable(_taken(server, item, known) for item in items))


def _taken(server: Server, item: Payload, known: Mapping[str, Payload]) -> tuple[Payload, ...]:
    if item.get("id") in known:
        return (known[item["id"]],)
    if type_of(item) == "item_reference":
        raise Refused("item_not_in_conversation", item["id"])
    return kept([unnamed(item)], lambda prefix: server.ids().item(prefix, 0))


def _answer(conversation: Conversation) -> Answer:
    body = {
        "id": conversation.id,
        "object": "conversation",
        "created_at": conversation.created_at,
        "metadata": conversation.metadata,
    }
    return json_answer(200, body)
