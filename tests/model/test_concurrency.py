"""Many turns of one model at once, and turns that end before they are over: cancelled, closed, forgotten."""

import asyncio
import gc
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from fakemodel import FakeModel, NoReplyLeft, Reply, slow, text, when

MANY = 300


async def answered(model, *args, **kwargs):
    """The text of an answer."""
    return (await model.get_response(*args, **kwargs)).output[0].content[0].text


async def streamed(model, *args, **kwargs):
    """The text of an answer that is streamed."""
    text = ""
    async for event in model.stream_response(*args, **kwargs):
        text += event.delta if event.type == "response.output_text.delta" else ""
        await asyncio.sleep(0)
    return text


BOTH_WAYS = pytest.mark.parametrize("ask", [answered, streamed])


async def some_turns_of_the_loop():
    for _ in range(10):
        await asyncio.sleep(0)


# At once.


@BOTH_WAYS
async def test_each_of_many_turns_gets_a_reply_of_its_own(ask):
    model = FakeModel([Reply(text("reply ", str(number))) for number in range(MANY)])

    said = await asyncio.gather(*(ask(model, input=f"input {number}") for number in range(MANY)))

    assert said == [f"reply {number}" for number in range(MANY)]
    assert [turn.input for turn in model.turns] == [f"input {number}" for number in range(MANY)]
    assert [turn.number for turn in model.turns] == list(range(1, MANY + 1))
    model.assert_complete()


