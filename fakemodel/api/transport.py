"""The door in process: transports for httpx and httpx2 that hand a request straight to the server."""

from __future__ import annotations

import functools
from types import ModuleType
from typing import TYPE_CHECKING, Any

from fakemodel.api.http import Answer, Request
from fakemodel.httpx_modules import response

if TYPE_CHECKING:
    from fakemodel.api.fake_openai import FakeOpenAI

__all__ = ["transport_class"]


@functools.cache
def transport_class(httpx: ModuleType) -> type[Any]:
    """The class of the in-process transports for `httpx`: one for each module, so that it can be patched."""

    class InProcess(httpx.BaseTransport, httpx.AsyncBaseTransport):  # type: ignore[misc, name-defined]
        """Answers each request in the caller's own thread."""

        def __init__(self, server: FakeOpenAI) -> None:
            self._server = server

        def handle_request(self, request: Any) -> Any:
            return _response(self._server.answer(_noted(request, request.read())))

        async def handle_async_request(self, request: Any) -> Any:
            return _response(await self._server.answer_async(_noted(request, await request.aread())))

    def _noted(request: Any, body: bytes) -> Request:
        url = request.url
        return Request(request.method, url.path, url.query.decode(), dict(request.headers), body)

    def _response(answer: Answer) -> Any:
        return response(httpx, answer.status, answer.headers, answer, answer.close)

    return InProcess
