"""Answers that were recorded compressed, as vcrpy keeps them if it is not told otherwise: their encoding undone."""

from __future__ import annotations

from dataclasses import replace

from vcr.filters import decode_response

from fakemodel.tape.interaction import Response
from fakemodel.tape.vcr_form import response_of, vcr_response

__all__ = ["decoded"]

ENCODING = "content-encoding"


def decoded(response: Response) -> Response:
    """The response with a body that can be read, and without its encoding. Raises ValueError if that cannot be undone.

    A text is what it is, whatever the headers say: many recorders decode it, and leave them as they were.
    """
    if ENCODING not in response.headers or not response.body:
        return response
    undone = response_of(decode_response(vcr_response(response)))
    if (ENCODING in undone.headers or undone.body == response.body) and not _is_text(undone.body):
        encoding = ", ".join(response.headers[ENCODING])
        raise ValueError(f"it is compressed ({encoding}), and cannot be read here")
    return replace(undone, headers={name: values for name, values in undone.headers.items() if name != ENCODING})


def _is_text(body: bytes) -> bool:
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    return True
