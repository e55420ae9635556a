"""The command line, run as a user runs it: on suites with real files, told by what is printed and what is on disk."""

import json
import os
import pty
import re
import shutil
import stat
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

import pytest
import yaml
from vcr.persisters.filesystem import FilesystemPersister
from vcr.serializers import yamlserializer

import fakemodel
from fakemodel.cli import main
from fakemodel.httpx_modules import sdk_httpx
from fakemodel.tape.identifiers import IDENTIFIER

ROOT = Path(fakemodel.__file__).parent.parent
URI = "https://api.openai.com/v1/responses"
KEY = "sk-" + "proj-" + "x7Yk2PqR9vTn4WzB6mLs8JdF"  # assembled, so that nobody takes it for a real one
ORGANISATION = "acme-" + "x7yk2p"
RUN = "import sys; from fakemodel.cli import main; main()"

needs_typer = pytest.mark.skipif(
    not (find_spec("typer") and find_spec("rich")), reason="the command line needs typer and rich, the `cli` extra"
)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the user is."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*arguments: str, before=(), script=RUN, **options) -> subprocess.CompletedProcess[str]:
    """`fakemodel …`, without the variables of this machine."""
    environ = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "COLUMNS": "100", **options.pop("environ", {})}
    command = [*before, sys.executable, "-c", script, *arguments]
    return subprocess.run(command, env=environ, capture_output=True, text=True, check=False, **options)


def vcrpys(prompt="Which is the largest country?", answer="Brazil", asked=None, answered=None) -> str:
    """A cassette as vcrpy, or pytest-recording, writes it."""
    request = {
        "body": json.dumps({"model": "gpt-4.1", "input": prompt}),
        "headers": {"Content-Type": ["application/json"], "User-Agent": ["OpenAI/Python 3.52.0"], **(asked or {})},
        "method": "POST",
        "uri": URI,
    }
    response = {
        "body": {"string": json.dumps({"id": "resp_" + "6b1" * 16, "created_at": 1763000000, "output_text": answer})},
        "headers": {"Content-Type": ["application/json"], "CF-RAY": ["9a1"], **(answered or {})},
        "status": {"code": 200, "message": "OK"},
    }
    return yaml.safe_dump({"interactions": [{"request": request, "response": response}], "version": 1})


def ours(prompt="Which is the largest country?", answer="Brazil") -> str:
    """The same as it stands in a cassette of ours."""
    return f"""\
version: 1
recorded: {{from: api.openai.com, with: unknown}}
interactions:
- request:
    method: POST
    uri: https://api.openai.com/v1/responses
    body: |
      {{
        "model": "gpt-4.1",
        "input": "{prompt}"
      }}
    headers: {{content-type: [application/json]}}
  response:
    status: {{code: 200, message: OK}}
    headers: {{content-type: [application/json]}}
    body:
      string: |
        {{
          "id": "resp_000000000000000000000000000000000000000000000001",
          "created_at": 1767225601,
          "output_text": "{answer}"
        }}
"""


def put(text: str | bytes, *path: str) -> Path:
    """A file below the folder, with all the folders that it needs; old enough that a change would show."""
    file = Path(*path)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(text.encode() if isinstance(text, str) else text)
    os.utime(file, (1_700_000_000, 1_700_000_000))
    return file


def state(file: Path) -> tuple[bytes, int, int]:
    """What a file holds, and which it is: one that was rewritten is another, even if it holds the same."""
    return file.read_bytes(), file.stat().st_mtime_ns, file.stat().st_ino


def names_below(folder: Path) -> list[str]:
    return sorted(str(file.relative_to(folder)) for file in folder.rglob("*"))


@needs_typer
def test_check_has_nothing_to_say_of_a_suite_as_it_should_be(folder: Path):
    put("def test_geo(cassette): ...", "tests", "test_geo.py")
    put(ours(), "tests", "cassettes", "test_geo", "test_geo.yaml")

    told = run("check", "tests")

    assert (told.returncode, told.stdout, told.stderr) == (0, "1 cassette: 0 errors, 0 warnings\n", "")


