"""The strategies for what is said and how it is carried: legal, complete, and shrunk to what a person would write."""

import pytest
from hypothesis import Phase, find, given, settings
from hypothesis import strategies as st
from openai._streaming import SSEDecoder

import fakemodel
from fakemodel import FakeOpenAI, Reply, ReplyInvalid, StreamError, check_chunks, check_events, faults, sse, strategies
from fakemodel.api.faults import Fault
from fakemodel.strategies import Reads, chunks, cuts, events, replies
from fakemodel.wire.deviations import DEVIATIONS

laws = settings(derandomize=True, deadline=None, database=None, max_examples=40)
shrinking = settings(laws, max_examples=1000, phases=[Phase.generate, Phase.shrink])


def simplest(strategy, condition=lambda found: True):
    return repr(find(strategy, condition, settings=shrinking))


@pytest.mark.parametrize(
    ("strategy", "shown"),
    [
        (replies(), "Reply(text('a'))"),
        (replies(strategies.refusals()), "Reply(refusal('a'))"),
        (strategies.texts(), "text('a')"),
        (strategies.refusals(), "refusal('a')"),
        (strategies.tool_calls(), "tool_call('f', '{}')"),
        (strategies.reasonings(), "reasoning('a')"),
        (chunks(), "Reply(text('a')).chunks()"),
        (chunks(deviation="repeated_role"), "Reply(text('a')).chunks(deviation='repeated_role')"),
        (chunks(deviation="late_tool_name"), "Reply(tool_call('f', '{}')).chunks(deviation='late_tool_name')"),
        (events(), "Reply(text('a')).events()"),
        (cuts(b"abc"), "Reads(body)"),
        (strategies.faults(), "faults.status(429)"),
    ],
)
def test_the_simplest_is_what_a_person_would_write(strategy, shown):
    assert simplest(strategy) == shown


@pytest.mark.parametrize(
    ("strategy", "shown"),
    [
        (replies(), "said=Reply(text('a'))"),
        (strategies.texts(), "said=text('a')"),
        (strategies.reasonings(), "said=reasoning('a')"),
        (st.lists(replies(), min_size=1), "said=[Reply(text('a'))]"),
        (chunks(), "said=Reply(text('a')).chunks()"),
        (cuts(b"abc"), "said=Reads(body)"),
        (strategies.faults(), "said=faults.status(429)"),
    ],
)
def test_hypothesis_shows_what_failed_as_the_code_that_makes_it(strategy, shown):
    @settings(database=None, derandomize=True, deadline=None, phases=[Phase.generate, Phase.shrink])
    @given(said=strategy)
    def fails(said):
        raise AssertionError

    with pytest.raises(AssertionError) as failed:
        fails()

    assert f"    {shown},\n" in "\n".join([*failed.value.__notes__, ""])


@pytest.mark.parametrize(
    ("condition", "shown"),
    [
        (lambda reply: not reply.parts, "Reply()"),
        (lambda reply: len(reply.parts) == 2, "Reply(text('a'), text('a'))"),
        (lambda reply: any(len(part.fragments) > 1 for part in reply.parts), "Reply(text('a', 'a'))"),
        (lambda reply: reply.usage, "Reply(text('a'), usage=usage(0, 0, cached=0, reasoning=0))"),
        (
            lambda reply: reply.reason == "content_filter",
            "Reply(text('a'), status='incomplete', reason='content_filter')",
        ),
        (lambda reply: reply.id, "Reply(text('a'), id='resp_1')"),
    ],
)
def test_what_is_not_needed_is_shrunk_away(condition, shown):
    assert simplest(replies(), condition) == shown


def test_a_cut_is_shown_with_what_is_around_it():
    def breaks_a_character(reads):
        return any(each[-1:] == b"\xc3" for each in reads)

    assert (
        simplest(cuts('{"said":"é"}'.encode()), breaks_a_character) == 'Reads(body, {10: b\'{"said":"\\xc3|\\xa9"}\'})'
    )


def test_what_is_shown_of_reads_makes_them_again():
    reads = find(cuts(b"data: 1\r\n\r\n"), lambda found: len(found) == 3, settings=shrinking)
    many = Reads(b"0123456789", range(1, 10))

    assert eval(repr(reads), {"Reads": Reads, "body": reads.body}) == reads
    assert eval(repr(many), {"Reads": Reads, "body": many.body}) == many == [bytes([each]) for each in b"0123456789"]


