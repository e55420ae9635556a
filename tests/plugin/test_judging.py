"""When a test is judged: what its doubles refused fails it, whatever the code under test made of the refusal."""

import sys
from pathlib import Path

import pytest

import fakemodel

APP = '''
import openai
import pytest


def app(question, caught=Exception):
    """Code that falls back on whatever goes wrong."""
    try:
        with openai.OpenAI() as client:
            return client.responses.create(model="gpt-4.1", input=question).output_text
    except caught:
        return "a fallback"

'''

RECORDED = """
@pytest.mark.cassette
def test_capital(fake_openai):
    fake_openai.say("Brazil")
    assert app("The largest country?") == "Brazil"
"""


@pytest.fixture
def recorded(suite: pytest.Pytester):
    """Write a test in the place of one that was recorded."""
    suite.makepyfile(test_geo=APP + RECORDED)
    suite.runpytest("--cassettes=record").assert_outcomes(passed=1)

    def write(body: str) -> pytest.Pytester:
        suite.makepyfile(test_geo=APP + f"\n@pytest.mark.cassette\ndef test_capital(fake_openai, cassette):\n{body}\n")
        return suite

    return write


MISS = [
    "turn 1 of test_capital is not what was recorded (cassettes/test_geo/test_capital.yaml)",
    "  POST /v1/responses, nearest: recorded turn 1",
    "    input  - 'The largest country?'",
    "           + 'Which?'",
    "Re-record this test alone:  pytest --cassettes=rerecord test_geo.py::test_capital",
]


def test_a_miss_passes_a_fallback_and_shows_the_users_frames_alone(recorded):
    result = recorded('    assert app("Which?") == "a fallback"').runpytest()

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["cassettes: 1 refused"])
    result.stdout.fnmatch_lines(['>*assert app("Which?") == "a fallback"', *[f"E *{line}" for line in MISS]])
    assert "site-packages" not in result.stdout.str()
    assert str(Path(fakemodel.__file__).parent) not in result.stdout.str()


def test_a_miss_that_was_swallowed_fails_the_test(recorded):
    result = recorded(
        '    assert app("Which?", BaseException) == "a fallback"\n    assert len(cassette.requests) == 1'
    ).runpytest()

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines([f"*CassetteMiss: {MISS[0]}", *[f"*{line}" for line in MISS[1:]]])
    assert "site-packages" not in result.stdout.str()


@pytest.mark.parametrize(
    "failure",
    ["assert said == 'Peru'", "1 / 0", "pytest.fail('as it happens')", "with pytest.raises(LookupError): pass"],
)
def test_another_failure_is_told_with_the_miss_that_came_before(recorded, failure):
    result = recorded(f'    said = app("Which?", BaseException)\n    {failure}').runpytest()

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "*- Captured fakemodel call -*",
            f"CassetteMiss: {MISS[0]}",
            *MISS[1:],
        ]
    )


def test_another_failure_is_told_alone_where_nothing_was_refused(recorded):
    result = recorded("    1 / 0").runpytest()

    result.assert_outcomes(failed=1)
    result.stdout.no_fnmatch_line("*Captured fakemodel*")


def test_a_miss_of_async_code_fails_the_test(suite: pytest.Pytester):
    test = (
        APP
        + """
async def ask(question):
    async with openai.AsyncOpenAI() as client:
        try:
            await client.responses.create(model="gpt-4.1", input=question)
        except BaseException:
            pass


@pytest.mark.cassette
async def test_capital(fake_openai):
    fake_openai.say("Brazil")
    await ask("The largest country?")
"""
    )
    suite.makepyfile(test_geo=test)
    suite.runpytest("--cassettes=record").assert_outcomes(passed=1)
    suite.makepyfile(test_geo=test.replace("The largest country?", "Which?"))

    result = suite.runpytest()

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines([f"*CassetteMiss: {MISS[0]}"])


def test_a_miss_of_a_teardown_is_an_error_and_the_next_test_is_free_of_it(recorded, monkeypatch: pytest.MonkeyPatch):
    suite = recorded('    assert app("The largest country?") == "Brazil"')
    suite.makeconftest(
        """
        import openai
        import pytest


        @pytest.fixture
        def conversation(cassette):
            yield
            with openai.OpenAI() as client:
                client.responses.create(model="gpt-4.1", input="Which?")
        """
    )
    path = suite.path / "test_geo.py"
    changed = path.read_text("utf-8").replace("cassette):", "cassette, conversation):")
    path.write_text(
        changed
        + """

def test_without_a_cassette(fake_openai):
    fake_openai.say("Brazil")
    assert app("Which?") == "Brazil"
""",
        "utf-8",
    )
    monkeypatch.setenv("PYTHONPATH", str(Path(fakemodel.__file__).parent.parent))

    result = suite.runpytest_subprocess()  # in a process of its own: what is left in the player would play on in ours

    result.stdout.fnmatch_lines(["E *turn 2 of test_capital was not recorded *", "E *left to play: nothing"])
    result.assert_outcomes(passed=2, errors=1)


