"""`fakemodel show CASSETTE`, run as a user runs it: in a pipe, on a terminal, on files that are none."""

import os
import pty
import re
import subprocess
import sys
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path

import pytest

from fakemodel.tape import layout
from fakemodel.tape.paths import shipped
from tests.cli.commands import CHAT, ENVIRON, RUN, call, id_of, interaction, message, put, response, run

pytestmark = pytest.mark.skipif(
    not (find_spec("typer") and find_spec("rich")), reason="the command line needs typer and rich, the `cli` extra"
)


def test_a_conversation_is_shown_turn_by_turn():
    told = run("show", "fakemodel:conversation/tool_call_continuation")

    assert (told.returncode, told.stderr) == (0, "")
    assert (
        told.stdout
        == """\
turn 1  conversation conv_1 created
turn 2  resp_1  gpt-4.1  in conv_1  60 in, 1 out
  user       Get the code with the tool, then answer with it only.
  call_1     get_code({})
turn 3  resp_2  gpt-4.1  in conv_1  68 in, 1 out  (sent: 1 item; seen by the model: 3)
  call_1     -> 4711
  assistant  4711
turn 4  conversation conv_1 deleted
"""
    )


def test_a_refused_turn_shows_its_error_and_what_it_went_on_from():
    told = run("show", "fakemodel:previous_response_id/expired")

    assert (
        told.stdout
        == """\
turn 1  resp_1  gpt-4.1  15 in, 1 out
  user       The largest country in South America? One word.
  assistant  Brazil
turn 2  response resp_1 deleted
turn 3  POST /v1/responses  400  gpt-4.1  after resp_1 (turn 1)
  user       Its capital? One word.
  error      previous_response_not_found: Previous response with id 'resp_1' not found.
turn 4  resp_2  gpt-4.1  29 in, 1 out  (sent again: 2 items known from turn 1)
  user       Its capital? One word.
  assistant  Brasília
"""
    )


def test_a_stream_is_folded():
    told = run("show", "fakemodel:chat/parallel_tools_streamed")

    assert (
        told.stdout
        == """\
turn 1  chatcmpl_1  gpt-4.1  streamed, 6 events
  user       The weather in Paris and in Rome?
  call_1     get_weather({"city":"Paris"})
  call_2     get_weather({"city":"Rome"})
turn 2  chatcmpl_2  gpt-4.1  streamed, 4 events  (sent again: 3 items known from turn 1)
  call_1     -> sunny
  call_2     -> sunny
  assistant  Sunny in both.
"""
    )


def test_a_shipped_cassette_is_shown_by_name_and_by_path():
    file = shipped()["fakemodel:chat/text"]

    assert run("show", file).stdout == run("show", "fakemodel:chat/text").stdout


def test_what_another_api_was_asked_is_shown_as_it_stands(tmp_path: Path):
    uri = "https://key@api.example.com/v1/messages?api_key=abc&beta=1"
    file = put(tmp_path / "other.yaml", interaction({"prompt": "Hi"}, {"content": "Hello"}, uri=uri))

    assert (
        run("show", file).stdout
        == """\
turn 1  POST https://api.example.com/v1/messages?api_key=scrubbed&beta=1
  sent      {"prompt":"Hi"}
  answered  {"content":"Hello"}
"""
    )


def test_a_text_of_several_lines_stands_below_itself(tmp_path: Path):
    file = put(tmp_path / "lines.yaml", interaction({"input": "One\nTwo"}, response(1, message("Three\n\nFour"))))

    assert run("show", file).stdout.splitlines()[1:] == [
        *("  user       One", "             Two"),
        *("  assistant  Three", "", "             Four"),
    ]


def test_nothing_that_was_recorded_moves_the_cursor(tmp_path: Path):
    file = put(
        tmp_path / "hostile.yaml",
        interaction({"input": "a\x1b[2Jb\x07\u202ec\u200f"}, response(1, message("c\x9b1md"))),
    )

    told = run("show", file).stdout

    assert r"a\x1b[2Jb\x07\u202ec\u200f" in told
    assert r"c\x9b1md" in told
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]", told)


LONG = "word " * 60


