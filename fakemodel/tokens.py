"""The input tokens of a request, where its reply says nothing of them: counted by a rule of ours, not the API's."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from fakemodel.context import Context
from fakemodel.parts import Usage
from fakemodel.reply import Reply, altered
from fakemodel.wire.tokens import count, usage_of

__all__ = ["counted", "tokens_of"]

BESIDE = ("instructions", "tools", "text", "response_format")
"""What of a request is input too, beside the items that the model sees."""


def counted(reply: Reply, input: int) -> Reply:
    """A reply whose usage says what was put in, where it does not say itself."""
    if reply.usage is not None or reply.recorded is not None:
        return reply
    return altered(reply, usage=Usage(input=input, output=usage_of(reply).output))


def tokens_of(context: Context, body: Mapping[str, Any]) -> int:
    """The input tokens of a request that lets a model see `context`.

    Those of its items; and one for every four characters of the instructions, and of the tools and the format of the
    output, as JSON.
    """
    beside = [body[name] for name in BESIDE if body.get(name)]
    texts = [each if isinstance(each, str) else json.dumps(each) for each in beside]
    return context.tokens + sum(map(count, texts))
