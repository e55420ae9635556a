"""What a cassette must not hold, looked for in the final text of the file: a second look, after the scrubbing.

It shares no list with the scrubbing, so that one finds what the other forgets: the values of this machine's secrets
and the formats of keys, in whatever form they stand there: JSON within JSON, base64, split over a stream's events.
All strings of the file, in all their forms, are laid out on one page, which is searched for hints; only there does a
pattern look closer. So the cost grows with the text, and no pattern runs over a megabyte of base64.
"""

from __future__ import annotations

import re
from base64 import b64encode
from bisect import bisect, insort
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from itertools import accumulate, chain
from typing import Any, TypeAlias

from fakemodel.tape.leak_formats import (
    DETECTORS,
    KEYS,
    OPEN_VARIABLE,
    PATH,
    PLACEHOLDER,
    SAID,
    SECRET_VARIABLE,
    WITH_PASSWORD,
    Detector,
    Format,
    harmless,
)
from fakemodel.tape.leak_places import NAME, file_views
from fakemodel.tape.leak_texts import EVENTS, KEY, View, forms_of

__all__ = ["Leak", "leaks"]

SEPARATOR = "\n\0\n"

Span: TypeAlias = tuple[int, int, str, bool]
"""Start, end, kind and severity of what was found on the page."""


@dataclass(frozen=True, slots=True)
class Leak:
    """What kind of secret stands where; a warning if it is not severe. The value itself is not kept."""

    kind: str
    where: str
    severe: bool


def leaks(text: str, *, name: str, environ: Mapping[str, str]) -> list[Leak]:
    """What must not be on disk, of the `text` of a cassette and of the file's `name`, in the order of the file.

    `environ` holds the values of this machine's secrets. Nothing is raised for what is no cassette, or no YAML.
    """
    views = [*forms_of(View(NAME, name)), *file_views(text)]
    starts = list(accumulate((len(view.text) + len(SEPARATOR) for view in views), initial=0))
    page = SEPARATOR.join(view.text for view in views)
    spans: list[tuple[int, int]] = []
    found: list[tuple[int, Leak]] = []
    secret_keys = set()
    named = ((at, at + len(view.text), view.kind, True) for at, view in zip(starts, views, strict=False) if view.kind)
    for start, end, kind, severe in chain(_values(page, environ), _tokens(page), named, _told(page)):
        nearest = bisect(spans, (start, end))
        if any(start < last and first < end for first, last in spans[max(nearest - 1, 0) : nearest + 1]):
            continue  # it was told as something else
        number = bisect(starts, start) - 1
        where = _where(views[number], start - starts[number], end - starts[number])
        if where and (severe or where != NAME):
            insort(spans, (start, end))
            found.append((number, Leak(kind, where, severe)))
            secret_keys.add(views[number].key)
    ordered = (leak for _, leak in sorted(found, key=lambda pair: pair[0]))
    return list(dict.fromkeys(Leak(leak.kind, _readable(leak.where, secret_keys), leak.severe) for leak in ordered))


def _where(view: View, start: int, end: int) -> str:
    """The place of a part of the view; none if one event alone brought it, where it was found before."""
    if not view.events:
        return view.where
    first, last = (view.events[bisect(view.events, at, key=lambda event: event[0]) - 1][1] for at in (start, end - 1))
    return view.where.replace(EVENTS, f"events {first} to {last}") if first != last else ""


def _readable(where: str, secret_keys: set[str]) -> str:
    return KEY.sub(lambda key: "*" if key[1] in secret_keys else key[1], where)


def _values(page: str, environ: Mapping[str, str]) -> Iterator[Span]:
    for variable, value in environ.items():
        for needle in _needles(variable, value.strip()):
            yield from ((at, at + len(needle), f"value of {variable}", True) for at in _places(page, needle))


def _needles(variable: str, value: str) -> Iterator[str]:
    secret = SECRET_VARIABLE.search(variable) and not OPEN_VARIABLE.search(variable) and not PATH.fullmatch(value)
    if len(value) < 12 or value.startswith("sk-fakemodel") or not (secret or WITH_PASSWORD.fullmatch(value)):
        return
    yield value
    content = value.encode(errors="surrogateescape")
    for shift in range(3):  # base64 has three faces, by where the value begins; what its neighbours decide is left out
        encoded = b64encode(bytes(shift) + content).decode()[-(-shift * 4 // 3) : (shift + len(content)) * 4 // 3]
        yield from {encoded, encoded.replace("+", "-").replace("/", "_")}


def _tokens(page: str) -> Iterator[Span]:
    yield from chain.from_iterable(_matches(page, row) for row in KEYS)
    yield from chain.from_iterable(_detected(page, row) for row in DETECTORS)


def _told(page: str) -> Iterator[Span]:
    yield from chain.from_iterable(_matches(page, row) for row in SAID)


def _places(page: str, hint: str) -> Iterator[int]:
    at = page.find(hint)
    while at >= 0:
        yield at
        at = page.find(hint, at + 1)


def _matches(page: str, row: Format) -> Iterator[Span]:
    pattern = re.compile(row.pattern, re.ASCII)
    for hint in row.hints.split():
        end = 0
        for at in _places(page, hint):
            if at < end:
                continue
            found = pattern.search(page, max(end, at - row.back), at + 300) if row.back else pattern.match(page, at)
            if found:
                end = found.end()
                if not harmless(found[found.lastindex or 0]):
                    yield found.start(), end, row.kind, row.severe


@cache
def _plugin(path: str) -> Any:
    module, _, name = path.partition(".")
    return getattr(import_module(f"detect_secrets.plugins.{module}"), name)()


def _detected(page: str, row: Detector) -> Iterator[Span]:
    pattern = re.compile(row.sight, re.ASCII)
    for at in chain.from_iterable(_places(page, hint) for hint in row.hints.split()):
        inside_a_word = page[at].isalnum() and page[at - 1 : at].isalnum()
        shown = None if inside_a_word else pattern.match(page, at)
        if shown is None or (row.words and harmless(shown[0])):
            continue
        before = page[max(0, at - row.back) : at].rpartition(SEPARATOR)[2]
        for value in _plugin(row.plugin).analyze_string(sight := before + shown[0]):
            if not PLACEHOLDER.fullmatch(value):
                yield min(at, at - len(before) + sight.find(value)), shown.end(), _plugin(row.plugin).secret_type, True
