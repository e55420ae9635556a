"""Files that say more than they look: refused by whoever reads them, before anybody holds all of it."""

import json
from importlib.util import find_spec
from pathlib import Path

import pytest
import yaml
from vcr.serializers import yamlserializer

import fakemodel
from fakemodel import CassetteInvalid
from fakemodel.tape import layout
from fakemodel.tape.checks import check, scrub
from tests.cli.commands import run

TURN = """\
interactions:
- request:
    method: POST
    uri: https://api.openai.com/v1/responses
    headers: HEADERS
    REQUEST
  response:
    status: {code: 200, message: OK}
    headers: {}
    RESPONSE
"""

LAUGHS = "l0: &l0 lol\n" + "".join(f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 9)}]\n" for n in range(1, 12))
MERGED = "l0: &l0 {a: b}\n" + "".join(f"l{n}: &l{n} {{<<: [{', '.join([f'*l{n - 1}'] * 9)}]}}\n" for n in range(1, 12))
MANY = "its aliases stand for more than 4,000,000 characters"
DEEP = "it is nested too deeply"
ITSELF = "one of its aliases stands for nothing, or within what it stands for"


def turn(*, request: str = "body: Hi", response: str = "body: {string: Hi}", headers: str = "{}") -> str:
    return TURN.replace("REQUEST", request).replace("RESPONSE", response).replace("HEADERS", headers)


LARGE = {
    "parsed request": (LAUGHS + turn(request="parsed_body: *l11"), MANY),
    "parsed response": (LAUGHS + turn(response="parsed_body: {input: *l11}"), MANY),
    "body": (LAUGHS + turn(request="body: *l11"), MANY),
    "header": (LAUGHS + turn(headers="{accept: *l11}"), MANY),
    "nobody's": (LAUGHS + turn(), MANY),
    "merged": (MERGED + turn(headers="*l11"), MANY),
    "turns": (turn(request=f"body: {'x' * 100_000}").replace("- request", "- &t\n  request") + "- *t\n" * 1000, MANY),
    "itself": (turn(request="parsed_body: &b {input: *b}"), ITSELF),
    "its body": (turn(request="body: &b {string: *b}", response="body: &c {string: *c}"), ITSELF),
    "brackets": (f"interactions: {'[' * 100_000}{']' * 100_000}", DEEP),
    "torn brackets": (f"interactions: {'[' * 100_000}", DEEP),
    "dashes": (f"interactions: \n{'- ' * 10_000}", DEEP),
    "indented": ("interactions:\n" + "".join(f"{' ' * n}a:\n" for n in range(1, 2000)), DEEP),
    "json": (json.dumps({"interactions": 0}).replace("0", "[" * 100_000 + "]" * 100_000), DEEP),
}


@pytest.fixture(params=LARGE)
def large(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Path, str]:
    """A cassette that is too large, and why."""
    text, why = LARGE[request.param]
    file = tmp_path / "large.yaml"
    file.write_text(text, encoding="utf-8")
    return file, why


def test_a_file_that_is_too_large_is_not_played(large):
    file, why = large

    with pytest.raises(CassetteInvalid) as refused, fakemodel.cassette(file):
        pytest.fail("it was opened")

    assert f"large.yaml: {why}" in str(refused.value).replace("\n", " ")


def test_a_file_that_is_too_large_is_neither_checked_nor_scrubbed(large):
    file, why = large

    ((_, found),) = check([file], {})
    ((_, done),) = scrub([file], {}, write=True)

    assert [(each.code, each.what.startswith(why)) for each in found] == [("unreadable", True)]
    assert (done.outcome, done.why[0].startswith(why)) == ("refused", True)


@pytest.mark.skipif(not (find_spec("typer") and find_spec("rich")), reason="the command line needs typer and rich")
@pytest.mark.parametrize("kind", ["parsed request", "brackets"])
@pytest.mark.parametrize("command", [("show",), ("script",), ("diff", "fakemodel:chat/text")])
def test_a_file_that_is_too_large_is_told_in_a_line(tmp_path: Path, kind, command):
    text, why = LARGE[kind]
    file = tmp_path / "large.yaml"
    file.write_text(text, encoding="utf-8")

    told = run(*command, file)

    assert (told.returncode, told.stdout, told.stderr.count("\n")) == (2, "", 1)
    assert told.stderr.startswith(f"fakemodel: {file} cannot be read: {why}")


def test_a_secret_is_found_in_a_file_that_is_too_large(tmp_path: Path):
    key = "sk-" + "proj-" + "x7Yk2PqR9vTn4WzB6mLs8JdF"
    file = tmp_path / "large.yaml"
    file.write_text(LAUGHS + turn(request=f"body: My key is {key}"), encoding="utf-8")

    ((_, found),) = check([file], {})

    assert [(each.code, each.message) for each in found][1:] == [("leak", "line 18: OpenAI key")]


def test_what_a_filter_gave_to_several_turns_is_read(tmp_path: Path):
    """vcrpy writes an object that stands in several places once, and aliases for the others."""
    headers = {"Content-Type": ["application/json"]}
    asked = [
        {"method": "GET", "uri": f"https://api.openai.com/v1/files/{n}", "body": None, "headers": headers}
        for n in range(2)
    ]
    answered = {"status": {"code": 200, "message": "OK"}, "headers": headers, "body": {"string": "{}"}}
    turns = [{"request": each, "response": answered} for each in asked]
    file = tmp_path / "aliased.yaml"
    file.write_text(yamlserializer.serialize({"version": 1, "interactions": turns}), encoding="utf-8")

    assert any(isinstance(each, yaml.AliasEvent) for each in yaml.parse(file.read_text()))
    assert [turn.request.uri[-1] for turn in layout.read(file)] == ["0", "1"]
    assert [turn.response.headers for turn in layout.read(file)] == [{"content-type": ["application/json"]}] * 2
