"""The laws of transcripts: what is another stream has another text, and what is drawn anew each time is not in it."""

import copy
import functools
import operator
import re
from collections import Counter
from contextlib import suppress

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from fakemodel import Reply, StreamError, transcript
from fakemodel.strategies import replies
from fakemodel.tape import layout
from fakemodel.wire import chat, responses

LEFT_OUT = {"usage", "obfuscation", "created", "created_at", "completed_at", "encrypted_content"}
NAMED = {"id", "item_id", "call_id", "container_id"}


ITEMS = [
    {"type": "web_search_call", "status": "completed", "action": {"type": "search", "query": "weather"}},
    {"type": "file_search_call", "status": "completed", "queries": ["weather"], "results": None},
    {"type": "code_interpreter_call", "status": "completed", "code": "1 + 1", "container_id": "cntr_1", "outputs": []},
    {"type": "mcp_list_tools", "server_label": "docs", "tools": [{"name": "ask", "input_schema": {}}]},
    {"type": "mcp_call", "status": "failed", "name": "ask", "arguments": "{}", "server_label": "docs", "error": "gone"},
    {"type": "compaction", "encrypted_content": "secret"},
    {"type": "computer_call", "status": "completed", "action": {"type": "wait"}, "pending_safety_checks": []},
]
"""What parts have no words for."""


def with_items(reply: Reply, items: list[dict]) -> Reply:
    return Reply(*items, *reply.parts, usage=reply.usage, status=reply.status, reason=reply.reason)


event_streams = st.builds(
    lambda reply, items, background: list(
        responses.events(with_items(reply, items), fields={"background": background}, obfuscation=True)
    ),
    replies(),
    st.lists(st.sampled_from(ITEMS), max_size=2),
    st.booleans(),
)
chunk_streams = st.builds(lambda reply: list(chat.chunks(reply, obfuscation=True)), replies())
streams = event_streams | chunk_streams


def renumbered(stream: list[dict]) -> list[dict]:
    return [
        {**event, "sequence_number": number} if "sequence_number" in event else event
        for number, event in enumerate(stream)
    ]


def leaves(value, path=(), *, named=False):
    """Where a text or a number stands that a transcript tells; with `named`, an id."""
    if isinstance(value, dict):
        for key, held in value.items():
            if key in NAMED and named and held is not None:
                yield (*path, key)
            elif key not in LEFT_OUT | NAMED:
                yield from leaves(held, (*path, key), named=named)
    elif isinstance(value, list):
        for place, held in enumerate(value):
            yield from leaves(held, (*path, place), named=named)
    elif value is not None and not named:
        yield path


def holders(value, path=()):
    """Where anything stands."""
    if path:
        yield path
    for key, held in value.items() if isinstance(value, dict) else enumerate(value if isinstance(value, list) else ()):
        yield from holders(held, (*path, key))


def at(value, path):
    return functools.reduce(operator.getitem, path, value)


junk = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["type", "index", "id"]), inner),
    max_leaves=4,
)


def changed(value):
    if isinstance(value, bool):
        return not value
    return f"{value}x" if isinstance(value, str) else value + 1


def spoken(event):
    """What an event says a fragment of."""
    deltas = [
        (choice["index"], [*choice["delta"]], [call["index"] for call in choice["delta"].get("tool_calls", ())])
        for choice in event.get("choices", ())
    ]
    return deltas, [event.get(key) for key in ("type", "output_index", "content_index", "summary_index")]


@given(streams, st.data())
def test_a_value_that_is_another_one_is_told(stream, data):
    path = data.draw(st.sampled_from(list(leaves(stream))))
    other = copy.deepcopy(stream)
    at(other, path[:-1])[path[-1]] = changed(at(stream, path))

    assert transcript(other) != transcript(stream)


@given(event_streams, st.data())
def test_an_id_that_is_not_the_same_everywhere_is_told(stream, data):
    places = list(leaves(stream, named=True))
    ids = Counter(at(stream, path) for path in places)
    path = data.draw(st.sampled_from([path for path in places if ids[at(stream, path)] > 1]))
    other = copy.deepcopy(stream)
    at(other, path[:-1])[path[-1]] = "msg_invented"

    assert transcript(other) != transcript(stream)


