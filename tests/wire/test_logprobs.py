"""Log probabilities: the three ways to write them, and where both APIs say them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakemodel import FakeOpenAI, Reply, ReplyInvalid, check_chunks, check_events, refusal, text, tool_call


def entry(token, logprob, *top):
    return {"token": token, "bytes": list(token.encode()), "logprob": logprob, "top_logprobs": list(top)}


def alternative(token, logprob):
    return {"token": token, "bytes": list(token.encode()), "logprob": logprob}


SUN = {
    "token": "Sun",
    "logprob": -0.5,
    "top_logprobs": [{"token": "Sun", "logprob": -0.5}, {"token": "Moón", "logprob": -1.5}],
}
SUN_TOLD = entry("Sun", -0.5, alternative("Sun", -0.5), alternative("Moón", -1.5))

WAYS = {
    "numbers": (text("Sun", "ny", logprobs=[-0.5, -0.25]), [[entry("Sun", -0.5)], [entry("ny", -0.25)]]),
    "whole numbers": (text("Sun", "ny", logprobs=[-1, 0]), [[entry("Sun", -1)], [entry("ny", 0)]]),
    "an entry": (text("Sun", "ny", logprobs=[SUN, -0.25]), [[SUN_TOLD], [entry("ny", -0.25)]]),
    "an entry of its own bytes": (
        text("é", logprobs=[{"token": "\\xc3\\xa9", "bytes": [195, 169], "logprob": -0.5}]),
        [[{"token": "\\xc3\\xa9", "bytes": [195, 169], "logprob": -0.5, "top_logprobs": []}]],
    ),
    "an entry without bytes": (
        text("Sun", logprobs=[{"token": "Sun", "bytes": None, "logprob": -0.5}]),
        [[{"token": "Sun", "bytes": None, "logprob": -0.5, "top_logprobs": []}]],
    ),
    "a list of entries": (
        text("Sunny", "!", logprobs=[[SUN, {"token": "ny", "logprob": -0.25}], -2.0]),
        [[SUN_TOLD, entry("ny", -0.25)], [entry("!", -2.0)]],
    ),
    "no entry for a fragment": (text("Sun", "ny", logprobs=[[], -0.25]), [[], [entry("ny", -0.25)]]),
}
EVERY_WAY = pytest.mark.parametrize(("part", "told"), WAYS.values(), ids=WAYS)


@EVERY_WAY
def test_each_delta_of_a_response_has_the_entries_of_its_tokens_and_what_repeats_it_has_all(part, told):
    events = [event.to_dict() for event in Reply(part).events()]
    by_type = {event["type"].removeprefix("response."): event for event in events}
    all_of_it = [each for entries in told for each in entries]

    assert [event["logprobs"] for event in events if event["type"].endswith(".delta")] == told
    assert by_type["content_part.added"]["part"]["logprobs"] == []
    assert by_type["output_text.done"]["logprobs"] == all_of_it
    assert by_type["content_part.done"]["part"]["logprobs"] == []
    assert by_type["output_item.done"]["item"]["content"][0]["logprobs"] == all_of_it
    assert by_type["completed"]["response"]["output"][0]["content"][0]["logprobs"] == all_of_it
    check_events(events)


@EVERY_WAY
def test_each_chunk_has_the_entries_of_its_tokens_and_the_completion_has_all(part, told):
    reply = Reply(part)
    choices = [chunk.to_dict()["choices"][0] for chunk in reply.chunks(include_usage=False)]

    assert [choice["logprobs"] for choice in choices] == [
        {"content": [], "refusal": None},
        *({"content": entries, "refusal": None} if entries else None for entries in told),
        None,
    ]
    assert reply.completion().to_dict()["choices"][0]["logprobs"] == {
        "content": [each for entries in told for each in entries],
        "refusal": None,
    }
    check_chunks(reply.chunks())


@pytest.mark.parametrize(
    ("reply", "told"),
    [
        (Reply("a", text("b", logprobs=[-0.5])), [[], None, [entry("b", -0.5)], None]),
        (Reply(text("a", logprobs=[-0.5]), "b"), [[], [entry("a", -0.5)], None, None]),
        (Reply(text("a", logprobs=[-0.5]), refusal("No")), [[], [entry("a", -0.5)], None, None]),
        (Reply(text("a", logprobs=[-0.5]), tool_call("f", "")), [[], [entry("a", -0.5)], None, None]),
    ],
)
def test_what_has_no_logprobs_says_so_beside_what_has(reply, told):
    choices = [chunk.to_dict()["choices"][0] for chunk in reply.chunks(include_usage=False)]

    assert [each["logprobs"] and each["logprobs"]["content"] for each in choices] == told
    check_chunks(reply.chunks())
    check_events(reply.events())


@EVERY_WAY
def test_clients_read_the_entries_streamed_or_not(part, told):
    reply = Reply(part)
    client = FakeOpenAI([reply] * 4).client()
    chat = {"model": "fake-model", "messages": [{"role": "user", "content": "Hi"}]}
    all_of_it = [each for entries in told for each in entries]

    with client.responses.stream(model="fake-model", input="Hi") as stream:
        streamed = stream.get_final_response().output[0].content[0].logprobs
    plain = client.responses.create(model="fake-model", input="Hi").output[0].content[0].logprobs
    with client.chat.completions.stream(**chat) as stream:
        accumulated = stream.get_final_completion().choices[0].logprobs.content
    completed = client.chat.completions.create(**chat).choices[0].logprobs.content

    for found in (streamed, plain, accumulated, completed):
        assert [each.to_dict() for each in found] == all_of_it


NO_LOGPROB = (
    "a log probability is a number, at most 0. It is given as such, as an entry "
    '{"token": …, "logprob": …, "top_logprobs": […]}, or as a list of entries.'
)


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("-1", "logprobs='-1' for 'Sun'"),
        (0.5, "logprobs=0.5 for 'Sun'"),
        (True, "logprobs=True for 'Sun'"),
        (None, "logprobs=None for 'Sun'"),
        (float("nan"), "logprobs=nan for 'Sun'"),
        (float("-inf"), "logprobs=-inf for 'Sun'"),
        ({"token": "Sun"}, "logprobs=None for 'Sun'"),
        ({"logprob": -0.5}, "logprobs=-0.5 for None"),
        ([{"token": "Sun", "logprob": 1}], "logprobs=1 for 'Sun'"),
        ([-0.5], "logprobs=[-0.5] for 'Sun'"),
    ],
)
def test_what_is_no_log_probability_is_refused_where_it_is_written(given, shown):
    with pytest.raises(ReplyInvalid) as refused:
        text("Sun", logprobs=[given])

    assert str(refused.value) == f"{shown}: {NO_LOGPROB}"


@pytest.mark.parametrize(
    "given",
    [
        {"token": "\ud800", "logprob": -0.5},
        {**SUN, "top_logprobs": 5},
        {**SUN, "top_logprobs": "Sun"},
        {**SUN, "top_logprobs": [-0.5]},
        {**SUN, "top_logprobs": [{"token": 5, "logprob": -0.5}]},
    ],
)
def test_an_entry_of_another_form_is_refused_where_it_is_written(given):
    with pytest.raises(ReplyInvalid):
        text("Sun", logprobs=[given])


@pytest.mark.parametrize(
    ("logprobs", "shown"),
    [([-0.5, -0.5], "2"), ([], "0"), (-0.5, "-0.5"), ("a", "'a'"), ({"token": "a"}, "{'token': 'a'}")],
)
def test_each_fragment_needs_its_own(logprobs, shown):
    with pytest.raises(ReplyInvalid) as refused:
        text("Sun", logprobs=logprobs)

    assert str(refused.value) == (
        f"text('Sun') has 1 fragments and {shown} logprobs. Give one log probability for each fragment."
    )


@pytest.mark.parametrize(
    ("part", "shown"),
    [
        (WAYS["numbers"][0], "text('Sun', 'ny', logprobs=[-0.5, -0.25])"),
        (WAYS["no entry for a fragment"][0], "text('Sun', 'ny', logprobs=[[], -0.25])"),
    ],
)
def test_a_text_shows_its_log_probabilities_as_they_were_written(part, shown):
    assert repr(part) == shown


@EVERY_WAY
def test_what_a_text_shows_can_be_written(part, told):
    assert eval(repr(part), {"text": text}) == part


def test_entries_are_detached_from_what_was_given():
    given = {"token": "Sun", "logprob": -0.5, "top_logprobs": [{"token": "Sun", "logprob": -0.5}], "more": [1]}
    reply = Reply(text("Sun", logprobs=[given]))

    given["more"].append(2)
    given["top_logprobs"][0]["token"] = "Moon"

    (told,) = reply.completion().to_dict()["choices"][0]["logprobs"]["content"]
    assert (told["more"], told["top_logprobs"]) == ([1], [alternative("Sun", -0.5)])


numbers = st.floats(-20, 0) | st.integers(-20, 0)
tokens = st.text(max_size=6)
entries = st.builds(
    lambda token, logprob, top: {"token": token, "logprob": logprob, "top_logprobs": top},
    tokens,
    numbers,
    st.lists(st.builds(lambda token, logprob: {"token": token, "logprob": logprob}, tokens, numbers), max_size=2),
)


@given(st.lists(st.tuples(tokens, numbers | entries | st.lists(entries, max_size=3)), min_size=1, max_size=4))
def test_however_they_are_written_both_apis_say_the_same(pairs):
    reply = Reply(text(*(fragment for fragment, _ in pairs), logprobs=[given for _, given in pairs]))
    chunks = reply.chunks(include_usage=False)
    streamed = [each.to_dict() for chunk in chunks if (found := chunk.choices[0].logprobs) for each in found.content]

    whole = reply.completion().choices[0].logprobs
    assert streamed == ([each.to_dict() for each in whole.content] if whole else [])
    assert streamed == [each.to_dict() for each in reply.output[0].content[0].logprobs]
    check_events(reply.events())
    check_chunks(chunks)
