"""The pytest side: options, markers, fixtures and the summary. What they do lives in the rooms they open.

Nothing of openai, vcr, yaml or agents is imported until a test uses a fixture.
"""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

import pytest

from fakemodel import hooks, marked
from fakemodel.auditing import AUDIT, PLAYED, Auditor
from fakemodel.errors import CassetteMissing, FakeModelError, NetworkRefused
from fakemodel.summary import Summary
from fakemodel.tape import MODES, VERBS
from fakemodel.tape.settings import MARKER, SETTINGS
from fakemodel.tracebacks import keep_users_frames

if TYPE_CHECKING:
    from pathlib import Path

    from fakemodel.api.fake_openai import FakeOpenAI
    from fakemodel.api.server import LoopbackServer
    from fakemodel.model.fake_model import FakeModel
    from fakemodel.tape.cassette import Cassette

AnyError = TypeVar("AnyError", bound=FakeModelError)

VCR_MARKER = "vcr(**vcr_config): pytest-recording's marker, understood as `cassette` where that plugin is absent."


@dataclass(slots=True)
class Run:
    """One run of a test: its cassette, who judges it at its end, and what is told beside another failure."""

    path: Path | None = None  # of its cassette, where it has one
    cassette: Cassette | None = None
    playing: bool = False  # whether the cassette is in the player: not yet, or no more, around fixtures of wider scope
    around: ExitStack = field(default_factory=ExitStack)
    judges: list[Callable[[], None]] = field(default_factory=list)
    refused: list[Sequence[FakeModelError]] = field(default_factory=list)
    doubles: list[FakeModel | FakeOpenAI] = field(default_factory=list)
    call: str | None = None  # the outcome of the call phase, once it is over
    outcome: str | None = None  # what became of the cassette

    def judge_by(self, judge: Callable[[], None], refused: Sequence[FakeModelError]) -> None:
        """Have `judge` raise at the end of the call, so that the test itself fails.

        `refused` collects what a double refuses meanwhile, which is told with a failure of another kind too.
        """
        self.judges.append(judge)
        self.refused.append(refused)


