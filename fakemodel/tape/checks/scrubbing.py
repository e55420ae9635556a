"""Cassettes scrubbed after the event, also those that others wrote: each becomes what recording would have written."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Literal

from vcr.serializers import yamlserializer

from fakemodel.files import content_of
from fakemodel.tape import layout
from fakemodel.tape.checks.files import told, turns_of, with_payloads
from fakemodel.tape.content_encoding import decoded
from fakemodel.tape.interaction import Interaction
from fakemodel.tape.leaks import leaks
from fakemodel.tape.scrub import scrubbed, sources

__all__ = ["Outcome", "Scrubbed", "scrub"]

Outcome = Literal["scrubbed", "left as it was", "refused"]


@dataclass(frozen=True, slots=True)
class Scrubbed:
    """What became of a cassette, and why it was refused."""

    outcome: Outcome
    why: tuple[str, ...] = ()


def scrub(files: Iterable[Path], environ: Mapping[str, str], *, write: bool) -> Iterator[tuple[Path, Scrubbed]]:
    """Each file with what became of it, or with what would where nothing is to be written."""
    for file in files:
        try:
            yield file, _scrub(file, environ, write)
        except layout.UNREADABLE as error:
            yield file, Scrubbed("refused", (told(error, environ),))


def _scrub(file: Path, environ: Mapping[str, str], write: bool) -> Scrubbed:
    content = content_of(file)
    turns = [_decoded(turn, number) for number, turn in enumerate(turns_of(file, content), 1)]
    old = content.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
    if old.lstrip().startswith("{"):
        raise ValueError("it is JSON, and who reads that could not read YAML in its place")
    text = layout.written(scrubbed(turns), _head(old, turns))
    secrets = leaks(with_payloads(text, file), name=file.stem, environ=environ)
    if any(leak.severe for leak in secrets):
        return Scrubbed("refused", tuple(f"{leak.where}: {leak.kind}" for leak in secrets if leak.severe))
    if text == old:
        return Scrubbed("left as it was")
    if write:
        layout.write(file.resolve(), text)
    return Scrubbed("scrubbed")


def _decoded(turn: Interaction, number: int) -> Interaction:
    """The turn as it can be read. Raises ValueError."""
    try:
        return Interaction(turn.request, decoded(turn.response))
    except ValueError as error:
        raise ValueError(f"turn {number}, response body: {error}") from None


def _head(text: str, turns: Sequence[Interaction]) -> dict[str, str]:
    """Where from, with what and when the turns were recorded: as the file says, or as they tell themselves."""
    made = {"from": sources(turns), "with": "unknown"}
    kept = yamlserializer.deserialize(text).get("recorded")
    if isinstance(kept, dict):  # `on` is a word for true, where it is not quoted
        return made | {"on" if key is True else str(key): str(value) for key, value in kept.items()}
    days = [day for turn in turns for day in _days(turn)]
    return {**made, "on": min(days)} if days else made


def _days(turn: Interaction) -> Iterator[str]:
    for value in turn.response.headers.get("date", ()):
        try:
            yield parsedate_to_datetime(value).date().isoformat()
        except ValueError:
            continue
