"""`fakemodel serve`, run as a user runs it: a process of its own, which clients of any language ask."""

import os
import signal
import subprocess
import sys
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

import openai
import pytest

import fakemodel
from fakemodel.httpx_modules import httpx_modules

BROKEN_OFF = tuple(module.RemoteProtocolError for module in httpx_modules())

pytestmark = pytest.mark.skipif(
    not (find_spec("typer") and find_spec("rich")), reason="the command line needs typer and rich, the `cli` extra"
)

ROOT = Path(fakemodel.__file__).parent.parent
COMMAND = (sys.executable, "-c", "from fakemodel.cli import main; main()", "serve", "--replies")

SCRIPT = """
- Hello
- when: {input: weather}
  say: {tool_call: {name: get_weather, arguments: {city: Paris}}}
- say: [{reasoning: Hm}, {text: [Sun, ny]}]
  usage: {input: 7, output: 5}
  model: gpt-4.1
- {refusal: No}
- fail: 429
- fail: {cut: {after: 2}}
  when: {turn: 5}
- otherwise: Bye
"""


def command(file: Path, *options: str) -> dict:
    return {
        "args": [*COMMAND, str(file), *options],
        "env": {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "COLUMNS": "100"},
        "stdout": subprocess.PIPE,
        "stderr": subprocess.PIPE,
        "text": True,
    }


@contextmanager
def served(file: Path, *options: str):
    """The process, and its base URL."""
    process = subprocess.Popen(**command(file, *options))
    try:
        yield process, process.stdout.readline().strip()
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


@pytest.fixture
def script(tmp_path: Path) -> Path:
    file = tmp_path / "replies.yaml"
    file.write_text(SCRIPT)
    return file


def test_a_script_is_served_until_it_is_interrupted(script):
    with served(script) as (process, base_url), openai.OpenAI(base_url=base_url, api_key="any") as client:
        ask = client.responses.create
        assert ask(model="m", input="Hi").output_text == "Hello"
        assert ask(model="m", input="The weather?").output[0].arguments == '{"city":"Paris"}'
        said = ask(model="gpt-4.1", input="And?")
        assert (said.output_text, said.usage.input_tokens) == ("Sunny", 7)
        assert ask(model="m", input="Why?").output[0].content[0].refusal == "No"
        with pytest.raises((openai.APIConnectionError, *BROKEN_OFF)):
            list(ask(model="m", input="Go on", stream=True))
        assert ask(model="m", input="Go on").output_text == "Bye"

        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)

    assert base_url.startswith("http://127.0.0.1:")
    assert base_url.endswith("/v1")
    assert "turn 2  /v1/responses 'The weather?' -> call get_weather" in out
    assert "request 1  POST /v1/responses -> faults.status(429)" in out
    assert (process.returncode, err) == (0, "")


def test_what_was_left_and_what_was_not_expected_is_told_at_the_end(script):
    script.write_text("[Hello, again]")
    with served(script) as (process, base_url):
        with openai.OpenAI(base_url=base_url, api_key="any") as client:
            client.responses.create(model="m", input="Hi")
        process.terminate()
        _, err = process.communicate(timeout=30)

    assert process.returncode == 1
    assert "UnplayedReplies: the API was called once, the script has 2 replies." in err


@pytest.mark.parametrize(
    ("told", "message"),
    [
        ("Hello", "a script is a list of replies, not 'Hello'"),
        ("[", "cannot be read: while parsing"),
        ("[{txt: Hi}]", "entry 1: 'txt' is not known here; expected are error, id, model"),
        ("[Hi, 5]", "entry 2: 5 is no reply"),
        ("[{tool_call: {nam: f}}]", "entry 1: tool_call() got an unexpected keyword argument 'nam'"),
        ("[{say: a, text: b}]", "entry 1: 'text' stands beside 'say': put it into the list of 'say'."),
        ("[{text: a, unchecked: no}]", "entry 1: unchecked: 'no': expected is true or false."),
        ("[{when: {inputt: a}, say: b}]", "entry 1: when(inputt=…) is no condition; the nearest is 'input'"),
        ("[{fail: 200}]", "entry 1: fail(200): expected is a status from 400 to 599"),
        (
            "[{fail: {cutt: 1}}]",
            "entry 1: fail: {'cutt': 1}: expected is a status, or one of connection_refused",
        ),
        ("[{text: a, status: done}]", "entry 1: "),
        ("[{text: a, text: b}]", "'text' is told twice"),
        ("- &a [*a]", "entry 1: it holds itself"),
        ("[{fail: {status: {status: 429, retry_after: soon}}}]", "entry 1: faults.status(…, 'soon')"),
        ("[{chaos: true}]", "entry 1: chaos(seed=True): expected is a whole number, or none at all."),
        ("[{fail: {cut: {}}}]", "entry 1: cut() missing 1 required positional argument: 'after'"),
    ],
)
def test_a_script_that_is_none_is_told_by_its_entry(script, told, message):
    script.write_text(told)

    done = subprocess.run(**command(script), timeout=30, check=False)

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"fakemodel: {script}")
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_words_that_yaml_takes_for_something_else_are_words(script):
    script.write_text(
        "[No, 12:30, 2026-01-01, {tool_call: {name: f, arguments: {at: 12:30, n: 010, on: true, of: 7}}}]"
    )
    with served(script) as (_, base_url), openai.OpenAI(base_url=base_url, api_key="any") as client:
        said = [client.responses.create(model="m", input="Hi") for _ in range(4)]

    assert [each.output_text for each in said[:3]] == ["No", "12:30", "2026-01-01"]
    assert said[3].output[0].arguments == '{"at":"12:30","n":"010","on":true,"of":7}'


def test_a_port_that_is_taken_is_told(script):
    with served(script) as (_, base_url):
        port = base_url.split(":")[2].split("/")[0]
        done = subprocess.run(**command(script, "--port", port), timeout=30, check=False)

    assert done.returncode == 2
    assert f"FakeOpenAI cannot be served at 127.0.0.1:{port}: Address already in use" in done.stderr


def test_a_key_may_be_wanted(script):
    with served(script, "--api-key", "right") as (_, base_url):
        with openai.OpenAI(base_url=base_url, api_key="wrong") as client, pytest.raises(openai.AuthenticationError):
            client.models.list()
        with openai.OpenAI(base_url=base_url, api_key="right", max_retries=3) as client:
            assert list(client.models.list()) == []


@pytest.mark.parametrize("fault", ["connection_refused", "{connection_refused: }", "{connection_refused: {}}"])
def test_a_fault_needs_no_options(script, fault):
    script.write_text(f"[{{fail: {fault}}}, Hello]")
    with served(script) as (_, base_url), openai.OpenAI(base_url=base_url, api_key="any") as client:
        assert client.responses.create(model="m", input="Hi").output_text == "Hello"
        assert client.with_options(max_retries=0).models.list().data[0].id == "m"
