"""The line about cassettes at the end of a run: what became of each."""

import re
from itertools import takewhile

import pytest

HEAD = """
import contextlib

import openai
import pytest


def ask(question="The largest country?", **options):
    with openai.OpenAI() as client:
        return client.responses.create(model="gpt-4.1", input=question, **options).output_text

"""

SHIPPED = """
@pytest.mark.cassette(name="fakemodel:previous_response_id/plain")
def test_shipped():
    client = openai.OpenAI()
    first = client.responses.create(model="gpt-4.1", input="The largest country in South America? One word.")
    client.responses.create(model="gpt-4.1", input="Its capital? One word.", previous_response_id=first.id)


@pytest.mark.cassette(name="fakemodel:nothing/here")
def test_missing():
    pass
"""

RECORDED = """
@pytest.mark.cassette
def test_equal(fake_openai):
    fake_openai.say("Brazil")
    ask()


@pytest.mark.cassette
def test_changed(fake_openai):
    fake_openai.say("Brazil")
    ask()


@pytest.mark.cassette
def test_failing(fake_openai):
    fake_openai.say("Brazil")
    ask()
"""

NEW = """
@pytest.mark.cassette
def test_new(fake_openai):
    fake_openai.say("Brazil")
    ask()


@pytest.mark.cassette
def test_error(fake_openai):
    with contextlib.suppress(openai.BadRequestError):
        ask(previous_response_id="resp_gone")
"""

CHANGED = (
    RECORDED.replace(
        'def test_changed(fake_openai):\n    fake_openai.say("Brazil")',
        ('def test_changed(fake_openai):\n    fake_openai.say("Peru")'),
    )
    + "    assert ask is None\n"
)


@pytest.fixture
def geo(suite: pytest.Pytester):
    def write(tests: str) -> pytest.Pytester:
        suite.makepyfile(test_geo=HEAD + tests)
        return suite

    return write


def run(suite: pytest.Pytester, *args: str, **outcomes: int) -> list[str]:
    """The lines about cassettes."""
    result = suite.runpytest("test_geo.py", *args)
    result.assert_outcomes(**outcomes)
    return [line for line in result.outlines if line.startswith("cassettes:")]


def test_everything_that_may_become_of_a_cassette_that_is_recorded_anew(geo):
    run(geo(RECORDED), "--cassettes=record", passed=3)

    assert run(geo(SHIPPED + CHANGED + NEW), "--cassettes=rerecord", passed=4, failed=2, errors=1) == [
        ("cassettes: 1 left equal, 1 missing, 1 not recorded, 1 played, 1 re-recorded, 1 recorded, 1 refused")
    ]


def test_everything_that_may_become_of_a_cassette_that_is_recorded_where_there_is_none(geo):
    run(geo(RECORDED), "--cassettes=record", passed=3)

    assert run(geo(SHIPPED + CHANGED + NEW), "--cassettes=record", passed=4, failed=2, errors=1) == [
        "cassettes: 1 failed, 1 missing, 3 played, 1 recorded, 1 refused"
    ]


def test_everything_that_may_become_of_a_cassette_that_is_replayed(geo):
    run(geo(RECORDED), "--cassettes=record", passed=3)
    swallowed = """
@pytest.mark.cassette(name="test_equal")
def test_swallowed():
    with contextlib.suppress(BaseException):
        ask("Which?")


@pytest.mark.cassette(name="test_equal")
def test_unplayed():
    pass
"""

    assert run(geo(SHIPPED + CHANGED + NEW + swallowed), passed=4, failed=2, errors=4) == [
        "cassettes: 2 failed, 3 missing, 3 played, 1 refused"
    ]


@pytest.mark.parametrize(
    "tests", ["\ndef test_plain(): pass\n", "\n@pytest.mark.skip\n@pytest.mark.cassette\ndef test_it(): pass\n"]
)
@pytest.mark.parametrize("mode", ["replay", "record", "rerecord"])
def test_nothing_is_said_where_no_cassette_was_opened(geo, tests, mode):
    result = geo(tests).runpytest(f"--cassettes={mode}")

    result.stdout.no_fnmatch_line("cassettes:*")


@pytest.mark.parametrize("outcome", ["pytest.skip('not today')", "pytest.xfail('not yet')"])
def test_a_test_that_leaves_off_is_not_said_to_have_failed(geo, outcome):
    run(geo(RECORDED), "--cassettes=record", passed=3)
    left_off = RECORDED.replace("    ask()\n", f"    ask()\n    {outcome}\n", 1)

    result = geo(left_off).runpytest()

    result.stdout.fnmatch_lines(["cassettes: 1 not played*, 2 played"])
    result.stdout.no_fnmatch_line("cassettes:*failed*")


