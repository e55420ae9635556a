"""Whatever goes wrong while a file is recorded, the old one stays whole: each time by having it go wrong."""

import base64
import ctypes
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import openai
import pytest

import fakemodel
from fakemodel import CassetteInvalid, FakeOpenAI, SecretFound

pytestmark = pytest.mark.usefixtures("own_folder")

pytest.importorskip("resource", reason="what goes wrong here is what POSIX systems can be told to do")

ROOT = Path(__file__).parent.parent.parent

RECORD = """
import os
import resource
import signal

import fakemodel
from fakemodel import CassetteInvalid, FakeOpenAI


def kill(*args):
    os.kill(os.getpid(), signal.SIGKILL)


def record(meanwhile=lambda: None, answer="Peru", path="geo.yaml", question="The largest country?", **settings):
    api = FakeOpenAI([answer])
    try:
        with fakemodel.cassette(path, mode="rerecord", **settings), api.client() as client:
            client.responses.create(model="gpt-4.1", input=question)
            meanwhile()
    except CassetteInvalid as invalid:
        print(invalid)
    print(len(api.requests), "asked")


"""


def run(code: str, *before: str, **options) -> subprocess.CompletedProcess[str]:
    """Run `code` in a process of its own, which knows `record`."""
    command = [*before, sys.executable, "-c", RECORD + code]
    environ = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(command, env=environ, capture_output=True, text=True, check=False, **options)


def record(answer: str, path: str = "geo.yaml", question: str = "The largest country?", **settings: int) -> bytes:
    with fakemodel.cassette(path, mode="rerecord", **settings), FakeOpenAI([answer]).client() as client:
        client.responses.create(model="gpt-4.1", input=question)
    return Path(path).read_bytes()


def replayed(question: str = "The largest country?") -> str:
    with fakemodel.cassette("geo.yaml"), openai.OpenAI() as client:
        return client.responses.create(model="gpt-4.1", input=question).output_text


def names() -> list[str]:
    """What lies in the folder."""
    return sorted(file.name for file in Path.cwd().iterdir())


def seen() -> list[str]:
    """What lies in the folder, but for the files that nobody sees, which the next recording removes."""
    return [name for name in names() if not name.startswith(".")]


@pytest.fixture
def old() -> bytes:
    """The text of geo.yaml, which is there already."""
    return record("Brazil")


# Killed.


TOO_LARGE = """
signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
record(lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (512, 512)), "Peru" * 2000)
"""


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("record(kill)", "SIGKILL"),
        ("record(lambda: os._exit(3))", 3),
        (TOO_LARGE, "SIGXFSZ"),
        ("os.fsync = kill; record()", "SIGKILL"),
        ("real = os.fsync; os.fsync = lambda file: kill(real(file)); record()", "SIGKILL"),
        ("os.replace = kill; record()", "SIGKILL"),
    ],
    ids=[
        "while it records",
        "by itself",
        "in the middle of the text",
        "before the text is on the disk",
        "when the text is on the disk",
        "before the file takes its place",
    ],
)
def test_a_process_that_is_killed_leaves_the_file_and_the_next_one_records(old: bytes, code, status):
    killed = run(code)

    expected = -getattr(signal, status) if isinstance(status, str) else status
    assert (killed.returncode, killed.stdout) == (expected, ""), killed.stderr
    assert (Path("geo.yaml").read_bytes(), seen()) == (old, ["geo.yaml"])
    assert replayed() == "Brazil"
    assert record("Peru") != old
    assert replayed() == "Peru"
    assert names() == ["geo.yaml"]


def test_a_process_that_is_killed_when_the_file_took_its_place_leaves_the_new_one(old: bytes):
    killed = run("real = os.replace; os.replace = lambda *files: kill(real(*files)); record()")

    assert killed.returncode == -signal.SIGKILL
    assert replayed() == "Peru"
    assert [file.name for file in Path.cwd().iterdir()] == ["geo.yaml"]


def test_a_process_that_is_killed_leaves_no_file_where_there_was_none():
    assert run("os.fsync = kill; record()").returncode == -signal.SIGKILL

    assert seen() == []
    record("Peru")
    assert replayed() == "Peru"
    assert names() == ["geo.yaml"]


