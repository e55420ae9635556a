"""The endpoints of models, and the refusal of a model that is not known."""

from __future__ import annotations

from collections.abc import Iterable

from fakemodel.api.endpoint import Server
from fakemodel.api.http import Answer, Call, json_answer
from fakemodel.wire.errors import Refused
from fakemodel.wire.ids import EPOCH
from fakemodel.wire.payload import Payload

__all__ = ["check_model", "list_all", "retrieve"]

UNKNOWN = {
    "responses": "responses_model_not_found",
    "chat": "chat_model_not_found",
    "embeddings": "chat_model_not_found",
    "models": "model_not_found",
}
"""How each API refuses a model that is not known: a row of ERRORS."""


def check_model(server: Server, model: str | None, api: str) -> None:
    """Raise Refused, as `api` (a key of UNKNOWN) words it, for a model that the server does not know.

    A request may leave the model out, where its prompt names one.
    """
    if server.models is not None and model is not None and model not in server.models:
        raise Refused(UNKNOWN[api], model)


def list_all(server: Server, call: Call) -> Answer:
    """GET /v1/models: those that are known; where any is, those that requests have named."""
    names: Iterable[str] = server.state.models if server.models is None else server.models
    return json_answer(200, {"object": "list", "data": [_model(name) for name in dict.fromkeys(names)]})


def retrieve(server: Server, call: Call) -> Answer:
    """GET /v1/models/{model}."""
    check_model(server, call.named["model"], "models")
    return json_answer(200, _model(call.named["model"]))


def _model(name: str) -> Payload:
    return {"id": name, "object": "model", "created": EPOCH, "owned_by": "openai"}
