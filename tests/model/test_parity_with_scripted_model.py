"""What the Agents SDK's own ScriptedModel does, side by side with what a FakeModel does for it: docs/fake_model.md."""

from contextlib import suppress
from dataclasses import fields

import pytest

from fakemodel import FakeModel, NoReplyLeft, Reply, ReplyInvalid, UnplayedReplies, failure, tool_call, usage

agents = pytest.importorskip("agents", reason="the Agents SDK is not installed")

MESSAGE = Reply("Hello").output[0]
CALL = Reply(tool_call("look", {"at": "sky"}, id="call_1")).output[0]
PATCH = {
    "type": "apply_patch_call",
    "id": "apc_1",
    "call_id": "call_1",
    "status": "completed",
    "operation": {"type": "update_file", "path": "a.py", "diff": "-a\n+b"},
}
ARGUMENTS = {
    "system_instructions": "Be brief.",
    "input": "Hi",
    "model_settings": agents.ModelSettings(),
    "tools": [],
    "output_schema": None,
    "handoffs": [],
    "tracing": agents.ModelTracing.ENABLED,
    "previous_response_id": None,
    "conversation_id": None,
    "prompt": None,
}
COUNTED = {"requests": 1, "input_tokens": 7, "output_tokens": 5, "total_tokens": 12}
BROKE = ConnectionError("gone")
MEMBERS = {member.name for member in fields(agents.ModelResponse)}

pytestmark = pytest.mark.usefixtures("spans")


@pytest.fixture
def testing():
    return pytest.importorskip("agents.testing", reason="this Agents SDK has no scripted model")


@pytest.fixture
def retry():
    return pytest.importorskip("agents.retry", reason="this Agents SDK asks for no retry advice")


async def answered(model, **arguments):
    """The items of an answer."""
    return (await model.get_response(**ARGUMENTS | arguments)).output


async def streamed(model, **arguments):
    """The items of an answer that is streamed."""
    return (await events(model, **arguments))[-1].response.output


async def events(model, **arguments):
    return [event async for event in model.stream_response(**ARGUMENTS | arguments)]


async def run(model, **settings):
    """The one response of a run."""
    agent = agents.Agent(name="a", model=model, model_settings=agents.ModelSettings(**settings))
    (response,) = (await agents.Runner.run(agent, "Hi")).raw_responses
    return response


async def run_streamed(model, **settings):
    """The one response of a run that is streamed."""
    agent = agents.Agent(name="a", model=model, model_settings=agents.ModelSettings(**settings))
    result = agents.Runner.run_streamed(agent, "Hi")
    async for _ in result.stream_events():
        pass
    (response,) = result.raw_responses
    return response


BOTH_WAYS = pytest.mark.parametrize("ask", [answered, streamed])
RUN_BOTH_WAYS = pytest.mark.parametrize("run", [run, run_streamed])


def message(text):
    return Reply(text).output


def said(items):
    return items[0].content[0].text


# ScriptedModel(steps), enqueue, extend: FakeModel(replies), say.


@BOTH_WAYS
async def test_a_script_is_given_at_once_and_bit_by_bit(testing, ask):
    there = testing.ScriptedModel([message("one"), message("two")])
    there.enqueue(message("three"))
    there.extend([message("four"), message("five")])
    here = FakeModel([message("one"), message("two")])
    here.say(message("three"))
    here.say(message("four"), message("five"))

    for number in ("one", "two", "three", "four", "five"):
        assert said(await ask(there)) == said(await ask(here)) == number


# A step of output items, dicts, a ModelResponse, an exception: the same, as a reply.


@BOTH_WAYS
@pytest.mark.parametrize(
    "step", [[MESSAGE], [CALL], [MESSAGE, CALL], (MESSAGE,), [PATCH], [MESSAGE, PATCH]], ids=range(6)
)
async def test_a_step_of_output_items_is_a_reply(testing, ask, step):
    there, here = await ask(testing.ScriptedModel([step])), await ask(FakeModel([step]))

    assert here == there
    assert list(map(type, here)) == list(map(type, there))


