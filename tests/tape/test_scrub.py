"""What may be written of a conversation: ids and times of no day in particular, and all else as it was."""

import json
from collections.abc import Sequence
from pathlib import Path
from random import Random
from string import ascii_letters, digits

import pytest
from hypothesis import given
from hypothesis import strategies as st

import fakemodel
from fakemodel import Reply, check_chunks, check_events, sse, text, tool_call
from fakemodel.tape import layout
from fakemodel.tape.interaction import Interaction, Request, Response
from fakemodel.tape.scrub import scrubbed
from fakemodel.wire.sse import split

API = "https://api.openai.com/v1"
JSON = {"content-type": ["application/json"]}
STREAM = {"content-type": ["text/event-stream; charset=utf-8"]}
EPOCH = 1_767_225_600


def asked(body: object = None, path: str = "/responses", method: str = "POST") -> Request:
    return Request(method, f"{API}{path}", JSON, json.dumps(body, ensure_ascii=False).encode())


def turn(request: Request, answered: object, **headers: str) -> Interaction:
    """An interaction; what was answered is JSON, or the bytes of a stream."""
    is_stream = isinstance(answered, bytes)
    body = answered if is_stream else json.dumps(answered, ensure_ascii=False).encode()
    more = {name.replace("_", "-"): [value] for name, value in headers.items()}
    return Interaction(request, Response(200, "OK", {**(STREAM if is_stream else JSON), **more}, body))


def bodies(turns: Sequence[Interaction]) -> list[tuple[object, object]]:
    """What is asked and answered in each turn after scrubbing."""
    return [(each.request.json, json.loads(each.response.body)) for each in scrubbed(turns)]


def answer(answered: object) -> object:
    """An answer after scrubbing, of a cassette that has no other."""
    return bodies([turn(asked({}), answered)])[0][1]


def stream(*payloads: dict) -> bytes:
    return b"".join(f"data: {json.dumps(each)}\n\n".encode() for each in payloads)


def payloads(body: bytes) -> list[dict]:
    lines = [line for frame in split(body) for line in frame.decode().splitlines() if line.startswith("data: {")]
    return [json.loads(line.removeprefix("data: ")) for line in lines]


def written(turns: Sequence[Interaction]) -> str:
    return layout.written(scrubbed(turns), {"from": "api.openai.com"})


def replayed(path: Path, turns: Sequence[Interaction], requests: Sequence[Request]) -> list[object]:
    """The answers to requests, from a cassette that was written of these turns."""
    layout.write(path, written(turns))
    found = []
    with fakemodel.cassette(path) as tape:
        for request in requests:
            noted = tape.note(request)
            assert noted is not None
            found.append(json.loads(tape.play(noted).body))
    return found


# Ids.

RESP, SECOND = (
    "resp_6931d752e41c81918aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    "resp_6931d752e41c81918bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb",
)
CALL, FILE, UUID = (
    "call_kqLmGHEYUsaFGlr0mXVbvIgW",
    "file-9RhPAs9YqVajpGXRfcgavJ",
    "0b5e4e11-1f3c-4c8a-9a0c-77c1f3b2a6d4",
)

PLACEHOLDERS = [
    (RESP, f"resp_{1:048d}"),
    ("resp_02aee3b9c2d2c1c90068f0c1e2a3b4c5d6e7f8091a2b3c4d5e", f"resp_{1:050d}"),
    (CALL, f"call_{1:024d}"),
    (FILE, f"file-{1:022d}"),
    ("chatcmpl-BLNBFjvRQBwoUlaIMNEjv3yHX8zzz", f"chatcmpl-{1:029d}"),
    ("msg_67f3fdfd9fa08191a3d5825db81b8df6003bc73febb56d77", f"msg_{1:048d}"),
    ("rs_67f3fdfd9fa08191a3d5825db81b8df6003bc73febb56d77", f"rs_{1:048d}"),
    ("vs_6931d752e41c8191833fcaad1cf47055", f"vs_{1:032d}"),
    ("conv_68f0c1e2a3b4c5d6e7f8091a2b3c4d5e68f0c1e2a3b4c5d6", f"conv_{1:048d}"),
    ("org-aaaa1AAAbbbbBBBBccccCCCC", f"org-{1:024d}"),
    ("call_qWErTyUiOpASdFgHjKlZxCvB", f"call_{1:024d}"),
    ("call_mNBvCxZLkJhGfDsAPoIuYtR4", f"call_{1:024d}"),
    ("proj_wEdCvFrTGbNhYuJMkIoLpQaZ", f"proj_{1:024d}"),
    ("req_011CQxyzABCDEFGHijklmnop", f"req_{1:024d}"),
    (UUID, "00000000-0000-4000-8000-000000000001"),
    (UUID.replace("-", ""), "0000000000004000a000000000000001"),
    ("trace_0b5e4e111f3c4c8a9a0c77c1f3b2a6d4", f"trace_{1:032d}"),
    ("chatcmpl-tool-0b5e4e111f3c4c8a9a0c77c1f3b2a6d4", f"chatcmpl-tool-{1:032d}"),
    ("pyd_ai_0b5e4e111f3c4c8a9a0c77c1f3b2a6d4", f"pyd_ai_{1:032d}"),
    ("agents-sdk:session:0e9875ac20f15fbd20c1e9fa1cd4519e", f"agents-sdk:session:{1:032d}"),
    (f"lc_run--{UUID}", "lc_run--00000000-0000-4000-8000-000000000001"),
]