@needs_typer
def test_show_lists_the_cassettes_that_ship(folder: Path):
    told = run("show")

    *lines, where, _ = told.stdout.splitlines()
    listed = dict(line.split(maxsplit=1) for line in lines)
    files = {
        f"fakemodel:{file.relative_to(ROOT / 'cassettes').with_suffix('').as_posix()}": file
        for file in (ROOT / "cassettes").rglob("*.yaml")
    }
    assert listed.keys() == files.keys()
    assert listed["fakemodel:previous_response_id/plain"] == "2 requests  from fakemodel"
    assert where == f"{len(files)} cassettes in {ROOT / 'cassettes'}"
    assert told.returncode == 0


@needs_typer
def test_check_takes_no_cassette_that_ships_for_an_orphan(folder: Path):
    told = run("check", str(ROOT / "cassettes" / "errors"))

    assert re.fullmatch(r"\d+ cassettes: 0 errors, 0 warnings\n", told.stdout)


@needs_typer
def test_check_tells_what_is_wrong_and_where_a_line_each(folder: Path):
    put("def test_kept(): ...\nclass TestGeo:\n    def test_kept(self): ...\n", "tests", "test_geo.py")
    place = ("tests", "cassettes", "test_geo")
    put(ours(f"My key is {KEY}, and who is jane@acme-corp.com?"), *place, "TestGeo.test_kept.yaml")
    put(ours(), *place, "TestGeo.test_gone.yaml")
    put(ours(), *place, "test_gone[Paris-Rome].yaml")
    put(vcrpys(answered={"openai-organization": [ORGANISATION]}), *place, "test_kept.yml")
    put(ours(), "tests", "cassettes", "test_moved", "test_kept.yaml")
    put("interactions: none\n", "tests", "broken.yaml")
    put("interactions:\n- request: {\n", "tests", "torn.yaml")
    put("services: [web]\n", "tests", "compose.yaml")
    put("a: [\n", "tests", "template.yml")

    told = run("check", "tests")

    assert told.stdout == (
        "tests/broken.yaml: cannot be read: it has no list of `interactions`\n"
        "tests/cassettes/test_geo/TestGeo.test_gone.yaml: orphan: test_geo.py has no TestGeo.test_gone\n"
        "tests/cassettes/test_geo/TestGeo.test_kept.yaml: turn 1, request body: input: OpenAI key\n"
        "tests/cassettes/test_geo/TestGeo.test_kept.yaml: turn 1, request body: input: e-mail address (warning)\n"
        "tests/cassettes/test_geo/test_gone[Paris-Rome].yaml: orphan: test_geo.py has no test_gone\n"
        "tests/cassettes/test_geo/test_kept.yml: turn 1, response header openai-organization: organisation\n"
        "tests/cassettes/test_moved/test_kept.yaml: orphan: test_moved.py is gone\n"
        "tests/torn.yaml: cannot be read: it is not YAML: while parsing a flow node did not find expected node content "
        "at line 3, column 1\n"
        "7 cassettes: 7 errors, 1 warning\n"
    )
    assert (told.returncode, told.stderr) == (1, "")


@needs_typer
def test_a_warning_alone_is_no_failure(folder: Path):
    put(ours("Write to jane@acme-corp.com and john@acme-corp.com"), "tape.yaml")

    told = run("check", "tape.yaml")

    assert told.stdout == (
        "tape.yaml: turn 1, request body: input: e-mail address (warning)\n1 cassette: 0 errors, 1 warning\n"
    )
    assert told.returncode == 0


@needs_typer
def test_check_finds_the_secrets_of_this_machine(folder: Path):
    put(ours("The password is correct horse battery"), "tape.yaml")

    told = run("check", "tape.yaml", environ={"SERVICE_PASSWORD": "correct horse battery"})

    assert told.stdout == (
        "tape.yaml: turn 1, request body: input: value of SERVICE_PASSWORD\n1 cassette: 1 error, 0 warnings\n"
    )
    assert told.returncode == 1


