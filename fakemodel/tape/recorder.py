"""Putting a cassette into the player, and taking it out: `fakemodel.cassette`, and what the plugin does with it."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, nullcontext
from pathlib import Path
from types import MappingProxyType
from typing import Any

from vcr.cassette import CassetteContextDecorator

from fakemodel.errors import SettingInvalid
from fakemodel.tape import MODES, VERBS, Mode
from fakemodel.tape.cassette import Cassette
from fakemodel.tape.guard import network_refused, traces_answered
from fakemodel.tape.paths import assert_short
from fakemodel.tape.settings import SETTINGS, checked

__all__ = ["cassette", "is_open", "locked", "placeholder_key", "replays", "use_cassette"]

PLACEHOLDER_KEY = "sk-fakemodel-placeholder"


@contextmanager
def cassette(
    path: str | os.PathLike[str],
    *,
    mode: Mode = "replay",
    ignore: Sequence[str] = (),
    scrub: Mapping[str, str] = MappingProxyType({}),
    max_age: int = 0,
    payloads_over: int = 0,
    allow_errors: bool = False,
    allow_unplayed: bool = False,
    refuse_network: bool = True,
) -> Iterator[Cassette]:
    """Play or record the requests that are made while the context is open.

    `replay` never touches the network; `record` records where there is no file, and replays where there is one;
    `rerecord` records anew. The options are those of the marker. A context that ends with an exception leaves
    the file as it was. Raises CassetteMissing and CassetteInvalid on entry, CassetteMiss where a request is
    made, and at the end what `Cassette.finish` raises.
    """

    def remedy(mode: str) -> str:
        return f'{VERBS[mode]} it:  fakemodel.cassette({str(path)!r}, mode="{mode}")'

    assert_short(Path(path).name)
    checked({"max_age": max_age, "payloads_over": payloads_over}, "fakemodel.cassette", SETTINGS)
    recording = nullcontext() if replays(mode, Path(path)) else locked(Path(path))
    with (
        recording,
        use_cassette(
            Path(path).absolute(),
            mode,
            name=Path(path).stem,
            remedy=remedy,
            ignore=ignore,
            scrub=scrub,
            max_age=max_age,
            payloads_over=payloads_over,
            allow_errors=allow_errors,
            allow_unplayed=allow_unplayed,
            refuse_network=refuse_network,
        ) as inside,
    ):
        yield inside
        inside.finish()


@contextmanager
def use_cassette(path: Path, mode: str, *, refuse_network: bool, **options: Any) -> Iterator[Cassette]:
    """The cassette of `path` in the player; `options` are those of `Cassette`, and finishing it is the caller's."""
    if mode not in MODES:
        raise SettingInvalid(f"mode={mode!r} is none of {', '.join(MODES)}.")
    replaying = replays(mode, path)
    options["mode"] = "replay" if replaying else "record"
    with _alone(path), ExitStack() as stack:
        inside: Cassette = stack.enter_context(CassetteContextDecorator.from_args(Cassette, path=path, **options))
        if replaying:
            stack.enter_context(placeholder_key())
        if replaying and refuse_network:
            stack.enter_context(network_refused(inside.refuse_connection))
        stack.enter_context(traces_answered())
        yield inside


def replays(mode: str, path: Path) -> bool:
    """Whether a cassette is played, and nothing recorded."""
    return mode == "replay" or (mode == "record" and path.exists())


_open: list[Path] = []
"""The cassette that is open in this process: clients are patched, so that there is room for one."""


def is_open() -> bool:
    """Whether a cassette is open in this process."""
    return bool(_open)


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    if _open:
        raise SettingInvalid(
            f"{path.name} cannot be opened while {_open[0].name} is open: a request would go to both. "
            "Close the one first, or keep both conversations in one cassette."
        )
    _open.append(path)
    try:
        yield
    finally:
        _open.remove(path)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Refuse to record to a file that another process records to: the slower one would overwrite the other's.

    The lock is not beside the cassette, where it would be committed.
    """
    from filelock import FileLock, Timeout

    folder = Path(tempfile.gettempdir(), f"fakemodel-locks-{os.getuid() if hasattr(os, 'getuid') else 'user'}")
    folder.mkdir(exist_ok=True)
    lock = FileLock(folder / f"{hashlib.sha256(os.fsencode(path.resolve())).hexdigest()}.lock", timeout=0)
    try:
        lock.acquire()
    except Timeout:
        raise SettingInvalid(
            f"{path.name} is being recorded by another process at this time, another worker perhaps. "
            "Record it in one process, or give each a file of its own."
        ) from None
    try:
        yield
    finally:
        lock.release()


@contextmanager
def placeholder_key() -> Iterator[None]:
    """An OPENAI_API_KEY where there is none, so that clients can be made."""
    unset = "OPENAI_API_KEY" not in os.environ
    if unset:
        os.environ["OPENAI_API_KEY"] = PLACEHOLDER_KEY
    try:
        yield
    finally:
        if unset and os.environ.get("OPENAI_API_KEY") == PLACEHOLDER_KEY:
            del os.environ["OPENAI_API_KEY"]