def response(**members):
    given = {"output": [MESSAGE], "usage": agents.Usage(**COUNTED), "response_id": "resp_1"}
    return agents.ModelResponse(**given | members)


@RUN_BOTH_WAYS
async def test_a_model_response_is_a_reply(testing, run):
    assert await run(FakeModel([response()])) == await run(testing.ScriptedModel([response()]))


async def test_a_ready_answer_is_handed_on():
    given = response(usage=agents.Usage(requests=2, input_tokens=3, output_tokens=4, total_tokens=7))
    model = FakeModel([given])

    answer = await model.get_response(input="Hi")

    assert answer == given
    assert answer is not given


async def test_a_ready_answer_is_streamed_as_the_api_would():
    result = agents.Runner.run_streamed(agents.Agent(name="a", model=FakeModel([response()])), "Hi")
    async for _ in result.stream_events():
        pass

    assert result.final_output == "Hello"
    assert result.last_response_id == "resp_1"
    assert result.context_wrapper.usage.total_tokens == 12


@BOTH_WAYS
async def test_an_exception_is_a_reply(testing, ask):
    for model in (testing.ScriptedModel([BROKE]), FakeModel([BROKE])):
        with pytest.raises(ConnectionError) as raised:
            await ask(model)

        assert raised.value is BROKE


# ModelStep(output, usage=, response_id=): Reply(*items, usage=usage(…), id=…).


@RUN_BOTH_WAYS
async def test_a_step_is_a_reply_with_its_usage_and_its_id(testing, run):
    counts = agents.Usage(
        **COUNTED,
        input_tokens_details={"cached_tokens": 3, "cache_write_tokens": 0},
        output_tokens_details={"reasoning_tokens": 2},
    )
    there = testing.ScriptedModel([testing.ModelStep([MESSAGE], usage=counts, response_id="resp_1")])
    here = FakeModel([Reply(MESSAGE, usage=usage(7, 5, cached=3, reasoning=2), id="resp_1")])

    answer = await run(here)

    assert answer == await run(there)
    assert (answer.response_id, answer.usage.input_tokens_details.cached_tokens) == ("resp_1", 3)


# request_id: a ModelResponse as a reply.


@RUN_BOTH_WAYS
async def test_the_id_of_a_request_is_that_of_a_model_response(testing, run):
    counts = agents.Usage(**COUNTED)
    there = testing.ScriptedModel(
        [testing.ModelStep([MESSAGE], usage=counts, response_id="resp_1", request_id="req_1")]
    )

    answer = await run(FakeModel([response(usage=counts, request_id="req_1")]))

    assert answer == await run(there)
    assert answer.request_id == "req_1"


@RUN_BOTH_WAYS
@pytest.mark.skipif("request_id" not in MEMBERS, reason="a response of this Agents SDK has no id of its request")
@pytest.mark.parametrize("given", ["req_1", None])
async def test_the_id_of_a_request_is_on_the_raw_response(run, given):
    assert (await run(FakeModel([response(request_id=given)]))).request_id == given
    assert (await run(FakeModel(["Hello"]))).request_id is None


# ModelStep.raise_error(error, retry_advice=): failure(error, retry_advice=).


@BOTH_WAYS
async def test_an_error_has_its_retry_advice(testing, retry, ask):
    advice = retry.ModelRetryAdvice(suggested=True, retry_after=2.0, reason="busy")
    there = testing.ScriptedModel([testing.ModelStep.raise_error(BROKE, retry_advice=advice)])
    here = FakeModel([failure(BROKE, retry_advice=advice)])

    for model in (there, here):
        with pytest.raises(ConnectionError) as raised:
            await ask(model)

        assert raised.value is BROKE
        asked = [
            retry.ModelRetryAdviceRequest(error=error, attempt=1, stream=ask is streamed)
            for error in (BROKE, ConnectionError("another"))
        ]
        assert [model.get_retry_advice(request) for request in asked] == [advice, None]