@needs_typer
@pytest.mark.parametrize("command", ["check", "scrub"])
def test_a_path_where_nothing_is_is_bad_usage(folder: Path, command):
    file = put(vcrpys(), "tape.yaml")
    before = state(file)

    told = run(command, "tape.yaml", "tests/nothing")

    assert (told.returncode, told.stdout) == (2, "")
    assert told.stderr == "fakemodel: there is no tests/nothing\n"
    assert state(file) == before


@needs_typer
@pytest.mark.parametrize("arguments", [[], ["check"], ["chek", "."], ["scrub", "--fix", "."]])
def test_other_bad_usage_shows_how_it_is_meant(folder: Path, arguments):
    told = run(*arguments)

    assert told.returncode == 2
    assert "Usage: fakemodel" in told.stdout + told.stderr


@needs_typer
def test_scrub_writes_our_layout_without_what_must_not_be_there(folder: Path):
    file = put(
        vcrpys(
            asked={"authorization": [f"Bearer {KEY}"], "cookie": ["__cf_bm=a1"]},
            answered={"openai-organization": [ORGANISATION], "Date": ["Thu, 20 Nov 2025 23:59:59 GMT"]},
        ),
        "tape.yaml",
    )

    told = run("scrub", "tape.yaml")

    assert (told.returncode, told.stderr) == (0, "")
    assert told.stdout == "tape.yaml: scrubbed\n1 cassette: 1 scrubbed, 0 left as they were, 0 refused\n"
    assert file.read_text() == ours().replace("with: unknown}", "with: unknown, 'on': '2025-11-20'}")
    assert run("check", "tape.yaml").returncode == 0


@needs_typer
def test_scrub_tells_what_became_of_each_file_and_goes_on_after_one_that_is_refused(folder: Path):
    refused = put(vcrpys(f"My key is {KEY}", answered={"openai-organization": [ORGANISATION]}), "tapes", "1.yaml")
    torn = put("interactions:\n- request: {\n", "tapes", "2.yaml")
    untouched = put(ours(), "tapes", "3.yaml")
    scrubbed = put(vcrpys(), "tapes", "4.yml")
    other = put("interaction: [none]\n", "tapes", "5.yaml")
    before = [state(file) for file in (refused, torn, untouched, other)]

    told = run("scrub", "tapes")

    assert told.stdout == (
        "tapes/1.yaml: refused\n"
        "  turn 1, request body: input: OpenAI key\n"
        "tapes/2.yaml: refused\n"
        "  it is not YAML: while parsing a flow node did not find expected node content at line 3, column 1\n"
        "tapes/3.yaml: left as it was\n"
        "tapes/4.yml: scrubbed\n"
        "4 cassettes: 1 scrubbed, 1 left as it was, 2 refused\n"
    )
    assert (told.returncode, told.stderr) == (1, "")
    assert [state(file) for file in (refused, torn, untouched, other)] == before
    assert scrubbed.read_text() == ours()
    assert names_below(Path("tapes")) == ["1.yaml", "2.yaml", "3.yaml", "4.yml", "5.yaml"]


@needs_typer
def test_a_file_of_ours_that_holds_a_secret_is_refused_though_nothing_would_change(folder: Path):
    put(ours(f"My key is {KEY}"), "tape.yaml")

    told = run("scrub", "tape.yaml")

    assert told.stdout == (
        "tape.yaml: refused\n  turn 1, request body: input: OpenAI key\n"
        "1 cassette: 0 scrubbed, 0 left as they were, 1 refused\n"
    )
    assert told.returncode == 1


@needs_typer
def test_scrub_check_tells_and_writes_nothing(folder: Path):
    files = [put(vcrpys(), "tapes", "theirs.yaml"), put(ours(), "tapes", "ours.yaml")]
    before = [state(file) for file in files]

    told = run("scrub", "--check", "tapes")

    assert told.stdout == (
        "tapes/ours.yaml: left as it was\ntapes/theirs.yaml: would be scrubbed\n"
        "2 cassettes: 1 would be scrubbed, 1 left as it was, 0 refused\n"
    )
    assert told.returncode == 1
    assert [state(file) for file in files] == before

    run("scrub", "tapes")
    told = run("scrub", "--check", "tapes")

    assert told.stdout.endswith("2 cassettes: 0 would be scrubbed, 2 left as they were, 0 refused\n")
    assert told.returncode == 0


