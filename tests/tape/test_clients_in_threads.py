"""Clients that vcrpy patches, in many threads at once: no request goes past the cassette, recorded or replayed."""

import json
import ssl
import subprocess
import threading
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import aiohttp
import pytest
import requests
import urllib3

import fakemodel


class Site(BaseHTTPRequestHandler):
    """Says again what it was sent; `/moved` is elsewhere."""

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        self.send_response(302 if self.path == "/moved" else 200)
        self.send_header("location", "/here")
        self.send_header("content-length", "4")
        self.end_headers()
        self.wfile.write(b"here")

    def log_message(self, *args):
        pass


@pytest.fixture
def site() -> Iterator[ThreadingHTTPServer]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Site)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def with_requests(url: str, number: int) -> object:
    return requests.post(url, json={"number": number}, verify=False).json()


def with_urllib3(url: str, number: int) -> object:
    with urllib3.PoolManager(cert_reqs="CERT_NONE") as pool:
        return pool.request("POST", url, json={"number": number}).json()


def with_urllib(url: str, number: int) -> object:
    request = urllib.request.Request(url, json.dumps({"number": number}).encode(), {"content-type": "application/json"})
    trusting = ssl.create_default_context()
    trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
    with urllib.request.urlopen(request, context=trusting if url.startswith("https") else None) as answer:
        return json.load(answer)


CLIENTS = {"requests": with_requests, "urllib3": with_urllib3, "urllib": with_urllib}
each_client = pytest.mark.parametrize("ask", CLIENTS.values(), ids=CLIENTS)


def asked_at_once(url: str, ask: Callable[[str, int], object]) -> list[object]:
    with ThreadPoolExecutor(6) as threads:
        return list(threads.map(lambda number: ask(url, number), range(12)))


@each_client
def test_all_are_recorded_and_all_are_replayed(site, tmp_path: Path, ask):
    url = f"http://127.0.0.1:{site.server_port}/v1"
    with fakemodel.cassette(tmp_path / "threads.yaml", mode="record") as tape:
        live = asked_at_once(url, ask)
    assert len(tape.turns) == 12
    site.server_close()

    with fakemodel.cassette(tmp_path / "threads.yaml"):
        assert asked_at_once(url, ask) == live == [{"number": number} for number in range(12)]


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    file = tmp_path / "certificate.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost"]
    subprocess.run([*command, "-keyout", file, "-out", tmp_path / "own.pem"], check=True, capture_output=True)
    file.write_bytes(file.read_bytes() + (tmp_path / "own.pem").read_bytes())
    return file


@pytest.mark.filterwarnings("ignore:Unverified HTTPS request")
@each_client
def test_over_tls_they_are_too(site, certificate, tmp_path: Path, ask):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    site.socket = context.wrap_socket(site.socket, server_side=True)
    url = f"https://127.0.0.1:{site.server_port}/v1"

    with fakemodel.cassette(tmp_path / "threads.yaml", mode="record"):
        live = asked_at_once(url, ask)

    with fakemodel.cassette(tmp_path / "threads.yaml"):
        assert asked_at_once(url, ask) == live


async def test_a_redirect_that_aiohttp_follows_is_recorded_and_replayed(site, tmp_path: Path):
    async def get() -> str:
        async with (
            aiohttp.ClientSession() as session,
            session.get(f"http://127.0.0.1:{site.server_port}/moved") as answer,
        ):
            return await answer.text()

    with fakemodel.cassette(tmp_path / "moved.yaml", mode="record") as tape:
        assert await get() == "here"
    assert [turn.response.status for turn in tape.turns] == [302, 200]

    with fakemodel.cassette(tmp_path / "moved.yaml"):
        assert await get() == "here"