@BOTH_WAYS
async def test_an_error_without_retry_advice_has_none(testing, retry, ask):
    for model in (testing.ScriptedModel([testing.ModelStep.raise_error(BROKE)]), FakeModel([failure(BROKE)])):
        with pytest.raises(ConnectionError):
            await ask(model)

        request = retry.ModelRetryAdviceRequest(error=BROKE, attempt=1, stream=ask is streamed)
        assert model.get_retry_advice(request) is None


@RUN_BOTH_WAYS
async def test_the_runner_is_given_the_retry_advice_of_a_failure(retry, run):
    advice = retry.ModelRetryAdvice(suggested=True, retry_after=0.0)
    policy = retry.ModelRetrySettings(max_retries=1, policy=retry.retry_policies.provider_suggested())
    model = FakeModel([failure(BROKE, retry_advice=advice), "Here again."])

    answer = await run(model, retry=policy)

    assert said(answer.output) == "Here again."
    assert len(model.turns) == 2


@RUN_BOTH_WAYS
@pytest.mark.parametrize("suggested", [True, False])
async def test_the_runner_retries_as_it_is_advised(testing, retry, run, suggested):
    advice = retry.ModelRetryAdvice(suggested=suggested, retry_after=0.0)
    policy = retry.ModelRetrySettings(max_retries=1, policy=retry.retry_policies.provider_suggested())
    there = testing.ScriptedModel([testing.ModelStep.raise_error(BROKE, retry_advice=advice), message("Here again.")])
    here = FakeModel([failure(BROKE, retry_advice=advice), message("Here again.")])
    came = []

    for model in (there, here):
        try:
            came.append(said((await run(model, retry=policy)).output))
        except ConnectionError as error:
            came.append(error)

    assert came == ["Here again." if suggested else BROKE] * 2
    assert len(there.calls) == len(here.turns) == (2 if suggested else 1)


# ModelStep.respond(function): the function, given the Turn.

RETURNED = {
    "output items": [MESSAGE],
    "a ModelResponse": response(),
    "an exception": BROKE,
}


@BOTH_WAYS
@pytest.mark.parametrize("returned", RETURNED.values(), ids=RETURNED)
@pytest.mark.parametrize("is_async", [False, True], ids=["function", "async function"])
async def test_a_function_responds(testing, ask, returned, is_async):
    def function(asked):
        return returned

    async def async_function(asked):
        return returned

    respond = async_function if is_async else function
    came = []

    for model in (testing.ScriptedModel([testing.ModelStep.respond(respond)]), FakeModel([respond])):
        try:
            came.append(await ask(model))
        except ConnectionError as error:
            came.append(error)

    assert came[0] == came[1] == (BROKE if returned is BROKE else [MESSAGE])


@BOTH_WAYS
async def test_a_function_is_given_what_was_asked(testing, ask):
    asked = []

    def respond(call):
        asked.append(call)
        return [MESSAGE]

    given = ARGUMENTS | {"input": [{"role": "user", "content": "Hi"}], "previous_response_id": "resp_1"}

    await ask(testing.ScriptedModel([testing.ModelStep.respond(respond)]), **given)
    await ask(FakeModel([respond]), **given)

    call, turn = asked
    assert {name: getattr(call, name) for name in ARGUMENTS} == turn.args == given
    assert (call.input, call.previous_response_id) == (turn.input, turn.previous_response_id)
    assert call.streamed == turn.streamed == (ask is streamed)


# ModelStep.stream(events), stream(factory): the list of events; the async generator function, given the Turn.

EVENTS = Reply("Hello", usage=usage(7, 5), id="resp_1").events()


async def test_an_exact_list_of_events_is_streamed(testing):
    there = testing.ScriptedModel([testing.ModelStep.stream(EVENTS[::2])])

    assert await events(FakeModel([EVENTS[::2]])) == await events(there) == EVENTS[::2]