@needs_typer
def test_what_was_recorded_with_the_plugin_passes_as_it_is(suite: pytest.Pytester):
    suite.makepyfile(
        test_geo="""
        import openai
        import pytest

        @pytest.mark.cassette
        @pytest.mark.parametrize("place", ["South America", "Europe / Asia"])
        def test_largest(fake_openai, place):
            fake_openai.say("Brazil", "Brasília")
            client = openai.OpenAI()
            first = client.responses.create(model="gpt-4.1", input=f"The largest country in {place}?")
            with client.responses.create(
                model="gpt-4.1", input="Its capital?", previous_response_id=first.id, stream=True
            ) as stream:
                list(stream)

        class TestChat:
            class TestCapital:
                @pytest.mark.cassette
                def test_of_brazil(self, fake_openai):
                    fake_openai.say("Brasília")
                    ask()

            @pytest.mark.cassette(name="shared/capital")
            def test_named(self, fake_openai):
                fake_openai.say("Brasília")
                ask()

        def ask():
            messages = [{"role": "user", "content": "The capital of Brazil?"}]
            openai.OpenAI().chat.completions.create(model="gpt-4.1", messages=messages)
        """
    )
    suite.runpytest("--cassettes=record").assert_outcomes(passed=4)
    files = sorted(suite.path.rglob("*.yaml"))
    before = [state(file) for file in files]

    checked = run("check", ".", cwd=suite.path)
    scrubbed = run("scrub", ".", cwd=suite.path)

    assert (checked.returncode, checked.stdout) == (0, "4 cassettes: 0 errors, 0 warnings\n")
    assert scrubbed.stdout.endswith("4 cassettes: 0 scrubbed, 4 left as they were, 0 refused\n")
    assert [state(file) for file in files] == before
    suite.runpytest().assert_outcomes(passed=4)


@needs_typer
def test_real_traffic_is_scrubbed_and_plays_as_before(corpus: Path, folder: Path):
    for file in corpus.rglob("*.yaml"):
        put(file.read_bytes(), "corpus", *file.relative_to(corpus).parts)
    files = sorted(folder.rglob("*.yaml"))
    before = {file: fakemodel_turns(file) for file in files}

    found = run("check", "corpus")
    assert "response header openai-organization: organisation" in found.stdout
    assert "request header cookie: cookie" in found.stdout
    assert found.returncode == 1

    told = run("scrub", "corpus")
    assert told.stdout.splitlines()[-1] == "130 cassettes: 130 scrubbed, 0 left as they were, 0 refused"
    assert told.returncode == 0

    clean = run("check", "corpus")
    assert clean.stdout.splitlines()[-1] == "130 cassettes: 0 errors, 1 warning"
    assert clean.returncode == 0

    scrubbed = [state(file) for file in files]
    again = run("scrub", "corpus")
    assert again.stdout.splitlines()[-1] == "130 cassettes: 0 scrubbed, 130 left as they were, 0 refused"
    assert [state(file) for file in files] == scrubbed

    assert [file.name for file in files if shape(fakemodel_turns(file)) != shape(before[file])] == []
    for file in files:
        requests, _ = FilesystemPersister.load_cassette(file, yamlserializer)
        assert len(requests) == len(before[file])
    with sdk_httpx().Client() as client:
        for file in files:
            with fakemodel.cassette(file) as tape:
                for turn in tape.turns:
                    answer = client.request(turn.request.method, turn.request.uri, content=turn.request.body)
                    assert answer.status_code == turn.response.status


def fakemodel_turns(file: Path):
    with fakemodel.cassette(file, allow_unplayed=True) as tape:
        return tape.turns


def shape(turns) -> list[object]:
    """What turns are but for what is drawn anew each time: ids, times, encrypted words, and the padding of streams."""
    return [
        (
            *(turn.request.method, form(turn.request.uri), body_shape(turn.request.body)),
            *(turn.response.status, turn.response.message, body_shape(turn.response.body)),
        )
        for turn in turns
    ]


