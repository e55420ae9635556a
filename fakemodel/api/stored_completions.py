"""The endpoints of stored completions: what POST /v1/chat/completions keeps of a request with `store: true`."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from fakemodel.api.endpoint import Server
from fakemodel.api.http import Answer, Call, json_answer
from fakemodel.api.paging import page
from fakemodel.state import StoredCompletion
from fakemodel.wire.payload import Payload

__all__ = ["delete", "keep_completion", "list_all", "messages", "retrieve", "update"]

SETTINGS: Payload = {
    "tool_choice": None,
    "seed": None,
    "top_p": 1.0,
    "temperature": 1.0,
    "presence_penalty": 0.0,
    "frequency_penalty": 0.0,
    "tools": None,
    "response_format": None,
}
"""What a stored completion says of its request beside the metadata, and what it says where the request does not.

They are those of the API reference's examples, which its description of a completion leaves out.
"""

FILTER = re.compile(r"metadata\[(.*)\]")
"""How a query names a key of the metadata: `metadata[run]=1`."""


def keep_completion(server: Server, body: Payload, completion: Payload) -> None:
    """Remember a completion, and of its request, `body`, what a stored one says."""
    stored = {
        **completion,
        "request_id": f"req_{hashlib.md5(completion['id'].encode(), usedforsecurity=False).hexdigest()}",
        "input_user": body.get("user"),
        **{name: otherwise if body.get(name) is None else body[name] for name, otherwise in SETTINGS.items()},
        "metadata": body.get("metadata") or {},
    }
    said = tuple(_message(f"{completion['id']}-{index}", each) for index, each in enumerate(body["messages"]))
    server.state.completions[completion["id"]] = StoredCompletion(stored, said)


def list_all(server: Server, call: Call) -> Answer:
    """GET /v1/chat/completions: those of a model, or with some metadata, if the query says so."""
    bodies = [stored.body for stored in server.state.completions.values()]
    found = [body for body in bodies if _is_meant(body, call.query)]
    return json_answer(200, page(found, call.query, "asc"))


def retrieve(server: Server, call: Call) -> Answer:
    """GET /v1/chat/completions/{completion_id}."""
    return json_answer(200, server.state.completion(call.named["completion_id"]).body)


def update(server: Server, call: Call) -> Answer:
    """POST /v1/chat/completions/{completion_id}: the metadata becomes what the request says."""
    stored = server.state.completion(call.named["completion_id"])
    changed = {**stored.body, "metadata": call.body["metadata"] or {}}
    server.state.completions[changed["id"]] = replace(stored, body=changed)
    return json_answer(200, changed)


def delete(server: Server, call: Call) -> Answer:
    """DELETE /v1/chat/completions/{completion_id}."""
    body = server.state.completion(call.named["completion_id"]).body
    del server.state.completions[body["id"]]
    return json_answer(200, {"object": "chat.completion.deleted", "id": body["id"], "deleted": True})


def messages(server: Server, call: Call) -> Answer:
    """GET /v1/chat/completions/{completion_id}/messages: those of the request, without the answer's."""
    return json_answer(200, page(server.state.completion(call.named["completion_id"]).messages, call.query, "asc"))


def _message(id: str, message: Payload) -> Payload:
    """A message of a request as it is listed: content that was sent in parts stands apart."""
    content = message.get("content")
    said = {"content": None, "content_parts": content} if isinstance(content, list) else {"content_parts": None}
    return {"content": None, "refusal": None, "name": None, **message, **said, "id": id}


def _is_meant(body: Payload, query: Mapping[str, Sequence[str]]) -> bool:
    """Whether a query is for this stored completion."""
    wanted = {match[1]: values[-1] for name, values in query.items() if (match := FILTER.fullmatch(name))}
    models = query.get("model", [body["model"]])
    return body["model"] in models and wanted.items() <= body["metadata"].items()
