"""Requests and responses in vcrpy's form, which its patches and a suite's filters speak, and back."""

from __future__ import annotations

import json
from typing import Any

from vcr.request import Request as VcrRequest

from fakemodel.errors import CassetteInvalid
from fakemodel.tape.interaction import Headers, Request, Response

__all__ = ["playable", "request_of", "response_of", "vcr_request", "vcr_response"]


def vcr_request(request: Request) -> VcrRequest:
    """The request in vcrpy's form."""
    headers = {name: values[0] for name, values in request.headers.items()}
    return VcrRequest(request.method, request.uri, request.body, headers)


def vcr_response(response: Response) -> dict[str, Any]:
    """The response in vcrpy's form."""
    return {
        "status": {"code": response.status, "message": response.message},
        "headers": _copied(response.headers),
        "body": {"string": response.body},
    }


def playable(response: Response) -> dict[str, Any]:
    """The response in vcrpy's form, framed as one whole body."""
    form = vcr_response(response)
    form["headers"].pop("transfer-encoding", None)
    form["headers"]["content-length"] = [str(len(response.body))]
    return form


def request_of(form: VcrRequest) -> Request:
    """The request that stands in vcrpy's form. Raises CassetteInvalid for a body that is no bytes, text or JSON."""
    headers = {name.lower(): [str(value)] for name, value in form.headers.items()}
    body = form.body_bytes or b""
    if not isinstance(body, bytes | bytearray):  # of aiohttp's clients it is what they were given
        headers.setdefault("content-type", ["application/json"])
        try:
            body = json.dumps(body).encode()
        except TypeError:
            raise CassetteInvalid(
                f"A body that is a {type(body).__name__} cannot be recorded, nor compared ({form.method} {form.uri}). "
                "Send it as bytes, as text or as JSON."
            ) from None
    return Request(form.method, form.uri, headers, bytes(body))


def response_of(form: dict[str, Any]) -> Response:
    """The response that stands in vcrpy's form."""
    status, body = form["status"], form["body"].get("string")  # of a redirect aiohttp's patch says none
    headers = {name.lower(): list(values) for name, values in form["headers"].items()}
    whole = body.encode() if isinstance(body, str) else bytes(body or b"")
    return Response(status["code"], status["message"] or "", headers, whole)


def _copied(headers: Headers) -> dict[str, list[str]]:
    return {name: list(values) for name, values in headers.items()}
