"""Tests that are no plain functions: of unittest, doctest, anyio, with parameters and subtests, and of other files."""

import pytest

HEAD = """
import unittest

import openai
import pytest


def ask(question="Which?"):
    return openai.OpenAI().responses.create(model="gpt-4.1", input=question).output_text

"""


def told(result: pytest.RunResult, line: str | None = None, **outcomes: int) -> None:
    """Assert the outcomes of a run, and the line about cassettes."""
    result.assert_outcomes(**outcomes)
    found = [each for each in result.outlines if each.startswith("cassettes: ")]
    assert found == ([] if line is None else [f"cassettes: {line}"])


UNITTEST = """
class TestCapital(unittest.TestCase):
    @pytest.fixture(autouse=True)
    def _api(self, fake_openai):
        self.api = fake_openai

    @pytest.mark.cassette
    def test_played(self):
        self.api.say("Brazil")
        self.assertEqual(ask(), "Brazil")

    def test_scripted(self):
        self.api.say("Brazil")
        self.assertEqual(ask(), "Brazil")

    def test_left(self):
        self.api.say("Brazil")


class TestAsync(unittest.IsolatedAsyncioTestCase):
    @pytest.fixture(autouse=True)
    def _api(self, fake_openai):
        fake_openai.say("Brazil")

    @pytest.mark.cassette
    async def test_played(self):
        response = await openai.AsyncOpenAI().responses.create(model="gpt-4.1", input="Which?")
        self.assertEqual(response.output_text, "Brazil")
"""


def test_a_test_case_of_unittest_has_doubles_and_cassettes(suite: pytest.Pytester):
    suite.makepyfile(test_geo=HEAD + UNITTEST)

    told(suite.runpytest("--cassettes=record"), "2 recorded", passed=3, failed=1)
    result = suite.runpytest()

    told(result, "2 played", passed=3, failed=1)
    result.stdout.fnmatch_lines(["UnplayedReplies: the API was called 0 times, the script has 1 reply.*"])


DOCTEST = '''
import openai


def ask():
    """
    >>> api = getfixture("fake_openai")
    >>> api.say("Brazil")
    >>> ask()
    'Brazil'
    """
    return openai.OpenAI().responses.create(model="gpt-4.1", input="Which?").output_text


def left():
    """
    >>> getfixture("fake_openai").say("Brazil")
    """
'''


def test_a_doctest_has_doubles(suite: pytest.Pytester):
    suite.makepyfile(geo=DOCTEST)

    result = suite.runpytest("--doctest-modules")

    told(result, passed=1, failed=1)
    result.stdout.fnmatch_lines(["UnplayedReplies: the API was called 0 times, the script has 1 reply.*"])


CASES = """
import pytest


def pytest_collect_file(parent, file_path):
    if file_path.suffix == ".case":
        return CaseFile.from_parent(parent, path=file_path)


class CaseFile(pytest.File):
    def collect(self):
        for name in self.path.read_text().split():
            yield Case.from_parent(self, name=name)


class Case(pytest.Item):
    def runtest(self):
        assert self.name != "wrong"
"""


@pytest.mark.parametrize("options", [[], ["--cassettes=record"], ["--audit-cassettes"], ["-n2"]], ids=" ".join)
def test_items_that_are_no_functions_are_as_they_were(suite: pytest.Pytester, options):
    suite.makeconftest(CASES)
    suite.makefile(".case", test_words="right wrong")
    suite.makepyfile(test_plain="def test_plain(): pass")

    told(suite.runpytest(*options), passed=2, failed=1)


SUBTESTS = """
@pytest.mark.cassette
def test_capitals(fake_openai, subtests):
    fake_openai.say("Brasília", "Lima")
    for country, capital in {"Brazil": "Brasília", "Peru": "Lima"}.items():
        with subtests.test(country):
            assert ask(country) == capital
"""


@pytest.mark.skipif(not hasattr(pytest, "Subtests"), reason="subtests came with pytest 9")
def test_subtests_share_the_cassette_of_their_test(suite: pytest.Pytester):
    suite.makepyfile(test_geo=HEAD + SUBTESTS)

    told(suite.runpytest("--cassettes=record"), "1 recorded", passed=1)
    told(suite.runpytest(), "1 played", passed=1)


ANYIO = """
pytestmark = pytest.mark.anyio


@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request):
    return request.param


async def test_a_model(fake_model):
    fake_model.say("Brazil", "Peru")
    answer = await fake_model.get_response(input="Which?")
    assert answer.output[0].content[0].text == "Brazil"
    assert [event.type async for event in fake_model.stream_response(input="Which?")][-1] == "response.completed"


async def test_a_client(fake_openai):
    fake_openai.say("Brazil")
    async with openai.AsyncOpenAI() as client:
        assert (await client.responses.create(model="gpt-4.1", input="Which?")).output_text == "Brazil"
"""


def test_the_doubles_are_asked_on_each_backend_of_anyio(suite: pytest.Pytester):
    pytest.importorskip("anyio", reason="what happens beside it")
    suite.makepyfile(HEAD + ANYIO)

    told(suite.runpytest("-o", "asyncio_mode=strict"), passed=4)


# Which of them are run, and where.

SEVERAL = """
pytestmark = pytest.mark.cassette


@pytest.mark.parametrize("country", ["Brazil", "Peru"])
def test_country(country, fake_openai):
    fake_openai.say(country)
    assert ask(country) == country


class TestCapital:
    def test_capital(self, fake_openai):
        fake_openai.say("Lima")
        assert ask("Its capital?") == "Lima"
"""


@pytest.mark.parametrize("dist", ["load", "loadscope", "loadfile", "worksteal"])
def test_cassettes_are_what_they_are_however_xdist_distributes_tests(suite: pytest.Pytester, dist):
    pytest.importorskip("xdist", reason="what happens in the workers of xdist")
    suite.makepyfile(test_geo=HEAD + SEVERAL, test_more=HEAD + SEVERAL)

    told(suite.runpytest("-n2", f"--dist={dist}", "--cassettes=record"), "6 recorded", passed=6)
    told(suite.runpytest("-n2", f"--dist={dist}"), "6 played", passed=6)


def test_where_each_worker_runs_all_tests_they_play_the_same_cassettes(suite: pytest.Pytester):
    pytest.importorskip("xdist", reason="what happens in the workers of xdist")
    suite.makepyfile(test_geo=HEAD + SEVERAL)
    told(suite.runpytest("--cassettes=record"), "3 recorded", passed=3)

    told(suite.runpytest("-n2", "--dist=each"), "6 played", passed=6)


def test_what_failed_is_run_again_alone(suite: pytest.Pytester):
    ini = suite.path / "pyproject.toml"
    ini.write_text(ini.read_text().replace(" -p no:cacheprovider", ""))
    suite.makepyfile(test_geo=HEAD + SEVERAL)
    told(suite.runpytest("--cassettes=record"), "3 recorded", passed=3)
    suite.makepyfile(test_geo=HEAD + SEVERAL.replace('ask("Its', 'ask("And its'))

    told(suite.runpytest("-x"), "2 played, 1 refused", passed=2, failed=1)
    told(suite.runpytest("--lf", "--cassettes=rerecord"), "1 re-recorded", passed=1)
    told(suite.runpytest("--ff"), "3 played", passed=3)
