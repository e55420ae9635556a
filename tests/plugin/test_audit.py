"""`--audit-cassettes`: what users read of tests that stay green although a request of theirs was changed."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parent.parent.parent

has_subtests = pytest.mark.skipif(not hasattr(pytest, "Subtests"), reason="pytest before 9 has no subtests of its own")

CONFTEST = """
import openai
import pytest


@pytest.fixture
def brazil(fake_openai):
    fake_openai.say("Brazil", "Brasília")


@pytest.fixture
def ask():
    def ask(question, run="1", **more):
        with openai.OpenAI() as client:
            return client.responses.create(model="gpt-4.1", input=question, metadata={"run": run}, **more)
    return ask
"""

STRICT = """
import pytest


@pytest.mark.cassette
def test_capital(brazil, ask):
    first = ask("The largest country?", temperature=0.5, store=True)
    second = ask("Its capital?", previous_response_id=first.id, tools=[
        {"type": "function", "name": "one", "parameters": {}}, {"type": "function", "name": "two", "parameters": {}},
    ])
    assert second.output_text == "Brasília"
"""

LENIENT = STRICT.replace("mark.cassette", 'mark.cassette(ignore=["metadata.run", "tools"])')


ASSERTED = '    assert [request.json["metadata"] for request in cassette.requests] == [{"run": "1"}] * 2\n'


@pytest.fixture
def recorded(suite: pytest.Pytester):
    """A suite of tests that were recorded."""
    suite.makeconftest(CONFTEST)

    def record(tests: str, **more: str) -> pytest.Pytester:
        suite.makepyfile(test_geo=tests, **more)
        suite.runpytest("-q", "--cassettes=record")
        return suite

    return record


def audit(suite: pytest.Pytester, *args: str) -> list[str]:
    """What is told of an audit, from its first line on."""
    lines = suite.runpytest("--audit-cassettes", *args).outlines
    first = next(index for index, line in enumerate(lines) if line.startswith("audit: "))
    return [line for line in lines[first:] if not line.startswith("=")]


def test_of_a_strict_suite_no_test_is_listed(recorded):
    suite = recorded(STRICT)

    told = audit(suite)

    assert told == [
        "audit: 35 changes to the requests of 1 cassette, 35 of them fail their test",
        "cassettes: 1 played",
    ]


def test_what_a_test_ignores_is_listed_by_turn_and_place(recorded):
    assert audit(recorded(LENIENT)) == [
        "audit: 35 changes to the requests of 1 cassette, 17 of them fail their test",
        "test_geo.py::test_capital stays green although its request was changed:",
        "  turn 1  metadata.run  left out",
        "  turn 1  metadata.run  lengthened",
        "  turn 2  metadata.run  left out",
        "  turn 2  metadata.run  lengthened",
        "  turn 2  tools  left out",
        "  turn 2  tools[0]  left out",
        "  turn 2  tools[0]  put after the next",
        "  turn 2  tools[0].type  left out",
        "  turn 2  tools[0].type  lengthened",
        "  turn 2  tools[0].name  left out",
        "  … and 8 more",
        "cassettes: 1 played",
    ]


def test_what_a_test_asserts_itself_is_not_listed(recorded):
    asserted = LENIENT.replace("test_capital(", "test_capital(cassette, ") + ASSERTED

    told = audit(recorded(asserted))

    assert not [line for line in told if "metadata" in line]
    assert "  turn 2  tools  left out" in told


@pytest.mark.parametrize("option", ["cassette_ignore=input", "cassette_ignore=metadata"])
def test_a_suite_whose_strictness_was_lowered_is_named_test_by_test(recorded, option):
    suite = recorded(STRICT, test_other=STRICT)

    told = audit(suite, "-o", option)

    assert [line.partition(" stays green")[0] for line in told if "stays green" in line] == [
        "test_geo.py::test_capital",
        "test_other.py::test_capital",
    ]


def test_what_a_rule_of_scrubbing_swallows_is_listed(recorded):
    told = audit(recorded(STRICT.replace("mark.cassette", 'mark.cassette(scrub={"The .*": "a question"})')))

    assert told[1:3] == [
        "test_geo.py::test_capital stays green although its request was changed:",
        "  turn 1  input  lengthened",
    ]


def test_the_workers_of_xdist_are_counted_together(recorded):
    suite = recorded(LENIENT, test_other=STRICT)

    told = audit(suite, "-n", "2")

    assert told[0] == "audit: 70 changes to the requests of 2 cassettes, 52 of them fail their test"
    assert told[1].startswith("test_geo.py::test_capital stays green")


OF_A_CLASS = """
import pytest


