"""Cassettes as files among others: what is wrong with them, whose they are, and how they are scrubbed after the event.

This is what the command line does, without the command line. Files are found, read and judged one by one: what is
wrong with one of them keeps nobody from the next.
"""

from __future__ import annotations

import ast
import os
import re
import warnings
from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from functools import cache
from pathlib import Path
from typing import Literal

from vcr.filters import decode_response
from vcr.serializers import yamlserializer

from fakemodel.tape import layout
from fakemodel.tape.interaction import Interaction
from fakemodel.tape.leaks import leaks
from fakemodel.tape.paths import is_shipped
from fakemodel.tape.payloads import payloads_of, put_back
from fakemodel.tape.scrub import scrubbed, sources
from fakemodel.tape.vcr_form import response_of, vcr_response

__all__ = ["Finding", "Outcome", "Scrubbed", "cassettes", "check", "scrub"]

HOLDS_INTERACTIONS = re.compile(rb"^(?:\xef\xbb\xbf)?[\"']?interactions[\"']?[ \t]*:", flags=re.MULTILINE)
UNREADABLE = (OSError, ValueError, ArithmeticError, RecursionError)


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong with a cassette, and where; a warning if it is not severe."""

    where: str
    what: str
    severe: bool = True


Outcome = Literal["scrubbed", "left as it was", "refused"]


@dataclass(frozen=True, slots=True)
class Scrubbed:
    """What became of a cassette, and why it was refused."""

    outcome: Outcome
    why: tuple[str, ...] = ()


def cassettes(paths: Iterable[Path]) -> list[Path]:
    """The files of `paths`, and of the folders among them the YAML below that holds interactions, each once.

    Virtual environments are passed over. What cannot be looked into is among them too, so that it is told.
    """
    found: dict[Path, Path] = {}
    for path in paths:
        for file in _below(path) if path.is_dir() else [path]:
            found.setdefault(file.resolve(), file)
    return list(found.values())


def _below(folder: Path) -> list[Path]:
    found: list[Path] = []

    def keep(error: OSError) -> None:
        found.append(Path(error.filename))

    for root, folders, names in os.walk(folder, onerror=keep):
        if "pyvenv.cfg" in names:
            folders.clear()
            continue
        files = (Path(root, name) for name in names if name.endswith((".yaml", ".yml")))
        found += filter(_holds_interactions, files)
    return sorted(found)


def _holds_interactions(file: Path) -> bool:
    try:
        return file.is_file() and bool(HOLDS_INTERACTIONS.search(file.read_bytes()))
    except OSError:
        return True


def check(files: Iterable[Path], environ: Mapping[str, str]) -> Iterator[tuple[Path, list[Finding]]]:
    """Each file with what is wrong with it: it cannot be read, it holds what it must not, its test is gone.

    `environ` has the secrets of this machine. No finding tells one.
    """
    tests_of = cache(_tests_of)
    for file in files:
        try:
            text = file.read_bytes().decode(errors="replace")
        except OSError as error:
            yield file, [Finding("cannot be read", _told(error, environ))]
            continue
        found = []
        try:
            _turns(file)
        except UNREADABLE as error:
            found.append(Finding("cannot be read", _told(error, environ)))
        secrets = leaks(_with_payloads(text, file), name=file.stem, environ=environ)
        found += (Finding(leak.where, leak.kind, leak.severe) for leak in secrets)
        yield file, [*found, *_orphan(file, tests_of)]


def scrub(files: Iterable[Path], environ: Mapping[str, str], *, write: bool) -> Iterator[tuple[Path, Scrubbed]]:
    """Each file with what became of it, or with what would where nothing is to be written."""
    for file in files:
        try:
            yield file, _scrub(file, environ, write)
        except UNREADABLE as error:
            yield file, Scrubbed("refused", (_told(error, environ),))


def _scrub(file: Path, environ: Mapping[str, str], write: bool) -> Scrubbed:
    turns = [_decoded(turn, number) for number, turn in enumerate(_turns(file), 1)]
    old = file.read_text(encoding="utf-8")
    if old.lstrip().startswith("{"):
        raise ValueError("it is JSON, and who reads that could not read YAML in its place")
    text = layout.written(scrubbed(turns), _head(old, turns))
    secrets = leaks(_with_payloads(text, file), name=file.stem, environ=environ)
    if any(leak.severe for leak in secrets):
        return Scrubbed("refused", tuple(f"{leak.where}: {leak.kind}" for leak in secrets if leak.severe))
    if text == old:
        return Scrubbed("left as it was")
    if write:
        layout.write(file.resolve(), text)
    return Scrubbed("scrubbed")


def _turns(file: Path) -> list[Interaction]:
    """The turns as they stand in the file. Raises OSError and ValueError where they, or their payloads, do not."""
    turns = layout.read(file)
    put_back(turns, payloads_of(file))
    return turns


def _with_payloads(text: str, file: Path) -> str:
    for digest, payload in payloads_of(file).items():
        text = text.replace(f"payload-sha256-{digest}", b64encode(payload).decode())
    return text


def _decoded(turn: Interaction, number: int) -> Interaction:
    """The turn as it can be read: vcrpy keeps answers compressed, if it is not told otherwise."""
    if "content-encoding" not in turn.response.headers or not turn.response.body:
        return turn
    response = response_of(decode_response(vcr_response(turn.response)))
    undone = response.body != turn.response.body or _is_text(response.body)
    if "content-encoding" in response.headers or not undone:
        encoding = ", ".join(turn.response.headers["content-encoding"])
        raise ValueError(f"turn {number}, response body: it is compressed ({encoding}), and cannot be read here")
    return Interaction(turn.request, response)


def _is_text(body: bytes) -> bool:
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    return True


def _head(text: str, turns: Sequence[Interaction]) -> dict[str, str]:
    """Where from, with what and when the turns were recorded: as the file says, or as they tell themselves."""
    made = {"from": sources(turns), "with": "unknown"}
    kept = yamlserializer.deserialize(text).get("recorded")
    if isinstance(kept, dict):  # `on` is a word for true, where it is not quoted
        return made | {"on" if key is True else str(key): str(value) for key, value in kept.items()}
    days = [day for turn in turns for day in _days(turn)]
    return {**made, "on": min(days)} if days else made


def _days(turn: Interaction) -> Iterator[str]:
    for value in turn.response.headers.get("date", ()):
        try:
            yield parsedate_to_datetime(value).date().isoformat()
        except ValueError:
            continue


def _told(error: Exception, environ: Mapping[str, str]) -> str:
    """What an error says, in one line without what stands in the file, where that is a secret."""
    if isinstance(error, OSError):
        return error.strerror or type(error).__name__
    if isinstance(error, RecursionError):
        return "it is nested too deeply"
    lines = [line.strip() for line in str(error).splitlines() if not line.startswith("    ")]  # those quote the file
    told = " ".join(lines).replace('in "<unicode string>",', "at").replace('in "<byte string>",', "at")
    return told if not leaks(told, name="", environ=environ) else re.split(r"[(\"']", told)[0].strip()


@dataclass(frozen=True, slots=True)
class Tests:
    """The names that a test module gives to tests, or may give (`*` for any), and the strings that stand in it."""

    names: frozenset[str]
    strings: frozenset[str]

    def use(self, name: str, suffix: str) -> bool:
        """Whether one of them has the cassette of this name: its own, or that of a marker."""
        test = name.partition("[")[0]
        owners = test.split(".")[:-1]
        anything = {".".join([*owners[:depth], "*"]) for depth in range(len(owners) + 1)}
        # pytest-recording names a class within a class by its last name.
        nested = "." in test and any(each.endswith(f".{test}") for each in self.names)
        return bool(nested or self.names & {test, *anything} or self.strings & {name, name + suffix})


BARE = {"object", "TestCase", "IsolatedAsyncioTestCase"}
"""The bases that bring no tests along."""


def _orphan(file: Path, tests_of: Callable[[Path], Tests | str]) -> Iterator[Finding]:
    """The finding that a cassette's test is gone; nothing for a cassette that lies where no test would have it."""
    whole = Path(os.path.normpath(file.absolute()))
    if is_shipped(whole):  # their tests are those of the project
        return
    for folder in whole.parents:
        module = folder.parent.parent / f"{folder.name}.py"
        if folder.parent.name != "cassettes":
            continue
        if module.is_file():
            name = whole.relative_to(folder).with_suffix("").as_posix()
            tests = tests_of(module)
            if isinstance(tests, str):
                yield Finding("orphan?", f"{module.name} cannot be read: {tests}", severe=False)
            elif not tests.use(name, whole.suffix):
                yield Finding("orphan", f"{module.name} has no {name.partition('[')[0]}")
            return
        if folder.name.startswith("test_") or folder.name.endswith("_test"):
            yield Finding("orphan", f"{module.name} is gone")
            return


