"""Identifiers in a replay: those that the client invented or brought along may be others, the server's are its own."""

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import fakemodel
from fakemodel import CassetteMiss
from fakemodel.tape import layout
from fakemodel.tape.interaction import Interaction, Request, Response

API = "https://api.openai.com/v1"
JSON = {"content-type": ["application/json"]}


def uuid(number: int) -> str:
    return f"{number:08x}-0b5e-4e11-9a0c-{number:012x}"


def bare_uuid(number: int) -> str:
    return uuid(number).replace("-", "")


def trace(number: int) -> str:
    return f"trace_{number:032x}"


def call(number: int) -> str:
    return f"call_{number:024d}"


def file(number: int) -> str:
    return f"file-{number:022d}"


def resp(number: int) -> str:
    return f"resp_{number:048x}"


OF_CLIENTS = [uuid, bare_uuid, trace, call, file]


def asked(body: object, path: str = "/responses", method: str = "POST") -> Request:
    return Request(method, f"{API}{path}", JSON, json.dumps(body, ensure_ascii=False).encode())


def turn(request: Request, answered: object) -> Interaction:
    return Interaction(request, Response(200, "OK", JSON, json.dumps(answered, ensure_ascii=False).encode()))


def renamed(text: str, names: Mapping[str, str]) -> str:
    """A text in which each name stands for the one that it was, all at once."""
    return re.sub("|".join(names) or "(?!)", lambda found: names[found[0]], text)


def renamed_request(request: Request, names: Mapping[str, str]) -> Request:
    body = renamed(request.body.decode(), names).encode()
    return Request(request.method, renamed(request.uri, names), request.headers, body)


def written(path: Path, turns: Sequence[Interaction]) -> Path:
    layout.write(path, layout.written(turns, {"from": "api.openai.com"}))
    return path


@pytest.fixture(scope="session")
def replay(tmp_path_factory: pytest.TempPathFactory):
    """Play requests, in order, from a cassette with these turns, and return the answers."""
    path = tmp_path_factory.mktemp("tapes") / "geo.yaml"

    def answers(turns: Sequence[Interaction], requests: Sequence[Request], **options) -> list[object]:
        found = []
        with fakemodel.cassette(written(path, turns), allow_unplayed=True, **options) as tape:
            for request in requests:
                noted = tape.note(request)
                assert noted is not None
                found.append(json.loads(tape.play(noted).body))
        return found

    return answers


# What may stand around an identifier.

SHAPES = {
    "a member": lambda id_: asked({"id": id_}),
    "a list": lambda id_: asked({"ids": ["one", id_]}),
    "words": lambda id_: asked({"input": f"Look into order {id_}, please: “{id_}”."}),
    "JSON in a string": lambda id_: asked({"arguments": json.dumps({"order": {"id": id_, "é": 1}})}),
    "JSON in JSON in a string": lambda id_: asked({"arguments": json.dumps({"inner": json.dumps([id_])})}),
    "an address": lambda id_: asked({"url": f"https://one.example/orders/{id_}?full=1"}),
    "the path": lambda id_: asked(None, f"/files/{id_}/content"),
    "the query": lambda id_: asked(None, f"/files?after={id_}&limit=1"),
    "a member's name": lambda id_: asked({"orders": {id_: "open"}}),
    "a line's beginning": lambda id_: asked({"input": f"The order:\n{id_}\nIts state?"}),
    "a tab": lambda id_: asked({"input": f"The order\t{id_}"}),
    "a line of JSON in a string": lambda id_: asked({"arguments": json.dumps({"order": f"see\n{id_}"})}),
    "an escape in the query": lambda id_: asked(None, f"/files?after=one%2C{id_}"),
}
each_shape = pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
each_kind = pytest.mark.parametrize("kind", OF_CLIENTS, ids=lambda kind: kind.__name__)


@each_shape
@each_kind
def test_a_clients_identifier_may_be_another_one(replay, shape, kind):
    turns = [turn(shape(kind(1)), {"said": "Brazil"})]

    assert replay(turns, [shape(kind(2))]) == [{"said": "Brazil"}]


@each_shape
@each_kind
def test_what_stands_for_one_identifier_stands_for_no_other(replay, shape, kind):
    turns = [turn(shape(kind(1)), {}), turn(shape(kind(2)), {}), turn(asked({"state of": kind(1)}), {})]

    replay(turns, [shape(kind(3)), shape(kind(4)), asked({"state of": kind(3)})])

    with pytest.raises(CassetteMiss):
        replay(turns, [shape(kind(3)), shape(kind(3))])
    with pytest.raises(CassetteMiss):
        replay(turns, [shape(kind(3)), shape(kind(4)), asked({"state of": kind(4)})])