@pytest.mark.parametrize("swallowed", ["Exception", "BaseException"])
def test_openai_replies_that_are_missing_fail_the_test(suite: pytest.Pytester, swallowed):
    suite.makepyfile(
        APP
        + f"""
def test_capital(fake_openai):
    fake_openai.say("Brazil")
    assert app("The largest country?") == "Brazil"
    assert app("Its capital?", {swallowed}) == "a fallback"
    assert len(fake_openai.requests) == 2  # it was not retried
"""
    )

    result = suite.runpytest()

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "*NoReplyLeft: the API was called 2 times, the script has 1 reply.",
            "*  turn 1  /v1/responses 'The largest country?' -> 'Brazil'",
            "*  turn 2  /v1/responses 'Its capital?'         -> no reply left",
            "*Add a Reply for turn 2, or find out why it was asked again.",
        ]
    )
    assert "site-packages" not in result.stdout.str()


def test_openai_replies_that_are_left_fail_the_test(suite: pytest.Pytester):
    suite.makepyfile(
        APP
        + """
def test_capital(fake_openai):
    fake_openai.say("Brazil", "Brasília")
    assert app("The largest country?") == "Brazil"
"""
    )

    result = suite.runpytest()

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "*UnplayedReplies: the API was called once, the script has 2 replies.",
            "*  turn 1  /v1/responses 'The largest country?' -> 'Brazil'",
            "*  turn 2  never asked for                      -> 'Brasília'",
            "*Remove what is not needed, or find out why it was not asked for.",
        ]
    )


def test_openai_is_not_asked_nor_judged_in_replay(suite: pytest.Pytester):
    suite.makepyfile(
        test_geo=APP
        + RECORDED
        + """
    if cassette.mode == "replay":
        assert (fake_openai.remaining, fake_openai.requests) == (1, [])
""".replace("cassette.mode", "request.node.config.option.cassettes")
    )
    path = suite.path / "test_geo.py"
    path.write_text(
        path.read_text("utf-8").replace("test_capital(fake_openai)", "test_capital(fake_openai, request)"), "utf-8"
    )

    suite.runpytest("--cassettes=record").assert_outcomes(passed=1)
    suite.runpytest().assert_outcomes(passed=1)


def test_every_test_has_an_api_of_its_own(suite: pytest.Pytester):
    suite.makepyfile(
        APP
        + """
import os

seen = set()


@pytest.mark.parametrize("answer", ["Brazil", "Peru"])
def test_capital(fake_openai, answer):
    fake_openai.say(answer)
    assert app("Which?") == answer
    assert len(fake_openai.requests) == 1
    seen.add(os.environ["OPENAI_BASE_URL"])


def test_both():
    assert len(seen) == 2
    assert "OPENAI_BASE_URL" not in os.environ
"""
    )

    suite.runpytest().assert_outcomes(passed=3)


def test_openai_needs_the_server_extra(suite: pytest.Pytester, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    suite.makepyfile(
        """
        import pytest


        @pytest.mark.parametrize("again", [1, 2])
        def test_capital(fake_openai, again):
            pass
        """
    )

    result = suite.runpytest()

    result.assert_outcomes(errors=2)
    result.stdout.fnmatch_lines(
        [
            (
                "*ServerUnavailable: Serving FakeOpenAI over loopback needs the server extra: pip install "
                "'fakemodel[[]server[]]'. FakeOpenAI().client() and .async_client() answer in process, without it."
            )
        ]
    )
    assert "site-packages" not in result.stdout.str()


@pytest.mark.parametrize("swallowed", ["Exception", "BaseException"])
def test_model_replies_that_are_missing_fail_the_test(suite: pytest.Pytester, swallowed):
    suite.makepyfile(
        f"""
        async def test_agent(fake_model):
            fake_model.say("Sunny.")
            await fake_model.get_response(input="Weather in Paris?")
            try:
                await fake_model.get_response(input="And tomorrow?")
            except {swallowed}:
                pass
        """
    )

    result = suite.runpytest()

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "*NoReplyLeft: the model was called 2 times, the script has 1 reply.",
            "*  turn 1  input 'Weather in Paris?' -> 'Sunny.'",
            "*  turn 2  input 'And tomorrow?'     -> no reply left",
            "*Add a Reply for turn 2, or find out why it was asked again.",
        ]
    )


def test_a_model_that_was_not_told_what_to_say_is_strict(suite: pytest.Pytester):
    suite.makepyfile(
        """
        async def test_agent(fake_model):
            await fake_model.get_response(input="Weather?")
        """
    )

    result = suite.runpytest()

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["E *the model was called once, the script has 0 replies."])
    assert "site-packages" not in result.stdout.str()