@laws
@given(chunks(), events())
def test_what_is_shown_of_a_stream_makes_it_again(chunks, events):
    names = {name: getattr(fakemodel, name) for name in ("Reply", "text", "refusal", "tool_call", "reasoning", "usage")}

    assert eval(repr(chunks), names) == chunks
    assert eval(repr(events), names) == events


@laws
@given(chunks(), events())
def test_streams_are_legal_and_say_their_reply(chunks, events):
    check_chunks(chunks)
    check_events(events)

    said = chunks.reply.completion().choices[0].message.content or ""
    deltas = [choice.delta.content or "" for chunk in chunks for choice in chunk.choices]
    assert "".join(deltas) == said
    assert events[-1].response.output_text == events.reply.response().output_text


@pytest.mark.parametrize("deviation", DEVIATIONS)
@settings(laws, max_examples=15)
@given(st.data())
def test_a_deviation_is_in_every_stream(deviation, data):
    found = data.draw(chunks(deviation=deviation))

    assert [each.to_dict() for each in found] != [each.to_dict() for each in found.reply.chunks()]
    assert Reply.from_chunks(found).completion().choices[0].message.content == (
        found.reply.completion().choices[0].message.content
    )


def test_most_deviations_are_no_habit_of_the_apis():
    illegal = {"late_tool_name", "split_tool_name", "split_tool_id", "interleaved_tools", "no_finish", "repeated_role"}

    for deviation in illegal:
        with pytest.raises(StreamError):
            check_chunks(find(chunks(deviation=deviation), lambda found: True, settings=shrinking))


def test_streams_of_replies_of_ones_own_are_streams_of_these():
    own = st.sampled_from([Reply("Hello"), Reply("Look", fakemodel.tool_call("get_weather"))])

    for strategy in (chunks(own), events(own), chunks(own, deviation="late_tool_name")):
        assert find(strategy, lambda found: len(found.reply.parts) == 2, settings=shrinking).reply.parts[0] == (
            fakemodel.text("Look")
        )


def test_an_unknown_deviation_is_told_at_once():
    with pytest.raises(ReplyInvalid, match="deviation='late_name' is none; the nearest is 'late_tool_name'"):
        chunks(deviation="late_name")


@laws
@given(st.binary(max_size=60).flatmap(cuts))
def test_reads_add_up_to_the_body_and_none_is_empty(reads):
    assert b"".join(reads) == reads.body
    assert all(reads)


def decoded(reads):
    return [(frame.event, frame.data) for frame in SSEDecoder().iter_bytes(iter(reads))]


@laws
@given(events().map(sse).flatmap(cuts))
def test_the_sdk_reads_the_same_whatever_is_cut(reads):
    assert decoded(reads) == decoded([reads.body])


KINDS = ("status", "connection_refused", "content_type", "timeout", "slow")
STREAMED = ("cut", "stalled", "truncated", "error_event", "malformed", "repeated", "swapped")


def name_of(fault: Fault) -> str:
    return repr(fault).removeprefix("faults.").partition("(")[0]


@pytest.mark.parametrize("name", [*KINDS, *STREAMED])
def test_every_fault_that_there_is_comes(name):
    assert name in faults.__all__
    assert find(strategies.faults(), lambda fault: name_of(fault) == name, settings=shrinking).of_streams == (
        name in STREAMED
    )


def test_there_is_no_fault_beside_these():
    assert {"Fault", *KINDS, *STREAMED} == set(faults.__all__)


@laws
@given(strategies.faults(streams=False), strategies.faults(waits=False))
def test_what_befalls_streams_alone_and_what_takes_time_can_be_left_out(of_answers, at_once):
    assert not of_answers.of_streams
    assert name_of(at_once) not in ("timeout", "slow", "stalled")


@laws
@given(strategies.faults())
def test_what_is_shown_of_a_fault_makes_it_again(fault):
    again = eval(repr(fault), {"faults": faults})

    assert (again, again.laws) == (fault, fault.laws)
    FakeOpenAI(["Hello"]).fail(again)
