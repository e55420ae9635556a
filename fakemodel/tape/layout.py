"""The file: how a cassette is laid out for people, and how it is read, whoever wrote it.

Bodies stand as indented blocks, JSON pretty-printed, so that a cassette reads as a conversation and reviews as a
diff. The layout is written here line by line, because libyaml turns a whole block into one quoted string at the
first emoji or tab; plain vcrpy reads it. Read are our own files, vcrpy's, and those with `parsed_body`.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml

from fakemodel.tape import reader
from fakemodel.tape.interaction import Headers, Interaction, Request, Response
from fakemodel.tape.reader import UNPRINTABLE, headers_of, status_of
from fakemodel.tape.yaml_events import TooLarge, assert_bounded

__all__ = [
    "UNREADABLE",
    "clear",
    "read",
    "read_as_yaml",
    "recorded_from",
    "recorded_on",
    "rules_of_file",
    "write",
    "written",
]

UNREADABLE = (OSError, ValueError, ArithmeticError, RecursionError)
"""What a file may raise that is read, whatever stands in it."""

JSON_TYPE = re.compile(r"application/(?:[\w.-]+\+)?json\b")

RULES = re.compile(r"^recorded: .*\brules: '?([0-9a-f]{8})\b", flags=re.MULTILINE)

RECORDED_FROM = re.compile(r"^recorded: \{from: ([^,}]+)", flags=re.MULTILINE)

RECORDED_ON = re.compile(r"^recorded: .*\bon'?: '?(\d{4}-\d\d-\d\d)\b", flags=re.MULTILINE)

ODD = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
"""What is raised for a value that is none of its kind, as `!!int ''` or a status of infinity: by YAML too."""

DATA_LINE = re.compile(r"^data: ([^\r\n]*)$", flags=re.MULTILINE)


def read(path: Path) -> list[Interaction]:
    """The turns of the cassette at `path`. Raises FileNotFoundError, and ValueError with what is wrong."""
    turns = reader.turns(path.read_bytes())
    return read_as_yaml(path) if turns is None else turns


def read_as_yaml(path: Path) -> list[Interaction]:
    """The turns of the cassette at `path`, of others or edited: what `read` gives, at YAML's pace. Raises the same."""
    content = _content(path)
    if not isinstance(content, Mapping) or not isinstance(content.get("interactions"), list):
        raise ValueError("it has no list of `interactions`")
    turns = []
    for number, interaction in enumerate(content["interactions"], 1):
        try:
            turns.append(Interaction(_request(interaction["request"]), _response(interaction["response"])))
        except ODD as error:
            raise ValueError(f"turn {number} is not an interaction ({_problem(error)})") from None
    return turns


def _content(path: Path) -> Any:
    """What stands in a file: YAML, or JSON, of which YAML does not know all escapes. Raises ValueError."""
    from vcr.serializers import yamlserializer

    try:
        text = path.read_text(encoding="utf-8-sig")
        if text.lstrip().startswith("{"):  # as a mapping of YAML may, too
            try:
                return json.loads(text)
            except ValueError:
                if path.suffix == ".json":
                    raise
        assert_bounded(text)
        return yamlserializer.deserialize(text)
    except TooLarge:
        raise
    except RecursionError:
        raise TooLarge("it is nested too deeply") from None
    except (yaml.YAMLError, *ODD) as error:
        kind = "JSON" if path.suffix == ".json" else "YAML"
        raise ValueError(f"it is not {kind}: {_problem(error)}") from None


def _problem(error: Exception) -> str:
    return f"no {error}" if isinstance(error, KeyError) else str(error)


def recorded_from(text: str) -> str | None:
    """Whom the head of a cassette of ours names as the one that answered: `fakemodel`, or a host."""
    found = RECORDED_FROM.search(text.partition("\ninteractions:")[0])
    return found[1] if found else None


def recorded_on(text: str) -> date | None:
    """The day that the head of a cassette of ours names; None where it names none."""
    found = RECORDED_ON.search(text.partition("\ninteractions:")[0])
    try:
        return date.fromisoformat(found[1]) if found else None
    except ValueError:
        return None