RUN: pytest.StashKey[Run] = pytest.StashKey()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--cassettes` and the ini options."""
    parser.getgroup("fakemodel", "cassettes (fakemodel)").addoption(
        "--cassettes",
        choices=MODES,
        default="replay",
        help="replay: play recorded answers and never touch the network (default). record: record the tests that "
        "have no cassette. rerecord: record the selected tests anew; a failing test leaves its cassette as it was.",
    )
    parser.getgroup("fakemodel").addoption(
        "--audit-cassettes",
        action="store_true",
        help="after each test with a cassette, run it again with changed requests, and list the tests that stay green",
    )
    for name, (kind, _, default, text) in SETTINGS.items():
        if kind is not None:
            # pytest types the kinds as literals, of which a table of strings knows nothing.
            parser.addini(f"cassette_{name}", text, type=kind, default=default)  # type: ignore[arg-type]


def pytest_addhooks(pluginmanager: pytest.PytestPluginManager) -> None:
    """Add the hook by which other plugins, and a conftest, add rules for scrubbing."""
    pluginmanager.add_hookspecs(hooks)


def pytest_configure(config: pytest.Config) -> None:
    """Register the markers and the summary."""
    config.addinivalue_line("markers", MARKER)
    if not config.pluginmanager.hasplugin("recording"):
        config.addinivalue_line("markers", VCR_MARKER)
    config.pluginmanager.register(Summary(config), "fakemodel-summary")
    if config.getoption("--audit-cassettes"):
        config.pluginmanager.register(Auditor(config), "fakemodel-auditor")


def pytest_collection_finish(session: pytest.Session) -> None:
    """Note which of the tests that are run have a file in common, where files are recorded."""
    if session.config.getoption("--cassettes") != "replay":
        marked.note_shared(session)


@pytest.fixture
def fake_model(request: pytest.FixtureRequest) -> Iterator[FakeModel]:
    """A strict FakeModel: give it replies with `say`. The test fails if a reply is missing, or left."""
    from fakemodel.model.fake_model import FakeModel
    from fakemodel.tape.guard import traces_answered

    model = FakeModel()
    model.say()
    run: Run = request.node.stash[RUN]
    run.judge_by(model.assert_complete, model.refused)
    run.doubles.append(model)
    with traces_answered():
        yield model


@pytest.fixture
def fake_openai(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeOpenAI]:
    """The scripted API; OPENAI_BASE_URL and OPENAI_API_KEY point at it. Give it replies with `say`.

    The test fails if a reply is missing, or left. Under a replaying cassette it is not asked, nor judged.
    """
    from fakemodel.api.fake_openai import API_KEY, FakeOpenAI
    from fakemodel.tape.guard import traces_answered

    api = FakeOpenAI()
    monkeypatch.setenv("OPENAI_API_KEY", API_KEY)
    run: Run = request.node.stash[RUN]
    if run.cassette is not None and run.cassette.mode == "replay":
        monkeypatch.setenv("OPENAI_BASE_URL", "http://fake-openai.invalid/v1")
        yield api
        return
    with _readably():
        server: LoopbackServer = request.getfixturevalue("_loopback_server")
    base_url = server.mount(api)
    monkeypatch.setenv("OPENAI_BASE_URL", base_url)
    run.judge_by(api.assert_complete, api.refused)
    run.doubles.append(api)
    with traces_answered():
        yield api
    server.unmount(base_url)


@pytest.fixture(scope="session")
def _loopback_server() -> Iterator[LoopbackServer]:
    """The one server of this worker, started on first need."""
    from fakemodel.api.server import LoopbackServer

    server = LoopbackServer()
    yield server
    server.close()


@pytest.fixture(scope="session")
def cassette_config() -> dict[str, Any]:
    """Settings for all cassettes: override it to return a dict of ignore, allow_errors, allow_unplayed, …"""
    return {}


@pytest.fixture
def cassette(request: pytest.FixtureRequest) -> Cassette:
    """The test's cassette, as the marker gives it: `path`, `mode`, `turns`, and the live `requests`."""
    run: Run = request.node.stash[RUN]
    if run.cassette is None:
        pytest.fail("Name the cassette fixture in the test's signature, or use @pytest.mark.cassette.", pytrace=False)
    return run.cassette


@pytest.fixture(autouse=True)
def _cassette_in_player(request: pytest.FixtureRequest) -> Iterator[None]:
    """Set up before, and torn down after, every other fixture of the test: a teardown may still send requests."""
    node, run = request.node, request.node.stash[RUN]
    if run.path is None:
        with _doubles_guarded():
            yield
        return
    from fakemodel.tape.recorder import use_cassette

    with _readably():
        run.path, settings = marked.settings_of(request)
        options = {"name": node.name, "remedy": partial(_remedy, node.nodeid), "raised": _as_pytests_own, **settings}
        if AUDIT in node.stash:
            options["audit"] = node.stash[AUDIT]
        try:
            with use_cassette(run.path, marked.mode_of(node, run.path), **options) as inside:
                if inside.mode == "record":
                    marked.assert_alone(node, run.path)
                run.cassette = inside
                run.judge_by(inside.judge, inside.refused)
                run.playing = True
                yield
                run.outcome = "refused"
                if run.call == "passed" and not inside.refused:
                    run.outcome = inside.finish()
                    node.stash[PLAYED] = run.outcome == "played"
                elif not inside.refused:
                    run.outcome = "failed" if inside.mode == "replay" else "not recorded"
        except CassetteMissing:
            run.outcome = "missing"
            raise
        finally:
            run.playing = False


@contextmanager
def _doubles_guarded() -> Iterator[None]:
    """Let no traces out where a suite makes its FakeModel or FakeOpenAI by hand."""
    if not {"fakemodel.model.fake_model", "fakemodel.api.fake_openai"} & sys.modules.keys():
        yield
        return
    from fakemodel.tape.guard import traces_answered

    with traces_answered():
        yield


def _remedy(nodeid: str, mode: str) -> str:
    return f"{VERBS[mode]} this test alone:  pytest --cassettes={mode} {shlex.quote(nodeid)}"


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> Generator[None, object, object]:
    """Begin a run; a test that is run again begins a new one."""
    run = item.stash[RUN] = Run(path=marked.path_of(item))
    if run.path is not None and marked.replays(item, run.path):
        _guard_wider_fixtures(item, run)
    try:
        return (yield)
    except FakeModelError as error:
        keep_users_frames(error, item.config.rootpath)
        raise


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """Judge what the test did: a refused request fails it, even where the code under test caught the error."""
    try:
        result = yield
    except FakeModelError as error:
        keep_users_frames(error, item.config.rootpath)
        raise
    except BaseException:
        for section in _sections(item.stash[RUN]):
            item.add_report_section("call", "fakemodel", section)
        raise
    _judge(item)
    return result


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_teardown(item: pytest.Item) -> Generator[None, object, object]:
    """Judge once more: fixtures may send requests when they are torn down."""
    try:
        with item.stash[RUN].around:
            result = yield
    except FakeModelError as error:
        keep_users_frames(error, item.config.rootpath)
        raise
    if item.stash[RUN].call == "passed":
        _judge(item)
    return result


def _guard_wider_fixtures(item: pytest.Item, run: Run) -> None:
    """Around a test that replays: fixtures of a wider scope are set up before its cassette, and torn down after it."""
    from fakemodel.tape.guard import network_refused
    from fakemodel.tape.recorder import placeholder_key

    run.around.enter_context(placeholder_key())
    refused: list[NetworkRefused] = []

    def refuse(host: str) -> None:
        if run.playing:  # then the cassette's own guard decides
            return
        refused.append(
            _as_pytests_own(
                NetworkRefused(
                    f"A connection to {host} was tried outside of the cassette of {item.name}, by a fixture of a wider "
                    "scope than the test's. Give that fixture a cassette of its own: with fakemodel.cassette(…)\n"
                    "Where that is meant: cassette_refuse_network = false among the ini options"
                )
            )
        )
        raise refused[-1]

    def judge() -> None:
        if refused:
            raise refused[0]

    if marked.refuses_network(item):
        run.judge_by(judge, refused)
        run.around.enter_context(network_refused(refuse))


def _sections(run: Run) -> Iterator[str]:
    """What is told beside a failure of another kind: what was refused, or else the turns beside the script."""
    refused = [error for errors in run.refused for error in errors]
    if refused:
        yield from (f"{type(error).__name__}: {error}" for error in refused)
    else:
        yield from (double.summary() for double in run.doubles if double.turns)


def _judge(item: pytest.Item) -> None:
    with _readably():
        for judge in reversed(item.stash[RUN].judges):  # a double tells more than the cassette that recorded it
            judge()


@contextmanager
def _readably() -> Iterator[None]:
    """Fail with the message alone, where no frame of the test's own would say more."""
    try:
        yield
    except FakeModelError as error:
        raise pytest.fail.Exception(f"{type(error).__name__}: {error}", pytrace=False) from None


def _as_pytests_own(refusal: AnyError) -> AnyError:
    """The refusal as an outcome of pytest's: of what is no Exception only those let a teardown go on to its end."""
    kind = type(refusal)
    own: type[AnyError] = type(kind.__name__, (kind, pytest.fail.Exception), {"__module__": kind.__module__})
    return own(str(refusal))


def pytest_assertrepr_compare(config: pytest.Config, op: str, left: object, right: object) -> list[str] | None:
    """Tell in which event two streams differ; other comparisons are left to pytest."""
    if op != "==" or not isinstance(left, list) or not isinstance(right, list):
        return None
    from fakemodel.wire.difference import comparison

    return comparison(left, right, whole=config.get_verbosity(pytest.Config.VERBOSITY_ASSERTIONS) > 1)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Note how the call ended, and what became of the cassette."""
    report = yield
    run = item.stash.get(RUN, None)
    # xdist sends a report with all its attributes, also those that its type does not know.
    if report.when == "setup" and (path := marked.path_of(item, by_anyone=True)) is not None:
        report.fakemodel_path = str(path)  # type: ignore[attr-defined]
    elif run is not None and report.when == "call":
        run.call = report.outcome
    elif run is not None and report.when == "teardown" and run.outcome:
        report.fakemodel_cassette = run.outcome  # type: ignore[attr-defined]
    return report
