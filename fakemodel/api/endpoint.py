"""What an endpoint is: a function of a server and a routed request. What a server is to its endpoints."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from fakemodel.api.frame_cache import FrameCache
from fakemodel.api.http import Answer, Call
from fakemodel.api.queue import Queue, Waited
from fakemodel.state import State
from fakemodel.wire.ids import Ids

if TYPE_CHECKING:
    from fakemodel.api.routes import Route

__all__ = ["Answering", "Endpoint", "Server"]


@dataclass(slots=True)
class Server:
    """What the endpoints of one server work on: whom it serves, what it keeps, and what it says."""

    models: tuple[str, ...] | None = None
    """The only models that there are; any, where it is None."""
    api_key: str | None = None
    """The only key that is taken; any, where it is None."""
    state: State = field(default_factory=State)
    queue: Queue = field(default_factory=Queue)
    routes: list[Route] = field(default_factory=list)
    """Those of the user's own."""
    frames: FrameCache = field(default_factory=FrameCache)
    _brought: int = 0

    def ids(self) -> Ids:
        """Fresh ids for what a caller brings; those of what the script says begin with other digits."""
        self._brought += 1
        return Ids(self._brought, chain=0)


Answering: TypeAlias = Generator[Waited, object, Answer]
"""An answer in steps: what is yielded is to be called, and waited for."""

Endpoint: TypeAlias = Callable[[Server, Call], Answer | Answering]
