"""The pytest side: options, markers, fixtures and the summary. What they do lives in the rooms they open.

Nothing of openai, vcr, yaml or agents is imported until a test uses a fixture.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from functools import partial
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest

from fakemodel import hooks, marked
from fakemodel.errors import CassetteInvalid, CassetteMissing, CassetteWarning, FakeModelError, UnplayedTurns
from fakemodel.run import RUN, Run, as_pytests_own, doubles_guarded, readably
from fakemodel.summary import Summary
from fakemodel.tape import MODES, VERBS
from fakemodel.tape.settings import MARKER, SETTINGS

if TYPE_CHECKING:
    from syrupy.assertion import SnapshotAssertion

    from fakemodel.api.fake_openai import FakeOpenAI
    from fakemodel.api.server import LoopbackServer
    from fakemodel.model.fake_model import FakeModel
    from fakemodel.tape.cassette import Cassette

VCR_MARKER = "vcr(**vcr_config): pytest-recording's marker, understood as `cassette` where that plugin is absent."


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
    owner = marked.owner_of_vcr(config)
    if owner is None:
        config.addinivalue_line("markers", VCR_MARKER)
    if owner == "cassetter":  # it has a fixture of that name: the one that is registered last is the one that counts
        last = ModuleType("fakemodel-cassette")
        vars(last)["cassette"] = cassette
        config.pluginmanager.register(last)
    config.pluginmanager.register(Summary(config), "fakemodel-summary")
    if config.getoption("--audit-cassettes"):
        from fakemodel.auditing import Auditor

        config.pluginmanager.register(Auditor(config), "fakemodel-auditor")


def pytest_collection_finish(session: pytest.Session) -> None:
    """Note which of the tests that are run have a file in common, where files are recorded."""
    if session.config.getoption("--cassettes") != "replay":
        marked.note_shared(session)


def pytest_itemcollected(item: pytest.Item) -> None:
    """Have the cassette opened before all fixtures of the test's own scope, whichever plugin they are of."""
    marked.cassette_first(item, "_cassette_in_player")


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
    with readably():
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
def cassette(request: pytest.FixtureRequest, _cassette_in_player: None) -> Cassette:
    """The test's cassette, as the marker gives it: `path`, `mode`, `turns`, and the live `requests`."""
    run: Run = request.node.stash[RUN]
    if run.cassette is not None:
        return run.cassette
    try:
        others: Cassette = request.getfixturevalue("cassette")  # of another plugin, and type, as cassetter's
        return others
    except pytest.FixtureLookupError:
        pytest.fail("Name the cassette fixture in the test's signature, or use @pytest.mark.cassette.", pytrace=False)


@pytest.fixture
def wire_snapshot(request: pytest.FixtureRequest) -> SnapshotAssertion:
    """Syrupy's `snapshot`, kept as text that people review: `assert events == wire_snapshot`."""
    if not request.config.pluginmanager.hasplugin("syrupy"):
        pytest.fail(
            "wire_snapshot is kept by syrupy, which is not loaded: pip install 'fakemodel[syrupy]', "
            "and `-p syrupy` where plugins are not loaded by themselves",
            pytrace=False,
        )
    from fakemodel.snapshots import TranscriptExtension

    snapshot: SnapshotAssertion = request.getfixturevalue("snapshot")
    return snapshot.use_extension(TranscriptExtension)


@pytest.fixture(autouse=True)
def _cassette_in_player(request: pytest.FixtureRequest) -> Iterator[None]:
    """Set up before, and torn down after, every other fixture of the test: a teardown may still send requests."""
    node, run = request.node, request.node.stash[RUN]
    if run.path is None:
        with doubles_guarded():
            yield
        return
    from fakemodel.tape.recorder import locked, replays, use_cassette

    with readably():
        marked.assert_one_player(node)
        run.path, settings = marked.settings_of(request)
        guarded = settings.pop("refuse_network")
        settings["refuse_network"] = guarded and not run.guards_wider
        options = {"name": node.name, "remedy": partial(_remedy, node, run.path), "raised": as_pytests_own, **settings}
        options["audit"] = node.stash.get(marked.AUDIT, None)
        mode = marked.mode_of(node, run.path)
        if not replays(mode, run.path):
            marked.assert_alone(node, run.path)
            run.around.enter_context(locked(run.path))
        try:
            with use_cassette(run.path, mode, **options) as inside:
                run.cassette = inside
                run.judge_by(inside.judge, inside.refused)
                run.finish = inside.finish
                run.playing = True
                run.guarded = guarded and inside.mode == "replay"
                yield
        except (CassetteInvalid, CassetteMissing, CassetteWarning) as error:  # a warning where the suite says so
            run.outcome = "missing" if isinstance(error, CassetteMissing) else "refused"
            raise
        finally:
            run.playing = False


