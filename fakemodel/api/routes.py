"""The endpoints: which function answers which method and path."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from difflib import get_close_matches
from typing import Protocol

from fakemodel.api.errors import refused
from fakemodel.api.http import Answer, Request, json_answer, sse_answer
from fakemodel.reply import Reply
from fakemodel.state import State
from fakemodel.wire import chat, responses
from fakemodel.wire.errors import Refused
from fakemodel.wire.ids import Ids
from fakemodel.wire.payload import Payload
from fakemodel.wire.sse import frames

__all__ = ["ROUTES", "Server", "answer"]


class Server(Protocol):
    """What an endpoint needs of the server it belongs to."""

    state: State

    def play(self) -> tuple[int, Reply]:
        """The next reply and the position it is played at. Raises NoReplyLeft."""


def answer(server: Server, request: Request) -> Answer:
    """The answer to a request, be it a refusal. Raises what the script raises: NoReplyLeft, ReplyInvalid."""
    endpoint = ROUTES.get((request.method, request.path))
    if endpoint is None:
        wanted = f"{request.method} {request.path}"
        served = [f"{method} {path}" for method, path in ROUTES]
        return refused("unknown_route", wanted, *(get_close_matches(wanted, served, n=1, cutoff=0) or served[:1]))
    required, create = endpoint
    try:
        body = request.json
    except ValueError:
        body = None
    if not isinstance(body, dict):
        return refused("invalid_json")
    for name in required:
        if name not in body:
            return refused("missing", name)
    for name, kind in TYPES.items():
        if body.get(name) is not None and not isinstance(body[name], kind):
            return refused("wrong_type", name, JSON_TYPES[kind], JSON_TYPES.get(type(body[name]), "a number"))
    try:
        return create(server, body)
    except Refused as error:
        return refused(error.reason, *error.named)


def create_response(server: Server, body: Payload) -> Answer:
    """POST /v1/responses."""
    conversation = body.get("conversation")
    if conversation is not None:  # none can be known: no endpoint makes one yet
        named = conversation.get("id") if isinstance(conversation, dict) else conversation
        return refused("conversation_not_found", str(named))
    chain = server.state.chain_of(body.get("previous_response_id"))
    position, reply = server.play()
    ids = Ids(position, chain)
    fields = {key: body[key] for key in responses.ECHOED & body.keys() if body[key] is not None}
    finished = responses.response(reply, ids=ids, fields=fields)
    server.state.keep(finished, position if chain is None else chain)
    if body.get("stream"):
        return _streamed(responses.events(reply, ids=ids, fields=fields, obfuscation=_option(body, "obfuscation")))
    return json_answer(200, finished)


def create_chat_completion(server: Server, body: Payload) -> Answer:
    """POST /v1/chat/completions."""
    position, reply = server.play()
    ids = Ids(position)
    if body.get("stream"):
        usage, obfuscation = _option(body, "usage"), _option(body, "obfuscation")
        found = chat.chunks(reply, ids=ids, model=body["model"], include_usage=usage, obfuscation=obfuscation)
        return _streamed(found)
    return json_answer(200, chat.completion(reply, ids=ids, model=body["model"]))


def _option(body: Payload, name: str) -> bool:
    """Whether a request asks for `usage`, or `obfuscation`, in its stream."""
    return bool((body.get("stream_options") or {}).get(f"include_{name}"))


def _streamed(payloads: Iterable[Payload]) -> Answer:
    return sse_answer(tuple(frames(payloads)))


JSON_TYPES: dict[type, str] = {
    bool: "a boolean",
    dict: "an object",
    int: "an integer",
    list: "an array",
    str: "a string",
}

TYPES: dict[str, type] = {
    "messages": list,
    "model": str,
    "previous_response_id": str,
    "service_tier": str,
    "store": bool,
    "stream": bool,
    "stream_options": dict,
}
"""The members of a body whose types are looked at; the others are echoed as they came."""

Endpoint = tuple[tuple[str, ...], Callable[[Server, Payload], Answer]]

ROUTES: dict[tuple[str, str], Endpoint] = {
    ("POST", "/v1/responses"): (("model", "input"), create_response),
    ("POST", "/v1/chat/completions"): (("model", "messages"), create_chat_completion),
}
"""Method and path, then the members that a body must have, and who answers."""
