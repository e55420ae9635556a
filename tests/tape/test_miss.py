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

RESPONSES = "https://api.openai.com/v1/responses"
REMEDY = "Re-record it:  fakemodel.cassette('geo.yaml', mode=\"rerecord\")"


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)


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


def missed(*requests: tuple[str, object], method: str = "POST") -> list[str]:
    """Send the requests, of which the last is a miss, and return its lines."""
    with pytest.raises(CassetteMiss) as miss, fakemodel.cassette("geo.yaml"), sdk_httpx().Client() as client:
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


def test_a_miss_is_told_at_its_own_turn_though_another_was_sent_meanwhile():
    recorded((RESPONSES, {"input": "Brazil?"}, {}))

    def ask_twice(tape) -> None:
        first, _ = [tape.note(Request("POST", RESPONSES, {}, body)) for body in (b'{"input": "Peru?"}', b"{}")]
        tape.play(first)

    with pytest.raises(CassetteMiss, match=r"^turn 1 of geo is not what"), fakemodel.cassette("geo.yaml") as tape:
        ask_twice(tape)
