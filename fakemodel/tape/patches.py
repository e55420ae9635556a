"""The patches of httpx and httpx2: what plays and records in the place of vcrpy's.

A replayed stream arrives event by event, and a recorded one passes on as it comes: nothing waits for its end.
"""

from __future__ import annotations

import functools
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from http.client import HTTPSConnection
from importlib.util import find_spec
from types import FunctionType, ModuleType
from typing import TYPE_CHECKING, Any

import vcr.patch

from fakemodel.api.transport import transport_class
from fakemodel.httpx_modules import httpx_modules, response
from fakemodel.tape.interaction import Request, Response
from fakemodel.wire.sse import split

if TYPE_CHECKING:
    from fakemodel.tape.cassette import Cassette

__all__ = ["Patch", "patches", "skipped"]

Patch = tuple[Any, str, Callable[..., Any]]
"""A class or a module, the name of a function of its, and what stands in its place."""

FRAMING = {"connection", "content-length", "content-encoding", "transfer-encoding"}
"""Headers of how a body travelled; a body that is recorded whole and decoded has none of them."""


@functools.cache
def skipped() -> tuple[str, ...]:
    """The clients that vcrpy need not patch: ours, and those that it would search the disk for in vain."""
    modules = {"aiohttp": "aiohttp", "boto3": "botocore", "httplib2": "httplib2", "requests": "requests"}
    modules |= {"tornado": "tornado", "urllib3": "urllib3"}
    return ("httpx", "httpx2", *(name for name, module in modules.items() if find_spec(module) is None))


def patches(cassette: Cassette) -> Iterator[Patch]:
    """The patches that put `cassette` between every client of httpx or httpx2 and its transport.

    For other clients vcrpy takes its patches away, in all threads, whenever one of them connects: that must not be.
    """
    yield vcr.patch, "force_reset", _left_in_place
    yield HTTPSConnection, "__init__", _with_its_own_class(HTTPSConnection.__init__)
    for httpx in httpx_modules():
        for transport in (httpx.HTTPTransport, transport_class(httpx)):
            yield transport, "handle_request", _sync(cassette, httpx, transport.handle_request)
        for transport in (httpx.AsyncHTTPTransport, transport_class(httpx)):
            yield transport, "handle_async_request", _async(cassette, httpx, transport.handle_async_request)


def _left_in_place() -> AbstractContextManager[None]:
    return nullcontext()


def _with_its_own_class(init: Any) -> FunctionType:
    """`HTTPSConnection.__init__`, which looks its own class up by the name that vcrpy's stands at, and finds it."""
    namespace = {**init.__globals__, "HTTPSConnection": HTTPSConnection}
    copied = FunctionType(init.__code__, namespace, init.__name__, init.__defaults__, init.__closure__)
    copied.__kwdefaults__ = init.__kwdefaults__
    return copied


def _sync(cassette: Cassette, httpx: ModuleType, send: Callable[..., Any]) -> Callable[..., Any]:
    def handle_request(transport: Any, request: Any) -> Any:
        noted = cassette.note(_request(request, request.read()))
        if noted is None:
            return send(transport, request)
        if cassette.mode == "replay":
            return _played(httpx, cassette.play(noted))
        recording = _Recording(cassette, noted, httpx)
        with recording.sending():
            return recording.of(send(transport, request))

    return handle_request


def _async(cassette: Cassette, httpx: ModuleType, send: Callable[..., Awaitable[Any]]) -> Callable[..., Any]:
    async def handle_async_request(transport: Any, request: Any) -> Any:
        noted = cassette.note(_request(request, await request.aread()))
        if noted is None:
            return await send(transport, request)
        if cassette.mode == "replay":
            return _played(httpx, cassette.play(noted))
        recording = _Recording(cassette, noted, httpx)
        with recording.sending():
            return recording.of(await send(transport, request))

    return handle_async_request


def _request(request: Any, body: bytes) -> Request:
    return Request(request.method, str(request.url), _headers(request), body)


def _headers(message: Any) -> dict[str, list[str]]:
    headers: dict[str, list[str]] = {}
    for name, value in message.headers.multi_items():
        headers.setdefault(name.lower(), []).append(value)
    return headers


def _played(httpx: ModuleType, recorded: Response) -> Any:
    whole = recorded.headers.get("content-encoding")  # kept only where the body is still encoded
    headers = [
        (name, value)
        for name, values in recorded.headers.items()
        if name not in FRAMING or (whole and name == "content-encoding")
        for value in values
    ]
    parts = split(recorded.body) if recorded.is_stream and not whole else [recorded.body]
    return response(httpx, recorded.status, headers, parts)


class _Recording:
    """One interaction while it is recorded: a tee in the live body, kept when the body was whole."""

    def __init__(self, cassette: Cassette, request: Request, httpx: ModuleType) -> None:
        self._cassette, self._request, self._httpx = cassette, request, httpx
        self._position = cassette.reserve(request)

    @contextmanager
    def sending(self) -> Iterator[None]:
        """Around the request: one that was not answered at all is not recorded."""
        try:
            yield
        except BaseException:
            self._cassette.drop(self._position)
            raise

    def of(self, live: Any) -> Any:
        """The live response, its body passing through the tee."""
        self._live = live
        base = (_Tee, self._httpx.SyncByteStream, self._httpx.AsyncByteStream)
        live.stream = type("Tee", base, {})(live.stream, self._end)
        return live

    def _end(self, parts: list[bytes] | None) -> None:
        if parts is None:
            self._cassette.drop(self._position)
            return
        decoded = self._httpx.Response(self._live.status_code, headers=self._live.headers, content=b"".join(parts))
        headers = {name: values for name, values in _headers(self._live).items() if name not in FRAMING}
        whole = Response(self._live.status_code, self._live.reason_phrase, headers, decoded.content)
        self._cassette.keep(self._position, self._request, whole)


class _Tee:
    """A live body that is passed on and kept; what a client leaves unread is read when it closes the body.

    `end` is given the parts of the whole body, or None if it broke off.
    """

    def __init__(self, stream: Any, end: Callable[[list[bytes] | None], None]) -> None:
        self._stream, self._end = stream, end
        self._parts: list[bytes] = []
        self._live: Any = None
        self._ended = False

    def __iter__(self) -> Iterator[bytes]:
        self._live = self._live or iter(self._stream)
        with self._ending():
            for part in self._live:
                self._parts.append(part)
                yield part

    async def __aiter__(self) -> AsyncIterator[bytes]:
        self._live = self._live or aiter(self._stream)
        with self._ending():
            async for part in self._live:
                self._parts.append(part)
                yield part

    def close(self) -> None:
        with suppress(Exception):  # what breaks off now, nobody would have read
            if not self._ended:
                for _ in self:
                    pass
        self._stream.close()

    async def aclose(self) -> None:
        from anyio import CancelScope

        with CancelScope(shield=True):  # who is cancelled leaves a whole recording too
            with suppress(Exception):
                if not self._ended:
                    async for _ in self:
                        pass
            await self._stream.aclose()

    @contextmanager
    def _ending(self) -> Iterator[None]:
        """Around the reading of the body: tells its end once, unless the reader merely went away."""
        try:
            yield
        except GeneratorExit:
            raise
        except BaseException:
            self._tell(None)
            raise
        self._tell(self._parts)

    def _tell(self, parts: list[bytes] | None) -> None:
        if not self._ended:
            self._ended = True
            self._end(parts)