def _tests_of(module: Path) -> Tests | str:
    """The tests of a module, or why they cannot be told."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of what the module's author may know, and nobody asked here
            tree = ast.parse(module.read_bytes(), module.name)
    except (SyntaxError, *UNREADABLE) as error:
        return str(error)
    nodes = list(ast.walk(tree))
    strings = {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    made = {"*" for node in nodes if isinstance(node, ast.Name) and node.id == "globals"}
    return Tests(frozenset(_bound(tree, "")) | made, frozenset(strings))


def _bound(node: ast.AST, owner: str) -> Iterator[str]:
    """The names that a module or a class binds, in any branch of it. What comes from elsewhere may be a class."""
    for child in ast.iter_child_nodes(node):
        match child:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                yield owner + name
            case ast.ClassDef(name=name, bases=bases):
                if any(ast.unparse(base).rpartition(".")[2] not in BARE for base in bases):
                    yield f"{owner}{name}.*"  # it has the tests of its bases
                yield from _bound(child, f"{owner}{name}.")
            case ast.Import(names=names) | ast.ImportFrom(names=names):
                for alias in names:
                    yield from (owner + (alias.asname or alias.name), f"{owner}{alias.asname or alias.name}.*")
            case ast.Assign() | ast.AnnAssign():
                for target in ast.walk(child):
                    if isinstance(target, ast.Name) and isinstance(target.ctx, ast.Store):
                        yield from (owner + target.id, f"{owner}{target.id}.*")
            case ast.expr():
                continue
            case _:
                yield from _bound(child, owner)
