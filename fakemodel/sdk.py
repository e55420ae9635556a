"""The one place where payloads become objects of the openai SDK.

Objects are made as the SDK makes them from a server's answer: leniently. The wire lacks fields which
some SDK version requires, so validation would refuse real traffic.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from openai._models import construct_type  # the SDK's own parser; it has no public name

T = TypeVar("T")


def parsed(type_: type[T], payload: Mapping[str, Any]) -> T:
    """What the SDK makes of `payload`, which it takes for a `type_` (a model, or a union of models)."""
    return cast(T, construct_type(type_=type_, value=payload))
