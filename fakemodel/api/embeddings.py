"""The endpoint of embeddings: no script is asked, each vector is a function of its input alone.

Equal inputs have equal vectors, other inputs vectors that are all but at right angles to them.
"""

from __future__ import annotations

import hashlib
import json
import math
import struct
from base64 import b64encode
from collections.abc import Callable, Iterator
from typing import TypeAlias, TypeGuard

from fakemodel.api.endpoint import Server
from fakemodel.api.http import Answer, Call, json_answer
from fakemodel.api.models import check_model
from fakemodel.wire.errors import Refused
from fakemodel.wire.tokens import count

__all__ = ["create", "vector"]

Input: TypeAlias = str | list[int]
"""What is embedded: a text, or its tokens."""

SIZE = 1536
"""How long a vector is, where neither the model nor the request says it."""

SIZES = {"text-embedding-3-large": 3072, "text-embedding-3-small": 1536, "text-embedding-ada-002": 1536}
"""How long the vectors of OpenAI's models are: none can be longer."""

FIXED = {"text-embedding-ada-002"}
"""The models whose vectors cannot be shortened."""

MOST_INPUTS = 2048
MOST_TOKENS = 8192

ENCODED: dict[str, Callable[[bytes], object]] = {
    "float": lambda vector: struct.unpack(f"<{len(vector) // 4}f", vector),
    "base64": lambda vector: b64encode(vector).decode(),
}
"""The vector as an `encoding_format` gives it."""


def create(server: Server, call: Call) -> Answer:
    """POST /v1/embeddings."""
    model = call.body["model"]
    check_model(server, model, "embeddings")
    size = _size(model, call.body.get("dimensions"))
    inputs = list(_inputs(call.body["input"]))
    encoded = ENCODED[call.body.get("encoding_format") or "float"]
    data = [
        {"object": "embedding", "index": index, "embedding": encoded(vector(each, size))}
        for index, each in enumerate(inputs)
    ]
    tokens = sum(count(each) if isinstance(each, str) else len(each) for each in inputs)
    usage = {"prompt_tokens": tokens, "total_tokens": tokens}
    return json_answer(200, {"object": "list", "data": data, "model": model, "usage": usage})


def vector(input: Input, size: int) -> bytes:
    """The first `size` numbers of an input's vector, of length 1 again: floats of 4 bytes, the lowest byte first."""
    digest = hashlib.shake_128(json.dumps(input).encode()).digest(4 * size)
    numbers = [2 * number + 1 for number in struct.unpack(f"<{size}i", digest)]  # odd ones: none is 0
    length = math.hypot(*numbers)
    return struct.pack(f"<{size}f", *[number / length for number in numbers])


def _size(model: str, dimensions: int | None) -> int:
    """How long the vectors are to be. Raises Refused."""
    if dimensions is None:
        return SIZES.get(model, SIZE)
    if model in FIXED:
        raise Refused("dimensions_fixed")
    if dimensions > SIZES.get(model, dimensions):
        raise Refused("dimensions_above", str(dimensions), str(SIZES[model]))
    return dimensions


def _inputs(given: object) -> Iterator[Input]:
    """What a request wants embedded: one input, or a list of them. Raises Refused."""
    if isinstance(given, str) or _is_tokens(given):
        yield _checked(given, "input")
    elif isinstance(given, list):
        if len(given) > MOST_INPUTS:
            raise Refused("inputs_above", str(MOST_INPUTS))
        for index, each in enumerate(given):
            yield _checked(each, f"input[{index}]")
    else:
        raise Refused("embedding_input")


def _checked(given: object, place: str) -> Input:
    if isinstance(given, str) or _is_tokens(given):
        if not given:
            raise Refused("embedding_empty", place, "string" if isinstance(given, str) else "array")
        if len(given) > MOST_TOKENS and not isinstance(given, str):  # what a text counts for the API is not known
            raise Refused("tokens_above", place, str(MOST_TOKENS))
        return given
    raise Refused("embedding_input")


def _is_tokens(given: object) -> TypeGuard[list[int]]:
    return isinstance(given, list) and all(type(token) is int for token in given)