async def test_a_factory_streams(testing):
    asked = []

    async def factory(call):
        asked.append((call.input, call.streamed))
        for event in EVENTS:
            yield event

    there = testing.ScriptedModel([testing.ModelStep.stream(factory)])

    assert await events(FakeModel([factory])) == await events(there) == EVENTS
    assert asked == [("Hi", True)] * 2


@pytest.mark.parametrize("step", [EVENTS, lambda call: stream_of_events()], ids=["events", "factory"])
async def test_a_run_makes_the_same_of_an_exact_stream(testing, step):
    there = testing.ScriptedModel([testing.ModelStep.stream(step)])

    answer = await run_streamed(FakeModel([step]))

    assert answer == await run_streamed(there)
    assert (said(answer.output), answer.response_id, answer.usage.total_tokens) == ("Hello", "resp_1", 12)


async def stream_of_events():
    for event in EVENTS:
        yield event


async def test_a_factory_may_fail(testing):
    async def factory(call):
        yield EVENTS[0]
        raise BROKE

    for model in (testing.ScriptedModel([testing.ModelStep.stream(factory)]), FakeModel([factory])):
        stream = model.stream_response(**ARGUMENTS)

        assert await anext(stream) == EVENTS[0]
        with pytest.raises(ConnectionError) as raised:
            await anext(stream)
        assert raised.value is BROKE


async def test_a_factory_is_closed_with_its_stream(testing):
    closed = []

    async def factory(call):
        try:
            for event in EVENTS:
                yield event
        finally:
            closed.append(call.input)

    for model in (testing.ScriptedModel([testing.ModelStep.stream(factory)]), FakeModel([factory])):
        stream = model.stream_response(**ARGUMENTS)
        await anext(stream)
        await stream.aclose()

    assert closed == ["Hi", "Hi"]


# calls, first_call, last_call: turns, first_turn_args, last_turn_args.


@agents.function_tool
def look() -> str:
    """Look out of the window."""
    return "sun"


ASKED = [
    {},
    {"input": [{"role": "user", "content": "Hi"}], "conversation_id": "conv_1", "tools": [look]},
    {
        "system_instructions": None,
        "model_settings": agents.ModelSettings(temperature=0.5, metadata={"run": "1"}),
        "output_schema": agents.AgentOutputSchema(list[str]),
        "handoffs": [agents.handoff(agents.Agent(name="b"))],
        "tracing": agents.ModelTracing.DISABLED,
        "previous_response_id": "resp_1",
        "prompt": {"id": "pmpt_1"},
    },
]


@BOTH_WAYS
async def test_the_calls_are_the_turns(testing, ask):
    there, here = testing.ScriptedModel([[MESSAGE]] * 3), FakeModel([[MESSAGE]] * 3)

    for asked in ASKED:
        await ask(there, **asked)
        await ask(here, **asked)

    def told(call):
        return {name: getattr(call, name) for name in ARGUMENTS}

    assert [told(call) for call in there.calls] == [turn.args for turn in here.turns]
    assert [turn.args for turn in here.turns] == [ARGUMENTS | asked for asked in ASKED]
    assert [call.streamed for call in there.calls] == [turn.streamed for turn in here.turns]
    assert told(there.first_call) == here.first_turn_args
    assert told(there.last_call) == here.last_turn_args


def test_before_the_first_call_there_is_none(testing):
    there, here = testing.ScriptedModel([[MESSAGE]]), FakeModel([[MESSAGE]])

    assert (list(there.calls), there.first_call, there.last_call) == ([], None, None)
    assert (here.turns, here.first_turn_args, here.last_turn_args) == ([], None, {})


