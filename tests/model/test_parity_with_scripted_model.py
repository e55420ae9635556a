"""What the Agents SDK's own ScriptedModel takes is taken here as well: answers, retry advice, spans."""

import pytest

from fakemodel import FakeModel, Reply, failure

agents = pytest.importorskip("agents", reason="the Agents SDK is not installed")


def answered() -> "agents.ModelResponse":
    counts = agents.Usage(requests=2, input_tokens=3, output_tokens=4, total_tokens=7)
    return agents.ModelResponse(output=Reply("Hello").output, usage=counts, response_id="resp_1", request_id="req_1")


async def test_a_ready_answer_is_handed_on():
    given = answered()
    model = FakeModel([given])

    answer = await model.get_response(input="Hi")

    assert answer == given
    assert answer is not given


async def test_a_ready_answer_is_streamed_as_the_api_would():
    model = FakeModel([answered()])

    result = agents.Runner.run_streamed(agents.Agent(name="a", model=model), "Hi")
    async for _ in result.stream_events():
        pass

    assert result.final_output == "Hello"
    assert result.last_response_id == "resp_1"
    assert result.context_wrapper.usage.total_tokens == 7


async def test_the_runner_is_given_the_retry_advice_of_a_failure():
    retry = pytest.importorskip("agents.retry", reason="this Agents SDK asks for no retry advice")
    advice = retry.ModelRetryAdvice(suggested=True, retry_after=0.0)
    model = FakeModel([failure(ConnectionError("gone"), retry_advice=advice), "Here again."])
    settings = agents.ModelSettings(
        retry=retry.ModelRetrySettings(max_retries=1, policy=retry.retry_policies.provider_suggested())
    )

    result = await agents.Runner.run(agents.Agent(name="a", model=model, model_settings=settings), "Hi")

    assert result.final_output == "Here again."
    assert len(model.turns) == 2


async def test_an_error_in_the_middle_of_a_stream_is_noted_on_the_span():
    spans = []

    class Processor(agents.tracing.TracingProcessor):
        def on_trace_start(self, trace):
            pass

        def on_trace_end(self, trace):
            pass

        def on_span_start(self, span):
            pass

        def on_span_end(self, span):
            spans.append(span)

        def shutdown(self):
            pass

        def force_flush(self):
            pass

    agents.set_trace_processors([Processor()])
    try:
        model = FakeModel([failure(ValueError("odd"), "Hello", after=3)], tracing_enabled=True)
        with agents.trace("test"), pytest.raises(ValueError, match="odd"):
            async for _ in model.stream_response(input="Hi"):
                pass
    finally:
        agents.set_trace_processors([])

    assert [span.error["data"] for span in spans] == [{"name": "ValueError", "message": "odd"}]
