"""Putting a cassette into the player, and taking it out: `fakemodel.cassette`, and what the plugin does with it."""

from __future__ import annotations

import functools
import hashlib
import os
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from pathlib import Path
from types import MappingProxyType
from typing import Any, NoReturn, ParamSpec

from vcr.cassette import CassetteContextDecorator

from fakemodel.errors import SettingInvalid
from fakemodel.tape import MODES, VERBS, Mode
from fakemodel.tape.cassette import Cassette
from fakemodel.tape.guard import DOUBLES_KEY, network_refused, traces_answered
from fakemodel.tape.paths import assert_short
from fakemodel.tape.settings import SETTINGS, checked

__all__ = ["cassette", "is_open", "locked", "placeholder_key", "replays", "use_cassette"]

Arguments = ParamSpec("Arguments")

PLACEHOLDER_KEY = f"{DOUBLES_KEY}-placeholder"


class Opening(AbstractContextManager[Cassette]):
    """What `with` opens. It decorates nothing: around an async function it would be closed before that runs."""

    def __init__(self, opened: AbstractContextManager[Cassette], path: object) -> None:
        self._opened = opened
        self._path = path

    def __repr__(self) -> str:
        return f"<fakemodel.cassette({self._path!r}), which `with` opens>"

    def __enter__(self) -> Cassette:
        return self._opened.__enter__()

    def __exit__(self, *raised: Any) -> bool | None:
        return self._opened.__exit__(*raised)

    def __call__(self, function: object) -> NoReturn:
        raise SettingInvalid("fakemodel.cassette is no decorator: open it by `with`, in the function.")


def _opening(
    function: Callable[Arguments, AbstractContextManager[Cassette]],
) -> Callable[Arguments, AbstractContextManager[Cassette]]:
    @functools.wraps(function)
    def opening(*args: Arguments.args, **kwargs: Arguments.kwargs) -> Opening:
        return Opening(function(*args, **kwargs), args[0] if args else kwargs.get("path"))

    return opening


@_opening
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
    numbers = {"max_age": max_age, "payloads_over": payloads_over}
    switches = {"allow_errors": allow_errors, "allow_unplayed": allow_unplayed, "refuse_network": refuse_network}
    checked({**numbers, **switches}, "fakemodel.cassette", SETTINGS)
    _assert_alone(Path(path))
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


_taking = threading.Lock()


def is_open() -> bool:
    """Whether a cassette is open in this process."""
    return bool(_open)


def _assert_alone(path: Path) -> None:
    if _open:
        raise SettingInvalid(
            f"{path.name} cannot be opened while {_open[0].name} is open: a request would go to both. "
            "Close the one first, or keep both conversations in one cassette."
        )


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    with _taking:
        _assert_alone(path)
        _open.append(path)
    try:
        yield
    finally:
        _open.remove(path)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Refuse to record to a file that another process records to: the slower one would overwrite the other's.

    The lock is not beside the cassette, where it would be committed. Raises SettingInvalid, also for want of a lock.
    """
    from filelock import FileLock, Timeout

    folder = Path(tempfile.gettempdir(), f"fakemodel-locks-{os.getuid() if hasattr(os, 'getuid') else 'user'}")
    lock = FileLock(folder / f"{hashlib.sha256(os.fsencode(path.resolve())).hexdigest()}.lock", timeout=0)
    try:
        folder.mkdir(exist_ok=True)
        lock.acquire()
    except Timeout:
        raise SettingInvalid(
            f"{path.name} is being recorded by another process at this time, another worker perhaps. "
            "Record it in one process, or give each a file of its own."
        ) from None
    except OSError as error:
        raise SettingInvalid(f"{path.name} cannot be locked while it is recorded, in {folder}: {error}") from None
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
