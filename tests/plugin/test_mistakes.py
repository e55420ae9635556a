"""What is told of a marker, or an ini option, that says what it cannot mean: at the test, in a line."""

import pytest

KNOWN = "name, ignore, scrub, max_age, payloads_over, allow_errors, allow_unplayed, refuse_network"

MARKERS = {
    "'capital'": "@pytest.mark.cassette takes keywords only: name='capital'.",
    "nme='capital'": f"@pytest.mark.cassette takes {KNOWN}, not nme.",
    "mode='record'": f"@pytest.mark.cassette takes {KNOWN}, not mode.",
    "name=3": "name=3 is no name of a cassette: expected is a string.",
    "ignore='metadata.id'": "@pytest.mark.cassette says ignore='metadata.id', expected is a list.",
    "ignore=['a..b']": "'a..b' is no JSON path. Paths look like metadata.run_id, input[*].id, input[0].",
    "ignore=[3]": "3 is no JSON path. Paths look like metadata.run_id, input[*].id, input[0].",
    "scrub=['a']": "@pytest.mark.cassette says scrub=['a'], expected is a dict.",
    "max_age=-1": "@pytest.mark.cassette says max_age=-1, expected is a number from 0 on.",
    "allow_errors='yes'": "@pytest.mark.cassette says allow_errors='yes', expected is a bool.",
    "refuse_network=None": "@pytest.mark.cassette says refuse_network=None, expected is a bool.",
}

INIS = {
    "cassette_max_age = 'old'": "cassette_max_age = old: expected is a number.",
    "cassette_payloads_over = '-1'": "cassette_payloads_over = -1: expected is a number.",
    "cassette_allow_errors = 'maybe'": "cassette_allow_errors: invalid truth value 'maybe'.",
    "cassette_refuse_network = 'maybe'": "cassette_refuse_network: invalid truth value 'maybe'.",
    "cassette_ignore = ['a..b']": "'a..b' is no JSON path. Paths look like metadata.run_id, input[*].id, input[0].",
}

modes = pytest.mark.parametrize("mode", ["replay", "record"])


def write(suite: pytest.Pytester, arguments: str = "") -> None:
    """A test with a cassette that says nothing, so that it can be replayed."""
    marked = f"@pytest.mark.cassette({arguments})\ndef test_capital(): pass"
    suite.makepyfile(test_geo=f"import pytest\n\n\n{marked}\n\n\ndef test_plain(): pass")
    folder = suite.mkdir("cassettes") / "test_geo"
    folder.mkdir()
    (folder / "test_capital.yaml").write_text("version: 1\ninteractions: []\n")


def assert_told(result: pytest.RunResult, message: str) -> None:
    """The test is an error with this message alone, and another test is not concerned."""
    result.assert_outcomes(passed=1, errors=1)
    told = result.outlines.index(next(line for line in result.outlines if "ERROR at setup of test_capital" in line))
    assert result.outlines[told + 1] == f"SettingInvalid: {message}"
    result.stdout.no_fnmatch_line("*Traceback*")
    result.stdout.no_fnmatch_line("E  *")


@modes
@pytest.mark.parametrize("arguments", MARKERS)
def test_a_marker_that_cannot_be_meant(suite: pytest.Pytester, mode, arguments):
    write(suite, arguments)

    assert_told(suite.runpytest(f"--cassettes={mode}"), MARKERS[arguments])


@modes
@pytest.mark.parametrize("line", INIS)
def test_an_ini_option_that_cannot_be_meant(suite: pytest.Pytester, mode, line):
    write(suite)
    with (suite.path / "pyproject.toml").open("a") as ini:
        ini.write(f"\n{line}\n")

    assert_told(suite.runpytest(f"--cassettes={mode}"), INIS[line])
