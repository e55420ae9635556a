"""The pages to look things up in are whole, and say what the code says: fixtures, laws, errors, names, places."""

import ast
import re
from pathlib import Path

import pytest

import fakemodel
from fakemodel import errors, hooks
from fakemodel.tape import MODES
from fakemodel.tape.settings import SETTINGS
from tests.docs.pages import PAGES, ROOT, code, rows
from tests.wire.test_each_law import CHUNKS, EVENTS

FIXTURES = "docs/fixtures.md"


def shown_by(suite: pytest.Pytester, option: str) -> str:
    """What pytest tells of its plugins; a place for a test is there, for it wants one."""
    suite.makepyfile("def test_nothing(): ...")
    return suite.runpytest(option).stdout.str()


def test_the_table_of_fixtures_is_that_of_pytest(suite: pytest.Pytester):
    told = shown_by(suite, "--fixtures")
    found = re.findall(r"^(\w+)(?: \[(\w+) scope\])? -- .*fakemodel\W\w+\.py:\d+$", told, flags=re.MULTILINE)

    listed = [(code(name)[0], scope) for name, scope, _ in rows(FIXTURES, "Fixtures")]
    assert sorted(listed) == sorted((name, scope or "function") for name, scope in found)


def test_the_table_of_markers_is_that_of_pytest(suite: pytest.Pytester):
    told = shown_by(suite, "--markers")
    found = re.findall(r"^@pytest\.mark\.(\w+)\((?:name=None|\*\*vcr_config)", told, flags=re.MULTILINE)

    assert [code(name)[0].partition("(")[0] for name, _ in rows(FIXTURES, "Markers")] == found


def test_the_table_of_options_is_that_of_pytest(suite: pytest.Pytester):
    told = shown_by(suite, "--help")
    ours = told.partition("\ncassettes (fakemodel):\n")[2].partition("\n\n")[0]
    found = re.findall(r"^  (--[\w-]+)", ours, flags=re.MULTILINE)

    table = rows(FIXTURES, "Options")
    assert [code(option)[0] for option, *_ in table] == found
    assert code(table[0][1]) == list(MODES)
    assert code(table[0][2]) == ["replay"]


def test_the_table_of_settings_is_that_of_the_code():
    listed = [[code(cell)[0] if code(cell) else "" for cell in cells[:4]] for cells in rows(FIXTURES, "Settings")]

    assert listed == [
        [name, type_.__name__, repr(default), f"cassette_{name}" if kind else ""]
        for name, (kind, type_, default, _) in SETTINGS.items()
    ]


def test_the_table_of_hooks_is_that_of_the_code():
    assert [code(hook)[0].partition("(")[0] for hook, *_ in rows(FIXTURES, "Hooks")] == hooks.__all__


LAWS = "docs/laws.md"


def laws_of_the_code() -> set[str]:
    """The laws that the rooms of the wire name where they tell a breach."""
    found = set()
    for file in ROOT.glob("fakemodel/wire/**/*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
                name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                if name in ("Violation", "broken", "same"):
                    found.add(node.args[0].value)
    return found


@pytest.mark.parametrize(("heading", "breaches"), [("Laws of events", EVENTS), ("Laws of chunks", CHUNKS)])
def test_every_law_is_told_with_a_breach_of_it(heading, breaches):
    table = [(*code(law), *code(told)) for law, _, told in rows(LAWS, heading)]

    assert sorted({law for law, _ in table}) == sorted({breach.partition(" [")[0] for breach in breaches})
    assert len({law for law, _ in table}) == len(table)
    for law, told in table:
        assert f"{law} {told}" in breaches, law


def test_no_law_of_the_code_is_left_out():
    told = {code(cells[0])[0] for heading in ("Laws of events", "Laws of chunks") for cells in rows(LAWS, heading)}

    assert told == laws_of_the_code()


ERRORS = "docs/errors.md"


def is_ours(type_: type) -> bool:
    return type_.__module__ == errors.__name__ or type_ in (Exception, BaseException, object)


def test_every_error_is_told_with_what_else_it_is():
    opening = PAGES[ERRORS].partition("\n## ")[0]
    table = re.findall(r"^\| \[`(\w+)`\]\(#(\w+)\) \| (?:`(\w+)`)? ?\|", opening, flags=re.MULTILINE)

    assert sorted(name for name, _, _ in table) == sorted(errors.__all__)
    for name, anchor, also in table:
        assert anchor == name.lower()
        assert f"\n## {name}\n" in PAGES[ERRORS]
        others = [base.__name__ for base in getattr(errors, name).__bases__ if not is_ours(base)]
        assert others == ([also] if also else [])


def test_every_field_of_an_error_is_told_with_its_type():
    """A field is what a constructor of ours assigns, of the class itself."""
    found = []
    for node in ast.parse(Path(errors.__file__).read_text(encoding="utf-8")).body:
        if isinstance(node, ast.ClassDef):
            assigned = [each.attr for each in ast.walk(node) if isinstance(each, ast.Attribute)]
            found += [(node.name, name) for name in dict.fromkeys(assigned) if name != "__init__"]

    table = rows(ERRORS, "Fields")
    assert [(code(error)[0], code(field)[0]) for error, field, _, _ in table] == found
    assert all(code(type_) for _, _, type_, _ in table)


def test_the_fields_of_a_violation_are_told():
    from fakemodel.wire.laws import Violation

    told = PAGES[LAWS].partition("A `Violation` has ")[2].partition("\n\n")[0]
    assert set(Violation.__slots__) <= set(code(told))


def test_every_public_name_is_on_the_page_of_the_api():
    told = re.findall(r"^\.\. auto(?:class|function):: fakemodel\.(\w+)$", PAGES["docs/api.md"], flags=re.MULTILINE)
    whole = re.findall(r"^\.\. automodule:: ([\w.]+)$", PAGES["docs/api.md"], flags=re.MULTILINE)

    values = {name: getattr(fakemodel, name) for name in fakemodel.__all__}
    modules = {name: {value.__name__, getattr(value, "__module__", "")} for name, value in values.items()}
    by_module = {name for name, places in modules.items() if places & {*whole}}
    assert sorted(told) == sorted(values.keys() - by_module)


PLACE = re.compile(r"`((?:fakemodel|tests|docs)/[\w/.]+)`(?:: `(\w+)`)?")


@pytest.mark.parametrize("page", PAGES)
def test_every_place_in_the_code_that_a_page_names_exists(page):
    for path, name in PLACE.findall(PAGES[page]):
        assert (ROOT / path).exists(), path
        if name:
            defined = rf"^(?:def |class |async def )?{name}\b(?:\(|:| =|,)"
            assert re.search(defined, (ROOT / path).read_text(encoding="utf-8"), flags=re.MULTILINE), (path, name)


def test_extending_names_a_place_in_each_of_its_tables():
    page = "docs/extending.md"

    for heading in re.findall(r"^## (.+)$", PAGES[page], flags=re.MULTILINE):
        steps = rows(page, heading)
        assert [number for number, *_ in steps] == [str(number) for number in range(1, len(steps) + 1)]
        assert any(PLACE.search(where) for _, where, _ in steps), heading
