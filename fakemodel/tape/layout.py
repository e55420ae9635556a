"""The file: how a cassette is laid out for people, and how it is read.

Bodies stand as indented blocks, JSON pretty-printed, so that a cassette reads as a conversation and reviews as a
diff. The layout is written here line by line, because libyaml turns a whole block into one quoted string at the
first emoji or tab; plain vcrpy reads it.
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

import yaml

from fakemodel.files import content_of
from fakemodel.tape import foreign, reader
from fakemodel.tape.interaction import Headers, Interaction
from fakemodel.tape.reader import UNPRINTABLE

__all__ = [
    "UNREADABLE",
    "clear",
    "read",
    "recorded_from",
    "recorded_on",
    "rules_of_file",
    "turns_in",
    "write",
    "written",
]

UNREADABLE = (OSError, ValueError, ArithmeticError, RecursionError)
"""What a file may raise that is read, whatever stands in it."""

JSON_TYPE = re.compile(r"application/(?:[\w.-]+\+)?json\b")

RULES = re.compile(r"^recorded: .*\brules: '?([0-9a-f]{8})\b", flags=re.MULTILINE)

RECORDED_FROM = re.compile(r"^recorded: \{from: ([^,}]+)", flags=re.MULTILINE)

RECORDED_ON = re.compile(r"^recorded: .*\bon'?: '?(\d{4}-\d\d-\d\d)\b", flags=re.MULTILINE)

DATA_LINE = re.compile(r"^data: ([^\r\n]*)$", flags=re.MULTILINE)


def read(path: Path) -> list[Interaction]:
    """The turns of the cassette at `path`. Raises OSError, and ValueError with what is wrong."""
    return turns_in(content_of(path))


def turns_in(content: bytes) -> list[Interaction]:
    """The turns that a file holds. Raises ValueError with what is wrong."""
    turns = reader.turns(content)
    return foreign.turns(content) if turns is None else turns


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