def test_what_a_process_that_was_killed_left_of_payload_files_is_removed_by_the_next_recording():
    record("Brazil", question=pictured(FITS), payloads_over=1000)

    killed = run(f"os.fsync = kill; record(question={pictured(FITS[::-1])!r}, payloads_over=1000)")

    assert killed.returncode == -signal.SIGKILL
    assert replayed(pictured(FITS)) == "Brazil"
    record("Peru", question=pictured(FITS[::-1]), payloads_over=1000)
    assert replayed(pictured(FITS[::-1])) == "Peru"
    assert names() == ["geo.payloads", "geo.yaml"]
    assert [file.read_bytes() for file in Path("geo.payloads").iterdir()] == [FITS[::-1]]


def test_what_a_process_that_was_killed_left_of_another_file_stays_until_that_one_is_recorded():
    record("Brazil", "other.yaml")
    run("os.fsync = kill; record(path='other.yaml')")
    (left,) = set(names()) - {"other.yaml"}

    record("Brazil")
    assert names() == [left, "geo.yaml", "other.yaml"]

    record("Peru", "other.yaml")
    assert names() == ["geo.yaml", "other.yaml"]


TEST = """
import os
import signal

import openai
import pytest


@pytest.fixture
def conversation():
    yield
    {torn_down}


@pytest.mark.cassette
def test_capital(conversation, fake_openai):
    fake_openai.say("{answer}")
    with openai.OpenAI() as client:
        client.responses.create(model="gpt-4.1", input="The largest country?")
    {after}
"""


@pytest.fixture
def rerecorded(suite: pytest.Pytester, monkeypatch: pytest.MonkeyPatch):
    """Record a test, then record it anew, with another answer after which something happens."""
    monkeypatch.setenv("PYTHONPATH", str(ROOT))

    def rerecord(after: str = "pass", torn_down: str = "pass") -> pytest.RunResult:
        suite.makepyfile(test_geo=TEST.format(answer="Brazil", after="pass", torn_down="pass"))
        suite.runpytest("--cassettes=record").assert_outcomes(passed=1)
        folder = suite.path / "cassettes" / "test_geo"
        old = (folder / "test_capital.yaml").read_bytes()

        suite.makepyfile(test_geo=TEST.format(answer="Peru", after=after, torn_down=torn_down))
        result = suite.runpytest_subprocess("--cassettes=rerecord")

        assert (folder / "test_capital.yaml").read_bytes() == old
        assert [file.name for file in folder.iterdir()] == ["test_capital.yaml"]
        return result

    return rerecord


def test_pytest_that_is_killed_leaves_the_file(rerecorded):
    assert rerecorded("os.kill(os.getpid(), signal.SIGKILL)").ret == -signal.SIGKILL


def test_a_test_that_ends_its_process_leaves_the_file(rerecorded):
    assert rerecorded("os._exit(3)").ret == 3


@pytest.mark.parametrize("interrupt", ["raise KeyboardInterrupt", "pytest.exit('enough')"])
def test_a_run_that_is_interrupted_leaves_the_file(rerecorded, interrupt):
    result = rerecorded(interrupt)

    assert result.ret == pytest.ExitCode.INTERRUPTED
    result.stdout.no_fnmatch_line("cassettes:*")


def test_a_fixture_that_fails_when_it_is_torn_down_leaves_the_file(rerecorded):
    result = rerecorded(torn_down="raise LookupError('half of it was deleted')")

    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["cassettes: 1 not recorded"])


# No room.

TOO_MUCH = "'Peru' * 10_000"


def unwritable(problem: str, path: str = "geo.yaml") -> str:
    return (
        f"geo cannot be recorded, so that the file was left as it was ({path}): {problem}\n"
        "Make room, or the folder writable, and record again. "
        f"Re-record it:  fakemodel.cassette('{path}', mode=\"rerecord\")\n"
    )


LIMITED = "record(lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096)), {})"


def test_a_file_that_is_larger_than_may_be_is_told_and_the_old_one_stays(old: bytes):
    told = run(LIMITED.format(TOO_MUCH))

    assert told.stdout == unwritable("[Errno 27] File too large") + "1 asked\n", told.stderr
    assert [(file.name, file.read_bytes()) for file in Path.cwd().iterdir()] == [("geo.yaml", old)]


