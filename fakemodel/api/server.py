"""The door on loopback: one ASGI server, on a thread, for any number of FakeOpenAIs.

Each is mounted under a path of its own, so that a suite starts one server and every test has its own base URL.
"""

from __future__ import annotations

import asyncio
import itertools
import socket
import threading
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from fakemodel.api.http import Request
from fakemodel.errors import ServerUnavailable

if TYPE_CHECKING:
    from fakemodel.api.fake_openai import FakeOpenAI

__all__ = ["LoopbackServer"]

STARTS_WITHIN = 30.0  # seconds; a server that takes longer has failed


class LoopbackServer:
    """An HTTP server on 127.0.0.1, at a port that the system chooses; started when it is made.

    Raises ServerUnavailable where uvicorn is missing, or does not start.
    """

    def __init__(self) -> None:
        try:
            import uvicorn
        except ModuleNotFoundError:
            raise ServerUnavailable(
                "Serving FakeOpenAI over loopback needs the server extra: pip install 'fakemodel[server]'. "
                "FakeOpenAI().client() and .async_client() answer in process, without it."
            ) from None
        self._mounts: dict[str, FakeOpenAI] = {}
        self._names = itertools.count(1)
        self._socket = socket.create_server(("127.0.0.1", 0))
        # Accepted sockets inherit it: an answer goes out in several writes, and each would wait for the one before.
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        ready = threading.Event()

        class Server(uvicorn.Server):
            async def startup(self, sockets: list[socket.socket] | None = None) -> None:
                await super().startup(sockets=sockets)
                ready.set()

        config = uvicorn.Config(
            self._app,
            interface="asgi3",
            lifespan="off",
            ws="none",
            log_config=None,  # the handlers of the suite's own logging stay as they are
            access_log=False,
            server_header=False,
        )
        self._server = Server(config)
        run = {"sockets": [self._socket]}
        self._thread = threading.Thread(target=self._server.run, kwargs=run, name="fakemodel-server", daemon=True)
        self._thread.start()
        if not ready.wait(STARTS_WITHIN):
            raise ServerUnavailable(f"The loopback server did not start within {STARTS_WITHIN:.0f} seconds.")

    def mount(self, api: FakeOpenAI) -> str:
        """Serve `api`; returns its base URL, which ends in `/v1`."""
        name = str(next(self._names))
        self._mounts[name] = api
        return f"http://127.0.0.1:{self._socket.getsockname()[1]}/{name}/v1"

    def unmount(self, base_url: str) -> None:
        """Stop serving what was mounted there."""
        del self._mounts[base_url.split("/")[-2]]

    def close(self) -> None:
        """Stop the server; open requests are ended."""
        self._server.should_exit = True
        self._server.force_exit = True
        self._thread.join()
        self._socket.close()

    async def _app(
        self,
        scope: dict[str, Any],
        receive: Callable[[], Awaitable[dict[str, Any]]],
        send: Callable[[dict[str, Any]], Awaitable[None]],
    ) -> None:
        """The ASGI application: the first segment of the path says which FakeOpenAI is meant."""
        body = await _body(receive)
        if body is None:
            return
        _, name, path = scope["path"].split("/", 2) if scope["path"].count("/") > 1 else ("", "", "")
        api = self._mounts.get(name)
        if api is None:
            await send({"type": "http.response.start", "status": 404, "headers": []})
            await send({"type": "http.response.body", "body": b"No FakeOpenAI is served here: its test is over."})
            return
        headers = {key.decode("latin-1"): value.decode("latin-1") for key, value in scope["headers"]}
        request = Request(scope["method"], f"/{path}", scope["query_string"].decode(), headers, body)
        try:
            # A responder may block, and ask this very server.
            answer = await api.answer_async(request, asyncio.to_thread)
        except asyncio.CancelledError:  # the server is closed while a responder is asked: there is nobody to tell
            return
        # Connections are not kept: a client that outlives its event loop, as the one that the Agents SDK shares
        # between tests, would find a dead one in its pool.
        sent = {**answer.headers, "connection": "close"}
        lines = [(key.encode("latin-1"), value.encode("latin-1")) for key, value in sent.items()]
        left = asyncio.ensure_future(receive())  # a client that reads no more is all that can come
        try:
            await send({"type": "http.response.start", "status": answer.status, "headers": lines})
            for part in answer:
                await send({"type": "http.response.body", "body": part, "more_body": True})
                await asyncio.sleep(0)
                if left.done():
                    break
            await send({"type": "http.response.body", "body": b""})
        finally:
            left.cancel()
            answer.close()


async def _body(receive: Callable[[], Awaitable[dict[str, Any]]]) -> bytes | None:
    """The body of a request; None where the client left before it was whole."""
    parts = []
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        parts.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(parts)
