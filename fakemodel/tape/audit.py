"""The audit of a test's strictness: its requests, altered on their way to the matcher.

A request that is refused fails its test, whatever the code under test does with the error. So only alterations that
the matcher takes for what was recorded need to be sent at all, to see whether the test stays green.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode, urlsplit, urlunsplit

from fakemodel.tape.address import MASK, query
from fakemodel.tape.identifiers import identifiers
from fakemodel.tape.interaction import Request

__all__ = ["Alteration", "Audit", "alterations"]


@dataclass(frozen=True, slots=True)
class Alteration:
    """A change to one of a test's requests, the `number`th: where (a JSON path, `?name` of the query), and what.

    It names no value, for that may be another in the next run.
    """

    number: int
    where: str
    what: str

    def __str__(self) -> str:
        return f"turn {self.number}  {self.where}  {self.what}"


class Audit:
    """Goes along with one run of a test: looks which alterations would be `taken`, or is given one that it `sends`."""

    def __init__(self, sends: Alteration | None = None) -> None:
        self._sends = sends
        self.sent = False
        self.tried = 0
        self.taken: list[Alteration] = []

    def passing(
        self,
        number: int,
        request: Request,
        turn_for: Callable[[Request], int | None],
        is_issued: Callable[[str], bool],
    ) -> Request:
        """The `number`th request of a run as it goes on to the matcher.

        `turn_for` gives the turn that would answer a request; `is_issued` tells the ids that recorded answers gave out.
        """
        if self._sends is not None:
            if number == self._sends.number:
                for where, what, altered in alterations(request, is_issued):
                    if (where, what) == (self._sends.where, self._sends.what):
                        self.sent = True
                        return altered
            return request
        if turn_for(request) is not None:  # else it is a miss, and the test fails as it is
            for where, what, altered in alterations(request, is_issued):
                self.tried += 1
                if turn_for(altered) is not None:
                    self.taken.append(Alteration(number, where, what))
        return request


def alterations(request: Request, is_issued: Callable[[str], bool]) -> Iterator[tuple[str, str, Request]]:
    """Requests that are not this one: where it was altered, what was done, and the request that became of it."""
    yield from _of_address(request, is_issued)
    try:
        body = json.loads(request.body)
    except ValueError:
        if request.body:
            yield "body", "left out", replace(request, body=b"")
            yield "body", "lengthened", replace(request, body=request.body + b" altered")
        return
    for where, what, altered in _of_value(body, "", is_issued):
        yield where or "body", what, replace(request, body=json.dumps(altered).encode())


def _of_address(request: Request, is_issued: Callable[[str], bool]) -> Iterator[tuple[str, str, Request]]:
    url = urlsplit(request.uri)
    for what, path in _with_another_id(url.path, is_issued):
        yield "path", what, replace(request, uri=urlunsplit(url._replace(path=path)))
    pairs = query(request.uri)
    for at, (name, value) in enumerate(pairs):
        if value == MASK:  # it authenticates, and is no part of what is asked
            continue
        for what, now in ("left out", ()), ("changed", ((name, f"{value}altered"),)):
            altered = urlunsplit(url._replace(query=urlencode([*pairs[:at], *now, *pairs[at + 1 :]])))
            yield f"?{name}", what, replace(request, uri=altered)


def _of_value(value: Any, path: str, is_issued: Callable[[str], bool]) -> Iterator[tuple[str, str, Any]]:
    """The copies of a JSON value that differ from it in one place."""
    if isinstance(value, dict):
        for key, held in value.items():
            where = f"{path}.{key}" if path else key
            yield where, "left out", {each: value[each] for each in value if each != key}
            for inner, what, altered in _of_value(held, where, is_issued):
                yield inner, what, {**value, key: altered}
    elif isinstance(value, list):
        for at, held in enumerate(value):
            before, after = value[:at], value[at + 1 :]
            yield f"{path}[{at}]", "left out", [*before, *after]
            if after and after[0] != held:
                yield f"{path}[{at}]", "put after the next", [*before, after[0], held, *after[1:]]
            for inner, what, altered in _of_value(held, f"{path}[{at}]", is_issued):
                yield inner, what, [*before, altered, *after]
    elif isinstance(value, str):
        for what, altered in _with_another_id(value, is_issued):
            yield path, what, altered
        yield path, "lengthened", f"{value} altered"
    elif value is None:
        yield path, "set", False
    elif isinstance(value, bool):
        yield path, "turned", not value
    elif value + 1 != value:
        yield path, "increased", value + 1
    else:  # a number so large that one more is the same
        yield path, "halved", value / 2


def _with_another_id(text: str, is_issued: Callable[[str], bool]) -> Iterator[tuple[str, str]]:
    """The copies of a text in which one of the ids that an answer gave out is another."""
    for at, each in enumerate(filter(is_issued, dict.fromkeys(identifiers(text)))):
        another = each[:-1] + ("b" if each[-1] == "a" else "a")
        yield f"another id{f' ({at + 1})' if at else ''}", text.replace(each, another)
