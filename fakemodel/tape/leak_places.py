"""The strings of a cassette's file, and where each stands: which turn, which side of it, which event of a stream."""

from __future__ import annotations

import re
from binascii import a2b_base64
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import accumulate
from typing import Any
from urllib.parse import parse_qsl

import yaml

from fakemodel.tape.leak_formats import ASKED, NAMED, PLACEHOLDER
from fakemodel.tape.leak_texts import (
    EVENTS,
    SHORTEST,
    Pairs,
    View,
    decoded,
    forms_of,
    json_tree,
    kind_by_name,
    leaf_views,
    leaves,
    marked,
    tree_views,
)
from fakemodel.tape.yaml_events import bounded

__all__ = ["NAME", "file_views"]

NAME = "the file's name"
HEAD = "the file's head"
STREAM = re.compile(r"\s*(?:data|event|id|retry)?:")
BLOCK_END = re.compile(r"\r\n\r\n|\n\n|\r\r")
DATA = re.compile(r"^data: ?([^\r\n]*)", re.MULTILINE)
FORM = re.compile(r"[\w.%+\[\]-]+=[^\s&]+(?:&[\w.%+\[\]-]+=[^\s&]*)*")
NODE_HEAD = re.compile(r"(?:[&!]\S*\s+)*(?:[|>][^\n]*)?")
SAME_TEXT = {"type", "item_id", "output_index", "content_index", "summary_index"}
"""What the events have in common whose deltas are one text."""


class Scalar(str):
    """A scalar of the file, and its line."""

    line = 0


def file_views(text: str) -> Iterator[View]:
    """The strings of JSON, or of YAML, whose tags are not heeded, and its comments; the lines of what is neither."""
    tree = json_tree(text)
    try:
        documents, between = ([tree], []) if isinstance(tree, Pairs) else _read(text)
    except (yaml.YAMLError, ValueError):
        documents, between = [], [(1, text)]
    for document in documents:
        yield from _document(document)
    for first, part in between:
        for number, line in enumerate(part.split("\n"), first):
            if len(line.strip()) >= SHORTEST:
                yield from forms_of(View(f"line {number}", line))


def _read(text: str) -> tuple[list[Any], list[tuple[int, str]]]:
    """The documents as JSON would have them, and what stands between their scalars with the line where it begins.

    Raises yaml.YAMLError and ValueError. Nothing is constructed but strings, lists and mappings.
    """
    documents: list[Any] = []
    between: list[tuple[int, str]] = []
    anchors: dict[object, Any] = {}
    inner = [documents]
    at, line = 0, 1
    for event in bounded(text):
        anchor, start, end = getattr(event, "anchor", None), event.start_mark, event.end_mark
        if isinstance(event, yaml.CollectionEndEvent):
            done = inner.pop()
            if isinstance(done, Pairs):  # keys and values by turns, so far
                done[:] = [_pair(*both) for both in zip(done[::2], done[1::2], strict=True)]
        elif isinstance(event, yaml.AliasEvent):
            inner[-1].append(anchors[anchor])
        elif isinstance(event, yaml.NodeEvent):
            value: Any = Pairs() if isinstance(event, yaml.MappingStartEvent) else []
            if isinstance(event, yaml.ScalarEvent):
                value = Scalar(_content(event))
                value.line = start.line + 1
                head = NODE_HEAD.match(text, start.index, end.index)
                between.append((line, text[at : head.end() if head else start.index]))
                at, line = end.index, end.line + 1
            anchors[anchor] = value
            inner[-1].append(value)
            if isinstance(value, list):
                inner.append(value)
    return documents, [*between, (line, text[at:])]


def _pair(key: Any, value: Any) -> tuple[str, Any]:
    return (key, value) if isinstance(key, str) else ("", [key, value])


def _content(scalar: Any) -> str:
    if scalar.tag == "tag:yaml.org,2002:binary":
        with suppress(ValueError):
            return decoded(a2b_base64(scalar.value))
    return str(scalar.value)