@BOTH_WAYS
async def test_what_was_recorded_is_detached_from_what_the_caller_changes(testing, ask):
    recorded = []

    for model in (testing.ScriptedModel([[MESSAGE]]), FakeModel([[MESSAGE]])):
        content = [{"type": "input_text", "text": "Hi"}]
        items = [{"role": "user", "content": content}]
        settings = agents.ModelSettings(temperature=0.5, metadata={"run": "1"}, extra_args={"a": [1]})
        prompt = {"id": "pmpt_1", "variables": {"city": "Paris"}}
        tools, handoffs = [look], [agents.handoff(agents.Agent(name="b"))]
        await ask(model, input=items, model_settings=settings, prompt=prompt, tools=tools, handoffs=handoffs)
        content[0]["text"] = "Changed"
        items.append({"role": "user", "content": "more"})
        settings.temperature = 1.0
        settings.metadata["run"] = "2"
        settings.extra_args["a"].append(2)
        prompt["variables"]["city"] = "Rome"
        tools.clear()
        handoffs.clear()
        recorded.append(vars(model.calls[0]) if hasattr(model, "calls") else model.turns[0].args)

    for args in recorded:
        assert args["input"] == [{"role": "user", "content": [{"type": "input_text", "text": "Hi"}]}]
        assert args["model_settings"] == agents.ModelSettings(
            temperature=0.5, metadata={"run": "1"}, extra_args={"a": [1]}
        )
        assert args["prompt"] == {"id": "pmpt_1", "variables": {"city": "Paris"}}
        assert [tool.name for tool in args["tools"]] == ["look"]
        assert [handoff.agent_name for handoff in args["handoffs"]] == ["b"]


@BOTH_WAYS
async def test_a_call_is_recorded_before_it_is_answered(testing, ask):
    there = testing.ScriptedModel(
        [[MESSAGE], testing.ModelStep.respond(lambda call: message(f"{len(there.calls)}: {there.last_call.input}"))]
    )
    here = FakeModel(
        [[MESSAGE], lambda turn: message(f"{len(here.turns)}: {here.last_turn_args['input']}")],
    )

    for model in (there, here):
        await ask(model, input="one")

        assert said(await ask(model, input="two")) == "2: two"


@BOTH_WAYS
async def test_a_function_sees_its_turn_as_the_last(ask):
    seen = []
    model = FakeModel([lambda turn: seen.append(model.turns[-1] is turn) or "Hello"] * 2)

    await ask(model)
    await ask(model)

    assert seen == [True, True]


@BOTH_WAYS
@pytest.mark.parametrize("steps", [[], [BROKE]], ids=["no step", "an error"])
async def test_a_call_that_failed_is_recorded(testing, ask, steps):
    there, here = testing.ScriptedModel(steps), FakeModel(steps)
    here.say()

    with pytest.raises((ConnectionError, testing.UnexpectedModelCall)):
        await ask(there, input="Hello?")
    with pytest.raises((ConnectionError, NoReplyLeft)):
        await ask(here, input="Hello?")

    assert [call.input for call in there.calls] == [turn.input for turn in here.turns] == ["Hello?"]


# remaining_steps, assert_complete: remaining, assert_complete; the fixture asserts it.


@BOTH_WAYS
async def test_what_remains_of_a_script(testing, ask):
    there, here = testing.ScriptedModel([[MESSAGE], [MESSAGE]]), FakeModel([[MESSAGE], [MESSAGE]])

    await ask(there)
    await ask(here)
    assert there.remaining_steps == here.remaining == 1
    with pytest.raises(testing.UnconsumedModelSteps):
        there.assert_complete()
    with pytest.raises(UnplayedReplies):
        here.assert_complete()

    await ask(there)
    await ask(here)
    assert there.remaining_steps == here.remaining == 0
    there.assert_complete()
    here.assert_complete()


@BOTH_WAYS
async def test_a_call_too_many(testing, ask):
    there, here = testing.ScriptedModel([[MESSAGE]]), FakeModel([[MESSAGE]])
    await ask(there)
    await ask(here)

    with pytest.raises(testing.UnexpectedModelCall):
        await ask(there)
    with pytest.raises(NoReplyLeft):
        await ask(here)


def test_the_fixture_asserts_that_the_script_is_complete(suite):
    suite.makepyfile(
        """
        async def test_played(fake_model):
            fake_model.say("Hello")
            await fake_model.get_response(input="Hi")

        async def test_left(fake_model):
            fake_model.say("Hello", "Bye")
            await fake_model.get_response(input="Hi")
        """
    )

    result = suite.runpytest()

    result.stdout.fnmatch_lines(["*UnplayedReplies: the model was called once, the script has 2 replies."])
    result.assert_outcomes(passed=1, failed=1)


