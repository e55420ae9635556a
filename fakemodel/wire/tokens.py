"""What the wire says of tokens where the script says nothing."""

from __future__ import annotations

from fakemodel.parts import Item, Part, Usage
from fakemodel.reply import Reply

__all__ = ["count", "usage_of"]

CHARACTERS = 4
"""The characters of a token. The rule is ours: the API's tokenizers are not used."""


def usage_of(reply: Reply) -> Usage:
    """The reply's own usage, or one input token and an output token for each fragment."""
    return reply.usage or Usage(input=1, output=sum(map(_count, reply.parts)))


def _count(part: Part) -> int:
    return 1 if isinstance(part, Item) else len(part.fragments)


def count(text: str) -> int:
    """The tokens of a text: one for every four characters, rounded up."""
    return -(-len(text) // CHARACTERS)
