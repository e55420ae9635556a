"""What the members of a chunk are taken for: texts, log probabilities, citations, and the counts of usage."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from fakemodel.errors import StreamError
from fakemodel.wire.payload import Payload

__all__ = ["citations", "delta_logprob", "logprob", "text_of", "usage"]

CITATION = ("start_index", "end_index", "url", "title")
"""What a citation tells, on the wire below `url_citation`."""


def text_of(payload: Payload, member: str, *, raises: str = "ValidationError") -> str:
    """The text in a member of a delta. Raises StreamError for anything else: at that the Agents SDK `raises`."""
    value = payload[member]
    if not isinstance(value, str):
        raise StreamError(f"{member!r} in a delta is no text, but {value!r}: the Agents SDK raises {raises} here.")
    return value


def delta_logprob(entry: Payload) -> Payload:
    """An entry as a delta has it: without bytes."""
    top = [{"token": top["token"], "logprob": top["logprob"]} for top in entry.get("top_logprobs") or ()]
    return {"token": entry["token"], "logprob": entry["logprob"], "top_logprobs": top or None}


def logprob(entry: Payload) -> Payload:
    """An entry as an output text keeps it: with bytes."""
    top = [
        {"token": top["token"], "logprob": top["logprob"], "bytes": top.get("bytes") or []}
        for top in entry.get("top_logprobs") or ()
    ]
    return {
        "token": entry["token"],
        "logprob": entry["logprob"],
        "bytes": entry.get("bytes") or [],
        "top_logprobs": top,
    }


def citations(annotations: object) -> Iterator[Payload]:
    """The citations among `annotations`, as an output text has them. What is not a whole citation is left out."""
    from openai.types.responses.response_output_text import AnnotationURLCitation
    from pydantic import ValidationError

    for annotation in annotations if isinstance(annotations, list | tuple) else ():
        if not isinstance(annotation, Mapping) or annotation.get("type") != "url_citation":
            continue
        told = annotation.get("url_citation")
        if not isinstance(told, Mapping):
            continue
        citation = {"type": "url_citation", **{member: told.get(member) for member in CITATION}}
        try:
            yield AnnotationURLCitation.model_validate(citation).to_dict()
        except ValidationError:
            continue


def usage(counts: Payload | None) -> Any:
    """The counts of a Chat Completions answer under the names that the Responses API has for them."""
    from fakemodel import sdk

    if counts is None:
        return None
    prompt = counts.get("prompt_tokens_details") or {}
    completion = counts.get("completion_tokens_details") or {}
    renamed = {
        "input_tokens": counts.get("prompt_tokens") or 0,
        "output_tokens": counts.get("completion_tokens") or 0,
        "total_tokens": counts.get("total_tokens") or 0,
        "output_tokens_details": {"reasoning_tokens": completion.get("reasoning_tokens") or 0},
        "input_tokens_details": {
            "cached_tokens": prompt.get("cached_tokens") or 0,
            "cache_write_tokens": prompt.get("cache_write_tokens") or 0,
        },
    }
    return sdk.response_usage(renamed)
