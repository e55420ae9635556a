"""What the tests of cassettes share."""

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from http.server import ThreadingHTTPServer

import pytest

from tests.tape.recorded import Origin


@contextmanager
def _served(server: ThreadingHTTPServer) -> Iterator[None]:
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def served() -> Callable[[ThreadingHTTPServer], AbstractContextManager[None]]:
    """Serve an HTTP server, on a thread, while the context is open."""
    return _served


@pytest.fixture
def origin(served) -> Iterator[Origin]:
    """A server of another make than FakeOpenAI."""
    origin = Origin()
    with served(origin.server):
        yield origin
