"""The door in process: transports for httpx and httpx2 that hand a request straight to the server."""

from __future__ import annotations

import functools
from types import ModuleType
from typing import TYPE_CHECKING, Any

from fakemodel.api.http import Request
from fakemodel.httpx_modules import response

if TYPE_CHECKING:
    from fakemodel.api.fake_openai import FakeOpenAI

__all__ = ["transport", "transport_class"]


def transport(server: FakeOpenAI, httpx: ModuleType) -> Any:
    """A transport to `server`, for a sync or an async client of `httpx`."""
    return transport_class(httpx)(server)


@functools.cache
def transport_class(httpx: ModuleType) -> type[Any]:
    """The class of the in-process transports for `httpx`: one for each module, so that it can be patched."""

    class InProcess(httpx.BaseTransport, httpx.AsyncBaseTransport):  # type: ignore[misc, name-defined]
        """Answers each request in the caller's own thread."""

        def __init__(self, server: FakeOpenAI) -> None:
            self._server = server

        def handle_request(self, request: Any) -> Any:
            return self._answer(request, request.read())

        async def handle_async_request(self, request: Any) -> Any:
            return self._answer(request, await request.aread())

        def _answer(self, request: Any, body: bytes) -> Any:
            url = request.url
            answer = self._server.answer(
                Request(request.method, url.path, url.query.decode(), dict(request.headers), body)
            )
            return response(httpx, answer.status, answer.headers, answer.parts)

    return InProcess
