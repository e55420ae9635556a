"""What pytest says of cassettes at its end: what became of them, and which have no test any more."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest

from fakemodel.run import RUN

__all__ = ["Summary"]


class Summary:
    """One line at the end, counted from the reports, also of xdist's workers; and the orphans of a whole suite."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._outcomes: dict[tuple[str, str], str] = {}
        self._test_files: set[Path] = set()
        self._used: set[Path] = set()
        self._whole = self._left_out = False

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note what became of a cassette, and subtests of the test that is run now: pytest tells of them here alone."""
        run = self._config.stash.get(RUN, None)
        if run is not None and type(report).__name__ in ("SubtestReport", "SubTestReport"):
            run.has_subtests = True
            run.failed_subtest |= report.failed
        if report.when == "setup":
            self._test_files.add(self._config.rootpath / report.location[0])
            if path := getattr(report, "fakemodel_path", None):
                self._used.add(Path(path))
        outcome = getattr(report, "fakemodel_cassette", None)
        if outcome is not None:
            self._outcomes[report.nodeid, getattr(report, "worker_id", "")] = outcome  # of its last attempt

    def pytest_deselected(self, items: Sequence[pytest.Item]) -> None:
        """Note that not all tests are run."""
        self._left_out |= bool(items)

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        """Note whether the whole suite was run, to its end."""
        whole = session.config.args_source is not pytest.Config.ArgsSource.ARGS
        chosen = any(session.config.getoption(name, None) for name in ("keyword", "markexpr", "deselect", "lf"))
        ended = exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED)
        self._whole = whole and ended and not (chosen or self._left_out or session.shouldfail or session.shouldstop)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Write the line, where there is anything to say."""
        told = [f"{count} {outcome}" for outcome, count in sorted(Counter(self._outcomes.values()).items())]
        orphans = self._orphans() if self._whole else []
        if orphans:
            told.append(f"{len(orphans)} without a test")
        if told:
            terminalreporter.write_line(f"cassettes: {', '.join(told)}")
        for path in orphans:
            shown = path.relative_to(self._config.rootpath) if path.is_relative_to(self._config.rootpath) else path
            terminalreporter.write_line(f"  no test has {shown}: delete it, or give it back its test")

    def _orphans(self) -> list[Path]:
        folders = {file.parent / "cassettes" for file in self._test_files}
        if not self._used and not any(map(Path.is_dir, folders)):
            return []
        from fakemodel.tape.orphans import orphans

        return orphans(self._test_files, self._used)
