"""The Agents SDK posts its traces to the API, whatever the base URL: none of them leaves the process."""

from pathlib import Path

import pytest

import fakemodel

pytest.importorskip("agents", reason="traces are the Agents SDK's")

WATCH = """
import os
import pathlib
import socket

real = socket.getaddrinfo


def watched(host, *args, **kwargs):
    if host in ("127.0.0.1", "localhost", None):
        return real(host, *args, **kwargs)
    pathlib.Path("leaked").write_text(repr(host))
    os._exit(77)


socket.getaddrinfo = watched
"""

AGENT = """
import pytest
from agents import Agent, Runner, set_tracing_disabled

from fakemodel import FakeModel

set_tracing_disabled(False)


def agent(model):
    return Agent(name="forecaster", model=model)
"""


@pytest.fixture
def watched(suite: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """A suite in a process of its own, which ends when it looks up the name of another machine."""
    monkeypatch.setenv("OPENAI_API_KEY", "sk-mine")
    monkeypatch.setenv("PYTHONPATH", str(Path(fakemodel.__file__).parent.parent))
    suite.makeconftest(WATCH)
    return suite


def test_without_a_double_a_trace_is_posted(watched: pytest.Pytester):
    watched.makepyfile(
        """
from agents import set_tracing_disabled, trace

set_tracing_disabled(False)


def test_trace():
    with trace("nobody stands in for the API"):
        pass
"""
    )

    assert watched.runpytest_subprocess().ret == 77
    assert Path("leaked").read_text() == "'api.openai.com'"


def test_with_a_model_that_was_made_by_hand_no_trace_leaves(watched: pytest.Pytester):
    watched.makepyfile(
        AGENT
        + """
async def test_agent():
    await Runner.run(agent(FakeModel(["Sunny."], tracing_enabled=True)), "Weather?")
"""
    )

    result = watched.runpytest_subprocess()
    result.assert_outcomes(passed=1)
    assert (result.ret, Path("leaked").exists()) == (0, False)


def test_under_fake_model_no_trace_leaves(watched: pytest.Pytester):
    watched.makepyfile(
        AGENT
        + """
async def test_agent(fake_model):
    fake_model.say("Sunny.")
    result = await Runner.run(agent(fake_model), "Weather?")
    assert result.final_output == "Sunny."
"""
    )

    result = watched.runpytest_subprocess()
    result.assert_outcomes(passed=1)
    assert (result.ret, Path("leaked").exists()) == (0, False)


def test_a_test_that_fails_without_a_key_is_not_told_of_it(watched: pytest.Pytester, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("OPENAI_API_KEY")
    watched.makepyfile(
        AGENT
        + """
async def test_agent(fake_model):
    fake_model.say("Sunny.")
    result = await Runner.run(agent(fake_model), "Weather?")
    assert result.final_output == "Rainy."
"""
    )

    result = watched.runpytest_subprocess()
    result.assert_outcomes(failed=1)
    result.stdout.no_fnmatch_line("*OPENAI_API_KEY*")


def test_under_fake_openai_no_trace_leaves(watched: pytest.Pytester):
    watched.makepyfile(
        AGENT
        + """
async def test_agent(fake_openai):
    fake_openai.say("Sunny.")
    result = await Runner.run(Agent(name="forecaster", model="gpt-4.1"), "Weather?")
    assert result.final_output == "Sunny."
    assert [request.path for request in fake_openai.requests] == ["/v1/responses"]
"""
    )

    result = watched.runpytest_subprocess()
    result.assert_outcomes(passed=1)
    assert (result.ret, Path("leaked").exists()) == (0, False)


KEY = """
from agents import set_tracing_export_api_key
from agents.tracing.processors import default_exporter


@pytest.mark.cassette
async def test_cassette(fake_openai):
    fake_openai.say("Sunny.")
    await Runner.run(Agent(name="forecaster", model="gpt-4.1"), "Weather?")


async def test_fake_openai(fake_openai):
    fake_openai.say("Sunny.")
    await Runner.run(Agent(name="forecaster", model="gpt-4.1"), "Weather?")


"""


def test_the_exporter_of_traces_keeps_no_key_of_a_double(watched: pytest.Pytester, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("OPENAI_API_KEY")
    watched.makepyfile(
        AGENT
        + KEY
        + """
def test_the_key(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-mine")
    assert default_exporter().api_key == "sk-mine"
"""
    )

    for mode in ("record", "replay"):
        watched.runpytest_subprocess(f"--cassettes={mode}").assert_outcomes(passed=3)


def test_the_exporter_of_traces_keeps_the_key_that_it_was_given(watched: pytest.Pytester):
    watched.makepyfile(
        AGENT
        + KEY
        + """
set_tracing_export_api_key("sk-of-the-traces")


def test_the_key():
    assert default_exporter().api_key == "sk-of-the-traces"
"""
    )

    watched.runpytest_subprocess("--cassettes=record").assert_outcomes(passed=3)


def test_under_a_cassette_no_trace_leaves_is_recorded_or_counted(watched: pytest.Pytester):
    watched.makepyfile(
        test_agent=AGENT
        + """
@pytest.mark.cassette
async def test_agent(fake_openai, cassette):
    fake_openai.say("Sunny.", "Rainy.")
    forecaster = Agent(name="forecaster", model="gpt-4.1")
    assert (await Runner.run(forecaster, "Weather?")).final_output == "Sunny."
    from agents.tracing.processors import default_processor

    default_processor().force_flush()
    assert (await Runner.run(forecaster, "And tomorrow?")).final_output == "Rainy."
    assert [request.uri.rpartition("/v1/")[2] for request in cassette.requests] == ["responses", "responses"]
"""
    )

    for mode, told in [("record", "1 recorded"), ("replay", "1 played"), ("rerecord", "1 left equal")]:
        result = watched.runpytest_subprocess(f"--cassettes={mode}")
        result.assert_outcomes(passed=1)
        result.stdout.fnmatch_lines([f"cassettes: {told}"])
        assert (result.ret, Path("leaked").exists()) == (0, False)
    recording = Path("cassettes/test_agent/test_agent.yaml").read_text(encoding="utf-8")
    assert (recording.count("- request:"), "traces" in recording) == (2, False)
