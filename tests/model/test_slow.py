"""A reply that takes its time: the clock of the event loop goes forward to it, and nobody waits."""

import asyncio
import functools
import selectors
import threading

import pytest

from fakemodel import (
    FakeModel,
    Reply,
    ReplyInvalid,
    SettingInvalid,
    UnplayedReplies,
    failure,
    slow,
    text,
    tool_call,
    usage,
    when,
)

HOUR = 3600
BROKE = RuntimeError("It broke.")


class NeverWaits(selectors.DefaultSelector):
    """What an event loop waits with, where it must neither wait nor go round for ever."""

    rounds = 0

    def select(self, timeout=None):
        self.rounds += 1
        assert timeout == 0, f"the loop would wait, for {timeout} seconds"
        assert self.rounds < 20_000, "the loop goes round for ever"
        return super().select(timeout)


def without_waiting(test):
    """Run an async test on an event loop that fails where it would wait."""

    @functools.wraps(test)
    def run(*args, **kwargs):
        with asyncio.Runner(loop_factory=lambda: asyncio.SelectorEventLoop(NeverWaits())) as runner:
            runner.run(test(*args, **kwargs))

    return run


class Hours:
    """The hours that went by on the clock of the running event loop."""

    def __init__(self):
        self.began = asyncio.get_running_loop().time()

    def __call__(self):
        return round((asyncio.get_running_loop().time() - self.began) / HOUR)


async def answered(model, *args, **kwargs):
    """The text of an answer."""
    return (await model.get_response(*args, **kwargs)).output[0].content[0].text


async def streamed(model, *args, **kwargs):
    """The text of an answer that is streamed."""
    return [event async for event in model.stream_response(*args, **kwargs)][-1].response.output_text


BOTH_WAYS = pytest.mark.parametrize("ask", [answered, streamed])


# Timeouts.


@BOTH_WAYS
@without_waiting
async def test_a_timeout_goes_off_before_a_reply_that_comes_later(ask):
    model = FakeModel([slow("Hi", 2 * HOUR)])
    hours = Hours()

    with pytest.raises(TimeoutError):
        async with asyncio.timeout(HOUR):
            await ask(model, input="Hello?")

    assert hours() == 1
    assert [turn.input for turn in model.turns] == ["Hello?"]
    model.assert_complete()


@BOTH_WAYS
@without_waiting
async def test_wait_for_gives_up_before_a_reply_that_comes_later(ask):
    hours = Hours()

    with pytest.raises(TimeoutError):
        await asyncio.wait_for(ask(FakeModel([slow("Hi", 2 * HOUR)])), HOUR)

    assert hours() == 1


@BOTH_WAYS
@without_waiting
async def test_a_reply_that_comes_in_time_meets_no_timeout(ask):
    hours = Hours()

    async with asyncio.timeout(3 * HOUR):
        said = await ask(FakeModel([slow("Hi", 2 * HOUR)]))

    assert (said, hours()) == ("Hi", 2)


@without_waiting
async def test_a_timeout_goes_off_between_two_events():
    model = FakeModel([slow("Hi", HOUR, between=2 * HOUR)])
    events = []

    async def read():
        async for event in model.stream_response():
            events.append(event)  # noqa: PERF401  # those before the timeout are kept

    with pytest.raises(TimeoutError):
        await asyncio.wait_for(read(), 6 * HOUR)

    assert events == Reply("Hi").events()[:3]


# What happens meanwhile.


@BOTH_WAYS
@without_waiting
async def test_parallel_turns_come_in_the_order_of_their_latency(ask):
    model = FakeModel([slow("third", 3 * HOUR), slow("first", HOUR), slow("second", 2 * HOUR)])
    hours, came = Hours(), []

    async def turn():
        came.append((await ask(model), hours()))

    await asyncio.gather(turn(), turn(), turn())

    assert came == [("first", 1), ("second", 2), ("third", 3)]


@BOTH_WAYS
@without_waiting
async def test_sleeps_come_in_their_order_beside_a_slow_reply(ask):
    model = FakeModel([slow("Hi", 30 * HOUR)])
    hours, came = Hours(), []

    async def sleeper():
        for length in (5, 10, 10):
            await asyncio.sleep(length * HOUR)
            came.append(("slept", hours()))

    async def turn():
        came.append((await ask(model), hours()))

    await asyncio.gather(turn(), sleeper())

    assert came == [("slept", 5), ("slept", 15), ("slept", 25), ("Hi", 30)]


