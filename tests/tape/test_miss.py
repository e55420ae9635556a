"""The report of a request that no recorded turn answers, as a reader meets it."""

import json
import re
from pathlib import Path

import pytest
import yaml

import fakemodel
from fakemodel import CassetteMiss
from fakemodel.httpx_modules import sdk_httpx
from fakemodel.tape.interaction import Request

pytestmark = pytest.mark.usefixtures("own_folder")

RESPONSES = "https://api.openai.com/v1/responses"
BRAZIL, PERU = (f"resp_{number:048x}" for number in (1, 2))
ONE, TWO, THREE, FOUR = (f"{number:08x}-0b5e-4e11-9a0c-000000000000" for number in (1, 2, 3, 4))
REMEDY = "Re-record it:  fakemodel.cassette('geo.yaml', mode=\"rerecord\")"


def recorded(*turns: tuple[str, object, object]) -> None:
    """Write geo.yaml; a turn is a URI, the body that was asked and the one that was answered."""
    interactions = [
        {
            "request": {"method": "POST", "uri": uri, "body": json.dumps(asked), "headers": {}},
            "response": {
                "status": {"code": 200, "message": "OK"},
                "headers": {"content-type": ["application/json"]},
                "body": {"string": json.dumps(answered)},
            },
        }
        for uri, asked, answered in turns
    ]
    Path("geo.yaml").write_text(yaml.safe_dump({"interactions": interactions}), encoding="utf-8")


def missed(*requests: tuple[str, object], method: str = "POST", **options) -> list[str]:
    """Send the requests, of which the last is a miss, and return its lines."""
    with pytest.raises(CassetteMiss) as miss, fakemodel.cassette("geo.yaml", **options), sdk_httpx().Client() as client:
        [client.request(method, uri, json=body) for uri, body in requests]
    return str(miss.value).split("\n")


def test_a_changed_request_is_told_with_what_differs_and_where_its_ids_came_from():
    recorded(
        (RESPONSES, {"input": "Brazil?"}, {"id": "resp_1111"}),
        (RESPONSES, {"input": "Capital?", "previous_response_id": "resp_1111", "store": True}, {"id": "resp_2222"}),
    )

    assert missed(
        (RESPONSES, {"input": "Brazil?"}),
        (RESPONSES, {"input": "Its capital?", "previous_response_id": "resp_9999", "top_p": 1.0}),
    ) == [
        "turn 2 of geo is not what was recorded (geo.yaml)",
        "  POST /v1/responses, nearest: recorded turn 2",
        "    input                 - 'Capital?'",
        "                          + 'Its capital?'",
        "    previous_response_id  - 'resp_1111' (from the answer of turn 1)",
        "                          + 'resp_9999' (in no recorded answer)",
        "    store                 - True",
        "                          + absent",
        "    top_p                 - absent",
        "                          + 1.0",
        REMEDY,
    ]


def test_the_nearest_turn_is_the_one_with_the_fewest_differences_that_is_left():
    recorded(
        (RESPONSES, {"a": 1, "b": 1, "c": 1}, {}),
        (RESPONSES, {"a": 2, "b": 2, "c": 2}, {}),
        (RESPONSES, {"a": 3, "b": 3, "c": 3}, {}),
    )

    assert missed((RESPONSES, {"a": 3, "b": 3, "c": 3}), (RESPONSES, {"a": 2, "b": 3, "c": 2}))[1:4] == [
        "  POST /v1/responses, nearest: recorded turn 2",
        "    b  - 2",
        "       + 3",
    ]


def test_an_answer_that_was_used_up_is_told_with_its_turn():
    recorded((RESPONSES, {"input": "a"}, {}), (RESPONSES, {"input": "b"}, {}), (RESPONSES, {"input": "a"}, {}))

    assert missed(*[(RESPONSES, {"input": "a"})] * 3) == [
        "turn 3 of geo was asked once more than it was recorded (geo.yaml)",
        "  POST /v1/responses, recorded as turn 1, 3: played already",
        REMEDY,
    ]


