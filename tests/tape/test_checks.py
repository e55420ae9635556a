"""What is wrong with cassettes, whose they are, and how those of others become ours: file by file."""

import gzip
import json
import zlib
from base64 import b64encode
from hashlib import sha256
from pathlib import Path

import pytest
import yaml

import fakemodel
from fakemodel.httpx_modules import sdk_httpx
from fakemodel.tape import layout
from fakemodel.tape.checks import Finding, Scrubbed, cassettes, check, scrub
from fakemodel.tape.paths import path_of_test

URI = "https://api.openai.com/v1/responses"
KEY = "sk-" + "proj-" + "x7Yk2PqR9vTn4WzB6mLs8JdF"  # assembled, so that nobody takes it for a real one


def turn(prompt="Which?", answered=None, body='{"output_text": "Brazil"}') -> dict:
    return {
        "request": {"method": "POST", "uri": URI, "headers": {"Content-Type": ["text/plain"]}, "body": prompt},
        "response": {
            "status": {"code": 200, "message": "OK"},
            "headers": {"Content-Type": ["application/json"], **(answered or {})},
            "body": {"string": body},
        },
    }


def put(file: Path, *turns: dict) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(yaml.safe_dump({"interactions": list(turns) or [turn()], "version": 1}))
    return file


def findings(file: Path, **environ: str) -> list[Finding]:
    return next(check([file], environ))[1]


def scrubbed(file: Path) -> Scrubbed:
    return next(scrub([file], {}, write=True))[1]


def test_folders_are_searched_for_yaml_that_holds_interactions_each_once(tmp_path: Path):
    tapes = [put(tmp_path / "a.yaml"), put(tmp_path / "b" / "c.yml"), put(tmp_path / ".hidden" / "d.yaml")]
    given = put(tmp_path / "tape.txt")
    put(tmp_path / ".venv" / "lib" / "e.yaml")
    (tmp_path / ".venv" / "pyvenv.cfg").touch()
    (tmp_path / "other.yaml").write_text("steps:\n  interactions: []\n")
    (tmp_path / "folder.yaml").mkdir()
    (tmp_path / "gone.yaml").symlink_to("nothing")
    (tmp_path / "loop").symlink_to(tmp_path)

    found = cassettes([tapes[1], tmp_path, given, tmp_path / "b"])

    assert found == [tapes[1], tapes[2], tapes[0], given]


MODULE = r"""
import unittest
from pathlib import Path
from elsewhere import Base, TestShared, test_shared as test_imported

def test_plain(): "\d"
async def test_async(): ...
test_made = make(test_plain)
test_one, test_other = make(), make()

if True:
    def test_in_a_branch(): ...
else:
    def test_in_the_other(): ...
try:
    import missing
except ImportError:
    def test_when_it_failed(): ...

@pytest.mark.cassette(name="shared/by_name")
def test_named(): ...

@pytest.mark.vcr("second.yaml")
def test_of_two(): ...

class TestPlain:
    def test_method(self): ...
    class TestInner:
        def test_inner(self): ...

class TestUnit(unittest.TestCase):
    def test_unit(self): ...

class TestDerived(Base):
    def test_own(self): ...

def helper():
    def test_local(): ...
"""


@pytest.mark.parametrize(
    "name",
    [
        *("test_plain", "test_plain[Paris]", "test_plain[a.b-[c]]", "test_async", "test_made", "test_other"),
        *("test_imported", "test_in_a_branch", "test_in_the_other", "test_when_it_failed", "shared/by_name", "second"),
        *("TestPlain.test_method", "TestPlain.TestInner.test_inner[1.5]", "TestInner.test_inner", "TestUnit.test_unit"),
        *("TestDerived.test_own", "TestDerived.test_of_its_base", "TestShared.test_anything", "test_named"),
    ],
)
def test_a_cassette_whose_test_is_there_is_no_orphan(tmp_path: Path, name):
    (tmp_path / "test_geo.py").write_text(MODULE)

    assert findings(put(tmp_path / "cassettes" / "test_geo" / f"{name}.yaml")) == []