@each_shape
def test_an_identifier_that_the_server_gave_out_is_itself(replay, shape):
    turns = [turn(asked({"input": "Begin"}), {"id": file(1)}), turn(shape(file(1)), {"said": "Brazil"})]

    assert replay(turns, [asked({"input": "Begin"}), shape(file(1))])[1] == {"said": "Brazil"}
    with pytest.raises(CassetteMiss):
        replay(turns, [asked({"input": "Begin"}), shape(file(2))])


@each_kind
def test_what_is_said_beside_an_identifier_is_matched_as_ever(replay, kind):
    turns = [turn(asked({"input": f"Order {kind(1)}"}), {})]

    with pytest.raises(CassetteMiss):
        replay(turns, [asked({"input": f"Orders {kind(2)}"})])


@pytest.mark.parametrize(
    ("recorded", "sent"),
    [
        (uuid(1), call(1)),
        (file(1), call(1)),
        (uuid(1), "an order"),
        (uuid(1), "<uuid>"),
        ("<uuid>", uuid(1)),
        ("Put it into <file> and <user>", f"Put it into {file(1)} and <user>"),
    ],
    ids=["uuid and call", "file and call", "uuid and word", "uuid and its kind", "kind and uuid", "tag and file"],
)
def test_an_identifier_stands_for_none_of_another_kind(replay, recorded, sent):
    turns = [turn(asked({"input": recorded}), {})]

    with pytest.raises(CassetteMiss):
        replay(turns, [asked({"input": sent})])


WORDS = [
    ("group_discussion", "group_invitation"),
    ("group_meeting2025", "group_meeting2026"),
    ("trace_requests", "trace_messages"),
    ("trace_level12345", "trace_level12346"),
    ("span_attributes", "span_durations"),
    ("span_duration10", "span_duration20"),
    ("get_weather", "get_weathers"),
    ("call_getWeatherOfTomorrow", "call_getWeatherOfToday"),
    ("call_getCurrentWeatherForCity", "call_getCurrentWeatherForTown"),
    ("file-system", "file-server"),
    ("run_integrationTestsForPython3", "run_integrationTestsForPython4"),
    ("run_all_integration_tests", "run_all_integration_tasks"),
    ("resp_1111", "resp_2222"),
    ("sk-proj-aaaaaaaaaaaaaaaaaaaa", "sk-proj-bbbbbbbbbbbbbbbbbbbb"),
    ("20261120", "20261121"),
    ("a" * 32, "b" * 32),
]


@pytest.mark.parametrize(("recorded", "sent"), WORDS, ids=[recorded for recorded, _ in WORDS])
def test_a_word_is_no_identifier(replay, recorded, sent):
    turns = [turn(asked({"name": recorded}), {})]

    with pytest.raises(CassetteMiss):
        replay(turns, [asked({"name": sent})])


# Who gave it out.


def test_an_identifier_that_was_brought_along_is_the_clients_though_an_answer_says_it_again(replay):
    turns = [
        turn(asked({"file_id": file(1)}), {"id": resp(1), "annotations": [{"file_id": file(1)}]}),
        turn(asked({"file_id": file(1), "previous_response_id": resp(1)}), {"id": resp(2)}),
    ]

    answers = replay(turns, [asked({"file_id": file(7)}), asked({"file_id": file(7), "previous_response_id": resp(1)})])

    assert answers == [{"id": resp(1), "annotations": [{"file_id": file(7)}]}, {"id": resp(2)}]


def test_the_ids_of_two_answers_are_not_exchanged(replay):
    turns = [
        turn(asked({"input": "Brazil?"}), {"id": resp(1)}),
        turn(asked({"input": "Peru?"}), {"id": resp(2)}),
        turn(asked({"input": "Its capital?", "previous_response_id": resp(1)}), {"said": "Brasília"}),
    ]
    begun = [turns[0].request, turns[1].request]

    assert replay(turns, [*begun, turns[2].request])[2] == {"said": "Brasília"}
    with pytest.raises(CassetteMiss):
        replay(turns, [*begun, asked({"input": "Its capital?", "previous_response_id": resp(2)})])


@each_kind
def test_a_clients_identifier_is_never_one_that_the_server_gave_out(replay, kind):
    turns = [turn(asked({"input": "Begin"}), {"id": kind(1)}), turn(asked({"use": kind(2)}), {})]
    begun = turns[0].request

    assert replay(turns, [begun, asked({"use": kind(3)})])[1] == {}
    with pytest.raises(CassetteMiss):
        replay(turns, [begun, asked({"use": kind(1)})])


def test_an_identifier_of_a_location_is_the_servers(replay):
    moved = Response(303, "See Other", {**JSON, "location": [f"{API}/files/{file(1)}"]}, b"{}")
    turns = [Interaction(asked({}), moved), turn(asked(None, f"/files/{file(1)}", "GET"), {})]

    assert replay(turns, [asked({}), asked(None, f"/files/{file(1)}", "GET")]) == [{}, {}]
    with pytest.raises(CassetteMiss):
        replay(turns, [asked({}), asked(None, f"/files/{file(2)}", "GET")])


