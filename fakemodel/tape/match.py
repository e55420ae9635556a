"""Whether a request is one that was recorded: method, place, query and body, and what differs if not.

Identifiers may be others than those that were recorded, within the bounds of `fakemodel.tape.renaming`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any, TypeAlias
from urllib.parse import parse_qsl

from fakemodel.errors import SettingInvalid
from fakemodel.tape.address import place, query
from fakemodel.tape.interaction import Request
from fakemodel.tape.renaming import Renaming

__all__ = ["ABSENT", "Difference", "Key", "Matcher"]

BOUNDARY = re.compile(rb"--([0-9A-Za-z'()+_,./:=? -]{1,70})\r\n")
"""How an upload begins."""

JSON_PATH = re.compile(r"[^.\[\]]+(?:\.[^.\[\]]+|\[(?:\*|\d+)\])*")

Key: TypeAlias = tuple[str, str]
"""The method, and all else as one text in which identifiers that may be others stand for their kind."""

Difference: TypeAlias = tuple[str, object, object]
"""A JSON path, the value that was recorded and the one that was sent; ABSENT for none."""


class _Absent:
    def __repr__(self) -> str:
        return "absent"


ABSENT = _Absent()


class Matcher:
    """Matches requests, but for the JSON paths to `ignore`: `metadata.run_id`, `input[*].id`."""

    def __init__(self, ignore: Sequence[str] = (), renaming: Renaming | None = None) -> None:
        """Raise SettingInvalid for what is no list of JSON paths."""
        if isinstance(ignore, str):
            raise SettingInvalid(f"ignore={ignore!r} is one path. Put it into a list: ignore=[{ignore!r}].")
        self._ignored = [_steps(path) for path in ignore]
        self._renaming = renaming or Renaming(())

    def key(self, request: Request) -> tuple[Key, tuple[str, ...]]:
        """What two requests have in common that match; and the identifiers that may be others, in order.

        `true`, `1` and `1.0` differ, and null from absent.
        """
        body = self.body(request)
        text = repr(body) if isinstance(body, bytes) else json.dumps(body, sort_keys=True, ensure_ascii=False)
        whole = "\n".join([place(request.uri), repr(sorted(query(request.uri))), text])
        general, found = self._renaming.generalized(whole)
        return (request.method, general), found

    def body(self, request: Request) -> Any:
        """The JSON of the body, without what is ignored; the pairs of a form; or else its bytes.

        The boundary between the parts of an upload is drawn anew each time, and stands for any other.
        """
        try:
            body = json.loads(request.body)
        except ValueError:
            if any("x-www-form-urlencoded" in value for value in request.headers.get("content-type", ())):
                return parse_qsl(request.body.decode(errors="replace"), keep_blank_values=True)
            boundary = BOUNDARY.match(request.body)
            return request.body.replace(boundary[1], b"boundary") if boundary else request.body
        for steps in self._ignored:
            _drop(body, steps)
        return body

    def differences(self, recorded: Request, sent: Request, seen: Renaming | None = None) -> list[Difference]:
        """Every place at which the two differ, the query's under `?`. `seen` learns the identifiers that fit."""
        seen = seen or self._renaming.copied()
        return [
            *self.between("path", place(recorded.uri), place(sent.uri), seen),
            *self.between("?", _by_name(recorded), _by_name(sent), seen),
            *self.between("", self.body(recorded), self.body(sent), seen),
        ]

    def between(self, path: str, old: object, new: object, seen: Renaming) -> Iterator[Difference]:
        """Every place below `path` at which two JSON values differ. `seen` learns the identifiers that fit."""
        if isinstance(old, dict) and isinstance(new, dict):
            for key in {**old, **new}:
                inner = f"{path}.{key}" if path not in ("", "?") else f"{path}{key}"
                yield from self.between(inner, old.get(key, ABSENT), new.get(key, ABSENT), seen)
        elif isinstance(old, list) and isinstance(new, list):
            for index in range(max(len(old), len(new))):
                then, now = (values[index] if index < len(values) else ABSENT for values in (old, new))
                yield from self.between(f"{path}[{index}]", then, now, seen)
        elif type(old) is not type(new) or not _same(old, new, seen):
            yield path or "body", old, new


def _same(old: object, new: object, seen: Renaming) -> bool:
    """Whether two values are the same, by identifiers that fit those seen before."""
    if isinstance(old, str) and isinstance(new, str):
        return seen.fits(old, new)
    return old == new


def _by_name(request: Request) -> dict[str, Any]:
    """The query's values by name; a list where a name is said more than once."""
    found: dict[str, list[str]] = {}
    for name, value in query(request.uri):
        found.setdefault(name, []).append(value)
    return {name: values if len(values) > 1 else values[0] for name, values in found.items()}


def _steps(path: str) -> list[str | int | None]:
    """`input[*].id` as ["input", None, "id"]."""
    if not isinstance(path, str) or not JSON_PATH.fullmatch(path):
        raise SettingInvalid(f"{path!r} is no JSON path. Paths look like metadata.run_id, input[*].id, input[0].")
    found = re.findall(r"([^.\[\]]+)|\[(\*|\d+)\]", path)
    return [name or (None if index == "*" else int(index)) for name, index in found]


def _drop(value: Any, steps: list[str | int | None]) -> None:
    step, rest = steps[0], steps[1:]
    if isinstance(value, list) and not isinstance(step, str):
        places: list[Any] = list(range(len(value))) if step is None else [step] if step < len(value) else []
    else:
        places = [step] if isinstance(value, dict) and step in value else []
    for where in places:
        if rest:
            _drop(value[where], rest)
        elif isinstance(value, dict):
            del value[where]
        else:
            value[where] = None
