"""FakeOpenAI as an ASGI application: what comes over a socket is journaled and answered, as its delivery has it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

from fakemodel.api.http import AT_ONCE, Answer, Ending, Request

if TYPE_CHECKING:
    from fakemodel.api.fake_openai import FakeOpenAI

__all__ = ["ROOT", "Connections", "application"]

Scope: TypeAlias = dict[str, Any]

Receive: TypeAlias = Callable[[], Awaitable[dict[str, Any]]]

Send: TypeAlias = Callable[[dict[str, Any]], Awaitable[None]]

Connections: TypeAlias = dict[Any, asyncio.Transport]
"""The connections of a server by the addresses of their clients: some are to break off."""

ROOT = ""
"""The name of what is served at `/v1` itself."""


def application(
    mounts: Mapping[str, FakeOpenAI], connections: Connections
) -> Callable[[Scope, Receive, Send], Awaitable[None]]:
    """An application that serves each of `mounts` under its name: `/<name>/v1/responses`."""

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        body = await _body(receive)
        if body is None:
            return
        api, path = mounts.get(ROOT), scope["path"]
        if api is None:
            name, _, path = path.removeprefix("/").partition("/")
            api, path = mounts.get(name), f"/{path}"
        if api is None:
            await send({"type": "http.response.start", "status": 404, "headers": []})
            await send({"type": "http.response.body", "body": b"No FakeOpenAI is served here: its test is over."})
            return
        headers = {key.decode("latin-1"): value.decode("latin-1") for key, value in scope["headers"]}
        request = Request(scope["method"], path, scope["query_string"].decode(), headers, body, served=True)
        try:
            # A responder may block, and ask this very server.
            answer = await api.answer_async(request, asyncio.to_thread)
        except asyncio.CancelledError:  # the server is closed while a responder is asked: there is nobody to tell
            return
        start = _start(answer, keep=ROOT in mounts)
        if answer.delivery is AT_ONCE and not answer.is_stream:
            await send(start)
            await send({"type": "http.response.body", "body": b"".join(answer)})
            return
        left = asyncio.ensure_future(receive())  # a client that reads no more is all that can come
        connection = connections.get(tuple(scope["client"] or ()))
        try:
            whole = await _sent(answer, start, send, left)
            if not whole and connection is not None:
                connection.close()  # what was written before goes out; then the client reads the end of it
                await left
        except asyncio.CancelledError:  # the server is closed in the middle of an answer
            if connection is not None:
                connection.abort()
        finally:
            left.cancel()
            answer.close()

    return serve


async def _body(receive: Receive) -> bytes | None:
    """The body of a request; None where the client left before it was whole."""
    parts = []
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        parts.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(parts)


def _start(answer: Answer, *, keep: bool) -> dict[str, Any]:
    """The status and the headers of an answer.

    A server for many tests does not `keep` its connections: a client that outlives its event loop, as the one that the
    Agents SDK shares between tests, would find a dead one in its pool.
    """
    headers = dict(answer.headers)
    if not keep:
        headers["connection"] = "close"
    if not answer.is_stream:
        headers["content-length"] = str(len(answer.body))
    lines = [(key.encode("latin-1"), value.encode("latin-1")) for key, value in headers.items()]
    return {"type": "http.response.start", "status": answer.status, "headers": lines}


async def _sent(answer: Answer, start: dict[str, Any], send: Send, left: asyncio.Future[Any]) -> bool:
    """Send an answer, as its delivery has it, while its client is there; whether it was sent to its end."""
    delivery = answer.delivery
    if answer.status is not None:
        if not answer.is_stream:
            await _pause(delivery.first, left)
        await send(start)
        seconds = delivery.first if answer.is_stream else 0.0
        for part in answer:
            await _pause(seconds, left)
            await send({"type": "http.response.body", "body": part, "more_body": True})
            seconds = delivery.between
            if left.done():
                break
    if delivery.ending is Ending.STALLED:
        await asyncio.wait({left})
    if delivery.ending is Ending.WHOLE:
        await send({"type": "http.response.body", "body": b""})
    return delivery.ending is Ending.WHOLE


async def _pause(seconds: float, left: asyncio.Future[Any]) -> None:
    """Wait so long, or until the client is gone; others have their turn in any case."""
    if seconds:
        await asyncio.wait({left}, timeout=seconds)
    else:
        await asyncio.sleep(0)
