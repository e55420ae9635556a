"""The README's Python blocks run as they stand, recorded and replayed; its commands and files exist."""

import re
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^## ([^\n]+)\n(?:(?!^## ).)*?^```python\n(.*?)^```", README, flags=re.MULTILINE | re.DOTALL)


def test_every_python_block_is_found():
    assert README.count("```python") == len(BLOCKS)


@pytest.mark.parametrize(("title", "code"), BLOCKS, ids=[title for title, _ in BLOCKS])
def test_a_block_runs_as_it_stands(suite: pytest.Pytester, title, code):
    if "agents" in code and find_spec("agents") is None:
        pytest.skip("this block needs openai-agents")
    suite.makepyfile(test_readme=code)

    suite.runpytest("--cassettes=record").assert_outcomes(passed=1)
    suite.runpytest().assert_outcomes(passed=1)


def test_every_make_target_that_is_named_exists():
    makefile = (ROOT / "Makefile").read_text()
    for target in set(re.findall(r"(?:`|\$ )make ([a-z]+)", README)):
        assert re.search(rf"^{target}:", makefile, flags=re.MULTILINE), target


def test_every_link_to_a_file_leads_somewhere():
    for target in re.findall(r"\]\(([^)#:]+)\)", README):
        assert (ROOT / target).exists(), target