@BOTH_WAYS
@without_waiting
async def test_timers_go_off_in_their_order_beside_a_slow_reply(ask):
    loop, hours, came = asyncio.get_running_loop(), Hours(), []
    loop.call_later(3 * HOUR, lambda: came.append(("late timer", hours())))
    loop.call_later(HOUR, lambda: came.append(("timer", hours())))
    loop.call_later(HOUR, lambda: came.append(("cancelled timer", hours()))).cancel()

    came.append((await ask(FakeModel([slow("one", 2 * HOUR)])), hours()))
    came.append((await ask(FakeModel([slow("two", 2 * HOUR)])), hours()))

    assert came == [("timer", 1), ("one", 2), ("late timer", 3), ("two", 4)]


@without_waiting
async def test_what_is_still_to_be_done_is_done_before_the_clock_goes_on():
    model = FakeModel([slow("Hi", HOUR)])
    came = []

    async def busy():
        for _ in range(1000):
            await asyncio.sleep(0)
        came.append("busy")

    async def turn():
        came.append(await answered(model))

    await asyncio.gather(turn(), busy())

    assert came == ["busy", "Hi"]


class WhenIdle(NeverWaits):
    """Where the event loop would wait, lets one job in a thread go on, and waits for that."""

    def __init__(self, jobs):
        super().__init__()
        self.jobs, self.is_over = list(jobs), False

    def select(self, timeout=None):
        if timeout == 0 or not (self.jobs or self.is_over):
            return super().select(timeout)
        for job in self.jobs[:1]:
            job.set()
        del self.jobs[:1]
        return selectors.DefaultSelector.select(self, timeout)


def run_with_jobs(main, *jobs):
    """Run a coroutine whose jobs in threads wait for their events."""
    selector = WhenIdle(jobs)
    with asyncio.Runner(loop_factory=lambda: asyncio.SelectorEventLoop(selector)) as runner:
        try:
            runner.run(main)
        finally:
            selector.is_over, selector.rounds = True, 0
            for job in jobs:
                job.set()


@BOTH_WAYS
def test_the_clock_stands_still_while_a_job_is_in_a_thread(ask):
    model = FakeModel([slow("Hi", HOUR)])
    goes_on, came = [threading.Event(), threading.Event()], []

    async def turn(hours):
        came.append((await ask(model), hours()))

    async def job(number, hours):
        await asyncio.to_thread(goes_on[number].wait)
        came.append((f"job {number}", hours()))

    async def main():
        hours = Hours()
        await asyncio.gather(turn(hours), job(0, hours), job(1, hours))

    run_with_jobs(main(), *goes_on)

    assert came == [("job 0", 0), ("job 1", 0), ("Hi", 1)]


@BOTH_WAYS
def test_the_clock_goes_on_after_a_job_that_failed(ask):
    model = FakeModel([slow("Hi", HOUR)])
    goes_on, came = threading.Event(), []

    def fail():
        goes_on.wait()
        raise BROKE

    async def turn(hours):
        came.append((await ask(model), hours()))

    async def job(hours):
        with pytest.raises(RuntimeError):
            await asyncio.to_thread(fail)
        came.append(("failed", hours()))

    async def main():
        hours = Hours()
        await asyncio.gather(turn(hours), job(hours))

    run_with_jobs(main(), goes_on)

    assert came == [("failed", 0), ("Hi", 1)]


# Streams.


async def timed(model):
    """The types of the events of a streamed answer and when each came, and the error that ended it."""
    hours, events = Hours(), []
    try:
        async for event in model.stream_response():
            events.append((event.type.removeprefix("response."), hours()))  # noqa: PERF401  # an error may come
    except RuntimeError as error:
        return events, error
    return events, None


