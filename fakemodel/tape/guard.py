"""What may leave the process while a double stands in for the API: nothing that the test did not mean to send.

The Agents SDK posts its traces to the API from a thread, whatever the base URL; they are answered here. While a
cassette is replayed, connections to anywhere but this machine are refused.
"""

from __future__ import annotations

import ipaddress
import logging
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import Any

from fakemodel.httpx_modules import httpx_modules, response

__all__ = ["DOUBLES_KEY", "is_guarded", "network_refused", "traces_answered"]

TRACES = "/v1/traces/ingest"

NO_KEY = "OPENAI_API_KEY is not set, skipping trace export"
"""What the Agents SDK's exporter warns of: below a double no trace is missed, and no key."""

DOUBLES_KEY = "sk-fakemodel"
"""What the keys begin with that doubles and cassettes put into the environment."""


@contextmanager
def traces_answered() -> Iterator[None]:
    """Answer the posts of the Agents SDK's trace exporter (204), also of what is still in its queue at the end.

    Without a key it posts nothing, and its warning of that is kept out of the reports of failed tests.
    """
    logger = logging.getLogger("openai.agents")

    def needed(record: logging.LogRecord) -> bool:
        return record.msg != NO_KEY

    with ExitStack() as stack:
        logger.addFilter(needed)
        stack.callback(logger.removeFilter, needed)
        for httpx in httpx_modules():
            handle = _answering(httpx.HTTPTransport.handle_request, httpx)
            stack.enter_context(_patched(httpx.HTTPTransport, "handle_request", handle))
        try:
            yield
        finally:
            if "agents.tracing" in sys.modules:
                from agents.tracing import get_trace_provider
                from agents.tracing.processors import default_processor

                # The providers of older SDKs, and those that users write, cannot be flushed.
                getattr(get_trace_provider(), "force_flush", default_processor().force_flush)()
                _forget_key()


def _forget_key() -> None:
    """Have the exporter look for its key again: the one of its first post, which it keeps, may be that of a double."""
    from agents.tracing.processors import default_exporter

    exporter = default_exporter()
    # None as well: older SDKs keep also that there was no key.
    if exporter.api_key is None or exporter.api_key.startswith(DOUBLES_KEY):
        exporter.set_api_key(None)  # type: ignore[arg-type]  # as it is made with; there is no other public way back


def _answering(send: Callable[..., Any], httpx: Any) -> Callable[..., Any]:
    def handle_request(transport: Any, request: Any) -> Any:
        if request.url.path == TRACES:
            return response(httpx, 204, [], [])
        return send(transport, request)

    return handle_request


@contextmanager
def network_refused(refuse: Callable[[str], object]) -> Iterator[None]:
    """Have `refuse` raise for each connection to another machine, whose name it is given."""

    def guarded(owner: Any, name: str, host_of: Callable[..., object]) -> AbstractContextManager[None]:
        real = getattr(owner, name)

        def call(*args: Any, **kwargs: Any) -> Any:
            host = host_of(*args, **kwargs)
            if not _is_local(host):
                refuse(host.decode() if isinstance(host, bytes) else str(host))
            return real(*args, **kwargs)

        # Told by `is_guarded`: another plugin's function, put in the place of this one, does not bear it.
        call.is_guard = True  # type: ignore[attr-defined]  # mypy knows no attributes of functions
        return _patched(owner, name, call)

    with ExitStack() as stack:
        for name in ("connect", "connect_ex"):
            stack.enter_context(guarded(socket.socket, name, lambda self, address, *_: _host(address)))
        for name in ("sendto", "sendmsg"):
            stack.enter_context(guarded(socket.socket, name, lambda self, *message: _host(message[-1])))
        for name in ("getaddrinfo", "gethostbyname", "gethostbyname_ex"):
            stack.enter_context(guarded(socket, name, lambda host=None, *_, **__: host))
        yield


@contextmanager
def _patched(owner: Any, name: str, value: object) -> Iterator[None]:
    """As `mock.patch.object`, at a tenth of its cost: every test with a cassette pays it."""
    own = vars(owner).get(name, _INHERITED)
    setattr(owner, name, value)
    try:
        yield
    finally:
        if own is _INHERITED:
            delattr(owner, name)
        else:
            setattr(owner, name, own)


_INHERITED = object()


def is_guarded() -> bool:
    """Whether connections are refused here and now, and nobody put another guard in the place of ours."""
    return hasattr(socket.socket.connect, "is_guard")


def _host(address: object) -> object:
    return address[0] if isinstance(address, tuple) else None


def _is_local(host: object) -> bool:
    """Whether `host` is this machine: a loopback address, its name, or no host at all (a unix socket)."""
    name = host.decode() if isinstance(host, bytes) else host
    if name in (None, "", "localhost") or not isinstance(name, str):
        return True
    try:
        address = ipaddress.ip_address(name.partition("%")[0])
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified
