"""Whether a request is one that was recorded, and every place at which it differs."""

import json
from urllib.parse import quote, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakemodel import SettingInvalid
from fakemodel.tape.interaction import Request
from fakemodel.tape.match import ABSENT, Matcher

URI = "https://api.openai.com/v1/responses"


FORM = "application/x-www-form-urlencoded"


def asked(body: object = None, uri: str = URI, method: str = "POST", content_type: str = "") -> Request:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Request(method, uri, {"content-type": [content_type]} if content_type else {}, content)


def form(body: bytes) -> Request:
    return asked(body, content_type=f"{FORM}; charset=utf-8")


def upload(boundary: str, said: str = "Brazil") -> Request:
    part = f'--{boundary}\r\nContent-Disposition: form-data; name="purpose"\r\n\r\n{said}\r\n--{boundary}--\r\n'
    return asked(part.encode(), content_type=f"multipart/form-data; boundary={boundary}")


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
        (asked(b'{"a": 1.0}'), asked(b'{"a": 1.00}')),
        (asked(b'{"a": 100.0}'), asked(b'{"a": 1e2}')),
        (asked(uri=f"{URI}?a=b%20c"), asked(uri=f"{URI}?a=b+c")),
        (asked(uri=f"{URI}?api-key=one"), asked(uri=f"{URI}?api-key=two")),
        (asked(uri="https://me:pass@one.example/search"), asked(uri="https://one.example/search")),
        (asked(uri=URI), asked(uri="https://gateway.example/tenants/7/openai/v1/responses")),
        (form(b"a=1&b=2"), form(b"a=1&b=2")),
        (form(b"a=x%20y&b="), form(b"a=x+y&b=")),
        (upload("one"), upload("another")),
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
        (asked(uri="https://one.example:1/search"), asked(uri="https://one.example:2/search")),
        (asked(uri="https://one.example/v1/search"), asked(uri="https://one.example/api/v1/search")),
        (asked(uri=URI), asked(uri=f"{URI}/")),
        (asked(uri=URI), asked(uri=URI.replace("/v1/", "/v2/"))),
        (asked(uri=f"{URI}?a=1&a=2"), asked(uri=f"{URI}?a=1")),
        (form(b"a=1&b=2"), form(b"a=1&b=3")),
        (form(b"a=1&b=2"), form(b"a=1")),
        (form(b"a=1"), form(b"A=1")),
        (form(b"a=1&b="), form(b"a=1")),
        (asked(b"a=x%20y"), asked(b"a=x+y")),
        (upload("one", "Brazil"), upload("one", "Peru")),
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
        (asked(uri=f"{URI}?a=1&a=2"), asked(uri=f"{URI}?a=1&a=3"), [("?a[1]", "2", "3")]),
        (asked(uri=URI), asked(uri=f"{URI}/x"), [("path", "/v1/responses", "/v1/responses/x")]),
        (asked({"a": [1, 2]}), asked({"a": [2, 1]}), [("a[0]", 1, 2), ("a[1]", 2, 1)]),
        (asked(b"{}"), asked(b'"{}"'), [("body", {}, "{}")]),
        (form(b"a=1&b=2"), form(b"a=1&b=3"), [("[1]", ("b", "2"), ("b", "3"))]),
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


forms = st.lists(st.tuples(st.text(max_size=3), st.text(max_size=3)), max_size=3)
queries = st.lists(st.tuples(st.sampled_from("abc"), st.text(max_size=3)), max_size=3)


@given(forms, forms)
def test_forms_match_by_their_pairs(one, other):
    key = Matcher().key

    assert (key(form(urlencode(one).encode())) == key(form(urlencode(other).encode()))) == (one == other)
    assert key(form(urlencode(one).encode())) == key(form(urlencode(one, quote_via=quote).encode()))


@given(queries, st.randoms(use_true_random=False))
def test_the_order_of_a_query_does_not_matter(pairs, random):
    shuffled = random.sample(pairs, len(pairs))

    one, other = (asked(uri=f"{URI}?{urlencode(each)}") for each in (pairs, shuffled))

    assert Matcher().key(one) == Matcher().key(other)


@given(values, st.randoms(use_true_random=False))
def test_the_order_of_members_does_not_matter(value, random):
    def shuffled(value):
        if isinstance(value, dict):
            return {key: shuffled(value[key]) for key in random.sample(list(value), len(value))}
        return [shuffled(each) for each in value] if isinstance(value, list) else value

    other = shuffled(value)

    assert Matcher().key(asked(value)) == Matcher().key(asked(other))
    assert Matcher().differences(asked(value), asked(other)) == []


@pytest.mark.parametrize(
    ("ignore", "message"),
    [
        ("metadata", "ignore='metadata' is one path. Put it into a list: ignore=['metadata']."),
        (["metadata..id"], "'metadata..id' is no JSON path. Paths look like metadata.run_id, input[*].id, input[0]."),
        (["input[x]"], "'input[x]' is no JSON path. Paths look like metadata.run_id, input[*].id, input[0]."),
        ([""], "'' is no JSON path. Paths look like metadata.run_id, input[*].id, input[0]."),
    ],
)
def test_what_is_no_list_of_paths_is_refused(ignore, message):
    with pytest.raises(SettingInvalid) as refused:
        Matcher(ignore)

    assert str(refused.value) == message


@given(values, values)
def test_requests_differ_just_where_they_do_not_match(one, other):
    matcher = Matcher()

    matches = matcher.key(asked(one)) == matcher.key(asked(other))

    assert matches == (not matcher.differences(asked(one), asked(other)))
