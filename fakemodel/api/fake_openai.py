"""FakeOpenAI: a server that says what its script says, keeps the API's state, and journals every request."""

from __future__ import annotations

import asyncio
import inspect
import threading
from collections.abc import Awaitable, Callable, Generator, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from types import ModuleType
from typing import TYPE_CHECKING, Any

from fakemodel.api import routes
from fakemodel.api.endpoint import Server
from fakemodel.api.errors import refused
from fakemodel.api.fault_rules import FaultRules, Rule
from fakemodel.api.http import Answer, Request
from fakemodel.api.queue import Responder, Turn, Waited
from fakemodel.errors import FakeModelError, UnplayedReplies
from fakemodel.httpx_modules import sdk_httpx
from fakemodel.reply import listed
from fakemodel.script import Turns
from fakemodel.shown import counted
from fakemodel.state import Conversation, Stored

if TYPE_CHECKING:
    import openai

    from fakemodel.api.faults import Fault

__all__ = ["API_KEY", "FakeOpenAI", "Served"]

API_KEY = "sk-fakemodel"
"""What the clients of a FakeOpenAI authenticate with, where it takes any key."""


@dataclass(frozen=True, slots=True)
class Served:
    """A FakeOpenAI on loopback. `base_url` ends in `/v1`."""

    base_url: str


