"""Whether a request is one that was recorded: method, place, query and JSON body, and what differs if not."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any, TypeAlias
from urllib.parse import parse_qsl, urlsplit

from fakemodel.errors import SettingInvalid
from fakemodel.tape.interaction import Request

__all__ = ["ABSENT", "Difference", "Key", "Matcher", "api_path"]

API_PATH = re.compile(
    r"/v1/(?:assistants|audio|batches|chat/completions|completions|conversations|embeddings|evals|files|fine_tuning"
    r"|images|models|moderations|realtime|responses|threads|uploads|vector_stores|videos)(?:/.*)?$"
)
"""The API's routes. Where one is asked for, host and prefix do not matter: a gateway's recording plays anywhere."""

BOUNDARY = re.compile(rb"--([0-9A-Za-z'()+_,./:=? -]{1,70})\r\n")
"""How an upload begins."""

JSON_PATH = re.compile(r"[^.\[\]]+(?:\.[^.\[\]]+|\[(?:\*|\d+)\])*")

Key: TypeAlias = tuple[str, str, tuple[tuple[str, str], ...], str]
Difference: TypeAlias = tuple[str, object, object]
"""A JSON path, the value that was recorded and the one that was sent; ABSENT for none."""


class _Absent:
    def __repr__(self) -> str:
        return "absent"


ABSENT = _Absent()


def api_path(uri: str) -> str | None:
    """The path from `/v1` on, if `uri` asks for one of the API's routes."""
    found = API_PATH.search(urlsplit(uri).path)
    return found[0] if found else None


class Matcher:
    """Matches requests, but for the JSON paths to `ignore`: `metadata.run_id`, `input[*].id`."""

    def __init__(self, ignore: Sequence[str] = ()) -> None:
        """Raise SettingInvalid for what is no list of JSON paths."""
        if isinstance(ignore, str):
            raise SettingInvalid(f"ignore={ignore!r} is one path. Put it into a list: ignore=[{ignore!r}].")
        self._ignored = [_steps(path) for path in ignore]

    def key(self, request: Request) -> Key:
        """What two requests have in common that match; `true`, `1` and `1.0` differ, and null from absent."""
        url = urlsplit(request.uri)
        place = api_path(request.uri) or f"{url.scheme}://{url.netloc}{url.path}"
        body = self.body(request)
        text = repr(body) if isinstance(body, bytes) else json.dumps(body, sort_keys=True)
        return request.method, place, tuple(sorted(parse_qsl(url.query, keep_blank_values=True))), text

    def body(self, request: Request) -> Any:
        """The JSON of the body, without what is ignored; or its bytes, where it is no JSON.

        The boundary between the parts of an upload is drawn anew each time, and stands for any other.
        """
        try:
            body = json.loads(request.body)
        except ValueError:
            boundary = BOUNDARY.match(request.body)
            return request.body.replace(boundary[1], b"boundary") if boundary else request.body
        for steps in self._ignored:
            _drop(body, steps)
        return body

    def differences(self, recorded: Request, sent: Request) -> list[Difference]:
        """Every place at which the two differ, the query's under `?`."""
        found = list(_differences("?", _query(recorded), _query(sent)))
        return found + list(_differences("", self.body(recorded), self.body(sent)))


def _query(request: Request) -> dict[str, Any]:
    """The query's values by name; a list where a name is said more than once."""
    query: dict[str, list[str]] = {}
    for name, value in parse_qsl(urlsplit(request.uri).query, keep_blank_values=True):
        query.setdefault(name, []).append(value)
    return {name: values if len(values) > 1 else values[0] for name, values in query.items()}


def _steps(path: str) -> list[str | int | None]:
    """`input[*].id` as ["input", None, "id"]."""
    if not JSON_PATH.fullmatch(path):
        raise SettingInvalid(f"{path!r} is no JSON path. Paths look like metadata.run_id, input[*].id, input[0].")
    found = re.findall(r"([^.\[\]]+)|\[(\*|\d+)\]", path)
    return [name or (None if index == "*" else int(index)) for name, index in found]


def _drop(value: Any, steps: list[str | int | None]) -> None:
    step, rest = steps[0], steps[1:]
    if isinstance(value, list) and not isinstance(step, str):
        places: list[Any] = list(range(len(value))) if step is None else [step] if step < len(value) else []
    else:
        places = [step] if isinstance(value, dict) and step in value else []
    for place in places:
        if rest:
            _drop(value[place], rest)
        elif isinstance(value, dict):
            del value[place]
        else:
            value[place] = None


def _differences(path: str, old: object, new: object) -> Iterator[Difference]:
    if isinstance(old, dict) and isinstance(new, dict):
        for key in {**old, **new}:
            inner = f"{path}.{key}" if path not in ("", "?") else f"{path}{key}"
            yield from _differences(inner, old.get(key, ABSENT), new.get(key, ABSENT))
    elif isinstance(old, list) and isinstance(new, list):
        for index in range(max(len(old), len(new))):
            pair = (values[index] if index < len(values) else ABSENT for values in (old, new))
            yield from _differences(f"{path}[{index}]", *pair)
    elif type(old) is not type(new) or old != new:
        yield path or "body", old, new