@each_shape
def test_a_turn_that_goes_on_from_another_waits_for_it(replay, shape):
    turns = [turn(asked({"input": "Begin"}), {"id": file(1)}), turn(shape(file(1)), {"said": "Brazil"})]

    with pytest.raises(CassetteMiss, match="came too early"):
        replay(turns, [shape(file(1)), asked({"input": "Begin"})])


def test_turns_that_do_not_go_on_from_each_other_are_played_in_any_order(replay):
    turns = [turn(asked({"input": name, "id": uuid(at)}), {"said": name}) for at, name in enumerate("abc")]

    answers = replay(turns, [turns[at].request for at in (2, 0, 1)])

    assert answers == [{"said": "c"}, {"said": "a"}, {"said": "b"}]


def test_a_request_that_is_as_it_was_recorded_goes_before_one_that_it_might_stand_for(replay):
    turns = [turn(asked({"input": f"State of {uuid(at)}?"}), {"said": at}) for at in (1, 2)]

    assert replay(turns, [turns[1].request, turns[0].request]) == [{"said": 2}, {"said": 1}]


# What an answer says again.


@each_kind
def test_what_an_answer_says_again_of_the_client_is_said_of_todays(replay, kind):
    answered = {"metadata": {"run": kind(1)}, "arguments": json.dumps({"run": kind(1)}), "said": f"Run {kind(1)}: fine"}
    turns = [turn(asked({"run": kind(1)}), answered)]

    (answer,) = replay(turns, [asked({"run": kind(2)})])

    assert answer == json.loads(renamed(json.dumps(answered), {kind(1): kind(2)}))


@pytest.mark.parametrize("said", ["Run {}", "The run:\n{}", "“{}”", 'as JSON: {{"run": "\\n{}"}}'])
def test_what_an_answer_says_again_is_todays_wherever_it_stands(replay, said):
    turns = [turn(asked({"run": uuid(1)}), {"said": said.format(uuid(1))})]

    assert replay(turns, [asked({"run": uuid(2)})]) == [{"said": said.format(uuid(2))}]


def test_two_identifiers_that_change_places_are_said_again_in_their_new_places(replay):
    turns = [turn(asked({"from": uuid(1), "to": uuid(2)}), {"said": f"from {uuid(1)} to {uuid(2)}"})]

    (answer,) = replay(turns, [asked({"from": uuid(2), "to": uuid(1)})])

    assert answer == {"said": f"from {uuid(2)} to {uuid(1)}"}


def test_what_a_later_answer_says_again_is_todays_too(replay):
    turns = [turn(asked({"run": uuid(1)}), {}), turn(asked({"input": "Which run?"}), {"said": uuid(1)})]

    assert replay(turns, [asked({"run": uuid(2)}), turns[1].request])[1] == {"said": uuid(2)}


def test_a_stream_says_again_what_is_todays_also_in_pieces(replay, tmp_path: Path):
    def said(id_: str) -> bytes:
        pieces = [{"type": "response.output_text.delta", "item_id": "msg_1", "delta": id_[at : at + 5]}
                  for at in range(0, len(id_), 5)]  # fmt: skip
        whole = {"type": "response.output_text.done", "item_id": "msg_1", "text": id_}
        return b"".join(f"event: {each['type']}\ndata: {json.dumps(each)}\n\n".encode() for each in [*pieces, whole])

    streamed = Response(200, "OK", {"content-type": ["text/event-stream"]}, said(uuid(1)))
    path = written(tmp_path / "geo.yaml", [Interaction(asked({"run": uuid(1)}), streamed)])

    with fakemodel.cassette(path) as tape:
        noted = tape.note(asked({"run": uuid(2)}))
        answer = tape.play(noted).body.decode()

    events = [json.loads(line.removeprefix("data: ")) for line in answer.splitlines() if line.startswith("data: ")]
    assert events[-1]["text"] == uuid(2)
    assert "".join(event["delta"] for event in events[:-1]) == uuid(2)


def test_an_answer_that_is_no_text_is_played_as_it_stands(tmp_path: Path):
    picture = Response(200, "OK", {"content-type": ["image/png"]}, b"\x89PNG\xff\xfe" + uuid(1).encode())
    path = written(tmp_path / "geo.yaml", [Interaction(asked({"run": uuid(1)}), picture)])

    with fakemodel.cassette(path) as tape:
        noted = tape.note(asked({"run": uuid(2)}))
        assert tape.play(noted).body == picture.body


# The laws.

