"""The endpoints: which function answers which method and path, and what its body must be."""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from http import HTTPStatus
from urllib.parse import parse_qs

from fakemodel.api import chat, conversations, embeddings, models, parameters, responses, stored_completions
from fakemodel.api.endpoint import Answering, Endpoint, Server
from fakemodel.api.errors import refused
from fakemodel.api.http import Answer, Call, Request, json_answer
from fakemodel.api.queue import Responder, waited
from fakemodel.errors import ReplyInvalid, SettingInvalid
from fakemodel.wire.errors import Refused

__all__ = ["ROUTES", "Route", "answer", "route_of"]


@dataclass(frozen=True, slots=True)
class Route:
    """An endpoint: `path` names its places in braces, `parameters` are those of its JSON body, if it has one."""

    method: str
    path: str
    endpoint: Endpoint
    parameters: parameters.Parameters | None = None

    def match(self, path: str) -> dict[str, str] | None:
        """What stands in the places of the path; None for another path."""
        found = _pattern(self.path).fullmatch(path)
        return None if found is None else found.groupdict()


@functools.cache
def _pattern(path: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>[^/]+)", re.escape(path)))


AZURE = re.compile(r"/openai(?:/v1)?(?:/deployments/(?P<model>[^/]+))?(?P<path>/.*)")
"""How Azure names the same endpoints: `/openai/v1/responses`, `/openai/deployments/<model>/chat/completions`."""


def answer(server: Server, request: Request) -> Answering:
    """The answer to a request, be it a refusal; yields what is to be waited for meanwhile.

    Raises what the script raises (NoReplyLeft, ReplyInvalid), what a responder raises, and SettingInvalid for
    WebSockets.
    """
    try:
        _check_key(server, request)
        call, route = _routed(server, request)
        found = route.endpoint(server, call)
        return found if isinstance(found, Answer) else (yield from found)
    except Refused as error:
        return refused(error.reason, *error.named)


def _check_key(server: Server, request: Request) -> None:
    if server.api_key is None:
        return
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    key = request.headers.get("api-key", "") or (key if scheme.lower() == "bearer" else "")  # Azure's, or OpenAI's
    if not key:
        raise Refused("no_key")
    if key != server.api_key:
        raise Refused("wrong_key", f"{key[:3]}{'*' * len(key[3:-4])}{key[-4:]}" if len(key) > 11 else "*" * len(key))


def _routed(server: Server, request: Request) -> tuple[Call, Route]:
    if request.headers.get("upgrade", "").lower() == "websocket":
        raise SettingInvalid("FakeOpenAI serves no WebSockets: have the client use the transport of HTTP.")
    path, model = _canonical(request.path)
    matches = [*_matching(server.routes, path), *_built_in(path)]
    for route, named in matches:
        if route.method == request.method:
            request.named = {**named}
            query = _query(request.query) if request.query else {}
            body = {} if route.parameters is None else parameters.check(_json(request, model), route.parameters)
            if body.get("model") and body["model"] not in server.state.models:
                server.state.models.append(body["model"])
            return Call(request, named, query, body), route
    if matches:
        raise Refused("wrong_method", request.method, path)
    wanted = f"{request.method} {path}"
    known = [f"{route.method} {route.path}" for route in (*server.routes, *ROUTES)]
    raise Refused("unknown_route", wanted, get_close_matches(wanted, known, n=1, cutoff=0)[0])


def _matching(routes: Iterable[Route], path: str) -> list[tuple[Route, Mapping[str, str]]]:
    return [(route, named) for route in routes if (named := route.match(path)) is not None]


@functools.lru_cache(maxsize=64)  # for the paths that are asked for again and again, which have no places
def _built_in(path: str) -> list[tuple[Route, Mapping[str, str]]]:
    return _matching(ROUTES, path)


def _query(text: str) -> dict[str, list[str]]:
    """What a query says: a list is told as `include[]=…`, again and again."""
    return {name.removesuffix("[]"): values for name, values in parse_qs(text, True).items()}


def _canonical(path: str) -> tuple[str, str | None]:
    """A path as OpenAI has it, and the model that Azure names in it."""
    azure = AZURE.fullmatch(path)
    return (path, None) if azure is None else (f"/v1{azure['path']}", azure["model"])


