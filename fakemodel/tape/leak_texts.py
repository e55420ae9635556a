"""The strings of a cassette's file in all their forms: JSON within JSON, base64, forms, what a stream splits."""

from __future__ import annotations

import json
import re
import zlib
from binascii import a2b_base64
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from itertools import accumulate
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, unquote

import yaml

from fakemodel.tape.leak_formats import ASKED, NAMED, PLACEHOLDER, harmless

__all__ = ["EVENTS", "KEY", "NAME", "View", "file_views", "forms_of"]

OPAQUE = re.compile(r"(?:\w+ )?[\w.~+/=:;%-]{12,}")
LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
NAME = "the file's name"
SHORTEST = 8
"""What is shorter tells nothing."""
DEEPEST = 500
"""How deep a YAML file is read; no cassette is, and the parser takes long for those that are."""
DEPTH = 8
"""How many forms within each other are read."""

ESCAPES = re.compile(r"(?:\\(?:u[0-9a-fA-F]{4}|[\"\\/bfnrt]))+")
BASE64 = re.compile(r"[\w+/-]{24,}(?:\r?\n[\w+/-]+)*={0,2}", re.ASCII)
PRINTABLE = re.compile(rb"[\t\n\r -~]{12,}")
GZIP = b"\x1f\x8b"
JSON_START = re.compile(r"\s*[{\[\"]")
STREAM = re.compile(r"\s*(?:data|event|id|retry)?:")
BLOCK_END = re.compile(r"\r\n\r\n|\n\n|\r\r")
DATA = re.compile(r"^data: ?([^\r\n]*)", re.MULTILINE)
FORM = re.compile(r"[\w.%+\[\]-]+=[^\s&]+(?:&[\w.%+\[\]-]+=[^\s&]*)*")
NODE_HEAD = re.compile(r"(?:[&!]\S*\s+)*(?:[|>][^\n]*)?")
SAME_TEXT = {"type", "item_id", "output_index", "content_index", "summary_index"}
"""What the events have in common whose deltas are one text."""


class Pairs(list[tuple[str, Any]]):
    """A mapping in its order, with the keys that it repeats."""


class Scalar(str):
    """A scalar of the file, and its line."""

    line = 0


class Leaf(NamedTuple):
    """A string or number of a tree: its path, and the key that it stands under; or such a key itself."""

    path: str
    text: str
    name: str
    is_key: bool = False


class View(NamedTuple):
    """A string of the file in one of its forms, and where it stands."""

    where: str
    text: str
    key: str = ""
    """The key that the string is."""
    kind: str = ""
    """What the string is for standing under the name of a secret."""
    events: tuple[tuple[int, int], ...] = ()
    """Where the piece of each event begins, and the event's number."""


KEY = re.compile("\x02([^\x03]*)\x03")
"""A key within `where`: it is not shown if it is a secret itself."""

EVENTS = "\x04"
"""The events within `where`, told once it is known over which a secret was split."""


def file_views(text: str) -> Iterator[View]:
    """The strings of a YAML file, whose tags are not heeded, and its comments; its lines if it is no YAML."""
    try:
        documents, between = _read(text)
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
    events: Iterator[Any] = yaml.parse(text, Loader=LOADER)
    for event in events:
        anchor, start, end = getattr(event, "anchor", None), event.start_mark, event.end_mark
        if isinstance(event, yaml.CollectionEndEvent):
            done = inner.pop()
            if isinstance(done, Pairs):  # keys and values by turns, so far
                done[:] = [_pair(*both) for both in zip(done[::2], done[1::2], strict=True)]
        elif isinstance(event, yaml.AliasEvent):
            inner[-1].append(anchors.get(anchor, ""))
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
            if len(inner) > DEEPEST:
                raise ValueError("it is nested too deeply")
    return documents, [*between, (line, text[at:])]


