"""Reports of findings: for people, for programs, and for the annotations that GitHub shows beside the files."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from fakemodel.shown import counted, one_line

if TYPE_CHECKING:
    from fakemodel.tape.checks.finding import Finding

__all__ = ["Checked", "Format", "report"]

Checked: TypeAlias = "Sequence[tuple[Path, Sequence[Finding]]]"
"""Each file with what was found in it."""

VERSION = 1
"""That of the JSON document: another one says something else under a name that there was before."""


class Format(Enum):
    """How a report is written."""

    TEXT = "text"
    JSON = "json"
    GITHUB = "github"


def report(checked: Checked, form: Format) -> str:
    """The findings in one of the formats, without a line end at its end. No format tells a secret."""
    return "\n".join(FORMATS[form](checked))


def _findings(checked: Checked) -> Iterator[tuple[Path, Finding]]:
    return ((file, finding) for file, found in checked for finding in found)


def _counts(checked: Checked) -> dict[str, int]:
    severe = [finding.severe for _, finding in _findings(checked)]
    return {"files": len(checked), "errors": severe.count(True), "warnings": severe.count(False)}


def _summary(checked: Checked) -> str:
    files, errors, warnings = _counts(checked).values()
    return f"{counted(files, 'cassette')}: {counted(errors, 'error')}, {counted(warnings, 'warning')}"


def _text(checked: Checked) -> Iterator[str]:
    for file, finding in _findings(checked):
        yield f"{one_line(file)}: {one_line(finding.message)}{'' if finding.severe else ' (warning)'}"
    yield _summary(checked)


def _json(checked: Checked) -> Iterator[str]:
    findings = [
        {
            "file": str(file),
            "line": finding.line,
            "turn": finding.turn,
            "code": finding.code,
            "severity": finding.severity,
            "message": finding.message,
        }
        for file, finding in _findings(checked)
    ]
    files = [str(file) for file, _ in checked]
    yield json.dumps({"version": VERSION, "files": files, "findings": findings, "summary": _counts(checked)}, indent=2)


def _github(checked: Checked) -> Iterator[str]:
    """Workflow commands, and the summary, which is a line of the log like any other."""
    for file, finding in _findings(checked):
        properties = {"file": file.as_posix(), "line": finding.line, "title": f"fakemodel {finding.code}"}
        told = ",".join(f"{key}={_property(str(value))}" for key, value in properties.items() if value is not None)
        yield f"::{finding.severity} {told}::{_data(finding.message)}"
    yield _summary(checked)


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


FORMATS: Mapping[Format, Callable[[Checked], Iterator[str]]] = {
    Format.TEXT: _text,
    Format.JSON: _json,
    Format.GITHUB: _github,
}
