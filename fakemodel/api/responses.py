"""The endpoints of responses."""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from hashlib import sha512
from itertools import islice

from fakemodel.api import items, models, possible, schemas
from fakemodel.api.endpoint import Answering, Server
from fakemodel.api.http import Answer, Call, json_answer, sse_answer
from fakemodel.api.paging import NUMBER, page
from fakemodel.context import Context, items_of
from fakemodel.errors import ReplyInvalid
from fakemodel.parts import Reasoning, Usage
from fakemodel.reply import Reply, altered
from fakemodel.state import Stored
from fakemodel.tokens import counted, tokens_of
from fakemodel.wire import responses
from fakemodel.wire.errors import Refused
from fakemodel.wire.ids import Ids
from fakemodel.wire.payload import Payload
from fakemodel.wire.sse import frames

__all__ = ["cancel", "compact", "create", "delete", "input_items", "input_tokens", "retrieve"]


def create(server: Server, call: Call) -> Answering:
    """POST /v1/responses."""
    body, state = call.body, server.state
    models.check_model(server, body.get("model"), "responses")
    schemas.check_schemas(body)
    conversation_id = call.conversation_id
    context = call.request.context = _context(server, call)
    chain = state.chain_of(body.get("previous_response_id"))
    state.lock(conversation_id)
    try:
        position, reply = yield from server.queue.play(call)
        possible.check_possible(reply, body, position)
        reply = counted(_with_reasoning(reply, body, position), tokens_of(context, body))
        ids = Ids(position, chain)
        rendered = responses.rendering(reply, ids=ids, fields=_echoed(call))
        stored = Stored(rendered.final, context, position if chain is None else chain, conversation_id)
        if not reply.unchecked:
            _check_new(server, stored, position)
        parts = server.frames.of(rendered, ids, obfuscation=_obfuscation(body)) if body.get("stream") else ()
        if body.get("background"):
            return _in_background(server, stored, rendered.events, parts)
    except BaseException:
        state.unlock(conversation_id)
        raise

    def end(whole: bool) -> None:
        if whole:
            state.keep(stored)
        state.unlock(conversation_id)

    if parts:
        return sse_answer(parts, end)
    end(True)
    return json_answer(200, stored.body)


def _in_background(
    server: Server, stored: Stored, events: Callable[..., Iterator[Payload]], parts: tuple[bytes, ...]
) -> Answer:
    """A response that is made when nobody looks: it comes a step further whenever it is retrieved."""
    queued, in_progress = (event["response"] for event in islice(events(), 1, 3))
    stored.coming, stored.body = [in_progress, stored.body], queued
    stored.events = events if parts else None
    server.state.keep(stored)
    return _streamed(server, stored, parts) if parts else json_answer(200, queued)


def _streamed(server: Server, stored: Stored, parts: tuple[bytes, ...]) -> Answer:
    """A stream of a response that is made in the background, which ends it also when the client goes away."""
    answer = sse_answer(parts, lambda _: server.state.finish(stored))
    stored.streams.append(answer)
    return answer


def _with_reasoning(reply: Reply, body: Payload, turn: int) -> Reply:
    """A reply whose reasoning is encrypted where the request asks for it, so that it can be sent back."""
    if "reasoning.encrypted_content" not in (body.get("include") or ()):
        return reply
    parts = [
        replace(part, encrypted_content=part.encrypted_content or _sealed([turn, index, *part.fragments]))
        if isinstance(part, Reasoning)
        else part
        for index, part in enumerate(reply.parts)
    ]
    return altered(reply, parts=tuple(parts))


def _check_new(server: Server, stored: Stored, turn: int) -> None:
    """Raise ReplyInvalid for ids that were given out before, as the API never does."""
    if stored.body["id"] in server.state.responses:
        raise ReplyInvalid(f"Turn {turn} says id={stored.body['id']!r}, which another response has. {ANEW}")
    own: set[tuple[str, str]] = set()
    for item in stored.body["output"]:
        given = {"id": stored.saw.has_id(item.get("id")), "call_id": stored.saw.has_call(item)}
        for key, is_known in given.items():
            if item.get(key) and (is_known or (key, item[key]) in own):
                raise ReplyInvalid(f"Turn {turn} says {key}={item[key]!r} once more: its model sees it already. {ANEW}")
            own.add((key, str(item.get(key))))


ANEW = "Leave the id out of the reply, and each turn has its own; or give it unchecked=True if the test is about that."


def retrieve(server: Server, call: Call) -> Answer:
    """GET /v1/responses/{response_id}, also as a stream that goes on after an event."""
    stored = server.state.response(call.named["response_id"])
    streamed, obfuscated = _flag(call.query, "stream"), _flag(call.query, "include_obfuscation")
    after = _number(call.query, "starting_after", -1)
    if not streamed:
        server.state.proceed(stored)
        return json_answer(200, {**stored.body, "output": items.shown(stored.body["output"], call.query)})
    if stored.events is None:
        raise Refused("not_streamed")
    events = stored.events(obfuscation=obfuscated)
    parts = tuple(frames(event for event in events if event["sequence_number"] > after))
    return _streamed(server, stored, parts)


