"""Bodies rewritten: texts are edited wherever they stand, and JSON stays JSON, a stream the stream that it was."""

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakemodel import Reply, check_chunks, check_events, reasoning, refusal, sse, text, tool_call
from fakemodel.tape.bodies import Edit, Pass, edited, rewritten
from fakemodel.wire.sse import split


def rule(pattern: str, new: str) -> Pass:
    def edits(said: str) -> list[Edit]:
        return [(*found.span(), found.expand(new)) for found in re.finditer(pattern, said)]

    return edits


def rewrite(body: bytes | str, *passes: Pass, members=dict) -> bytes:
    return rewritten(body.encode() if isinstance(body, str) else body, passes, members)


CAPITAL = rule("Brasília", "Lima")


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("", ""),
        ("Brasília!", "Lima!"),
        ('{"a": "Brasília", "b": ["is Brasília", 1, null, true, 1.0]}', '{"a":"Lima","b":["is Lima",1,null,true,1.0]}'),
        ('["Brasília"]', '["Lima"]'),
        ('{"a": "Bras\\u00edlia"}', '{"a":"Lima"}'),
        ('{"a": "{\\"b\\": \\"Brasília\\"}"}', '{"a":"{\\"b\\": \\"Lima\\"}"}'),
        ('{"a": "Brasília"', '{"a": "Lima"'),
        ('{"a": "Brasília"}\n{"a": 1}\n', '{"a": "Lima"}\n{"a": 1}\n'),
        ("a=Brasília&b=1", "a=Lima&b=1"),
        (' \n{"a": "Brasília"}\n', '{"a":"Lima"}'),
    ],
    ids=["nothing", "text", "object", "list", "escape", "JSON in a string", "half of JSON", "lines", "form", "spaces"],
)
def test_texts_are_edited_wherever_they_stand(body, expected):
    assert rewrite(body, CAPITAL).decode() == expected


def test_what_is_no_text_is_edited_byte_by_byte():
    assert rewrite(b"\x89PNG\xff Brazil \xfe", rule("Brazil", "Peru")) == b"\x89PNG\xff Peru \xfe"


def test_names_of_members_are_texts_and_numbers_stay():
    assert rewrite('{"Brasília":12345}', CAPITAL, rule("12345", "0")) == b'{"Lima":12345}'


def test_a_pass_sees_what_the_one_before_made():
    assert edited("abc", [rule("b", "xx"), rule("xc", "y")]) == "axy"


def test_what_was_replaced_is_not_replaced_again_by_the_same_pass():
    assert edited("aa", [rule("a", "aa")]) == "aaaa"


def test_halves_of_characters_stay_escaped():
    assert rewrite(b'{"a": "\\ud83d", "b": "Bras\\u00edlia"}', CAPITAL) == b'{"a":"\\ud83d","b":"Lima"}'


def test_each_object_is_given_as_it_is_to_be():
    def without_times(value):
        return {key: each for key, each in value.items() if key != "at"}

    body = '{"at":1,"in":[{"at":2,"a":"b"}]}'

    assert rewrite(body, members=without_times) == b'{"in":[{"a":"b"}]}'
    assert rewrite(f"data: {body}\n\n", members=without_times) == b'data: {"in":[{"a":"b"}]}\n\n'


def test_log_probabilities_are_left_as_they_are():
    logprob = {"token": "Brasília", "bytes": [66], "logprob": -0.1, "top_logprobs": []}

    assert json.loads(rewrite(json.dumps({"logprobs": [logprob], "text": "Brasília"}), CAPITAL)) == {
        "logprobs": [logprob],
        "text": "Lima",
    }
    assert rewrite('{"token":"Brasília"}', CAPITAL) == b'{"token":"Lima"}'


# Streams.


def payloads(body: bytes) -> list[dict]:
    frames = [line for frame in split(body) for line in frame.decode().splitlines() if line.startswith("data: {")]
    return [json.loads(line.removeprefix("data: ")) for line in frames]


def said(events: list[dict]) -> list[str]:
    return [event["delta"] for event in events if "delta" in event]


def test_a_text_in_deltas_is_edited_as_one_and_goes_into_as_many():
    stream = sse(Reply(text("The ca", "pital: Br", "as", "ília", ".", " Bras", "ília", "!")).events())

    events = payloads(rewrite(stream, CAPITAL))

    assert said(events) == ["The ca", "pital: Lima", "", "", ".", " Lima", "", "!"]
    assert events[-1]["response"]["output"][0]["content"][0]["text"] == "The capital: Lima. Lima!"


def test_two_edits_may_meet_in_one_delta():
    stream = sse(Reply(text("aBra", "sília,Bras", "íliaBrasília", "")).events())

    assert said(payloads(rewrite(stream, CAPITAL))) == ["aLima", ",Lima", "Lima", ""]


def test_the_arguments_of_calls_are_edited_each_for_itself():
    chunks = [
        {"index": 0, "id": "call_1", "function": {"name": "f", "arguments": ""}},
        {"index": 0, "function": {"arguments": '{"city": "Bras'}},
        {"index": 1, "id": "call_2", "function": {"name": "f", "arguments": '{"city": "Bras'}},
        {"index": 0, "function": {"arguments": 'ília"}'}},
        {"index": 1, "function": {"arguments": 'il"}'}},
    ]
    body = b"".join(
        f"data: {json.dumps({'choices': [{'index': 0, 'delta': {'tool_calls': [call]}}]})}\n\n".encode()
        for call in chunks
    )

    calls = [chunk["choices"][0]["delta"]["tool_calls"][0] for chunk in payloads(rewrite(body, CAPITAL))]

    assert [call["function"]["arguments"] for call in calls] == ["", '{"city": "Lima', '{"city": "Bras', '"}', 'il"}']