def on_a_terminal(*arguments: object, environ=()) -> str:
    """What the command writes to a terminal that is 80 wide."""
    import fcntl
    import struct
    import termios

    master, terminal = pty.openpty()
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    shown = {**ENVIRON, "TERM": "xterm", **dict(environ)}
    command = [sys.executable, "-c", RUN, *map(str, arguments)]
    with subprocess.Popen(command, env=shown, stdout=terminal, stdin=terminal) as process:
        os.close(terminal)
        told = b""
        try:
            while part := os.read(master, 65536):
                told += part
        except OSError:  # its other end is closed
            pass
        assert process.wait() == 0
    os.close(master)
    return told.decode().replace("\r\n", "\n")


def test_on_a_terminal_labels_are_coloured_and_long_texts_are_cut(tmp_path: Path):
    file = put(tmp_path / "long.yaml", interaction({"input": LONG}, response(1, message("Yes.\nNo."))))

    told = on_a_terminal("show", file)

    assert "\x1b[32m  user     \x1b[0m" in told
    plain = re.sub(r"\x1b\[[0-9;]*m", "", told).splitlines()
    assert max(map(len, plain)) == 80
    assert plain[1].endswith("…")
    assert plain[2] == "  assistant  Yes. No."


def test_on_a_terminal_a_text_is_told_as_it_is(tmp_path: Path):
    """Spaces too: what a user said, and the parts of the head of a turn."""
    file = put(tmp_path / "spaced.yaml", interaction({"input": "a  b   c\n\n  d"}, response(1, message("x\u00a0 y"))))

    told = re.sub(r"\x1b\[[0-9;]*m", "", on_a_terminal("show", file)).splitlines()

    assert told == [
        "turn 1  resp_1  gpt-4.1  10 in, 1 out",
        "  user       a  b   c   d",
        "  assistant  x\u00a0 y",
    ]


def test_no_color_is_respected_on_a_terminal():
    told = on_a_terminal("show", "fakemodel:chat/text", environ={"NO_COLOR": "1"})

    assert "Say hello in one word." in told
    assert not re.search(r"\x1b\[[0-9;]*3[0-9]", told)


def test_in_a_pipe_long_texts_are_whole(tmp_path: Path):
    file = put(tmp_path / "long.yaml", interaction({"input": LONG}, response(1)))

    assert LONG.strip() in run("show", file).stdout


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "it has no list of `interactions`"),
        (b"interactions: 5", "it has no list of `interactions`"),
        (b"interactions:\n- {request: {method: GET}}\n", "turn 1 is not an interaction (no 'uri')"),
        (b"{[", "it is not YAML: while parsing"),
        (b"\xff\xfe\x00", "it is not YAML: 'utf-8' codec can't decode"),
    ],
)
def test_a_file_that_is_no_cassette_is_told_in_a_line(tmp_path: Path, content, why):
    file = tmp_path / "bad.yaml"
    file.write_bytes(content)

    told = run("show", file)

    assert (told.returncode, told.stdout) == (2, "")
    assert told.stderr.startswith(f"fakemodel: {file} cannot be read: {why}")
    assert told.stderr.count("\n") == 1


def test_what_is_not_there_is_told_with_what_may_be_meant(tmp_path: Path):
    missing, folder = run("show", "nowhere.yaml"), run("show", tmp_path)
    meant = run("show", "fakemodel:chat/txt")

    assert [each.returncode for each in (missing, folder, meant)] == [2, 2, 2]
    assert missing.stderr == "fakemodel: there is no nowhere.yaml. `fakemodel show` lists those that ship.\n"
    assert folder.stderr == f"fakemodel: {tmp_path} is a folder: name a cassette in it\n"
    assert "fakemodel:chat/text does; is it meant?" in meant.stderr


def test_a_page_says_what_it_needs_where_that_is_missing():
    told = run("show", "fakemodel:chat/text", "--html", "-", script=f"import sys; sys.modules['jinja2'] = None; {RUN}")

    assert (told.returncode, told.stdout) == (2, "")
    assert told.stderr == 'fakemodel: a page needs jinja2: pip install "fakemodel[cli]"\n'


