"""A suite that takes warnings for errors: nothing of ours is left open, unread or unawaited."""

import sys
from importlib.util import find_spec

import pytest

HEAD = """
import threading

import openai
import pytest

from fakemodel import FakeOpenAI, Reply, stream, text, tool_call

STREAMED = Reply(text("Bra", "zil"))


def ask(client=None, **options):
    return (client or openai.OpenAI()).responses.create(model="gpt-4.1", input="Which?", **options)


def in_thread(function):
    thread = threading.Thread(target=function)
    thread.start()
    thread.join()
"""

AGENT = """
from agents import Agent, Runner, function_tool


@function_tool
def get_weather(city: str) -> str:
    return "sunny"


async def test_an_agent(fake_model):
    fake_model.say(Reply(tool_call("get_weather", {"city": "Paris"})), "Sunny.", "Still sunny.")
    agent = Agent(name="forecaster", model=fake_model, tools=[get_weather])
    await Runner.run(agent, "Weather?")
    async for event in Runner.run_streamed(agent, "And now?").stream_events():
        pass
"""

TESTS = """
async def test_a_model_whose_stream_is_left(fake_model):
    fake_model.say(STREAMED)
    async for event in fake_model.stream_response(input="Hi"):
        break


def test_a_client(fake_openai):
    fake_openai.say("Brazil", STREAMED, "Peru")
    ask()
    next(ask(stream=True))  # the rest is left, and so is the client
    in_thread(ask)


async def test_an_async_client(fake_openai):
    fake_openai.say("Brazil", STREAMED)
    client = openai.AsyncOpenAI()
    await ask(client)
    async for event in await ask(client, stream=True):
        break


def test_clients_in_process():
    api = FakeOpenAI(["Brazil", STREAMED])
    ask(api.client())
    next(ask(api.client(), stream=True))


async def test_async_clients_in_process():
    api = FakeOpenAI(["Brazil", STREAMED])
    await ask(api.async_client())
    async for event in await ask(api.async_client(), stream=True):
        break


def test_a_server():
    with FakeOpenAI(["Brazil"]).serve() as served:
        ask(openai.OpenAI(base_url=served.base_url, api_key="sk"))


async def test_a_stream_that_is_left():
    next(stream(STREAMED.events()))
    async for event in stream(STREAMED.events()):
        break


@pytest.mark.cassette
def test_a_cassette(fake_openai):
    fake_openai.say("Brazil", STREAMED, "Peru")
    ask()
    with ask(stream=True) as events:
        next(events)
    in_thread(lambda: ask(instructions="In a thread."))


@pytest.mark.cassette
async def test_an_async_cassette(fake_openai):
    fake_openai.say("Brazil", STREAMED)
    client = openai.AsyncOpenAI()
    await ask(client)
    async with await ask(client, stream=True) as events:
        async for event in events:
            break
"""

LEAK = """
import socket


def test_a_leak():
    socket.socket()


def test_another():
    pass
"""


def strict(suite: pytest.Pytester, *args: str) -> pytest.RunResult:
    """A run in Python's development mode, where warnings are errors, also those that nobody can catch."""
    return suite.run(sys.executable, "-X", "dev", "-W", "error", "-m", "pytest", "-W", "error", *args)


def test_nothing_warns_in_a_suite_that_takes_warnings_for_errors(suite: pytest.Pytester):
    tests = TESTS + AGENT if find_spec("agents") else TESTS
    suite.makepyfile(test_geo=HEAD + tests)
    count = tests.count("def test_")

    recorded, played = strict(suite, "--cassettes=record"), strict(suite)

    for result, line in (recorded, "cassettes: 2 recorded"), (played, "cassettes: 2 played"):
        result.assert_outcomes(passed=count)
        result.stdout.fnmatch_lines([line])
        assert result.stderr.str() == ""


def test_such_a_suite_finds_what_is_left_open(suite: pytest.Pytester):
    suite.makepyfile(LEAK)

    result = strict(suite)

    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(["*unclosed <socket.socket*"])
