"""A string of a cassette's file in all its forms: escaped, percent-encoded, JSON within JSON, base64, compressed."""

from __future__ import annotations

import json
import re
import zlib
from binascii import a2b_base64
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any, NamedTuple
from urllib.parse import unquote

from fakemodel.tape.leak_formats import NAMED, harmless

__all__ = [
    "EVENTS",
    "KEY",
    "SHORTEST",
    "Pairs",
    "View",
    "decoded",
    "forms_of",
    "json_tree",
    "kind_by_name",
    "leaf_views",
    "leaves",
    "marked",
    "tree_views",
]

OPAQUE = re.compile(r"(?:\w+ )?[\w.~+/=:;%-]{12,}")
SHORTEST = 8
"""What is shorter tells nothing."""
DEPTH = 8
"""How many forms within each other are read."""

ESCAPES = re.compile(r"(?:\\(?:u[0-9a-fA-F]{4}|[\"\\/bfnrt]))+")
BASE64 = re.compile(r"[\w+/-]{24,}(?:\r?\n[\w+/-]+)*={0,2}", re.ASCII)
PRINTABLE = re.compile(rb"[\t\n\r -~]{12,}")
GZIP = b"\x1f\x8b"
JSON_START = re.compile(r"\s*[{\[\"]")


class Pairs(list[tuple[str, Any]]):
    """A mapping in its order, with the keys that it repeats."""


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


def decoded(content: bytes) -> str:
    """The text of some bytes, which may be compressed."""
    if content.startswith(GZIP):
        with suppress(zlib.error):
            content = zlib.decompressobj(47).decompress(content, 1 << 26)
    return content.decode(errors="replace")


def kind_by_name(names: Mapping[str, str], name: str, value: str) -> str:
    """What the value is by the name under which it stands, outside of headers: there it has to look like a secret."""
    opaque = OPAQUE.fullmatch(value) and not harmless(value.rpartition(" ")[2])
    return names.get(name.lower().replace("_", "-"), "") if opaque else ""


def tree_views(
    where: str, tree: Any, *, joint: str = ": ", names: Mapping[str, str] = NAMED, key: str = "", depth: int = 0
) -> Iterator[View]:
    """The strings of a tree in all their forms: each at its path, which `joint` joins to where the tree stands."""
    for leaf in leaves(tree):
        yield from leaf_views(where, leaf, joint=joint, names=names, key=key, depth=depth)


def leaf_views(
    where: str, leaf: Leaf, *, joint: str, names: Mapping[str, str] = NAMED, key: str = "", depth: int = 0
) -> Iterator[View]:
    """A string of a tree in all its forms; `names` are those under which secrets stand."""
    if len(leaf.text) >= SHORTEST:
        place = f"{where}{joint}{leaf.path}" if leaf.path else where
        kind = "" if leaf.is_key else kind_by_name(names, leaf.name, leaf.text)
        yield from forms_of(View(place, leaf.text, leaf.text if leaf.is_key else key, kind), depth)


def leaves(tree: Any) -> Iterator[Leaf]:
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
                    place = f"{path}.{marked(key)}" if path else marked(key)
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
        tree = json_tree(form) if depth < DEPTH else None
        if tree is not None:
            if view.kind:
                yield view
            yield from tree_views(view.where, tree, key=view.key, depth=depth + 1)
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


def json_tree(text: str) -> Any:
    """The value of a JSON text, its objects as Pairs; None for what is no object, list or string."""
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
                plain = decoded(content)
                yield "\n".join(part.decode() for part in PRINTABLE.findall(content)) if "\ufffd" in plain else plain


def marked(key: str) -> str:
    """A key as it stands in `where`."""
    return f"\x02{key}\x03" if len(key) <= 60 and key.isprintable() else "*"
