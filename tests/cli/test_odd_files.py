"""The command line on what is no plain file: pipes, devices, folders, loops, empty names; nothing is waited for."""

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from fakemodel.tape.paths import shipped
from tests.cli.commands import ENVIRON, RUN, interaction, put, response, run

pytestmark = pytest.mark.skipif(
    not (find_spec("typer") and find_spec("rich")), reason="the command line needs typer and rich, the `cli` extra"
)

TEXT = "fakemodel:chat/text"
NONE = "it has no list of `interactions`"
needs_pipes = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes with names")


@pytest.fixture
def pipe(tmp_path: Path) -> Path:
    """A pipe that nobody writes to, nor reads from."""
    os.mkfifo(tmp_path / "pipe.yaml")
    return tmp_path / "pipe.yaml"


@pytest.mark.parametrize(
    "command",
    [
        ("check", ""),
        ("check", ".", ""),
        ("scrub", ""),
        ("show", ""),
        ("show", TEXT, "--html", ""),
        ("script", ""),
        ("diff", "", TEXT),
        ("diff", TEXT, ""),
        ("serve", "--replies", ""),
    ],
)
def test_an_empty_name_is_bad_usage(command):
    told = run(*command)

    assert (told.returncode, told.stdout) == (2, "")
    assert "Usage: fakemodel " in told.stderr
    assert "it is empty" in told.stderr


@needs_pipes
@pytest.mark.parametrize("command", [("show",), ("script",), ("diff", TEXT), ("check",), ("scrub", "--check")])
def test_nobody_waits_for_a_pipe_that_nobody_writes_to(pipe: Path, command):
    told = run(*command, pipe)

    if command[0] == "diff":  # which takes what is empty for what was not there yet
        assert (told.returncode, told.stdout.splitlines()[-1]) == (1, "0 turns: 0 differ, 0 new, 1 gone")
    else:
        assert told.returncode == (1 if command[0] in ("check", "scrub") else 2)
        assert NONE in told.stdout + told.stderr
    assert "Traceback" not in told.stderr


@needs_pipes
def test_a_page_for_a_pipe_that_nobody_reads_and_replies_of_one_that_nobody_writes_are_refused(pipe: Path):
    page, served = run("show", TEXT, "--html", pipe), run("serve", "--replies", pipe)

    assert (page.returncode, page.stderr.count("\n")) == (2, 1)
    assert page.stderr.startswith(f"fakemodel: {pipe} cannot be written: ")
    assert (served.returncode, served.stderr) == (2, f"fakemodel: {pipe}: a script is a list of replies, not None.\n")


@pytest.mark.skipif(not Path("/dev/stdin").exists(), reason="the input has no name")
@pytest.mark.parametrize("edit", [b"", b"# edited\n"])
def test_what_somebody_writes_to_a_pipe_is_shown(edit):
    told = subprocess.run(
        [sys.executable, "-c", RUN, "show", "/dev/stdin"],
        env=ENVIRON,
        input=edit + shipped()[TEXT].read_bytes(),
        capture_output=True,
        check=False,
    )

    assert (told.returncode, told.stderr) == (0, b"")
    assert told.stdout.decode() == run("show", TEXT).stdout


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="there is no device without an end")
@pytest.mark.parametrize("command", ["show", "script", "check"])
def test_a_device_without_an_end_is_not_read(command):
    told = run(command, "/dev/zero")

    assert "/dev/zero cannot be read: it is a device" in (told.stdout + told.stderr).replace(": cannot", " cannot")
    assert told.returncode == (1 if command == "check" else 2)


def test_a_folder_is_gone_through_whatever_lies_in_it(tmp_path: Path):
    """Links that lead round, a pipe and a folder with a cassette's name are none of it."""
    file = put(tmp_path / "tape.yaml", interaction({"input": "Hi"}, response(1)))
    (tmp_path / "loop.yaml").symlink_to("loop.yaml")
    (tmp_path / "gone.yaml").symlink_to("nowhere")
    (tmp_path / "folder.yaml").mkdir()
    (tmp_path / "folder.yaml" / "up").symlink_to(tmp_path)
    (tmp_path / "empty.yaml").touch()
    (tmp_path / "zeros.yaml").write_bytes(bytes(1000))
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe.yaml")

    assert run("check", tmp_path).stdout == "1 cassette: 0 errors, 0 warnings\n"
    assert run("scrub", "--check", tmp_path).stdout.startswith(f"{file}: would be scrubbed\n1 cassette: ")


@pytest.mark.parametrize("command", [("show",), ("script",), ("diff", TEXT)])
def test_a_link_that_leads_round_is_told_in_a_line(tmp_path: Path, command):
    loop = tmp_path / "loop.yaml"
    loop.symlink_to("loop.yaml")

    told = run(*command, loop)

    assert (told.returncode, told.stdout, told.stderr.count("\n")) == (2, "", 1)
    assert told.stderr.startswith(f"fakemodel: {loop} cannot be read: ")


@pytest.mark.parametrize("kind", ["folder", "device"])
def test_a_payload_that_cannot_be_read_is_a_finding_of_its_cassette_alone(tmp_path: Path, kind):
    file = put(tmp_path / "a.yaml", interaction({"input": "Hi"}, response(1)))
    other = put(tmp_path / "b.yaml", interaction({"input": "My mail is anna.smith@mail.acme.org"}, response(1)))
    payload = tmp_path / "a.payloads" / "0000.bin"
    payload.parent.mkdir()
    payload.mkdir() if kind == "folder" else payload.symlink_to("/dev/zero")

    told, script, shown = run("check", file, other), run("script", file), run("show", file)

    assert told.stdout.splitlines()[0].startswith(f"{file}: cannot be read: its payload 0000 cannot be read: ")
    assert f"{other}: turn 1, request body: input: e-mail address (warning)" in told.stdout
    assert told.returncode == 1
    assert (script.returncode, script.stdout) == (2, "")
    assert script.stderr.startswith(f"fakemodel: {file} cannot be read: its payload 0000 cannot be read: ")
    assert shown.returncode == 0


@pytest.mark.parametrize("ending", ["\r\n", "\r"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_other_line_ends_and_a_mark_of_the_order_of_bytes_say_nothing(tmp_path: Path, ending, mark):
    file = tmp_path / "edited.yaml"
    text = shipped()[TEXT].read_text(encoding="utf-8")
    file.write_bytes((mark + text.replace("\n", ending)).encode())

    assert run("show", file).stdout == run("show", TEXT).stdout
    assert run("scrub", "--check", file).returncode == 0
    assert run("diff", TEXT, file).stdout == "1 turn, equal\n"
    assert run("check", file).stdout == "1 cassette: 0 errors, 0 warnings\n"


def test_a_page_whose_name_is_too_long_is_told_with_its_name():
    told = run("show", TEXT, "--html", "a" * 300)

    assert (told.returncode, told.stderr.count("\n")) == (2, 1)
    assert told.stderr.startswith(f"fakemodel: {'a' * 300} cannot be written: ")
