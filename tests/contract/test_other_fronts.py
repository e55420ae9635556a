"""The contract on code that is no `Model` of the Agents SDK: a function, sync or async; and what it tells its users."""

import threading
from types import SimpleNamespace

import openai
import pytest

from fakemodel import Reply
from fakemodel.contract import ResponsesModelContract, Result, Turn
from fakemodel.contract.asking import ask_model

PARAMETERS = {"max_tokens": "max_output_tokens"}


def arguments(turn):
    given = {
        "previous_response_id": turn.previous_response_id,
        "conversation": turn.conversation_id,
        "prompt": turn.prompt,
        "instructions": turn.instructions,
        "tools": list(turn.tools) or None,
    }
    settings = {PARAMETERS.get(name, name): value for name, value in turn.settings.items() if name != "extra_args"}
    settings |= turn.settings.get("extra_args", {})
    said = {name: value for name, value in {**given, **settings}.items() if value is not None}
    return {"model": "gpt-4.1", "input": list(turn.input), **said}


WITHOUT = frozenset({"handoffs", "output_schema", "verbosity"})


class TestAsyncFunction(ResponsesModelContract):
    without = WITHOUT

    async def ask(self, client, turn):
        if not turn.streamed:
            return Result.of(await client.responses.create(**arguments(turn)))
        async with await client.responses.create(**arguments(turn), stream=True) as stream:
            return Result.of_events([event async for event in stream])


class TestFunctionWithAClientOfItsOwn(ResponsesModelContract):
    without = frozenset({*WITHOUT, "streamed"})

    def ask(self, client, turn):
        with openai.OpenAI(base_url=client.base_url, api_key="any", max_retries=0) as own:
            return Result.of(own.responses.create(**arguments(turn)))


def test_a_number_is_the_same_however_it_is_written(suite):
    suite.makepyfile(
        """
        from fakemodel.contract import ResponsesModelContract, Result
        from tests.contract.test_other_fronts import WITHOUT, arguments

        class TestMine(ResponsesModelContract):
            without = {*WITHOUT, "streamed"}

            async def ask(self, client, turn):
                given = arguments(turn)
                assert given.setdefault("temperature", 0.0) == 0.0
                return Result.of(await client.responses.create(**{**given, "temperature": 0}))
        """
    )

    result = suite.runpytest_inprocess("-k", "model_settings and plain")

    result.assert_outcomes(passed=1)


def test_a_class_that_says_nothing_of_its_adapter_is_told_what_it_needs(suite):
    suite.makepyfile(
        """
        from fakemodel.contract import ResponsesModelContract

        class TestMine(ResponsesModelContract):
            pass
        """
    )

    result = suite.runpytest_inprocess("-k", "usage and plain")

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        ["*SettingInvalid: TestMine needs make_model(self, client), or ask(self, client, turn)."]
    )


def test_a_broken_contract_says_what_was_found_and_why_it_matters(suite):
    suite.makepyfile(
        """
        import uuid

        from fakemodel.contract import ResponsesModelContract, Result

        class TestMine(ResponsesModelContract):
            async def ask(self, client, turn):
                found = Result.of(await client.responses.create(model="m", input=list(turn.input)))
                return Result(output=found.output, usage=found.usage, response_id="resp_3f9a1c22")
        """
    )

    result = suite.runpytest_inprocess("-k", "response_id_is_the_servers and plain")

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "*Expected: response_id='resp_0000*', which the server issued",
            "*Found:    response_id='resp_3f9a1c22'",
            "*Why:      Whoever continues with it gets 400 previous_response_not_found, far from here.",
        ]
    )
    assert "fakemodel/contract" not in result.stdout.str()


def ask(words: str) -> str:
    """A suite whose `ask` is this."""
    return f"""
import asyncio
import threading

from fakemodel.contract import ResponsesModelContract, Result


class TestMine(ResponsesModelContract):
    patience = 0.5

    {words}
"""


@pytest.mark.parametrize(
    "words",
    [
        "def ask(self, client, turn): threading.Event().wait(1)",
        "async def ask(self, client, turn): threading.Event().wait(4)",
        "async def ask(self, client, turn): await asyncio.Event().wait()",
    ],
    ids=["a sync function", "an event loop", "a coroutine"],
)
def test_one_that_does_not_come_to_an_end_has_failed(suite, words):
    suite.makepyfile(ask(words))

    result = suite.runpytest_inprocess("-k", "usage and plain")
    for thread in threading.enumerate():  # what comes too late is nobody's error
        if thread.name == "fakemodel contract":
            thread.join(10)

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        ["*Expected: an end, be it an error, within 0.5 seconds", "*Sent:     nothing", "*Why:      Who waits for it*"]
    )