def test_a_cassette_that_cannot_be_opened_is_counted(geo):
    suite = geo(RECORDED)
    run(suite, "--cassettes=record", passed=3)
    (suite.path / "cassettes" / "test_geo" / "test_equal.yaml").write_text("just words")

    assert run(suite, passed=2, errors=1) == ["cassettes: 2 played, 1 refused"]


def listed(suite: pytest.Pytester, *args: str) -> list[str]:
    """The line about cassettes, and what stands below it."""
    lines = suite.runpytest(*args).outlines
    begun = next(at for at, line in enumerate(lines) if line.startswith("cassettes:"))
    return [lines[begun], *takewhile(lambda line: line.startswith("  "), lines[begun + 1 :])]


@pytest.mark.parametrize("workers", [(), ("-n2",)], ids=["alone", "xdist"])
def test_a_verbose_run_lists_what_became_of_each_cassette(geo, workers):
    suite = geo(RECORDED)
    run(suite, "--cassettes=record", passed=3)
    geo(CHANGED.replace("test_equal", "test_renamed") + SHIPPED + NEW)

    assert listed(suite, "-v", "--cassettes=rerecord", *workers) == [
        "cassettes: 1 missing, 1 not recorded, 1 played, 1 re-recorded, 2 recorded, 1 refused, 1 without a test",
        "  missing         fakemodel:nothing/here                test_geo.py::test_missing",
        "  not recorded    cassettes/test_geo/test_failing.yaml  test_geo.py::test_failing",
        "  played          fakemodel:previous_response_id/plain  test_geo.py::test_shipped",
        "  re-recorded     cassettes/test_geo/test_changed.yaml  test_geo.py::test_changed",
        "  recorded        cassettes/test_geo/test_new.yaml      test_geo.py::test_new",
        "  recorded        cassettes/test_geo/test_renamed.yaml  test_geo.py::test_renamed",
        "  refused         cassettes/test_geo/test_error.yaml    test_geo.py::test_error",
        "  without a test  cassettes/test_geo/test_equal.yaml",
    ]


@pytest.mark.parametrize("quiet", [(), ("-q",)], ids=["plain", "-q"])
def test_a_run_that_is_not_verbose_says_one_line_and_how_to_have_more(geo, quiet):
    suite = geo(RECORDED)
    run(suite, "--cassettes=record", passed=3)
    geo(RECORDED.replace("test_failing", "test_renamed", 1))

    assert listed(suite, *quiet) == ["cassettes: 1 missing, 2 played, 1 without a test (-v lists them)"]


def test_a_run_as_quiet_as_can_be_says_nothing(geo):
    suite = geo(RECORDED)
    run(suite, "--cassettes=record", passed=3)

    suite.runpytest("-qq").stdout.no_fnmatch_line("*cassettes:*")


# Old cassettes.

OLD = """
@pytest.mark.cassette(max_age=5000)
def test_capital(fake_openai):
    fake_openai.say("Brazil")
    ask()
"""

AGE = "cassettes/test_geo/test_capital.yaml was recorded * days ago, max_age is 5000. "


@pytest.fixture
def old(geo) -> pytest.Pytester:
    """A suite of one test, whose cassette was recorded long ago."""
    suite = geo(OLD)
    run(suite, "--cassettes=record", passed=1)
    cassette = suite.path / "cassettes" / "test_geo" / "test_capital.yaml"
    aged, count = re.subn(r"(?m)^(recorded: .*)'\d{4}-\d\d-\d\d'", r"\1'2001-01-01'", cassette.read_text("utf-8"))
    assert count == 1
    cassette.write_text(aged, "utf-8")
    return suite


def test_a_cassette_that_is_older_than_it_may_be_is_played_with_a_warning(old: pytest.Pytester):
    result = old.runpytest("-W", "default")  # of this process, where warnings are errors, the inner one takes that over

    result.assert_outcomes(passed=1, warnings=1)
    result.stdout.fnmatch_lines(
        [
            "*= warnings summary =*",
            "test_geo.py::test_capital",
            f"*CassetteWarning: {AGE}Re-record this test alone:  pytest --cassettes=rerecord test_geo.py::test_capital",
            "cassettes: 1 played",
        ]
    )


def test_a_cassette_that_is_older_than_it_may_be_is_refused_where_warnings_are_errors(old: pytest.Pytester):
    result = old.runpytest("-W", "error::fakemodel.CassetteWarning")

    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(
        ["*ERROR at setup of test_capital*", f"*CassetteWarning: {AGE}*", "cassettes: 1 refused"]
    )
