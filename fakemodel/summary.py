"""What pytest says of cassettes at its end, in one line: what became of them, and how many have no test any more.

A verbose run lists them by name. A run with -qq says nothing, as pytest's own line does then.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from fakemodel.run import RUN

__all__ = ["Summary"]

ORPHAN = "without a test"

QUIETEST = -1
"""The verbosity of -q; pytest's own last line goes with -qq."""


class Summary:
    """Counted from the reports, also of xdist's workers; orphans are looked for after a run of the whole suite."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._outcomes: dict[tuple[str, str], str] = {}
        self._test_files: set[Path] = set()
        self._paths: dict[str, Path] = {}
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
                self._paths[report.nodeid] = Path(path)
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
        """Write the line, where there is anything to say, and the list of a verbose run."""
        verbosity = self._config.get_verbosity()
        orphans = self._orphans() if self._whole else []
        told = [f"{count} {outcome}" for outcome, count in sorted(Counter(self._outcomes.values()).items())]
        if orphans:
            told.append(f"{len(orphans)} {ORPHAN}{' (-v lists them)' if verbosity < 1 else ''}")
        if told and verbosity >= QUIETEST:
            terminalreporter.write_line(f"cassettes: {', '.join(told)}")
        if verbosity > 0:
            for line in _columns([*self._became(), *((ORPHAN, self._shown(path), "") for path in orphans)]):
                terminalreporter.write_line(line)

    def _became(self) -> Iterator[tuple[str, str, str]]:
        """What became of each cassette, its file, and the test whose it is."""
        for (nodeid, _), outcome in sorted(self._outcomes.items(), key=lambda each: (each[1], each[0])):
            yield outcome, self._shown(self._paths[nodeid]), nodeid

    def _shown(self, path: Path) -> str:
        from fakemodel.tape.paths import is_shipped, may_be_recorded, name_of_shipped

        root = self._config.rootpath
        if is_shipped(path) and not may_be_recorded(path, root):
            return name_of_shipped(path)
        return path.relative_to(root).as_posix() if path.is_relative_to(root) else str(path)

    def _orphans(self) -> list[Path]:
        folders = {file.parent / "cassettes" for file in self._test_files}
        if not self._paths and not any(map(Path.is_dir, folders)):
            return []
        from fakemodel.tape.orphans import orphans

        return orphans(self._test_files, set(self._paths.values()))


def _columns(rows: Sequence[tuple[str, str, str]]) -> Iterator[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        yield "  " + "  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip()
