"""The laws of transcripts: what is another stream has another text, and what is drawn anew each time is not in it."""

import copy
import re

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from fakemodel import transcript
from fakemodel.tape import layout
from fakemodel.wire import chat, responses
from tests.wire.replies import replies

LEFT_OUT = {"usage", "obfuscation", "created", "created_at", "completed_at", "encrypted_content"}
NAMED = {"id", "item_id", "call_id"}

laws = settings(derandomize=True, deadline=None, max_examples=200)

event_streams = st.builds(
    lambda reply, background: list(responses.events(reply, fields={"background": background}, obfuscation=True)),
    replies,
    st.booleans(),
)
chunk_streams = st.builds(lambda reply: list(chat.chunks(reply, obfuscation=True)), replies)
streams = event_streams | chunk_streams


def renumbered(stream: list[dict]) -> list[dict]:
    return [
        {**event, "sequence_number": number} if "sequence_number" in event else event
        for number, event in enumerate(stream)
    ]


def leaves(value, path=()):
    """Every text and number that stands in a payload, where it is one that a transcript tells."""
    if isinstance(value, dict):
        for key, held in value.items():
            if key not in LEFT_OUT | NAMED:
                yield from leaves(held, (*path, key))
    elif isinstance(value, list):
        for at, held in enumerate(value):
            yield from leaves(held, (*path, at))
    elif value is not None:
        yield path


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


@laws
@given(streams, st.data())
def test_a_value_that_is_another_one_is_told(stream, data):
    *path, key = data.draw(st.sampled_from(list(leaves(stream))))
    other = copy.deepcopy(stream)
    holder = other
    for step in path:
        holder = holder[step]
    holder[key] = changed(holder[key])

    assert transcript(other) != transcript(stream)


@laws
@given(streams, st.data())
def test_an_event_that_is_missing_is_told(stream, data):
    at = data.draw(st.integers(0, len(stream) - 1))

    assert transcript(renumbered(stream[:at] + stream[at + 1 :])) != transcript(stream)


@laws
@given(streams, st.data())
def test_an_event_that_came_twice_is_told(stream, data):
    at = data.draw(st.integers(0, len(stream) - 1))

    assert transcript(renumbered(stream[: at + 1] + stream[at:])) != transcript(stream)


@laws
@given(streams, st.data())
def test_two_events_that_changed_places_are_told(stream, data):
    at = data.draw(st.integers(0, len(stream) - 2))
    first, second = stream[at : at + 2]
    assume(spoken(first) != spoken(second))  # how a text was cut into its deltas is not told

    assert transcript(renumbered([*stream[:at], second, first, *stream[at + 2 :]])) != transcript(stream)


@laws
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


@laws
@given(replies)
def test_objects_of_the_sdk_have_the_text_of_their_payloads(reply):
    assert transcript(reply.events()) == transcript(responses.events(reply))
    assert transcript(reply.chunks()) == transcript(chat.chunks(reply))
    assert transcript(reply.response()) == transcript(reply)


@laws
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