def test_a_timeout_of_the_adapters_own_is_an_error_like_any_other(suite):
    suite.makepyfile(ask("async def ask(self, client, turn): raise TimeoutError('of my own')"))

    result = suite.runpytest_inprocess("-k", "usage and plain")

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["Expected: an answer", "Found:    TimeoutError: of my own"])


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("async def ask(self, client, turn): pass", "TestMine.ask returned None; expected is a Result."),
        ("def ask(self, client, turn): return {}", "TestMine.ask returned {}; expected is a Result."),
        ("async def make_model(self, client): pass", "TestMine.make_model is async; expected is the model itself."),
        ("without = 'streamed'", "TestMine.without has 'streamed'; expected is a set out of streamed, tools, *"),
        ("without = {'stream'}", "TestMine.without has 'stream'; expected is a set out of streamed, tools, *"),
    ],
)
def test_what_no_contract_can_be_held_against_is_told(suite, words, message):
    suite.makepyfile(ask(words))

    result = suite.runpytest_inprocess("-k", "usage and plain")

    result.stdout.fnmatch_lines([f"*SettingInvalid: {message}"])


def test_one_that_raises_is_told_with_where_it_did(suite):
    suite.makepyfile(ask("async def ask(self, client, turn): return turn.nothing"))

    result = suite.runpytest_inprocess("-k", "usage and plain")

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        ["Expected: an answer", "Found:    AttributeError: 'Turn' object has no attribute 'nothing'", "  File *in ask"]
    )
    report = result.stdout.str().partition("short test summary")[0]  # which has it again, but for a terminal
    assert report.count("  File ") == 1
    assert "another exception occurred" not in report


@pytest.mark.parametrize("body", ["pass", "async def ask(self, client, turn): return 'Hello'"])
def test_no_test_passes_where_there_is_no_adapter(suite, body):
    suite.makepyfile(
        f"""
        from fakemodel.contract import ResponsesModelContract

        class TestMine(ResponsesModelContract):
            {body}
        """
    )

    result = suite.runpytest_inprocess("-k", "error_of_the_server or failed_answer or incomplete")

    result.assert_outcomes(failed=10)


async def test_a_stream_that_cannot_be_closed_is_read_all_the_same():
    pytest.importorskip("agents")

    class Stream:
        def __init__(self):
            self.events = iter(Reply("Hello").events())

        def __aiter__(self):
            return self

        async def __anext__(self):
            try:
                return next(self.events)
            except StopIteration:
                raise StopAsyncIteration from None

    told = await ask_model(SimpleNamespace(stream_response=lambda **_: Stream()), Turn(streamed=True))

    assert told.text == "Hello"


@pytest.mark.parametrize("content", ["'Hello'", "[]"])
def test_an_output_that_is_none_of_the_api_is_told(suite, content):
    suite.makepyfile(
        f"""
        from fakemodel.contract import Result, ResponsesModelContract

        class TestMine(ResponsesModelContract):
            async def ask(self, client, turn):
                return Result(output=[{{"role": "assistant", "content": {content}}}])
        """
    )

    result = suite.runpytest_inprocess("-k", "refusal and plain")

    told = "*SettingInvalid: TestMine.ask returned the output *" if content == "'Hello'" else "Expected: a refusal*"
    result.stdout.fnmatch_lines([told])


def test_an_adapter_of_the_other_api_is_told_so(suite):
    pytest.importorskip("agents")
    suite.makepyfile(
        """
        from agents import OpenAIResponsesModel

        from fakemodel.contract import ChatCompletionsModelContract

        class TestMine(ChatCompletionsModelContract):
            def make_model(self, client):
                return OpenAIResponsesModel("gpt-4.1", client)
        """
    )

    result = suite.runpytest_inprocess("-k", "instructions and plain")

    result.stdout.fnmatch_lines(["Expected: a request to /v1/chat/completions", "Found:    one to /v1/responses"])


def test_a_setting_that_an_adapter_has_no_form_for_is_not_set(suite):
    suite.makepyfile(
        """
        from fakemodel.contract import ChatCompletionsModelContract

        class TestMine(ChatCompletionsModelContract):
            without = {"include_usage"}

            def ask(self, client, turn):
                print("set:", sorted(turn.settings))
                raise RuntimeError
        """
    )

    result = suite.runpytest_inprocess("-k", "usage_is_the_servers and plain")

    result.stdout.fnmatch_lines(["set: []"])