@pytest.mark.parametrize(
    "name",
    [
        *("test_gone", "test_method", "TestPlain.test_gone", "TestPlain.TestInner.test_method", "TestGone.test_plain"),
        *("TestUnit.test_gone", "TestPlain.test_plain", "test_shared", "test_local", "by_name", "test_pla"),
    ],
)
def test_a_cassette_whose_test_is_gone_is_an_orphan(tmp_path: Path, name):
    (tmp_path / "test_geo.py").write_text(MODULE)
    file = put(tmp_path / "cassettes" / "test_geo" / f"{name}.yaml")
    parametrized = put(tmp_path / "cassettes" / "test_geo" / f"{name}[Paris].yaml")

    assert findings(file) == findings(parametrized) == [Finding("orphan", f"test_geo.py has no {name}")]


@pytest.mark.parametrize(
    "dynamic", ["from elsewhere import *", "globals().update(made)", "globals()['test_a'] = make()"]
)
def test_a_module_whose_tests_cannot_be_told_has_no_orphans(tmp_path: Path, dynamic):
    (tmp_path / "test_geo.py").write_text(dynamic)

    assert findings(put(tmp_path / "cassettes" / "test_geo" / "test_any.yaml")) == []
    assert findings(put(tmp_path / "cassettes" / "test_geo" / "TestAny.test_any.yaml")) == []


def test_a_module_that_cannot_be_read_is_warned_of(tmp_path: Path):
    (tmp_path / "test_geo.py").write_text("def test_plain(:\n")
    (tmp_path / "test_nul.py").write_bytes(b"\0")

    assert findings(put(tmp_path / "cassettes" / "test_geo" / "test_plain.yaml")) == [
        Finding("orphan", "test_geo.py cannot be read: invalid syntax (test_geo.py, line 1)", "orphan?", severe=False)
    ]
    assert [each.severe for each in findings(put(tmp_path / "cassettes" / "test_nul" / "test_a.yaml"))] == [False]


@pytest.mark.parametrize("module", ["test_geo", "geo_test"])
def test_the_cassettes_of_a_module_that_is_gone_are_orphans(tmp_path: Path, module, monkeypatch):
    file = put(tmp_path / "tests" / "cassettes" / module / "test_plain.yaml")
    gone = [Finding("orphan", f"{module}.py is gone")]

    assert findings(file) == gone
    monkeypatch.chdir(file.parent)
    assert findings(Path(file.name)) == gone
    assert findings(Path("..", module, file.name)) == gone


@pytest.mark.parametrize(
    "path",
    ["cassettes/login.yaml", "cassettes/openai/login.yaml", "tapes/test_geo/test_a.yaml", "test_geo/test_a.yaml"],
)
def test_a_cassette_that_lies_anywhere_else_is_nobodys_orphan(tmp_path: Path, path):
    assert findings(put(tmp_path / path)) == []


def test_the_folder_of_a_project_may_be_called_cassettes(tmp_path: Path):
    (tmp_path / "cassettes" / "tests").mkdir(parents=True)
    (tmp_path / "cassettes" / "tests" / "test_geo.py").write_text("def test_a(): ...")
    place = tmp_path / "cassettes" / "tests" / "cassettes" / "test_geo"

    assert findings(put(place / "test_a.yaml")) == []
    assert findings(put(place / "test_b.yaml")) == [Finding("orphan", "test_geo.py has no test_b")]


def test_a_module_is_read_once_for_all_its_cassettes(tmp_path: Path):
    module = tmp_path / "test_geo.py"
    module.write_text("def test_a(): ...")
    files = [put(tmp_path / "cassettes" / "test_geo" / f"test_{each}.yaml") for each in "aab"]
    checking = check(files, {})

    assert next(checking)[1] == []
    module.unlink()
    module.write_text("")
    assert next(checking)[1] == []
    assert next(checking)[1] == [Finding("orphan", "test_geo.py has no test_b")]


