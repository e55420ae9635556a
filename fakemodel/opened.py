"""The cassette that a command is given, by its path or the name that it ships under, or a line on why it cannot be."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from fakemodel.shown import one_line
from fakemodel.watched import LARGE, watch, watched

if TYPE_CHECKING:
    from fakemodel.tape.conversation import Watch
    from fakemodel.tape.interaction import Interaction

__all__ = ["fail", "file_of", "reading", "turns_of", "watch_of"]


def file_of(name: str) -> Path:
    """The file that is named: by its path, or as one that ships. Raises SettingInvalid for what none can be called."""
    from fakemodel.tape.paths import SHIPPED, path_of_test

    return path_of_test(Path(), "", name.removesuffix(".yaml")) if name.startswith(SHIPPED) else Path(name)


def turns_of(name: str, *, whole: bool, empty: bool = False) -> list[Interaction]:
    """The turns of a cassette: `whole` with the payloads that lie beside it, or as they stand in the file.

    `empty` says that an empty file has no turns, as what was not there before a commit. Raises
    what `layout.UNREADABLE` has.
    """
    from fakemodel.files import content_of
    from fakemodel.tape import layout
    from fakemodel.tape.payloads import payloads_of, put_back

    file = file_of(name)
    content = content_of(file)
    if empty and not content:
        return []
    read = map(layout.turns_in, [content])
    (turns,) = watched(read, 1, "Reading") if len(content) > LARGE else read
    return put_back(turns, payloads_of(file)) if whole else turns


def watch_of(*names: str) -> Watch:
    """What shows how far it is with the turns of cassettes, if one of them is large."""
    return watch if any(file_of(name).stat().st_size > LARGE for name in names) else iter


@contextmanager
def reading(name: str) -> Iterator[None]:
    """Tells in a line why a cassette cannot be read, and exits."""
    from fakemodel.tape.checks.files import told
    from fakemodel.tape.layout import UNREADABLE
    from fakemodel.tape.paths import SHIPPED, remedy_of_shipped

    try:
        yield
    except FileNotFoundError:
        ships = name.startswith(SHIPPED)
        remedy = remedy_of_shipped(file_of(name)) if ships else "`fakemodel show` lists those that ship."
        fail(f"there is no {name}. {remedy}")
    except IsADirectoryError:
        fail(f"{name} is a folder: name a cassette in it")
    except UNREADABLE as error:
        fail(f"{name} cannot be read: {told(error, os.environ)}")


def fail(why: str) -> NoReturn:
    """Tell why a command cannot be, and exit."""
    print(f"fakemodel: {one_line(why)}", file=sys.stderr)
    raise SystemExit(2)