def delete(server: Server, call: Call) -> Answer:
    """DELETE /v1/responses/{response_id}."""
    stored = server.state.response(call.named["response_id"])
    server.state.forget(stored)
    return json_answer(200, {"id": stored.body["id"], "object": "response", "deleted": True})


def cancel(server: Server, call: Call) -> Answer:
    """POST /v1/responses/{response_id}/cancel: of one in the background, and again of one that ended."""
    stored = server.state.response(call.named["response_id"])
    if not stored.body["background"]:
        raise Refused("not_in_background")
    if stored.coming:
        stored.events = None
        for stream in stored.streams:
            stream.stopped = True  # what the API sends then was never seen
        server.state.finish(stored, {**stored.body, "status": "cancelled"})
    return json_answer(200, stored.body)


def input_items(server: Server, call: Call) -> Answer:
    """GET /v1/responses/{response_id}/input_items: all that its turn saw."""
    stored = server.state.response(call.named["response_id"])
    return json_answer(200, page(items.shown(stored.saw, call.query), call.query, "desc"))


def input_tokens(server: Server, call: Call) -> Answer:
    """POST /v1/responses/input_tokens: what the usage of such a turn would say."""
    models.check_model(server, call.body.get("model"), "responses")
    context = call.request.context = _context(server, call)
    return json_answer(200, {"object": "response.input_tokens", "input_tokens": tokens_of(context, call.body)})


def compact(server: Server, call: Call) -> Answer:
    """POST /v1/responses/compact: what users said, and all the rest in an item that only the server can read."""
    models.check_model(server, call.body["model"], "responses")
    context = call.request.context = _context(server, call)
    ids = server.ids()
    kept = [item for item in context if item.get("role") == "user"]
    compaction = {"id": ids.item("cmp", 0), "type": "compaction", "encrypted_content": _sealed(context)}
    usage = Usage(tokens_of(context, call.body), Context([compaction]).tokens)
    body = {
        "id": ids.response,
        "object": "response.compaction",
        "created_at": ids.created_at,
        "output": [*kept, compaction],
        "usage": responses.usage_body(usage),
    }
    return json_answer(200, body)


def _sealed(context: Sequence[object]) -> str:
    """What only the server can read: as long as the API's for a short conversation, and another for another one."""
    return "gAAAAA" + urlsafe_b64encode(sha512(json.dumps([*context]).encode()).digest()).decode()


def _context(server: Server, call: Call) -> Context:
    """What the model is to see. Raises Refused."""
    brought = items.kept(items_of(call.body.get("input")), lambda prefix: server.ids().item(prefix, 0))
    return server.state.context(brought, call.body.get("previous_response_id"), call.conversation_id)


def _echoed(call: Call) -> Payload:
    """What a response says again of its request."""
    body = call.body
    fields = {key: body[key] for key in responses.ECHOED & body.keys() if body[key] is not None}
    for key in MERGED & fields.keys():
        fields[key] = {**responses.ENVELOPE[key], **items.stated(fields[key])}
    if "text" in fields:
        form = items.stated(fields["text"]["format"])
        fields["text"]["format"] = {"description": None, **form} if form["type"] == "json_schema" else form
    if "tools" in fields:
        fields["tools"] = [items.tool_said(tool) for tool in fields["tools"]]
    if body.get("prompt"):
        variables = body["prompt"].get("variables") or {}
        said = {"variables": {name: items.part_said(value) for name, value in variables.items()}}
        fields["prompt"] = {**body["prompt"], **(said if variables else {})}
    if call.conversation_id is not None:
        fields["conversation"] = {"id": call.conversation_id}
    return fields


MERGED = {"reasoning", "text"}
"""What is said again whole, also where a request says a part of it."""


def _obfuscation(body: Payload) -> bool:
    """Whether a stream is padded: where the request says so. The API pads unless it is told not to."""
    return bool((body.get("stream_options") or {}).get("include_obfuscation"))


FLAGS = {"true": True, "false": False}


def _flag(query: Mapping[str, Sequence[str]], name: str) -> bool:
    """A boolean of the query, False where it does not say. Raises Refused."""
    word = query.get(name, ["false"])[-1]
    if word not in FLAGS:
        raise Refused("wrong_type", name, "a boolean", "a string")
    return FLAGS[word]


def _number(query: Mapping[str, Sequence[str]], name: str, default: int) -> int:
    """A number of the query, `default` where it does not say. Raises Refused."""
    word = query.get(name, [str(default)])[-1]
    if not NUMBER.fullmatch(word):
        raise Refused("wrong_type", name, "an integer", "a string")
    return int(word)