def test_an_endpoint_that_was_not_recorded_is_told_with_what_is_left():
    weather = "https://weather.example/v1/today"
    recorded((RESPONSES, {"input": "a"}, {}), (weather, {"city": "Paris"}, {}), (RESPONSES, {"input": "b"}, {}))

    assert missed((RESPONSES, {"input": "a"}), ("https://api.openai.com/v1/embeddings?x=1", {})) == [
        "turn 2 of geo was not recorded (geo.yaml)",
        "  POST /v1/embeddings; left to play: turn 2 POST https://weather.example/v1/today, turn 3 POST /v1/responses",
        REMEDY,
    ]


def test_another_method_is_another_endpoint():
    recorded((RESPONSES, {"input": "a"}, {}))

    assert missed((RESPONSES, {"input": "a"}), method="PUT")[:2] == [
        "turn 1 of geo was not recorded (geo.yaml)",
        "  PUT /v1/responses; left to play: turn 1 POST /v1/responses",
    ]


def test_nothing_is_left_of_a_cassette_without_turns():
    recorded()

    assert missed((RESPONSES, {})) == [
        "turn 1 of geo was not recorded (geo.yaml)",
        "  POST /v1/responses; left to play: nothing",
        REMEDY,
    ]


def test_long_values_are_shortened():
    recorded((RESPONSES, {"input": "a" * 500}, {}))

    old, new = missed((RESPONSES, {"input": ["b"] * 500}))[2:4]

    assert re.fullmatch("    input  - 'a{20,} …", old)
    assert re.fullmatch(r"           \+ \[('b', ){5,}.* …", new)
    assert max(len(old), len(new)) < 120


def test_long_values_that_differ_in_the_middle_look_different():
    context = "The user lives in Lisbon and likes to travel by train, slowly. " * 5
    recorded((RESPONSES, {"input": f"{context}Which country?{context}"}, {}))

    old, new = missed((RESPONSES, {"input": f"{context}What country?{context}"}))[2:4]

    assert old.partition("- ")[2] != new.partition("+ ")[2]
    assert "Which" in old
    assert "What" in new
    assert max(len(old), len(new)) < 160


@pytest.mark.parametrize("word", ["gpt-4o-mini", "get_weather"])
def test_a_word_that_is_no_id_is_told_without_an_origin(word):
    recorded((RESPONSES, {"name": word}, {"name": word}))

    assert missed((RESPONSES, {"name": "gpt-5-mini"}))[2:4] == [f"    name  - {word!r}", "          + 'gpt-5-mini'"]


def test_the_ninth_difference_is_counted_only():
    recorded((RESPONSES, {f"key{number}": 1 for number in range(10)}, {}))

    lines = missed((RESPONSES, {f"key{number}": 2 for number in range(10)}))

    assert lines[2:4] == ["    key0  - 1", "          + 2"]
    assert lines[-4:] == ["    key7  - 1", "          + 2", "    and 2 more differences", REMEDY]


def test_a_query_is_told_apart():
    recorded((f"{RESPONSES}?stream=true", {}, {}))

    assert missed((f"{RESPONSES}?stream=false", {}))[1:4] == [
        "  POST /v1/responses, nearest: recorded turn 1",
        "    ?stream  - 'true'",
        "             + 'false'",
    ]


def test_a_name_that_a_query_repeats_is_told_by_its_place():
    recorded((f"{RESPONSES}?include=a&include=b&limit=1", {}, {}))

    assert missed((f"{RESPONSES}?include=a&include=c", {}))[1:] == [
        "  POST /v1/responses, nearest: recorded turn 1",
        "    ?include[1]  - 'b'",
        "                 + 'c'",
        "    ?limit       - '1'",
        "                 + absent",
        REMEDY,
    ]


