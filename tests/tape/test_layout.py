"""The file: what was written is read again, by us and by plain vcrpy, and it reads as a conversation."""

import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from vcr.persisters.filesystem import FilesystemPersister
from vcr.serializers import yamlserializer

import fakemodel
from fakemodel import CassetteInvalid
from fakemodel.tape import layout
from fakemodel.tape.interaction import Interaction, Request, Response

URI = "https://api.openai.com/v1/responses"
RECORDED = {"from": "api.openai.com", "with": "openai 3.52.0", "on": "2026-11-20"}


def dumped(value, escaped=False) -> bytes:
    return json.dumps(value, ensure_ascii=escaped).encode()


AWKWARD = " \t\n\r\x00\x1b\x7f\x85\xa0\u2028\u2029\ufeff\ufffe🎉é#:-|>'\"\\{}%&*a"
texts = st.text() | st.text(st.sampled_from(AWKWARD))
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)
json_bodies = st.tuples(st.just("application/json"), st.builds(dumped, values, st.booleans()))
sse_bodies = st.tuples(
    st.just("text/event-stream; charset=utf-8"),
    st.lists(values, min_size=1, max_size=3).map(
        lambda each: b"".join(b"event: response.created\ndata: " + dumped(value) + b"\n\n" for value in each)
    ),
)
other_bodies = st.tuples(
    st.sampled_from(["text/plain", "application/octet-stream"]), texts.map(str.encode) | st.binary()
)


def turn_of(request, response) -> Interaction:
    (asked_type, asked), (answered_type, answered) = request, response
    return Interaction(
        Request("POST", URI, {"content-type": [asked_type]}, asked),
        Response(200, "OK", {"content-type": [answered_type]}, answered),
    )


bodies = json_bodies | sse_bodies | other_bodies
turns = st.lists(st.builds(turn_of, bodies, bodies), max_size=3)


def meaning(body: bytes) -> object:
    """A body up to its JSON escapes: the value of a JSON text, the lines of a stream, or else its bytes."""
    try:
        return json.dumps(json.loads(body))
    except ValueError:
        if not body.startswith((b"event:", b"data:")):
            return body
    lines = [line.partition(b"data: ") for line in body.split(b"\n")]
    return [(field, meaning(data)) if field == b"" and data else (field, data) for field, _, data in lines]


def meanings(interactions) -> list[object]:
    return [
        (
            (turn.request.method, turn.request.uri, meaning(turn.request.body)),
            (turn.response.status, turn.response.message, dict(turn.response.headers), meaning(turn.response.body)),
        )
        for turn in interactions
    ]


@given(turns)
def test_what_was_written_is_read_again(tmp_path_factory, made):
    path = tmp_path_factory.getbasetemp() / "again.yaml"
    layout.write(path, layout.written(made, RECORDED))

    assert meanings(layout.read(path)) == meanings(made)


@given(turns)
def test_plain_vcrpy_reads_the_same(tmp_path_factory, made):
    path = tmp_path_factory.getbasetemp() / "vcrpy.yaml"
    layout.write(path, layout.written(made, RECORDED))

    requests, responses = FilesystemPersister.load_cassette(path, yamlserializer)

    ours = layout.read(path)
    assert [(r.method, r.uri, r.body_bytes) for r in requests] == [
        (turn.request.method, turn.request.uri, turn.request.body) for turn in ours
    ]
    assert [(r["status"]["code"], r["body"]["string"]) for r in responses] == [
        (turn.response.status, turn.response.body) for turn in ours
    ]


@given(json_bodies, json_bodies | sse_bodies)
def test_json_and_streams_stand_as_blocks_whatever_is_in_them(asked, answered):
    text = layout.written([turn_of(asked, answered)], RECORDED)

    assert len(re.findall(r"^ +(?:body|string): \|2?[+-]?$", text, re.MULTILINE)) == 2


