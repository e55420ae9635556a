"""Orphans: cassettes that lie where a test would have them, and whose test is gone."""

from __future__ import annotations

import ast
import os
import re
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from fakemodel.tape.checks.finding import Finding
from fakemodel.tape.layout import UNREADABLE
from fakemodel.tape.paths import is_shipped

__all__ = ["Tests", "orphan", "tests_of"]


CUT = re.compile(r"(.{30,})-[0-9a-f]{12}")
"""A name that was cut, as that of a cassette is."""


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
        # Of a name that is too long for a file's its beginning is kept, before a digest.
        cut = CUT.fullmatch(test)
        begins = cut is not None and any(each.startswith(cut[1]) for each in self.names)
        return bool(nested or begins or self.names & {test, *anything} or self.strings & {name, name + suffix})


BARE = {"object", "TestCase", "IsolatedAsyncioTestCase"}
"""The bases that bring no tests along."""


def orphan(file: Path, tests_of: Callable[[Path], Tests | str]) -> Iterator[Finding]:
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
                yield Finding("orphan", f"{module.name} cannot be read: {tests}", where="orphan?", severe=False)
            elif not tests.use(name, whole.suffix):
                yield Finding("orphan", f"{module.name} has no {name.partition('[')[0]}")
            return
        if folder.name.startswith("test_") or folder.name.endswith("_test"):
            yield Finding("orphan", f"{module.name} is gone")
            return


def tests_of(module: Path) -> Tests | str:
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