@pytest.mark.parametrize(
    ("command", "told"),
    [
        (("show", "large.yaml"), "assistant  Hello"),
        (("show", "large.yaml", "--html", "-"), "</html>"),
        (("diff", "large.yaml", "large.yaml"), "2 turns, equal\n"),
        (("script", "large.yaml"), "return api\n"),
    ],
)
@pytest.mark.parametrize("length", [10, 4_000_000])
def test_a_bar_shows_how_far_it_is_on_a_terminal_where_a_cassette_is_large(tmp_path: Path, command, told, length):
    asked = {"model": "gpt-4.1", "input": "x" * length}
    turns = interaction(asked, response(1, message("Hello"))), interaction(asked, response(2, message("Hello", 2)))
    interactions = layout.read(put(tmp_path / "large.yaml", *turns))
    (tmp_path / "large.yaml").write_text(layout.written(interactions, {"from": "api.openai.com"}), encoding="utf-8")
    watched, terminal = pty.openpty()

    arguments = [sys.executable, "-c", RUN, *command]
    environ = {**ENVIRON, "TERM": "xterm", "COLUMNS": "100"}
    with (tmp_path / "out").open("wb") as out:
        process = subprocess.Popen(arguments, cwd=tmp_path, env=environ, stdout=out, stderr=terminal)
    os.close(terminal)
    seen = b""
    with process, suppress(OSError):  # the other end is closed
        while part := os.read(watched, 1 << 16):
            seen += part
    os.close(watched)

    assert process.returncode == 0
    assert told in (tmp_path / "out").read_text(encoding="utf-8")
    assert (b"Reading" in seen, b"Turns" in seen) == ((True, True) if length > 10 else (False, False))


def test_an_image_that_is_kept_beside_the_cassette_is_told_so(tmp_path: Path):
    image = {"type": "input_image", "image_url": f"data:image/png;base64,payload-sha256-{'0' * 64}"}
    file = put(tmp_path / "image.yaml", interaction({"input": [{"role": "user", "content": [image]}]}, response(1)))

    told = run("show", file).stdout

    assert told.splitlines()[1] == "  user  [input_image data:image/png;base64, kept beside the cassette]"


@pytest.mark.parametrize("word", ["a" * 3_000_000, "_" * 3_000_000, "call_" * 600_000, "Zm9v" * 750_000 + "=="])
def test_a_word_without_an_end_is_shown_whole(tmp_path: Path, word):
    file = put(tmp_path / "endless.yaml", interaction({"input": word}, response(1, message(word))))

    told = run("show", file).stdout

    assert told.count(word) == 2


def test_a_cassette_without_turns_says_so(tmp_path: Path):
    assert run("show", put(tmp_path / "empty.yaml")).stdout == "no turns\n"


def test_every_file_of_the_corpus_and_every_cassette_that_ships_is_shown(corpus: Path):
    from fakemodel.tape.conversation import conversation_of

    for file in (*sorted(corpus.rglob("*.yaml")), *shipped().values()):
        interactions = layout.read(file)
        told = str(conversation_of(interactions))
        assert re.findall(r"^turn (\d+)", told, flags=re.MULTILINE) == [str(n + 1) for n in range(len(interactions))]
        for found in conversation_of(interactions).turns:
            assert found.problem is None, file
            named = not found.does.startswith(found.method)
            assert named or found.sent or found.answered or found.error, file


def test_a_chat_is_shown_whose_history_the_client_keeps(tmp_path: Path):
    asked = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hi"}]
    said = {"role": "assistant", "content": "Hello"}
    answer = {
        "id": "chatcmpl-" + "B6b1" * 7,
        "object": "chat.completion",
        "model": "gpt-4.1",
        "choices": [{"index": 0, "message": said, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 9, "completion_tokens": 2},
    }
    cut = {**answer, "choices": [{"index": 0, "message": {**said, "content": "As"}, "finish_reason": "length"}]}
    again = [*asked, said, {"role": "user", "content": "And?"}]
    file = put(
        tmp_path / "chat.yaml",
        interaction({"model": "gpt-4.1", "messages": asked}, answer, uri=CHAT),
        interaction({"model": "gpt-4.1", "messages": again}, cut, uri=CHAT),
    )

    assert (
        run("show", file).stdout
        == """\
turn 1  chatcmpl_1  gpt-4.1  9 in, 2 out
  system     Be brief.
  user       Hi
  assistant  Hello
turn 2  chatcmpl_1  gpt-4.1  length  9 in, 2 out  (sent again: 3 items known from turn 1)
  user       And?
  assistant  As
"""
    )


def test_a_conversation_that_begins_before_the_recording_says_so(tmp_path: Path):
    asked = {"input": "And?", "previous_response_id": id_of("resp", 7)}
    file = put(tmp_path / "middle.yaml", interaction(asked, response(1, call(1, "look", "{}"))))

    assert (
        run("show", file).stdout
        == """\
turn 1  resp_2  gpt-4.1  after resp_1  10 in, 1 out  (sent: 1 item; what came before was not recorded)
  user    And?
  call_1  look({})
"""
    )
