"""The door in process: transports for httpx and httpx2 that hand a request straight to the server.

Nobody waits there: where an answer comes late, a client whose timeout is shorter has timed out, and the clock of an
asyncio event loop is put forward.
"""

from __future__ import annotations

import functools
import math
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from types import ModuleType
from typing import TYPE_CHECKING, Any

from fakemodel.api.http import AT_ONCE, Answer, Ending, Request
from fakemodel.clock import elapse
from fakemodel.errors import FakeModelError, SettingInvalid
from fakemodel.httpx_modules import response

if TYPE_CHECKING:
    from fakemodel.api.fake_openai import FakeOpenAI

__all__ = ["transport_class"]

FOREVER = 3600.0
"""Seconds after which nobody waits any more."""


@functools.cache
def transport_class(httpx: ModuleType) -> type[Any]:
    """The class of the in-process transports for `httpx`: one for each module, so that it can be patched."""

    class InProcess(httpx.BaseTransport, httpx.AsyncBaseTransport):  # type: ignore[misc, name-defined]
        """Answers each request in the caller's own thread."""

        def __init__(self, server: FakeOpenAI) -> None:
            self._server = server

        def __repr__(self) -> str:
            return f"<transport of {self._server!r}>"

        def handle_request(self, request: Any) -> Any:
            noted = _noted(request, request.read())
            answer = self._server.answer(noted)
            exchange = _Exchange(httpx, request, noted, answer, self._server.refused)
            for seconds in exchange.before():
                exchange.passed(seconds)
            return exchange.response(answer if answer.delivery is AT_ONCE else _sync(exchange))

        async def handle_async_request(self, request: Any) -> Any:
            noted = _noted(request, await request.aread())
            answer = await self._server.answer_async(noted)
            exchange = _Exchange(httpx, request, noted, answer, self._server.refused)
            for seconds in exchange.before():
                await exchange.elapsed(seconds)
            return exchange.response(answer if answer.delivery is AT_ONCE else _async(exchange))

    def _noted(request: Any, body: bytes) -> Request:
        url = request.url
        return Request(request.method, url.path, url.query.decode(), dict(request.headers), body)

    return InProcess


class _Exchange:
    """An answer on its way to its client: what comes, the seconds that pass, and what breaks off."""

    def __init__(
        self, httpx: ModuleType, request: Any, noted: Request, answer: Answer, refused: list[BaseException]
    ) -> None:
        self._httpx = httpx
        self._request = request
        self._noted = noted
        self._answer = answer
        self._refused = refused
        self._timeout: float | None = request.extensions.get("timeout", {}).get("read")

    def response(self, parts: Any) -> Any:
        answer = self._answer
        assert answer.status is not None
        return response(self._httpx, answer.status, answer.headers, parts, answer.close)

    def before(self) -> Iterator[float]:
        """The seconds before the headers: those of a stream are there at once. Raises an error of httpx."""
        if self._answer.status is None:
            yield from self._end()
        elif self._answer.delivery.first and not self._answer.is_stream:
            yield self._answer.delivery.first

    def parts(self) -> Iterator[bytes | float]:
        """The parts of the body, and the seconds before each. Raises an error of httpx."""
        delivery = self._answer.delivery
        seconds = delivery.first if self._answer.is_stream else 0.0
        for part in self._answer:
            if seconds:
                yield seconds
            yield part
            seconds = delivery.between
        yield from self._end()

    def _end(self) -> Iterator[float]:
        match self._answer.delivery.ending:
            case Ending.STALLED:
                yield math.inf
            case Ending.CUT:
                raise self._error("RemoteProtocolError", "peer closed connection without sending complete message body")
            case Ending.REFUSED:
                raise self._error("ConnectError", "[Errno 111] Connection refused")

    def passed(self, seconds: float) -> None:
        """So many seconds have passed. Raises ReadTimeout where the client waited for less."""
        if self._timeout is not None and seconds > self._timeout:
            raise self._error("ReadTimeout", "timed out")
        if math.isinf(seconds):
            error = FakeModelError(
                f"{self._noted.method} {self._noted.path} met {self._noted.fault!r}, and its "
                "client has no timeout: it would wait for ever. Give the client a timeout, or test what ends the wait."
            )
            self._refused.append(error)
            raise error

    async def elapsed(self, seconds: float) -> None:
        """Let so many seconds pass on the clock of the event loop. Raises ReadTimeout as `passed` does.

        Another event loop than asyncio's own has a clock that cannot be put forward: there they pass at once.
        """
        with suppress(SettingInvalid):
            await elapse(min(seconds, FOREVER if self._timeout is None else self._timeout))
        self.passed(seconds)

    def _error(self, name: str, message: str) -> Exception:
        error: Exception = getattr(self._httpx, name)(message, request=self._request)
        return error


def _sync(exchange: _Exchange) -> Iterator[bytes]:
    for each in exchange.parts():
        if isinstance(each, bytes):
            yield each
        else:
            exchange.passed(each)


async def _async(exchange: _Exchange) -> AsyncIterator[bytes]:
    for each in exchange.parts():
        if isinstance(each, bytes):
            yield each
        else:
            await exchange.elapsed(each)