def test_where_there_was_no_file_none_is_left():
    told = run(LIMITED.format(TOO_MUCH))

    assert told.stdout == unwritable("[Errno 27] File too large") + "1 asked\n", told.stderr
    assert list(Path.cwd().iterdir()) == []


def pictured(*pictures: bytes) -> str:
    return " ".join(f"data:image/png;base64,{base64.b64encode(each).decode()}" for each in pictures)


FITS, HUGE = bytes(range(256)) * 8, bytes(range(255, -1, -1)) * 100


@pytest.mark.parametrize("pictures", [(FITS[::-1], HUGE), (HUGE, FITS[::-1])], ids=["one written", "none written"])
def test_payload_files_of_a_recording_that_has_no_room_are_removed(pictures):
    old = record("Brazil", question=pictured(FITS), payloads_over=1000)
    (payload,) = Path("geo.payloads").iterdir()

    told = run(LIMITED.format(f"question={pictured(*pictures)!r}, payloads_over=1000"))

    assert told.stdout == unwritable("[Errno 27] File too large") + "1 asked\n", told.stderr
    assert Path("geo.yaml").read_bytes() == old
    assert list(Path("geo.payloads").iterdir()) == [payload]
    assert payload.read_bytes() == FITS
    assert replayed(pictured(FITS)) == "Brazil"


def test_payload_files_are_removed_where_the_cassette_itself_has_no_room():
    old = record("Brazil", question=pictured(FITS), payloads_over=1000)
    (payload,) = Path("geo.payloads").iterdir()

    told = run(LIMITED.format(f"{TOO_MUCH}, question={pictured(FITS[::-1])!r}, payloads_over=1000"))

    assert told.stdout == unwritable("[Errno 27] File too large") + "1 asked\n", told.stderr
    assert Path("geo.yaml").read_bytes() == old
    assert list(Path("geo.payloads").iterdir()) == [payload]


def test_recording_anew_brings_back_a_payload_file_that_was_lost():
    old = record("Brazil", question=pictured(FITS), payloads_over=1000)
    (payload,) = Path("geo.payloads").iterdir()
    payload.unlink()

    assert record("Brazil", question=pictured(FITS), payloads_over=1000) == old

    assert payload.read_bytes() == FITS
    assert replayed(pictured(FITS)) == "Brazil"


def test_cassettes_whose_names_differ_in_their_suffix_keep_their_payload_files():
    record("Brazil", question=pictured(FITS), payloads_over=1000)

    record("Peru", "geo.yml", question=pictured(FITS[::-1]), payloads_over=1000)

    assert replayed(pictured(FITS)) == "Brazil"


SMALL = ["unshare", "-Urm", "sh", "-c", 'mount -t tmpfs -o size=16k small full && exec "$@"', "sh"]


@pytest.fixture
def full() -> Path:
    """A folder that is a disk of four pages, within a process that is run by SMALL."""
    folder = Path("full")
    folder.mkdir()
    if shutil.which("unshare") is None:
        pytest.skip("a disk of our own needs unshare")
    tried = subprocess.run([*SMALL, "true"], capture_output=True, text=True, check=False)
    if tried.returncode:
        pytest.skip(f"this kernel gives us no disk of our own: {tried.stderr.strip()}")
    return folder


FULL = """
record(answer="Brazil", path="full/geo.yaml")
old = open("full/geo.yaml", "rb").read()
record(answer='Peru' * 10_000, path="full/geo.yaml")
print("whole" if open("full/geo.yaml", "rb").read() == old else "lost", os.listdir("full"))
record(answer="Peru", path="full/geo.yaml")
print("recorded" if open("full/geo.yaml", "rb").read() != old else "lost")
"""


def test_a_full_disk_is_told_and_the_old_file_stays(full: Path):
    told = run(FULL, *SMALL)

    assert told.stdout == (
        "1 asked\n"
        + unwritable("[Errno 28] No space left on device", "full/geo.yaml")
        + "1 asked\nwhole ['geo.yaml']\n1 asked\nrecorded\n"
    ), told.stderr


