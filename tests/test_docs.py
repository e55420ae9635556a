"""The Python blocks of README.md and docs/ run as they stand, recorded and replayed; what their tables name exists.

What else the pages hold, and by which tests, is told in tests/docs/test_blocks.py.
"""

import re
from importlib.util import find_spec

import pytest

from tests.contract.sdk import TELLS_FAILURES
from tests.docs.pages import PAGES, ROOT, blocks

BLOCKS = [
    pytest.param(block.text, id=f"{block.page}: {block.heading}") for block in blocks() if block.language == "python"
]

EXTRAS = {"agents": "agents", "hypothesis": "hypothesis", "strategies": "hypothesis", "wire_snapshot": "syrupy"}
"""What a block needs, by a word of its code."""


@pytest.mark.parametrize("code", BLOCKS)
def test_a_block_runs_as_it_stands(suite: pytest.Pytester, code):
    missing = [extra for word, extra in EXTRAS.items() if word in code and find_spec(extra) is None]
    if missing:
        pytest.skip(f"this block needs {missing[0]}")
    if "fakemodel.contract" in code and "agents" in code and not TELLS_FAILURES:
        pytest.skip("the adapter of this Agents SDK fails the contract")
    suite.makepyfile(test_page=code)

    recorded = suite.runpytest("--cassettes=record").parseoutcomes()
    assert recorded.keys() == ({"passed", "skipped"} if "without = " in code else {"passed"})
    if "cassette" in code:
        assert suite.runpytest().parseoutcomes() == recorded


@pytest.mark.parametrize("words", PAGES.values(), ids=PAGES.keys())
def test_every_make_target_that_is_named_exists(words):
    makefile = (ROOT / "Makefile").read_text()
    for target in set(re.findall(r"`make ([a-z]+)", words)):
        assert re.search(rf"^{target}:", makefile, flags=re.MULTILINE), target


ROW = re.compile(r"^\| (?:`([^`]+)`)?(?:all)? *\| .* \| `([^`]+)::(\w+)` \|$", flags=re.MULTILINE)


SCENARIO = re.compile(
    r"^\| [^|]+ \| (?:`([^`]+)`)? ?\| (?:`([^`]+)`)? ?\| ([\w, ]+) \| `([^`]+)::(\w+)` \|$", flags=re.MULTILINE
)


def test_the_table_of_shipped_cassettes_is_whole_and_its_tests_exist():
    from fakemodel.tape.paths import shipped

    rows = SCENARIO.findall(PAGES["docs/shipped_cassettes.md"])

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

    rows = ROW.findall(PAGES["docs/fake_openai.md"])

    assert [route for route, _, _ in rows if route] == [f"{route.method} {route.path}" for route in ROUTES]
    for _, file, test in rows:
        code = (ROOT / "tests/api" / file).read_text()
        assert re.search(rf"(?:def|class) {test}\b|^{test} = ", code, flags=re.MULTILINE), test