@pytest.mark.parametrize(("id_", "placeholder"), PLACEHOLDERS, ids=[id_[:14] for id_, _ in PLACEHOLDERS])
def test_a_placeholder_has_the_prefix_and_the_length_of_the_id(id_, placeholder):
    assert len(placeholder) == len(id_)
    assert answer({"id": id_, "said": f"“{id_}”"}) == {"id": placeholder, "said": f"“{placeholder}”"}


def test_an_id_is_known_whatever_was_drawn():
    drawn = Random(1)
    ids = ["call_" + "".join(drawn.choices(ascii_letters + digits, k=24)) for _ in range(5000)]

    assert answer({"output": ids}) == {"output": [f"call_{number:024d}" for number in range(1, 5001)]}


@pytest.mark.parametrize(
    "word",
    [
        *("gpt-4.1-2025-04-14", "fp_44added55e", "get_weather", "call_me", "resp_1", "file-system", "json_schema"),
        *("group_discussion", "trace_requests", "span_attributes", "call_getWeatherOfTomorrow", "a" * 32, "0" * 32),
        *("call_getTheWeatherOfToday1", "mcp_searchJIRAForOpenIssues", "call_CAPITALSANDNOTHINGELSEAA"),
        *("x" * 60, "2025-04-14", "msg_", "user_of_the_conversation", "Brasília"),
    ],
)
def test_what_is_no_id_stays(word):
    assert answer({"name": word, "said": f"{word}, {word}."}) == {"name": word, "said": f"{word}, {word}."}


def test_ids_are_numbered_by_their_first_appearance_each_kind_for_itself():
    turns = [
        turn(asked({"file": FILE, "input": f"{UUID} {FILE}"}), {"id": SECOND, "call": CALL}),
        turn(asked({"previous_response_id": SECOND}), {"id": RESP, "before": SECOND}),
    ]

    assert bodies(turns) == [
        (
            {"file": f"file-{1:022d}", "input": f"00000000-0000-4000-8000-000000000001 file-{1:022d}"},
            {"id": f"resp_{1:048d}", "call": f"call_{1:024d}"},
        ),
        ({"previous_response_id": f"resp_{1:048d}"}, {"id": f"resp_{2:048d}", "before": f"resp_{1:048d}"}),
    ]


PLACES = {
    "a member": lambda id_: {"id": id_},
    "a list": lambda id_: [["one", id_]],
    "words": lambda id_: {"said": f"Order {id_}: “{id_}”, ({id_})."},
    "JSON in a string": lambda id_: {"arguments": json.dumps({"é": [id_, {"id": id_}]})},
    "JSON in JSON in a string": lambda id_: {"arguments": json.dumps({"inner": json.dumps([id_])})},
    "an address": lambda id_: {"url": f"https://files.example/{id_}/content?id={id_}#{id_}"},
    "a path": lambda id_: {"path": f"sandbox:/mnt/data/{id_}.png"},
    "a line": lambda id_: {"said": f"The order:\n{id_}\n\t{id_}"},
    "a line of JSON in a string": lambda id_: {"arguments": json.dumps({"order": f"see\n{id_}"})},
    "a member's name": lambda id_: {"orders": {id_: "open"}},
}
each_place = pytest.mark.parametrize("place", PLACES.values(), ids=PLACES)


