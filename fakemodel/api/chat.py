"""The endpoint of chat completions; what becomes of those that are stored is in `stored_completions`."""

from __future__ import annotations

from fakemodel.api import models, possible, schemas, stored_completions
from fakemodel.api.endpoint import Answering, Server
from fakemodel.api.http import Call, json_answer, sse_answer
from fakemodel.api.parameters import messages
from fakemodel.context import Context, check_messages
from fakemodel.errors import ReplyInvalid
from fakemodel.tokens import counted, tokens_of
from fakemodel.wire import chat
from fakemodel.wire.ids import Ids
from fakemodel.wire.sse import frames

__all__ = ["create"]


def create(server: Server, call: Call) -> Answering:
    """POST /v1/chat/completions."""
    body = call.body
    models.check_model(server, body["model"], "chat")
    schemas.check_schemas(body)
    seen = [messages.seen(message) for message in body["messages"]]
    check_messages(seen)
    context = call.request.context = Context(seen)
    position, reply = yield from server.queue.play(call)
    possible.check_possible(reply, body, position)
    reply = counted(reply, tokens_of(context, body))
    ids = Ids(position)
    completion = chat.completion(reply, ids=ids, model=body["model"])
    if completion["id"] in server.state.completions and not reply.unchecked:
        raise ReplyInvalid(
            f"Turn {position} says id={completion['id']!r}, which another completion has. Leave the id out of the "
            "reply, or give it unchecked=True if the test is about that."
        )

    def end(whole: bool) -> None:
        if whole and body.get("store"):
            stored_completions.keep_completion(server, body, completion)

    if body.get("stream"):
        options = body.get("stream_options") or {}
        chunks = chat.chunks(
            reply,
            ids=ids,
            model=body["model"],
            include_usage=bool(options.get("include_usage")),
            obfuscation=bool(options.get("include_obfuscation")),
        )
        return sse_answer(tuple(frames(chunks)), end)
    end(True)
    return json_answer(200, completion)
