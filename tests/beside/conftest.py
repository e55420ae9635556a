"""What the tests beside other plugins share: a suite that has ours and those neighbours that a test names."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.suites import ASK, BRAZIL

NEIGHBOURS = ("aimock", "cassetter", "inline_snapshot", "randomly", "recording", "rerunfailures", "syrupy")
"""By the names under which pytest loads them."""

Beside = Callable[..., pytest.Pytester]


@pytest.fixture
def beside(pytester: pytest.Pytester) -> Beside:
    """A suite beside the neighbours that are named, loaded before ours unless `last`; the others are kept out."""

    def make(*neighbours: str, asyncio_mode: str = "auto", last: bool = False) -> pytest.Pytester:
        loaded = [f"-p {name}" for name in neighbours]
        loaded.insert(0 if last else len(loaded), "-p fakemodel.plugin")
        kept_out = [f"-p no:{name}" for name in NEIGHBOURS if name not in neighbours]
        pytester.makepyprojecttoml(
            f"""
            [tool.pytest.ini_options]
            asyncio_mode = "{asyncio_mode}"
            asyncio_default_fixture_loop_scope = "function"
            addopts = "{" ".join([*loaded, *kept_out])} -p no:cacheprovider --strict-markers"
            """
        )
        pytester.makeconftest(BRAZIL)
        return pytester

    return make


@pytest.fixture
def ask() -> str:
    """The head of a module of tests: `ask` sends one request."""
    return ASK


@pytest.fixture
def told() -> Callable[..., None]:
    """Assert the outcomes of a run, and the line about cassettes."""

    def assert_told(result: pytest.RunResult, line: str | None = None, **outcomes: int) -> None:
        result.assert_outcomes(**outcomes)
        found = [each for each in result.outlines if each.startswith("cassettes: ")]
        assert found == ([] if line is None else [f"cassettes: {line}"])

    return assert_told


@pytest.fixture
def files(pytester: pytest.Pytester) -> Callable[[], dict[str, str]]:
    """The cassettes of the suite, by their names."""

    def read() -> dict[str, str]:
        folder: Path = pytester.path / "cassettes"
        return {str(file.relative_to(folder)): file.read_text("utf-8") for file in sorted(folder.rglob("*.yaml"))}

    return read
