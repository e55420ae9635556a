"""The house is as docs/architecture.md draws it: its rooms, what each may import, and what its modules say they own."""

import ast
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

import fakemodel

PACKAGE = Path(fakemodel.__file__).parent
PAGE = (PACKAGE.parent / "docs/architecture.md").read_text(encoding="utf-8")


def _name(file: Path) -> str:
    return ".".join([PACKAGE.name, *file.relative_to(PACKAGE).with_suffix("").parts]).removesuffix(".__init__")


FILES = {_name(file): file for file in sorted(PACKAGE.rglob("*.py"))}
TREES = {module: ast.parse(file.read_text(encoding="utf-8")) for module, file in FILES.items()}


@dataclass(frozen=True)
class Import:
    """What a module imports, and whether it does so only when something of it is used."""

    target: str
    on_use: bool

    @property
    def package(self) -> str:
        return self.target.partition(".")[0]


def _imports(node: ast.AST, on_use: bool = False) -> Iterator[Import]:
    """The imports below a node, but for those that type checkers alone see."""
    for child in ast.iter_child_nodes(node):
        match child:
            case ast.Import(names=names):
                yield from (Import(alias.name, on_use) for alias in names)
            case ast.ImportFrom(module=module, names=names):
                whole = (f"{module}.{alias.name}" for alias in names)
                yield from (Import(each if each in FILES else str(module), on_use) for each in whole)
            case ast.If(test=ast.Name(id="TYPE_CHECKING"), orelse=otherwise):
                yield from (each for statement in otherwise for each in _imports(ast.Module([statement], []), on_use))
            case _:
                yield from _imports(child, on_use or isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef))


IMPORTS = {module: frozenset(_imports(tree)) for module, tree in TREES.items()}


def _table(title: str) -> list[list[str]]:
    """The rows of the table below a title of the page, without its head."""
    section = PAGE.partition(f"## {title}\n")[2].partition("\n## ")[0]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in section.splitlines() if line[:1] == "|"]
    assert len(rows) > 2, title
    return rows[2:]


def _quoted(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


@dataclass(frozen=True)
class Allowed:
    """What may be imported when a module is loaded, and what when something of it is used."""

    loaded: frozenset[str]
    on_use: frozenset[str]

    @classmethod
    def of(cls, cell: str) -> "Allowed":
        """`` `words`, `tape`; on use `api` `` as the page has it."""
        loaded, _, on_use = cell.partition("on use")
        return cls(frozenset(_quoted(loaded)), frozenset(_quoted(on_use)))


ROOMS = {room: paths for (room,), paths in ((_quoted(name), _quoted(row)) for name, row, *_ in _table("The rooms"))}
KNOWN = {_quoted(name)[0]: Allowed.of(row) for name, _, _, row in _table("The rooms")}
OUTSIDE = {package: Allowed.of(row) for name, row, _ in _table("What comes from outside") for package in _quoted(name)}


def _room(module: str) -> str | None:
    """The room that a module is in: it has the file, or the folder; the package itself is in none."""
    path = FILES[module].relative_to(PACKAGE).as_posix()
    rooms = [room for room, paths in ROOMS.items() for own in paths if path == own or path.startswith(f"{own}/")]
    assert len(rooms) == (module != "fakemodel"), f"{path} is in {rooms or 'no room'}"
    return rooms[0] if rooms else None


def _between_rooms() -> Iterator[tuple[str, str, Import]]:
    """Every import that leads from one room to another: from where, to where."""
    for module, imports in IMPORTS.items():
        room = _room(module)
        for each in imports:
            if each.target in FILES and room is not None:
                other = _room(each.target)
                if other not in (room, None):
                    yield room, str(other), each


@pytest.mark.parametrize("module", FILES)
def test_a_module_opens_with_what_it_owns(module):
    assert (ast.get_docstring(TREES[module]) or "").split(), f"{module} has no docstring"


@pytest.mark.parametrize("module", sorted(FILES.keys() - {"fakemodel"}))
def test_a_module_is_in_one_room_and_named_in_the_page(module):
    room = _room(module)
    file = FILES[module].relative_to(PACKAGE)
    listed = _table(f"`{room}`")
    assert file.name == "__init__.py" or file.as_posix() in [name for row in listed for name in _quoted(row[0])]


def test_the_page_names_no_module_that_is_gone():
    named = {name for room in ROOMS for row in _table(f"`{room}`") for name in _quoted(row[0])}

    assert named <= {file.relative_to(PACKAGE).as_posix() for file in FILES.values()}


def test_a_room_imports_what_the_page_allows_and_no_more():
    broken = [
        (room, other, each.target)
        for room, other, each in _between_rooms()
        if other not in KNOWN[room].loaded and not (each.on_use and other in KNOWN[room].on_use)
    ]

    assert broken == []


def test_the_page_allows_nothing_that_nobody_imports():
    found = {(room, other, each.on_use) for room, other, each in _between_rooms()}
    loaded = {(room, other) for room, other, on_use in found if not on_use}
    on_use = {(room, other) for room, other, on_use in found if on_use} - loaded

    assert {(room, other) for room, known in KNOWN.items() for other in known.loaded} == loaded
    assert {(room, other) for room, known in KNOWN.items() for other in known.on_use} == on_use


def test_what_comes_from_outside_is_met_where_the_page_says_and_nowhere_else():
    found = {
        (each.package, _room(module), each.on_use)
        for module, imports in IMPORTS.items()
        for each in imports
        if each.package not in sys.stdlib_module_names | {"fakemodel"}
    }
    loaded = {(package, room) for package, room, on_use in found if not on_use}
    on_use = {(package, room) for package, room, on_use in found if on_use} - loaded

    assert {(package, room) for package, allowed in OUTSIDE.items() for room in allowed.loaded} == loaded
    assert {(package, room) for package, allowed in OUTSIDE.items() for room in allowed.on_use} == on_use


PLAIN = {"asyncio", "http", "io", "os", "pathlib", "shutil", "socket", "subprocess", "tempfile", "threading", "urllib"}
"""What of the standard library has to do with files, processes or the network."""


@pytest.mark.parametrize("room", ["words", "script"])
def test_what_is_said_and_what_is_kept_know_no_files_and_no_network(room):
    found = {each.package for module, imports in IMPORTS.items() if _room(module) == room for each in imports}

    assert not found & PLAIN


def test_modules_that_are_loaded_wait_for_each_other_in_no_circle():
    loaded = {
        module: {each.target for each in imports if each.target in FILES and not each.on_use}
        for module, imports in IMPORTS.items()
    }

    assert len([*TopologicalSorter(loaded).static_order()]) == len(FILES)


def _reached(module: str) -> set[str]:
    """A module of ours, and all that it imports at any time, whatever that imports."""
    found: set[str] = set()
    left = {module}
    while left:
        found |= left
        left = {each.target for near in left for each in IMPORTS[near] if each.target in FILES} - found
    return found


def test_who_looks_for_secrets_shares_nothing_with_who_takes_them_out():
    assert _reached("fakemodel.tape.leaks") & _reached("fakemodel.tape.scrub") == set()


def _public(module: str) -> set[str]:
    """What a module lists as its own."""
    for node in TREES[module].body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
            return set(ast.literal_eval(node.value))
    return set()


def test_a_module_takes_from_another_only_what_that_lists_as_public():
    taken = {
        (module, f"{node.module}.{alias.name}")
        for module, tree in TREES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module in FILES and node.module != "fakemodel"
        for alias in node.names
        if f"{node.module}.{alias.name}" not in FILES and alias.name not in _public(node.module)
    }

    assert taken == set()