@each_place
@pytest.mark.parametrize(("id_", "placeholder"), [(FILE, f"file-{1:022d}"), (UUID, f"{0:08d}-0000-4000-8000-{1:012d}")])
def test_an_id_is_the_same_placeholder_wherever_it_stands(place, id_, placeholder):
    turns = [
        turn(asked({"first": id_}), place(id_)),
        turn(asked(place(id_)), stream({"type": "response.weather", "more": place(id_)})),
    ]

    first, second = scrubbed(turns)

    assert json.loads(first.response.body) == place(placeholder)
    assert second.request.json == place(placeholder)
    assert payloads(second.response.body) == [{"type": "response.weather", "more": place(placeholder)}]


def test_an_id_is_the_same_placeholder_in_addresses_and_in_the_location_header():
    turns = [
        turn(asked({}), {"id": FILE}, location=f"{API}/files/{FILE}"),
        turn(asked(None, f"/files/{FILE}/content?after={FILE}&ids=one%2C{FILE}"), {}),
    ]

    first, second = scrubbed(turns)

    assert first.response.headers["location"] == [f"{API}/files/file-{1:022d}"]
    assert second.request.uri == f"{API}/files/file-{1:022d}/content?after=file-{1:022d}&ids=one%2Cfile-{1:022d}"


def part(said: str) -> bytes:
    """An upload of one field."""
    head = 'content-disposition: form-data; name="file_id"'
    return f"--boundary-of-the-parts\r\n{head}\r\n\r\n{said}\r\n--boundary-of-the-parts--\r\n".encode()


UPLOAD = {"content-type": ["multipart/form-data; boundary=boundary-of-the-parts"]}


def test_an_id_in_a_form_and_in_an_upload_is_its_placeholder():
    form = Request(
        "POST",
        f"{API}/uploads",
        {"content-type": ["application/x-www-form-urlencoded"]},
        f"file_id={FILE}&x=1".encode(),
    )
    upload = Request("POST", f"{API}/uploads", UPLOAD, part(FILE) + b"\xff")

    first, second = scrubbed([turn(form, {"id": FILE}), turn(upload, {})])

    assert first.request.body == f"file_id=file-{1:022d}&x=1".encode()
    assert second.request.body == part(f"file-{1:022d}") + b"\xff"


def in_pieces(word: str, size: int) -> list[str]:
    return [word[at : at + size] for at in range(0, len(word), size)]


@pytest.mark.parametrize("size", [1, 3, 7, 20, 200])
@pytest.mark.parametrize("said", ["{}", "See {}, and {}.", '{{"id": "{}", "é": "{}"}}'])
def test_an_id_in_the_deltas_of_a_stream_is_its_placeholder(said, size):
    pieces = in_pieces(said.format(FILE, FILE), size)
    reply = Reply(text(*pieces), tool_call("look", pieces, id="call_1"))
    expected = said.format(f"file-{1:022d}", f"file-{1:022d}")

    events, chunks = (
        payloads(scrubbed([turn(asked({"file": FILE}), body)])[0].response.body)
        for body in (sse(reply.events()), sse(reply.chunks()))
    )

    check_events(events)
    check_chunks(chunks)
    deltas = [event for event in events if event["type"].endswith(".delta")]
    assert "".join(each["delta"] for each in deltas if "text" in each["type"]) == expected
    assert "".join(each["delta"] for each in deltas if "arguments" in each["type"]) == expected
    assert [each["text"] for each in events if each["type"] == "response.output_text.done"] == [expected]
    told = [choice["delta"] for chunk in chunks for choice in chunk["choices"]]
    assert "".join(delta.get("content") or "" for delta in told) == expected
    calls = [call["function"]["arguments"] for delta in told for call in delta.get("tool_calls", ())]
    assert "".join(calls) == expected


# Times.


def test_times_are_those_of_the_turn_that_first_shows_the_object():
    made = {"id": RESP, "created_at": 1_760_000_100, "completed_at": 1_760_000_105.0, "status": "completed"}
    turns = [
        turn(asked({}), made),
        turn(asked({}), {"object": "list", "data": [made, {"id": SECOND, "created_at": 1_760_000_200}]}),
        turn(asked({}), {**made, "updated_at": 1_760_000_250}),
        turn(asked({}), {"id": FILE, "created": 1_760_000_300}),
    ]

    answers = [answered for _, answered in bodies(turns)]

    assert (answers[0]["created_at"], answers[0]["completed_at"]) == (EPOCH + 1, EPOCH + 1)
    assert [each["created_at"] for each in answers[1]["data"]] == [EPOCH + 1, EPOCH + 2]
    assert (answers[2]["created_at"], answers[2]["updated_at"]) == (EPOCH + 1, EPOCH + 1)
    assert answers[3]["created"] == EPOCH + 4


