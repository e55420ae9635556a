"""Snapshots by syrupy: written, compared, updated, and what people read of them."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

import fakemodel
from fakemodel import Reply, text, tool_call, transcript

pytest.importorskip("syrupy")
from syrupy.extensions.base import AbstractSyrupyExtension

STREAM = """
from fakemodel import Reply, text, tool_call


def test_weather(wire_snapshot):
    reply = Reply(text("Let me ", "look."), tool_call("get_weather", {"city": "Paris"}))
    assert reply.events() == wire_snapshot
"""

REPLY = Reply(text("Let me ", "look."), tool_call("get_weather", {"city": "Paris"}))


def kept(suite: pytest.Pytester) -> dict[str, str]:
    """What is kept, by the files' places."""
    folder = suite.path / "__snapshots__"
    return {str(file.relative_to(folder)): file.read_text(encoding="utf-8") for file in folder.rglob("*.txt")}


def told(result: pytest.RunResult) -> list[str]:
    return [line.removeprefix("E     ").rstrip() for line in result.outlines if line.startswith("E  ")]


def test_a_stream_is_kept_as_its_transcript_and_compared(suite: pytest.Pytester):
    suite.makepyfile(test_agent=STREAM)

    suite.runpytest("--snapshot-update").assert_outcomes(passed=1)
    assert kept(suite) == {"test_agent/test_weather.txt": f"{transcript(REPLY.events())}\n"}
    assert (
        "response.output_text.delta [0][0]             2 deltas 'Let me look.'"
        in kept(suite)["test_agent/test_weather.txt"]
    )
    result = suite.runpytest()

    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["1 snapshot passed."])


def test_two_updates_leave_equal_files(suite: pytest.Pytester):
    suite.makepyfile(test_agent=STREAM)
    suite.runpytest("--snapshot-update")
    first = kept(suite)

    suite.runpytest("--snapshot-update").assert_outcomes(passed=1)

    assert kept(suite) == first


def test_a_change_fails_with_the_line_that_is_another(suite: pytest.Pytester):
    suite.makepyfile(test_agent=STREAM)
    suite.runpytest("--snapshot-update")
    suite.makepyfile(test_agent=STREAM.replace("Paris", "Rome"))

    result = suite.runpytest()

    result.assert_outcomes(failed=1)
    different = [line.strip() for line in told(result) if line.strip().startswith(("- ", "+ "))]
    assert different == [
        """- response.function_call_arguments.delta [1]    1 delta '{"city":"Paris"}'""",
        """+ response.function_call_arguments.delta [1]    1 delta '{"city":"Rome"}'""",
    ]


def test_a_snapshot_that_nobody_asks_for_is_told_and_an_update_removes_it(suite: pytest.Pytester):
    suite.makepyfile(test_agent=STREAM)
    suite.runpytest("--snapshot-update")
    suite.makepyfile(test_agent=STREAM.replace("test_weather", "test_rain"))

    suite.runpytest().stdout.fnmatch_lines(["*1 snapshot failed. 1 snapshot unused."])
    suite.runpytest("--snapshot-update")

    assert list(kept(suite)) == ["test_agent/test_rain.txt"]


def test_the_extension_is_for_syrupys_own_fixture_too(suite: pytest.Pytester):
    suite.makepyfile(
        test_agent="""
        from fakemodel import Reply, transcript
        from fakemodel.snapshots import TranscriptExtension


        def test_other(snapshot):
            assert Reply("Sunny.") == snapshot(extension_class=TranscriptExtension)
            assert {"plain": "amber"} == snapshot


        def test_usage(wire_snapshot):
            assert transcript(Reply("Sunny.").chunks(), usage=True) == wire_snapshot(name="usage")
        """
    )

    suite.runpytest("--snapshot-update").assert_outcomes(passed=2)
    suite.runpytest().assert_outcomes(passed=2)

    files = kept(suite)
    assert files["test_agent/test_other.txt"] == (
        "response              resp_1, model 'fake-model', service_tier 'default', status 'completed'\n"
        "output[0]             message msg_1\n"
        "output[0].content[0]  output_text 'Sunny.'\n"
    )
    assert "usage {'completion_tokens': 1, " in files["test_agent/test_usage[usage].txt"]


def test_workers_write_and_read_the_same_files(suite: pytest.Pytester):
    suite.makepyfile(
        test_agent="""
        import pytest

        from fakemodel import Reply


        @pytest.mark.parametrize("city", ["Paris", "Rome", "Oslo", "Zürich"])
        def test_city(city, wire_snapshot):
            assert Reply(city).chunks() == wire_snapshot
        """
    )

    suite.runpytest("--snapshot-update", "-n", "2").assert_outcomes(passed=4)
    first = kept(suite)
    suite.runpytest("-n", "2").assert_outcomes(passed=4)
    suite.runpytest("--snapshot-update").assert_outcomes(passed=4)

    assert kept(suite) == first
    assert "1 delta of content 'Oslo'" in first["test_agent/test_city[Oslo].txt"]
    assert len(first) == 4