def body_shape(body: bytes) -> object:
    try:
        return form(json.loads(body))
    except ValueError:
        lines = re.sub(r"(?m)^--\S+", "--", body.decode(errors="replace")).split("\n")
        return [body_shape(line[6:].encode()) if line.startswith("data: {") else form(line) for line in lines]


def form(value: object) -> object:
    """Words and numbers as they are; for what is drawn anew, that it is."""
    if isinstance(value, dict):
        anew = {key for key in value if key in ("created", "encrypted_content") or key.endswith("_at")}
        return {key: key in anew or form(each) for key, each in value.items() if key != "obfuscation"}
    if isinstance(value, list):
        return [form(each) for each in value]
    return IDENTIFIER.sub("<id>", value) if isinstance(value, str) else value


@needs_typer
def test_scrub_keeps_what_the_file_says_of_its_recording(folder: Path):
    head = "{from: gateway.example, with: openai 3.52.0, 'on': '2026-11-20'}"
    old = yaml.safe_load(vcrpys(answered={"Date": ["Thu, 20 Nov 2025 23:59:59 GMT"]}))
    file = put(f"version: 1\nrecorded: {head}\n" + yaml.safe_dump({"interactions": old["interactions"]}), "tape.yaml")

    run("scrub", "tape.yaml")

    assert file.read_text() == ours().replace("{from: api.openai.com, with: unknown}", head)


@needs_typer
def test_a_link_stays_a_link(folder: Path):
    file = put(vcrpys(), "tapes", "tape.yaml")
    link = Path("tapes", "zz.yaml")
    link.symlink_to("tape.yaml")

    told = run("scrub", "tapes/zz.yaml")

    assert told.stdout == "tapes/zz.yaml: scrubbed\n1 cassette: 1 scrubbed, 0 left as they were, 0 refused\n"
    assert link.is_symlink()
    assert file.read_text() == ours()
    assert run("check", "tapes").stdout == "1 cassette: 0 errors, 0 warnings\n"


@needs_typer
def test_a_folder_that_may_not_be_written_to_loses_nothing(folder: Path):
    locked = put(vcrpys(), "locked", "tape.yaml")
    free = put(vcrpys(), "unlocked", "tape.yaml")
    before = state(locked)
    locked.parent.chmod(stat.S_IRUSR | stat.S_IXUSR)
    try:
        told = run("scrub", ".", before=bound_by_permissions())
    finally:
        locked.parent.chmod(stat.S_IRWXU)

    assert told.stdout == (
        "locked/tape.yaml: refused\n  Permission denied\n"
        "unlocked/tape.yaml: scrubbed\n"
        "2 cassettes: 1 scrubbed, 0 left as they were, 1 refused\n"
    )
    assert (told.returncode, told.stderr) == (1, "")
    assert state(locked) == before
    assert names_below(Path("locked")) == ["tape.yaml"]
    assert free.read_text() == ours()


@needs_typer
def test_what_may_not_be_read_is_told(folder: Path):
    file = put(ours(), "tapes", "tape.yaml")
    closed = put(ours(), "tapes", "closed", "tape.yaml").parent
    file.chmod(0)
    closed.chmod(0)
    try:
        told = run("check", "tapes", before=bound_by_permissions("-dac_override,-dac_read_search"))
    finally:
        closed.chmod(stat.S_IRWXU)

    assert told.stdout == (
        "tapes/closed: cannot be read: Permission denied\n"
        "tapes/tape.yaml: cannot be read: Permission denied\n"
        "2 cassettes: 2 errors, 0 warnings\n"
    )
    assert told.returncode == 1


def bound_by_permissions(less: str = "-dac_override") -> tuple[str, ...]:
    """What to run a command by, so that permissions count: root has to give up the right to pass over them."""
    if os.geteuid() != 0:
        return ()
    if not shutil.which("setpriv"):
        pytest.skip("root passes over permissions, and there is no setpriv to keep it from that")
    return ("setpriv", f"--bounding-set={less}")


