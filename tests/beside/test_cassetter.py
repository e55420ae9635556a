"""Beside cassetter, whose autouse fixture bears the name of ours, and whose marker is pytest-recording's."""

import pytest

pytest.importorskip("cassetter", reason="what happens beside cassetter")

OURS = """
@pytest.mark.cassette
def test_ours(brazil):
    assert ask() == "Brazil"
"""

THEIRS = """
from fakemodel import FakeOpenAI


@pytest.mark.vcr(match_on=["method"])
def test_theirs(monkeypatch, vcr):
    monkeypatch.setenv("OPENAI_API_KEY", "the-key-of-the-account")
    with FakeOpenAI(["Brazil"]).serve() as served:
        monkeypatch.setenv("OPENAI_BASE_URL", served.base_url)
        assert ask() == "Brazil"
    assert type(vcr).__module__.startswith("cassetter")
"""


@pytest.fixture(params=["ours first", "theirs first"])
def suite(request: pytest.FixtureRequest, beside) -> pytest.Pytester:
    return beside("cassetter", last=request.param == "ours first")


@pytest.mark.parametrize("options", [[], ["--cassettes=record"]], ids=["replay", "record"])
def test_a_suite_that_uses_neither_is_as_it_was(suite: pytest.Pytester, told, files, options):
    suite.makepyfile("def test_plain(): pass")

    told(suite.runpytest(*options), passed=1)
    assert files() == {}


def test_a_scripted_test_needs_no_cassette(suite: pytest.Pytester, ask, told):
    suite.makepyfile(ask + OURS.replace("@pytest.mark.cassette\n", ""))

    told(suite.runpytest(), passed=1)


def test_our_marker_records_and_replays(suite: pytest.Pytester, ask, told, files):
    suite.makepyfile(test_geo=ask + OURS)

    told(suite.runpytest("--cassettes=record"), "1 recorded", passed=1)
    assert list(files()) == ["test_geo/test_ours.yaml"]
    told(suite.runpytest(), "1 played", passed=1)


def test_the_fixture_that_a_test_names_is_ours(suite: pytest.Pytester, ask, told):
    suite.makepyfile(
        test_geo=ask
        + """
def test_by_the_fixture(brazil, cassette):
    assert ask() == "Brazil"
    assert [request.json["input"] for request in cassette.requests] == ["The largest country?"]


@pytest.fixture
def tape(cassette):
    return cassette


def test_by_a_fixture_of_the_suite(brazil, tape):
    assert ask() == "Brazil"
    assert len(tape.requests) == 1


@pytest.mark.usefixtures("cassette")
def test_by_its_name(brazil):
    assert ask() == "Brazil"


@pytest.mark.cassette
def test_by_the_marker_too(brazil, cassette):
    assert ask() == "Brazil"
    assert cassette.mode in ("record", "replay")
"""
    )

    told(suite.runpytest("--cassettes=record"), "4 recorded", passed=4)
    told(suite.runpytest(), "4 played", passed=4)


def test_the_marker_vcr_is_theirs(suite: pytest.Pytester, ask, told, files):
    suite.makepyfile(test_geo=ask + OURS + THEIRS)

    told(suite.runpytest("--cassettes=record", "--record-mode=once"), "1 recorded", passed=2)
    assert list(files()) == ["test_geo/test_ours.yaml", "test_geo/test_theirs.yaml"]
    before = files()

    told(suite.runpytest(), "1 played", passed=2)
    assert files() == before


def test_both_markers_on_one_test_are_refused_as_they_have_one_file(suite: pytest.Pytester, ask, files):
    suite.makepyfile(test_geo=ask + OURS.replace("@", "@pytest.mark.vcr\n@"))

    result = suite.runpytest("--cassettes=record", "--record-mode=once")

    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*SettingInvalid: *@pytest.mark.vcr*"])
    assert files() == {}


def test_a_miss_is_ours_to_tell(suite: pytest.Pytester, ask, told):
    suite.makepyfile(test_geo=ask + OURS)
    told(suite.runpytest("--cassettes=record"), "1 recorded", passed=1)
    suite.makepyfile(test_geo=ask + OURS.replace("ask()", 'ask("Who?")'))

    result = suite.runpytest("--record-mode=once")

    told(result, "1 refused", failed=1)
    result.stdout.fnmatch_lines(["E *turn 1 of test_ours is not what was recorded (*"])


def test_where_their_plugin_is_kept_out_their_marker_is_ours(beside, ask, told):
    suite = beside()
    suite.makepyfile(test_geo=ask + OURS.replace("cassette", "vcr"))

    told(suite.runpytest("--cassettes=record"), "1 recorded", passed=1)
    told(suite.runpytest(), "1 played", passed=1)


def test_the_workers_of_xdist_have_both(suite: pytest.Pytester, ask, told, files):
    pytest.importorskip("xdist", reason="what happens in the workers of xdist")
    suite.makepyfile(test_geo=ask + OURS + THEIRS, test_more=ask + OURS + "\n\ndef test_plain(): pass\n")

    told(suite.runpytest_subprocess("-n2", "--cassettes=record", "--record-mode=once"), "2 recorded", passed=4)
    told(suite.runpytest_subprocess("-n2"), "2 played", passed=4)
    assert len(files()) == 3
