"""`fakemodel check`, run as a user or a CI job runs it."""

import json
import os
import subprocess
import sys
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path

import pytest

import fakemodel
from tests.cli.commands import interaction, put, run

pytestmark = pytest.mark.skipif(
    not (find_spec("typer") and find_spec("rich")), reason="the command line needs typer and rich, the `cli` extra"
)

ROOT = Path(fakemodel.__file__).parent.parent
KEY = "sk-" + "proj-" + "x7Yk2PqR9vTn4WzB6mLs8JdF"  # assembled, so that nobody takes it for a real one

CASSETTE = """\
version: 1
recorded: {from: api.openai.com, with: openai 3.52.0, 'on': '2020-02-29'}
interactions:
- request:
    method: POST
    uri: https://api.openai.com/v1/responses
    body: |
      {
        "input": "PROMPT",
        "previous_response_id": "resp_000000000000000000000000000000000000000000000001"
      }
    headers: {content-type: [application/json]}
  response:
    status: {code: 200, message: OK}
    headers: {content-type: [application/json]}
    body:
      string: |
        {
          "id": "resp_000000000000000000000000000000000000000000000002",
          "output": []
        }
"""

DANGLING = (
    "turn 1, request: previous_response_id is 'resp_000000000000000000000000000000000000000000000001', "
    "which no turn before it gave out"
)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the user is."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def check(*arguments: str, prompt: str = "Hi") -> subprocess.CompletedProcess[str]:
    """`fakemodel check tape.yaml …`, without the variables of this machine."""
    Path("tape.yaml").write_text(CASSETTE.replace("PROMPT", prompt), encoding="utf-8")
    environ = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", "from fakemodel.cli import main; main()", "check", "tape.yaml", *arguments]
    return subprocess.run(command, env=environ, capture_output=True, text=True, check=False)


def test_a_warning_does_not_fail_the_job():
    told = check()

    assert told.stdout == f"tape.yaml: {DANGLING} (warning)\n1 cassette: 0 errors, 1 warning\n"
    assert (told.returncode, told.stderr) == (0, "")


def test_the_age_of_cassettes_is_asked_for():
    told = check("--max-age", "30")

    assert "tape.yaml: age: recorded " in told.stdout
    assert "days ago, max_age is 30\n1 cassette: 1 error, 1 warning\n" in told.stdout
    assert told.returncode == 1


def test_programs_read_nothing_but_the_document():
    told = check("--format", "json")

    assert json.loads(told.stdout) == {
        "version": 1,
        "files": ["tape.yaml"],
        "findings": [
            {
                "file": "tape.yaml",
                "line": 4,
                "turn": 1,
                "code": "state",
                "severity": "warning",
                "message": DANGLING,
            }
        ],
        "summary": {"files": 1, "errors": 0, "warnings": 1},
    }
    assert (told.returncode, told.stderr) == (0, "")


def test_github_shows_findings_beside_the_file():
    told = check("--format", "github")

    assert told.stdout == (
        f"::warning file=tape.yaml,line=4,title=fakemodel state::{DANGLING}\n1 cassette: 0 errors, 1 warning\n"
    )


@pytest.mark.parametrize("form", ["text", "json", "github"])
def test_no_format_tells_a_secret(form):
    told = check("--format", form, prompt=f"My key is {KEY}")

    assert "OpenAI key" in told.stdout
    assert KEY[-12:] not in told.stdout + told.stderr
    assert told.returncode == 1


def split(text: str) -> str:
    """A stream that says a text in two deltas."""
    deltas = ({"type": "response.output_text.delta", "delta": each} for each in (text[:20], text[20:]))
    return "".join(f"data: {json.dumps(each)}\n\n" for each in deltas)


PLANTED = {
    "header": lambda file, turn: turn["request"]["headers"].update(authorization=[f"Bearer {KEY}"]),
    "name of a header": lambda file, turn: turn["response"]["headers"].update({KEY: ["1"]}),
    "body": lambda file, turn: turn["request"].update(body=json.dumps({"input": f"My key is {KEY}"})),
    "name of a member": lambda file, turn: turn["request"].update(body=json.dumps({KEY: {"a": KEY}})),
    "address": lambda file, turn: turn["request"].update(uri=f"https://api.openai.com/v1/responses?api_key={KEY}"),
    "broken address": lambda file, turn: turn["request"].update(uri=f"http://[{KEY}"),
    "status": lambda file, turn: turn["response"].update(status={"code": KEY, "message": KEY}),
    "body of no kind": lambda file, turn: turn["request"].update(body=[KEY]),
    "method": lambda file, turn: turn["request"].update(method=[KEY]),
    "deltas": lambda file, turn: turn["response"]["body"].update(string=split(f"The key is {KEY}")),
    "payload": lambda file, turn: payload(file, turn),
}


def payload(file: Path, turn: dict) -> None:
    content = f"My key is {KEY}".encode()
    digest = sha256(content).hexdigest()
    folder = file.with_name("planted.payloads")
    folder.mkdir()
    (folder / f"{digest}.bin").write_bytes(content)
    turn["request"]["body"] = json.dumps({"image": f"payload-sha256-{digest}"})


@pytest.mark.parametrize("form", ["text", "json", "github"])
@pytest.mark.parametrize("place", PLANTED)
def test_no_format_tells_a_secret_wherever_it_stands(tmp_path: Path, place, form):
    turn = interaction({"input": "Hi"}, {}, stream=place == "deltas")
    file = tmp_path / "planted.yaml"
    PLANTED[place](file, turn)

    told = run("check", put(file, turn), "--format", form)

    assert told.returncode == 1
    assert "OpenAI key" in told.stdout
    assert not any(KEY[at : at + 8] in told.stdout + told.stderr for at in range(len(KEY) - 7))


@pytest.mark.parametrize("arguments", [("--format", "xml"), ("--max-age", "-1"), ("--max-age", "soon")])
def test_other_options_are_bad_usage(arguments):
    told = check(*arguments)

    assert (told.returncode, told.stdout) == (2, "")
    assert arguments[0] in told.stderr


def test_a_format_that_there_is_not_is_told_with_those_that_there_are():
    told = check("--format", "xml")

    assert told.stderr.endswith("Error: Invalid value for '--format': 'xml' is none of text, json, github.\n")
