"""What a script of FakeModel may hold beside replies: failures, exact streams, answers of the Agents SDK's own."""

from types import SimpleNamespace

import openai
import pytest

from fakemodel import FakeModel, Reply, ReplyInvalid, UnplayedReplies, check_events, failure, slow, text, usage, when


async def collected(model, **arguments):
    """The events of a streamed answer, and the error that ended it."""
    events = []
    try:
        async for event in model.stream_response(**arguments):
            events.append(event)  # noqa: PERF401  # those before an error are kept
    except RuntimeError as error:
        return events, error
    return events, None


BROKE = RuntimeError("It broke.")


async def test_a_stream_breaks_off_after_so_many_events():
    reply = Reply(text("Hel", "lo"))
    model = FakeModel([failure(BROKE, reply, after=5)])

    events, error = await collected(model)

    assert events == reply.events()[:5]
    assert error is BROKE


@pytest.mark.parametrize("step", [failure(BROKE), failure(BROKE, "Hello", after=5), BROKE], ids=repr)
async def test_a_failure_is_raised_as_it_is_where_nothing_is_streamed(step):
    model = FakeModel([step])

    with pytest.raises(RuntimeError) as raised:
        await model.get_response(input="Hi")

    assert raised.value is BROKE


async def test_a_failure_without_a_reply_streams_nothing():
    assert await collected(FakeModel([failure(BROKE)])) == ([], BROKE)


@pytest.mark.parametrize(
    ("write", "message"),
    [
        (lambda: failure("odd"), "failure('odd') takes an exception, or the class of one."),
        (lambda: failure(BROKE, "a"), "failure(…, 'a', after=0): `after` counts the events of a reply, from 1 on."),
        (
            lambda: failure(BROKE, after=2),
            "failure(…, None, after=2): `after` counts the events of a reply, from 1 on.",
        ),
        (lambda: failure(BROKE, 5, after=2), "5 is no part of a reply."),
    ],
)
def test_a_failure_that_cannot_be_is_refused_where_it_is_written(write, message):
    with pytest.raises(ReplyInvalid) as refused:
        write()

    assert str(refused.value).startswith(message)


async def test_an_exact_stream_is_handed_on_as_it_is():
    events = Reply("Hello", usage=usage(7, 5)).events()[:-1:2] + Reply("Hello", usage=usage(7, 5)).events()[-1:]
    model = FakeModel([events, events])

    streamed, _ = await collected(model)
    answer = await model.get_response(input="Hi")

    assert streamed == events
    assert answer.output == events[-1].response.output
    assert (answer.response_id, answer.usage.total_tokens) == (events[-1].response.id, 12)


async def test_an_exact_stream_is_detached_from_what_was_given():
    events = Reply("Hello").events()
    model = FakeModel([events])
    events[-1].response.id = "resp_other"

    streamed, _ = await collected(model)

    assert streamed[-1].response.id != "resp_other"


async def test_events_that_end_with_no_response_are_no_answer():
    model = FakeModel([Reply("Hello").events()[:3]])

    with pytest.raises(ReplyInvalid, match="turn 1 is not streamed, and its events do not end with a response"):
        await model.get_response(input="Hi")


async def test_a_function_may_stream_and_is_closed_with_the_stream():
    closed = []

    async def factory(turn):
        try:
            for event in Reply(f"turn {turn.number}").events():
                yield event
        finally:
            closed.append(turn.number)

    model = FakeModel([factory, factory])
    events, _ = await collected(model)
    check_events(events)
    assert events[-1].response.output_text == "turn 1"

    stream = model.stream_response()
    await anext(stream)
    await stream.aclose()
    assert closed == [1, 2]


async def test_an_event_list_shows_itself_where_it_was_never_asked_for():
    model = FakeModel([Reply("a").events(), failure(BROKE, "a", after=2)])

    with pytest.raises(UnplayedReplies) as left:
        model.assert_complete()

    assert "turn 1  never asked for -> 9 events" in str(left.value)
    assert "turn 2  never asked for -> raise RuntimeError('It broke.') after 2 events" in str(left.value)


async def test_the_advice_of_each_of_several_failures_is_kept():
    errors, advice = [RuntimeError("one"), RuntimeError("two")], [["wait"], ["give up"]]
    steps = [failure(error, retry_advice=told) for error, told in zip(errors, advice, strict=True)]
    model = FakeModel([*steps, errors[0]])
    advice[0].append("changed afterwards")

    await collected(model)
    await collected(model)
    assert [model.get_retry_advice(SimpleNamespace(error=error)) for error in errors] == [["wait"], ["give up"]]

    await collected(model)
    assert model.get_retry_advice(SimpleNamespace(error=errors[0])) is None


def test_of_replies_one_of_which_is_none_not_one_is_kept():
    model = FakeModel()

    with pytest.raises(ReplyInvalid):
        model.say("a", when(input="b").say("b"), 42)

    assert model.remaining == 0


def test_an_exception_that_needs_arguments_is_to_be_given_itself():
    class Refused(Exception):
        def __init__(self, status):
            super().__init__(status)

    for write in (lambda: failure(Refused), lambda: slow(Refused, 5)):
        with pytest.raises(ReplyInvalid, match=r"^Refused needs arguments; give the exception itself: "):
            write()


@pytest.mark.skipif(
    not hasattr(openai.types.responses, "ResponseApplyPatchToolCall"), reason="this openai has no type for a patch"
)
async def test_a_patch_that_is_given_as_a_dict_is_a_call_that_was_completed():
    patch = {"type": "apply_patch_call", "call_id": "call_1", "operation": {"type": "delete_file", "path": "a.py"}}

    answer = await FakeModel([[patch]]).get_response(input="Hi")

    item = answer.output[0]
    assert (item.id, item.call_id, item.status) == ("call_1", "call_1", "completed")


def test_the_class_of_an_error_that_needs_arguments_is_refused_where_it_is_written():
    with pytest.raises(ReplyInvalid, match=r"^RateLimitError needs arguments; give the exception itself: "):
        FakeModel([openai.RateLimitError])


@pytest.mark.parametrize(
    "events",
    [Reply("Hello").events()[:2], [{"type": "response.completed", "response": {"id": "resp_1"}}]],
    ids=["cut", "without an output"],
)
async def test_events_that_do_not_end_with_a_whole_response_are_no_answer(events):
    model = FakeModel([events])

    with pytest.raises(ReplyInvalid, match=r"^turn 1 is not streamed, and its events do not end with a response: "):
        await model.get_response(input="Hi")
