"""Each adapter that is wrong in one thing fails the test of the contract that is about it, and no other."""

import pytest

from tests.contract.sdk import TELLS_FAILURES

pytest.importorskip("agents", reason="runs adapters of the Agents SDK")

pytestmark = pytest.mark.skipif(not TELLS_FAILURES, reason="the adapters are wrong in one thing more: the SDK's own is")

BOTH = ("plain", "streamed")


def both(*names):
    return {f"{name}[{way}]" for name in names for way in BOTH}


CHAIN = both("test_previous_response_id_is_forwarded", "test_a_second_turn_goes_on_from_the_response_id_of_the_first")
CONVERSATION = both("test_conversation_id_is_forwarded_as_conversation")
PROMPT = both("test_prompt_is_forwarded")
ABSENT = both("test_what_is_not_given_is_absent_from_the_request")
CACHE_KEY = both("test_prompt_cache_key_is_sent_once_where_the_caller_gives_one")
USAGE = both("test_usage_is_the_servers")


def streamed_as(*said):
    return {f"test_streamed_events_are_those_of_the_api[{each}]" for each in said}


LOOP = both("test_the_output_of_a_tool_goes_on_from_its_call")
EVENTS = streamed_as("text", "refusal", "two calls", "text and a call", "reasoning")
ID = (
    EVENTS
    | LOOP
    | both("test_response_id_is_the_servers", "test_a_second_turn_goes_on_from_the_response_id_of_the_first")
)
REFUSAL = both("test_a_refusal_comes_through")
CUT = {"test_a_stream_that_breaks_off_is_raised[connection]"}
BROKEN_OFF = CUT | {"test_a_stream_that_breaks_off_is_raised[error event]"}
INCOMPLETE = {"test_an_incomplete_answer_is_no_completed_one[streamed]"}
EARLY = "test_a_stream_that_ends_early_gives_no_response"
FAILED_PLAIN = {"test_a_failed_answer_is_no_answer[plain]"}
ERROR_PLAIN, ERROR_STREAMED = (
    {f"test_an_error_of_the_server_is_raised[{status}-{way}]" for status in (400, 429, 500)} for way in BOTH
)
ERROR = ERROR_PLAIN | ERROR_STREAMED
INSTRUCTIONS = both("test_instructions_reach_the_wire")
TOOLS = both("test_tools_reach_the_wire")
SAME = {"test_a_stream_ends_with_the_response_that_is_given_without_streaming"}
AFRESH = both("test_a_turn_takes_nothing_from_the_one_before")
CALLS = both("test_tool_calls_come_through")
HISTORY = both("test_the_history_is_sent_whole")
CANCELLED = {"test_a_caller_who_is_cancelled_closes_the_stream"}
ERRED = {"test_an_error_closes_the_stream"}
LEAVES = {"test_a_reader_who_leaves_closes_the_stream"}