async def test_answers_and_streams_share_a_script():
    model = FakeModel([f"reply {number}" for number in range(MANY)])
    asks = [answered, streamed] * (MANY // 2)

    said = await asyncio.gather(*(ask(model) for ask in asks))

    assert said == [f"reply {number}" for number in range(MANY)]
    assert [turn.streamed for turn in model.turns] == [False, True] * (MANY // 2)


@BOTH_WAYS
async def test_a_function_is_given_the_turn_that_it_answers(ask):
    async def echo(turn):
        for _ in range(turn.number % 7):
            await asyncio.sleep(0)
        return f"{turn.input}, turn {turn.number}"

    model = FakeModel([echo] * MANY)

    said = await asyncio.gather(*(ask(model, input=f"input {number}") for number in range(1, MANY + 1)))

    assert said == [f"input {number}, turn {number}" for number in range(1, MANY + 1)]
    assert [turn.reply.output[0].content[0].text for turn in model.turns] == said


@BOTH_WAYS
async def test_turns_that_come_in_another_order_keep_their_numbers(ask):
    seconds = [10 * (3 - number % 3) for number in range(MANY)]
    model = FakeModel([slow(f"reply {number}", seconds[number]) for number in range(MANY)])
    came = []

    async def turn(number):
        came.append((number, await ask(model, input=f"input {number}")))

    await asyncio.gather(*map(turn, range(MANY)))

    assert [seconds[number] for number, _ in came] == sorted(seconds)
    assert sorted(came) == [(number, f"reply {number}") for number in range(MANY)]
    assert [(turn.number, turn.input) for turn in model.turns] == [(at + 1, f"input {at}") for at in range(MANY)]


@BOTH_WAYS
async def test_each_of_many_turns_gets_the_reply_that_waits_for_it(ask):
    model = FakeModel([when(input=f"input {number}.").say(f"reply {number}") for number in reversed(range(MANY))])

    said = await asyncio.gather(*(ask(model, input=f"input {number}.") for number in range(MANY)))

    assert said == [f"reply {number}" for number in range(MANY)]
    model.assert_complete()


async def test_each_of_many_answers_has_an_id_of_its_own():
    model = FakeModel(["reply"] * MANY)

    answers = await asyncio.gather(*(model.get_response() for _ in range(MANY)))

    assert len({answer.response_id for answer in answers}) == MANY
    assert len({answer.output[0].id for answer in answers}) == MANY


@BOTH_WAYS
async def test_of_too_many_turns_those_too_many_are_refused(ask):
    model = FakeModel(["reply"] * (MANY - 2))

    said = await asyncio.gather(*(ask(model) for _ in range(MANY)), return_exceptions=True)

    assert said[:-2] == ["reply"] * (MANY - 2)
    assert said[-2:] == model.refused
    assert [type(error) for error in model.refused] == [NoReplyLeft, NoReplyLeft]
    assert len(model.turns) == MANY


def test_a_model_goes_from_one_event_loop_to_the_next():
    model = FakeModel(["one", slow("two", 1), slow("three", 1)])

    said = [asyncio.run(answered(model)), asyncio.run(streamed(model)), asyncio.run(answered(model))]

    assert said == ["one", "two", "three"]
    assert [turn.number for turn in model.turns] == [1, 2, 3]


# Cancelled.


@BOTH_WAYS
async def test_a_model_goes_on_after_a_turn_that_was_cancelled(ask):
    begun = asyncio.Event()

    async def never(turn):
        begun.set()
        await asyncio.get_running_loop().create_future()

    model = FakeModel([never, "two"])
    cancelled = asyncio.create_task(ask(model, input="one?"))

    await begun.wait()
    cancelled.cancel()
    with pytest.raises(asyncio.CancelledError):
        await cancelled

    assert await ask(model, input="two?") == "two"
    assert [(turn.number, turn.input) for turn in model.turns] == [(1, "one?"), (2, "two?")]
    assert str(model.turns).splitlines() == [
        "  turn 1  input 'one?' -> what never returns",
        "  turn 2  input 'two?' -> 'two'",
    ]
    model.assert_complete()


@BOTH_WAYS
async def test_of_many_turns_one_is_cancelled_and_the_others_go_on(ask):
    async def later(turn):
        await some_turns_of_the_loop()
        return f"reply {turn.number}"

    model = FakeModel([later] * MANY)
    turns = [asyncio.create_task(ask(model)) for _ in range(MANY)]

    await asyncio.sleep(0)
    turns[MANY // 2].cancel()
    said = await asyncio.gather(*turns, return_exceptions=True)

    assert isinstance(said.pop(MANY // 2), asyncio.CancelledError)
    assert said == [f"reply {number}" for number in range(1, MANY + 1) if number != MANY // 2 + 1]
    assert [turn.number for turn in model.turns] == list(range(1, MANY + 1))
    model.assert_complete()


@BOTH_WAYS
async def test_a_turn_that_is_cancelled_closes_the_generator_of_its_events(ask):
    begun, closed = asyncio.Event(), []

    async def factory(turn):
        try:
            yield Reply("Hello").events()[0]
            begun.set()
            await asyncio.get_running_loop().create_future()
        finally:
            closed.append(turn.number)

    model = FakeModel([factory, "two"])
    cancelled = asyncio.create_task(ask(model))

    await begun.wait()
    cancelled.cancel()
    with pytest.raises(asyncio.CancelledError):
        await cancelled

    assert closed == [1]
    assert await ask(model) == "two"


# Closed, and forgotten.


def generator_of_events(closed):
    """A reply that streams, and tells when it was closed."""

    async def factory(turn):
        try:
            for event in Reply("Hello").events():
                yield event
        finally:
            await asyncio.sleep(0)
            closed.append(turn.number)

    return factory


@pytest.fixture
async def told():
    """What the event loop was told of that nobody awaited."""
    contexts = []
    asyncio.get_running_loop().set_exception_handler(lambda loop, context: contexts.append(context))
    return contexts


async def begun(model, events=2):
    """A stream that was read so far."""
    stream = model.stream_response(input="Hi")
    for _ in range(events):
        await anext(stream)
    return stream


async def test_a_stream_that_is_closed_closes_the_generator_of_its_events():
    closed = []
    model = FakeModel([generator_of_events(closed), "two"])

    stream = await begun(model)
    assert closed == []
    await stream.aclose()

    assert closed == [1]
    with pytest.raises(StopAsyncIteration):
        await anext(stream)
    assert await streamed(model) == "two"


async def test_a_stream_may_be_closed_by_another_task():
    closed = []
    stream = await asyncio.create_task(begun(FakeModel([generator_of_events(closed)])))

    async def close():
        await stream.aclose()

    await asyncio.create_task(close())

    assert closed == [1]


@pytest.mark.parametrize("reply", ["Hello", slow("Hello", 1, between=1)], ids=["at once", "slow"])
async def test_a_stream_that_is_forgotten_is_no_trouble(reply, told):
    model = FakeModel([reply, "two"])

    stream = await begun(model)
    del stream
    gc.collect()
    await some_turns_of_the_loop()

    assert told == []
    assert await streamed(model) == "two"
    assert [turn.number for turn in model.turns] == [1, 2]


async def test_a_stream_that_is_forgotten_closes_the_generator_of_its_events(told):
    closed = []

    stream = await begun(FakeModel([generator_of_events(closed)]))
    del stream
    gc.collect()
    await some_turns_of_the_loop()

    assert (closed, told) == ([1], [])


def test_a_stream_that_outlives_its_event_loop_is_closed_with_that():
    closed = []

    stream = asyncio.run(begun(FakeModel([generator_of_events(closed)])))

    assert closed == [1]
    del stream
    gc.collect()


# With tracing on.


async def test_with_tracing_a_stream_may_be_closed_by_another_task(agents, told):
    closed = []
    model = FakeModel([generator_of_events(closed), "two"], tracing_enabled=True)

    async def close(stream):
        await stream.aclose()

    with agents.trace("test"):
        stream = await asyncio.create_task(begun(model))
        await asyncio.create_task(close(stream))
        del stream
        gc.collect()
        await some_turns_of_the_loop()

        assert (closed, told) == ([1], [])
        assert await streamed(model) == "two"


async def test_with_tracing_a_stream_that_is_forgotten_is_no_trouble(agents, told):
    closed = []
    model = FakeModel([generator_of_events(closed), "two"], tracing_enabled=True)

    with agents.trace("test"):
        stream = await asyncio.create_task(begun(model))
        del stream
        gc.collect()
        await some_turns_of_the_loop()

        assert (closed, told) == ([1], [])
        assert await streamed(model) == "two"


@BOTH_WAYS
async def test_with_tracing_many_turns_are_many_spans(agents, spans, ask):
    model = FakeModel(["reply"] * MANY, tracing_enabled=True)

    with agents.trace("test"):
        await asyncio.gather(*(ask(model) for _ in range(MANY)))

    assert len({span.span_id for span in spans.ended}) == MANY
    assert {(span.span_data.type, span.parent_id, span.error) for span in spans.ended} == {("generation", None, None)}


@pytest.mark.parametrize("is_streamed", [False, True], ids=["run", "run_streamed"])
async def test_many_runs_of_agents_share_a_model(agents, is_streamed):
    model = FakeModel([when(input=f"input {number}.").say(f"reply {number}") for number in range(MANY)])
    agent = agents.Agent(name="a", model=model)

    async def run(number):
        if not is_streamed:
            return (await agents.Runner.run(agent, f"input {number}.")).final_output
        result = agents.Runner.run_streamed(agent, f"input {number}.")
        async for _ in result.stream_events():
            pass
        return result.final_output

    said = await asyncio.gather(*map(run, range(MANY)))

    assert said == [f"reply {number}" for number in range(MANY)]
    assert [turn.number for turn in model.turns] == list(range(1, MANY + 1))
    model.assert_complete()


# In threads, each with an event loop of its own.


@pytest.fixture
def threads_that_take_turns():
    """Have threads interrupt each other after every few instructions."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


def test_threads_share_a_model(threads_that_take_turns):
    replies = [when(input=f"in {number}.").say(f"out {number}") for number in range(MANY)]
    model = FakeModel([*replies, *["unguarded"] * MANY])

    async def some(numbers):
        guarded = [answered(model, input=f"in {number}.") for number in numbers]
        return await asyncio.gather(*guarded, *[answered(model, input="Hi") for _ in numbers])

    with ThreadPoolExecutor(4) as pool:
        shares = [range(start, MANY, 4) for start in range(4)]
        found = list(pool.map(lambda numbers: asyncio.run(some(numbers)), shares))

    assert found == [[f"out {number}" for number in share] + ["unguarded"] * len(share) for share in shares]
    assert sorted(turn.number for turn in model.turns) == list(range(1, 2 * MANY + 1))
    model.assert_complete()
