"""The cassette marker, fixture and option, as a user meets them: pytest inside pytest."""

import pytest

CAPITAL = '''
import openai
import pytest


@pytest.mark.cassette
def test_capital(fake_openai):
    fake_openai.say("Brazil", "Brasília")
    client = openai.OpenAI()
    first = client.responses.create(model="gpt-4.1", input="The largest country in South America? One word.")
    second = client.responses.create(model="gpt-4.1", input="Its capital? One word.", previous_response_id=first.id)
    assert second.output_text == "Brasília"
'''


def test_a_recorded_conversation_is_replayed(suite: pytest.Pytester):
    suite.makepyfile(test_geo=CAPITAL)

    recorded = suite.runpytest("--cassettes=record")
    recorded.assert_outcomes(passed=1)
    recorded.stdout.fnmatch_lines(["cassettes: 1 recorded"])

    replayed = suite.runpytest()
    replayed.assert_outcomes(passed=1)
    replayed.stdout.fnmatch_lines(["cassettes: 1 played"])


def test_a_changed_prompt_fails_with_what_differs(suite: pytest.Pytester):
    suite.makepyfile(test_geo=CAPITAL)
    suite.runpytest("--cassettes=record").assert_outcomes(passed=1)

    suite.makepyfile(test_geo=CAPITAL.replace('"Its capital? One word.", previous_response_id=first.id', '"And?"'))
    result = suite.runpytest()

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "E * turn 2 of test_capital is not what was recorded (cassettes/test_geo/test_capital.yaml)",
            "E * POST /v1/responses, nearest: recorded turn 2",
            "E *   input                 - 'Its capital? One word.'",
            "E *                         + 'And?'",
            "E *   previous_response_id  - 'resp_*' (from the answer of turn 1)",
            "E *                         + absent",
            "E * Re-record this test alone:  pytest --cassettes=rerecord test_geo.py::test_capital",
        ]
    )
