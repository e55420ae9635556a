"""Reports of findings, in the formats of people, programs and GitHub."""

import json
from pathlib import Path
from urllib.parse import unquote

from hypothesis import given
from hypothesis import strategies as st

from fakemodel.tape.checks import Finding
from fakemodel.tape.report import Format, report

LEAK = Finding("leak", "OpenAI key", "turn 1, request header authorization", turn=1, line=4)
AGE = Finding("age", "recorded 31 days ago, max_age is 30")
MAIL = Finding("leak", "e-mail address", "turn 2, request body: input", severe=False, turn=2)
CHECKED = [(Path("tapes/a.yaml"), [LEAK, MAIL]), (Path("tapes/b.yaml"), [AGE]), (Path("tapes/c.yaml"), [])]


def test_people_are_told_a_line_each_and_the_sum():
    assert report(CHECKED, Format.TEXT) == (
        "tapes/a.yaml: turn 1, request header authorization: OpenAI key\n"
        "tapes/a.yaml: turn 2, request body: input: e-mail address (warning)\n"
        "tapes/b.yaml: age: recorded 31 days ago, max_age is 30\n"
        "3 cassettes: 2 errors, 1 warning"
    )


def test_programs_are_given_one_document():
    assert json.loads(report(CHECKED, Format.JSON)) == {
        "version": 1,
        "files": ["tapes/a.yaml", "tapes/b.yaml", "tapes/c.yaml"],
        "findings": [
            {
                "file": "tapes/a.yaml",
                "line": 4,
                "turn": 1,
                "code": "leak",
                "severity": "error",
                "message": "turn 1, request header authorization: OpenAI key",
            },
            {
                "file": "tapes/a.yaml",
                "line": None,
                "turn": 2,
                "code": "leak",
                "severity": "warning",
                "message": "turn 2, request body: input: e-mail address",
            },
            {
                "file": "tapes/b.yaml",
                "line": None,
                "turn": None,
                "code": "age",
                "severity": "error",
                "message": "age: recorded 31 days ago, max_age is 30",
            },
        ],
        "summary": {"files": 3, "errors": 2, "warnings": 1},
    }


def test_github_is_given_a_workflow_command_each():
    assert report(CHECKED, Format.GITHUB) == (
        "::error file=tapes/a.yaml,line=4,title=fakemodel leak::turn 1, request header authorization: OpenAI key\n"
        "::warning file=tapes/a.yaml,title=fakemodel leak::turn 2, request body: input: e-mail address\n"
        "::error file=tapes/b.yaml,title=fakemodel age::age: recorded 31 days ago, max_age is 30\n"
        "3 cassettes: 2 errors, 1 warning"
    )


def test_what_a_workflow_command_would_take_for_its_own_is_escaped():
    checked = [(Path("50%,\n::a.yaml"), [Finding("law", "100%\r\n::set-output name=x::y, z", "turn 1: here")])]

    command, _ = report(checked, Format.GITHUB).split("\n")

    assert command == (
        "::error file=50%25%2C%0A%3A%3Aa.yaml,title=fakemodel law::turn 1: here: 100%25%0D%0A::set-output name=x::y, z"
    )


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1)


@given(name=TEXTS.filter(lambda name: "\0" not in name and "/" not in name), what=TEXTS)
def test_a_workflow_command_is_one_line_from_which_all_can_be_had_back(name, what):
    text = report([(Path(name), [Finding("state", what, "turn 1")])], Format.GITHUB)

    command, _ = text.rsplit("\n", 1)
    assert not {"\r", "\n"} & set(command)
    head, _, message = command.removeprefix("::error ").partition("::")
    assert unquote(message) == f"turn 1: {what}"
    assert unquote(head.removeprefix("file=").partition(",")[0]) == Path(name).as_posix()


@given(name=TEXTS.filter(lambda name: "\0" not in name), what=TEXTS)
def test_the_document_is_json_in_ascii_whatever_it_tells(name, what):
    text = report([(Path(name), [Finding("state", what, "turn 1")])], Format.JSON)

    assert text.isascii()
    assert json.loads(text)["findings"][0]["message"] == f"turn 1: {what}"