@pytest.mark.parametrize(
    "text",
    [
        yaml.safe_dump({"interactions": [turn(f"The key is {KEY}")]}),
        yaml.safe_dump({"interactions": [turn(answered={"authorization": [f"Bearer {KEY}"]})]}),
        yaml.safe_dump({"interactions": [{"request": {"method": "GET", "uri": [KEY]}, "response": {}}]}),
        f"interactions:\n- request: {{headers: {KEY}\n",
        f'interactions: !{KEY} "{KEY}"\n',
        f"interactions: *{KEY}\n",
        f'{{"interactions": "{KEY}',
    ],
    ids=["prompt", "header", "address", "torn", "tag", "alias", "torn flow"],
)
def test_no_secret_is_ever_told(tmp_path: Path, text):
    file = tmp_path / "tape.yaml"
    file.write_text(text)

    found = findings(file)
    told = scrubbed(file)

    assert [each for each in found if each.severe]
    assert KEY not in repr(found) + repr(told)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (b"", "it has no list of `interactions`"),
        (b"interactions: {}", "it has no list of `interactions`"),
        (b"interactions: [{request: {method: GET, uri: /}}]", "turn 1 is not an interaction (no 'response')"),
        (
            b"interactions: \xff",
            "it is not YAML: 'utf-8' codec can't decode byte 0xff in position 14: invalid start byte",
        ),
        (
            b"interactions: []\n---\n1",
            "it is not YAML: expected a single document in the stream at line 1, column 1 but ",
        ),
    ],
)
def test_what_cannot_be_read_is_told_in_a_line_and_left(tmp_path: Path, text, problem):
    file = tmp_path / "tape.yaml"
    file.write_bytes(text)

    (found,) = findings(file)
    done = scrubbed(file)

    assert (found.where, found.severe, found.what[: len(problem)]) == ("cannot be read", True, problem)
    assert done == Scrubbed("refused", (found.what,))
    assert file.read_bytes() == text


@pytest.mark.parametrize("depth", [500, 3000])
def test_a_file_that_is_nested_too_deeply_is_told(tmp_path: Path, depth):
    (tmp_path / "tape.yaml").write_text("interactions:\n- " + "[" * depth + "]" * depth)

    assert [each.where for each in findings(tmp_path / "tape.yaml")] == ["cannot be read"]
    assert scrubbed(tmp_path / "tape.yaml").outcome == "refused"


def test_a_body_that_is_nested_too_deeply_is_a_text(tmp_path: Path):
    body = "[" * 100_000 + "]" * 100_000
    file = put(tmp_path / "tape.yaml", turn(body=body))

    assert findings(file) == []
    assert scrubbed(file) == Scrubbed("scrubbed")
    assert layout.read(file)[0].response.body.decode().strip() == body


@pytest.mark.parametrize(("name", "problem"), [("gone.yaml", "No such file or directory"), ("", "Is a directory")])
def test_what_is_no_file_is_told(tmp_path: Path, name, problem):
    assert findings(tmp_path / name) == [Finding("unreadable", problem, "cannot be read")]
    assert scrubbed(tmp_path / name) == Scrubbed("refused", (problem,))


def test_a_cassette_in_json_stays_json(tmp_path: Path):
    file = tmp_path / "tape.json"
    file.write_text(json.dumps({"interactions": [turn()], "version": 1}, indent=1))
    before = file.read_bytes()

    assert findings(file) == []
    assert scrubbed(file) == Scrubbed("refused", ("it is JSON, and who reads that could not read YAML in its place",))
    assert file.read_bytes() == before


def played(file: Path) -> list[str]:
    with sdk_httpx().Client() as client, fakemodel.cassette(file) as tape:
        return [client.post(each.request.uri, content=each.request.body).text for each in tape.turns]


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
def test_an_answer_that_is_compressed_plays_as_before(tmp_path: Path, encoding):
    words = '{"output_text": "Brasília"}'
    body = (gzip.compress if encoding == "gzip" else zlib.compress)(words.encode())
    file = put(tmp_path / "tape.yaml", turn(answered={"Content-Encoding": [encoding]}, body=body))
    before = played(file)

    assert scrubbed(file) == Scrubbed("scrubbed")

    assert "Brasília" in file.read_text()
    assert [each.replace(" ", "").replace("\n", "") for each in played(file)] == ['{"output_text":"Brasília"}']
    assert before == [words]
    assert scrubbed(file) == Scrubbed("left as it was")