@pytest.fixture(scope="module")
def log():
    said = []
    yield said
    assert said == ["Brazil"]


class TestGeo:
    said = None

    @pytest.mark.cassette(ignore=["metadata"])
    @pytest.mark.parametrize("question", ["Which?"])
    async def test_capital(self, fake_openai, ask, log, question, tmp_path):
        fake_openai.say("Brazil")
        assert self.said is None
        assert not list(tmp_path.iterdir())
        self.said = tmp_path.joinpath("said").write_text(ask(question).output_text)
        log[:] = ["Brazil"]
"""


def test_methods_and_fixtures_of_every_scope_are_run_again(recorded):
    assert audit(recorded(OF_A_CLASS)) == [
        "audit: 7 changes to the requests of 1 cassette, 4 of them fail their test",
        "test_geo.py::TestGeo::test_capital[Which?] stays green although its request was changed:",
        "  turn 1  metadata  left out",
        "  turn 1  metadata.run  left out",
        "  turn 1  metadata.run  lengthened",
        "cassettes: 1 played",
    ]


def test_outcomes_are_those_of_the_tests_as_they_are(recorded):
    suite = recorded(LENIENT + "\n\ndef test_without_a_cassette():\n    assert False\n")

    result = suite.runpytest("--audit-cassettes")

    result.assert_outcomes(passed=1, failed=1)


def test_a_test_that_fails_is_not_audited(recorded):
    suite = recorded(STRICT)
    suite.makepyfile(test_geo=STRICT.replace("Its capital?", "The capital?"))

    assert audit(suite)[0] == "audit: 0 changes to the requests of 0 cassettes, 0 of them fail their test"


@pytest.mark.parametrize("mode", ["record", "rerecord"])
def test_only_what_is_replayed_is_audited(suite: pytest.Pytester, mode):
    result = suite.runpytest("--audit-cassettes", f"--cassettes={mode}")

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*--audit-cassettes audits what is replayed: leave out --cassettes."])


# Suites of other kinds.


def audit_of_our_own(*args: str) -> list[str]:
    """What is told of an audit of the project's examples and scenarios."""
    command = [sys.executable, "-m", "pytest", "-p", "fakemodel.plugin", "-p", "no:cacheprovider", "--audit-cassettes"]
    told = subprocess.run(
        [*command, *args, "examples/test_conversation.py", "tests/scenarios"],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert told.returncode == 0, told.stdout + told.stderr
    return told.stdout.splitlines()


def test_of_our_examples_and_scenarios_no_test_is_listed():
    told = audit_of_our_own()

    (line,) = [line for line in told if line.startswith("audit: ")]
    found = re.fullmatch(
        r"audit: (\d+) changes to the requests of (\d+) cassettes, (\d+) of them fail their test", line
    )
    assert found is not None
    assert 0 < int(found[1]) == int(found[3])
    assert f"cassettes: {found[2]} played" in told
    assert not [line for line in told if "stays green" in line or "could not be tried" in line]


def test_each_of_our_examples_and_scenarios_is_named_where_its_strictness_is_lowered():
    few = "examples or a_text_is_said or continues_the_first"
    told = audit_of_our_own("-o", "cassette_ignore=input\nmessages", "-k", few)

    named = [line.partition(" stays green")[0] for line in told if "stays green" in line]
    assert {"examples/test_conversation.py", "tests/scenarios/test_chat.py"} < {name.split("::")[0] for name in named}
    assert f"cassettes: {len(named)} played" in told


CLOCK = """
import time

import openai
import pytest


@pytest.mark.cassette(ignore=["max_output_tokens"])
def test_capital(brazil):
    with openai.OpenAI() as client:
        for question in ("The largest country?", "Its capital?"):
            client.responses.create(model="gpt-4.1", input=question, max_output_tokens=time.time_ns() // 1000)
"""


def test_a_number_that_is_another_in_each_run_is_listed_by_its_place(recorded):
    assert audit(recorded(CLOCK)) == [
        "audit: 12 changes to the requests of 1 cassette, 8 of them fail their test",
        "test_geo.py::test_capital stays green although its request was changed:",
        "  turn 1  max_output_tokens  left out",
        "  turn 1  max_output_tokens  increased",
        "  turn 2  max_output_tokens  left out",
        "  turn 2  max_output_tokens  increased",
        "cassettes: 1 played",
    ]


FILTERED = """
import json

import pytest


@pytest.fixture(scope="module")
def vcr_config():
    return {"before_record_request": without_the_run}


def without_the_run(request):
    body = json.loads(request.body)
    assert body["metadata"].pop("run") == "1"
    request.body = json.dumps(body)
    return request


@pytest.mark.vcr
def test_capital(brazil, ask):
    ask("The largest country?")
    assert ask("Its capital?").output_text == "Brasília"
"""


def test_a_filter_that_fails_on_what_no_test_sends_does_not_fail_the_audit(recorded):
    suite = recorded(FILTERED)

    result = suite.runpytest("--audit-cassettes")

    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(
        ["audit: 14 changes to the requests of 1 cassette, 14 of them fail their test", "cassettes: 1 played"]
    )
    result.stdout.no_fnmatch_line("*KeyError*")


BOTH = """
import pytest


@pytest.mark.cassette(allow_unplayed=True)
def test_capital(brazil, ask):
    answers = [ask("The capital?", max_output_tokens=number).output_text for number in (16, 17)]
    assert answers == ["Brazil", "Brasília"]
"""


def test_a_change_by_which_a_request_becomes_another_recorded_one_is_listed(recorded):
    suite = recorded(BOTH)
    suite.makepyfile(test_geo=BOTH.replace("(16, 17)", "(16,)").replace('== ["Brazil", "Brasília"]', "!= []"))

    assert audit(suite) == [
        "audit: 9 changes to the requests of 1 cassette, 8 of them fail their test",
        "test_geo.py::test_capital stays green although its request was changed:",
        "  turn 1  max_output_tokens  increased",
        "cassettes: 1 played",
    ]


def test_a_change_by_which_a_request_becomes_another_recorded_one_is_not_listed_where_the_answer_matters(recorded):
    suite = recorded(BOTH)
    suite.makepyfile(test_geo=BOTH.replace("(16, 17)", "(16,)").replace(', "Brasília"]', "]"))

    assert audit(suite) == [
        "audit: 9 changes to the requests of 1 cassette, 9 of them fail their test",
        "cassettes: 1 played",
    ]


OF_A_MODULE = """
import pytest

ANSWERS = {}


@pytest.mark.cassette(ignore=["metadata"])
def test_capital(fake_openai, ask):
    fake_openai.say("Brazil")
    if not ANSWERS:
        ANSWERS["capital"] = ask("Which?").output_text
    assert ANSWERS["capital"] == "Brazil"
"""


def test_a_test_that_cannot_be_run_twice_is_said_not_to_be_audited(recorded):
    assert audit(recorded(OF_A_MODULE)) == [
        "audit: 0 changes to the requests of 0 cassettes, 0 of them fail their test",
        "test_geo.py::test_capital was not audited, or asked otherwise when it was run again:",
        "  it fails when it is run twice",
        "cassettes: 1 played",
    ]


FIXTURE_OF_ONCE = """
import pytest

SET_UP = []


@pytest.fixture(scope="session")
def once():
    SET_UP.append(1)
    return len(SET_UP)


@pytest.mark.cassette(ignore=["metadata"])
def test_first(fake_openai, ask, once):
    fake_openai.say("Brazil")
    assert ask("Which?").output_text == "Brazil"


def test_last(once):
    assert once == 1
"""


def test_fixtures_of_a_wider_scope_stay_as_they_are(recorded):
    suite = recorded(FIXTURE_OF_ONCE)

    result = suite.runpytest("--audit-cassettes")

    result.assert_outcomes(passed=2)
    result.stdout.fnmatch_lines(["test_geo.py::test_first stays green although its request was changed:"])


SUBTESTS = """
import pytest


@pytest.mark.cassette(ignore=["metadata"])
def test_capital(fake_openai, ask, subtests, cassette):
    fake_openai.say("Brazil")
    ask("Which?")
    with subtests.test("the run"):
        assert cassette.requests[0].json["metadata"] == {"run": "1"}
"""


@has_subtests
def test_a_test_with_subtests_is_not_audited_nor_told_twice(recorded):
    suite = recorded(SUBTESTS)

    told = audit(suite)

    assert told[1:3] == [
        "test_geo.py::test_capital was not audited, or asked otherwise when it was run again:",
        "  it has subtests",
    ]
    suite.runpytest("--audit-cassettes").stdout.no_fnmatch_line("*SUBFAIL*")


def test_the_debugger_is_not_for_an_audit(suite: pytest.Pytester):
    result = suite.runpytest("--audit-cassettes", "--pdb")

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*--audit-cassettes runs tests so that they fail: leave out --pdb."])
