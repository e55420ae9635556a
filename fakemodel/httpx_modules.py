"""The HTTP clients that the openai SDK sends with: httpx (openai 2) and httpx2 (openai 3), behind one seam.

Both have the same names. Either may be installed, or both, and a user may hand one's client to the other's SDK.
"""

from __future__ import annotations

import asyncio
import functools
import importlib
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from types import ModuleType
from typing import Any

__all__ = ["httpx_modules", "response", "sdk_httpx"]


@functools.cache
def httpx_modules() -> tuple[ModuleType, ...]:
    """The installed ones."""
    found = []
    for name in ("httpx2", "httpx"):
        try:
            found.append(importlib.import_module(name))
        except ModuleNotFoundError:
            continue
    return tuple(found)


@functools.cache
def sdk_httpx() -> ModuleType:
    """The one that the installed openai SDK builds its clients on."""
    from openai import DefaultHttpxClient

    return next(module for module in httpx_modules() if issubclass(DefaultHttpxClient, module.Client))


class Body:
    """A body that comes in parts, for sync and async clients alike; `closed` is called when its reader leaves."""

    def __init__(self, parts: Iterable[bytes] | AsyncIterable[bytes], closed: Callable[[], None]) -> None:
        self._parts = parts
        self._closed = closed

    def __iter__(self) -> Iterator[bytes]:
        assert isinstance(self._parts, Iterable)
        with self._closed_by_errors():
            yield from self._parts

    async def __aiter__(self) -> AsyncIterator[bytes]:
        pause = _pause()
        with self._closed_by_errors():
            if isinstance(self._parts, AsyncIterable):
                async for part in self._parts:
                    await pause()
                    yield part
                return
            for part in self._parts:
                await pause()  # as a socket would: others have their turn between two parts, and may cancel
                yield part

    @contextmanager
    def _closed_by_errors(self) -> Iterator[None]:
        """As a connection is: not every version of the SDK closes what broke off, or what nobody reads any more."""
        try:
            yield
        except BaseException:
            self._closed()
            raise

    def close(self) -> None:
        self._closed()

    async def aclose(self) -> None:
        self._closed()


def _pause() -> Callable[[], Awaitable[None]]:
    """What lets others have their turn on the event loop that runs: asyncio's, or another's that anyio knows."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        from anyio.lowlevel import checkpoint

        return checkpoint
    return functools.partial(asyncio.sleep, 0)


@functools.cache
def _body_class(httpx: ModuleType) -> type[Any]:
    return type("Body", (Body, httpx.SyncByteStream, httpx.AsyncByteStream), {})


def response(
    httpx: ModuleType,
    status: int,
    headers: Mapping[str, str] | list[tuple[str, str]],
    parts: Iterable[bytes] | AsyncIterable[bytes],
    closed: Callable[[], None] = lambda: None,
) -> Any:
    """A response whose body arrives part by part; `closed` is called when its reader leaves."""
    return httpx.Response(status, headers=headers, stream=_body_class(httpx)(parts, closed))
