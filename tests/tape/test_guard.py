"""While a cassette is replayed, connections to other machines are refused; those to this one pass."""

import asyncio
import contextlib
import socket
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import openai
import pytest

import fakemodel
from fakemodel import FakeModelError, FakeOpenAI, NetworkRefused

OTHER_MACHINE = ("api.openai.com", 443)
BROADCAST = ("255.255.255.255", 443)
"""An address that the system itself refuses at once: nothing is sent, should the guard fail."""

REFUSAL = (
    "A connection to {} was tried while the cassette is replayed: the request went past it, over a client that "
    "cassettes do not know, or a websocket.\n"
    "Where that is meant: refuse_network=False"
)


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    """A cassette without turns."""
    path = tmp_path / "geo.yaml"
    with fakemodel.cassette(path, mode="record"):
        pass
    return path


def by_socket(address):
    socket.create_connection(address).close()


def by_asyncio(address):
    asyncio.run(asyncio.open_connection(*address))


def by_connect(address):
    with socket.socket() as connection:
        connection.connect(address)


def by_connect_ex(address):
    with socket.socket() as connection:
        connection.connect_ex(address)


def by_lookup(address):
    socket.getaddrinfo(*address)


def by_datagram(address):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as connection:
        connection.sendto(b"", address)


def by_message(address):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as connection:
        connection.sendmsg([b""], [], 0, address)


def by_an_older_lookup(address):
    socket.gethostbyname(address[0])


def by_a_lookup_of_all(address):
    socket.gethostbyname_ex(address[0])


def by_lookup_of_a_keyword(address):
    socket.getaddrinfo(host=address[0], port=address[1])


def in_a_thread(address):
    with ThreadPoolExecutor() as threads:
        threads.submit(by_socket, address)


@pytest.mark.parametrize(
    ("connect", "address"),
    [
        (by_socket, OTHER_MACHINE),
        (by_asyncio, OTHER_MACHINE),
        (by_lookup, OTHER_MACHINE),
        (by_lookup, (b"api.openai.com", 443)),
        (by_lookup_of_a_keyword, ("nowhere.invalid", 443)),
        (by_an_older_lookup, OTHER_MACHINE),
        (by_a_lookup_of_all, OTHER_MACHINE),
        (by_datagram, BROADCAST),
        (by_message, BROADCAST),
        (by_connect, BROADCAST),
        (by_connect_ex, BROADCAST),
        (by_asyncio, BROADCAST),
        (in_a_thread, OTHER_MACHINE),
    ],
)
def test_a_connection_to_another_machine_is_refused(recording, connect, address):
    with pytest.raises(NetworkRefused) as refused, fakemodel.cassette(recording):
        connect(address)

    host = address[0]
    assert str(refused.value) == REFUSAL.format(host.decode() if isinstance(host, bytes) else host)


@pytest.mark.parametrize("connect", [by_socket, by_asyncio])
def test_a_refusal_that_was_swallowed_fails_at_the_end(recording, connect):
    with pytest.raises(NetworkRefused), fakemodel.cassette(recording) as tape, contextlib.suppress(NetworkRefused):
        connect(OTHER_MACHINE)

    assert [type(noted) for noted in tape.refused] == [NetworkRefused]


def test_a_refusal_passes_what_catches_every_exception():
    assert issubclass(NetworkRefused, FakeModelError)
    assert not issubclass(NetworkRefused, Exception)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
@pytest.mark.parametrize("connect", [by_socket, by_asyncio])
def test_this_machine_is_reached(recording, host, connect):
    with fakemodel.cassette(recording), socket.create_server(("127.0.0.1", 0)) as server:
        by_socket((host, server.getsockname()[1]))
        server.accept()[0].close()


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "::1", "localhost", None, b"localhost"])
def test_names_of_this_machine_are_looked_up(recording, host):
    with fakemodel.cassette(recording):
        assert socket.getaddrinfo(host, 80)


def test_unix_sockets_are_reached(recording, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with (
        fakemodel.cassette(recording),
        socket.socket(socket.AF_UNIX) as server,
        socket.socket(socket.AF_UNIX) as client,
    ):
        server.bind("door")
        server.listen()
        client.connect("door")
        server.accept()[0].close()


def test_a_server_of_the_tests_own_may_run_beside_a_replay(recording):
    with fakemodel.cassette(recording) as tape, FakeOpenAI(["Hello"]).serve() as served:
        by_socket(("127.0.0.1", int(served.base_url.split(":")[2].split("/")[0])))

    assert tape.refused == []


def test_the_network_is_open_where_it_is_said(recording):
    with fakemodel.cassette(recording, refuse_network=False) as tape, pytest.raises(OSError, match="unreachable"):
        by_connect(BROADCAST)

    assert tape.refused == []


def test_the_network_is_open_while_recording(tmp_path):
    with fakemodel.cassette(tmp_path / "new.yaml", mode="record"), pytest.raises(OSError, match="unreachable"):
        by_connect(BROADCAST)


def test_the_network_is_open_again_afterwards(recording):
    with fakemodel.cassette(recording):
        pass

    with pytest.raises(OSError, match="unreachable"):
        by_connect(BROADCAST)
    assert "connect" not in vars(socket.socket)


def test_every_refusal_is_noted(recording):
    def twice() -> None:
        for _ in range(2):
            with pytest.raises(NetworkRefused) as refused:
                by_socket(OTHER_MACHINE)
            noted.append(refused.value)

    noted: list[NetworkRefused] = []
    with pytest.raises(NetworkRefused) as first, fakemodel.cassette(recording) as tape:
        twice()

    assert tape.refused == noted
    assert first.value is noted[0]


def test_a_realtime_connection_is_refused_by_the_guard(recording):
    pytest.importorskip("websockets", reason="the realtime API needs websockets")

    async def talk() -> None:
        async with openai.AsyncOpenAI() as client, client.realtime.connect(model="gpt-realtime"):
            raise AssertionError("it connected")

    with pytest.raises(NetworkRefused), fakemodel.cassette(recording):
        asyncio.run(talk())


def test_datagrams_to_this_machine_pass(recording):
    with fakemodel.cassette(recording, allow_unplayed=True), socket.socket(type=socket.SOCK_DGRAM) as here:
        here.bind(("127.0.0.1", 0))
        with socket.socket(type=socket.SOCK_DGRAM) as there:
            there.sendto(b"word", here.getsockname())
            there.connect(here.getsockname())
            there.sendmsg([b"more"])

        assert [here.recv(4), here.recv(4)] == [b"word", b"more"]