DEFECTS = {
    "dropping('previous_response_id')": CHAIN | LOOP,
    "dropping('conversation_id')": CONVERSATION,
    "dropping('prompt')": PROMPT,
    "dropping('previous_response_id', 'conversation_id', 'prompt')": CHAIN | LOOP | CONVERSATION | PROMPT,
    "NullsWhatIsAbsent": ABSENT,
    "InventsCacheKey": ABSENT,
    "PassesItsKeyToo": CACHE_KEY,
    "setting(extra_args=None)": CACHE_KEY,
    "dropping('system_instructions')": INSTRUCTIONS | LOOP,
    "DropsHandoffs": both("test_handoffs_reach_the_wire"),
    "dropping('output_schema')": both("test_output_schema_reaches_the_wire"),
    "setting(temperature=None)": both("test_model_settings_reach_the_wire"),
    "setting(store=None)": both("test_model_settings_reach_the_wire"),
    "ZeroUsage": USAGE,
    "UsageWithoutDetails": USAGE,
    "InventsResponseId": ID,
    "ForgetsResponseId": ID,
    "RenamesCalls": CALLS | SAME | streamed_as("two calls", "text and a call"),
    "TakesRefusalsForTexts": REFUSAL | streamed_as("refusal"),
    "DropsRefusals": REFUSAL | streamed_as("refusal"),
    "StreamsAnotherText": streamed_as("text", "text and a call", "reasoning")
    | SAME
    | {"test_two_calls_at_once_do_not_mix[streamed]", "test_tool_calls_come_through[streamed]"},
    "SwallowsBrokenStreams": CUT | ERROR_STREAMED,
    "CompletesBrokenStreams": BROKEN_OFF | {f"{EARLY}[broken off]", f"{EARLY}[with an error]"},
    "CompletesIncompleteAnswers": INCOMPLETE,
    "SwallowsErrors": CUT | ERROR | FAILED_PLAIN | {"test_an_incomplete_answer_is_no_completed_one[plain]"},
    "EndsWhereTheModelFailed": {"test_a_failed_answer_is_no_answer[streamed]"},
    "LeavesOutEvents": streamed_as("text", "refusal", "text and a call", "reasoning"),
    "RepeatsDeltas": streamed_as("text", "text and a call", "reasoning"),
    "LeavesStreamsOpen": LEAVES | CANCELLED,
    "MixesCalls": both("test_two_calls_at_once_do_not_mix"),
    "LeavesStreamsOpenUnlessCancelled": LEAVES,
    "LeavesFailedStreamsOpen": ERRED,
    "BuffersStreams": LEAVES,
    "RemembersResponses": AFRESH,
    "AddsUpUsage": AFRESH,
    "TellsTheFirstId": both("test_response_id_is_the_servers"),
    "DropsStateBesideTools": LOOP,
    "KeysByInstructions": ABSENT,
    "TakesOneCall": CALLS | streamed_as("two calls"),
    "ForgetsZero": both("test_model_settings_reach_the_wire"),
    "BreaksWithoutAWord": {"test_a_stream_that_breaks_off_is_raised[error event]"},
    "GivesUpOnRateLimits": {"test_an_error_of_the_server_is_raised[429-plain]"},
    "FailsToAnEmptyAnswer": FAILED_PLAIN,
    "SendsTheLastItem": HISTORY,
    "BlanksTheHistory": HISTORY | LOOP,
    "CompletesTruncatedStreams": {f"{EARLY}[without its end]"},
    "AnswersWhereTheModelFailed": FAILED_PLAIN,
    "HangsOnErrors": ERROR
    | BROKEN_OFF
    | ERRED
    | both("test_a_failed_answer_is_no_answer", "test_an_incomplete_answer_is_no_completed_one")
    | {f"{EARLY}[broken off]", f"{EARLY}[with an error]"},
    "without('function_call_arguments')": streamed_as("two calls", "text and a call"),
    "without('refusal')": streamed_as("refusal"),
    "without('reasoning')": streamed_as("reasoning"),
    "NamesToolsOnly": TOOLS | LOOP,
    "SaysNull": ABSENT,
}
"""What is wrong, and the tests of the contract that find it."""


STATE = both(
    "test_previous_response_id_is_refused_or_warned_about",
    "test_conversation_id_is_refused_or_warned_about",
    "test_prompt_is_refused_or_warned_about",
)


STREAMED = ("text", "refusal", "two calls", "text and a call")


def made(*said):
    return {f"test_streamed_events_are_those_that_the_agents_sdk_makes[{each}]" for each in said}


