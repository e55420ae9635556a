"""The contract on adapters in use, those of `adapters/`: which of its tests fail, and no other (docs/contract.md)."""

from importlib.util import find_spec
from pathlib import Path

import pytest

pytest.importorskip("agents", reason="runs adapters of the Agents SDK")

ADAPTERS = Path(__file__).parent / "adapters"

STATE = ("previous_response_id", "conversation_id")
SETTINGS = "test_model_settings_reach_the_wire"
TRUNCATED = "test_a_stream_that_ends_early_gives_no_response[without its end]"


def both(of, *names):
    return {f"{of}::{name}[{way}]" for name in names for way in ("plain", "streamed")}


def ignored(of, *state):
    return both(of, *(f"test_{name}_is_refused_or_warned_about" for name in state))


LITELLM, ANY_LLM = "TestLitellmModel", "TestAnyLLMChat"

FAILING = {
    ("litellm", "litellm_model"): both(LITELLM, SETTINGS)
    | ignored(LITELLM, *STATE, "prompt")
    | {
        f"{LITELLM}::test_a_refusal_comes_through[streamed]",
        f"{LITELLM}::test_streamed_events_are_those_that_the_agents_sdk_makes[refusal]",
    },
    ("any_llm", "any_llm_model"): both(ANY_LLM, SETTINGS) | ignored(ANY_LLM, *STATE),
    ("pydantic_ai", "pydantic_ai_model"): {f"TestPydanticAI::{TRUNCATED}"},
    ("langchain_openai", "langchain_model"): {f"TestLangChain::{TRUNCATED}"},
}
"""What each needs, its file, and the tests that fail."""


@pytest.mark.parametrize(("package", "adapter"), FAILING, ids=[adapter for _, adapter in FAILING])
def test_an_adapter_in_use_fails_what_the_docs_tell_and_nothing_else(suite, monkeypatch, package, adapter):
    if find_spec(package) is None:
        pytest.skip(f"{package} is not installed")
    monkeypatch.setenv("LITELLM_LOCAL_MODEL_COST_MAP", "True")
    suite.makepyfile(**{f"test_{adapter}": (ADAPTERS / f"{adapter}.py").read_text(encoding="utf-8")})

    result = suite.runpytest_subprocess("-W", "ignore")

    failed = {line.split("::", 1)[1].split(" - ")[0] for line in result.outlines if line.startswith("FAILED ")}
    assert failed == FAILING[package, adapter]
    assert result.parseoutcomes()["passed"] > 0
