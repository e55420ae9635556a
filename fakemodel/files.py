"""Files that a user names, read and written whole: whatever lies there, nobody waits for it.

A pipe is read if somebody writes to it, as `<(git show …)` of a shell; one that nobody writes to is empty, and one that
nobody reads from cannot be written. A device, which may have no end, is not read.
"""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

__all__ = ["content_of", "put"]

NO_WAIT = getattr(os, "O_NONBLOCK", 0)
"""Windows has neither this nor such pipes."""


def content_of(path: Path) -> bytes:
    """What stands in a file. Raises OSError."""
    with open(path, "rb", opener=_opened) as file:
        if stat.S_ISCHR(os.fstat(file.fileno()).st_mode) and str(path) != os.devnull:
            raise OSError(errno.EINVAL, "it is a device")
        return file.read()


def put(path: Path, text: str) -> None:
    """Make a text what stands in a file. Raises OSError."""
    with open(path, "w", encoding="utf-8", opener=_opened) as file:
        file.write(text)


def _opened(name: str, flags: int) -> int:
    descriptor = os.open(name, flags | NO_WAIT, 0o666)
    if NO_WAIT:
        os.set_blocking(descriptor, True)
    return descriptor