@without_waiting
async def test_each_event_comes_so_much_after_the_last():
    model = FakeModel([slow(Reply(text("a", "b")), 2 * HOUR, between=3 * HOUR)])

    events, _ = await timed(model)

    assert events == [
        ("created", 2),
        ("in_progress", 5),
        ("output_item.added", 8),
        ("content_part.added", 11),
        ("output_text.delta", 14),
        ("output_text.delta", 17),
        ("output_text.done", 20),
        ("content_part.done", 23),
        ("output_item.done", 26),
        ("completed", 29),
    ]


@without_waiting
async def test_a_stream_that_is_only_late_comes_at_once_when_it_comes():
    events, _ = await timed(FakeModel([slow("Hi", 2 * HOUR)]))

    assert [when for _, when in events] == [2] * len(Reply("Hi").events())


@without_waiting
async def test_a_stream_may_be_slow_from_its_second_event_on():
    events, _ = await timed(FakeModel([slow("Hi", 0, between=HOUR)]))

    assert [when for _, when in events] == list(range(len(Reply("Hi").events())))


@without_waiting
async def test_an_answer_that_is_not_streamed_has_no_time_between_events():
    hours = Hours()

    await answered(FakeModel([slow("Hi", 2 * HOUR, between=3 * HOUR)]))

    assert hours() == 2


@without_waiting
async def test_events_of_two_streams_come_in_the_order_of_their_times():
    model = FakeModel([slow("Hi", HOUR, between=2 * HOUR), slow("Ho", 2 * HOUR, between=2 * HOUR)])
    came = []

    async def turn(name):
        async for _ in model.stream_response():
            came.append(name)  # noqa: PERF401  # both append to it

    await asyncio.gather(turn("odd hours"), turn("even hours"))

    assert came == ["odd hours", "even hours"] * len(Reply("Hi").events())


# What may be slow.


@without_waiting
async def test_a_slow_reply_is_the_reply():
    reply = Reply(text("Hel", "lo"), tool_call("f"), usage=usage(7, 5))
    model, at_once = FakeModel([slow(reply, HOUR), slow(reply, HOUR, between=HOUR)]), FakeModel([reply, reply])

    assert await model.get_response() == await at_once.get_response()
    assert [event async for event in model.stream_response()] == [event async for event in at_once.stream_response()]


@BOTH_WAYS
@pytest.mark.parametrize("step", [BROKE, failure(BROKE)], ids=repr)
@without_waiting
async def test_an_exception_may_be_slow(ask, step):
    hours = Hours()

    with pytest.raises(RuntimeError) as raised:
        await ask(FakeModel([slow(step, HOUR)]))

    assert raised.value is BROKE
    assert hours() == 1


@BOTH_WAYS
@without_waiting
async def test_the_class_of_an_exception_may_be_slow(ask):
    hours = Hours()

    with pytest.raises(ConnectionError):
        await ask(FakeModel([slow(ConnectionError, HOUR)]))

    assert hours() == 1


@without_waiting
async def test_the_events_before_a_failure_may_be_slow():
    model = FakeModel([slow(failure(BROKE, "Hi", after=3), HOUR, between=2 * HOUR)])

    events, error = await timed(model)

    assert events == [("created", 1), ("in_progress", 3), ("output_item.added", 5)]
    assert error is BROKE


@BOTH_WAYS
@without_waiting
async def test_a_function_is_called_when_its_time_has_come(ask):
    hours = Hours()

    async def later(turn):
        return f"{turn.input} at {hours()}"

    model = FakeModel([slow(lambda turn: f"{turn.input} at {hours()}", HOUR), slow(later, HOUR)])

    assert await ask(model, input="one") == "one at 1"
    assert await ask(model, input="two") == "two at 2"


@BOTH_WAYS
@without_waiting
async def test_a_function_may_return_what_is_slow(ask):
    model = FakeModel([lambda turn: slow("one", turn.number * HOUR), lambda turn: slow("two", turn.number * HOUR)])
    hours = Hours()

    assert (await ask(model), hours()) == ("one", 1)
    assert (await ask(model), hours()) == ("two", 3)


@without_waiting
async def test_the_events_of_an_async_generator_may_be_slow():
    async def factory(turn):
        for event in Reply("Hi").events()[:3]:
            yield event

    events, _ = await timed(FakeModel([slow(factory, HOUR, between=2 * HOUR)]))

    assert events == [("created", 1), ("in_progress", 3), ("output_item.added", 5)]


