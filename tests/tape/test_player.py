"""Which turn answers a request: each once, as recorded first, then in the order of the file, however many there are."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import fakemodel
from fakemodel import CassetteMiss, UnplayedTurns
from fakemodel.httpx_modules import sdk_httpx
from fakemodel.tape import layout
from fakemodel.tape.identifiers import IDENTIFIER, identifiers, renamed
from fakemodel.tape.interaction import Interaction, Request, Response
from fakemodel.tape.match import Matcher
from fakemodel.tape.player import Player
from fakemodel.tape.renaming import Renaming
from fakemodel.tape.told import Told

URI = "https://api.openai.com/v1/responses"
JSON = {"content-type": ["application/json"]}
TOLD = Told("tape", Path("tape.yaml"), lambda mode: f"{mode} it")


def uuid(number: int) -> str:
    return f"{number:08x}-0b5e-4e11-9a0c-{number:012x}"


def resp(number: int) -> str:
    return f"resp_{number:048x}"


def asked(body: object) -> Request:
    return Request("POST", URI, JSON, json.dumps(body).encode())


def turn(body: object, answered: object) -> Interaction:
    return Interaction(asked(body), Response(200, "OK", JSON, json.dumps(answered).encode()))


def played(path: Path, turns: Sequence[Interaction], bodies: Sequence[object], **options) -> Iterator[object]:
    """What a client is answered that asks for each of the bodies."""
    layout.write(path, layout.written(turns, {"from": "api.openai.com"}))
    with fakemodel.cassette(path, **options), sdk_httpx().Client() as client:
        for body in bodies:
            yield client.post(URI, json=body).json()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "tape.yaml"


def test_equal_requests_get_the_answers_in_the_order_of_the_file(path: Path):
    turns = [turn({"input": "A number?"}, number) for number in range(5)]

    assert list(played(path, turns, [{"input": "A number?"}] * 5)) == [0, 1, 2, 3, 4]


def test_requests_with_the_recorded_identifiers_get_their_own_answers_in_any_order(path: Path):
    turns = [turn({"run": uuid(number)}, number) for number in range(5)]

    assert list(played(path, turns, [{"run": uuid(number)} for number in (3, 0, 4, 1, 2)])) == [3, 0, 4, 1, 2]


def test_requests_with_other_identifiers_get_the_answers_in_the_order_of_the_file(path: Path):
    turns = [turn({"run": uuid(number)}, number) for number in range(5)]

    assert list(played(path, turns, [{"run": uuid(number + 10)} for number in range(5)])) == [0, 1, 2, 3, 4]


def test_a_recorded_identifier_is_not_given_away_once_it_was_sent(path: Path):
    turns = [turn({"run": uuid(number)}, number) for number in range(3)]

    assert list(played(path, turns, [{"run": uuid(each)} for each in (1, 7, 8)])) == [1, 0, 2]


def test_an_identifier_that_is_known_gets_its_own_answer_though_others_are_before_it(path: Path):
    turns = [turn({"begin": uuid(number)}, number) for number in range(3)]
    turns += [turn({"go on": uuid(number)}, number + 10) for number in (2, 1, 0)]
    bodies = [{step: uuid(number + 7)} for step in ("begin", "go on") for number in range(3)]

    assert list(played(path, turns, bodies)) == [0, 1, 2, 10, 11, 12]


def test_an_identifier_that_is_known_gets_no_answer_of_another(path: Path):
    turns = [turn({"run": uuid(0)}, 0), turn({"run": uuid(1)}, 1)]

    with pytest.raises(CassetteMiss):
        list(played(path, turns, [{"run": uuid(7)}, {"run": uuid(7)}]))


def test_an_equal_request_that_goes_on_from_what_was_not_asked_for_yet_waits_for_it(path: Path):
    turns = [
        turn({"input": "Begin"}, {"id": resp(1)}),
        turn({"input": "Go on", "after": resp(1)}, "after the first"),
        turn({"input": "Go on", "after": "nothing"}, "after none"),
    ]
    go_on, begin = {"input": "Go on", "after": "whatever"}, {"input": "Begin"}

    found = list(played(path, turns, [go_on, begin, go_on], ignore=["after"]))

    assert found == ["after none", {"id": resp(1)}, "after the first"]


def test_what_was_never_asked_for_is_told_in_the_order_of_the_file(path: Path):
    turns = [turn({"run": uuid(number)}, number) for number in range(3)]

    with pytest.raises(UnplayedTurns, match=r"2 of 3 recorded turns[^\0]*turn 1 [^\0]*turn 3 "):
        list(played(path, turns, [{"run": uuid(1)}]))


# The look-up is the walk over all turns that are left, only quicker.


def walk(turns: Sequence[Interaction], requests: Sequence[Request], ignore: Sequence[str]) -> list[int | None]:
    """The turn that each request gets: of those that may play the first as it was recorded, or else the first."""
    renaming = Renaming(turns)
    matcher = Matcher(ignore, renaming)
    keys = [matcher.key(each.request) for each in turns]
    found: list[int | None] = []
    for request in requests:
        key, live = matcher.key(request)
        left = [
            (recorded != live, index, recorded)
            for index, (its_key, recorded) in enumerate(keys)
            if index not in found and its_key == key and renaming.needs[index] <= set(found)
            if renaming.explains(recorded, live)
        ]
        _, index, recorded = min(left, default=(True, None, live))
        found.append(index)
        if index is not None:
            renaming.learn(recorded, live)
    return found


questions = st.fixed_dictionaries(
    {"input": st.sampled_from(["Begin", "Go on"])},
    optional={
        "run": st.integers(0, 3).map(uuid),
        "trace": st.integers(0, 3).map(uuid),
        "after": st.integers(0, 3).map(resp),
    },
)


@given(
    st.lists(st.tuples(questions, st.none() | st.integers(0, 3).map(resp)), max_size=8),
    st.lists(questions, max_size=10),
    st.sampled_from([(), ("after",)]),
)
@settings(max_examples=400)
def test_the_look_up_finds_what_a_walk_finds(recorded, sent, ignore):
    turns = [turn(body, {"number": number, "id": id_}) for number, (body, id_) in enumerate(recorded)]
    requests = [asked(body) for body in [*(body for body, _ in recorded[1::2]), *sent]]

    player = Player(turns, ignore, TOLD)
    answers = [player.play(request) for request in requests]

    found = [None if answer is None else json.loads(answer.body)["number"] for answer in answers]
    assert found == walk(turns, requests, ignore)


CONVERSATIONS = {
    "different questions": (lambda number: {"input": number}, lambda number: {"input": number}),
    "one question": (lambda number: {"input": "Again?"}, lambda number: {"input": "Again?"}),
    "one question of one run": (lambda number: {"run": uuid(0)}, lambda number: {"run": uuid(0)}),
    "one question of one run, another today": (lambda number: {"run": uuid(0)}, lambda number: {"run": uuid(1)}),
    "runs as recorded": (lambda number: {"run": uuid(number)}, lambda number: {"run": uuid(number)}),
    "runs of today": (lambda number: {"run": uuid(number)}, lambda number: {"run": uuid(number + 1000)}),
    "runs of today within one session": (
        lambda number: {"run": uuid(number), "session": uuid(998)},
        lambda number: {"run": uuid(number + 1000), "session": uuid(999)},
    ),
}


@pytest.mark.parametrize(("then", "now"), CONVERSATIONS.values(), ids=CONVERSATIONS)
@pytest.mark.parametrize("backwards", [False, True], ids=["forwards", "backwards"])
def test_a_turn_is_found_without_a_look_at_the_others(monkeypatch: pytest.MonkeyPatch, then, now, backwards):
    looks = []
    explains = Renaming.explains
    monkeypatch.setattr(Renaming, "explains", lambda *args: looks.append(args) or explains(*args))
    player = Player([turn(then(number), number) for number in range(300)], (), TOLD)

    for number in reversed(range(300)) if backwards else range(300):
        looks.clear()
        assert player.play(asked(now(number))) is not None
        assert len(looks) == 1

    assert player.play(asked(now(0))) is None


def test_known_runs_are_found_without_a_look_at_the_others(monkeypatch: pytest.MonkeyPatch):
    looks = []
    explains = Renaming.explains
    monkeypatch.setattr(Renaming, "explains", lambda *args: looks.append(args) or explains(*args))
    steps = [("begin", range(300)), ("go on", range(299, -1, -1))]
    player = Player([turn({step: uuid(each)}, each) for step, numbers in steps for each in numbers], (), TOLD)

    for step in ("begin", "go on"):
        for number in range(300):
            assert player.play(asked({step: uuid(number + 1000)})) is not None

    assert len(looks) == 600


# Identifiers are looked for in long words alone, and all are found.

PIECES = [
    *(uuid(1), uuid(2).replace("-", ""), resp(3), f"call_{4:024d}", f"pyd_ai_{5:032x}", f"file-{6:022d}", "fs_123456"),
    *("fs_1234567890123456", f"trace_{7:020x}", "resp_", "_", "-", "\\n", "\\u00e9", "%2C", "\\", "%", " ", "\n", '"'),
    *("é", "additionalProperties", "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVo0NTY3ODk5", "/", "+", ".", "a", "0", "{"),
    *(f"agents-sdk:session:{8:032x}", "agents-sdk:", "session:"),
]


@given(st.lists(st.sampled_from(PIECES), max_size=12).map("".join))
@settings(max_examples=500)
def test_all_identifiers_of_a_text_are_found(text):
    assert list(identifiers(text)) == [found[0] for found in IDENTIFIER.finditer(text)]
    assert renamed(text, lambda found: f"<{found[0]}>") == IDENTIFIER.sub(r"<\g<0>>", text)
