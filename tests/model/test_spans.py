"""The generation span of each call, with tracing: when it ends, and what it says of an error."""

import asyncio

import pytest

from fakemodel import FakeModel, NoReplyLeft, Reply, failure, slow, tool_call

agents = pytest.importorskip("agents", reason="the Agents SDK is not installed")

ENABLED, WITHOUT_DATA = agents.ModelTracing.ENABLED, agents.ModelTracing.ENABLED_WITHOUT_DATA
REDACTED = "Error details are redacted."

pytestmark = pytest.mark.usefixtures("spans")


async def answered(model, tracing=ENABLED):
    with agents.trace("test"):
        await model.get_response(input="Hi", tracing=tracing)


async def streamed(model, tracing=ENABLED):
    with agents.trace("test"):
        async for _ in model.stream_response(input="Hi", tracing=tracing):
            pass


async def run(agent, **config):
    return await agents.Runner.run(agent, "Hi", run_config=agents.RunConfig(**config))


async def run_streamed(agent, **config):
    result = agents.Runner.run_streamed(agent, "Hi", run_config=agents.RunConfig(**config))
    async for _ in result.stream_events():
        pass
    return result


BOTH_WAYS = pytest.mark.parametrize("ask", [answered, streamed])
RUN_BOTH_WAYS = pytest.mark.parametrize("run", [run, run_streamed])


# A span a call.


@BOTH_WAYS
async def test_each_call_is_one_span_which_ends_with_it(ask, spans):
    model = FakeModel(["one", "two"], tracing_enabled=True)

    await ask(model)
    assert (len(spans.started), len(spans.generations)) == (1, 1)

    await ask(model)
    assert (len(spans.started), len(spans.generations)) == (2, 2)
    assert spans.errors == [None, None]


@BOTH_WAYS
async def test_without_tracing_a_call_is_no_span(ask, spans):
    await ask(FakeModel(["one"]))

    assert spans.started == []


@RUN_BOTH_WAYS
async def test_a_run_without_tracing_has_no_spans(run, spans):
    model = FakeModel(["one"], tracing_enabled=True)

    await run(agents.Agent(name="a", model=model), tracing_disabled=True)

    assert spans.started == []


@BOTH_WAYS
async def test_a_function_is_called_within_the_span_of_its_turn(ask, spans):
    within = []
    model = FakeModel([lambda turn: within.append(agents.get_current_span()) or "one"], tracing_enabled=True)

    await ask(model)

    assert within == spans.generations


@pytest.mark.parametrize("events", [1, 2])
async def test_the_span_of_a_stream_ends_when_it_is_closed(events, spans):
    model = FakeModel(["Hello"], tracing_enabled=True)

    with agents.trace("test"):
        stream = model.stream_response(input="Hi")
        for _ in range(events):
            await anext(stream)
        assert (len(spans.started), len(spans.generations)) == (1, 0)
        await stream.aclose()

    assert spans.errors == [None]


@BOTH_WAYS
async def test_the_span_of_a_turn_that_is_cancelled_ends_without_an_error(ask, spans):
    model = FakeModel([slow("Hi", 2)], tracing_enabled=True)

    with pytest.raises(TimeoutError):
        async with asyncio.timeout(1):
            await ask(model)

    assert spans.errors == [None]


@RUN_BOTH_WAYS
async def test_the_turns_of_a_run_are_spans_beside_its_tools(run, spans):
    @agents.function_tool
    def look() -> str:
        """Look out of the window."""
        return "sun"

    model = FakeModel([tool_call("look"), "Sunny."], tracing_enabled=True)

    await run(agents.Agent(name="a", model=model, tools=[look]))

    kinds = [span.span_data.type for span in spans.ended]
    assert [kind for kind in kinds if kind in ("generation", "function")] == ["generation", "function", "generation"]
    assert len({span.trace_id for span in spans.ended}) == 1


# Errors.


def raises(turn):
    raise ValueError("odd")


async def raises_later(turn):
    raise ValueError("odd")


async def streams_and_raises(turn):
    yield Reply("Hello").events()[0]
    raise ValueError("odd")