def test_null_is_told_apart_from_absent_and_one_from_true():
    recorded((RESPONSES, {"a": None, "b": 1, "c": 1.0, "d": True}, {}))

    assert missed((RESPONSES, {"b": True, "c": 1, "d": True, "e": None}))[2:-1] == [
        "    a  - None",
        "       + absent",
        "    b  - 1",
        "       + True",
        "    c  - 1.0",
        "       + 1",
        "    e  - absent",
        "       + None",
    ]


def test_lists_are_told_element_by_element():
    recorded((RESPONSES, {"input": [{"role": "user", "content": "a"}, "b", "c"]}, {}))

    assert missed((RESPONSES, {"input": [{"role": "user", "content": "b"}, "b"]}))[2:-1] == [
        "    input[0].content  - 'a'",
        "                      + 'b'",
        "    input[2]          - 'c'",
        "                      + absent",
    ]


def test_a_body_that_is_no_json_is_told_whole():
    recorded((RESPONSES, "Brazil?", {}))

    assert missed((RESPONSES, ["Brazil?"]))[2:-1] == ["    body  - 'Brazil?'", "          + ['Brazil?']"]


# Identifiers.


def test_the_id_of_another_turn_is_told_with_its_origin():
    recorded(
        (RESPONSES, {"input": "Brazil?"}, {"id": BRAZIL}),
        (RESPONSES, {"input": "Peru?"}, {"id": PERU}),
        (RESPONSES, {"input": "Its capital?", "previous_response_id": BRAZIL}, {}),
    )

    assert missed(
        (RESPONSES, {"input": "Brazil?"}),
        (RESPONSES, {"input": "Peru?"}),
        (RESPONSES, {"input": "Its capital?", "previous_response_id": PERU}),
    ) == [
        "turn 3 of geo is not what was recorded (geo.yaml)",
        "  POST /v1/responses, nearest: recorded turn 3",
        f"    previous_response_id  - {BRAZIL!r} (from the answer of turn 1)",
        f"                          + {PERU!r} (from the answer of turn 2)",
        REMEDY,
    ]


def test_an_id_in_the_path_is_told_as_the_path():
    recorded((RESPONSES, {"input": "Brazil?"}, {"id": BRAZIL}), (f"{RESPONSES}/{BRAZIL}/cancel", {}, {}))

    assert missed((RESPONSES, {"input": "Brazil?"}), (f"{RESPONSES}/{PERU}/cancel", {})) == [
        "turn 2 of geo is not what was recorded (geo.yaml)",
        f"  POST /v1/responses/{PERU}/cancel, nearest: recorded turn 2",
        f"    path  - '/v1/responses/{BRAZIL}/cancel'",
        f"          + '/v1/responses/{PERU}/cancel'",
        REMEDY,
    ]


def test_a_turn_that_came_too_early_is_told_with_the_turn_that_it_goes_on_from():
    recorded(
        (RESPONSES, {"input": "Brazil?"}, {"id": BRAZIL}),
        (RESPONSES, {"input": "Peru?"}, {"id": PERU}),
        (RESPONSES, {"input": "Which is larger?", "of": [BRAZIL, PERU]}, {}),
    )
    both = (RESPONSES, {"input": "Which is larger?", "of": [BRAZIL, PERU]})

    assert missed(both) == [
        "turn 1 of geo came too early (geo.yaml)",
        "  POST /v1/responses, recorded as turn 3, goes on from turn 1, 2: not asked for yet",
        REMEDY,
    ]
    assert missed((RESPONSES, {"input": "Brazil?"}), both)[:2] == [
        "turn 2 of geo came too early (geo.yaml)",
        "  POST /v1/responses, recorded as turn 3, goes on from turn 2: not asked for yet",
    ]


def test_an_identifier_that_stood_for_another_one_is_told():
    recorded(
        (RESPONSES, {"input": "Begin", "run": ONE}, {}),
        (RESPONSES, {"input": "Begin", "run": TWO}, {}),
        (RESPONSES, {"input": "End", "run": TWO}, {}),
    )

    assert missed(
        (RESPONSES, {"input": "Begin", "run": THREE}),
        (RESPONSES, {"input": "Begin", "run": FOUR}),
        (RESPONSES, {"input": "End", "run": THREE}),
    ) == [
        "turn 3 of geo is not what was recorded (geo.yaml)",
        "  POST /v1/responses, nearest: recorded turn 3",
        f"    run  - {TWO!r}",
        f"         + {THREE!r} (stood for {ONE!r} before)",
        REMEDY,
    ]


