"""What the wire says of tokens: their counts and their log probabilities, alike in both APIs."""

from __future__ import annotations

from typing import Any

from fakemodel.reply import Item, Reply, Text, Usage

__all__ = ["logprob_entries", "usage_of"]


def usage_of(reply: Reply) -> Usage:
    """The reply's own usage, or one input token and an output token for each fragment."""
    if reply.usage is not None:
        return reply.usage
    return Usage(input=1, output=sum(1 if isinstance(part, Item) else len(part.fragments) for part in reply.parts))


def logprob_entries(part: Text) -> list[dict[str, Any]]:
    """One entry for each fragment of a text that has logprobs, else none."""
    return [
        {"token": fragment, "bytes": list(fragment.encode()), "logprob": logprob, "top_logprobs": []}
        for fragment, logprob in zip(part.fragments, part.logprobs or (), strict=False)
    ]
