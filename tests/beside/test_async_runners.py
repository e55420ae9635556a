"""Beside pytest-asyncio and anyio: async tests, fixtures and streams, recorded and replayed."""

import pytest

ASYNC = """
import asyncio

import openai
import pytest

from fakemodel import Reply, text, when


async def ask(question="Which?"):
    async with openai.AsyncOpenAI() as client:
        return (await client.responses.create(model="gpt-4.1", input=question)).output_text


async def streamed(question="Which?"):
    async with openai.AsyncOpenAI() as client:
        async with await client.responses.create(model="gpt-4.1", input=question, stream=True) as stream:
            return [event.delta async for event in stream if event.type == "response.output_text.delta"]

"""

TEST = """
@pytest.mark.cassette
async def test_capital(fake_openai):
    fake_openai.say("Brazil", Reply(text("Bra", "sília")))
    assert await ask("The largest?") == "Brazil"
    assert await streamed("Its capital?") == ["Bra", "sília"]
"""

RUNNERS = {
    "asyncio, auto": ("auto", ""),
    "asyncio, strict": ("strict", "@pytest.mark.asyncio"),
    "asyncio, strict, one loop": ("strict", "@pytest.mark.asyncio(loop_scope='session')"),
    "anyio": ("strict", "@pytest.mark.anyio"),
}


@pytest.fixture(params=RUNNERS)
def runner(request: pytest.FixtureRequest, beside):
    """Write async tests that the runner runs, and its fixtures."""
    mode, marker = RUNNERS[request.param]
    module = "anyio" if "anyio" in marker else "pytest_asyncio"
    pytest.importorskip(module, reason="what happens beside it")
    suite = beside(asyncio_mode=mode)
    suite.makeconftest(
        """
import pytest


@pytest.fixture(scope="session")
def anyio_backend():
    return "asyncio"
"""
    )
    fixture = "pytest.fixture" if module == "anyio" or mode == "auto" else "pytest_asyncio.fixture"
    if "session" in marker:
        fixture += "(loop_scope='session')"

    def write(tests: str) -> pytest.Pytester:
        marked = tests.replace("@pytest.mark.cassette", f"{marker}\n@pytest.mark.cassette")
        suite.makepyfile(test_geo=f"import {module}\n" + ASYNC + marked.replace("@fixture", f"@{fixture}"))
        return suite

    return write


def test_an_async_test_is_recorded_and_replayed(runner, told):
    suite = runner(TEST)

    told(suite.runpytest("--cassettes=record"), "1 recorded", passed=1)
    told(suite.runpytest(), "1 played", passed=1)


def test_async_fixtures_send_in_the_cassette_when_set_up_and_when_torn_down(runner, told, files):
    suite = runner(
        """
@fixture
async def conversation(fake_openai):
    fake_openai.say("begun")
    assert await ask("Begin") == "begun"
    yield
    fake_openai.say("ended")
    assert await streamed("End") == ["ended"]


@pytest.mark.cassette
async def test_capital(conversation, fake_openai):
    fake_openai.say("Brazil")
    assert await ask() == "Brazil"
"""
    )

    told(suite.runpytest("--cassettes=record"), "1 recorded", passed=1)
    assert [text.count("- request:") for text in files().values()] == [3]
    told(suite.runpytest(), "1 played", passed=1)


def test_requests_that_are_under_way_at_the_same_time_have_each_its_own_answer(runner, told):
    suite = runner(
        """
@pytest.mark.cassette
async def test_capitals(fake_openai):
    fake_openai.say(when(input="Brazil").say("Brasília"))
    fake_openai.say(when(input="Peru").say("Lima"))
    fake_openai.say(when(input="Chile").say("Santiago"))
    said = await asyncio.gather(ask("Brazil?"), streamed("Peru?"), ask("Chile?"))
    assert said == ["Brasília", ["Lima"], "Santiago"]
"""
    )

    told(suite.runpytest("--cassettes=record"), "1 recorded", passed=1)
    told(suite.runpytest(), "1 played", passed=1)


def test_a_changed_prompt_fails_an_async_test_that_falls_back(runner, told):
    suite = runner(TEST)
    told(suite.runpytest("--cassettes=record"), "1 recorded", passed=1)
    runner(
        """
@pytest.mark.cassette
async def test_capital():
    try:
        await streamed("Which one?")
    except Exception:
        pass
"""
    )

    result = suite.runpytest()

    told(result, "1 refused", failed=1)
    result.stdout.fnmatch_lines(["*turn 1 of test_capital is not what was recorded (*"])


def test_a_stream_that_is_left_open_is_recorded_when_its_client_closes_it(runner, told):
    suite = runner(
        """
@pytest.mark.cassette
async def test_capital(fake_openai):
    fake_openai.say("Bra")
    async with openai.AsyncOpenAI() as client:
        async with await client.responses.create(model="gpt-4.1", input="Which?", stream=True) as stream:
            async for event in stream:
                if event.type == "response.output_text.delta":
                    break
    assert event.delta == "Bra"
"""
    )

    told(suite.runpytest("--cassettes=record"), "1 recorded", passed=1)
    told(suite.runpytest(), "1 played", passed=1)


BACKENDS = ["asyncio", "trio"]


def test_a_test_on_each_backend_of_anyio_has_a_cassette_of_its_own(beside, told, files):
    pytest.importorskip("anyio", reason="what happens beside it")
    suite = beside(asyncio_mode="strict")
    suite.makepyfile(
        test_geo=ASYNC + f"@pytest.mark.parametrize('anyio_backend', {BACKENDS})\n@pytest.mark.anyio" + TEST
    )

    told(suite.runpytest("--cassettes=record"), f"{len(BACKENDS)} recorded", passed=len(BACKENDS))
    assert list(files()) == [f"test_geo/test_capital[{backend}].yaml" for backend in BACKENDS]
    told(suite.runpytest(), f"{len(BACKENDS)} played", passed=len(BACKENDS))


def test_a_client_that_outlives_its_test_is_replayed_in_the_next(beside, told):
    pytest.importorskip("pytest_asyncio", reason="what happens beside it")
    suite = beside()
    tests = """
import os

import openai
import pytest


@pytest.fixture(scope="session")
def client():
    return openai.AsyncOpenAI(base_url="https://api.openai.com/v1", api_key="sk")


async def asked(client, question):
    return (await client.responses.create(model="gpt-4.1", input=question)).output_text


@pytest.mark.cassette
async def test_one(fake_openai, client):
    fake_openai.say("Brazil")
    assert await asked({client}, "The largest?") == "Brazil"


@pytest.mark.cassette
async def test_two(fake_openai, client):
    fake_openai.say("Peru")
    assert await asked({client}, "Another?") == "Peru"
"""
    suite.makepyfile(test_geo=tests.format(client="client.copy(base_url=os.environ['OPENAI_BASE_URL'])"))
    told(suite.runpytest("--cassettes=record"), "2 recorded", passed=2)
    suite.makepyfile(test_geo=tests.format(client="client"))

    told(suite.runpytest(), "2 played", passed=2)
    told(suite.runpytest("-k", "two"), "1 played", passed=1, deselected=1)
