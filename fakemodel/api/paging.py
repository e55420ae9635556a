"""The pages of a list: how the API cuts what it lists, and refuses what it cannot cut by."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from fakemodel.api.parameters.kinds import Integer, OneOf
from fakemodel.wire.errors import Refused
from fakemodel.wire.payload import Payload

__all__ = ["NUMBER", "page"]

NUMBER = re.compile(r"-?[0-9]{1,18}")
"""A number of a query, such as fits in 64 bits."""

ORDER = OneOf(("asc", "desc"))
LIMIT = Integer(1, 100)
DEFAULT_LIMIT = "20"


def page(items: Sequence[Payload], query: Mapping[str, Sequence[str]], default_order: str) -> Payload:
    """The page that a query asks for by its `after`, `limit` and `order`, of `items` in ascending order.

    The next one is the page `after` its `last_id`; an empty page has no ids. Raises Refused for an order that there is
    not, for a limit that is out of range or no number, and for an `after` that is not among the items.
    """
    order = query.get("order", [default_order])[-1]
    ORDER.check(order, "order")
    limit = _limit(query.get("limit", [DEFAULT_LIMIT])[-1])
    ordered = list(items) if order == "asc" else list(reversed(items))
    if "after" in query:
        ordered = ordered[_position(query["after"][-1], ordered) + 1 :]
    data = ordered[:limit]
    return {
        "object": "list",
        "data": data,
        "first_id": data[0]["id"] if data else None,
        "last_id": data[-1]["id"] if data else None,
        "has_more": len(ordered) > limit,
    }


def _limit(word: str) -> int:
    limit: object = int(word) if NUMBER.fullmatch(word) else word
    LIMIT.check(limit, "limit")
    assert isinstance(limit, int)
    return limit


def _position(id: str, items: Sequence[Payload]) -> int:
    for position, item in enumerate(items):
        if item["id"] == id:
            return position
    raise Refused("unknown_after", id)
