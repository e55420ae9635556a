"""The Python blocks of README.md and docs/ run as they stand, recorded and replayed; what they name exists."""

import re
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.contract.sdk import TELLS_FAILURES

ROOT = Path(__file__).parent.parent
PAGES = {page.name: page.read_text(encoding="utf-8") for page in (ROOT / "README.md", *sorted(ROOT.glob("docs/*.md")))}
BLOCK = re.compile(r"^## ([^\n]+)\n(?:(?!^## ).)*?^```python\n(.*?)^```", flags=re.MULTILINE | re.DOTALL)
BLOCKS = [
    pytest.param(code, id=f"{page}: {title}") for page, words in PAGES.items() for title, code in BLOCK.findall(words)
]


def test_every_python_block_is_found():
    assert sum(words.count("```python") for words in PAGES.values()) == len(BLOCKS)


@pytest.mark.parametrize("code", BLOCKS)
def test_a_block_runs_as_it_stands(suite: pytest.Pytester, code):
    if "agents" in code and find_spec("agents") is None:
        pytest.skip("this block needs openai-agents")
    if "fakemodel.contract" in code and "agents" in code and not TELLS_FAILURES:
        pytest.skip("the adapter of this Agents SDK fails the contract")
    suite.makepyfile(test_page=code)

    recorded = suite.runpytest("--cassettes=record").parseoutcomes()
    assert recorded.keys() == ({"passed", "skipped"} if "without = " in code else {"passed"})
    assert suite.runpytest().parseoutcomes() == recorded


@pytest.mark.parametrize("words", PAGES.values(), ids=PAGES.keys())
def test_every_make_target_that_is_named_exists(words):
    makefile = (ROOT / "Makefile").read_text()
    for target in set(re.findall(r"(?:`|\$ )make ([a-z]+)", words)):
        assert re.search(rf"^{target}:", makefile, flags=re.MULTILINE), target


@pytest.mark.parametrize("page", PAGES)
def test_every_link_to_a_file_leads_somewhere(page):
    folder = ROOT if page == "README.md" else ROOT / "docs"
    for target in re.findall(r"\]\(([^)#:]+)\)", PAGES[page]):
        assert (folder / target).exists(), target


ROW = re.compile(r"^\| (?:`([^`]+)`)?(?:all)? *\| .* \| `([^`]+)::(\w+)` \|$", flags=re.MULTILINE)


SCENARIO = re.compile(
    r"^\| [^|]+ \| (?:`([^`]+)`)? ?\| (?:`([^`]+)`)? ?\| ([\w, ]+) \| `([^`]+)::(\w+)` \|$", flags=re.MULTILINE
)


def test_the_table_of_shipped_cassettes_is_whole_and_its_tests_exist():
    from fakemodel.tape.paths import shipped

    rows = SCENARIO.findall(PAGES["shipped_cassettes.md"])

    named = set()
    for plain, streamed, clients, file, test in rows:
        code = (ROOT / "tests/scenarios" / file).read_text(encoding="utf-8")
        assert f"def {test}(" in code
        folders = [""] if "," not in clients else ["" if c == "openai" else f"{c}/" for c in clients.split(", ")]
        for name in filter(None, (plain, streamed)):
            scenario, _, own = name.rpartition("/")
            named |= {f"fakemodel:{scenario}/{folder}{own}" for folder in folders}
    assert sorted(named) == list(shipped())


def test_the_table_of_endpoints_is_whole_and_its_tests_exist():
    from fakemodel.api.routes import ROUTES

    rows = ROW.findall(PAGES["fake_openai.md"])

    assert [route for route, _, _ in rows if route] == [f"{route.method} {route.path}" for route in ROUTES]
    for _, file, test in rows:
        code = (ROOT / "tests/api" / file).read_text()
        assert re.search(rf"(?:def|class) {test}\b|^{test} = ", code, flags=re.MULTILINE), test