def _json(request: Request, model: str | None) -> object:
    """The body, if it is JSON; a deployment of Azure's is the model of a body without one. Raises Refused."""
    try:
        body = request.json
    except (RecursionError, ValueError):
        raise Refused("invalid_json") from None
    if model and isinstance(body, dict) and body.get("model") is None:
        body["model"] = model
    return body


PLACE = re.compile(r"\{(\w+)\}")

ROUTE = re.compile(r"(?:/(?:[^/{}]|\{[A-Za-z_]\w*\})+)+")
"""A path, with names in braces for what may stand there."""


def route_of(method: str, path: str, responder: Responder) -> Route:
    """A route of the user's own, answered by a function of his. Raises SettingInvalid for what is no route."""
    names = PLACE.findall(path) if isinstance(path, str) else []
    if not ROUTE.fullmatch(str(path)) or len(names) != len(set(names)) or not callable(responder):
        raise SettingInvalid(
            f"on({method!r}, {path!r}, {responder!r}) is no route: expected is a path as '/v1/files/{{file_id}}', with "
            "each name once, and a function of the request."
        )

    def endpoint(server: Server, call: Call) -> Answering:
        found = yield waited(responder, call.request)
        status, body = found if isinstance(found, tuple) and len(found) == 2 else (200, found)
        if not isinstance(body, dict) or status not in HTTPStatus.__members__.values():
            raise ReplyInvalid(
                f"{method} {path} was answered with {found!r}: expected is a dict, or a status and a dict."
            )
        try:
            text = json.dumps(body, allow_nan=False)
        except (TypeError, ValueError) as error:
            raise ReplyInvalid(f"{method} {path} was answered with what is no JSON: {error}.") from None
        return json_answer(status, json.loads(text))

    return Route(method.upper(), path, endpoint)


ROUTES = (
    Route("POST", "/v1/responses", responses.create, parameters.RESPONSE),
    Route("GET", "/v1/responses/{response_id}", responses.retrieve),
    Route("DELETE", "/v1/responses/{response_id}", responses.delete),
    Route("POST", "/v1/responses/{response_id}/cancel", responses.cancel),
    Route("GET", "/v1/responses/{response_id}/input_items", responses.input_items),
    Route("POST", "/v1/responses/input_tokens", responses.input_tokens, parameters.INPUT_TOKENS),
    Route("POST", "/v1/responses/compact", responses.compact, parameters.COMPACTION),
    Route("POST", "/v1/conversations", conversations.create, parameters.CONVERSATION),
    Route("GET", "/v1/conversations/{conversation_id}", conversations.retrieve),
    Route("POST", "/v1/conversations/{conversation_id}", conversations.update, parameters.CONVERSATION_UPDATE),
    Route("DELETE", "/v1/conversations/{conversation_id}", conversations.delete),
    Route("POST", "/v1/conversations/{conversation_id}/items", conversations.create_items, parameters.ITEMS),
    Route("GET", "/v1/conversations/{conversation_id}/items", conversations.list_items),
    Route("GET", "/v1/conversations/{conversation_id}/items/{item_id}", conversations.retrieve_item),
    Route("DELETE", "/v1/conversations/{conversation_id}/items/{item_id}", conversations.delete_item),
    Route("POST", "/v1/chat/completions", chat.create, parameters.COMPLETION),
    Route("GET", "/v1/chat/completions", stored_completions.list_all),
    Route("GET", "/v1/chat/completions/{completion_id}", stored_completions.retrieve),
    Route("POST", "/v1/chat/completions/{completion_id}", stored_completions.update, parameters.COMPLETION_UPDATE),
    Route("DELETE", "/v1/chat/completions/{completion_id}", stored_completions.delete),
    Route("GET", "/v1/chat/completions/{completion_id}/messages", stored_completions.messages),
    Route("GET", "/v1/models", models.list_all),
    Route("GET", "/v1/models/{model}", models.retrieve),
    Route("POST", "/v1/embeddings", embeddings.create, parameters.EMBEDDINGS),
)
"""What FakeOpenAI serves."""
