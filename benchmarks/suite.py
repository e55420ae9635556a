"""What cassettes cost a whole suite, beside those of other toolkits and beside a suite without any.

1,000 tests, each of one request of the openai client, every tenth of two, and every tenth of a stream. The
conversations are recorded once, of FakeOpenAI, and written in each toolkit's own form. Every run is a pytest of its own
that loads one plugin; the two that are compared run at once: what others do on the machine disturbs both alike.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.figures import Figure, missing
from benchmarks.ratios import Effort, Spread
from benchmarks.start import ENVIRONMENT
from benchmarks.toolkits import OURS, PEERS, Toolkit
from fakemodel import FakeOpenAI, Reply, text
from fakemodel.tape.interaction import Interaction
from fakemodel.tape.recorder import use_cassette
from fakemodel.tape.scrub import scrubbed

__all__ = ["figures"]

TESTS = 1000
IN_A_MODULE = 100

AT_MOST = {"pytest-recording": 1.0}
"""The most that the suite may cost, in runs of a peer."""

NOISE = 0.05
"""What equal suites that run at once differ by: pytest-recording against itself gave 1.010 and 1.045."""

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


@dataclass(frozen=True)
class Run:
    """A run of pytest: in a folder, with arguments."""

    folder: Path
    arguments: tuple[str, ...] = ()


LEFT_OUT = "one core, warm caches; the peer compares method and address, no body"


def source_of(number: int) -> str:
    return {3: TEST_OF_TWO_TURNS, 7: TEST_OF_A_STREAM}.get(number % 10, TEST).format(number=number)


def conversations(tests: int) -> list[list[Interaction]]:
    """The turns of each test, as they would be recorded: the tests themselves are run, on FakeOpenAI."""
    api, namespace = FakeOpenAI(), {}
    client = api.client()
    # A cassette that is not finished looks for no secrets, and writes no file.
    with use_cassette(Path("none.yaml"), "rerecord", name="", remedy=str, refuse_network=False) as cassette:
        for number in range(tests):
            source = source_of(number)
            api.say(*[Reply(text(f"Answer {number}", " is", " given."))] * source.count(".create("))
            exec(source, namespace)
            namespace[f"test_{number}"](client)
    turns = iter(cassette.turns)
    return [scrubbed([*islice(turns, source_of(number).count(".create("))]) for number in range(tests)]


def write_tests(folder: Path, tests: int, conftest: str, marker: str | None) -> None:
    folder.mkdir()
    (folder / "conftest.py").write_text(conftest)
    (folder / "pytest.ini").write_text("[pytest]\n")
    head = f"import pytest\n\npytestmark = pytest.mark.{marker}\n" if marker else ""
    for start in range(0, tests, IN_A_MODULE):
        sources = [source_of(number) for number in range(start, min(start + IN_A_MODULE, tests))]
        (folder / f"test_from_{start}.py").write_text("\n".join([head, *sources]))


def suite_of(toolkit: Toolkit, folder: Path, recorded: Sequence[Sequence[Interaction]]) -> Run:
    """The suite in a toolkit's own form."""
    write_tests(folder, len(recorded), CLIENT, toolkit.marker)
    for number, turns in enumerate(recorded):
        module = f"test_from_{number - number % IN_A_MODULE}"
        toolkit.write(folder / "cassettes" / module / f"test_{number}.yaml", turns)
    return Run(folder, ("-p", toolkit.plugin))


def suite_of_the_floor(folder: Path, recorded: Sequence[Sequence[Interaction]]) -> Run:
    """The same tests, answered by a transport that knows all answers."""
    write_tests(folder, len(recorded), CLIENT_OF_THE_FLOOR, None)
    answers = {
        turn.request.json["input"]: (turn.response.headers["content-type"][0], turn.response.body.decode())
        for turns in recorded
        for turn in turns
    }
    (folder / "answers.json").write_text(json.dumps(answers))
    return Run(folder)


def seconds_of(*runs: Run) -> list[float]:
    """The processor seconds of pytests that run at once. Raises RuntimeError with what one that failed printed."""
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
                raise RuntimeError(f"the suite in {run.folder.name} failed:\n{process.stdout.read()}")
        seconds.append(usage.ru_utime + usage.ru_stime)
    return seconds


def cost(ours: Run, theirs: Run, rounds: int) -> Spread:
    """What one run costs in terms of the other."""
    return Spread.of(mine / other for mine, other in (seconds_of(ours, theirs) for _ in range(rounds)))


def figures(effort: Effort) -> Iterator[Figure]:
    """All that is measured here."""
    tests, rounds = effort.of(TESTS, 10), effort.of(3)
    recorded = conversations(tests)
    what = f"a suite of {tests:,} tests, replayed"
    with TemporaryDirectory() as name:
        folder = Path(name)
        ours = suite_of(OURS, folder / OURS.package, recorded)
        for peer in PEERS:
            absent = missing(peer.package)
            yield Figure(
                kind="peer",
                what=what,
                beside=peer.package,
                leaves_out=LEFT_OUT,
                cost=None if absent else cost(ours, suite_of(peer, folder / peer.package, recorded), rounds),
                missing=absent,
                at_most=AT_MOST.get(peer.package),
                noise=NOISE if peer.package in AT_MOST else 0.0,
            )
        yield Figure(
            kind="floor",
            what=what,
            beside="the same tests on a transport that knows all answers",
            leaves_out="one core, warm caches; no file is read but one",
            cost=cost(ours, suite_of_the_floor(folder / "floor", recorded), rounds),
        )