LONG = "y" * 300

relates = pytest.mark.skipif(
    not hasattr(AbstractSyrupyExtension, "matches_test_location"),
    reason="this syrupy asks no extension whose a file is, and warns of odd names",
)


@relates
def test_tests_of_unlike_names_have_files_of_their_own(suite: pytest.Pytester):
    suite.makepyfile(
        test_agent=f"""
        import pytest

        from fakemodel import Reply


        @pytest.mark.parametrize("said", ["ab", "a/b", "a:b", "a%2Fb", "{LONG}a", "{LONG}b"], ids=str)
        def test_said(said, wire_snapshot):
            assert Reply(said).chunks() == wire_snapshot
            assert Reply(said).events() == wire_snapshot(name="the/events")
        """
    )

    result = suite.runpytest("--snapshot-update", "-W", "error::UserWarning")

    result.assert_outcomes(passed=6)
    result.stdout.fnmatch_lines(["12 snapshots generated."])
    files = kept(suite)
    assert all(len(Path(file).name) <= 255 for file in files)
    assert {file for file in files if LONG[:99] not in file} == {
        f"test_agent/test_said[{said}]{snapshot}.txt"
        for said in ("ab", "a%2Fb", "a%3Ab", "a%252Fb")
        for snapshot in ("", "[the%2Fevents]")
    }
    suite.runpytest().assert_outcomes(passed=6)


@relates
def test_an_update_of_one_test_leaves_the_files_of_the_others(suite: pytest.Pytester):
    suite.makepyfile(
        test_agent="""
        import pytest

        from fakemodel import Reply


        @pytest.mark.parametrize("said", ["ab", "a/b", "a/b/c"])
        def test_said(said, wire_snapshot):
            assert Reply(said).chunks() == wire_snapshot
        """
    )
    suite.runpytest("--snapshot-update")
    first = kept(suite)

    suite.runpytest("test_agent.py::test_said[a/b]", "--snapshot-update").assert_outcomes(passed=1)

    assert kept(suite) == first


@pytest.mark.parametrize(
    ("value", "error"),
    [
        ("object() == wire_snapshot", "StreamError: A transcript is made of *, not of <object object at *>."),
        ("[{}] == wire_snapshot", "StreamError: A transcript is made of *, not of [[]{}[]]."),
        ("[] == wire_snapshot(exclude=len)", "SettingInvalid: A transcript takes neither exclude nor include: *"),
    ],
)
def test_what_has_no_transcript_fails_by_an_error_that_says_so(suite: pytest.Pytester, value, error):
    suite.makepyfile(f"def test_it(wire_snapshot):\n    assert {value}\n")

    result = suite.runpytest("--snapshot-update")

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines([f"E*fakemodel.errors.{error}"])
    assert not Path(suite.path, "__snapshots__").exists()


def test_without_syrupy_the_fixture_says_what_to_install(suite: pytest.Pytester):
    suite.makepyfile(STREAM)

    result = suite.runpytest("-p", "no:syrupy")

    result.assert_outcomes(errors=1)
    assert (
        "wire_snapshot is kept by syrupy, which is not loaded: pip install 'fakemodel[syrupy]', "
        "and `-p syrupy` where plugins are not loaded by themselves"
    ) in result.outlines


ROOT = Path(fakemodel.__file__).parent.parent


def test_the_page_on_snapshots_shows_what_is_kept(suite: pytest.Pytester):
    page = (ROOT / "docs/snapshots.md").read_text(encoding="utf-8")
    section = page[page.index("\n## syrupy\n") : page.index("\n## inline-snapshot\n")]
    code, _, shown = re.findall(r"^```\w*\n(.*?)^```$", section, flags=re.MULTILINE | re.DOTALL)
    place = re.search(r"writes __snapshots__/(\S+)$", page, re.MULTILINE)[1]
    suite.makepyfile(test_agent=code)

    suite.runpytest("--snapshot-update").assert_outcomes(passed=1)

    assert kept(suite) == {place: shown}


def test_nothing_of_it_is_imported_before_a_test_asks_for_it():
    found = (
        "import sys, fakemodel.plugin; "
        "print([name for name in sys.modules if name.startswith(('syrupy', 'fakemodel.snap', 'fakemodel.trans'))])"
    )

    told = subprocess.run([sys.executable, "-c", found], cwd=ROOT, capture_output=True, text=True, check=True)

    assert told.stdout.strip() == "[]"
