"""The one place where payloads become objects of the openai SDK.

Objects are made as the SDK makes them from a server's answer: leniently. The wire lacks fields which
some SDK version requires, so validation would refuse real traffic.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast, get_args

from openai import APIStatusError, BadRequestError, NotFoundError
from openai._models import add_request_id, construct_type, validate_type  # the SDK's own parser; it has no public name
from openai.types.responses import ResponseOutputItem, ResponseStreamEvent, ResponseUsage
from pydantic import ValidationError

from fakemodel.httpx_modules import sdk_httpx
from fakemodel.wire.errors import ERRORS, Refused
from fakemodel.wire.ids import ITEM_PREFIX

__all__ = ["ITEM_TYPES", "add_request_id", "event", "item", "parsed", "response_usage", "status_error"]

T = TypeVar("T")


def parsed(type_: type[T], payload: Mapping[str, Any]) -> T:
    """What the SDK makes of `payload`, which it takes for a `type_` (a model, or a union of models)."""
    return cast(T, construct_type(type_=type_, value=payload))


def event(payload: Mapping[str, Any]) -> Any:
    """An event of the Responses API. Its items are made first: within an event the SDK would try every type on each."""
    made = dict(payload)
    if isinstance(made.get("item"), dict):
        made["item"] = item(made["item"])
    response = made.get("response")
    if isinstance(response, dict) and isinstance(response.get("output"), list):
        made["response"] = {**response, "output": [item(each) for each in response["output"]]}
    return _member(EVENTS, ResponseStreamEvent, made)


def item(payload: Any) -> Any:
    """An output item of the Responses API; what is an object already stays itself."""
    return _member(ITEMS, ResponseOutputItem, payload) if isinstance(payload, dict) else payload


def response_usage(payload: Mapping[str, Any]) -> ResponseUsage:
    """The counts of a response. They are integers, so that validation, which is far cheaper, gives the same."""
    try:
        return ResponseUsage.model_validate(payload)
    except ValidationError:
        return parsed(ResponseUsage, payload)


def status_error(refused: Refused) -> APIStatusError:
    """The error that the SDK raises where the API refuses a request."""
    row = ERRORS[refused.reason]
    httpx, body = sdk_httpx(), row.body(*refused.named)
    request = httpx.Request("POST", "https://api.openai.com/v1/responses")
    response = httpx.Response(row.status, json=body, request=request)
    kind = BadRequestError if row.status == BadRequestError.status_code else NotFoundError
    return kind(f"Error code: {row.status} - {body}", response=response, body=body["error"])


def _member(members: Mapping[str, Any], union: Any, payload: Mapping[str, Any]) -> Any:
    """What the SDK makes of `payload`. It tries every member of a union; only the one of this type can fit."""
    member = members.get(str(payload.get("type")))
    if member is not None:
        try:
            return validate_type(type_=member, value=payload)
        except ValidationError:
            pass
    return parsed(union, payload)


def _members(type_: Any) -> dict[str, Any]:
    """The members of a union of models, by what their `type` says; of anything else none."""
    members = get_args(next(iter(get_args(type_)), None))
    fields = ((member, getattr(member, "model_fields", {}).get("type")) for member in members)
    return {type_: member for member, field in fields if field for type_ in get_args(field.annotation)}


EVENTS, ITEMS = _members(ResponseStreamEvent), _members(ResponseOutputItem)

ITEM_TYPES = frozenset(ITEM_PREFIX.keys() | ITEMS.keys())
"""The types of output items: those of the installed SDK, and what it may not know yet."""
