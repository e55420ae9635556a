"""Alterations of requests: each is another request, in one place, and the audit finds what a loose matcher takes."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakemodel.tape.audit import alterations
from fakemodel.tape.interaction import Request
from fakemodel.tape.match import Matcher

ISSUED = "resp_0123456789abcdef0123456789abcdef"
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.sampled_from([0.5, "", "a", "text", ISSUED]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=12,
)
ADDRESSES = ["https://api.openai.com/v1/responses", f"https://api.openai.com/v1/responses/{ISSUED}?after=1&key=sk-1"]


def is_issued(identifier: str) -> bool:
    return identifier == ISSUED


def request_of(body: object, uri: str = ADDRESSES[0]) -> Request:
    return Request("POST", uri, {}, json.dumps(body).encode())


@given(JSON, st.sampled_from(ADDRESSES))
def test_every_alteration_is_another_request(body, uri):
    request = request_of(body, uri)
    matcher = Matcher()

    for where, what, altered in alterations(request, is_issued):
        # Whoever matches ids by what they refer to takes one that nobody gave out for any other.
        assert what.startswith("another id") or matcher.key(altered) != matcher.key(request), (where, what)
        assert altered != request


@given(JSON)
def test_an_alteration_is_told_by_its_place_and_kind_alone(body):
    found = [(where, what) for where, what, _ in alterations(request_of(body), is_issued)]

    assert len(found) == len(set(found))


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ({"temperature": 0.5}, ["temperature left out", "temperature increased"]),
        ({"store": True}, ["store left out", "store turned"]),
        ({"user": None}, ["user left out", "user set"]),
        ({"input": "Hello"}, ["input left out", "input lengthened"]),
        (
            {"previous_response_id": ISSUED},
            [
                "previous_response_id left out",
                "previous_response_id another id",
                "previous_response_id lengthened",
            ],
        ),
        (
            {"input": ["a", "b"]},
            [
                "input left out",
                "input[0] left out",
                "input[0] put after the next",
                "input[0] lengthened",
                "input[1] left out",
                "input[1] lengthened",
            ],
        ),
        (
            {"input": ["a", "a"]},
            ["input left out", *[f"input[{at}] {what}" for at in (0, 1) for what in ("left out", "lengthened")]],
        ),
    ],
)
def test_what_is_altered(body, told):
    assert [f"{where} {what}" for where, what, _ in alterations(request_of(body), is_issued)] == told


def test_the_address_is_altered_but_for_what_authenticates():
    found = [
        (where, what, altered.uri) for where, what, altered in alterations(request_of({}, ADDRESSES[1]), is_issued)
    ]

    another = ADDRESSES[1].replace("key=sk-1", "key=scrubbed")
    assert found == [
        ("path", "another id", ADDRESSES[1].replace("cdef?", "cdea?")),
        ("?after", "left out", another.replace("after=1&", "")),
        ("?after", "changed", another.replace("after=1", "after=1altered")),
    ]


@pytest.mark.parametrize("body", [b"--part\r\nupload", b"a=1&b=2"])
def test_what_is_no_json_is_altered_as_a_whole(body):
    request = Request("POST", ADDRESSES[0], {}, body)

    assert [(what, altered.body) for _, what, altered in alterations(request, is_issued)] == [
        ("left out", b""),
        ("lengthened", body + b" altered"),
    ]
