"""What an endpoint is: a function of a server and a routed request."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import TYPE_CHECKING, Protocol, TypeAlias

from fakemodel.api.http import Answer, Call
from fakemodel.api.queue import Steps, Waited
from fakemodel.state import State
from fakemodel.wire.ids import Ids

if TYPE_CHECKING:
    from fakemodel.api.frame_cache import FrameCache
    from fakemodel.api.routes import Route

__all__ = ["Answering", "Endpoint", "Server"]


class Server(Protocol):
    """What the endpoints need of the server they belong to."""

    state: State
    models: tuple[str, ...] | None
    api_key: str | None
    routes: list[Route]
    frames: FrameCache

    @property
    def seen_models(self) -> list[str]:
        """The models that requests named, in their order."""

    def play(self, call: Call) -> Steps:
        """The position of a turn, and its reply. Raises NoReplyLeft, ReplyInvalid, and what a responder raises."""

    def ids(self) -> Ids:
        """Fresh ids for what a caller brings."""


Answering: TypeAlias = Generator[Waited, object, Answer]
"""An answer in steps: what is yielded is to be called, and waited for."""

Endpoint: TypeAlias = Callable[[Server, Call], Answer | Answering]
