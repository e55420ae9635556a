"""What cassettes cost a whole suite, as a ratio to pytest-recording, and what the plugin costs one that has none.

    python benchmarks/suite.py

The suite: 2,000 tests, each of one request of the openai client, every tenth of two, and every tenth of a stream. The
conversations are recorded once, of FakeOpenAI, and written in each toolkit's own form. Every run is a pytest of its
own that loads one plugin, and its CPU time is measured; the two that are compared run at once. The floor is the same
tests answered by a transport that knows all answers. The plugin's start is the least of those of pytest, in processes
that take turns, beside a plugin that does nothing; there are two of these, which tell the noise. Exits 1 where a bound
is broken.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from peers import HAS_CASSETTER, write_cassetter, write_ours, write_vcr
from ratios import told

from fakemodel import FakeOpenAI, Reply, text
from fakemodel.tape.interaction import Interaction
from fakemodel.tape.recorder import use_cassette
from fakemodel.tape.scrub import scrubbed

TESTS = 2000
IN_A_MODULE = 100
ROUNDS, ROUNDS_OF_THE_OTHERS = 3, 1

STARTS = 25
"""The starts of pytest with the plugin, and as many without."""

AT_MOST = 1.0
"""The most that the suite may cost, in runs on pytest-recording."""

NOISE = 0.05
"""What equal suites that run at once differ by: pytest-recording against itself gave 1.010 and 1.045."""

START = 5.0
"""The most milliseconds that the plugin may add to pytest's start."""

NOTHING = ("nothing", "nothing_again")

START_OF_PYTEST = """
import gc, sys, time
import pytest

gc.disable()
start = time.process_time()
pytest.main(sys.argv[1:])
print("took", 1e3 * (time.process_time() - start))
"""

ENVIRONMENT = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTHONDONTWRITEBYTECODE": ""}
"""Only what is named is loaded, and compiled modules are kept between runs, as they are where people work."""

TEST = """
def test_{number}(client):
    answer = client.responses.create(model="gpt-4.1", input="Question {number}")
    assert answer.output_text == "Answer {number} is given."
"""

TEST_OF_TWO_TURNS = """
def test_{number}(client):
    first = client.responses.create(model="gpt-4.1", input="Question {number}")
    again = client.responses.create(model="gpt-4.1", input="Again {number}", previous_response_id=first.id)
    assert again.output_text == "Answer {number} is given."
"""

TEST_OF_A_STREAM = """
def test_{number}(client):
    stream = client.responses.create(model="gpt-4.1", input="Question {number}", stream=True)
    deltas = [event.delta for event in stream if event.type == "response.output_text.delta"]
    assert "".join(deltas) == "Answer {number} is given."
"""

CLIENT = """
import openai
import pytest

@pytest.fixture(scope="session")
def client():
    return openai.OpenAI(api_key="sk-none")
"""

CLIENT_OF_THE_FLOOR = """
import json
from pathlib import Path

import openai
import pytest

from fakemodel.httpx_modules import sdk_httpx

ANSWERS = json.loads(Path(__file__).with_name("answers.json").read_text())

@pytest.fixture(scope="session")
def client():
    httpx = sdk_httpx()

    def answer(request):
        kind, body = ANSWERS[json.loads(request.content)["input"]]
        return httpx.Response(200, headers={"content-type": kind}, content=body.encode())

    return openai.OpenAI(api_key="sk-none", http_client=httpx.Client(transport=httpx.MockTransport(answer)))
"""


@dataclass(frozen=True, kw_only=True)
class Toolkit:
    """A pytest plugin, the marker it goes by, and how its cassettes are written."""

    plugin: str
    marker: str
    write: Callable[[Path, Sequence[Interaction]], None]


@dataclass(frozen=True)
class Run:
    """A run of pytest: in a folder, with arguments."""

    folder: Path
    arguments: tuple[str, ...] = ()


TOOLKITS = {
    "fakemodel": Toolkit(plugin="fakemodel.plugin", marker="cassette", write=write_ours),
    "pytest-recording": Toolkit(plugin="pytest_recording.plugin", marker="vcr", write=write_vcr),
}
if HAS_CASSETTER:
    TOOLKITS["cassetter"] = Toolkit(plugin="cassetter.pytest_plugin", marker="vcr", write=write_cassetter)


def source_of(number: int) -> str:
    return {3: TEST_OF_TWO_TURNS, 7: TEST_OF_A_STREAM}.get(number % 10, TEST).format(number=number)


def conversations() -> list[list[Interaction]]:
    """The turns of each test, as they would be recorded: the tests themselves are run, on FakeOpenAI."""
    api, tests = FakeOpenAI(), {}
    client = api.client()
    # A cassette that is not finished looks for no secrets, and writes no file.
    with use_cassette(Path("none.yaml"), "rerecord", name="", remedy=str, refuse_network=False) as cassette:
        for number in range(TESTS):
            source = source_of(number)
            api.say(*[Reply(text(f"Answer {number}", " is", " given."))] * source.count(".create("))
            exec(source, tests)
            tests[f"test_{number}"](client)
    turns = iter(cassette.turns)
    return [scrubbed([*islice(turns, source_of(number).count(".create("))]) for number in range(TESTS)]