@given(streams, st.data())
def test_what_is_no_stream_of_the_api_is_told_or_refused_by_our_own_error(stream, data):
    path = data.draw(st.sampled_from(list(holders(stream))))
    at(stream, path[:-1])[path[-1]] = data.draw(junk)

    with suppress(StreamError):
        assert transcript(stream)


@given(replies(), st.data())
def test_what_is_no_answer_of_the_api_is_told_or_refused_by_our_own_error(reply, data):
    answer = copy.deepcopy(data.draw(st.sampled_from([responses.response(reply), chat.completion(reply)])))
    path = data.draw(st.sampled_from(list(holders(answer))))
    at(answer, path[:-1])[path[-1]] = data.draw(junk)

    with suppress(StreamError):
        assert transcript(answer)


@pytest.mark.parametrize("answer", [{"object": []}, {"object": "response", "output": [{"type": []}]}])
def test_a_list_in_the_place_of_a_word_is_refused(answer):
    with pytest.raises(StreamError):
        transcript(answer)


@given(streams, st.data())
def test_an_event_that_is_missing_is_told(stream, data):
    place = data.draw(st.integers(0, len(stream) - 1))

    assert transcript(renumbered(stream[:place] + stream[place + 1 :])) != transcript(stream)


@given(streams, st.data())
def test_an_event_that_came_twice_is_told(stream, data):
    place = data.draw(st.integers(0, len(stream) - 1))

    assert transcript(renumbered(stream[: place + 1] + stream[place:])) != transcript(stream)


@given(streams, st.data())
def test_two_events_that_changed_places_are_told(stream, data):
    place = data.draw(st.integers(0, len(stream) - 2))
    first, second = stream[place : place + 2]
    assume(spoken(first) != spoken(second))  # how a text was cut into its deltas is not told

    assert transcript(renumbered([*stream[:place], second, first, *stream[place + 2 :]])) != transcript(stream)


@given(streams, st.integers(1, 2**32))
def test_what_is_drawn_anew_each_time_is_not_told(stream, seed):
    def anew(value):
        if isinstance(value, dict):
            return {key: other(key, held) for key, held in value.items()}
        return [anew(each) for each in value] if isinstance(value, list) else value

    def other(key, value):
        if key in NAMED and isinstance(value, str):
            prefix, sign, rest = re.split("([_-])", value, maxsplit=1)
            return f"{prefix}{sign}{seed:x}{rest}"
        if key in LEFT_OUT and value is not None:
            return f"{seed}" if key == "encrypted_content" else seed
        return anew(value)

    assert transcript(anew(stream)) == transcript(stream)


@given(replies())
def test_objects_of_the_sdk_have_the_text_of_their_payloads(reply):
    assert transcript(reply.events()) == transcript(responses.events(reply))
    assert transcript(reply.chunks()) == transcript(chat.chunks(reply))
    assert transcript(reply.response()) == transcript(reply)


@given(streams)
def test_each_event_has_one_line_and_deltas_share_theirs(stream):
    text = transcript(stream)

    told = sum(int(count) for count in re.findall(r"^\S.*?  (\d+) deltas? ", text, flags=re.MULTILINE))
    others = [line for line in text.split("\n") if not re.match(r"\S.*?  \d+ deltas? ", line)]
    heads = [line for line in others if line.startswith("chat.completion.chunk")]
    assert told + len(others) - len(heads) == len(stream)
    assert text.splitlines() == text.split("\n")


def test_no_id_is_left_in_real_traffic(corpus):
    bodies = [turn.response for file in sorted(corpus.rglob("*.yaml")) for turn in layout.read(file)]

    for body in (response.body for response in bodies if response.is_stream):
        text = transcript(body)
        given = re.findall(rb'"(?:id|item_id|call_id)": ?"([^"]{8,})"', body)
        assert given
        assert not [id for id in given if id.decode() in text]