def _remedy(node: pytest.Item, path: Any, mode: str) -> str:
    import shlex

    from fakemodel.tape.paths import may_be_recorded, remedy_of_shipped

    if not may_be_recorded(path, node.path):
        return remedy_of_shipped(path)
    return f"{VERBS[mode]} this test alone:  pytest --cassettes={mode} {shlex.quote(node.nodeid)}"


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> Generator[None, object, object]:
    """Begin a run; a test that is run again begins a new one."""
    run = item.stash[RUN] = item.config.stash[RUN] = Run(marked.path_of(item))
    if run.path is not None and marked.replays(item, run.path):
        run.guard_wider_fixtures(item)
    try:
        return (yield)
    except FakeModelError as error:
        _keep_users_frames(error, item)
        raise


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> Generator[None, object, object]:
    """Leave nothing behind where the run was interrupted: only here are its fixtures torn down."""
    try:
        return (yield)
    finally:
        if RUN in session.config.stash:
            session.config.stash[RUN].around.close()


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """Judge what the test did: a refused request fails it, even where the code under test caught the error."""
    try:
        with item.stash[RUN].guard_on_top():
            result = yield
    except FakeModelError as error:
        _keep_users_frames(error, item)
        raise
    except BaseException as error:
        if isinstance(error, pytest.skip.Exception) and any(item.stash[RUN].refused):
            _judge(item)  # who skips because the request failed would never hear that it was refused
        for section in item.stash[RUN].sections():
            item.add_report_section("call", "fakemodel", section)
        raise
    _judge(item)
    return result


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_teardown(item: pytest.Item) -> Generator[None, object, object]:
    """Judge once more: fixtures may send requests when they are torn down."""
    run = item.stash[RUN]
    try:
        with run.around:
            try:
                result = yield
                if run.call == "passed":
                    _judge(item)
                    _finish(item)
            finally:
                run.outcome = run.outcome or run.unfinished()
    except FakeModelError as error:
        _keep_users_frames(error, item)
        raise
    return result


def _finish(item: pytest.Item) -> None:
    """Write what was recorded, or see that all was played: not where a fixture failed when it was torn down."""
    run = item.stash[RUN]
    if run.finish is not None:
        with readably():
            try:
                run.outcome = run.finish()
            except UnplayedTurns:
                run.outcome = "failed"
                raise
            except FakeModelError:
                run.outcome = "refused"
                raise
        item.stash[marked.PLAYED] = run.outcome == "played"


def _keep_users_frames(error: FakeModelError, item: pytest.Item) -> None:
    from fakemodel.tracebacks import keep_users_frames

    keep_users_frames(error, item.config.rootpath)


def _judge(item: pytest.Item) -> None:
    with readably():
        for judge in reversed(item.stash[RUN].judges):  # a double tells more than the cassette that recorded it
            judge()


def pytest_assertrepr_compare(config: pytest.Config, op: str, left: object, right: object) -> list[str] | None:
    """Tell in which event two streams differ; other comparisons are left to pytest."""
    if op not in ("==", "!=") or isinstance(left, str | bytes | int | float | None):
        return None
    from fakemodel.compared import explanation

    return explanation(op, left, right, whole=config.get_verbosity(pytest.Config.VERBOSITY_ASSERTIONS) > 1)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Note how the call ended, and what became of the cassette."""
    report = yield
    run = item.stash.get(RUN, None)
    if run is not None and report.failed:
        shown = report.longreprtext + "".join(content for _, content in report.sections)
        report.sections += [("fakemodel", told) for told in run.faults_met() if told not in shown]
    if run is not None and report.when == "setup" and report.skipped:
        run.call = "skipped"
    # xdist sends a report with all its attributes, also those that its type does not know.
    if report.when == "setup" and (path := marked.path_of(item, by_anyone=True)) is not None:
        report.fakemodel_path = str(path)  # type: ignore[attr-defined]
    elif run is not None and report.when == "call":
        run.call = "failed" if run.failed_subtest else report.outcome
    elif run is not None and report.when == "teardown":
        if run.outcome:
            report.fakemodel_cassette = run.outcome  # type: ignore[attr-defined]
        del item.stash[RUN]  # with all turns: items live as long as the session
    return report