def rules_of_file(text: str) -> str:
    """The digest of the rules that a cassette of ours was recorded by; nothing where there were none."""
    found = RULES.search(text.partition("\ninteractions:")[0])
    return found[1] if found else ""


def write(path: Path, content: str | bytes) -> None:
    """Put `content` in the place of the file at once: a reader, or a crash, finds the old one or the new one whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=_begins(path), suffix=".tmp")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content.encode() if isinstance(content, str) else content)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).chmod(path.stat().st_mode if path.exists() else 0o644)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def clear(path: Path) -> None:
    """Remove what a process that was killed while it wrote the file has left beside it."""
    for left in path.parent.iterdir() if path.parent.is_dir() else ():
        if left.name.startswith(_begins(path)) and left.suffix == ".tmp":
            left.unlink(missing_ok=True)


def _begins(path: Path) -> str:
    """How the names of the files begin that `path` is written to at first: no other's do."""
    return f".{hashlib.sha256(path.name.encode()).hexdigest()[:16]}."


def written(turns: Iterable[Interaction], recorded: Mapping[str, str]) -> str:
    """The text of a cassette; `recorded` says from where, with what and when."""
    lines = ["version: 1", f"recorded: {_flow(recorded)}", "interactions:"]
    for turn in turns:
        lines += _interaction_lines(turn)
    return "\n".join([*lines, ""]) if len(lines) > 3 else f"{lines[0]}\n{lines[1]}\ninteractions: []\n"


def _interaction_lines(turn: Interaction) -> Iterator[str]:
    request, response = turn.request, turn.response
    yield "- request:"
    yield f"    method: {request.method}"
    yield f"    uri: {_flow(request.uri)}"
    yield from _body_lines("body", request.body, 4, request.headers)
    yield f"    headers: {_flow(request.headers)}"
    yield "  response:"
    yield f"    status: {_flow({'code': response.status, 'message': response.message})}"
    yield f"    headers: {_flow(response.headers)}"
    yield "    body:"
    yield from _body_lines("string", response.body, 6, response.headers)


def _body_lines(key: str, body: bytes, indent: int, headers: Headers) -> Iterator[str]:
    margin = " " * indent
    try:
        text = body.decode()
    except UnicodeDecodeError:
        binary = yaml.safe_dump({key: body}).splitlines()
        yield from (margin + line for line in binary)
        return
    content_type = next(iter(headers.get("content-type", ())), "")
    if JSON_TYPE.match(content_type):
        text = _pretty(text)
    elif "event-stream" in content_type:
        text = DATA_LINE.sub(lambda line: _escaped(line[0]) if _is_json(line[1]) else line[0], text)
    if not text.strip() or UNPRINTABLE.search(text):
        quoted = yaml.safe_dump(text, default_style='"', width=10**9).removesuffix("\n")
        yield f"{margin}{key}: {quoted}"
        return
    chomping = "-" if not text.endswith("\n") else "+" if text.endswith("\n\n") else ""
    indentation = "2" if text[0].isspace() else ""  # said where the first line would not tell it
    yield f"{margin}{key}: |{indentation}{chomping}"
    yield from (f"{margin}  {line}" if line else "" for line in text.removesuffix("\n").split("\n"))


def _pretty(text: str) -> str:
    try:
        return _escaped(json.dumps(json.loads(text), indent=2, ensure_ascii=False)) + "\n"
    except (ValueError, RecursionError):
        return text


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def _escaped(text: str) -> str:
    """JSON without characters that break a block: inside its strings an escape is the same."""
    return UNPRINTABLE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def _flow(value: object) -> str:
    plain = dict(value) if isinstance(value, Mapping) else value
    return (
        yaml.safe_dump(plain, default_flow_style=True, width=10**9, sort_keys=False, allow_unicode=True)
        .removesuffix("...\n")
        .strip()
    )


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