@without_waiting
async def test_an_exact_stream_may_be_slow():
    events, _ = await timed(FakeModel([slow(Reply("Hi").events()[:3], HOUR, between=2 * HOUR)]))

    assert events == [("created", 1), ("in_progress", 3), ("output_item.added", 5)]


@BOTH_WAYS
@without_waiting
async def test_a_guarded_reply_may_be_slow(ask):
    model = FakeModel([when(input="Rome").say(slow("Rome it is.", 2 * HOUR)), slow("Paris it is.", HOUR)])
    hours, came = Hours(), []

    async def turn(said):
        came.append((await ask(model, input=said), hours()))

    await asyncio.gather(turn("Rome?"), turn("Paris?"))

    assert came == [("Paris it is.", 1), ("Rome it is.", 2)]


@BOTH_WAYS
@without_waiting
async def test_what_is_slow_twice_takes_both_times(ask):
    hours = Hours()

    await ask(FakeModel([slow(slow("Hi", HOUR), 2 * HOUR)]))

    assert hours() == 3


# What is refused.


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (-1, "-1"),
        (-0.5, "-0.5"),
        (float("nan"), "nan"),
        (float("inf"), "inf"),
        (True, "True"),
        ("5", "'5'"),
        (None, "None"),
    ],
)
def test_seconds_that_are_none_are_refused_where_they_are_written(seconds, shown):
    with pytest.raises(ReplyInvalid) as refused:
        slow("Hi", seconds)
    with pytest.raises(ReplyInvalid) as refused_between:
        slow("Hi", 1, between=seconds)

    assert str(refused.value) == str(refused_between.value) == f"slow(…, {shown}) takes seconds, from 0 on."


def test_a_reply_that_is_none_is_refused_where_it_is_written():
    with pytest.raises(ReplyInvalid, match=r"^42 is no part of a reply"):
        slow(42, 5)


class OtherLoop(asyncio.AbstractEventLoop):
    """An event loop that is none of asyncio's own."""


@pytest.mark.parametrize("loop", [None, OtherLoop()], ids=["no loop", "another loop"])
@pytest.mark.parametrize(
    "asked",
    [lambda model: model.get_response(input="Hi"), lambda model: model.stream_response(input="Hi").asend(None)],
    ids=["answered", "streamed"],
)
def test_an_event_loop_of_another_kind_is_refused(loop, asked):
    model = FakeModel([slow("Hi", 5)])
    asyncio._set_running_loop(loop)  # noqa: SLF001  # which event loops call to run
    try:
        with pytest.raises(SettingInvalid) as refused:
            asked(model).send(None)
    finally:
        asyncio._set_running_loop(None)  # noqa: SLF001

    assert str(refused.value) == "A slow reply needs an event loop of asyncio's own, whose clock can be put forward."
    assert [turn.input for turn in model.turns] == ["Hi"]


# What is told.


def test_slow_replies_that_nobody_asked_for_are_told():
    model = FakeModel([slow("Hi", 30), slow(failure(BROKE), 0.5, between=2), slow(len, 1), slow(slow("Hi", 2), 1)])
    model.say(when(input="Rome").say(slow("Rome it is.", 5)))

    with pytest.raises(UnplayedReplies) as left:
        model.assert_complete()

    assert str(left.value).splitlines()[1:-1] == [
        "  turn 1  never asked for -> after 30 s: 'Hi'",
        "  turn 2  never asked for -> after 0.5 s: raise RuntimeError('It broke.')",
        "  turn 3  never asked for -> after 1 s: what len returns",
        "  turn 4  never asked for -> after 1 s: after 2 s: 'Hi'",
        "  turn 5  never asked for -> when(input='Rome') -> after 5 s: 'Rome it is.'",
    ]


@without_waiting
async def test_slow_turns_are_told_with_the_turns():
    model = FakeModel([slow("Hi", HOUR), slow("Late.", 2 * HOUR)])

    await model.get_response(input="Hello?")
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(model.get_response(input="And now?"), HOUR)

    assert str(model.turns).splitlines() == [
        "  turn 1  input 'Hello?'   -> after 3600 s: 'Hi'",
        "  turn 2  input 'And now?' -> after 7200 s: 'Late.'",
    ]


# Afterwards.


