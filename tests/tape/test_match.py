"""Whether a request is one that was recorded, and every place at which it differs."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fakemodel.tape.interaction import Request
from fakemodel.tape.match import ABSENT, Matcher

URI = "https://api.openai.com/v1/responses"


def asked(body: object = None, uri: str = URI, method: str = "POST") -> Request:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Request(method, uri, {}, content)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (asked(b'{"a": 1, "b": {"c": 2, "d": 3}}'), asked(b'{"b":{"d":3,"c":2},"a":1}')),
        (asked(b'{"a": "\\u00e9"}'), asked('{"a": "é"}'.encode())),
        (asked(uri=f"{URI}?b=2&a=1"), asked(uri=f"{URI}?a=1&b=2")),
        (asked(uri=URI), asked(uri="http://127.0.0.1:8000/7/v1/responses")),
        (asked(uri=f"{URI}/resp_1?a=1"), asked(uri="https://gateway.example/openai/v1/responses/resp_1?a=1")),
        (asked(uri=URI), asked(uri=f"{URI}#part")),
        (asked(b"not json"), asked(b"not json")),
        (asked(b"\xff"), asked(b"\xff")),
    ],
)
def test_requests_that_match(one, other):
    assert Matcher().key(one) == Matcher().key(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (asked(b'{"a": true}'), asked(b'{"a": 1}')),
        (asked(b'{"a": 1}'), asked(b'{"a": 1.0}')),
        (asked(b'{"a": true}'), asked(b'{"a": 1.0}')),
        (asked(b'{"a": "1"}'), asked(b'{"a": 1}')),
        (asked(b'{"a": null}'), asked(b"{}")),
        (asked(b'{"a": [1, 2]}'), asked(b'{"a": [2, 1]}')),
        (asked(b"null"), asked(b"")),
        (asked(b"{}"), asked(b'"{}"')),
        (asked(b"not json"), asked(b"NOT JSON")),
        (asked(method="GET"), asked(method="POST")),
        (asked(uri=URI), asked(uri="https://api.openai.com/v1/chat/completions")),
        (asked(uri=f"{URI}?a=1"), asked(uri=f"{URI}?a=2")),
        (asked(uri=f"{URI}?a="), asked(uri=URI)),
        (asked(uri=f"{URI}?a=1&a=1"), asked(uri=f"{URI}?a=1")),
        (asked(uri="https://one.example/v1/weather"), asked(uri="https://two.example/v1/weather")),
        (asked(uri="https://one.example/a/search"), asked(uri="https://one.example/b/search")),
        (asked(uri="https://one.example/search"), asked(uri="http://one.example/search")),
    ],
)
def test_requests_that_do_not_match(one, other):
    assert Matcher().key(one) != Matcher().key(other)


@pytest.mark.parametrize(
    ("ignore", "one", "other"),
    [
        ("metadata.run_id", {"metadata": {"run_id": "a", "kept": 1}}, {"metadata": {"run_id": "b", "kept": 1}}),
        ("metadata.run_id", {"metadata": {"run_id": "a"}}, {"metadata": {}}),
        ("metadata", {"metadata": {"run_id": "a"}}, {}),
        ("input[*].id", {"input": [{"id": "a"}, {"id": "b"}]}, {"input": [{}, {"id": "c"}]}),
        ("input[*].content[*].id", {"input": [{"content": [{"id": 1}]}]}, {"input": [{"content": [{"id": 2}]}]}),
        ("input[0]", {"input": ["a", "same"]}, {"input": ["b", "same"]}),
        ("input[1].id", {"input": [{"id": 1}, {"id": 2}]}, {"input": [{"id": 1}, {"id": 3}]}),
    ],
)
def test_what_is_ignored_may_differ(ignore, one, other):
    assert Matcher().key(asked(one)) != Matcher().key(asked(other))
    assert Matcher([ignore]).key(asked(one)) == Matcher([ignore]).key(asked(other))
    assert Matcher([ignore]).differences(asked(one), asked(other)) == []


@pytest.mark.parametrize(
    ("ignore", "one", "other"),
    [
        ("metadata.run_id", {"metadata": {"other": "a"}}, {"metadata": {"other": "b"}}),
        ("metadata.run_id", {"run_id": "a"}, {"run_id": "b"}),
        ("input[*].id", {"input": [{"id": "a"}]}, {"input": [{"id": "a"}, {"id": "b"}]}),
        ("input[*].id", {"input": "a"}, {"input": "b"}),
        ("input[0]", {"input": ["same", "a"]}, {"input": ["same", "b"]}),
        ("input[5]", {"input": ["a"]}, {"input": ["b"]}),
        ("metadata.run_id", [1], [2]),
        ("metadata.run_id", "words", "other words"),
    ],
)
def test_nothing_but_what_is_ignored_may_differ(ignore, one, other):
    assert Matcher([ignore]).key(asked(one)) != Matcher([ignore]).key(asked(other))
    assert Matcher([ignore]).differences(asked(one), asked(other))


@pytest.mark.parametrize(
    ("recorded", "sent", "differences"),
    [
        (asked({"a": 1}), asked({"a": 1}), []),
        (asked({"a": {"b": [{"c": 1}]}}), asked({"a": {"b": [{"c": 2}]}}), [("a.b[0].c", 1, 2)]),
        (asked({"a": [1, 2]}), asked({"a": [1]}), [("a[1]", 2, ABSENT)]),
        (asked({"a": []}), asked({"a": [None]}), [("a[0]", ABSENT, None)]),
        (asked({"a": None}), asked({}), [("a", None, ABSENT)]),
        (asked({"a": True}), asked({"a": 1}), [("a", True, 1)]),
        (asked({"a": 1}), asked({"a": 1.0}), [("a", 1, 1.0)]),
        (asked({"a": {"b": 1}}), asked({"a": [1]}), [("a", {"b": 1}, [1])]),
        (asked({"a": 1}), asked({"b": 1}), [("a", 1, ABSENT), ("b", ABSENT, 1)]),
        (asked([1]), asked([2]), [("[0]", 1, 2)]),
        (asked(1), asked(2), [("body", 1, 2)]),
        (asked(b"words"), asked(b"others"), [("body", b"words", b"others")]),
        (asked(b""), asked({}), [("body", b"", {})]),
        (asked(uri=f"{URI}?a=1&b=x"), asked(uri=f"{URI}?a=2"), [("?a", "1", "2"), ("?b", "x", ABSENT)]),
    ],
)
def test_every_difference_is_told_with_its_path(recorded, sent, differences):
    assert Matcher().differences(recorded, sent) == differences


def test_a_query_that_repeats_a_name_is_told_apart():
    recorded, sent = asked(uri=f"{URI}?include=a&include=b"), asked(uri=f"{URI}?include=c&include=b")

    assert Matcher().key(recorded) != Matcher().key(sent)
    assert Matcher().differences(recorded, sent)


scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=3)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=8,
)


@given(values, values)
@settings(derandomize=True, deadline=None)
def test_requests_differ_just_where_they_do_not_match(one, other):
    matcher = Matcher()

    matches = matcher.key(asked(one)) == matcher.key(asked(other))

    assert matches == (not matcher.differences(asked(one), asked(other)))