@given(texts)
def test_a_body_that_only_claims_to_be_json_is_kept_byte_for_byte(tmp_path_factory, text):
    path = tmp_path_factory.getbasetemp() / "claims.yaml"
    body = b"<" + text.encode() + b">"
    turn = turn_of(("application/json", body), ("application/json", body))

    layout.write(path, layout.written([turn], RECORDED))

    assert layout.read(path) == [turn]


@pytest.mark.parametrize(
    "stream",
    [
        b'event: response.created\r\ndata: {"a": 1}\r\n\r\n',
        b'data: {"a": 1}\r\rdata: [DONE]\r\r',
        b": ping \x07\n\ndata: plain \xe2\x80\xa8 text\n\n",
    ],
    ids=["crlf", "cr", "no json"],
)
def test_the_framing_of_a_stream_is_kept(tmp_path: Path, stream):
    turn = turn_of(("application/json", b"{}"), ("text/event-stream", stream))
    layout.write(tmp_path / "stream.yaml", layout.written([turn], RECORDED))

    assert layout.read(tmp_path / "stream.yaml")[0].response.body == stream


def test_a_file_reads_as_a_conversation():
    asked = ("application/json", b'{"input":"Its capital?","model":"gpt-4.1"}')
    answered = ("text/event-stream", 'event: a\ndata: {"delta":"Bras\u00edlia \N{PARTY POPPER}\t"}\n\n'.encode())

    assert layout.written([turn_of(asked, answered)], RECORDED) == (
        "version: 1\n"
        "recorded: {from: api.openai.com, with: openai 3.52.0, 'on': '2026-11-20'}\n"
        "interactions:\n"
        "- request:\n"
        "    method: POST\n"
        "    uri: https://api.openai.com/v1/responses\n"
        "    body: |\n"
        "      {\n"
        '        "input": "Its capital?",\n'
        '        "model": "gpt-4.1"\n'
        "      }\n"
        "    headers: {content-type: [application/json]}\n"
        "  response:\n"
        "    status: {code: 200, message: OK}\n"
        "    headers: {content-type: [text/event-stream]}\n"
        "    body:\n"
        "      string: |+\n"
        "        event: a\n"
        '        data: {"delta":"Bras\u00edlia \N{PARTY POPPER}\t"}\n'
        "\n"
    )


def test_a_conversation_of_no_turns_is_a_cassette(tmp_path: Path):
    layout.write(tmp_path / "none.yaml", layout.written([], RECORDED))

    assert layout.read(tmp_path / "none.yaml") == []


REQUEST = "request: {method: GET, uri: 'https://api.openai.com/v1/models', headers: {}}"
RESPONSE = "response: {status: {code: 200, message: OK}, headers: {}, body: {string: hello}}"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("{", "it is not YAML: *"),
        ("\x00", "it is not YAML: *"),
        ("", "it has no list of `interactions`"),
        ("just words", "it has no list of `interactions`"),
        ("version: 1", "it has no list of `interactions`"),
        ("interactions: {a: 1}", "it has no list of `interactions`"),
        (f"interactions: [{{{RESPONSE}}}]", "turn 1 is not an interaction (no 'request')"),
        (f"interactions: [{{{REQUEST}}}]", "turn 1 is not an interaction (no 'response')"),
        (
            f"interactions: [{{{REQUEST}, {RESPONSE}}}, {{{REQUEST}, response: {{body: {{string: a}}}}}}]",
            "turn 2 is not an interaction (no 'status')",
        ),
        (
            f"interactions: [{{{REQUEST.replace('headers', 'body: [1], headers')}, {RESPONSE}}}]",
            "turn 1 is not an interaction (a body is text or bytes, not list)",
        ),
        (
            f"interactions: [{{{REQUEST}, {RESPONSE.replace('hello', '[1]')}}}]",
            "turn 1 is not an interaction (a body is text or bytes, not list)",
        ),
        (
            f"interactions: [{{{REQUEST.replace('GET', '5')}, {RESPONSE}}}]",
            "turn 1 is not an interaction (method and uri are 5 and 'https://api.openai.com/v1/models', *",
        ),
        ("recorded: {on: 2026-13-45}", "it is not YAML: month must be in 1..12"),
    ],
)
def test_a_file_that_is_no_cassette_says_why(tmp_path: Path, text, problem):
    path = tmp_path / "broken.yaml"
    path.write_text(text, encoding="utf-8")

    with pytest.raises(CassetteInvalid) as refused, fakemodel.cassette(path):
        pass

    first, _, last = str(refused.value).partition(f"broken cannot replay {path}: ")[2].rpartition("\n")
    assert first.startswith(problem.removesuffix("*")) if problem.endswith("*") else first == problem
    assert last == (
        f'Mend the file, or record it anew. Re-record it:  fakemodel.cassette({str(path)!r}, mode="rerecord")'
    )