POOL = [kind(number) for kind in OF_CLIENTS for number in (1, 2, 3)]
PLAIN_SHAPES = [shape for name, shape in SHAPES.items() if name not in
                ("a line's beginning", "a tab", "a line of JSON in a string", "an escape in the query")]  # fmt: skip


@st.composite
def conversations(draw: st.DrawFn) -> list[Interaction]:
    """Turns that send identifiers of the client, some said again, and go on from the ids of earlier answers."""
    turns = []
    for number in range(1, draw(st.integers(1, 4)) + 1):
        shape, own = draw(st.sampled_from(PLAIN_SHAPES)), draw(st.sampled_from(POOL))
        request = shape(own)
        body = {**(json.loads(request.body) or {}), "turn": number}
        body["more"] = draw(st.lists(st.sampled_from(POOL), max_size=3))
        if number > 1:
            body["previous_response_id"] = draw(st.none() | st.integers(1, number - 1).map(resp))
        said = draw(st.lists(st.sampled_from([own, *body["more"], "words"]), max_size=3))
        path = request.uri.removeprefix(API)
        turns.append(turn(asked(body, path), {"id": resp(number), "said": said, "told": " ".join(said)}))
    return turns


def named(turns: Sequence[Interaction]) -> list[str]:
    """The client's identifiers in the requests, each as often as it stands there, in order."""
    texts = [f"{each.request.uri} {each.request.body.decode()}" for each in turns]
    return [found for text in texts for found in re.findall("|".join(POOL), text)]


def fresh(id_: str) -> str:
    """Another identifier of the same kind, which stands in no conversation."""
    at = POOL.index(id_)
    return OF_CLIENTS[at // 3](100 + at)


def answered(turns: Sequence[Interaction], names: Mapping[str, str]) -> list[object]:
    return [json.loads(renamed(each.response.body.decode(), names)) for each in turns]


@given(conversations())
def test_a_conversation_replays_as_it_was_recorded(replay, turns):
    assert replay(turns, [each.request for each in turns]) == answered(turns, {})


@given(conversations(), st.sets(st.sampled_from(POOL)))
def test_any_of_the_clients_identifiers_may_be_fresh_ones(replay, turns, changed):
    names = {each: fresh(each) for each in changed}

    answers = replay(turns, [renamed_request(each.request, names) for each in turns])

    assert answers == answered(turns, names)


@given(conversations(), st.data())
def test_the_clients_identifiers_may_change_places(replay, turns, data):
    own = set(named(turns))
    names: dict[str, str] = {}
    for kind in OF_CLIENTS:
        ids = sorted(each for each in own if each in map(kind, range(1, 4)))
        names |= dict(zip(ids, data.draw(st.permutations(ids)), strict=True))

    answers = replay(turns, [renamed_request(each.request, names) for each in turns])

    assert answers == answered(turns, names)


@given(conversations(), st.data())
def test_two_identifiers_never_become_one(replay, turns, data):
    pairs = sorted(
        {(a, b) for a in named(turns) for b in named(turns) if a < b and POOL.index(a) // 3 == POOL.index(b) // 3}
    )
    if not pairs:
        return
    one, other = data.draw(st.sampled_from(pairs))
    names = {one: fresh(one), other: fresh(one)}

    with pytest.raises(CassetteMiss):
        replay(turns, [renamed_request(each.request, names) for each in turns])


@given(conversations(), st.data())
def test_one_identifier_never_becomes_two(replay, turns, data):
    found = named(turns)
    places = [at for at, id_ in enumerate(found) if found.count(id_) > 1]
    if not places:
        return
    changed, seen = data.draw(st.sampled_from(places)), iter(range(len(found)))

    def with_one_changed(text: str) -> str:
        return re.sub("|".join(POOL), lambda id_: fresh(id_[0]) if next(seen) == changed else id_[0], text)

    requests = [
        Request(
            each.request.method,
            with_one_changed(each.request.uri),
            JSON,
            with_one_changed(each.request.body.decode()).encode(),
        )
        for each in turns
    ]

    with pytest.raises(CassetteMiss):
        replay(turns, requests)


@given(conversations(), st.data())
def test_no_other_id_goes_for_one_that_the_server_gave_out(replay, turns, data):
    ids = [resp(number) for number in range(1, len(turns) + 1)]
    going_on = [at for at, each in enumerate(turns) if b"resp_" in each.request.body]
    if not going_on:
        return
    at = data.draw(st.sampled_from(going_on))
    (used,) = re.findall("resp_[0-9a-f]+", turns[at].request.body.decode())
    other = data.draw(st.sampled_from([each for each in [*ids, resp(99)] if each != used]))
    requests = [each.request for each in turns[:at]]

    with pytest.raises(CassetteMiss):
        replay(turns, [*requests, renamed_request(turns[at].request, {used: other})])
