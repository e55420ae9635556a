"""Python code of values: calls, lists, dicts and texts, laid out as ruff and black would have them.

What does not fit on a line is opened up, an element a line, with a comma after the last; a text that is longer than a
line is cut into several, which Python puts together again.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import isinf

__all__ = ["WIDTH", "Call", "code", "names_in", "quoted", "shallow"]

WIDTH = 88
"""The characters of a line, as ruff and black count them unless they are told otherwise."""

INDENT = 4

NARROWEST = 20
"""The characters that a piece of a text may have wherever it stands: what is nested may begin beyond the line."""

DEEPEST = 50
"""How deep the lists and dicts of a literal are nested: Python reads no more than 200 brackets within each other."""

PIECE = re.compile(r"[^ \n]*[ \n]*")
"""Where a text may be cut: after spaces and line ends."""


@dataclass(frozen=True, slots=True)
class Call:
    """A call of a function, or of the method of an object, which is `on` what a call gives. Without a name a tuple."""

    name: str
    arguments: Sequence[object] = ()
    named: Mapping[str, object] = field(default_factory=dict)
    on: Call | None = None


def code(value: object, indent: int = 0, before: int = 0, after: int = 0) -> str:
    """The code of a value that begins after `before` characters of a line, so far indented, with `after` behind it."""
    flat = _flat(value)
    if before + len(flat) + after <= WIDTH:
        return flat
    inner = indent + INDENT
    match value:
        case str() if not indent:  # no brackets are around it
            return _bracketed(value, 0, 0)
        case str():
            return f"\n{' ' * indent}".join(_pieces(value, WIDTH - indent - after))
        case Call() if value.arguments or value.named:
            arguments = [("", each) for each in value.arguments]
            return _opened(
                _start(value, indent, before), [*arguments, *((f"{k}=", v) for k, v in value.named.items())], ")", inner
            )
        case list() if value:
            return _opened("[", [("", each) for each in value], "]", inner)
        case dict() if value:
            return _opened("{", [(f"{quoted(str(key))}: ", each) for key, each in value.items()], "}", inner)
    return flat


def shallow(call: Call) -> Call:
    """The call, with those of its arguments that are nested too deeply for a literal as JSON."""
    return Call(
        call.name,
        [_shallow(each) for each in call.arguments],
        {name: _shallow(each) for name, each in call.named.items()},
        call.on and shallow(call.on),
    )


def _shallow(value: object) -> object:
    if isinstance(value, Call):
        return shallow(value)
    return Call("json.loads", [json.dumps(value, ensure_ascii=False)]) if _is_deep(value) else value


def _is_deep(value: object) -> bool:
    level = [value]
    for _ in range(DEEPEST):
        level = [
            inner
            for each in level
            if isinstance(each, dict | list)
            for inner in (each.values() if isinstance(each, dict) else each)
        ]
    return any(isinstance(each, dict | list) for each in level)


def quoted(text: str) -> str:
    """A text in the quotes that ruff would give it: double ones, unless single ones need fewer escapes."""
    told = repr(text)
    if told[0] == '"' or text.count('"') > text.count("'"):
        return told
    return '"' + told[1:-1].replace("\\'", "'").replace('"', '\\"') + '"'


def names_in(value: object) -> set[str]:
    """The names that a value's code needs."""
    match value:
        case Call():
            inner = (*value.arguments, *value.named.values())
            own = names_in(value.on) if value.on else {value.name.partition(".")[0]} - {""}
            return own.union(*map(names_in, inner))
        case dict():
            return set().union(*map(names_in, value.values()))
        case list() | tuple():
            return set().union(*map(names_in, value))
    return set()


def _flat(value: object) -> str:
    match value:
        case str():
            return quoted(value)
        case Call():
            named = (f"{name}={_flat(each)}" for name, each in value.named.items())
            return f"{_start(value)}{', '.join([*map(_flat, value.arguments), *named])})"
        case float() if isinf(value):  # 1e999, which JSON may say
            return f'float("{value}")'
        case list():
            return f"[{', '.join(map(_flat, value))}]"
        case dict():
            return f"{{{', '.join(f'{quoted(str(key))}: {_flat(each)}' for key, each in value.items())}}}"
    return repr(value)


def _start(call: Call, indent: int = 0, before: int | None = None) -> str:
    """The code of a call up to its arguments; what it is on is opened up where it does not fit behind `before`."""
    own = f"{call.name}("
    if call.on is None:
        return own
    return f"{_flat(call.on) if before is None else code(call.on, indent, before, len(own) + 1)}.{own}"


def _opened(start: str, elements: Sequence[tuple[str, object]], end: str, indent: int) -> str:
    lines = [
        start,
        *(_element(label, value, indent, end != ")") for label, value in elements),
        " " * (indent - INDENT) + end,
    ]
    return "\n".join(lines)


def _element(label: str, value: object, indent: int, in_literal: bool) -> str:
    margin = " " * indent
    if isinstance(value, str) and in_literal:  # only in brackets is a text cut there that nobody takes for several
        return f"{margin}{label}{_bracketed(value, indent, len(label))},"
    return f"{margin}{label}{code(value, indent, indent + len(label), 1)},"


def _bracketed(text: str, indent: int, label: int) -> str:
    whole = quoted(text)
    if indent + label + len(whole) + 1 <= WIDTH:
        return whole
    pieces = _pieces(text, WIDTH - indent - INDENT)
    inner = " " * (indent + INDENT)
    return f"(\n{inner}" + f"\n{inner}".join(pieces) + f"\n{' ' * indent})"


def _pieces(text: str, width: int) -> list[str]:
    """The code of a text in pieces that are as wide as they may be; a word that is wider is one of its own."""
    width = max(width, NARROWEST)
    found: list[str] = []
    line = ""
    for piece in _cut(text, width - 2):
        if line and (line.endswith("\n") or len(quoted(line + piece)) > width):
            found.append(quoted(line))
            line = ""
        line += piece
    return [*found, quoted(line)]


def _cut(text: str, width: int) -> Iterator[str]:
    """The words of a text; those that are no words, for they have no end, in pieces that fit."""
    for word in PIECE.findall(text):
        start = 0
        while start < len(word):
            end = min(len(word), start + width)
            while len(quoted(word[start:end])) > width and end > start + 1:
                end = start + (end - start) * 3 // 4
            yield word[start:end]
            start = end