DEFECTS_OF_CHAT = {
    "WarnsOfNothing": STATE,
    "LogsWhenItIsTooLate": STATE,
    "BreaksOnState": STATE,
    "SendsTheLastItem": HISTORY,
    "ForgetsCalls": HISTORY,
    "RenamesCallsOfTheHistory": HISTORY,
    "InventsCacheKey": ABSENT,
    "PassesItsKeyToo": CACHE_KEY,
    "dropping('system_instructions')": INSTRUCTIONS,
    "DropsHandoffs": both("test_handoffs_reach_the_wire"),
    "dropping('output_schema')": both("test_output_schema_reaches_the_wire"),
    "setting(temperature=None)": both("test_model_settings_reach_the_wire"),
    "ZeroUsage": USAGE,
    "UsageWithoutDetails": USAGE,
    "RenamesCalls": CALLS | SAME | made("two calls", "text and a call"),
    "TakesRefusalsForTexts": REFUSAL | made("refusal"),
    "SwallowsErrors": BROKEN_OFF | ERROR,
    "LeavesOutEvents": made("text", "refusal", "text and a call"),
    "RepeatsDeltas": made("text", "text and a call"),
    "StreamsAnotherText": made("text", "text and a call")
    | SAME
    | {"test_two_calls_at_once_do_not_mix[streamed]", "test_tool_calls_come_through[streamed]"}
    | {"test_an_incomplete_answer_comes_through[streamed]"},
    "MixesCalls": both("test_two_calls_at_once_do_not_mix"),
    "dropping('previous_response_id')": both("test_previous_response_id_is_refused_or_warned_about"),
    "dropping('conversation_id')": both("test_conversation_id_is_refused_or_warned_about"),
    "dropping('prompt')": both("test_prompt_is_refused_or_warned_about"),
    "BlanksTheHistory": HISTORY,
    "InventsResponseId": {"test_response_id_is_the_servers_or_none"} | made(*STREAMED),
    "ReplacesIncompleteAnswers": {"test_an_incomplete_answer_comes_through[plain]"},
    "AddsUpUsage": AFRESH,
    "LeavesStreamsOpen": LEAVES | CANCELLED,
    "LeavesFailedStreamsOpen": ERRED,
    "HangsOnErrors": ERROR | BROKEN_OFF | ERRED,
    "NamesToolsOnly": TOOLS,
    "SaysNull": ABSENT,
}


@pytest.mark.parametrize(
    ("contract", "defect"),
    [
        *(("ResponsesModelContract", defect) for defect in DEFECTS),
        *(("ChatCompletionsModelContract", defect) for defect in DEFECTS_OF_CHAT),
    ],
)
def test_a_defect_fails_the_tests_that_are_about_it(suite, contract, defect):
    of_chat = contract == "ChatCompletionsModelContract"
    expected = (DEFECTS_OF_CHAT if of_chat else DEFECTS)[defect]
    made_by = f"defects.chat(defects.{defect})" if of_chat else f"defects.{defect}"
    suite.makepyfile(
        f"""
        from fakemodel.contract import {contract}
        from tests.contract import defects

        ADAPTER = {made_by}

        class TestAdapter({contract}):
            patience = {3.0 if defect.startswith(("Hangs", "Leaves")) else 20.0}

            def make_model(self, client):
                return ADAPTER(client)
        """
    )

    result = suite.runpytest_inprocess("-p", "no:randomly")

    failed = {line.split("::")[2].split(" - ")[0] for line in result.outlines if line.startswith("FAILED ")}
    assert failed == expected
    assert "Why:" in result.stdout.str()


@pytest.mark.parametrize(
    ("contract", "defects"),
    [("ResponsesModelContract", DEFECTS), ("ChatCompletionsModelContract", DEFECTS_OF_CHAT)],
)
def test_each_test_of_the_contract_is_failed_by_a_defect(suite, contract, defects):
    suite.makepyfile(
        f"""
        from fakemodel.contract import {contract}

        class TestAdapter({contract}):
            pass
        """
    )

    result = suite.runpytest_inprocess("--collect-only", "-q")

    tests = {line.split("::")[2] for line in result.outlines if "::" in line}
    assert tests == set().union(*defects.values())