@BOTH_WAYS
@without_waiting
async def test_a_loop_goes_on_as_ever_after_a_slow_turn(ask):
    model = FakeModel([slow("one", HOUR), "two", slow("three", 2 * HOUR)])
    hours = Hours()

    assert (await ask(model), hours()) == ("one", 1)
    await asyncio.sleep(0)
    assert (await ask(model), hours()) == ("two", 1)
    assert (await ask(model), hours()) == ("three", 3)
    model.assert_complete()


async def some_turns_of_the_loop():
    for _ in range(10):
        await asyncio.sleep(0)


@without_waiting
async def test_the_clock_goes_forward_only_while_a_reply_is_awaited():
    hours = Hours()
    sleeper = asyncio.create_task(asyncio.sleep(2 * HOUR))

    await answered(FakeModel([slow("Hi", HOUR)]))
    await some_turns_of_the_loop()

    assert (sleeper.done(), hours()) == (False, 1)
    sleeper.cancel()


def test_a_loop_waits_as_ever_after_a_slow_turn():
    @without_waiting
    async def waits():
        await answered(FakeModel([slow("Hi", HOUR)]))
        await asyncio.sleep(1)

    with pytest.raises(AssertionError, match=r"^the loop would wait, for "):
        waits()


@BOTH_WAYS
@without_waiting
async def test_the_clock_stops_with_the_turn_that_is_cancelled(ask):
    model = FakeModel([slow("one", 2 * HOUR), slow("two", HOUR)])
    hours = Hours()
    turn, sleeper = asyncio.create_task(ask(model)), asyncio.create_task(asyncio.sleep(HOUR))

    await asyncio.sleep(0)
    turn.cancel()
    with pytest.raises(asyncio.CancelledError):
        await turn
    await some_turns_of_the_loop()

    assert (sleeper.done(), hours()) == (False, 0)
    assert (await ask(model), hours()) == ("two", 1)


def test_each_event_loop_has_a_clock_of_its_own():
    model, passed = FakeModel([slow("one", HOUR), slow("two", HOUR)]), []

    @without_waiting
    async def on_a_loop():
        hours = Hours()
        passed.append((await answered(model), hours()))

    on_a_loop()
    on_a_loop()

    assert passed == [("one", 1), ("two", 1)]


# In the place it is made for: the Agents SDK's runner.


@pytest.fixture
def agents_with_timeouts(agents):
    if not hasattr(agents.ModelSettings, "timeout"):
        pytest.skip("this Agents SDK sets a model no time")
    return agents


@pytest.fixture(params=[False, True], ids=["run", "run_streamed"])
def run(agents, request):
    """Runs an agent of a model, and gives its final output."""

    async def final_output(model, **options):
        agent = agents.Agent(name="forecaster", model=model, **options)
        if not request.param:
            return (await agents.Runner.run(agent, "Weather?")).final_output
        result = agents.Runner.run_streamed(agent, "Weather?")
        async for _ in result.stream_events():
            pass
        return result.final_output

    return final_output


@pytest.mark.parametrize("trips", [True, False])
@without_waiting
async def test_a_guardrail_works_beside_a_slow_model(agents, run, trips):
    looked = []

    async def look(context, agent, said):
        await asyncio.sleep(HOUR)
        looked.append(hours())
        return agents.GuardrailFunctionOutput(output_info=None, tripwire_triggered=trips)

    model = FakeModel([slow("Sunny.", 2 * HOUR)])
    hours = Hours()

    try:
        came = await run(model, input_guardrails=[agents.InputGuardrail(look)])
    except agents.InputGuardrailTripwireTriggered:
        came = "tripped"

    assert came == ("tripped" if trips else "Sunny.")
    assert looked == [1]
    assert len(model.turns) == 1


@without_waiting
async def test_a_guardrail_that_trips_ends_the_run_before_a_slow_model_says_anything(agents):
    async def look(context, agent, said):
        await asyncio.sleep(HOUR)
        return agents.GuardrailFunctionOutput(output_info=None, tripwire_triggered=True)

    model = FakeModel([slow("Sunny.", 2 * HOUR)])
    agent = agents.Agent(name="forecaster", model=model, input_guardrails=[agents.InputGuardrail(look)])
    hours = Hours()

    with pytest.raises(agents.InputGuardrailTripwireTriggered):
        await agents.Runner.run(agent, "Weather?")

    assert hours() == 1