def test_what_expires_keeps_its_distance():
    assert answer({"id": FILE, "created_at": 1_760_000_000, "expires_at": 1_760_003_600}) == {
        "id": f"file-{1:022d}",
        "created_at": EPOCH + 1,
        "expires_at": EPOCH + 1 + 3600,
    }
    assert answer({"expires_at": 1_760_003_600}) == {"expires_at": EPOCH + 1}


@pytest.mark.parametrize(
    "value",
    [
        {"created_at": None},
        {"created_at": "2025-04-14"},
        {"created": True},
        {"created": 5},
        {"expires_at": None},
        {"usage": {"input_tokens": 2_000_000_000, "output_tokens_details": {"reasoning_tokens": 1_760_000_000}}},
        {"seed": 1_760_000_000, "since": 1_760_000_000.5},
        {"arguments": '{"created_at": 1760000000}'},
        {"said": "created_at 1760000000"},
    ],
)
def test_what_is_no_time_of_the_apis_stays(value):
    assert answer(value) == value


def test_a_time_of_the_users_own_stays():
    turns = [turn(asked({"created": 1_760_000_000, "metadata": {"created_at": 1_760_000_001}}), {"id": RESP})]

    assert bodies(turns)[0][0] == {"created": 1_760_000_000, "metadata": {"created_at": 1_760_000_001}}


@pytest.mark.parametrize("named", [{"id": FILE}, {"id": "a name of its own"}, {}], ids=["id", "another id", "no id"])
def test_a_time_that_a_request_says_again_is_the_one_that_was_played(tmp_path: Path, named):
    made = {**named, "object": "note", "created_at": 1_760_000_000}
    turns = [
        turn(asked({"input": "Begin"}), {"note": made}),
        turn(asked({"input": "And?"}), {}),
        turn(asked({"input": "Again", "note": made}), {"said": "Brazil"}),
    ]
    first = bodies(turns)[0][1]

    answers = replayed(
        tmp_path / "geo.yaml",
        turns,
        [asked({"input": "Begin"}), asked({"input": "And?"}), asked({"input": "Again", **first})],
    )

    assert answers[2] == {"said": "Brazil"}


# Encrypted words, and padding.


def test_encrypted_words_are_a_short_token_also_where_a_request_says_them_again():
    reasoning = {"type": "reasoning", "id": "rs_1", "encrypted_content": "gAAAAABo" + "x" * 900, "summary": []}
    other = {**reasoning, "id": "rs_2", "encrypted_content": "gAAAAABo" + "y" * 900}
    own = {"type": "reasoning", "encrypted_content": "the user's own"}
    turns = [
        turn(asked({"include": ["reasoning.encrypted_content"]}), {"output": [reasoning, other]}),
        turn(asked({"input": [reasoning, other, own]}), {"output": [other]}),
    ]

    (_, first), (second, last) = bodies(turns)

    assert [item["encrypted_content"] for item in first["output"]] == ["encrypted_1", "encrypted_2"]
    assert second["input"] == [*first["output"], own]
    assert last["output"] == first["output"][1:]


def test_nothing_and_null_are_no_encrypted_words():
    assert answer({"a": {"encrypted_content": None}, "b": {"encrypted_content": ""}}) == {
        "a": {"encrypted_content": None},
        "b": {"encrypted_content": ""},
    }


def test_padding_is_not_written():
    reply = Reply("Brazil", tool_call("look", {"at": 1}))

    for plain, padded in [
        (reply.events(), reply.events(obfuscation=True)),
        (reply.chunks(), reply.chunks(obfuscation=True)),
    ]:
        made = [scrubbed([turn(asked({}), sse(each))])[0].response.body for each in (plain, padded)]
        assert made[0] == made[1]
        assert b"obfuscation" not in made[1]


def test_log_probabilities_and_counts_stay():
    logprobs = [{"token": UUID, "bytes": list(UUID.encode()), "logprob": -0.5, "top_logprobs": []}]
    usage = {"input_tokens": 1_760_000_000, "total_tokens": 1_760_000_001}

    made = answer({"logprobs": logprobs, "usage": usage, "text": "Brazil"})

    assert made == {"logprobs": logprobs, "usage": usage, "text": "Brazil"}


