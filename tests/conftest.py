"""What all tests share: the corpus of real traffic, and pytest inside pytest with the plugin loaded."""

import json
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import pytest
from _pytest import unraisableexception
from hypothesis import HealthCheck, settings

import fakemodel

pytest_plugins = ["pytester"]

# Imported before pytest runs inside pytest, which forgets what was first imported there: a second copy of a module
# has other classes than the first.
for name in ("openai", "httpcore", "httpcore2", "vcr", "agents", "uvicorn"):
    if find_spec(name):
        import_module(name)
for name in fakemodel.__all__:
    getattr(fakemodel, name)

# What is tried is the same in each run, and no clock decides.
settings.register_profile(
    "fakemodel", derandomize=True, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("fakemodel")

SHARED = Path(__file__).parent.parent.parent / "shared"


@pytest.fixture(scope="session")
def corpus() -> Path:
    """The folder of real recorded traffic, which is no part of the project."""
    folder = SHARED / "corpus"
    if not folder.is_dir():
        pytest.skip("the corpus of real traffic does not lie beside the checkout")
    return folder


@pytest.fixture(scope="session")
def openapi() -> dict:
    """OpenAI's description of its API, which is no part of the project either."""
    file = SHARED / "openai-openapi.json"
    if not file.is_file():
        pytest.skip("OpenAI's description of its API does not lie beside the checkout")
    return json.loads(file.read_text(encoding="utf-8"))


FIGURES = pytest.StashKey[dict[str, str]]()


@pytest.fixture(scope="session")
def figures(pytestconfig: pytest.Config) -> dict[str, str]:
    """What the tests measured of the project's fidelity, by what it is."""
    return pytestconfig.stash.setdefault(FIGURES, {})


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Publish the figures where they were asked for: `make fidelity`."""
    found = config.stash.get(FIGURES, {})
    if found and config.option.markexpr == "fidelity":
        terminalreporter.section("fidelity")
        for what, figure in found.items():
            terminalreporter.line(f"{figure:>16}  {what}")


OUTSIDE = ("CI", "BUILD_NUMBER", "PYTEST_XDIST_WORKER", "PYTEST_XDIST_WORKER_COUNT")
"""What tells a run that it is one of CI, or a worker's: pytest prints otherwise then, and snapshots are not written."""


@pytest.fixture
def pytester(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """pytest inside pytest, which is the same wherever that runs."""
    for name in OUTSIDE:
        monkeypatch.delenv(name, raising=False)
    if not hasattr(unraisableexception, "gc_collect_iterations_key"):
        # pytest 8.4.0 looks for garbage five times where a run inside of a test ends; later ones don't look there.
        monkeypatch.setattr(unraisableexception, "gc_collect_harder", lambda: None)
    return pytester


@pytest.fixture
def suite(pytester: pytest.Pytester) -> pytest.Pytester:
    """pytest inside pytest: the plugin is loaded, with async tests in auto mode."""
    pytester.makepyprojecttoml(
        """
        [tool.pytest.ini_options]
        asyncio_mode = "auto"
        asyncio_default_fixture_loop_scope = "function"
        addopts = "-p fakemodel.plugin -p no:randomly -p no:cacheprovider"
        """
    )
    return pytester


@pytest.fixture
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of the test's own, in which it runs."""
    monkeypatch.chdir(tmp_path)
    return tmp_path
