"""Putting a cassette into the player, and taking it out: `fakemodel.cassette`, and what the plugin does with it."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Literal
from unittest import mock

from vcr.cassette import CassetteContextDecorator

from fakemodel.tape.cassette import Cassette
from fakemodel.tape.guard import network_refused, traces_answered

__all__ = ["MODES", "Mode", "cassette", "inserted"]

Mode = Literal["replay", "record", "rerecord"]
MODES: tuple[Mode, ...] = ("replay", "record", "rerecord")

PLACEHOLDER_KEY = "sk-fakemodel-placeholder"


@contextmanager
def cassette(
    path: str | os.PathLike[str],
    *,
    mode: Mode = "replay",
    ignore: Sequence[str] = (),
    allow_errors: bool = False,
    allow_unplayed: bool = False,
    refuse_network: bool = True,
) -> Iterator[Cassette]:
    """Play or record the requests that are made while the context is open.

    `replay` never touches the network; `record` records where there is no file, and replays where there is one;
    `rerecord` records anew. The options are those of the marker. A context that ends with an exception leaves
    the file as it was. Raises CassetteMissing and CassetteInvalid on entry, CassetteMiss where a request is
    made, and UnplayedTurns, or the first miss that was swallowed, at the end.
    """
    if mode not in MODES:
        raise ValueError(f"mode={mode!r} is none of {', '.join(MODES)}")

    def command(mode: str) -> str:
        return f'fakemodel.cassette({str(path)!r}, mode="{mode}")'

    with inserted(Path(path), mode, refuse_network=refuse_network, command=command, ignore=ignore) as inside:
        yield inside
        if inside.misses:
            raise inside.misses[0]
        if inside.mode == "record":
            if not allow_errors:
                inside.assert_recordable()
            inside.save()
        elif not allow_unplayed:
            inside.assert_played()


@contextmanager
def inserted(path: Path, mode: Mode, *, refuse_network: bool, **options: Any) -> Iterator[Cassette]:
    """The cassette of `path` in the player; judging and saving it are the caller's."""
    replays = mode == "replay" or (mode == "record" and path.exists())
    options["mode"] = "replay" if replays else "record"
    with ExitStack() as stack:
        inside: Cassette = stack.enter_context(CassetteContextDecorator.from_args(Cassette, path=path, **options))
        stack.enter_context(traces_answered())
        if replays:
            if refuse_network:
                stack.enter_context(network_refused(inside.misses.append))
            if "OPENAI_API_KEY" not in os.environ:
                stack.enter_context(mock.patch.dict(os.environ, OPENAI_API_KEY=PLACEHOLDER_KEY))
        yield inside