# emit_traces=True: tracing_enabled=True.

TRACED = {
    "an answer": ([MESSAGE], agents.ModelTracing.ENABLED),
    "an error": (BROKE, agents.ModelTracing.ENABLED),
    "an error that is not told": (BROKE, agents.ModelTracing.ENABLED_WITHOUT_DATA),
    "an error of a call without tracing": (BROKE, agents.ModelTracing.DISABLED),
}


@BOTH_WAYS
@pytest.mark.parametrize(("step", "tracing"), TRACED.values(), ids=TRACED)
async def test_a_call_is_a_span(testing, ask, spans, step, tracing):
    there, here = testing.ScriptedModel([step], emit_traces=True), FakeModel([step], tracing_enabled=True)

    for model in (there, here):
        with agents.trace("test"), suppress(ConnectionError):
            await ask(model, tracing=tracing)

    first, second = [(span.span_data.type, span.error) for span in spans.ended]
    assert first == second
    assert first[0] == "generation"


@BOTH_WAYS
async def test_a_call_is_no_span_unless_asked_for(testing, ask, spans):
    for model in (testing.ScriptedModel([[MESSAGE]]), FakeModel([[MESSAGE]])):
        with agents.trace("test"):
            await ask(model)

    assert spans.ended == []


# set_default_usage: set_hardcoded_usage, for classic outputs; a Reply counts its fragments.


@RUN_BOTH_WAYS
async def test_one_usage_is_reported_for_all_outputs(testing, run):
    counts = agents.Usage(
        **COUNTED,
        input_tokens_details={"cached_tokens": 3, "cache_write_tokens": 0},
        output_tokens_details={"reasoning_tokens": 2},
    )
    there, here = testing.ScriptedModel([[MESSAGE], [MESSAGE]]), FakeModel()
    there.set_default_usage(counts)
    here.set_hardcoded_usage(counts)
    here.add_multiple_turn_outputs([[MESSAGE], [MESSAGE]])

    for _ in range(2):
        answer = await run(here)
        assert answer == await run(there)
        assert answer.usage.total_tokens == 12


@RUN_BOTH_WAYS
async def test_a_reply_counts_its_fragments(run):
    used = (await run(FakeModel(["Hello"]))).usage

    assert (used.requests, used.input_tokens, used.output_tokens, used.total_tokens) == (1, 1, 1, 2)


# raw_usage.

RAW = {
    "input_tokens": 7,
    "input_tokens_details": {"cache_write_tokens": 0, "cached_tokens": 3},
    "output_tokens": 5,
    "output_tokens_details": {"reasoning_tokens": 2},
    "total_tokens": 12,
}


keeps_raw_usage = pytest.mark.skipif("raw_usage" not in MEMBERS, reason="this Agents SDK keeps no raw usage")


@keeps_raw_usage
@RUN_BOTH_WAYS
async def test_the_usage_of_a_reply_is_kept_as_it_is_on_the_wire(run):
    reply = Reply("Hello", usage=usage(7, 5, cached=3, reasoning=2))

    kept = (await run(FakeModel([reply]), preserve_raw_usage=True)).raw_usage

    assert kept == RAW
    assert kept == reply.response().usage.to_dict()


@keeps_raw_usage
@RUN_BOTH_WAYS
@pytest.mark.parametrize("setting", [{}, {"preserve_raw_usage": False}, {"preserve_raw_usage": None}], ids=str)
async def test_the_usage_of_a_reply_is_not_kept_unasked(run, setting):
    reply = Reply("Hello", usage=usage(7, 5, cached=3, reasoning=2))

    assert (await run(FakeModel([reply]), **setting)).raw_usage is None


