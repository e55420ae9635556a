"""Reading at speed: the reader gives what YAML gives, or nothing; and it reads whatever the layout writes."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fakemodel.tape import foreign, layout, reader
from fakemodel.tape.interaction import Interaction, Request, Response
from fakemodel.tape.scrub import scrubbed

RECORDED = {"from": "api.openai.com, 127.0.0.1:8000", "with": "openai 3.52.0", "on": "2026-11-20"}
URI = "https://api.openai.com/v1/responses"
JSON = {"content-type": ["application/json"], "openai-version": ["2020-10-01"]}
STREAM = {"content-type": ["text/event-stream; charset=utf-8"]}


def turn(
    asked: bytes = b'{"input": "Its capital?"}',
    answered: bytes = b'{"said": "Bras\xc3\xadlia"}',
    *,
    method: str = "POST",
    uri: str = URI,
    sent: dict[str, list[str]] = JSON,
    received: dict[str, list[str]] = JSON,
    status: tuple[int, str] = (200, "OK"),
) -> Interaction:
    return Interaction(Request(method, uri, sent, asked), Response(*status, received, answered))


def written(turns: Sequence[Interaction]) -> str:
    return layout.written(turns, RECORDED)


@pytest.fixture(scope="session")
def by_yaml():
    """Read a file's content as YAML; None for what is no cassette."""

    def turns(content: bytes) -> list[Interaction] | None:
        try:
            return foreign.turns(content)
        except (ValueError, RecursionError):
            return None

    return turns


def whole(turns: Sequence[Interaction] | None) -> str | None:
    """All that turns hold, with the types of it: for `==` a 1 would be True."""
    return None if turns is None else repr([asdict(turn) for turn in turns])


AWKWARD = " \t\n\r\x00\x1b\x7f\x85\xa0\u2028\u2029\ufeff\ufffe🎉é#:-|>'\"\\{}[]%&*!a,?=~0"
texts = st.text(st.sampled_from(AWKWARD), max_size=12) | st.text(max_size=12)
bodies = texts.map(str.encode) | texts.map(lambda text: json.dumps([text, {}]).encode()) | st.binary(max_size=80)
streams = texts.map(lambda text: f"event: a\ndata: {json.dumps(text)}\n\ndata: [DONE]\n\n".encode())
headers = st.sampled_from([{}, {"x": []}, JSON, STREAM, {"location": ["/v1/a?b=1&c=*"], "content-encoding": ["gzip"]}])
addresses = st.sampled_from([URI, f"{URI}?a=%20b#c", f"{URI}/resp_1?x=[1]&y={{2}}", "http://127.0.0.1:8000/v1/models"])
statuses = st.sampled_from([(200, "OK"), (404, "Not Found"), (418, "I'm a <b> & *c* 5% @home"), (429, ""), (500, "No")])
plain_turns = st.builds(
    turn,
    bodies | streams,
    bodies | streams,
    method=st.sampled_from(["GET", "POST", "DELETE"]),
    uri=addresses,
    sent=headers,
    received=headers,
    status=statuses,
)
free_headers = st.dictionaries(texts, st.lists(texts, max_size=2), max_size=2)
free_turns = st.builds(
    turn, bodies, bodies, method=texts, uri=texts | addresses, sent=free_headers, received=free_headers, status=statuses
)


@given(st.lists(plain_turns, min_size=1, max_size=3))
def test_what_the_layout_writes_is_read(by_yaml, made):
    content = written(made).encode()

    found = reader.turns(content)

    assert found is not None
    assert whole(found) == whole(by_yaml(content))


LEFT_TO_YAML = {
    "no turns": [],
    "a method that is not HTTP's": [turn(method="QUERY")],
    "an address that is none of the web's": [turn(uri="unix:/v1/responses")],
    "a header's value with a number sign": [turn(received={"x-order": ["a#1"]})],
    "a header's value that begins with a dot": [turn(received={"x-file": [".env"]})],
}


@pytest.mark.parametrize("made", LEFT_TO_YAML.values(), ids=LEFT_TO_YAML)
def test_what_the_layout_seldom_writes_is_left_to_yaml(by_yaml, made):
    content = written(made).encode()

    assert reader.turns(content) is None
    assert [each.request.method for each in by_yaml(content)] == [each.request.method for each in made]


# What people do to files.

LINES = [
    "",
    " ",
    "      ",
    "        ",
    "\t",
    "---",
    "...",
    "# a word",
    "      # a word",
    "- request:",
    "    method: GET",
    "    body: |",
    "    body: |2-",
    "    body: |+",
    '    body: ""',
    "    body: 'a'",
    "    body: !!binary aGVsbG8=",
    "    headers: {a: [1, 2020-10-01, no, 0x10]}",
    "    headers: {a: &one [b]}",
    "    headers: {a: *one}",
    "    headers: {a: b, a: c} # a word",
    "    uri: https://one.example:",
    "    uri: https://one.example # a word",
    "    uri: 'https://one.example'",
    "    status: {code: 0200, message: 5}",
    "      string: |-",
    "\ufeff",
]
edits = st.lists(
    st.tuples(
        st.sampled_from(["deleted", "doubled", "inserted", "replaced", "indented", "dedented", "ended", "cut"]),
        st.integers(0, 60),
        st.sampled_from(LINES),
        st.integers(1, 3),
    ),
    max_size=3,
)