def _pair(key: Any, value: Any) -> tuple[str, Any]:
    return (key, value) if isinstance(key, str) else ("", [key, value])


def _content(scalar: Any) -> str:
    if scalar.tag == "tag:yaml.org,2002:binary":
        with suppress(ValueError):
            return _text(a2b_base64(scalar.value))
    return str(scalar.value)


def _text(content: bytes) -> str:
    if content.startswith(GZIP):
        with suppress(zlib.error):
            content = zlib.decompressobj(47).decompress(content, 1 << 26)
    return content.decode(errors="replace")


def _document(document: Any) -> Iterator[View]:
    for key, value in document if isinstance(document, Pairs) else [("", document)]:
        if key == "interactions" and isinstance(value, list) and not isinstance(value, Pairs):
            for number, turn in enumerate(value, 1):
                yield from _turn(f"turn {number}", turn)
        else:
            for scalar in (leaf.text for leaf in _leaves([key, value]) if isinstance(leaf.text, Scalar)):
                yield from forms_of(View(f"line {scalar.line}", scalar))


def _turn(where: str, turn: Any) -> Iterator[View]:
    for side, content in turn if isinstance(turn, Pairs) else ():
        if side in ("request", "response") and isinstance(content, Pairs):
            for part, value in content:
                if part in READERS:
                    yield from READERS[part](f"{where}, {side}", value)
                else:
                    yield from _strings(f"{where}, {side}", Pairs([(part, value)]), joint=" ")
        else:
            yield from _strings(where, Pairs([(side, content)]), joint=", ")
    if not isinstance(turn, Pairs):
        yield from _strings(where, turn)


def _uri(where: str, uri: Any) -> Iterator[View]:
    path, _, query = uri.partition("?") if isinstance(uri, str) else (uri, "", "")
    yield from _strings(f"{where} uri", path)
    for name, value in parse_qsl(query, keep_blank_values=True):
        yield from forms_of(View(f"{where} uri", name))
        yield from forms_of(View(f"{where} uri", value, kind=_kind(ASKED, name, value)))


def _headers(where: str, headers: Any) -> Iterator[View]:
    for name, values in headers if isinstance(headers, Pairs) else [("", headers)]:
        key = name.lower()
        place = f"{where} header {_marked(key)}"
        yield from forms_of(View(place, key, key))
        for value in (leaf.text for leaf in _leaves(values)):
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
        yield from _strings(f"{where} body", Pairs(parse_qsl(body)), names=ASKED)
    else:
        yield from _strings(f"{where} body", body)


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
        event = _json(data)
        same = repr([pair for pair in event if pair[0] in SAME_TEXT]) if isinstance(event, Pairs) else ""
        for leaf in _leaves(data if event is None else event):
            pieces = texts.setdefault((same, leaf.path, leaf.is_key), [])
            if not pieces or pieces[-1][1] != leaf.text:
                yield from _string(f"{where}: event {number}", leaf, joint=", ")
            pieces.append((number, leaf.text))
    for (_, path, is_key), pieces in texts.items():
        if not is_key and len({piece for _, piece in pieces}) > 1:
            joined = "".join(piece for _, piece in pieces)
            starts = accumulate((len(piece) for _, piece in pieces[:-1]), initial=0)
            numbers = [number for number, _ in pieces]
            yield View(f"{where}: {EVENTS}, {path}", joined, events=tuple(zip(starts, numbers, strict=True)))
            whole = View(f"{where}: events {numbers[0]} to {numbers[-1]}, {path}", joined)
            yield from (view for view in forms_of(whole) if view.text != joined)


def _kind(names: Mapping[str, str], name: str, value: str) -> str:
    """What the value is by the name under which it stands, outside of headers: there it has to look like a secret."""
    opaque = OPAQUE.fullmatch(value) and not harmless(value.rpartition(" ")[2])
    return names.get(name.lower().replace("_", "-"), "") if opaque else ""


