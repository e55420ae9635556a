"""The public names: cheap to import, all there, and the same for a type checker."""

import ast
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

import fakemodel

SOURCE = Path(fakemodel.__file__)


def test_importing_fakemodel_imports_nothing_else():
    heavy = {"openai", "vcr", "yaml", "agents", "pytest"}
    script = f"import sys, fakemodel; print(sorted({heavy} & sys.modules.keys()))"

    ran = subprocess.run(
        [sys.executable, "-c", script], cwd=SOURCE.parent.parent, capture_output=True, text=True, check=True
    )

    assert ran.stdout == "[]\n"


@pytest.mark.parametrize("name", sorted(fakemodel.__all__))
def test_a_public_name_resolves_to_what_its_home_calls_public(name):
    value = getattr(fakemodel, name)

    home, _, own = value.__name__.rpartition(".")  # of `faults`, which is a module
    assert own == name
    assert name in import_module(home or value.__module__).__all__


def test_the_names_are_listed_once_and_shown_by_dir():
    assert len(set(fakemodel.__all__)) == len(fakemodel.__all__)
    assert dir(fakemodel) == sorted(fakemodel.__all__)


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError) as missing:
        _ = fakemodel.replay

    assert str(missing.value) == "module 'fakemodel' has no attribute 'replay'"


def test_an_unknown_name_cannot_be_imported():
    with pytest.raises(ImportError, match="cannot import name 'replay' from 'fakemodel'"):
        from fakemodel import replay  # noqa: F401


def test_type_checkers_and_the_interpreter_find_the_same_names_at_the_same_homes():
    typed, homes = [], {}
    for node in ast.parse(SOURCE.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            ours = [line for line in node.body if line.module.startswith("fakemodel.")]
            typed = [(line.module, name.name, name.asname) for line in ours for name in line.names]
        elif isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "_HOMES":
            homes = ast.literal_eval(node.value)

    assert typed == [(module, name, name) for module, names in homes.items() for name in names]


@pytest.mark.parametrize(("module", "package"), [("strategies", "hypothesis"), ("snapshots", "syrupy")])
def test_a_module_of_an_extra_names_it_where_it_is_missing(module, package):
    script = f"import sys; sys.modules[{package!r}] = None; import fakemodel.{module}"

    ran = subprocess.run([sys.executable, "-c", script], cwd=SOURCE.parent.parent, capture_output=True, text=True)

    assert ran.stderr.splitlines()[-1] == (
        f'ModuleNotFoundError: fakemodel.{module} needs {package}: pip install "fakemodel[{package}]"'
    )
