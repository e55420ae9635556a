"""The one place where payloads become objects of the openai SDK.

Objects are made as the SDK makes them from a server's answer: leniently. The wire lacks fields which
some SDK version requires, so validation would refuse real traffic.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, TypeVar, cast, get_args

from openai._models import construct_type  # the SDK's own parser; it has no public name

from fakemodel.wire.ids import ITEM_PREFIX

T = TypeVar("T")


def parsed(type_: type[T], payload: Mapping[str, Any]) -> T:
    """What the SDK makes of `payload`, which it takes for a `type_` (a model, or a union of models)."""
    return cast(T, construct_type(type_=type_, value=payload))


@cache
def item_types() -> frozenset[str]:
    """The types of output items: those of the installed SDK, and what it may not know yet."""
    from openai.types.responses import ResponseOutputItem

    members = get_args(get_args(ResponseOutputItem)[0])
    types = (get_args(member.model_fields["type"].annotation) for member in members)
    return frozenset(ITEM_PREFIX.keys()).union(*types)