FULL_OF_PAYLOADS = f"""
pictures = {pictured(FITS)!r}, {pictured(FITS[::-1], HUGE[: 1024 * 12])!r}
record(answer="Brazil", path="full/geo.yaml", question=pictures[0], payloads_over=1000)
old = open("full/geo.yaml", "rb").read(), os.listdir("full/geo.payloads")
record(answer="Brazil", path="full/geo.yaml", question=pictures[1], payloads_over=1000)
print("whole" if (open("full/geo.yaml", "rb").read(), os.listdir("full/geo.payloads")) == old else "lost")
"""


def test_payload_files_do_not_stay_on_a_full_disk(full: Path):
    told = run(FULL_OF_PAYLOADS, *SMALL)

    assert told.stdout == (
        "1 asked\n" + unwritable("[Errno 28] No space left on device", "full/geo.yaml") + "1 asked\nwhole\n"
    ), told.stderr


# A folder that is read-only.


def as_a_user() -> None:
    """Root may write anywhere, but for what begins without that right (CAP_DAC_OVERRIDE)."""
    if os.geteuid() == 0 and ctypes.CDLL(None).prctl(24, 1, 0, 0, 0):
        raise OSError("the right to write anywhere cannot be given up")


@pytest.mark.parametrize("inside", ["", "of/a/suite/"], ids=["itself", "that the file's own is to be made in"])
def test_a_folder_that_is_read_only_is_told_before_anything_is_asked(tmp_path: Path, inside):
    folder = tmp_path / "locked"
    folder.mkdir()
    old = record("Brazil", "locked/geo.yaml")
    folder.chmod(0o555)
    path = f"locked/{inside}geo.yaml"
    try:
        told = run(f"record(path={path!r})", preexec_fn=as_a_user)
    finally:
        folder.chmod(0o755)

    problem = f"[Errno 13] the folder is read-only: {str(folder)!r}"
    assert told.stdout == unwritable(problem, path) + "0 asked\n", told.stderr
    assert [(file.name, file.read_bytes()) for file in folder.iterdir()] == [("geo.yaml", old)]


def test_a_read_only_folder_of_a_test_is_told_before_the_test_runs(
    suite: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    suite.makepyfile(test_geo=TEST.format(answer="Brazil", after="raise SystemExit('it ran')", torn_down="pass"))
    folder = suite.path / "cassettes"
    folder.mkdir(mode=0o555)
    command = [sys.executable, "-m", "pytest", "--cassettes=record"]
    told = subprocess.run(command, cwd=suite.path, capture_output=True, text=True, check=False, preexec_fn=as_a_user)
    folder.chmod(0o755)

    pytest.LineMatcher(told.stdout.splitlines()).fnmatch_lines(
        [
            (
                "CassetteInvalid: test_capital cannot be recorded, so that the file was left as it was "
                f"(cassettes/test_geo/test_capital.yaml): [[]Errno 13[]] the folder is read-only: '{folder}'"
            ),
            (
                "Make room, or the folder writable, and record again. Re-record this test alone:  "
                "pytest --cassettes=rerecord test_geo.py::test_capital"
            ),
            "*1 error in*",
        ]
    )
    assert "it ran" not in told.stdout


# What must not be written.


def test_a_secret_leaves_the_file(old: bytes, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("DATABASE_PASSWORD", "correct-horse-battery-staple")

    with pytest.raises(SecretFound) as refused:
        record("It is correct-horse-battery-staple.")

    assert str(refused.value).startswith(
        "geo holds what must not be written, so that the file was left as it was (geo.yaml)\n"
    )
    assert "staple" not in str(refused.value)
    assert [(file.name, file.read_bytes()) for file in Path.cwd().iterdir()] == [("geo.yaml", old)]


def test_an_error_leaves_the_file(old: bytes):
    with (
        pytest.raises(CassetteInvalid, match=r"^turn 1 of geo was answered 400 Bad Request, so that the file was left"),
        fakemodel.cassette("geo.yaml", mode="rerecord"),
        FakeOpenAI().client() as client,
        pytest.raises(openai.BadRequestError),
    ):
        client.responses.create(model="gpt-4.1", input="Its capital?", previous_response_id="resp_gone")

    assert [(file.name, file.read_bytes()) for file in Path.cwd().iterdir()] == [("geo.yaml", old)]