def edited(text: str, edits: Sequence[tuple[str, int, str, int]]) -> str:
    lines = text.split("\n")
    for kind, where, new, width in edits:
        at = where % len(lines)
        line = lines[at]
        lines[at : at + 1] = {
            "deleted": [],
            "doubled": [line, line],
            "inserted": [new, line],
            "replaced": [new],
            "indented": [" " * width + line],
            "dedented": [line[width:]],
            "ended": [line + (" ", "\t", "\r")[width - 1]],
            "cut": [line[: len(line) // width]],
        }[kind]
        lines = lines or [""]
    return "\n".join(lines)


@given(st.lists(plain_turns | free_turns, max_size=3), edits, st.booleans())
@settings(max_examples=600)
def test_an_edited_file_is_read_as_yaml_reads_it_or_left_to_it(by_yaml, made, edits, carriage_returns):
    text = edited(written(made), edits)
    content = (text.replace("\n", "\r\n") if carriage_returns else text).encode()

    found = reader.turns(content)

    assert found is None or whole(found) == whole(by_yaml(content))


@pytest.mark.parametrize("line", LINES)
@pytest.mark.parametrize("kind", ["inserted", "replaced"])
def test_a_line_of_somebody_is_read_as_yaml_reads_it_wherever_it_stands(by_yaml, kind, line):
    text = written([turn(), turn(b"", b'event: a\ndata: "b"\n\n', received=STREAM)])
    for at in range(text.count("\n") + 1):
        content = edited(text, [(kind, at, line, 1)]).encode()

        found = reader.turns(content)

        assert found is None or whole(found) == whole(by_yaml(content))


READ = {
    "a word in an answer": ("capital", "city"),
    "a comment's sign in a block": ("      {", "      # {"),
    "a line more": ("      }\n", "      }\n      and more\n"),
    "a quoted address": (f"uri: {URI}", f"uri: '{URI}?it''s'"),
    "values of other types": ("[application/json]", "[2020-10-01, no, 0x10]"),
    "a string for a block": ('|\n      {\n        "input": "Its capital?"\n      }\n', '"a\\r\\n\\u00e9\\x41"\n'),
}
NOT_READ = {
    "a comment": ("version", "# a word\nversion"),
    "a comment at a line's end": (f"uri: {URI}", f"uri: {URI} # a word"),
    "a blank line after a block that ends without": ("      }\n", "      }\n\n"),
    "a block of no words": ('|\n      {\n        "input": "Its capital?"\n      }\n', "|2+\n\n\n"),
    "a byte order mark": ("version", "\ufeffversion"),
    "an anchor": ("[application/json]", "&one [application/json]"),
    "a tag": ("message: OK", "message: !!str OK"),
    "a document's end": ("version: 1", "---\nversion: 1"),
    "a tab": ("    uri", "\turi"),
    "a key twice": ("    method: POST\n", "    method: GET\n    method: POST\n"),
    "a day that is none": ("'2026-11-20'", "2026-13-45"),
    "a status that is no number": ("code: 200", "code: ok"),
}


@pytest.mark.parametrize(("old", "new"), READ.values(), ids=READ)
def test_an_edit_within_the_layout_is_read(by_yaml, old, new):
    content = written([turn()]).replace(old, new, 1).encode()

    assert content != written([turn()]).encode()
    assert reader.turns(content) is not None
    assert whole(reader.turns(content)) == whole(by_yaml(content))


@pytest.mark.parametrize(("old", "new"), NOT_READ.values(), ids=NOT_READ)
def test_any_other_edit_is_left_to_yaml(old, new):
    content = written([turn()]).replace(old, new, 1)

    assert content != written([turn()])
    assert reader.turns(content.encode()) is None


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"version: 1\n", b"interactions: [", b"\x00"])
def test_what_is_no_cassette_is_left_to_yaml(content):
    assert reader.turns(content) is None


def test_a_file_without_its_last_line_end_is_left_to_yaml(by_yaml):
    content = written([turn()]).encode().removesuffix(b"\n")

    assert reader.turns(content) is None
    assert by_yaml(content) != by_yaml(content + b"\n")


def test_who_changes_the_headers_of_a_turn_changes_no_other(by_yaml):
    content = written([turn(), turn()]).encode()
    found = reader.turns(content)
    assert found is not None

    found[0].response.headers["content-type"].append("changed")

    assert found[1].response.headers == JSON
    assert reader.turns(content) == by_yaml(content)


def test_real_conversations_are_read(corpus: Path, by_yaml):
    for file in sorted(corpus.rglob("*.yaml")):
        content = written(scrubbed(layout.read(file))).encode()

        found = reader.turns(content)

        assert found is not None, file
        assert found == by_yaml(content), file