@pytest.mark.parametrize("encoding", ["gzip", "zstd"])
def test_an_answer_that_says_it_is_compressed_and_is_not_stays_what_it_is(tmp_path: Path, encoding):
    words = b'{"output_text": "Brazil"}'
    file = put(tmp_path / "tape.yaml", turn(answered={"content-encoding": [encoding]}, body=words))

    assert scrubbed(file) == Scrubbed("scrubbed")
    assert '"output_text": "Brazil"' in file.read_text()


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        ("zstd", b"(\xb5/\xfd\x04\x00"),
        ("gzip", gzip.compress(b"Brazil" * 100, mtime=0)[:-9]),
        ("gzip, br", b"\x8b\x02\x80"),
    ],
    ids=["unknown", "torn", "two of them"],
)
def test_an_answer_that_cannot_be_read_is_not_written_over(tmp_path: Path, encoding, body):
    file = put(tmp_path / "tape.yaml", turn(), turn(answered={"content-encoding": [encoding]}, body=body))
    before = file.read_bytes()

    assert scrubbed(file) == Scrubbed(
        "refused", (f"turn 2, response body: it is compressed ({encoding}), and cannot be read here",)
    )
    assert file.read_bytes() == before


def head_of(file: Path) -> str:
    scrubbed(file)
    return file.read_text().splitlines()[1]


def test_the_head_tells_the_hosts_and_the_first_day_that_the_answers_tell(tmp_path: Path):
    second = turn(answered={"date": ["Thu, 20 Nov 2025 23:59:59 GMT"]})
    second["request"]["uri"] = "https://gateway.example/openai/v1/responses"
    turns = [turn(answered={"Date": ["Fri, 21 Nov 2025 00:00:01 GMT"]}), second, turn(answered={"Date": ["today"]})]

    head = "recorded: {from: 'api.openai.com, gateway.example', with: unknown, 'on': '2025-11-20'}"
    assert head_of(put(tmp_path / "tape.yaml", *turns)) == head
    assert head_of(tmp_path / "tape.yaml") == head


@pytest.mark.parametrize(
    ("head", "kept"),
    [
        ("{from: here, with: openai 3.0, on: 2026-11-20}", "{from: here, with: openai 3.0, 'on': '2026-11-20'}"),
        ("{from: fakemodel}", "{from: fakemodel, with: unknown}"),
        ("yesterday", "{from: api.openai.com, with: unknown}"),
    ],
)
@pytest.mark.parametrize("place", ["before", "after"])
def test_the_head_that_a_file_has_is_kept_wherever_it_stands(tmp_path: Path, head, kept, place):
    file = put(tmp_path / "tape.yaml")
    lines = f"recorded: {head}\n"
    file.write_text(lines + file.read_text() if place == "before" else file.read_text() + lines)

    assert head_of(file) == f"recorded: {kept}"


def test_a_file_without_turns_is_scrubbed_too(tmp_path: Path):
    file = tmp_path / "tape.yaml"
    file.write_text("interactions: []\nversion: 1\n")

    assert scrubbed(file) == Scrubbed("scrubbed")
    assert file.read_text() == "version: 1\nrecorded: {from: nothing, with: unknown}\ninteractions: []\n"


def test_payload_files_are_looked_into_and_must_be_there(tmp_path: Path):
    payload = b"an image, with " + KEY.encode()
    digest = sha256(payload).hexdigest()
    file = put(tmp_path / "tape.yaml", turn(f"Look: payload-sha256-{digest}"))
    folder = tmp_path / "tape.payloads"

    assert findings(file) == [Finding("unreadable", f"its payload {digest} is not beside it", "cannot be read")]
    assert scrubbed(file).outcome == "refused"

    folder.mkdir()
    (folder / f"{digest}.bin").write_bytes(payload)
    assert [(each.where, each.what) for each in findings(file)] == [("turn 1, request body", "OpenAI key")]
    assert scrubbed(file) == Scrubbed("refused", ("turn 1, request body: OpenAI key",))

    payload = b"an image, with nothing in it that should not be there"
    harmless = sha256(payload).hexdigest()
    (folder / f"{digest}.bin").unlink()
    (folder / f"{harmless}.bin").write_bytes(payload)
    put(file, turn(f"Look: payload-sha256-{harmless}"))
    assert findings(file) == []
    assert scrubbed(file) == Scrubbed("scrubbed")
    assert f"Look: payload-sha256-{harmless}" in file.read_text()
    assert b64encode(payload).decode() not in file.read_text()


def test_a_cassette_whose_name_was_cut_is_no_orphan(tmp_path: Path):
    name = f"test_{'and_so_on_' * 13}"
    (tmp_path / "test_geo.py").write_text(f"def {name}(city): ...")

    assert findings(put(path_of_test(tmp_path / "test_geo.py", f"{name}[{'Paris' * 25}]"))) == []