class FakeOpenAI:
    """The OpenAI API, scripted: each answer is the next of its replies.

    A reply is whatever `Reply.of` takes, or a responder: a function, sync or async, that is given the `Request` and
    returns one. With `models` any other model is refused; with `api_key` any other key is.

    `requests` is the journal: every request in order, with its `path`, `json` body, `context` and `status`; `turns`
    are those that asked for a reply. What the script could not answer is noted in `refused`, and raised again by
    `assert_complete`, even where the code under test swallowed it. What goes wrong with answers is for `fail` to say.
    Raises ReplyInvalid for what is no reply.
    """

    def __init__(
        self, replies: Iterable[object] = (), *, models: Iterable[str] | None = None, api_key: str | None = None
    ) -> None:
        self.requests: list[Request] = []
        self._server = Server(None if models is None else tuple(models), api_key)
        self._queue = self._server.queue
        self._fault_rules = FaultRules()
        self._lock = threading.RLock()  # a stream that is collected closes its answer, in the middle of anything
        self.say(*listed(replies))

    def __repr__(self) -> str:
        answered, left = counted(len(self.requests), "request"), counted(self.remaining, "reply")
        return f"<FakeOpenAI: {answered} answered, {left} left>"

    def say(self, *replies: object) -> None:
        """Append replies. Raises ReplyInvalid."""
        for reply in replies:
            self._queue.say(reply)

    def otherwise(self, reply: object) -> None:
        """What is said, any number of times, to requests for which no reply is left. Raises ReplyInvalid."""
        self._queue.otherwise(reply)

    def on(self, method: str, path: str, responder: Responder) -> None:
        """Answer a route by a function of your own: `api.on("GET", "/v1/files/{file_id}", responder)`.

        It is given the `Request`, whose `named` has what stands in the places of the path, and returns the JSON body,
        or a status and the JSON body; anything else fails the test. It may be async, and goes before what FakeOpenAI
        itself serves there. Raises SettingInvalid for a path that is none.
        """
        self._server.routes.append(routes.route_of(method, path, responder))

    def fail(self, fault: int | Fault, *, when: Rule | None = None, times: int | None = 1) -> None:
        """Have something go wrong with the next request: `api.fail(429)`, `api.fail(faults.cut(after=3))`.

        `fault` is a status, or one of `fakemodel.faults`. Only requests that it can befall count: a stream is what is
        cut. It is for those that meet `when`, be that a `when(…)` or a function of the `Request`, so many `times`;
        None is always. A reply that was asked for in vain is still there for the next try. A fault that never happens
        fails the test. Raises ReplyInvalid.
        """
        self._fault_rules.add(fault, when, times)

    def chaos(self, seed: int | None = None, *, rate: float = 0.25) -> int:
        """Have things go wrong by chance, with one request in four or at another `rate`; returns the seed.

        They are those of a network and a server: statuses, timeouts, streams that break off. A test that fails is told
        the seed, by which the same happens again. Raises ReplyInvalid.
        """
        return self._fault_rules.add_chaos(seed, rate)

    @property
    def conversations(self) -> dict[str, Conversation]:
        """The conversations that are kept, by their ids."""
        return self._server.state.conversations

    @property
    def responses(self) -> dict[str, Stored]:
        """The responses that are kept, by their ids."""
        return self._server.state.responses

    @property
    def turns(self) -> Turns[Turn]:
        """The requests that asked the script for a reply."""
        return self._queue.turns

    @property
    def refused(self) -> list[BaseException]:
        """What the script could not answer, and what its responders raised."""
        return self._queue.refused

    @property
    def remaining(self) -> int:
        """How many replies were not asked for yet."""
        return len(self._queue.left)

    def assert_complete(self) -> None:
        """Raise the first of `refused`, or UnplayedReplies when replies or faults are left, with all of them."""
        if self.refused:
            raise self.refused[0]
        if left := [told for told in (self._queue.unplayed, self._fault_rules.unmet) if told]:
            raise UnplayedReplies("\n".join(left))

    def summary(self) -> str:
        """What each turn was asked and answered, a turn a line, the replies that nobody asked for, and what failed."""
        return "\n".join(filter(None, (str(self._queue), self.faults_met)))

    @property
    def faults_met(self) -> str:
        """What went wrong, a request a line, and the seed where that was by chance; empty where nothing did."""
        return self._fault_rules.met(self.requests)

    def client(self, **options: Any) -> openai.OpenAI:
        """A client of the SDK that is answered in process; `options` are those of `openai.OpenAI`."""
        import openai

        httpx = sdk_httpx()
        return openai.OpenAI(**self._options(httpx.Client(transport=self.transport()), options))

    def async_client(self, **options: Any) -> openai.AsyncOpenAI:
        """An async client of the SDK that is answered in process; `options` are those of `openai.AsyncOpenAI`."""
        import openai

        httpx = sdk_httpx()
        return openai.AsyncOpenAI(**self._options(httpx.AsyncClient(transport=self.transport()), options))

    def transport(self, httpx: ModuleType | None = None) -> Any:
        """A transport for clients of `httpx`, or of httpx2, that is answered in process, sync and async.

        Without a module it is for the one that the installed SDK builds its clients on.
        """
        from fakemodel.api.transport import transport_class

        return transport_class(httpx or sdk_httpx())(self)

    @contextmanager
    def serve(self) -> Iterator[Served]:
        """Serve on loopback while the context is open. Raises ServerUnavailable without the server extra."""
        from fakemodel.api.server import LoopbackServer

        server = LoopbackServer()
        try:
            yield Served(server.mount(self, alone=True))
        finally:
            server.close()

    def answer(self, request: Request) -> Answer:
        """Journal a request and answer it."""
        steps = self._steps(request)
        step = self._step(partial(next, steps))
        while not isinstance(step, Answer):
            try:
                value = step()
                value = _awaited(value) if inspect.isawaitable(value) else value
            except BaseException as error:
                step = self._step(partial(steps.throw, error))
            else:
                step = self._step(partial(steps.send, value))
        return step

    async def answer_async(self, request: Request, call: Callable[[Waited], Awaitable[object]] | None = None) -> Answer:
        """Journal a request and answer it; `call` calls a responder, where that may block the event loop."""
        steps = self._steps(request)
        step = self._step(partial(next, steps))
        while not isinstance(step, Answer):
            try:
                value = await call(step) if call else step()
                value = await value if inspect.isawaitable(value) else value
            except BaseException as error:  # a request that is cancelled ends its run
                step = self._step(partial(steps.throw, error))
            else:
                step = self._step(partial(steps.send, value))
        return step

    def _step(self, advance: Callable[[], Waited]) -> Waited | Answer:
        """One step of an answer: nothing else happens on the server meanwhile, but while a responder is asked."""
        with self._lock:
            try:
                return advance()
            except StopIteration as ended:
                answer: Answer = ended.value
        if answer.end is not None:
            answer.end = partial(self._locked, answer.end)
        return answer

    def _locked(self, end: Callable[[bool], None], whole: bool) -> None:
        with self._lock:
            end(whole)

    def _steps(self, request: Request) -> Generator[Waited, object, Answer]:
        self.requests.append(request)
        position = len(self.requests)
        try:
            steps = routes.answer(self._server, request)
            if self._fault_rules:
                steps = self._fault_rules.answered(request, position, len(self.turns) + 1, steps)
            request.answer = yield from steps
        except BaseException as error:
            # In process pytest.fail(…) goes through the client to the test; from a server's thread nothing does.
            is_over = isinstance(error, GeneratorExit | asyncio.CancelledError)
            if is_over or not (request.served or isinstance(error, FakeModelError | Exception)):
                raise
            self.refused.append(error)
            request.answer = refused("script", f"{type(error).__name__}: {error}")
        request.answer.headers = {"x-request-id": f"req_{position:032x}", **request.answer.headers}
        return request.answer

    def _options(self, http_client: Any, options: dict[str, Any]) -> dict[str, Any]:
        given = {"api_key": self._server.api_key or API_KEY, "base_url": "https://api.openai.com/v1"}
        return {**given, "http_client": http_client, **options}


def _awaited(value: Awaitable[object]) -> object:
    """What an awaitable comes to, for a caller who cannot wait, on an event loop of its own.

    It runs in a thread of its own: where the caller's own thread runs a loop there is no room for another.
    """
    from concurrent.futures import ThreadPoolExecutor

    async def wait() -> object:
        return await value

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, wait()).result()