def test_model_replies_that_are_left_fail_the_test(suite: pytest.Pytester):
    suite.makepyfile(
        """
        def test_agent(fake_model):
            fake_model.say("Sunny.")
        """
    )

    result = suite.runpytest()

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "*UnplayedReplies: the model was called 0 times, the script has 1 reply.",
            "*  turn 1  never asked for -> 'Sunny.'",
            "*Remove what is not needed, or find out why it was not asked for.",
        ]
    )


def test_a_test_that_fails_is_not_told_of_replies_that_are_left(suite: pytest.Pytester):
    suite.makepyfile(
        """
        def test_agent(fake_model, fake_openai):
            fake_model.say("Sunny.")
            fake_openai.say("Sunny.")
            1 / 0
        """
    )

    result = suite.runpytest()

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["E *ZeroDivisionError*"])
    result.stdout.no_fnmatch_line("*never asked for*")


def test_a_failed_expectation_is_told_with_the_turns_beside_the_script(suite: pytest.Pytester):
    suite.makepyfile(
        """
        import openai

        async def test_agent(fake_model, fake_openai):
            fake_model.say("Sunny.", "Still sunny.")
            await fake_model.get_response(input="Weather?")
            fake_openai.say("Rain.")
            assert openai.OpenAI().responses.create(model="m", input="And in Rome?").output_text == "Sun."
        """
    )

    result = suite.runpytest()

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "E *AssertionError: assert 'Rain.' == 'Sun.'",
            "*Captured fakemodel call*",
            "  turn 1  input 'Weather?' -> 'Sunny.'",
            "  turn 2  never asked for  -> 'Still sunny.'",
            "*Captured fakemodel call*",
            "  turn 1  /v1/responses 'And in Rome?' -> 'Rain.'",
        ]
    )


def test_tests_that_are_expected_to_fail_fail_as_expected(recorded):
    suite = recorded('    app("Which?", BaseException)')
    path = suite.path / "test_geo.py"
    path.write_text(
        path.read_text("utf-8").replace(
            "@pytest.mark.cassette", "@pytest.mark.xfail(strict=True)\n@pytest.mark.cassette"
        ),
        "utf-8",
    )

    suite.runpytest().assert_outcomes(xfailed=1)


def test_a_script_that_ran_out_while_recording_is_told_as_such(suite: pytest.Pytester):
    suite.makepyfile(
        test_geo=APP
        + """
@pytest.mark.cassette
def test_capital(fake_openai):
    fake_openai.say("Brazil")
    app("The largest country?")
    app("Its capital?")
"""
    )

    result = suite.runpytest("--cassettes=record")

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["NoReplyLeft: the API was called 2 times, the script has 1 reply."])
    result.stdout.no_fnmatch_line("*allow_errors*")


def test_a_reply_that_the_endpoint_cannot_give_fails_the_test_that_went_on(suite: pytest.Pytester):
    suite.makepyfile(
        """
import openai


def test_chat(fake_openai):
    fake_openai.say({"type": "compaction", "encrypted_content": "…"}, "second")
    try:
        openai.OpenAI().chat.completions.create(model="gpt-4o", messages=[{"role": "user", "content": "Hi"}])
    except openai.InternalServerError:
        pass
    assert len(fake_openai.requests) == 1
"""
    )

    result = suite.runpytest()

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["ReplyInvalid: Chat Completions has no form for *"])


def test_the_suites_own_logging_goes_on_beside_the_server(suite: pytest.Pytester):
    suite.makepyfile(
        """
import logging


def test_before():
    logging.warning("before")


def test_served(fake_openai):
    logging.warning("served")


def test_after():
    logging.warning("after")
"""
    )

    suite.runpytest("--log-file=log.txt").assert_outcomes(passed=3)

    logged = (suite.path / "log.txt").read_text()
    assert [word for word in ("before", "served", "after") if word in logged] == ["before", "served", "after"]


def test_where_the_arguments_of_a_turn_stand_is_told_at_the_users_line(suite: pytest.Pytester):
    suite.makepyfile(
        """
async def test_tools(fake_model):
    fake_model.say("Sunny.")
    await fake_model.get_response(input="Weather?")
    assert fake_model.turns[0].tools == []
"""
    )

    result = suite.runpytest()

    result.stdout.fnmatch_lines(
        [
            ">       assert fake_model.turns[[]0[]].tools == [[][]]",
            "E       AttributeError: 'Turn' object has no attribute 'tools': * turn.args[[]'tools'[]]",
            "",
            "test_*.py:4: AttributeError",
        ]
    )


def test_a_test_that_is_skipped_because_a_reply_is_missing_fails(suite: pytest.Pytester):
    suite.makepyfile(
        """
import openai
import pytest

def test_capital(fake_openai):
    try:
        openai.OpenAI().responses.create(model="gpt-4.1", input="Its capital?")
    except openai.APIError:
        pytest.skip("The API is not there.")
"""
    )

    result = suite.runpytest()

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["NoReplyLeft: the API was called once, the script has 0 replies."])
