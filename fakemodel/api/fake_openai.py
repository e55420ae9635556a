"""FakeOpenAI: a server that says what its script says, keeps the API's state, and journals every request."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fakemodel.api import routes
from fakemodel.api.errors import refused
from fakemodel.api.http import Answer, Request
from fakemodel.errors import FakeModelError
from fakemodel.guards import Asked, Guarded, met
from fakemodel.httpx_modules import sdk_httpx
from fakemodel.reply import Reply, listed
from fakemodel.script import Turns, described, no_reply_left, shortened, table, unplayed_replies
from fakemodel.state import State, items_of

if TYPE_CHECKING:
    import openai

__all__ = ["FakeOpenAI", "Served"]

API_KEY = "sk-fakemodel"
"""What the clients of a FakeOpenAI authenticate with; any key is accepted."""


@dataclass(slots=True)
class Turn:
    """One request that asked the script for a reply."""

    asked: str
    answered: str = "no reply left"


@dataclass(frozen=True, slots=True)
class Served:
    """A FakeOpenAI on loopback. `base_url` ends in `/v1`."""

    base_url: str


class FakeOpenAI:
    """The OpenAI API, scripted: each answer is the next of its replies.

    `requests` is the journal: every request in order, with its `path`, `json` body and `status`; `turns` are those
    that asked for a reply. A request that finds none is refused, noted in `refused`, and raised again by
    `assert_complete`, even where the code under test swallowed it. `state` is what the server remembers. Raises
    ReplyInvalid for what is no reply.
    """

    def __init__(self, replies: Iterable[object] = ()) -> None:
        self.requests: list[Request] = []
        self.refused: list[FakeModelError] = []
        self.state = State()
        self._replies: list[Reply] = []
        self._guarded: list[Guarded] = []
        self.turns: Turns[Turn] = Turns()
        self._lock = threading.Lock()
        self.say(*listed(replies))

    def __repr__(self) -> str:
        return f"<FakeOpenAI: {len(self.requests)} requests answered, {self.remaining} replies left>"

    def say(self, *replies: object) -> None:
        """Append replies. Raises ReplyInvalid."""
        for reply in replies:
            if isinstance(reply, Guarded):
                self._guarded.append(Guarded(reply.guard, Reply.of(reply.reply)))
            else:
                self._replies.append(Reply.of(reply))

    @property
    def remaining(self) -> int:
        """How many replies were not asked for yet."""
        return len(self._replies) + len(self._guarded)

    def assert_complete(self) -> None:
        """Raise UnplayedReplies when replies are left, or what the script could not answer (NoReplyLeft)."""
        if self.refused:
            raise self.refused[0]
        if self.remaining:
            raise unplayed_replies("the API", self.turns, [*self._replies, *self._guarded])

    def summary(self) -> str:
        """What each turn was asked and answered, a turn a line, and the replies that nobody asked for."""
        return table(self.turns, [*self._replies, *self._guarded])

    def client(self, **options: Any) -> openai.OpenAI:
        """A client of the SDK that is answered in process; `options` are those of `openai.OpenAI`."""
        import openai

        return openai.OpenAI(**self._options(options, sync=True))

    def async_client(self, **options: Any) -> openai.AsyncOpenAI:
        """An async client of the SDK that is answered in process; `options` are those of `openai.AsyncOpenAI`."""
        import openai

        return openai.AsyncOpenAI(**self._options(options, sync=False))

    @contextmanager
    def serve(self) -> Iterator[Served]:
        """Serve on loopback while the context is open. Raises ServerUnavailable without the server extra."""
        from fakemodel.api.server import LoopbackServer

        server = LoopbackServer()
        try:
            yield Served(server.mount(self))
        finally:
            server.close()

    def answer(self, request: Request) -> Answer:
        """Journal a request and answer it. Both doors end here; one request is answered at a time."""
        with self._lock:
            self.requests.append(request)
            try:
                request.answer = routes.answer(self, request)
            except FakeModelError as error:
                self.refused.append(error)
                request.answer = refused("script", str(error))
            return request.answer

    def play(self) -> tuple[int, Reply]:
        """The next reply, and the position it is played at. Raises NoReplyLeft."""
        self.turns.append(Turn(_asked(self.requests[-1])))
        found = met(self._guarded, _summary(self.requests[-1], len(self.turns)))
        if found is None and not self._replies:
            raise no_reply_left("the API", self.turns, self._guarded)
        reply = Reply.of(found.reply) if found else self._replies.pop(0)
        self.turns[-1].answered = described(reply)
        return len(self.turns), reply

    def _options(self, options: dict[str, Any], *, sync: bool) -> dict[str, Any]:
        from fakemodel.api.transport import transport

        httpx = sdk_httpx()
        client = httpx.Client if sync else httpx.AsyncClient
        http_client = client(transport=transport(self, httpx))
        return {
            "api_key": API_KEY,
            "base_url": "https://api.openai.com/v1",
            "http_client": http_client,
            **options,
        }


def _summary(request: Request, turn: int) -> Asked:
    """The request as a guard looks at it."""
    body = request.json
    conversation = body.get("conversation")
    named = conversation.get("id") if isinstance(conversation, dict) else conversation
    return Asked(turn, items_of(body.get("input", body.get("messages"))), body.get("previous_response_id"), named)


def _asked(request: Request) -> str:
    """The request in a few words."""
    body = request.json
    said = body.get("input") or body.get("messages")
    if isinstance(said, list) and said:
        said = said[-1].get("content") if isinstance(said[-1], dict) else said[-1]
    return f"{request.path} {shortened(repr(said))}"
