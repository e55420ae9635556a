"""`fakemodel diff OLD NEW`, run as a user runs it: what changed between two recordings, turn by turn."""

import re
import subprocess
from base64 import b64encode
from importlib.util import find_spec
from pathlib import Path

import pytest

from fakemodel.tape import layout
from fakemodel.tape.paths import shipped
from fakemodel.tape.payloads import folder_of, taken_out
from tests.cli.commands import call, id_of, interaction, message, put, response, run

pytestmark = pytest.mark.skipif(
    not (find_spec("typer") and find_spec("rich")), reason="the command line needs typer and rich, the `cli` extra"
)


def asks(text: str, **members) -> dict:
    return {"model": "gpt-4.1", "input": text, **members}


def chained(first: int, *, second_goes_on_from: int | None = None, said="Brasília") -> list[dict]:
    """Two turns, with the ids from the `first` on."""
    previous = id_of("resp", second_goes_on_from or first)
    return [
        interaction(
            asks("The largest country?"), {**response(1, message("Brazil", first)), "id": id_of("resp", first)}
        ),
        interaction(
            asks("Its capital?", previous_response_id=previous),
            response(2, message(said, first + 1), id=id_of("resp", first + 1), created_at=1763000000 + first),
        ),
    ]


def test_a_recording_that_was_made_anew_with_other_ids_and_times_is_equal(tmp_path: Path):
    old, new = put(tmp_path / "old.yaml", *chained(1)), put(tmp_path / "new.yaml", *chained(5))
    assert old.read_text() != new.read_text()

    told = run("diff", old, new)

    assert (told.returncode, told.stdout, told.stderr) == (0, "2 turns, equal\n", "")


def test_ids_that_are_letters_alone_may_be_others_too(tmp_path: Path):
    def calls(call_id: str) -> list[dict]:
        output = {"type": "function_call_output", "call_id": call_id, "output": "sunny"}
        return [
            interaction(asks("Weather?"), response(1, {**call(1, "look", "{}"), "call_id": call_id})),
            interaction({"input": [output]}, response(2, message("Sunny"))),
        ]

    old = put(tmp_path / "old.yaml", *calls("call_TMnrMVzeKwybZDgKqUngmqmh"))
    new = put(tmp_path / "new.yaml", *calls("call_qkPLRVzeKwybZDgKqUngmqm8"))

    assert run("diff", old, new).stdout == "2 turns, equal\n"


def test_a_turn_that_goes_on_from_another_response_differs(tmp_path: Path):
    old = put(tmp_path / "old.yaml", *chained(1))
    new = put(tmp_path / "new.yaml", *chained(5, second_goes_on_from=9))

    told = run("diff", old, new)

    assert (told.returncode, told.stdout) == (
        1,
        """\
turn 2  POST /v1/responses
  request previous_response_id  - 'resp_1'
                                + 'resp_2'
2 turns: 1 differs, 0 new, 0 gone
""",
    )


def test_the_smallest_difference_is_told_of_requests_and_answers_and_usage_apart(tmp_path: Path):
    old = put(tmp_path / "old.yaml", interaction(asks("Weather?"), response(1, call(1, "look", '{"at":"Rome"}'))))
    new = put(
        tmp_path / "new.yaml",
        interaction(asks("Weather?", temperature=0), {**response(2, call(1, "look", '{"at":"Paris"}'))}),
    )

    assert (
        run("diff", old, new).stdout
        == """\
turn 1  POST /v1/responses
  request temperature         - absent
                              + 0
  answer output[0].arguments  - '{"at":"Rome"}'
                              + '{"at":"Paris"}'
  usage                       - 10 in, 1 out
                              + 20 in, 2 out
1 turn: 1 differs, 0 new, 0 gone
"""
    )


def test_a_turn_that_is_refused_by_now_differs_in_its_status_and_its_error(tmp_path: Path):
    error = {"error": {"message": "No.", "type": "invalid_request_error", "param": None, "code": "gone"}}
    old = put(tmp_path / "old.yaml", interaction(asks("Hi"), {"id": id_of("resp", 1), "status": "completed"}))
    new = put(tmp_path / "new.yaml", interaction(asks("Hi"), error, status=400))

    told = run("diff", old, new).stdout

    assert "  answer status code  - 200\n                      + 400\n" in told
    assert "  answer error        - absent\n                      + {'message': 'No.'," in told


def test_turns_that_are_new_or_gone_are_shown_whole(tmp_path: Path):
    old = put(tmp_path / "old.yaml", *chained(1))
    added = interaction(asks("Wait."), response(8, message("Waiting", 8)))
    new = put(tmp_path / "new.yaml", chained(3)[0], added, chained(3)[1])

    told, back = run("diff", old, new), run("diff", new, old)

    assert (told.returncode, told.stdout) == (
        1,
        """\
+ turn 2  resp_2  gpt-4.1  80 in, 8 out
+   user       Wait.
+   assistant  Waiting
3 turns: 0 differ, 1 new, 0 gone
""",
    )
    assert back.stdout == told.stdout.replace("+ ", "- ").replace(
        "3 turns: 0 differ, 1 new, 0", "2 turns: 0 differ, 0 new, 1"
    )


def test_streamed_and_plain_answers_that_say_the_same_are_equal_but_for_the_request():
    told = run("diff", "fakemodel:previous_response_id/plain", "fakemodel:previous_response_id/streamed")

    assert told.returncode == 1
    assert re.findall(r"(request|answer|usage) *(\S*)", told.stdout) == [("request", "stream")] * 2


