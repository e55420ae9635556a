"""Reading at speed: the lines that `fakemodel.tape.layout` writes, and no others, as YAML would read them.

Loading is what a replay spends its time on, and almost all of a cassette are blocks, in which YAML has nothing to tell.
So the lines of a turn are one pattern here, and a file in which anything else stands is left to YAML as a whole.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

import yaml

from fakemodel.tape.interaction import Interaction, Request, Response

__all__ = ["UNPRINTABLE", "headers_of", "status_of", "turns"]

UNPRINTABLE = re.compile("[\0-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]")
"""What cannot stand in a YAML block: control characters, line breaks other than \\n, lone surrogates."""

PRINTABLE_ASCII = bytes([*b"\t\n", *range(0x20, 0x7F)])

SINGLE_QUOTED = r"'(?:[^'\n]|'')*+'"
DOUBLE_QUOTED = r'"(?:[^"\\\n]|\\.)*+"'
PLAIN = r"[\w/][\w ./;=+()'$&*!@%~<>|-]*+"

SCALAR = f"(?:{SINGLE_QUOTED}|{DOUBLE_QUOTED}|{PLAIN})"
VALUE = rf"(?:{SCALAR}|\[(?:{SCALAR}(?:, {SCALAR})*+)?\])"
FLOW = re.compile(rf"\{{(?:{SCALAR}: {VALUE}(?:, {SCALAR}: {VALUE})*+)?\}}")
"""A mapping that means on its own what it means in the file: no anchor, alias, tag or comment is in it."""

QUOTED = re.compile(f"{SINGLE_QUOTED}|{DOUBLE_QUOTED}")

ADDRESS = re.compile(r"https?://[!-~]*[!-9;-~]")
"""An address that is a plain scalar: no space is in it, and no colon at its end."""


def _body(key: str, indent: int) -> str:
    """The lines of a body: a block, which says how far it is indented unless its first line shows it, or a string."""
    line = " " * (indent + 2)
    return (
        rf"{' ' * indent}{key}: (?:"
        rf"(!!binary )?\|(?:2|(?=[+-]?\n{line}[^ \t\n]))([+-]?)\n(?:{line}|(?=\n))(.*(?:\n*+{line}.*)*+\n++)"
        rf"|({DOUBLE_QUOTED})\n)"
    )


HEAD = re.compile(rb"version: 1\nrecorded: (.*)\ninteractions:\n")

TURN = re.compile(
    (
        "- request:\n"
        "    method: (DELETE|GET|HEAD|OPTIONS|PATCH|POST|PUT)\n"
        "    uri: (.*)\n"
        f"{_body('body', 4)}"
        "    headers: (.*)\n"
        "  response:\n"
        "    status: (.*)\n"
        "    headers: (.*)\n"
        "    body:\n"
        f"{_body('string', 6)}"
    ).encode()
)


def turns(content: bytes) -> list[Interaction] | None:
    """The turns of a cassette; None where anything stands there that the layout does not write itself."""
    found = []
    try:
        content.decode()
        if UNPRINTABLE.search(content.translate(None, PRINTABLE_ASCII).decode()):
            return None
        head = HEAD.match(content)
        if head is None:
            return None
        mapping_of(head[1])
        at = head.end()
        while at < len(content):
            turn = TURN.match(content, at)
            if turn is None:
                return None
            found.append(_turn(turn.groups()))
            at = turn.end()
    except (yaml.YAMLError, ArithmeticError, LookupError, TypeError, AttributeError, ValueError):
        return None
    return found or None


def headers_of(content: Mapping[str, Any] | None) -> dict[str, list[str]]:
    """Headers as a file says them."""
    return {
        str(name).lower(): [str(value) for value in (values if isinstance(values, list | tuple) else [values])]
        for name, values in (content or {}).items()
    }


def status_of(content: Mapping[str, Any]) -> tuple[int, str]:
    """A status as a file says it, with its message. Raises KeyError, TypeError and ValueError."""
    return int(content["code"]), content.get("message") or ""


def _turn(lines: tuple[bytes, ...]) -> Interaction:
    method, uri, *asked, sent, status, received, tag, chomping, block, quoted = lines
    headers = headers_of(mapping_of(received))
    if not tag:  # what stands there as text was decoded when it was recorded
        headers.pop("content-encoding", None)
    return Interaction(
        Request(method.decode(), _address(uri.decode()), headers_of(mapping_of(sent)), _bytes(6, *asked)),
        Response(*status_of(mapping_of(status)), headers, _bytes(8, tag, chomping, block, quoted)),
    )


def _address(text: str) -> str:
    address = text if ADDRESS.fullmatch(text) else str(_yaml(text)) if QUOTED.fullmatch(text) else None
    if address is not None:
        urlsplit(address)  # raises ValueError for what is none
        return address
    raise ValueError(f"an address of its own: {text}")


def _bytes(indent: int, tag: bytes | None, chomping: bytes, block: bytes, quoted: bytes | None) -> bytes:
    """A body. Raises ValueError for blank lines that YAML drops, and for what is no base64."""
    if quoted is not None and b"\\" not in quoted:
        return quoted[1:-1]
    if quoted is not None:
        return str(_yaml(quoted.decode())).encode()
    body = b"\n".join(block.split(b"\n" + b" " * indent))  # quicker than `replace`
    if body.isspace() or (chomping != b"+" and body.endswith(b"\n\n")):
        raise ValueError("blank lines")
    if chomping == b"-":
        body = body[:-1]
    if not tag:
        return body
    if not body.isascii():
        raise ValueError("no base64")
    return base64.decodebytes(body)


@lru_cache(maxsize=256)
def mapping_of(line: bytes) -> Mapping[str, Any]:
    """The mapping that stands on a line. The same few recur throughout a suite, so that they are nobody's to change."""
    text = line.decode()
    if not FLOW.fullmatch(text):
        raise ValueError(f"a mapping of its own: {text}")
    mapping: Mapping[str, Any] = _yaml(text)
    return mapping


def _yaml(text: str) -> Any:
    from vcr.serializers import yamlserializer

    return yamlserializer.deserialize(text)