@needs_typer
def test_the_name_of_a_file_that_is_no_text_is_told_all_the_same(folder: Path):
    put(ours(f"My key is {KEY}"), os.fsdecode(b"S\xe3o Paulo.yaml"))

    told = run("check", ".")

    assert told.stdout == (
        "S\\udce3o Paulo.yaml: turn 1, request body: input: OpenAI key\n1 cassette: 1 error, 0 warnings\n"
    )
    assert (told.returncode, told.stderr) == (1, "")


@needs_typer
@pytest.mark.parametrize("number", [1, 40])
def test_a_bar_shows_how_far_it_is_on_a_terminal_where_there_is_much_to_do(folder: Path, number):
    for each in range(number):
        put(ours(), "tapes", f"{each}.yaml")
    watched, terminal = pty.openpty()

    environ = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "TERM": "xterm", "COLUMNS": "100"}
    command = [sys.executable, "-c", RUN, "check", "tapes"]
    told = subprocess.run(command, env=environ, stdout=subprocess.PIPE, stderr=terminal, text=True, check=True)
    os.write(terminal, b"end")
    seen = b""
    while not seen.endswith(b"end"):
        seen += os.read(watched, 1 << 16)
    os.close(watched)
    os.close(terminal)

    assert told.stdout == f"{number} cassette{'s' if number > 1 else ''}: 0 errors, 0 warnings\n"
    assert (b"Cassettes" in seen) == (number > 1)


@needs_typer
def test_it_explains_itself():
    told = run("--help")
    assert told.returncode == 0
    assert "check   Tell what is wrong with cassettes." in told.stdout
    assert "scrub   Rewrite cassettes, readable and scrubbed." in told.stdout
    assert "..." not in told.stdout.partition("Commands:")[2]  # each command's line is whole

    told = run("scrub", "--help")
    assert told.returncode == 0
    assert "--check  Write nothing, and exit with 1 if something would be scrubbed." in told.stdout


@needs_typer
def test_it_tells_its_version():
    try:
        installed = version("fakemodel")
    except PackageNotFoundError:
        pytest.skip("fakemodel is not installed here, but run from the checkout")

    told = run("--version")

    assert (told.returncode, told.stdout) == (0, f"fakemodel {installed}\n")


def test_the_command_is_installed():
    script = Path(sys.executable).parent / "fakemodel"
    if not script.exists():
        pytest.skip("fakemodel is not installed here, but run from the checkout")

    told = subprocess.run([script], capture_output=True, text=True, check=False)

    assert told.returncode == 2
    assert "Usage: fakemodel" in told.stdout + told.stderr or "pip install" in told.stderr


@pytest.mark.parametrize("hidden", ["typer", "rich"])
@pytest.mark.parametrize("arguments", [[], ["check", "."], ["--version"]])
def test_without_the_extra_one_line_names_it(folder: Path, hidden, arguments):
    hide = f"""
import sys

class Hidden:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == {hidden!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)

sys.meta_path.insert(0, Hidden())
{RUN}
"""
    told = run(*arguments, script=hide)

    assert (told.returncode, told.stdout) == (2, "")
    if find_spec("rich"):
        assert told.stderr == f'fakemodel: the command line needs {hidden}: pip install "fakemodel[cli]"\n'
    assert told.stderr.count("\n") == 1


@needs_typer
@pytest.mark.parametrize("arguments", [["check", "tapes"], ["scrub", "tapes"], ["check", "nothing"]])
def test_it_says_the_same_when_it_is_called_from_python(folder: Path, monkeypatch, capsys, arguments):
    put(ours(f"My key is {KEY}"), "tapes", "tape.yaml")
    put(ours(), "tapes", "clean.yaml")
    monkeypatch.setattr(sys, "argv", ["fakemodel", *arguments])

    with pytest.raises(SystemExit) as ended:
        main()

    told = run(*arguments)
    assert (ended.value.code, *capsys.readouterr()) == (told.returncode, told.stdout, told.stderr)
