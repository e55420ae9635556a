"""One file, several processes: one of them records it, all may replay it."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import openai
import pytest

import fakemodel
from fakemodel import FakeOpenAI, SettingInvalid
from tests.suites import ASK

pytestmark = pytest.mark.usefixtures("own_folder")

ROOT = Path(__file__).parent.parent.parent

OPEN = """
import sys

import openai

import fakemodel
from fakemodel import FakeOpenAI

path, mode, says = sys.argv[1:]
try:
    with fakemodel.cassette(path, mode=mode) as tape:
        client = FakeOpenAI([says]).client() if mode == "rerecord" else openai.OpenAI()
        with client:
            said = client.responses.create(model="gpt-4.1", input="The largest country?").output_text
        print(mode, said, flush=True)
        sys.stdin.readline()
except fakemodel.SettingInvalid as invalid:
    print(invalid, flush=True)
"""

BUSY = (
    "geo.yaml is being recorded by another process at this time, another worker perhaps. "
    "Record it in one process, or give each a file of its own."
)


class Other:
    """Another process, which holds a cassette open until it is told to end."""

    def __init__(self, path: str, mode: str, says: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", OPEN, path, mode, says],
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    @property
    def told(self) -> str:
        """The next line that it prints, which is waited for."""
        return self.process.stdout.readline().rstrip("\n")

    def end(self) -> int:
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        return self.process.wait()

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


@pytest.fixture
def other() -> Iterator[Callable[..., Other]]:
    """Start another process."""
    others: list[Other] = []

    def start(path: str = "geo.yaml", mode: str = "rerecord", says: str = "Brazil") -> Other:
        others.append(Other(path, mode, says))
        return others[-1]

    yield start
    for each in others:
        each.kill()
        each.process.stdin.close()
        each.process.stdout.close()


def record(says: str, path: str = "geo.yaml") -> bytes:
    with fakemodel.cassette(path, mode="rerecord"), FakeOpenAI([says]).client() as client:
        client.responses.create(model="gpt-4.1", input="The largest country?")
    return Path(path).read_bytes()


def replayed(path: str = "geo.yaml") -> str:
    with fakemodel.cassette(path), openai.OpenAI() as client:
        return client.responses.create(model="gpt-4.1", input="The largest country?").output_text


def test_the_second_of_two_that_record_one_file_is_refused(other):
    first = other()
    assert first.told == "rerecord Brazil"

    second = other(says="Peru")
    assert second.told == BUSY
    assert second.end() == 0
    with pytest.raises(SettingInvalid) as refused:
        record("Peru")
    assert str(refused.value) == BUSY
    assert list(Path.cwd().iterdir()) == []

    assert first.end() == 0
    assert replayed() == "Brazil"
    record("Peru")
    assert replayed() == "Peru"
    assert list(Path.cwd().iterdir()) == [Path.cwd() / "geo.yaml"]


def test_a_file_may_be_recorded_when_who_recorded_it_was_killed(other):
    first = other()
    assert first.told == "rerecord Brazil"

    first.kill()
    second = other(says="Peru")

    assert second.told == "rerecord Peru"
    assert second.end() == 0
    assert replayed() == "Peru"


def test_a_file_may_be_recorded_when_a_recording_of_it_failed():
    def fail() -> None:
        with fakemodel.cassette("geo.yaml", mode="rerecord"):
            raise LookupError

    with pytest.raises(LookupError):
        fail()

    record("Brazil")
    assert replayed() == "Brazil"


@pytest.mark.parametrize("path", ["here/../geo.yaml", "link/geo.yaml"])
def test_a_file_is_the_same_by_another_name(other, path):
    Path("here").mkdir()
    Path("link").symlink_to(Path.cwd())
    first = other()
    assert first.told == "rerecord Brazil"

    with pytest.raises(SettingInvalid, match=r"^geo\.yaml is being recorded by another process at this time"):
        record("Peru", path)


def test_different_files_are_recorded_at_the_same_time(other):
    first, second = other("geo.yaml"), other("other.yaml", says="Peru")
    assert (first.told, second.told) == ("rerecord Brazil", "rerecord Peru")

    assert (second.end(), first.end()) == (0, 0)

    assert (replayed("geo.yaml"), replayed("other.yaml")) == ("Brazil", "Peru")


def test_one_file_is_replayed_by_several_at_the_same_time(other):
    old = record("Brazil")

    several = [other(mode="replay") for _ in range(3)]

    assert [each.told for each in several] == ["replay Brazil"] * 3
    assert replayed() == "Brazil"
    assert [each.end() for each in several] == [0] * 3
    assert Path("geo.yaml").read_bytes() == old


def test_who_replays_meanwhile_has_the_old_file_until_the_new_one_is_whole(other):
    record("Brazil")
    recording = other(says="Peru")
    assert recording.told == "rerecord Peru"

    assert replayed() == "Brazil"
    assert recording.end() == 0
    assert replayed() == "Peru"


# The workers of xdist.

SHARED = f"""{ASK}
@pytest.mark.cassette(name="brazil")
@pytest.mark.parametrize("number", range(4))
def test_capital(number, fake_openai):
    fake_openai.say("Brazil")
    assert ask() == "Brazil"
"""


@pytest.fixture
def workers(suite: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """A suite whose tests have the same file."""
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.chdir(suite.path)
    suite.makepyfile(test_geo=SHARED)
    return suite


def test_a_file_that_is_there_is_replayed_by_the_tests_of_several_workers(workers: pytest.Pytester):
    workers.runpytest("--cassettes=record", "test_geo.py::test_capital[0]").assert_outcomes(passed=1)

    result = workers.runpytest_subprocess("-n2", "--cassettes=record")

    result.assert_outcomes(passed=4)
    result.stdout.fnmatch_lines(["cassettes: 4 played"])


IN_ANY_CASE = f"""{ASK}
@pytest.mark.cassette
@pytest.mark.parametrize("name", ["No", "NO", "yes"])
def test_capital(name, fake_openai):
    fake_openai.say(name)
    assert ask() == name
"""


def test_files_whose_names_differ_in_case_alone_are_warned_of(suite: pytest.Pytester):
    suite.makepyfile(test_geo=IN_ANY_CASE)

    result = suite.runpytest("--cassettes=record", "-W", "default::fakemodel.CassetteWarning")

    result.assert_outcomes(passed=3, warnings=2)
    told = (
        "test_geo.py::test_capital[NO] and test_geo.py::test_capital[No] have files whose names differ in case alone: "
        "on macOS and Windows they are one. "
        'Give one of them another id, or a name of its own: @pytest.mark.cassette(name="…")'
    )
    assert f"CassetteWarning: {told}" in str(result.stdout)
    suite.runpytest("--cassettes=replay").assert_outcomes(passed=3)


def test_a_suite_may_refuse_names_that_differ_in_case_alone(suite: pytest.Pytester):
    suite.makepyfile(test_geo=IN_ANY_CASE)

    result = suite.runpytest("--cassettes=record", "-W", "error::fakemodel.CassetteWarning")

    result.assert_outcomes(passed=1, errors=2)
    assert [file.name for file in suite.path.rglob("*.yaml")] == ["test_capital[yes].yaml"]


def test_a_test_whose_file_another_process_records_is_refused(workers: pytest.Pytester, other):
    folder = workers.path / "cassettes" / "test_geo"
    held = other(str(folder / "brazil.yaml"))
    assert held.told == "rerecord Brazil"

    result = workers.runpytest("--cassettes=record", "test_geo.py::test_capital[0]")

    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*SettingInvalid: brazil.yaml is being recorded by another process at this time, *"])
    assert not folder.exists()