@pytest.mark.parametrize("member", ["content", "refusal", "reasoning_content", "reasoning"])
def test_the_deltas_of_chunks_are_edited_by_choice(member):
    deltas = [(0, "Bras"), (1, "Bras"), (0, "ília"), (1, "il")]
    body = b"".join(
        f"data: {json.dumps({'choices': [{'index': index, 'delta': {member: piece}}]})}\n\n".encode()
        for index, piece in deltas
    )

    chunks = payloads(rewrite(body + b"data: [DONE]\n\n", CAPITAL))

    assert [chunk["choices"][0]["delta"][member] for chunk in chunks] == ["Lima", "Bras", "", "il"]


def test_deltas_of_other_items_are_not_joined():
    events = [{"type": "response.output_text.delta", "item_id": f"msg_{at}", "output_index": at, "content_index": 0,
               "delta": piece} for at, piece in enumerate(["Bras", "ília"])]  # fmt: skip
    body = b"".join(f"data: {json.dumps(event)}\n\n".encode() for event in events)

    assert said(payloads(rewrite(body, CAPITAL))) == ["Bras", "ília"]


@pytest.mark.parametrize(
    "stream",
    [
        ': ping Brasília\n\ndata: {"a":"Brasília"}\n\n',
        'event: Brasília\r\ndata: {"a":"Brasília"}\r\n\r\n',
        'data:{"a":"Brasília"}\n\ndata: [DONE]\n\n',
        "data: Brasília\n\ndata: {broken Brasília\n\n",
        'data: {"a":"Brasília"}',
        'id: 7\nretry: 5\ndata: {"a":"Brasília"}\n\n',
        'data: [{"a":"Brasília"}]\n\ndata: "Brasília"\n\ndata: 1\n\n',
    ],
    ids=["comment", "crlf", "no space", "no JSON", "no end", "other fields", "no object"],
)
def test_the_framing_of_a_stream_stays(stream):
    assert rewrite(stream, CAPITAL).decode() == stream.replace("Brasília", "Lima")


@pytest.mark.parametrize("word", ["data", "event", "DONE"])
def test_a_rule_does_not_reach_the_words_of_the_framing(word):
    stream = 'id: 7\nevent: ping\ndata: {"a":"ping event data DONE 7"}\n\ndata: [DONE]\n\n'

    assert rewrite(stream, rule(word, "xx")).decode() == stream.replace(
        "ping event data DONE 7", "ping event data DONE 7".replace(word, "xx")
    )


fragments = st.lists(st.text("éß", max_size=4), min_size=1, max_size=5)
words = st.lists(
    fragments.map(lambda found: text(*found))
    | fragments.map(lambda found: refusal(*found))
    | fragments.map(lambda found: reasoning(*found))
    | st.builds(tool_call, st.just("look"), st.lists(st.text("éß", max_size=4), max_size=3)),
    min_size=1,
    max_size=3,
)
rules = st.lists(
    st.tuples(st.sampled_from(["é", "éß", "ß+", "éßé", "é.ß", "[éß]ß"]), st.sampled_from(["", "x", "yyyy", "ß"])),
    min_size=1,
    max_size=3,
)


@given(fragments, rules)
def test_a_text_in_pieces_is_edited_as_the_whole(found, drawn):
    whole = "".join(found)
    for pattern, new in drawn:
        whole = re.sub(pattern, new, whole)
    events = [{"type": "response.output_text.delta", "item_id": "msg_1", "delta": piece} for piece in found]
    body = b"".join(f"data: {json.dumps(event)}\n\n".encode() for event in events)

    rewritten_events = payloads(rewrite(body, *(rule(*each) for each in drawn)))

    assert "".join(said(rewritten_events)) == whole
    assert len(rewritten_events) == len(found)


@given(st.text("éß", max_size=9), rules)
def test_a_text_is_edited_as_by_the_regular_expressions(whole, drawn):
    expected = whole
    for pattern, new in drawn:
        expected = re.sub(pattern, new, expected)

    assert edited(whole, [rule(*each) for each in drawn]) == expected


@pytest.mark.parametrize("pattern", ["x*", "^", "$", r"\b", "(?=a)"])
def test_a_pattern_that_matches_nothing_at_all_puts_its_replacement_there(pattern):
    assert edited("ab ab", [rule(pattern, "-")]) == re.sub(pattern, "-", "ab ab")


@given(words, rules.filter(lambda drawn: all(new != "" for _, new in drawn)))
def test_a_stream_stays_legal(parts, drawn):
    passes = [rule(*each) for each in drawn]

    check_events(payloads(rewrite(sse(Reply(*parts).events()), *passes)))
    check_chunks(payloads(rewrite(sse(Reply(*parts).chunks()), *passes)))


@given(words)
def test_a_stream_without_edits_is_what_it_was(parts):
    for stream in (sse(Reply(*parts).events()), sse(Reply(*parts).chunks())):
        assert rewrite(stream, CAPITAL) == stream


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.text(), json_values, max_size=3), st.booleans())
def test_json_without_edits_says_what_it_said(value, escaped):
    body = json.dumps(value, ensure_ascii=escaped).encode("utf-8", "surrogatepass")

    assert json.dumps(json.loads(rewrite(body))) == json.dumps(value)
