"""Streams of replies that are said again and again: most of their bytes are the same each time, but for the ids."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import Any

from fakemodel.reply import Reply
from fakemodel.wire.ids import Ids
from fakemodel.wire.responses import Rendering
from fakemodel.wire.sse import frames

__all__ = ["FrameCache"]

MOST = 64
"""The replies that are remembered."""


@dataclass(slots=True)
class _Cached:
    """The frames of a reply's items as they were streamed first, and whether those of another turn differ by ids alone.

    Text that happens to hold an id of the first turn would be changed with it: then the second turn differs, and every
    later one is rendered anew.
    """

    reply: Reply
    ids: Ids
    frames: tuple[bytes, ...]
    proven: bool | None = None

    def renamed(self, ids: Ids) -> tuple[bytes, ...]:
        """The frames of a turn with these ids."""
        whole = b"".join(self.frames)
        for old, new in ((self.ids.stem, ids.stem), (self.ids.call_stem, ids.call_stem)):
            whole = whole.replace(old.encode(), new.encode())
        places = accumulate(map(len, self.frames), initial=0)
        return tuple(whole[start:end] for start, end in pairwise(places))


class FrameCache:
    """Renders streams. From the third turn on a reply costs its opening and its end, and a copy of the rest."""

    def __init__(self) -> None:
        self._cached: dict[Any, _Cached] = {}

    def of(self, rendering: Rendering, ids: Ids, *, obfuscation: bool) -> tuple[bytes, ...]:
        """The frames of a streamed response, which was rendered with `ids`."""
        reply, background = rendering.reply, bool(rendering.final.get("background"))
        # A turn that was counted makes a new reply of the same parts.
        key = id(reply.parts), reply.status, background, obfuscation
        cached = self._cached.get(key)
        if cached is not None and cached.proven:
            opening, end = rendering.around(len(cached.frames))
            return *frames(opening), *cached.renamed(ids), *frames([end])
        rendered = tuple(frames(rendering.events(obfuscation=obfuscation)))
        between = rendered[3 if background else 2 : -1]
        if cached is None and reply.recorded is None:
            self._remember(key, _Cached(reply, ids, between))
        elif cached is not None and cached.proven is None:
            cached.proven = cached.renamed(ids) == between
        return rendered

    def _remember(self, key: object, cached: _Cached) -> None:
        if len(self._cached) == MOST:
            del self._cached[next(iter(self._cached))]
        self._cached[key] = cached