def test_of_turns_that_ask_the_same_each_is_compared_with_one(tmp_path: Path):
    def polls(count: int, *others: int) -> list[dict]:
        return [interaction(asks("Another?" if n in others else "Ready?"), response(1)) for n in range(count)]

    old, new = put(tmp_path / "old.yaml", *polls(1200)), put(tmp_path / "new.yaml", *polls(1200, 700))
    many = put(tmp_path / "many.yaml", *polls(1200, *range(0, 1200, 3)))

    assert run("diff", old, new).stdout.splitlines()[-1] == "1200 turns: 1 differs, 0 new, 0 gone"
    turns, differ, added, gone = map(int, re.findall(r"\d+", run("diff", old, many).stdout.splitlines()[-1]))
    assert (turns, differ + added, differ + gone) == (1200, 400, 400)


def test_turns_that_changed_their_places_are_told_as_few_as_can_be(tmp_path: Path):
    def asked(texts: str) -> list[dict]:
        return [interaction(asks(text), response(1), uri=f"https://example.com/{text}") for text in texts]

    old, new = put(tmp_path / "old.yaml", *asked("abcdefg")), put(tmp_path / "new.yaml", *asked("defagbc"))

    told = run("diff", old, new).stdout

    assert re.findall(r"^([-+]) turn .*example.com/(\w)\b", told, flags=re.MULTILINE) == [
        *(("-", "a"), ("-", "b"), ("-", "c"), ("+", "a"), ("+", "b"), ("+", "c"))
    ]


def test_an_image_is_the_same_in_the_cassette_and_in_a_file_beside_it(tmp_path: Path):
    def recorded(name: str, image: bytes, over: int) -> Path:
        turn = interaction(
            asks([{"role": "user", "content": f"data:;base64,{b64encode(image).decode()}"}]), response(1)
        )
        turns, payloads = taken_out(layout.read(put(tmp_path / name, turn)), over)
        for digest, payload in payloads.items():
            folder_of(tmp_path / name).mkdir()
            (folder_of(tmp_path / name) / f"{digest}.bin").write_bytes(payload)
        (tmp_path / name).write_text(layout.written(turns, {"from": "api.openai.com"}), encoding="utf-8")
        return tmp_path / name

    inside, beside = recorded("inside.yaml", b"cat" * 99, 999), recorded("beside.yaml", b"cat" * 99, 99)
    other = recorded("other.yaml", b"dog" * 99, 99)

    assert "payload-sha256-" in beside.read_text(encoding="utf-8")
    assert run("diff", inside, beside).stdout == "1 turn, equal\n"
    assert run("diff", beside, other).stdout.endswith("1 turn: 1 differs, 0 new, 0 gone\n")
    assert "kept beside the cassette" not in run("diff", inside, other).stdout

    for payload in folder_of(beside).iterdir():
        payload.unlink()
    lost = run("diff", inside, beside)
    assert (lost.returncode, lost.stdout) == (2, "")
    assert re.search(r"beside.yaml cannot be read: its payload \w{64} is not beside it\n", lost.stderr)


def test_every_cassette_that_ships_equals_itself():
    from fakemodel.tape.changes import changes

    for name, file in shipped().items():
        turns = layout.read(file)
        assert changes(turns, turns).changed == (), name


def test_a_file_that_was_not_there_before_has_no_turns(tmp_path: Path):
    new = put(tmp_path / "new.yaml", interaction(asks("Hi"), response(1, message("Hello"))))

    told = run("diff", "/dev/null", new)

    assert (told.returncode, told.stdout.splitlines()[-1]) == (1, "1 turn: 0 differ, 1 new, 0 gone")


def test_a_file_that_cannot_be_read_is_told_and_exits_with_2(tmp_path: Path):
    good = put(tmp_path / "good.yaml", *chained(1))
    bad = tmp_path / "bad.yaml"
    bad.write_text("interactions: 5")

    told = run("diff", good, bad)

    assert (told.returncode, told.stdout) == (2, "")
    assert told.stderr == f"fakemodel: {bad} cannot be read: it has no list of `interactions`\n"


def test_git_shows_conversations_where_it_is_told_to(tmp_path: Path):
    import shlex
    import shutil
    import sys

    from tests.cli.commands import ROOT, RUN

    if shutil.which("git") is None:
        pytest.skip("git is not installed")

    def git(*arguments: str) -> str:
        command = ["git", "-c", "user.name=n", "-c", "user.email=n@example.com", *arguments]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, encoding="utf-8", check=True).stdout

    shown = f"env PYTHONUTF8=1 PYTHONPATH={shlex.quote(str(ROOT))} {shlex.join([sys.executable, '-c', RUN, 'show'])}"
    git("init", "-q")
    git("config", "diff.cassette.textconv", shown)
    (tmp_path / ".gitattributes").write_text("*.yaml diff=cassette\n")
    file = put(tmp_path / "test_geo.yaml", *chained(1))
    git("add", ".")
    git("commit", "-qm", "Record")
    put(file, *chained(5, said="Brasilia"))

    changed = [line for line in git("diff").splitlines() if re.match(r"[-+] ", line)]

    assert changed == ["-  assistant  Brasília", "+  assistant  Brasilia"]
