"""What the plugin adds to pytest before a test has asked for anything."""

import re
import subprocess
import sys
from itertools import takewhile
from pathlib import Path

import pytest

import fakemodel

ROOT = Path(fakemodel.__file__).parent.parent


def test_the_options_are_explained(suite: pytest.Pytester, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("COLUMNS", "400")
    result = suite.runpytest("--help")

    result.stdout.fnmatch_lines(
        [
            "cassettes (fakemodel):",
            "  --cassettes=[{]replay,record,rerecord[}]",
            (
                "*replay: play recorded answers and never touch the network (default). record: record the tests "
                "that have no cassette. rerecord: record the selected tests anew; a failing test leaves its cassette "
                "as it was."
            ),
            "  cassette_ignore (linelist):",
            "*JSON paths of request bodies that may differ, as metadata.run_id or input[[]*].id",
            "  cassette_allow_errors (bool):",
            "*record answers of 400 and above",
            "  cassette_allow_unplayed (bool):",
            "*recorded turns may stay unplayed",
            "  cassette_refuse_network (bool):",
            "*while replaying, refuse connections to other machines",
        ]
    )


def test_another_mode_is_refused(suite: pytest.Pytester):
    result = suite.runpytest("--cassettes=once")

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*--cassettes: invalid choice: 'once' (choose from *replay*, *record*, *rerecord*)"])


def test_the_markers_are_explained(suite: pytest.Pytester):
    cassette = (
        "cassette(name=None, ignore=[], scrub={}, max_age=0, payloads_over=0, allow_errors=False, "
        "allow_unplayed=False, refuse_network=True): record the test's HTTP requests, or replay them from "
        "cassettes/<test module>/<test name>.yaml. "
        "name: another file name, or fakemodel:<name> for a cassette that ships with fakemodel. "
        "ignore: JSON paths of request bodies that may differ, as metadata.run_id or input[*].id. "
        "scrub: patterns of what must not be written, each with what stands in its place. "
        "max_age: the days that a cassette may become old (0: any age). "
        "payloads_over: base64 of more bytes goes to a file beside the cassette (0: none does). "
        "allow_errors: record answers of 400 and above. "
        "allow_unplayed: recorded turns may stay unplayed. "
        "refuse_network: while replaying, refuse connections to other machines."
    )
    vcr = "vcr(**vcr_config): pytest-recording's marker, understood as `cassette` where that plugin is absent."

    lines = suite.runpytest("--markers").outlines

    assert [line for line in lines if "cassette" in line] == [f"@pytest.mark.{cassette}", f"@pytest.mark.{vcr}"]


def test_the_fixtures_are_explained(suite: pytest.Pytester):
    result = suite.runpytest("--fixtures")

    for name, doc in {
        "fake_model": "A strict FakeModel: give it replies with `say`. The test fails if a reply is missing, or left.",
        "fake_openai": "The scripted API; OPENAI_BASE_URL and OPENAI_API_KEY point at it. Give it replies with `say`.",
        "cassette": "The test's cassette, as the marker gives it: `path`, `mode`, `turns`, and the live `requests`.",
        "cassette_config [[]session scope[]]": "Settings for all cassettes: override it to return a dict of ignore, *",
    }.items():
        result.stdout.fnmatch_lines([f"{name} -- *", f"    {doc}"], consecutive=True)
    result.stdout.no_fnmatch_line("_cassette_in_player*")


def test_every_fixture_is_explained_in_a_sentence(suite: pytest.Pytester):
    lines = suite.runpytest("--fixtures").outlines
    begun = next(at for at, line in enumerate(lines) if "fixtures defined from fakemodel.plugin" in line)
    ours = list(takewhile(lambda line: "fixtures defined from" not in line, lines[begun + 1 :]))

    heads = [at for at, line in enumerate(ours) if " -- " in line and not line.startswith(" ")]
    assert len(heads) >= 4
    for at in heads:
        assert re.fullmatch(r"    [A-Z].*[.…]", ours[at + 1]), ours[at]


@pytest.mark.parametrize("autoload_is_off", [False, True], ids=["autoload", "no autoload"])
def test_the_plugin_is_loaded_from_a_checkout(suite: pytest.Pytester, monkeypatch, autoload_is_off):
    suite.makepyprojecttoml("[tool.pytest.ini_options]\naddopts = '-p no:cacheprovider'\n")
    test = suite.makepyfile(
        """
        def test_capital(fake_openai):
            fake_openai.say("Brazil")
            assert fake_openai.client().responses.create(model="gpt-4.1", input="Which?").output_text == "Brazil"
        """
    )
    if autoload_is_off:
        monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.chdir(ROOT)

    result = suite.run(
        sys.executable,
        "-m",
        "pytest",
        "-p",
        "plugin",
        f"--rootdir={test.parent}",
        "-c",
        test.parent / "pyproject.toml",
        test,
    )

    result.assert_outcomes(passed=1)
    assert result.ret == 0


@pytest.mark.parametrize("module", ["fakemodel", "fakemodel.plugin"])
def test_nothing_heavy_is_imported_before_a_test_needs_it(module):
    heavy = ("openai", "vcr", "yaml", "agents", "httpx", "httpx2", "uvicorn", "pydantic", "hypothesis")
    found = f"import sys, {module}; print([name for name in {heavy} if name in sys.modules])"

    told = subprocess.run([sys.executable, "-c", found], cwd=ROOT, capture_output=True, text=True, check=True)

    assert told.stdout.strip() == "[]"


def test_collecting_a_suite_imports_nothing_more_than_it_does_without_the_plugin(suite: pytest.Pytester):
    suite.makepyprojecttoml("[tool.pytest.ini_options]\nasyncio_default_fixture_loop_scope = 'function'\n")
    suite.makeconftest(
        """
        import sys
        from pathlib import Path


        def pytest_unconfigure(config):
            Path(config.getoption("basetemp")).with_name("modules").write_text(" ".join(sys.modules))
        """
    )
    suite.makepyfile(
        """
        import pytest


        @pytest.mark.usefixtures("fake_model", "fake_openai")
        @pytest.mark.cassette(ignore=["metadata.id"])
        def test_capital(): pass
        """
    )

    def modules(option: str) -> set[str]:
        ran = suite.runpytest_subprocess("--collect-only", "-p", option)
        assert ran.ret == 0
        return set((suite.path / "modules").read_text().split())

    added = modules("fakemodel.plugin") - modules("no:fakemodel.plugin")

    tops = {name.partition(".")[0] for name in added}
    assert tops - sys.stdlib_module_names == {"fakemodel"}
    assert "fakemodel.reply" not in added


def test_a_suite_that_uses_nothing_of_it_sees_nothing_of_it(suite: pytest.Pytester):
    suite.makepyfile("def test_nothing(): pass")

    result = suite.runpytest()

    result.assert_outcomes(passed=1)
    result.stdout.no_fnmatch_line("*cassettes:*")