# Headers and addresses.


def test_headers_pass_by_a_list():
    turns = [
        Interaction(
            Request(
                "POST", f"{API}/responses", {"content-type": ["application/json"], "authorization": ["Bearer k"]}, b"{}"
            ),
            Response(
                200,
                "OK",
                {
                    "content-type": ["application/json"],
                    "openai-version": ["2020-10-01"],
                    "openai-organization": ["mine"],
                    "retry-after": ["1"],
                    "retry-after-ms": ["5"],
                    "x-should-retry": ["true"],
                    "x-request-id": ["req_1"],
                    "set-cookie": ["a=b"],
                    "date": ["today"],
                    "x-ratelimit-reset-tokens": ["1s"],
                },
                b"{}",
            ),
        )
    ]

    (made,) = scrubbed(turns)

    assert made.request.headers == {"content-type": ["application/json"]}
    assert made.response.headers == {
        "content-type": ["application/json"],
        "openai-version": ["2020-10-01"],
        "retry-after": ["1"],
        "retry-after-ms": ["5"],
        "x-should-retry": ["true"],
    }


def test_addresses_tell_nothing_of_the_sender():
    moved = Response(303, "See Other", {"location": ["https://me:pass@one.example/files?sig=SECRET"]}, b"")
    request = Request("GET", "https://me:pass@one.example/search?api-key=SECRET&q=1", {}, b"")

    (made,) = scrubbed([Interaction(request, moved)])

    assert made.request.uri == "https://one.example/search?api-key=scrubbed&q=1"
    assert made.response.headers == {"location": ["https://one.example/files?sig=scrubbed"]}


# What a test says itself is played to it again.

CONSTANTS = [
    {"created": 1_760_000_000},
    {"metadata": {"created_at": 1_760_000_000, "expires_at": 1_760_000_000}},
    {"input": f"Order {UUID}"},
    {"input": f"Order:\n{UUID}"},
    {"input": f"Orders:\t{UUID}\t{FILE}"},
    {"input": [{"type": "input_file", "file_id": FILE}]},
    {"arguments": json.dumps({"order": f"see\n{UUID}"})},
    {"previous_response_id": RESP},
    {"input": [{"type": "reasoning", "encrypted_content": "gAAAAABo" + "x" * 50}]},
    {"input": [{"type": "function_call_output", "call_id": CALL, "output": f'{{"id": "{UUID}"}}'}]},
    {"orders": {UUID: "open"}},
    {"obfuscation": "none"},
    {"input": "2026-01-01", "user": "user_aAAAAAAAAAAAAAAAAAAAAAAAA"},
]


@pytest.mark.parametrize("body", CONSTANTS, ids=lambda body: json.dumps(body)[:30])
def test_a_constant_of_the_test_is_played_to_it(tmp_path: Path, body):
    turns = [turn(asked(body), {"said": "Brazil"}), turn(asked({"again": body}), {"said": "Peru"})]

    assert replayed(tmp_path / "geo.yaml", turns, [each.request for each in turns]) == [
        {"said": "Brazil"},
        {"said": "Peru"},
    ]


@pytest.mark.parametrize(
    "path", [f"/files/{FILE}", f"/files?after={FILE}", f"/files?ids=one%2C{FILE}", f"/files?q=see%0A{UUID}"]
)
def test_a_constant_of_the_test_in_an_address_is_played_to_it(tmp_path: Path, path):
    turns = [turn(asked(None, path), {"said": "Brazil"})]

    assert replayed(tmp_path / "geo.yaml", turns, [each.request for each in turns]) == [{"said": "Brazil"}]


@pytest.mark.parametrize("constant", [FILE, UUID, "0b5e4e111f3c4c8a9a0c77c1f3b2a6d4"])
def test_a_constant_of_the_test_in_an_upload_is_played_to_it(tmp_path: Path, constant):
    upload = Request("POST", f"{API}/uploads", UPLOAD, part(constant))

    assert replayed(tmp_path / "geo.yaml", [turn(upload, {"said": "Brazil"})], [upload]) == [{"said": "Brazil"}]


# Two days of recording.

DAYS = [
    {"resp": "6931d752e41c8191", "letters": "kqLmGHEYUsaFGlr0mXVb", "time": 1_760_000_000, "words": "gAAAA" + "x" * 80},
    {"resp": "7a02e863f52d92a2", "letters": "ZzTopQWERTYuiop12345", "time": 1_790_123_456, "words": "gBBBB" + "y" * 99},
]