FAILURES = {
    "an exception": ValueError("odd"),
    "a failure": failure(ValueError("odd")),
    "a failure in the middle": failure(ValueError("odd"), "Hello", after=3),
    "a function": raises,
    "an async function": raises_later,
    "an async generator": streams_and_raises,
    "a slow exception": slow(ValueError("odd"), 1),
}


@BOTH_WAYS
@pytest.mark.parametrize(("tracing", "message"), [(ENABLED, "odd"), (WITHOUT_DATA, REDACTED)])
@pytest.mark.parametrize("step", FAILURES.values(), ids=FAILURES)
async def test_the_span_of_a_turn_that_fails_says_what_was_raised(ask, tracing, message, step, spans):
    model = FakeModel([step], tracing_enabled=True)

    with pytest.raises(ValueError, match="odd"):
        await ask(model, tracing)

    (span,) = spans.generations
    assert span.error == {"message": "Error", "data": {"name": "ValueError", "message": message}}


@BOTH_WAYS
async def test_a_call_that_says_nothing_of_tracing_hides_nothing(ask, spans):
    model = FakeModel([ValueError("odd")], tracing_enabled=True)

    with pytest.raises(ValueError, match="odd"):
        await ask(model, None)

    assert spans.errors == [{"name": "ValueError", "message": "odd"}]


@BOTH_WAYS
async def test_a_call_too_many_is_noted_on_its_span(ask, spans):
    model = FakeModel(["one"], tracing_enabled=True)
    await ask(model)

    with pytest.raises(NoReplyLeft) as missing:
        await ask(model)

    assert spans.errors == [None, {"name": "NoReplyLeft", "message": str(missing.value)}]


@BOTH_WAYS
async def test_an_error_is_that_of_its_own_turn(ask, spans):
    model = FakeModel([ValueError("odd"), "one"], tracing_enabled=True)

    with pytest.raises(ValueError, match="odd"):
        await ask(model)
    await ask(model)

    assert spans.errors == [{"name": "ValueError", "message": "odd"}, None]


@RUN_BOTH_WAYS
@pytest.mark.parametrize(("sensitive", "message"), [(True, "odd"), (False, REDACTED)])
async def test_a_run_says_whether_errors_are_told(run, sensitive, message, spans):
    model = FakeModel([ValueError("odd")], tracing_enabled=True)

    with pytest.raises(ValueError, match="odd"):
        await run(agents.Agent(name="a", model=model), trace_include_sensitive_data=sensitive)

    assert model.turns[0].args["tracing"] == (ENABLED if sensitive else WITHOUT_DATA)
    assert spans.errors == [{"name": "ValueError", "message": message}]


@pytest.mark.skipif(not hasattr(agents.ModelSettings, "timeout"), reason="this Agents SDK sets a model no time")
@pytest.mark.parametrize(
    ("run", "step"),
    [(run, slow("Late.", 5)), (run_streamed, slow("Late.", 5)), (run_streamed, slow("Late.", 0, between=2))],
)
@pytest.mark.parametrize(("sensitive", "message"), [(True, "Model call timed out after 3 seconds."), (False, REDACTED)])
async def test_a_model_that_exceeds_its_time_is_noted_on_its_span(run, step, sensitive, message, spans):
    model = FakeModel([step], tracing_enabled=True)
    settings = agents.ModelSettings(timeout=3)

    with pytest.raises(agents.ModelTimeoutError):
        await run(agents.Agent(name="a", model=model, model_settings=settings), trace_include_sensitive_data=sensitive)

    (data,) = spans.errors
    assert message in data.values()


async def test_a_stream_may_be_read_in_one_task_after_another(spans):
    model = FakeModel(["Hello"], tracing_enabled=True)

    with agents.trace("test"):
        around = agents.get_current_span()
        stream = model.stream_response(input="Hi", tracing=ENABLED)
        while await asyncio.create_task(anext(stream, None)):
            assert agents.get_current_span() is around

    assert spans.errors == [None]


async def test_an_error_that_cannot_be_told_is_raised_all_the_same(spans):
    class Mute(Exception):
        def __str__(self):
            raise LookupError("no words")

    with pytest.raises(Mute):
        await answered(FakeModel([Mute()], tracing_enabled=True))

    assert spans.errors == [{"name": "Mute", "message": "Unrenderable Mute"}]
