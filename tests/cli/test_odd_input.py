"""The command line on what nobody should give it: odd files, odd names, an output that takes nothing."""

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.cli.commands import ENVIRON, RUN, call, interaction, put, response, run

pytestmark = pytest.mark.skipif(
    not (find_spec("typer") and find_spec("rich")), reason="the command line needs typer and rich, the `cli` extra"
)

HOSTILE = "a\n::error::b\x1b[31m.yaml"
ESCAPED = r"a\n::error::b\x1b[31m.yaml"


@pytest.mark.parametrize(
    "value", ["!!int ''", "!!bool perhaps", "!!timestamp soon", "!!python/object/apply:builtins.iter {args: [5]}"]
)
@pytest.mark.parametrize("command", ["show", "script", "check", "scrub"])
def test_a_value_that_is_none_of_its_kind_is_told_in_a_line(tmp_path: Path, value, command):
    file = tmp_path / "odd.yaml"
    file.write_text(f"interactions: {value}\n", encoding="utf-8")

    told = run(command, file)

    assert told.returncode == (2 if command in ("show", "script") else 1)
    assert "it is not YAML: " in told.stdout + told.stderr
    assert "Traceback" not in told.stderr


@pytest.mark.parametrize("command", ["show", "script", "check"])
def test_an_address_that_is_none_is_told_with_its_turn(tmp_path: Path, command):
    told = run(command, put(tmp_path / "odd.yaml", interaction({}, {}, uri="http://[")))

    assert "turn 1 is not an interaction (Invalid IPv6 URL)" in told.stdout + told.stderr


def test_items_and_statuses_of_the_wrong_kind_are_shown_and_scripted(tmp_path: Path):
    item = {"type": ["a"], "call_id": {"b": 1}}
    file = put(tmp_path / "odd.yaml", interaction({"input": [item]}, response(1, item, status=["x"])))

    assert run("show", file).returncode == 0
    assert "Traceback" not in run("script", file).stderr


def test_a_chunk_whose_choices_are_no_list_is_scrubbed(tmp_path: Path):
    file = put(tmp_path / "odd.yaml", interaction({}, 'data: {"choices":5}\n\n', stream=True))

    assert run("scrub", file).stdout.startswith(f"{file}: scrubbed")


def test_a_difference_that_is_nested_too_deeply_is_told_in_a_line(tmp_path: Path):
    deep = put(tmp_path / "deep.yaml", interaction("[" * 100_000 + "]" * 100_000, {}))

    told = run("diff", deep, put(tmp_path / "other.yaml", interaction({}, {})))

    assert (told.returncode, told.stdout, told.stderr.count("\n")) == (2, "", 1)
    assert told.stderr.endswith("cannot be read: it is nested too deeply\n")


def test_a_name_stays_on_its_line_and_steers_no_terminal(tmp_path: Path):
    (tmp_path / HOSTILE).write_text("interactions: [", encoding="utf-8")

    for command in ("check", "scrub", "show", "script"):
        told = run(command, tmp_path / HOSTILE)
        assert ESCAPED in told.stdout + told.stderr
        assert "\n::error" not in told.stdout + told.stderr


def test_a_script_runs_whatever_stands_in_its_comments_and_numbers(tmp_path: Path):
    uri = "https://api.openai.com/v1/files/\0x"
    file = put(
        tmp_path / "odd.yaml",
        interaction({}, {}, uri=uri, method="GET"),
        interaction({}, '{"a":-1e999}', uri="https://api.openai.com/v1/files/x", method="GET"),
        interaction({"input": "Hi"}, {"error": {"message": "No"}}, status=700),
    )

    code = run("script", file).stdout

    assert '{"a": float("-inf")}' in code
    exec(compile(code, "script", "exec"), made := {})
    made["scripted"]()


@pytest.mark.parametrize(
    "command", [("show", "fakemodel:chat/text"), ("check", "."), ("script", "fakemodel:chat/text")]
)
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no device that is always full")
def test_an_output_that_takes_nothing_is_told_in_a_line(tmp_path: Path, command):
    with Path("/dev/full").open("w") as full:
        told = subprocess.run(
            [sys.executable, "-c", RUN, *command],
            env=ENVIRON,
            cwd=tmp_path,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
        )

    assert (told.returncode, told.stderr) == (2, "fakemodel: the output cannot be written: No space left on device\n")


def test_without_an_output_it_is_shown_to_nobody():
    told = run("show", "fakemodel:chat/text", script=f"import sys; sys.stdout = None; {RUN}")

    assert (told.returncode, told.stderr) == (0, "")


def test_a_page_does_not_take_the_place_of_its_cassette(tmp_path: Path):
    file = put(tmp_path / "own.yaml", interaction({}, {}))
    before = file.read_bytes()

    told = run("show", file, "--html", file)

    assert told.returncode == 2
    assert (
        told.stderr == f"fakemodel: {file} is the cassette itself, and would be lost: name another file for the page\n"
    )
    assert file.read_bytes() == before


def test_a_name_that_leads_out_of_those_that_ship_is_none_of_them():
    for command in ("show", "script"):
        told = run(command, "fakemodel:/etc/passwd")

        assert (told.returncode, told.stderr.count("\n")) == (2, 1)
        assert told.stderr.startswith("fakemodel: fakemodel:/etc/passwd cannot be read: ")
        assert told.stderr.endswith("leads out of the folder of cassettes.\n")


@pytest.mark.parametrize("depth", [49, 50, 199, 400])
@pytest.mark.parametrize("kind", ["FakeOpenAI", "FakeModel"])
def test_what_is_nested_deeply_is_scripted_all_the_same(tmp_path: Path, kind, depth):
    """Python reads no more than 200 brackets within each other: what is deeper stands as JSON."""
    asked = {"model": "gpt-4.1", "input": "Look"}
    arguments = '{"a":' * depth + '"said"' + "}" * depth
    said = response(1, {**call(1, "look", arguments), "status": "completed"})
    file = put(tmp_path / "deep.yaml", interaction(asked, said))

    told = run("script", file, "--for", kind)

    assert (told.returncode, told.stderr) == (0, "")
    assert ("json.loads(" in told.stdout) == (depth > 50)
    exec(compile(told.stdout, "deep", "exec"), made := {})
    if kind == "FakeOpenAI":
        answer = made["scripted"]().client().responses.create(**asked)
        assert answer.output[0].arguments == arguments


@pytest.mark.parametrize("depth", [199, 250])
def test_errors_and_routes_that_are_nested_deeply_are_scripted_too(tmp_path: Path, depth):
    deep = "[" * depth + "]" * depth
    uri = "https://api.openai.com/v1/files/x"
    file = put(
        tmp_path / "deep.yaml",
        interaction({}, f'{{"inner": {deep}}}', uri=uri, method="GET"),
        interaction({"input": "Hi"}, f'{{"error": {{"message": "No", "inner": {deep}}}}}', status=400),
    )

    for kind in ("FakeOpenAI", "FakeModel"):
        code = run("script", file, "--for", kind).stdout
        assert "\nimport json\n\n" in code
        assert "json.loads(" in code
        exec(compile(code, "deep", "exec"), made := {})
        made["scripted"]()
