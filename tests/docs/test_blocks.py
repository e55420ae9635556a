"""The blocks of the pages, by their languages: what is run, what the code that it is for reads, what is compared.

Python runs as a test module (tests/test_docs.py); what is printed is compared (test_printed.py); JavaScript runs with
the SDK for Node, where `make clients` has it (tests/clients/third_party/test_node.py), and what is for inline-snapshot
where `make beside` has that (tests/beside/test_snapshots.py).
"""

import json
import re
import shlex

import pytest

from fakemodel import FakeOpenAI
from fakemodel.script_file import read_script
from fakemodel.tape import layout
from fakemodel.tape.checks.finding import Finding
from fakemodel.tape.report import Format, report
from tests.docs.pages import PAGES, ROOT, blocks

HELD = {
    "python": "runs as a test module",
    "": "is what is printed",
    "py": "runs as a test module, once its snapshots are written",
    "json": "has the shape of a report",
    "console": "names targets, options and commands that there are",
    "yaml": "is read as a script, or as a cassette",
    "toml": "is a configuration that pytest takes",
    "ini": "is a configuration that pytest takes",
    "js": "runs with the SDK for Node",
    "{toctree}": "is checked with the links",
    "{eval-rst}": "is checked with the public names",
}


def of(*languages):
    found = [block for block in blocks() if block.language in languages and "inline_snapshot" not in block.text]
    assert found
    return pytest.mark.parametrize("block", found, ids=[f"{block.page}: {block.heading}" for block in found])


@pytest.mark.parametrize("page", PAGES)
def test_every_block_is_of_a_kind_that_is_held(page):
    assert {block.language for block in blocks() if block.page == page} <= HELD.keys()
    assert PAGES[page].count("```") == 2 * sum(block.page == page for block in blocks())


@of("yaml")
def test_a_block_of_yaml_is_a_cassette_as_it_would_be_written_or_a_script(tmp_path, block):
    file = tmp_path / "block.yaml"
    file.write_text(block.text, encoding="utf-8")
    if "\ninteractions:\n" not in block.text:
        api = FakeOpenAI()
        read_script(file, api)
        assert api.remaining
        return

    head = re.search(r"^recorded: \{from: (\w+), with: ([\w. ]+), 'on': '([\d-]+)'\}$", block.text, re.MULTILINE)
    recorded = dict(zip(("from", "with", "on"), head.groups(), strict=True))
    assert layout.written(layout.read(file), recorded) == block.text


@of("toml", "ini")
def test_a_configuration_is_one_that_pytest_takes(suite: pytest.Pytester, block):
    if block.language == "toml":
        suite.makepyprojecttoml(block.text)
    else:
        suite.path.joinpath("pyproject.toml").unlink()
        suite.makeini(block.text)
    suite.makepyfile("def test_nothing(): ...")

    ran = suite.runpytest(
        "--strict-config", "-p", "fakemodel.plugin", "-o", "asyncio_default_fixture_loop_scope=function"
    )

    ran.assert_outcomes(passed=1)


@of("py")
def test_a_block_with_snapshots_runs_once_they_are_written(suite: pytest.Pytester, block):
    pytest.importorskip("syrupy", reason="this block needs syrupy")
    suite.makepyfile(block.text)

    suite.runpytest_subprocess("--snapshot-update").assert_outcomes(passed=1)

    suite.runpytest_subprocess().assert_outcomes(passed=1)


@of("json")
def test_a_block_of_json_has_the_shape_of_a_report(tmp_path, block):
    file = tmp_path / "test_capital.yaml"
    file.write_text("interactions: none", encoding="utf-8")
    reported = json.loads(report([(file, [Finding("unreadable", "it is none", turn=1, line=1)])], Format.JSON))

    shown = json.loads(block.text)

    assert shown.keys() == reported.keys()
    assert shown["summary"].keys() == reported["summary"].keys()
    assert shown["findings"][0].keys() == reported["findings"][0].keys()


COMMANDS = ("make", "pytest", "fakemodel", "git", "pip", "python3", "mkdir", "cd", ".")


@of("console")
def test_a_command_is_one_that_there_is(suite: pytest.Pytester, block):
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    lines = [line[2:].partition("  #")[0] for line in block.text.splitlines() if line.startswith("$ ")]
    assert lines
    options = suite.runpytest("--help").stdout.str()
    for command in (part for line in lines for part in line.split(" && ")):
        program, *arguments = shlex.split(command)
        assert program in COMMANDS, command
        if program == "make":
            assert re.search(rf"^{arguments[0]}:", makefile, flags=re.MULTILINE), command
        elif program == "pytest":
            for option in (each.partition("=")[0] for each in arguments if each.startswith("--")):
                assert f"  {option}" in options, command
        elif program == "fakemodel":
            assert f"## {arguments[0]}\n" in PAGES["docs/command_line.md"], command