def conversation(day: dict, spec: Sequence[tuple]) -> list[Interaction]:
    """A conversation as it was recorded on a day: each turn has an answer, and may go on from the one before."""

    def made(prefix: str, number: int) -> str:
        return f"{prefix}{day['letters']}{number:010d}"

    turns, before = [], None
    for number, (said, size, streams, goes_on, client) in enumerate(spec, 1):
        id_, own = made("resp_", number), f"{number:08x}-{day['resp'][:4]}-4e11-9a0c-{day['resp'][4:]}"
        words = said.format(own=own, id=id_, before=before or "nothing")
        body = {"input": words, "previous_response_id": before if goes_on else None, "run": own if client else None}
        item = {"type": "reasoning", "id": made("rs_", number), "encrypted_content": day["words"] + str(number)}
        answered = {
            "id": id_,
            "created_at": day["time"] + number * 7,
            "completed_at": day["time"] + number * 7 + 1,
            "output": [
                item,
                {"type": "message", "id": made("msg_", number), "content": [{"type": "output_text", "text": words}]},
            ],
            "usage": {"total_tokens": 12},
        }
        if streams:
            deltas = [{"type": "response.output_text.delta", "item_id": made("msg_", number), "output_index": 1,
                       "delta": piece, "obfuscation": day["letters"]} for piece in in_pieces(words, size)]  # fmt: skip
            turns.append(turn(asked(body), stream(*deltas, {"type": "response.completed", "response": answered})))
        else:
            turns.append(turn(asked(body), answered))
        before = id_
    return turns


SAID = [
    "Brazil",
    "{own}",
    "See {id}, after {before}.",
    'as JSON: {{"id": "{id}"}}',
    "{before} {own}",
    "line:\n{own}",
    "\t{id}",
]
specs = st.lists(
    st.tuples(st.sampled_from(SAID), st.integers(1, 30), st.booleans(), st.booleans(), st.booleans()),
    min_size=1,
    max_size=4,
)


def pieces_joined(turns: Sequence[Interaction]) -> str:
    """The file of a conversation, its deltas joined: how words are cut depends on the day, what they say does not."""
    lines = written(turns).splitlines()
    said = [json.loads(line.partition("data: ")[2])["delta"] for line in lines if '"delta":' in line]
    return "\n".join([line for line in lines if '"delta":' not in line] + ["".join(said)])


@given(specs)
def test_equal_conversations_of_two_days_are_equal_files(spec):
    one, other = (conversation(day, spec) for day in DAYS)

    assert pieces_joined(one) == pieces_joined(other)
    if not any(streams for _, _, streams, _, _ in spec):
        assert written(one) == written(other)


@given(specs)
def test_nothing_of_the_day_is_left(spec):
    made = pieces_joined(conversation(DAYS[0], spec))

    assert [each for each in (DAYS[0]["letters"], DAYS[0]["resp"][4:], "gAAAA", "17600000") if each in made] == []


@given(specs)
def test_what_is_scrubbed_twice_is_what_is_scrubbed_once(spec):
    once = scrubbed(conversation(DAYS[0], spec))

    assert scrubbed(once) == once


@given(specs)
def test_a_conversation_that_goes_on_from_what_is_played_is_played(tmp_path_factory, spec):
    turns = conversation(DAYS[0], spec)
    path = tmp_path_factory.getbasetemp() / "scrubbed.yaml"
    made = scrubbed(turns)
    layout.write(path, written(turns))

    with fakemodel.cassette(path) as tape:
        for each in made:
            noted = tape.note(each.request)
            assert noted is not None
            answered = tape.play(noted).body
            assert payloads(answered) or json.loads(answered) == json.loads(each.response.body)


@given(st.lists(st.sampled_from(["é", FILE, f" {UUID}", CALL, "\n"]), max_size=6), st.integers(1, 30))
def test_a_text_without_ids_is_cut_as_it_was(words, size):
    pieces = in_pieces("".join(words), size) or [""]
    reply = Reply(text(*pieces))

    made = payloads(scrubbed([turn(asked({}), sse(reply.events()))])[0].response.body)

    check_events(made)
    deltas = [event["delta"] for event in made if "delta" in event]
    assert len(deltas) == len(pieces)
    if not {FILE, CALL, f" {UUID}"} & set(words):
        assert deltas == pieces
