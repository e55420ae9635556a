"""The door on loopback: one ASGI server, on a thread, for any number of FakeOpenAIs.

Each is mounted under a path of its own, so that a suite starts one server and every test has its own base URL.
"""

from __future__ import annotations

import asyncio
import itertools
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any

from fakemodel.api.asgi import ROOT, Connections, application
from fakemodel.errors import ServerUnavailable

if TYPE_CHECKING:
    from fakemodel.api.fake_openai import FakeOpenAI

__all__ = ["LoopbackServer"]

STARTS_WITHIN = 30.0  # seconds; a server that takes longer has failed


class LoopbackServer:
    """An HTTP server, on 127.0.0.1 and at a port that the system chooses unless it is told; started when it is made.

    Raises ServerUnavailable where uvicorn is missing, or does not start, and where the address is not to be had.
    """

    def __init__(self, host: str = "127.0.0.1", port: int = 0) -> None:
        try:
            import uvicorn
        except ModuleNotFoundError:
            raise ServerUnavailable(
                "Serving FakeOpenAI over loopback needs the server extra: pip install 'fakemodel[server]'. "
                "FakeOpenAI().client() and .async_client() answer in process, without it."
            ) from None
        self._mounts: dict[str, FakeOpenAI] = {}
        self._names = itertools.count(1)
        try:
            family = socket.AF_INET6 if ":" in host else socket.AF_INET
            self._socket = socket.create_server((host, port), family=family)
        except OSError as error:
            raise ServerUnavailable(f"FakeOpenAI cannot be served at {host}:{port}: {error.strerror}.") from None
        self._connections = connections = Connections()
        ready = threading.Event()

        class Server(uvicorn.Server):
            """It is told when it is over, where uvicorn's own looks ten times a second."""

            async def main_loop(self) -> None:
                over, loop = asyncio.Event(), asyncio.get_running_loop()
                self.stop = partial(loop.call_soon_threadsafe, over.set)
                ready.set()
                await over.wait()

            async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
                with suppress(NotImplementedError):  # the loop of Windows has no readers
                    for listening in sockets or ():
                        asyncio.get_running_loop().remove_reader(listening)
                for _ in range(2):  # in which connections are made that were accepted a moment ago: asyncio loses
                    await asyncio.sleep(0)  # those that it makes for a server that is closed
                for server in self.servers:
                    server.close()
                for connection in list(self.server_state.connections):
                    connection.shutdown()
                for transport in list(connections.values()):
                    transport.abort()
                await asyncio.sleep(0)  # in which they are lost

        config = uvicorn.Config(
            application(self._mounts, self._connections),
            interface="asgi3",
            http=_protocol(self._connections),
            proxy_headers=False,  # who is at the other end is who connected
            lifespan="off",
            ws="none",
            log_config=None,  # the handlers of the suite's own logging stay as they are
            access_log=False,
            server_header=False,
            date_header=False,
        )
        self._server = Server(config)
        self._thread = threading.Thread(target=self._run, name="fakemodel-server", daemon=True)
        self._thread.start()
        if not ready.wait(STARTS_WITHIN):
            raise ServerUnavailable(f"The loopback server did not start within {STARTS_WITHIN:.0f} seconds.")

    def _run(self) -> None:
        # Older versions of uvicorn set the policy of event loops where they choose one: that of the suite, too.
        with asyncio.Runner(loop_factory=_loop_factory()) as runner:
            runner.run(self._server.serve(sockets=[self._socket]))

    def mount(self, api: FakeOpenAI, *, alone: bool = False) -> str:
        """Serve `api`; returns its base URL, which ends in `/v1`.

        It has a path of its own, unless it is `alone` on this server.
        """
        name = ROOT if alone else str(next(self._names))
        self._mounts[name] = api
        host, port = self._socket.getsockname()[:2]
        host = f"[{host}]" if ":" in host else host
        return "/".join(filter(None, (f"http://{host}:{port}", name, "v1")))

    def unmount(self, base_url: str) -> None:
        """Stop serving what was mounted there."""
        del self._mounts[base_url.split("/")[-2]]

    def close(self) -> None:
        """Stop the server; open requests are ended."""
        self._server.stop()
        self._thread.join()
        self._socket.close()


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    try:
        import uvloop
    except ModuleNotFoundError:  # there is none for Windows
        return None
    return uvloop.new_event_loop


def _protocol(connections: Connections) -> type[Any]:
    """The protocol of the server, which keeps its `connections` by their clients: some are to break off."""
    from uvicorn.protocols.http.auto import AutoHTTPProtocol

    class Protocol(AutoHTTPProtocol):  # type: ignore[misc, valid-type]
        def connection_made(self, transport: asyncio.Transport) -> None:
            # asyncio does so only for a listening socket that was made with its protocol named.
            transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._peer = tuple(transport.get_extra_info("peername") or ())[:2]
            connections[self._peer] = transport
            super().connection_made(transport)

        def connection_lost(self, exc: Exception | None) -> None:
            connections.pop(self._peer, None)
            super().connection_lost(exc)

    return Protocol