def test_a_file_that_is_no_text_is_no_cassette(tmp_path: Path):
    (tmp_path / "bytes.yaml").write_bytes(b"\xff\xfe\x00")

    with pytest.raises(CassetteInvalid, match="it is not YAML: "), fakemodel.cassette(tmp_path / "bytes.yaml"):
        pass


def test_a_folder_is_no_cassette(tmp_path: Path):
    with pytest.raises(CassetteInvalid, match="Is a directory"), fakemodel.cassette(tmp_path):
        pass


def test_a_body_that_vcrpy_wrote_in_pieces_is_joined(tmp_path: Path):
    path = tmp_path / "pieces.yaml"
    pieces = "!!python/object/apply:builtins.iter {args: [[!!binary aGVs, !!binary bG8=]]}"
    path.write_text(f"interactions: [{{{REQUEST.replace('headers', f'body: {pieces}, headers')}, {RESPONSE}}}]")

    assert layout.read(path)[0].request.body == b"hello"


def test_a_file_that_is_missing_stays_a_missing_file(tmp_path: Path):
    with pytest.raises(FileNotFoundError):
        layout.read(tmp_path / "missing.yaml")


def test_a_failing_write_leaves_the_old_file_whole_and_nothing_beside_it(tmp_path: Path):
    path = tmp_path / "geo.yaml"
    layout.write(path, "version: 1\n")

    with pytest.raises(UnicodeEncodeError):
        layout.write(path, "half of it\n\ud800")

    assert path.read_text(encoding="utf-8") == "version: 1\n"
    assert [each.name for each in tmp_path.iterdir()] == ["geo.yaml"]


def test_folders_are_made_for_a_new_cassette(tmp_path: Path):
    layout.write(tmp_path / "cassettes" / "test_geo" / "test_capital.yaml", "version: 1\n")

    assert (tmp_path / "cassettes" / "test_geo" / "test_capital.yaml").read_text(encoding="utf-8") == "version: 1\n"


@pytest.mark.parametrize(
    "body",
    [
        "parsed_body: {b: 1, a: [é]}",
        'body: {string: "{\\"b\\": 1, \\"a\\": [\\"é\\"]}"}',
        'content: \'{"b":1,"a":["é"]}\'',
    ],
    ids=["parsed_body", "vcrpy", "vcrpy before 5"],
)
def test_what_others_wrote_is_read(tmp_path: Path, body):
    path = tmp_path / "others.yaml"
    status = "status_code: 200" if body.startswith("content") else "status: {code: 200, message: OK}"
    response = f"response: {{{status}, headers: {{Content-Type: application/json, Content-Encoding: [gzip]}}, {body}}}"
    path.write_text(f"interactions: [{{{REQUEST}, {response}}}]", encoding="utf-8")

    (turn,) = layout.read(path)

    assert json.loads(turn.response.body) == {"b": 1, "a": ["é"]}
    assert turn.response.headers == {"content-type": ["application/json"]}
    assert (turn.request.body, turn.response.status) == (b"", 200)
