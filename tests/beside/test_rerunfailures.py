"""Beside pytest-rerunfailures: each attempt is a run of its own, and the last one counts."""

import pytest

pytest.importorskip("pytest_rerunfailures", reason="what happens beside pytest-rerunfailures")

ATTEMPT = """
from pathlib import Path


def attempt(count=Path(__file__).with_name("attempts")):
    number = int(count.read_text()) + 1 if count.exists() else 1
    count.write_text(str(number))
    return number

"""

STABLE = """
@pytest.mark.cassette
def test_stable(brazil):
    assert ask() == "Brazil"
"""

FLAKY = """
@pytest.mark.cassette
def test_flaky(brazil):
    assert ask() == "Brazil"
    assert attempt() > {failures}
"""


@pytest.fixture
def suite(beside) -> pytest.Pytester:
    return beside("rerunfailures")


@pytest.fixture
def write(suite: pytest.Pytester, ask):
    """Write the tests, and begin to count their attempts anew."""

    def written(tests: str) -> None:
        suite.makepyfile(test_geo=ask + ATTEMPT + tests)
        (suite.path / "attempts").unlink(missing_ok=True)

    return written


@pytest.mark.parametrize("workers", [[], ["-n2"]], ids=["one process", "workers"])
def test_a_flaky_test_is_recorded_by_the_attempt_that_passes(suite: pytest.Pytester, write, told, files, workers):
    if workers:
        pytest.importorskip("xdist", reason="what happens in the workers of xdist")
    run = suite.runpytest_subprocess if workers else suite.runpytest
    write(STABLE + FLAKY.format(failures=1))

    recorded = run("--reruns=2", "--cassettes=record", *workers)

    told(recorded, "2 recorded", passed=2)
    recorded.stdout.fnmatch_lines(["*2 passed, 1 rerun in *"])
    assert [text.count("- request:") for text in files().values()] == [1, 1]

    write(STABLE + FLAKY.format(failures=1))
    replayed = run("--reruns=2", *workers)

    told(replayed, "2 played", passed=2)
    replayed.stdout.fnmatch_lines(["*2 passed, 1 rerun in *"])


@pytest.mark.parametrize("mode", ["record", "rerecord"])
def test_a_test_that_fails_in_every_attempt_leaves_its_cassette_as_it_was(
    suite: pytest.Pytester, write, told, files, mode
):
    if mode == "rerecord":
        write(FLAKY.format(failures=0))
        told(suite.runpytest("--cassettes=record"), "1 recorded", passed=1)
    before = files()
    write(FLAKY.format(failures=9).replace("ask()", 'ask("Who?")'))

    told(suite.runpytest("--reruns=2", f"--cassettes={mode}"), "1 not recorded", failed=1)

    assert files() == before


def test_a_flaky_test_is_re_recorded_by_the_attempt_that_passes(suite: pytest.Pytester, write, told, files):
    write(FLAKY.format(failures=0))
    told(suite.runpytest("--cassettes=record"), "1 recorded", passed=1)
    write(FLAKY.format(failures=2).replace("ask()", 'ask("Who?")'))

    told(suite.runpytest("--reruns=2", "--cassettes=rerecord"), "1 re-recorded", passed=1)

    (text,) = files().values()
    assert "Who?" in text
    assert "The largest country?" not in text


def test_a_miss_of_one_attempt_does_not_fail_the_next(suite: pytest.Pytester, write):
    write(FLAKY.format(failures=0))
    suite.runpytest("--cassettes=record").assert_outcomes(passed=1)
    write(FLAKY.format(failures=0).replace("ask()", '(ask("Who?") if attempt() == 1 else ask())'))

    result = suite.runpytest("--reruns=1")

    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["*1 passed, 1 rerun in *"])


def test_a_miss_that_is_swallowed_fails_every_attempt(suite: pytest.Pytester, write, told):
    write(STABLE)
    told(suite.runpytest("--cassettes=record"), "1 recorded", passed=1)
    swallowed = """
@pytest.mark.cassette
def test_stable(brazil):
    assert ask() == "Brazil"
    try:
        ask("Who?")
    except BaseException:
        pass
"""
    write(swallowed)

    result = suite.runpytest("--reruns=2")

    told(result, "1 refused", failed=1)
    result.stdout.fnmatch_lines(["*1 failed, 2 rerun in *"])
    result.stdout.fnmatch_lines(["*CassetteMiss: turn 2 of test_stable was not recorded *"])


def test_turns_that_stay_unplayed_fail_every_attempt(suite: pytest.Pytester, write):
    write(
        STABLE.replace("ask()", 'ask() and (fake_openai.say("Brazil") or ask("Who?"))').replace(
            "(brazil", "(brazil, fake_openai"
        )
    )
    suite.runpytest("--cassettes=record").assert_outcomes(passed=1)
    write(STABLE)

    result = suite.runpytest("--reruns=1")

    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(["*UnplayedTurns: test_stable no longer asks for 1 of 2 recorded turns (*"])


@pytest.mark.parametrize("mode", ["record", "replay"])
def test_a_setup_that_fails_once_leaves_no_cassette_in_the_player(suite: pytest.Pytester, write, told, mode):
    write(STABLE)
    if mode == "replay":
        told(suite.runpytest("--cassettes=record"), "1 recorded", passed=1)
    write(
        """
@pytest.fixture
def server():
    assert attempt() > 1
"""
        + STABLE.replace("(brazil", "(brazil, server")
    )

    told(
        suite.runpytest("--reruns=1", f"--cassettes={mode}"),
        "1 recorded" if mode == "record" else "1 played",
        passed=1,
    )


def test_the_doubles_of_each_attempt_are_judged_anew(suite: pytest.Pytester, write, told):
    write(
        """
def test_scripted(fake_openai):
    fake_openai.say("Brazil", *["one too many"] * (attempt() == 1))
    assert ask() == "Brazil"
"""
    )

    told(suite.runpytest("--reruns=1"), passed=1)
    write(
        """
def test_scripted(fake_openai):
    fake_openai.say("Brazil", "one too many")
    assert ask() == "Brazil"
"""
    )
    result = suite.runpytest("--reruns=1")

    told(result, failed=1)
    result.stdout.fnmatch_lines(["*UnplayedReplies: *"])