def test_an_identifier_that_was_another_one_is_told():
    recorded((RESPONSES, {"input": "Begin", "run": ONE}, {}), (RESPONSES, {"input": "End", "run": ONE}, {}))

    assert missed((RESPONSES, {"input": "Begin", "run": TWO}), (RESPONSES, {"input": "End", "run": THREE})) == [
        "turn 2 of geo is not what was recorded (geo.yaml)",
        "  POST /v1/responses, nearest: recorded turn 2",
        f"    run  - {ONE!r}",
        f"         + {THREE!r} (was {TWO!r} before)",
        REMEDY,
    ]


def test_an_identifier_that_was_used_is_told_where_a_request_like_it_is_left():
    recorded((RESPONSES, {"run": ONE}, {}), (RESPONSES, {"run": TWO}, {}))

    assert missed((RESPONSES, {"run": THREE}), (RESPONSES, {"run": THREE})) == [
        "turn 2 of geo is not what was recorded (geo.yaml)",
        "  POST /v1/responses, nearest: recorded turn 2",
        f"    run  - {TWO!r}",
        f"         + {THREE!r} (stood for {ONE!r} before)",
        REMEDY,
    ]


def test_an_identifier_that_fits_is_not_told():
    recorded((RESPONSES, {"input": "Begin", "run": ONE}, {}))

    assert missed((RESPONSES, {"input": "End", "run": TWO}))[2:-1] == [
        "    input  - 'Begin'",
        "           + 'End'",
    ]


@pytest.mark.parametrize(
    ("then", "now"),
    [({"from": ONE, "to": ONE}, {"from": TWO, "to": THREE}), ({"from": ONE, "to": TWO}, {"from": THREE, "to": THREE})],
    ids=["one became two", "two became one"],
)
def test_identifiers_of_one_request_that_do_not_fit_each_other_are_told(then, now):
    recorded((RESPONSES, then, {}))

    lines = missed((RESPONSES, now))

    assert lines[:2] == [
        "turn 1 of geo is not what was recorded (geo.yaml)",
        "  POST /v1/responses, nearest: recorded turn 1",
    ]
    assert lines[2] == f"    to  - {then['to']!r}"
    assert lines[3].startswith(f"        + {now['to']!r}")


def test_a_request_that_was_used_up_is_told_whatever_its_identifiers():
    recorded((RESPONSES, {"run": ONE}, {}))

    assert missed((RESPONSES, {"run": TWO}), (RESPONSES, {"run": THREE})) == [
        "turn 2 of geo was asked once more than it was recorded (geo.yaml)",
        "  POST /v1/responses, recorded as turn 1: played already",
        REMEDY,
    ]


def test_what_was_taken_out_by_a_rule_is_not_told():
    recorded((RESPONSES, {"input": "Brazil?", "user": "Ana"}, {}))

    lines = missed((RESPONSES, {"input": "Peru?", "user": "Bob"}), scrub={"Ana|Bob": "somebody"})

    assert lines[2:-1] == ["    input  - 'Brazil?'", "           + 'Peru?'"]


def test_a_miss_is_told_at_its_own_turn_though_another_was_sent_meanwhile():
    recorded((RESPONSES, {"input": "Brazil?"}, {}))

    def ask_twice(tape) -> None:
        first, _ = [tape.note(Request("POST", RESPONSES, {}, body)) for body in (b'{"input": "Peru?"}', b"{}")]
        tape.play(first)

    with pytest.raises(CassetteMiss, match=r"^turn 1 of geo is not what"), fakemodel.cassette("geo.yaml") as tape:
        ask_twice(tape)