def _strings(
    where: str, tree: Any, *, joint: str = ": ", names: Mapping[str, str] = NAMED, key: str = "", depth: int = 0
) -> Iterator[View]:
    for leaf in _leaves(tree):
        yield from _string(where, leaf, joint=joint, names=names, key=key, depth=depth)


def _string(
    where: str, leaf: Leaf, *, joint: str, names: Mapping[str, str] = NAMED, key: str = "", depth: int = 0
) -> Iterator[View]:
    if len(leaf.text) >= SHORTEST:
        place = f"{where}{joint}{leaf.path}" if leaf.path else where
        kind = "" if leaf.is_key else _kind(names, leaf.name, leaf.text)
        yield from forms_of(View(place, leaf.text, leaf.text if leaf.is_key else key, kind), depth)


def _leaves(tree: Any) -> Iterator[Leaf]:
    """The strings and numbers of a tree, and the keys of its mappings, in their order."""
    left: list[tuple[str, Any, str]] = [("", tree, "")]
    seen = set()
    while left:
        path, value, name = left.pop()
        if isinstance(value, list):
            if id(value) in seen:
                continue
            seen.add(id(value))
            inner: list[tuple[str, Any, str]] = []
            if isinstance(value, Pairs):
                for key, part in value:
                    place = f"{path}.{_marked(key)}" if path else _marked(key)
                    inner += [(place, Leaf(place, key, "", is_key=True), ""), (place, part, key)]
            else:
                inner = [(f"{path}[{_index(part, at)}]", part, name) for at, part in enumerate(value)]
            left += reversed(inner)
        elif isinstance(value, Leaf):
            yield value
        elif value is not None and not isinstance(value, bool):
            yield Leaf(path, value if isinstance(value, str) else str(value), name)


def _index(part: Any, at: int) -> object:
    """The place in a list, which a stream's chunk tells itself."""
    return next((value for key, value in part if key == "index"), at) if isinstance(part, Pairs) else at


def forms_of(view: View, depth: int = 0) -> Iterator[View]:
    """The view, in the forms that its text may have been brought from: escaped, percent-encoded, JSON, base64."""
    for form in _plainer(view.text):
        tree = _json(form) if depth < DEPTH else None
        if tree is not None:
            if view.kind:
                yield view
            yield from _strings(view.where, tree, key=view.key, depth=depth + 1)
            return
        yield view if form is view.text else View(view.where, form, view.key)
        if depth < DEPTH:
            for content in _contents(form):
                yield from forms_of(View(view.where, content, view.key), depth + 1)


def _plainer(text: str) -> Iterator[str]:
    yield text
    for _ in range(3):
        plainer = ESCAPES.sub(lambda escapes: str(json.loads(f'"{escapes[0]}"')), text) if "\\" in text else text
        plainer = unquote(plainer) if "%" in plainer else plainer
        if plainer == text:
            return
        yield plainer
        text = plainer


def _json(text: str) -> Any:
    if not JSON_START.match(text):
        return None
    try:
        return json.loads(text, object_pairs_hook=Pairs)
    except (ValueError, RecursionError):
        return None


def _contents(text: str) -> Iterator[str]:
    """What can be read of what the base64 in the text holds."""
    for run in BASE64.findall(text):
        for encoded in dict.fromkeys((run, *run.split())):
            digits = "".join(encoded.split()).rstrip("=").replace("-", "+").replace("_", "/")
            digits = digits[:-1] if len(digits) % 4 == 1 else digits
            content = a2b_base64(digits + "=" * (-len(digits) % 4))
            if PRINTABLE.search(content) or content.startswith(GZIP):
                plain = _text(content)
                yield "\n".join(part.decode() for part in PRINTABLE.findall(content)) if "\ufffd" in plain else plain


def _marked(key: str) -> str:
    return f"\x02{key}\x03" if len(key) <= 60 and key.isprintable() else "*"
