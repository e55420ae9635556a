"""What the wire says of tokens where the script says nothing. The rules are ours: no tokenizer of the API's is used."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from fakemodel.context import text_of
from fakemodel.parts import Item, Part, Usage
from fakemodel.reply import Reply, altered
from fakemodel.wire.payload import Payload, json_text

__all__ = ["count", "counted", "tokens_of", "usage_of"]

CHARACTERS = 4
"""The characters of a token."""

AN_ITEM = 3
"""The tokens of an item, beside those of what it says."""

BESIDE = ("instructions", "tools", "text", "response_format")
"""What of a request is input too, beside the items that the model sees."""


def usage_of(reply: Reply) -> Usage:
    """The reply's own usage, or one input token and an output token for each fragment."""
    return reply.usage or Usage(input=1, output=sum(map(_count, reply.parts)))


def counted(reply: Reply, input: int) -> Reply:
    """A reply whose usage says what was put in, where it does not say itself."""
    if reply.usage is not None or reply.recorded is not None:
        return reply
    return altered(reply, usage=Usage(input=input, output=usage_of(reply).output))


def tokens_of(context: Iterable[Payload], body: Mapping[str, Any]) -> int:
    """The input tokens of a request that lets a model see `context`.

    Three for each item, and one for every four characters of what it says, of the instructions, and of the tools and
    the format of the output, as JSON.
    """
    beside = sum(count(json_text(body[name])) for name in BESIDE if body.get(name))
    return sum(AN_ITEM + count(text_of(item)) for item in context) + beside


def count(text: str) -> int:
    """The tokens of a text: one for every four characters, rounded up."""
    return -(-len(text) // CHARACTERS)


def _count(part: Part) -> int:
    return 1 if isinstance(part, Item) else len(part.fragments)
