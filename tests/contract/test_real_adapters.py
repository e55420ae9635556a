"""The contract on the Agents SDK's own adapters, which pass it: older ones but for a failed answer."""

import pytest

from tests.contract.sdk import TELLS_FAILURES

pytest.importorskip("agents", reason="runs the Agents SDK's models")

FAILING = {
    "OpenAIResponsesModel": set() if TELLS_FAILURES else {"test_a_failed_answer_is_no_answer[plain]"},
    "OpenAIChatCompletionsModel": set(),
}


@pytest.mark.parametrize("model", FAILING)
def test_an_adapter_of_the_sdk_passes(suite, model):
    contract = "ResponsesModelContract" if model == "OpenAIResponsesModel" else "ChatCompletionsModelContract"
    suite.makepyfile(
        f"""
        from agents import {model}

        from fakemodel.contract import {contract}

        class TestModel({contract}):
            def make_model(self, client):
                return {model}("gpt-4.1", client)
        """
    )

    result = suite.runpytest_inprocess("-W", "error")

    failed = {line.split("::")[2].split(" - ")[0] for line in result.outlines if line.startswith("FAILED ")}
    outcomes = result.parseoutcomes()
    assert failed == FAILING[model]
    assert outcomes.keys() - {"failed"} == {"passed"}
    assert outcomes["passed"] > 40
