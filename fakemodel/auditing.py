"""`--audit-cassettes`: lists the tests that stay green although one of their requests was changed."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import pytest
from _pytest.runner import runtestprotocol  # how plugins run a test once more: pytest has no public name for it

from fakemodel.marked import AUDIT, PLAYED
from fakemodel.run import RUN
from fakemodel.shown import counted
from fakemodel.tape.audit import Audit

__all__ = ["Auditor"]

GREEN = "stays green although its request was changed"
NOT_AUDITED = "was not audited, or asked otherwise when it was run again"

SHOWN = 10
"""How many changes are listed of a test."""


class Auditor:
    """Runs each test as it is, then once more for each change that its cassette would answer all the same."""

    def __init__(self, config: pytest.Config) -> None:
        if config.getoption("--cassettes") != "replay":
            raise pytest.UsageError("--audit-cassettes audits what is replayed: leave out --cassettes.")
        if config.getoption("usepdb"):
            raise pytest.UsageError("--audit-cassettes runs tests so that they fail: leave out --pdb.")
        self._config = config
        self._tests = self._tried = 0
        self._green: dict[str, list[str]] = {}
        self._not_audited: dict[str, list[str]] = {}

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(
        self, item: pytest.Item, nextitem: pytest.Item | None
    ) -> Generator[None, object, object]:
        """Audit a test."""
        audit = item.stash[AUDIT] = Audit()
        item.stash[PLAYED] = False
        result = yield
        if not item.stash[PLAYED]:
            return result
        if item.config.stash[RUN].has_subtests:  # pytest would report them once more with each run
            self._not_audited[item.nodeid] = ["it has subtests"]
            return result
        if audit.taken and not self._passes_again(item, item.parent, Audit()):
            self._not_audited[item.nodeid] = ["it fails when it is run twice"]
            return result
        self._tests += 1
        self._tried += audit.tried
        for alteration in audit.taken:
            again = Audit(alteration)
            last = alteration is audit.taken[-1]
            if not self._passes_again(item, nextitem if last else item.parent, again):
                continue
            self._tried -= not again.sent
            found = self._green if again.sent else self._not_audited
            found.setdefault(item.nodeid, []).append(str(alteration))
        return result

    def _passes_again(self, item: Any, nextitem: Any, audit: Audit) -> bool:
        """Whether a test passes when it is run once more, with an instance of its class that it has not used.

        What fixtures of a wider scope made is kept where its parent stands for the next item.
        """
        item.stash[AUDIT] = audit
        if vars(item).pop("_instance", None) is not None:
            item.obj = None  # the method of that instance; both are made anew
        return all(report.passed for report in runtestprotocol(item, nextitem=nextitem, log=False))

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self) -> None:
        """Send what a worker of xdist found to who writes the summary."""
        output: dict[str, Any] | None = getattr(self._config, "workeroutput", None)
        if output is not None:
            output["fakemodel_audit"] = [self._tests, self._tried, self._green, self._not_audited]

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Add what a worker of xdist found."""
        tests, tried, green, gone = getattr(node, "workeroutput", {}).get("fakemodel_audit", (0, 0, {}, {}))
        self._tests += tests
        self._tried += tried
        self._green |= green
        self._not_audited |= gone

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Write the list."""
        cassettes = counted(self._tests, "cassette")
        left = sum(map(len, self._green.values()))
        terminalreporter.write_line(
            f"audit: {self._tried} changes to the requests of {cassettes}, {self._tried - left} of them fail their test"
        )
        for told, found in (GREEN, self._green), (NOT_AUDITED, self._not_audited):
            for nodeid, changes in sorted(found.items()):
                terminalreporter.write_line(f"{nodeid} {told}:")
                for change in changes[:SHOWN]:
                    terminalreporter.write_line(f"  {change}")
                if changes[SHOWN:]:
                    terminalreporter.write_line(f"  … and {len(changes) - SHOWN} more")