def write_tests(folder: Path, conftest: str, marker: str | None) -> None:
    folder.mkdir(parents=True)
    (folder / "conftest.py").write_text(conftest)
    (folder / "pytest.ini").write_text("[pytest]\n")
    for start in range(0, TESTS, IN_A_MODULE):
        tests = [source_of(number) for number in range(start, start + IN_A_MODULE)]
        head = f"import pytest\n\npytestmark = pytest.mark.{marker}\n" if marker else ""
        (folder / f"test_from_{start}.py").write_text("\n".join([head, *tests]))


def write_suites(folder: Path) -> None:
    """The suite of each toolkit, and the floor's, in folders of their names."""
    found = conversations()
    for name, toolkit in TOOLKITS.items():
        write_tests(folder / name, CLIENT, toolkit.marker)
        for number, turns in enumerate(found):
            module = f"test_from_{number - number % IN_A_MODULE}"
            toolkit.write(folder / name / "cassettes" / module / f"test_{number}.yaml", turns)
    write_tests(folder / "floor", CLIENT_OF_THE_FLOOR, None)
    answers = {
        turn.request.json["input"]: (turn.response.headers["content-type"][0], turn.response.body.decode())
        for turns in found
        for turn in turns
    }
    (folder / "floor" / "answers.json").write_text(json.dumps(answers))


def seconds_of(*runs: Run) -> list[float]:
    """The CPU seconds of pytests that run at once, so that what others do on the machine disturbs all alike."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--assert=plain", "-x"]
    running = [
        subprocess.Popen([*command, *run.arguments], cwd=run.folder, env=ENVIRONMENT, stdout=subprocess.PIPE, text=True)
        for run in runs
    ]
    seconds = []
    for run, process in zip(runs, running, strict=True):
        with process:
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
            if process.returncode and process.stdout:
                sys.exit(f"{run.folder.name}: {process.stdout.read()}")
        seconds.append(usage.ru_utime + usage.ru_stime)
    return seconds


def cost(ours: Run, theirs: Run, rounds: int) -> float:
    """What one run costs in terms of the other: the median of rounds."""
    pairs = [seconds_of(ours, theirs) for _ in range(rounds)]
    print(f"{min(mine for mine, _ in pairs):8.2f}  seconds of CPU: {ours.folder.name}")
    print(f"{min(other for _, other in pairs):8.2f}  seconds of CPU: {theirs.folder.name}")
    return median(mine / other for mine, other in pairs)


def whole_suite(folder: Path) -> bool:
    """Print what the suite costs on each toolkit; whether ours is dearer than pytest-recording's."""
    print(f"{TESTS:,} tests")
    write_suites(folder)
    runs = {name: Run(folder / name, ("-p", toolkit.plugin)) for name, toolkit in TOOLKITS.items()}
    ours, theirs = runs.pop("fakemodel"), runs.pop("pytest-recording")
    unit = "times the CPU time of the suite on {}: fakemodel"
    whole = cost(ours, theirs, ROUNDS)
    broken = told(unit.format("pytest-recording"), whole, at_most=AT_MOST, noise=NOISE)
    for name, other in {**runs, "the floor": Run(folder / "floor")}.items():
        told(unit.format(name), cost(ours, other, ROUNDS_OF_THE_OTHERS))
    return broken


def start_of_pytest(folder: Path) -> bool:
    """Print what the plugin adds to the start of a pytest that does not use it; whether it is too much."""
    folder.mkdir()
    (folder / "pytest.ini").write_text("[pytest]\n")
    (folder / "test_nothing.py").write_text("def test_nothing():\n    pass\n")
    for name in NOTHING:
        (folder / f"{name}.py").write_text('"""A plugin that does nothing, loaded in the same way."""\n')

    def milliseconds(plugin: str) -> float:
        arguments = ["-q", "--collect-only", "-p", "no:cacheprovider", "--assert=plain", "-p", plugin]
        command = [sys.executable, "-c", START_OF_PYTEST, *arguments]
        told = subprocess.run(command, cwd=folder, env=ENVIRONMENT, capture_output=True, text=True, check=True).stdout
        return float(told.rpartition(" ")[2])

    rounds = [[milliseconds(plugin) for plugin in ("fakemodel.plugin", *NOTHING)] for _ in range(STARTS + 1)][1:]
    ours, nothing, again = map(min, zip(*rounds, strict=True))  # what others do on the machine only ever adds to it
    added, noise = ours - min(nothing, again), round(abs(nothing - again), 1)
    return told("milliseconds of CPU that the unused plugin adds to a start", added, at_most=START, noise=noise)


def main() -> int:
    with TemporaryDirectory() as folder:
        broken = [start_of_pytest(Path(folder) / "start"), whole_suite(Path(folder))]
    return 1 if any(broken) else 0


if __name__ == "__main__":
    sys.exit(main())
