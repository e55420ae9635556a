"""Streams of replies that are said again and again: most of their bytes are the same each time, but for the ids."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import Any

from fakemodel.reply import Reply
from fakemodel.wire.ids import Ids
from fakemodel.wire.responses import Rendering
from fakemodel.wire.sse import frames

__all__ = ["Press"]

MOST = 64
"""The replies that are remembered."""


@dataclass(slots=True)
class _Plate:
    """The frames of a reply's items as they were streamed first, and whether those of another turn differ by ids alone.

    Text that happens to hold an id of the first turn would be changed with it: then the second turn differs, and every
    later one is rendered anew.
    """

    reply: Reply
    ids: Ids
    frames: tuple[bytes, ...]
    proven: bool | None = None

    def stamped(self, ids: Ids) -> tuple[bytes, ...]:
        """The frames of a turn with these ids."""
        whole = b"".join(self.frames)
        for old, new in ((self.ids.stem, ids.stem), (self.ids.call_stem, ids.call_stem)):
            whole = whole.replace(old.encode(), new.encode())
        places = accumulate(map(len, self.frames), initial=0)
        return tuple(whole[start:end] for start, end in pairwise(places))


class Press:
    """Renders streams. From the third turn on a reply costs its opening and its end, and a copy of the rest."""

    def __init__(self) -> None:
        self._plates: dict[Any, _Plate] = {}

    def frames(self, rendering: Rendering, ids: Ids, *, obfuscation: bool) -> tuple[bytes, ...]:
        """The frames of a streamed response, which was rendered with `ids`."""
        reply, background = rendering.reply, bool(rendering.final.get("background"))
        # A turn that was counted makes a new reply of the same parts.
        key = id(reply.parts), reply.status, background, obfuscation
        plate = self._plates.get(key)
        if plate is not None and plate.proven:
            opening, end = rendering.around(len(plate.frames))
            return *frames(opening), *plate.stamped(ids), *frames([end])
        rendered = tuple(frames(rendering.events(obfuscation=obfuscation)))
        between = rendered[3 if background else 2 : -1]
        if plate is None and reply.recorded is None:
            self._remember(key, _Plate(reply, ids, between))
        elif plate is not None and plate.proven is None:
            plate.proven = plate.stamped(ids) == between
        return rendered

    def _remember(self, key: object, plate: _Plate) -> None:
        if len(self._plates) == MOST:
            del self._plates[next(iter(self._plates))]
        self._plates[key] = plate
