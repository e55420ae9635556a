"""Beside plugins that have no part in common with ours: syrupy, inline-snapshot and aimock-pytest."""

import pytest

from tests.docs.pages import blocks

SYRUPY = """
@pytest.mark.cassette
def test_ours(brazil, snapshot):
    assert ask() == snapshot
"""

INLINE = """
from inline_snapshot import snapshot


@pytest.mark.cassette
def test_ours(brazil):
    assert ask() == snapshot()
"""


def test_the_fixture_snapshot_is_syrupys(beside, ask, told):
    pytest.importorskip("syrupy", reason="what happens beside syrupy")
    suite = beside("syrupy")
    suite.makepyfile(test_geo=ask + SYRUPY)

    recorded = suite.runpytest("--cassettes=record", "--snapshot-update")
    told(recorded, "1 recorded", passed=1)
    recorded.stdout.fnmatch_lines(["1 snapshot generated."])
    told(suite.runpytest(), "1 played", passed=1)

    file = suite.path / "__snapshots__" / "test_geo.ambr"
    file.write_text(file.read_text("utf-8").replace("Brazil", "Peru"), "utf-8")
    changed = suite.runpytest()
    told(changed, "1 failed", failed=1)
    changed.stdout.fnmatch_lines(["1 snapshot failed."])


def test_an_inline_snapshot_is_created_from_what_was_recorded(beside, ask, told):
    pytest.importorskip("inline_snapshot", reason="what happens beside inline-snapshot")
    suite = beside("inline_snapshot")
    suite.makepyfile(test_geo=ask + INLINE.replace(" == snapshot()", ""))
    told(suite.runpytest_subprocess("--cassettes=record"), "1 recorded", passed=1)
    suite.makepyfile(test_geo=ask + INLINE)

    created = suite.runpytest_subprocess("--inline-snapshot=create")

    told(created, "1 failed", passed=1, errors=1)  # inline-snapshot has a test fail whose snapshot it creates
    assert "snapshot('Brazil')" in (suite.path / "test_geo.py").read_text("utf-8")
    told(suite.runpytest_subprocess(), "1 played", passed=1)


def test_an_inline_snapshot_takes_a_transcript_as_the_page_shows(beside):
    pytest.importorskip("inline_snapshot", reason="what happens beside inline-snapshot")
    (block,) = (block for block in blocks() if "inline_snapshot" in block.text)
    suite = beside("inline_snapshot")
    suite.makepyfile(test_page=block.text)

    suite.runpytest_subprocess("--inline-snapshot=create")

    assert "choice.finish_reason 'stop'" in (suite.path / "test_page.py").read_text("utf-8")
    suite.runpytest_subprocess().assert_outcomes(passed=1)


def test_the_fixtures_of_aimock_stand_beside_ours(beside, ask, told):
    pytest.importorskip("aimock_pytest", reason="what happens beside aimock-pytest")
    suite = beside("aimock")
    suite.makepyfile(test_geo=ask + "\ndef test_ours(brazil):\n    assert ask() == 'Brazil'\n")

    told(suite.runpytest("--aimock-api-key=sk"), passed=1)
    fixtures = suite.runpytest("--fixtures").stdout
    fixtures.fnmatch_lines_random(["aimock -- *", "aimock_session * -- *", "fake_openai -- *", "fake_model -- *"])


NEIGHBOURS = {"syrupy": "syrupy", "inline_snapshot": "inline_snapshot", "aimock": "aimock_pytest"}

PLAIN = """
import pytest


@pytest.mark.parametrize("number", [1, 2])
def test_plain(number):
    assert number == 1


def test_events():
    assert [{"type": "response.created"}] == [{"type": "response.completed"}]


@pytest.fixture
def broken():
    raise OSError


def test_error(broken): pass
"""


@pytest.mark.parametrize("neighbour", NEIGHBOURS)
def test_a_suite_without_ours_has_the_same_outcomes_with_and_without_our_plugin(beside, neighbour):
    pytest.importorskip(NEIGHBOURS[neighbour], reason=f"what happens beside {neighbour}")
    suite = beside(neighbour)
    suite.makepyfile(PLAIN)
    with_ours = suite.runpytest()
    ini = suite.path / "pyproject.toml"
    ini.write_text(ini.read_text("utf-8").replace("-p fakemodel.plugin", "-p no:fakemodel.plugin"), "utf-8")
    suite.makeconftest("")

    without = suite.runpytest()

    assert with_ours.parseoutcomes() == without.parseoutcomes() == {"passed": 1, "failed": 2, "errors": 1}


def test_all_of_them_may_be_there_at_once(beside, ask, told):
    for module in (*NEIGHBOURS.values(), "pytest_recording", "pytest_randomly"):
        pytest.importorskip(module, reason="what happens beside all of them")
    suite = beside(*NEIGHBOURS, "recording", "randomly")
    suite.makepyfile(test_geo=ask + SYRUPY)

    told(suite.runpytest("--cassettes=record", "--snapshot-update"), "1 recorded", passed=1)
    told(suite.runpytest("--block-network"), "1 played", passed=1)
