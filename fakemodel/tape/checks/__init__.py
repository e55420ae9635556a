"""Cassettes as files among others: what is wrong with them, whose they are, and how they are scrubbed after the event.

This is what the command line does, without the command line. Files are found, read and judged one by one: what is
wrong with one of them keeps nobody from the next.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import date
from functools import cache
from pathlib import Path

import yaml

from fakemodel.files import content_of
from fakemodel.tape import age
from fakemodel.tape.checks.chains import broken_chains
from fakemodel.tape.checks.files import cassettes, told, turns_of, with_payloads
from fakemodel.tape.checks.finding import Code, Finding
from fakemodel.tape.checks.laws import broken_laws
from fakemodel.tape.checks.orphans import orphan, tests_of
from fakemodel.tape.checks.scrubbing import Outcome, Scrubbed, scrub
from fakemodel.tape.layout import UNREADABLE
from fakemodel.tape.leaks import leaks
from fakemodel.tape.yaml_events import LOADER, assert_bounded

__all__ = ["Code", "Finding", "Outcome", "Scrubbed", "cassettes", "check", "scrub"]

TURN = re.compile(r"turn (\d+)\b")
"""How the place of what is in a turn begins."""


def check(
    files: Iterable[Path], environ: Mapping[str, str], *, max_age: int = 0, today: date | None = None
) -> Iterator[tuple[Path, list[Finding]]]:
    """Each file with what is wrong with it, in the order of the codes that a Finding may have.

    `environ` has the secrets of this machine. No finding tells one: of a file that holds any, nothing is quoted. Files
    that were recorded more than `max_age` days before `today` are too old; with 0 none is.
    """
    tests = cache(tests_of)
    today = today or age.today()
    for file in files:
        try:
            content = content_of(file)
        except OSError as error:
            yield file, [_unreadable(error, environ)]
            continue
        text = content.decode("utf-8-sig", errors="replace")
        found = [*_found(file, content, text, environ), *orphan(file, tests)]
        if old := age.too_old(text, max_age, today):
            found.append(Finding("age", old))
        yield file, _with_lines(found, text)


def _found(file: Path, content: bytes, text: str, environ: Mapping[str, str]) -> Iterator[Finding]:
    """What is wrong with what stands in a file."""
    turns = []
    try:
        turns = turns_of(file, content)
    except UNREADABLE as error:
        yield _unreadable(error, environ)
    with suppress(ValueError):  # that a payload cannot be read was told
        text = with_payloads(text, file)
    secrets = leaks(text, name=file.stem, environ=environ)
    for leak in secrets:
        yield Finding("leak", leak.kind, leak.where, leak.severe, _turn(leak.where))
    quoted = not any(leak.severe for leak in secrets)
    yield from broken_laws(turns, quoted=quoted)
    yield from broken_chains(turns, quoted=quoted)


def _unreadable(error: Exception, environ: Mapping[str, str]) -> Finding:
    what = told(error, environ)
    mark = getattr(error.__context__, "problem_mark", None)  # YAML's own
    return Finding("unreadable", what, "cannot be read", turn=_turn(what), line=mark.line + 1 if mark else None)


def _turn(where: str) -> int | None:
    found = TURN.match(where)
    return int(found[1]) if found else None


def _with_lines(found: list[Finding], text: str) -> list[Finding]:
    """The findings, each with the line on which its turn begins."""
    if not any(finding.turn for finding in found):
        return found
    lines = _lines_of_turns(text)
    return [
        replace(finding, line=lines[finding.turn - 1]) if finding.turn and finding.turn <= len(lines) else finding
        for finding in found
    ]


def _lines_of_turns(text: str) -> Sequence[int]:
    """The lines of a file on which its turns begin; none where it is no YAML."""
    try:
        assert_bounded(text)
        root = yaml.compose(text, Loader=LOADER)
    except (yaml.YAMLError, RecursionError, ValueError):
        return ()
    members = root.value if isinstance(root, yaml.MappingNode) else ()
    turns = next((value for key, value in members if key.value == "interactions"), None)
    return [turn.start_mark.line + 1 for turn in turns.value] if isinstance(turns, yaml.SequenceNode) else ()
