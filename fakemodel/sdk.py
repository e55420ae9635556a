"""The one place where payloads become objects of the openai SDK.

Objects are made as the SDK makes them from a server's answer: leniently. The wire lacks fields which
some SDK version requires, so validation would refuse real traffic.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, TypeVar, cast, get_args

from openai import APIStatusError, BadRequestError, NotFoundError
from openai._models import construct_type, validate_type  # the SDK's own parser; it has no public name
from pydantic import ValidationError

from fakemodel.httpx_modules import sdk_httpx
from fakemodel.wire.errors import ERRORS, Refused
from fakemodel.wire.ids import ITEM_PREFIX

T = TypeVar("T")


def parsed(type_: type[T], payload: Mapping[str, Any]) -> T:
    """What the SDK makes of `payload`, which it takes for a `type_` (a model, or a union of models)."""
    union: Any = type_
    variant = _variants(union).get(str(payload.get("type")))
    if variant is not None:
        # The SDK tries every member of a union. Only the one of this type can fit, so it is found at once.
        try:
            return cast(T, validate_type(type_=variant, value=payload))
        except ValidationError:
            pass
    return cast(T, construct_type(type_=type_, value=payload))


def status_error(refused: Refused) -> APIStatusError:
    """The error that the SDK raises where the API refuses a request."""
    row = ERRORS[refused.reason]
    httpx, body = sdk_httpx(), row.body(*refused.named)
    request = httpx.Request("POST", "https://api.openai.com/v1/responses")
    response = httpx.Response(row.status, json=body, request=request)
    kind = BadRequestError if row.status == BadRequestError.status_code else NotFoundError
    return kind(f"Error code: {row.status} - {body}", response=response, body=body["error"])


@cache
def _variants(type_: Any) -> dict[str, Any]:
    """The members of a union of models, by what their `type` says; of anything else none."""
    members = get_args(next(iter(get_args(type_)), None))
    fields = ((member, getattr(member, "model_fields", {}).get("type")) for member in members)
    return {type_: member for member, field in fields if field for type_ in get_args(field.annotation)}


@cache
def item_types() -> frozenset[str]:
    """The types of output items: those of the installed SDK, and what it may not know yet."""
    from openai.types.responses import ResponseOutputItem

    union: Any = ResponseOutputItem
    return frozenset(ITEM_PREFIX.keys() | _variants(union).keys())
