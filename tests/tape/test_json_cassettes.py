"""Cassettes that vcrpy wrote as JSON: pytest-recording's with `serializer: json` have the names of YAML files."""

import json
from pathlib import Path

import pytest
from vcr.serializers import jsonserializer

import fakemodel
from fakemodel import CassetteInvalid
from fakemodel.tape import layout
from fakemodel.tape.checks import cassettes, check, scrub
from fakemodel.tape.conversation import conversation_of
from tests.cli.commands import interaction, message, response

KEY = "sk-" + "proj-" + "x7Yk2PqR9vTn4WzB6mLs8JdF"


@pytest.fixture(params=["tape.yaml", "tape.json"])
def file(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    return tmp_path / request.param


def put(file: Path, *turns: dict, **more: object) -> Path:
    """A cassette as vcrpy's serializer for JSON writes it, in which an emoji is two escapes."""
    file.write_text(jsonserializer.serialize({"version": 1, "interactions": list(turns), **more}), encoding="utf-8")
    return file


def said(payload: dict) -> str:
    """A payload as the API and its SDKs send it: characters as they are."""
    return json.dumps(payload, ensure_ascii=False)


def test_a_cassette_with_an_emoji_is_read(file: Path):
    answer = said(response(1, message("\N{WAVING HAND SIGN} Hello")))
    put(file, interaction(said({"input": "Hi \N{GRINNING FACE}"}), answer))

    assert "\\ud83d\\ude00" in file.read_text()
    assert str(conversation_of(layout.read(file))) == (
        "turn 1  resp_1  gpt-4.1  10 in, 1 out\n"
        "  user       Hi \N{GRINNING FACE}\n"
        "  assistant  \N{WAVING HAND SIGN} Hello"
    )


def test_it_is_found_in_a_folder_and_nothing_is_wrong_with_it(file: Path):
    put(file, interaction(said({"input": "Hi \N{GRINNING FACE}"}), response(1, message("Hello"))))
    (file.parent / "other.json").write_text('{"settings": {"interactions": []}}')
    (file.parent / "package.json").write_text("[]")
    (file.parent / "stats.json").write_text('{"total_interactions": 3}')

    assert cassettes([file.parent]) == [file]
    assert [*check([file], {})] == [(file, [])]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_a_secret_is_found_even_where_two_events_bring_it(file: Path, encoding):
    events = ({"type": "response.output_text.delta", "delta": each} for each in ("My key is ", KEY[:12], KEY[12:]))
    stream = "".join(f"data: {said(each)}\n\n" for each in events)
    put(file, interaction(said({"input": "\N{KEY}"}), stream, stream=True), metadata={"comment": KEY})
    file.write_text(file.read_text(), encoding=encoding)

    ((_, found),) = check([file], {})

    assert [each.message for each in found if each.code == "leak"] == [
        "turn 1, response body: events 2 to 3, delta: OpenAI key",
        "the file's head: OpenAI key",
    ]
    assert KEY[12:] not in repr(found)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_it_is_not_made_yaml(file: Path, encoding):
    text = put(file, interaction(said({"input": "Hi \N{GRINNING FACE}"}), response(1))).read_text()
    file.write_text(text, encoding=encoding)
    before = file.read_bytes()

    ((_, done),) = scrub([file], {}, write=True)

    assert (done.outcome, done.why) == (
        "refused",
        ("it is JSON, and who reads that could not read YAML in its place",),
    )
    assert file.read_bytes() == before


def test_what_is_torn_is_told_as_json(file: Path):
    text = put(file, interaction({}, {})).read_text()
    file.write_text(text[:-20], encoding="utf-8")

    with pytest.raises(CassetteInvalid, match=r"it is not JSON: .*line \d+ column \d+"), fakemodel.cassette(file):
        pytest.fail("it was opened")


def test_a_mapping_of_yaml_may_begin_as_json_does(tmp_path: Path):
    file = tmp_path / "flow.yaml"
    file.write_text('{"version": 1, interactions: []}', encoding="utf-8")

    assert layout.read(file) == []


def test_a_mark_of_the_order_of_bytes_is_passed_over(file: Path):
    text = put(file, interaction(said({"input": "\N{GRINNING FACE}"}), response(1))).read_text()
    file.write_text(text, encoding="utf-8-sig")

    assert len(layout.read(file)) == 1
    assert cassettes([file.parent]) == [file]


def test_half_of_a_character_is_told_with_its_turn(file: Path):
    put(file, interaction({}, {}), interaction("\ud83d", {}))

    with pytest.raises(ValueError, match="turn 2 is not an interaction"):
        layout.read(file)
