"""Cassettes as others write them, or as they are after an edit: read as YAML or as JSON, at the pace of these.

They are vcrpy's, of any version and either serializer, those of suites with `parsed_body`, and our own where a line
stands otherwise than `fakemodel.tape.layout` writes it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

import yaml

from fakemodel.tape.interaction import Interaction, Request, Response
from fakemodel.tape.reader import headers_of, status_of
from fakemodel.tape.yaml_events import TOO_DEEP, TooLarge, assert_bounded

__all__ = ["turns"]

ODD = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
"""What is raised for a value that is none of its kind, as `!!int ''` or a status of infinity: by YAML too."""

JSON_OBJECT = re.compile(r"\s*\{\s*\"")
"""How JSON begins; YAML may begin so too."""


def turns(content: bytes) -> list[Interaction]:
    """The turns that a file holds. Raises ValueError with what is wrong."""
    read = _read(content)
    if not isinstance(read, Mapping) or not isinstance(read.get("interactions"), list):
        raise ValueError("it has no list of `interactions`")
    found = []
    for number, interaction in enumerate(read["interactions"], 1):
        try:
            found.append(Interaction(_request(interaction["request"]), _response(interaction["response"])))
        except ODD as error:
            raise ValueError(f"turn {number} is not an interaction ({_problem(error)})") from None
    return found


def _read(content: bytes) -> Any:
    """The values that a file says. YAML does not know all escapes of JSON, so that each is read as what it is."""
    from vcr.serializers import yamlserializer

    problem = None
    try:
        text = content.decode("utf-8-sig")
        if JSON_OBJECT.match(text):
            try:
                return json.loads(text)
            except ValueError as error:
                problem = f"it is not JSON: {error}"
        assert_bounded(text)
        return yamlserializer.deserialize(text)
    except TooLarge:
        raise
    except RecursionError:
        raise TooLarge(TOO_DEEP) from None
    except (yaml.YAMLError, *ODD) as error:
        raise ValueError(problem or f"it is not YAML: {_problem(error)}") from None


def _problem(error: Exception) -> str:
    return f"no {error}" if isinstance(error, KeyError) else str(error)


def _request(content: Mapping[str, Any]) -> Request:
    body = json.dumps(content["parsed_body"]) if "parsed_body" in content else content.get("body")
    method, uri = content["method"], content["uri"]
    if not isinstance(method, str) or not isinstance(uri, str):
        raise ValueError(f"method and uri are {method!r} and {uri!r}, expected are strings")
    urlsplit(uri)  # raises ValueError for what is no address
    return Request(method, uri, headers_of(content.get("headers")), _bytes(body))


def _response(content: Mapping[str, Any]) -> Response:
    headers = headers_of(content.get("headers"))
    if "parsed_body" in content:
        body: object = json.dumps(content["parsed_body"])
    elif "content" in content:  # vcrpy before 5.0, for httpx
        body = content["content"]
    else:
        body = (content.get("body") or {}).get("string")
    if not isinstance(body, bytes):  # what stands there as text was decoded when it was recorded
        headers.pop("content-encoding", None)
    status = {"code": content["status_code"]} if "status_code" in content else content["status"]
    return Response(*status_of(status), headers, _bytes(body))


def _bytes(body: object) -> bytes:
    if body is None:
        return b""
    if isinstance(body, bytes):
        return body
    if isinstance(body, str):
        return body.encode()
    if hasattr(body, "read"):
        return bytes(body.read())
    if isinstance(body, Iterator):  # a body that was sent in pieces, as vcrpy writes it
        return b"".join(map(_bytes, body))
    raise ValueError(f"a body is text or bytes, not {type(body).__name__}")