def _document(document: Any) -> Iterator[View]:
    for key, value in document if isinstance(document, Pairs) else [("", document)]:
        if key == "interactions" and isinstance(value, list) and not isinstance(value, Pairs):
            for number, turn in enumerate(value, 1):
                yield from _turn(f"turn {number}", turn)
        else:
            for text in (leaf.text for leaf in leaves([key, value])):
                yield from forms_of(View(f"line {text.line}" if isinstance(text, Scalar) else HEAD, text))


def _turn(where: str, turn: Any) -> Iterator[View]:
    for side, content in turn if isinstance(turn, Pairs) else ():
        if side in ("request", "response") and isinstance(content, Pairs):
            for part, value in content:
                if part in READERS:
                    yield from READERS[part](f"{where}, {side}", value)
                else:
                    yield from tree_views(f"{where}, {side}", Pairs([(part, value)]), joint=" ")
        else:
            yield from tree_views(where, Pairs([(side, content)]), joint=", ")
    if not isinstance(turn, Pairs):
        yield from tree_views(where, turn)


def _uri(where: str, uri: Any) -> Iterator[View]:
    path, _, query = uri.partition("?") if isinstance(uri, str) else (uri, "", "")
    yield from tree_views(f"{where} uri", path)
    for name, value in parse_qsl(query, keep_blank_values=True):
        yield from forms_of(View(f"{where} uri", name))
        yield from forms_of(View(f"{where} uri", value, kind=kind_by_name(ASKED, name, value)))


def _headers(where: str, headers: Any) -> Iterator[View]:
    for name, values in headers if isinstance(headers, Pairs) else [("", headers)]:
        key = name.lower()
        place = f"{where} header {marked(key)}"
        yield from forms_of(View(place, key, key))
        for value in (leaf.text for leaf in leaves(values)):
            yield from forms_of(
                View(place, value, kind="" if PLACEHOLDER.fullmatch(value.strip()) else NAMED.get(key, ""))
            )


def _body(where: str, body: Any) -> Iterator[View]:
    if isinstance(body, Pairs) and "string" in dict(body):
        for key, value in body:
            yield from _body(where, value if key == "string" else Pairs([(key, value)]))
        return
    if isinstance(body, str) and STREAM.match(body) and "data:" in body:
        yield from _events(f"{where} body", body)
    elif isinstance(body, str) and FORM.fullmatch(body):
        yield from tree_views(f"{where} body", Pairs(parse_qsl(body)), names=ASKED)
    else:
        yield from tree_views(f"{where} body", body)


READERS: dict[str, Callable[[str, Any], Iterator[View]]] = {
    "uri": _uri,
    "headers": _headers,
    **dict.fromkeys(("body", "parsed_body", "content"), _body),
}


def _events(where: str, text: str) -> Iterator[View]:
    """The strings of each event of a stream, but for those that the last one said, and what several bring, joined."""
    texts: dict[tuple[str, str, bool], list[tuple[int, str]]] = {}
    blocks = BLOCK_END.split(text)
    yield from forms_of(View(where, "\n".join(DATA.sub("", block).strip() for block in blocks)))
    for number, data in enumerate(filter(None, ("\n".join(DATA.findall(block)) for block in blocks)), 1):
        event = json_tree(data)
        same = repr([pair for pair in event if pair[0] in SAME_TEXT]) if isinstance(event, Pairs) else ""
        for leaf in leaves(data if event is None else event):
            pieces = texts.setdefault((same, leaf.path, leaf.is_key), [])
            if not pieces or pieces[-1][1] != leaf.text:
                yield from leaf_views(f"{where}: event {number}", leaf, joint=", ")
            pieces.append((number, leaf.text))
    for (_, path, is_key), pieces in texts.items():
        if not is_key and len({piece for _, piece in pieces}) > 1:
            joined = "".join(piece for _, piece in pieces)
            starts = accumulate((len(piece) for _, piece in pieces[:-1]), initial=0)
            numbers = [number for number, _ in pieces]
            yield View(f"{where}: {EVENTS}, {path}", joined, events=tuple(zip(starts, numbers, strict=True)))
            whole = View(f"{where}: events {numbers[0]} to {numbers[-1]}, {path}", joined)
            yield from (view for view in forms_of(whole) if view.text != joined)