@without_waiting
async def test_a_parallel_tool_works_beside_a_slow_model(agents, run):
    came = []

    @agents.function_tool
    async def look_up() -> str:
        """Look it up."""
        await asyncio.sleep(HOUR)
        came.append(("the tool", hours()))
        return "rain"

    expert = agents.Agent(name="expert", model=FakeModel([slow("sun", 2 * HOUR)]))
    model = FakeModel(
        [
            Reply(tool_call("ask_expert", {"input": "Weather?"}), tool_call("look_up")),
            lambda turn: came.append(("both", hours())) or "Mixed.",
        ]
    )
    hours = Hours()

    said = await run(model, tools=[expert.as_tool("ask_expert", "Ask an expert."), look_up])

    assert said == "Mixed."
    assert came == [("the tool", 1), ("both", 2)]
    outputs = [item["output"] for item in model.turns[1].input if item.get("type") == "function_call_output"]
    assert outputs == ["sun", "rain"]


@without_waiting
async def test_the_time_that_the_settings_give_a_model_is_kept_to(agents_with_timeouts, run):
    agents = agents_with_timeouts
    model = FakeModel([slow("Late.", 3 * HOUR), slow("Sunny.", HOUR)])
    settings = agents.ModelSettings(timeout=2 * HOUR)
    hours = Hours()

    with pytest.raises(agents.ModelTimeoutError):
        await run(model, model_settings=settings)
    assert hours() == 2

    assert (await run(model, model_settings=settings), hours()) == ("Sunny.", 3)


@without_waiting
async def test_the_time_that_the_settings_give_a_model_is_that_of_a_whole_stream(agents_with_timeouts):
    agents = agents_with_timeouts
    model = FakeModel([slow("Sunny.", HOUR, between=2 * HOUR)])
    settings = agents.ModelSettings(timeout=4 * HOUR)
    hours, events = Hours(), []

    async def read(result):
        async for event in result.stream_events():
            if event.type == "raw_response_event":
                events.append((event.data.type, hours()))  # noqa: PERF401  # those before the timeout are kept

    agent = agents.Agent(name="forecaster", model=model, model_settings=settings)
    with pytest.raises(agents.ModelTimeoutError):
        await read(agents.Runner.run_streamed(agent, "Weather?"))

    assert events == [("response.created", 1), ("response.in_progress", 3)]
    assert hours() == 4


@without_waiting
async def test_a_retry_after_a_timeout_is_another_turn(agents_with_timeouts, run):
    agents = agents_with_timeouts
    retry = agents.retry.ModelRetrySettings(
        max_retries=1,
        backoff={"initial_delay": 0.0, "jitter": False},
        policy=lambda context: context.normalized.is_timeout,
    )
    model = FakeModel([slow("Late.", 3 * HOUR), slow("Sunny.", HOUR)])
    hours = Hours()

    said = await run(model, model_settings=agents.ModelSettings(timeout=2 * HOUR, retry=retry))

    assert (said, hours()) == ("Sunny.", 3)
    assert [turn.number for turn in model.turns] == [1, 2]


@without_waiting
async def test_the_pace_of_a_reply_is_that_of_the_inner_one_where_it_has_one():
    model = FakeModel(
        [slow(slow("Hi", HOUR), 0, between=3 * HOUR), slow(slow("Hi", HOUR, between=HOUR), HOUR, between=9)]
    )

    for first, step in ((1, 3), (2, 1)):
        hours = Hours()
        at = [hours() async for _ in model.stream_response(input="Hi")]
        assert at == [first + step * number for number in range(len(at))]


def test_a_loop_in_debug_mode_takes_no_jump_of_the_clock_for_a_slow_callback(caplog):
    asyncio.run(answered(FakeModel([slow("Hi", HOUR)])), debug=True)

    assert [record.getMessage() for record in caplog.records if "took" in record.getMessage()] == []


def test_more_seconds_than_there_are_are_refused():
    with pytest.raises(ReplyInvalid, match="takes seconds, from 0 on"):
        slow("Hi", 10**400)