@RUN_BOTH_WAYS
async def test_the_usage_of_a_step_is_kept_as_it_was_given(testing, run):
    raw = {"prompt_tokens": 7, "details": {"cached": 3}}
    counts = agents.Usage(**COUNTED)
    there = testing.ScriptedModel([testing.ModelStep([MESSAGE], usage=counts, response_id="resp_1", raw_usage=raw)])
    here = FakeModel([response(raw_usage=raw)])
    raw["details"]["cached"] = 4

    answer = await run(here, preserve_raw_usage=True)

    assert answer == await run(there, preserve_raw_usage=True)
    assert answer.raw_usage == {"prompt_tokens": 7, "details": {"cached": 3}}


@RUN_BOTH_WAYS
async def test_the_wires_usage_of_a_reply_is_a_raw_usage_of_a_step(testing, run):
    counts = agents.Usage(
        **COUNTED,
        input_tokens_details={"cached_tokens": 3, "cache_write_tokens": 0},
        output_tokens_details={"reasoning_tokens": 2},
    )
    there = testing.ScriptedModel([testing.ModelStep([MESSAGE], usage=counts, response_id="resp_1", raw_usage=RAW)])
    here = FakeModel([Reply(MESSAGE, usage=usage(7, 5, cached=3, reasoning=2), id="resp_1")])

    assert await run(here, preserve_raw_usage=True) == await run(there, preserve_raw_usage=True)


# What is no step, and what is no reply.


@pytest.mark.parametrize("step", [42, None, object(), {"outputs": [MESSAGE]}], ids=["42", "None", "object", "dict"])
def test_what_is_none_is_refused_when_it_is_queued(testing, step):
    there, here = testing.ScriptedModel(), FakeModel()

    for queue in (there.enqueue, lambda step: there.extend([step]), lambda step: testing.ScriptedModel([step])):
        with pytest.raises(testing.InvalidModelStep):
            queue(step)
    for queue in (here.say, lambda step: FakeModel([step])):
        with pytest.raises(ReplyInvalid):
            queue(step)

    assert there.remaining_steps == here.remaining == 0


@BOTH_WAYS
async def test_what_a_function_returns_is_refused_when_it_is_returned(testing, ask):
    there, here = testing.ScriptedModel([testing.ModelStep.respond(lambda call: 42)]), FakeModel([lambda turn: 42])

    with pytest.raises(testing.InvalidModelStep):
        await ask(there)
    with pytest.raises(ReplyInvalid, match=r"^42 is no part of a reply"):
        await ask(here)


@BOTH_WAYS
@pytest.mark.parametrize("queue", ["at once", "later"])
async def test_what_is_queued_is_detached_from_what_the_caller_changes(testing, ask, queue):
    items = message("Hello")
    there, here = testing.ScriptedModel([items]), FakeModel([items])
    if queue == "later":
        there, here = testing.ScriptedModel(), FakeModel()
        there.enqueue(items)
        here.say(items)

    items[0].content[0].text = "Changed"
    items.clear()

    assert said(await ask(there)) == said(await ask(here)) == "Hello"


@pytest.mark.parametrize("streamed", [False, True])
async def test_a_ready_answer_keeps_its_counts(testing, streamed):
    details = agents.Usage().input_tokens_details.model_copy(update={"cached_tokens": 3})
    counts = agents.Usage(requests=2, input_tokens=5, output_tokens=4, total_tokens=11, input_tokens_details=details)
    given = agents.ModelResponse(output=[MESSAGE], usage=counts, response_id=None)

    found = []
    for model in (testing.ScriptedModel([given]), FakeModel([given])):
        agent = agents.Agent(name="a", model=model)
        if streamed:
            result = agents.Runner.run_streamed(agent, "Hi")
            async for _ in result.stream_events():
                pass
        else:
            result = await agents.Runner.run(agent, "Hi")
        used = result.raw_responses[0].usage
        cached = used.input_tokens_details.cached_tokens
        found.append((used.requests, used.input_tokens, used.output_tokens, used.total_tokens, cached))

    assert found == [(2, 5, 4, 11, 3)] * 2
