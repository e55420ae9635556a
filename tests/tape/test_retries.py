"""Rate limits while recording: what was asked again and answered is one turn, what was never answered is told."""

import asyncio
import contextlib
import json
import threading
from collections.abc import Callable, Iterator
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Literal

import openai
import pytest
import yaml

import fakemodel
from fakemodel import CassetteInvalid, CassetteMiss, Reply, sse

pytestmark = pytest.mark.usefixtures("own_folder")

NOWHERE = "https://api.openai.com/v1"
RETRIED = [408, 409, 429, 500, 502, 503]


class Origin:
    """An HTTP server on loopback: each request is answered by the next of its statuses, then by 200."""

    def __init__(self) -> None:
        self.statuses: list[int] = []
        self.asked: list[str] = []
        origin, lock = self, threading.Lock()

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
                with lock:
                    origin.asked.append(asked["input"])
                    status = origin.statuses.pop(0) if origin.statuses else 200
                reply = Reply(f"To {asked['input']}")
                if status != 200:
                    self._send(status, "application/json", b'{"error": {"message": "Not now."}}')
                elif asked.get("stream"):
                    self._send(status, "text/event-stream", sse(reply.events()))
                else:
                    self._send(status, "application/json", reply.response().to_json().encode())

            def _send(self, status: int, kind: str, body: bytes) -> None:
                self.send_response(status)
                self.send_header("content-type", kind)
                self.send_header("content-length", str(len(body)))
                if status != 200:
                    self.send_header("retry-after-ms", "1")
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *args):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.base_url = f"http://127.0.0.1:{self.server.server_port}/v1"


@pytest.fixture
def origin(served) -> Iterator[Origin]:
    origin = Origin()
    with served(origin.server):
        yield origin


def ask(base_url: str, question: str = "Brazil?", retries: int = 2) -> str:
    with openai.OpenAI(base_url=base_url, api_key="sk-live", max_retries=retries) as client:
        return client.responses.create(model="gpt-4.1", input=question).output_text


def ask_streamed(base_url: str, question: str = "Brazil?", retries: int = 2) -> str:
    with openai.OpenAI(base_url=base_url, api_key="sk-live", max_retries=retries) as client:
        events = client.responses.create(model="gpt-4.1", input=question, stream=True)
        return "".join(event.delta for event in events if event.type == "response.output_text.delta")


async def asked(base_url: str, question: str = "Brazil?", retries: int = 2) -> str:
    async with openai.AsyncOpenAI(base_url=base_url, api_key="sk-live", max_retries=retries) as client:
        return (await client.responses.create(model="gpt-4.1", input=question)).output_text


async def asked_streamed(base_url: str, question: str = "Brazil?", retries: int = 2) -> str:
    async with openai.AsyncOpenAI(base_url=base_url, api_key="sk-live", max_retries=retries) as client:
        events = await client.responses.create(model="gpt-4.1", input=question, stream=True)
        return "".join([event.delta async for event in events if event.type == "response.output_text.delta"])


CLIENTS = {
    "sync": ask,
    "sync streamed": ask_streamed,
    "async": lambda *asks, **options: asyncio.run(asked(*asks, **options)),
    "async streamed": lambda *asks, **options: asyncio.run(asked_streamed(*asks, **options)),
}
each_client = pytest.mark.parametrize("ask", CLIENTS.values(), ids=CLIENTS)
Ask = Callable[..., str]


def limited(base_url: str, question: str = "Brazil?") -> None:
    """Ask once, and give up."""
    with pytest.raises(openai.RateLimitError):
        ask(base_url, question, retries=0)


def record(*asks: Callable[[], object], mode: Literal["record", "rerecord"] = "record") -> None:
    with fakemodel.cassette("geo.yaml", mode=mode):
        for each in asks:
            each()


def recorded_statuses() -> list[int]:
    turns = yaml.safe_load(Path("geo.yaml").read_text("utf-8"))["interactions"]
    return [turn["response"]["status"]["code"] for turn in turns]


# Asked again, and answered.


@each_client
@pytest.mark.parametrize("before", [*([status] for status in RETRIED), [429, 500]], ids=str)
def test_what_was_asked_again_and_answered_is_one_turn_and_replayed_at_once(origin, ask: Ask, before):
    origin.statuses = list(before)
    with fakemodel.cassette("geo.yaml", mode="record"):
        assert ask(origin.base_url) == "To Brazil?"

    assert origin.asked == ["Brazil?"] * (len(before) + 1)
    assert recorded_statuses() == [200]
    with fakemodel.cassette("geo.yaml") as tape:
        assert ask(NOWHERE, retries=0) == "To Brazil?"
    assert len(tape.requests) == 1


def test_the_file_is_that_of_a_day_without_rate_limits(origin):
    def converse() -> None:
        for question in ("Brazil?", "Peru?", "Brazil?"):
            ask(origin.base_url, question)

    with fakemodel.cassette("geo.yaml", mode="record"):
        converse()
    without = Path("geo.yaml").read_bytes(), Path("geo.yaml").stat().st_ino

    origin.statuses = [429, 200, 500, 503, 200, 429]
    with fakemodel.cassette("geo.yaml", mode="rerecord") as tape:
        converse()

    assert (Path("geo.yaml").read_bytes(), Path("geo.yaml").stat().st_ino) == without
    assert [turn.request.json["input"] for turn in tape.turns] == ["Brazil?", "Peru?", "Brazil?"]


def test_a_retry_of_the_applications_own_is_no_turn_either(origin):
    origin.statuses = [429]

    record(partial(limited, origin.base_url), partial(ask, origin.base_url))

    assert recorded_statuses() == [200]


def test_requests_at_the_same_time_are_kept_though_one_was_asked_again(origin):
    async def both(base_url: str) -> list[str]:
        return await asyncio.gather(asked(base_url), asked(base_url, "Peru?"))

    origin.statuses = [429, 200, 429]
    with fakemodel.cassette("geo.yaml", mode="record"):
        assert asyncio.run(both(origin.base_url)) == ["To Brazil?", "To Peru?"]

    assert len(origin.asked) == 4
    assert recorded_statuses() == [200, 200]
    with fakemodel.cassette("geo.yaml"):
        assert asyncio.run(both(NOWHERE)) == ["To Brazil?", "To Peru?"]


# Not answered to the end.


@each_client
@pytest.mark.parametrize(
    ("status", "words"),
    [
        (408, "408 Request Timeout"),
        (409, "409 Conflict"),
        (429, "429 Too Many Requests"),
        (500, "500 Internal Server Error"),
        (503, "503 Service Unavailable"),
    ],
)
def test_what_was_never_answered_is_refused_by_name(origin, ask: Ask, status, words):
    origin.statuses = [status] * 2

    with (
        pytest.raises(CassetteInvalid) as refused,
        fakemodel.cassette("geo.yaml", mode="record"),
        contextlib.suppress(openai.APIStatusError),
    ):
        ask(origin.base_url, retries=1)

    assert str(refused.value) == (
        f"turn 1 of geo was answered {words}, so that the file was left as it was (geo.yaml)\n"
        f'  POST {origin.base_url}/responses: {{"error": {{"message": "Not now."}}}}\n'
        "Where the test means the error: allow_errors=True"
    )
    assert len(origin.asked) == 2
    assert not Path("geo.yaml").exists()


def test_the_turn_that_was_never_answered_is_counted_without_those_that_were_asked_again(origin):
    record(partial(ask, origin.base_url))
    old = Path("geo.yaml").read_bytes()
    origin.statuses = [429, 500, 200, 429]

    with pytest.raises(CassetteInvalid, match=r"^turn 2 of geo was answered 429 Too Many Requests, so that the file"):
        record(partial(ask, origin.base_url), partial(limited, origin.base_url, "Peru?"), mode="rerecord")

    assert Path("geo.yaml").read_bytes() == old


def test_a_rate_limit_after_which_something_else_was_asked_is_refused(origin):
    origin.statuses = [429]

    with pytest.raises(CassetteInvalid, match=r"^turn 1 of geo was answered 429 Too Many Requests"):
        record(partial(limited, origin.base_url), partial(ask, origin.base_url, "And without the history?"))


def falling_back(base_url: str) -> list[str]:
    """An application that asks something else where it is answered an error, and then again."""
    said = []
    with openai.OpenAI(base_url=base_url, api_key="sk-live", max_retries=0) as client:
        for question, instead in (("Brazil?", "Peru?"), ("Brazil?", None)):
            try:
                said.append(client.responses.create(model="gpt-4.1", input=question).output_text)
                break
            except openai.InternalServerError:
                if instead is not None:
                    said.append(client.responses.create(model="gpt-4.1", input=instead).output_text)
    return said


def test_an_application_that_asks_something_else_before_it_asks_again_has_not_retried(origin):
    origin.statuses = [500]

    with pytest.raises(CassetteInvalid, match=r"^turn 1 of geo was answered 500 (?s:.*) allow_errors=True"):
        record(partial(falling_back, origin.base_url))

    assert not Path("geo.yaml").exists()


def test_an_application_that_asks_something_else_before_it_asks_again_is_replayed_where_errors_are_meant(origin):
    origin.statuses = [500]
    for mode, base_url in (("record", origin.base_url), ("replay", NOWHERE)):
        with fakemodel.cassette("geo.yaml", mode=mode, allow_errors=True):
            assert falling_back(base_url) == ["To Peru?", "To Brazil?"]

    assert origin.asked == ["Brazil?", "Peru?", "Brazil?"]
    assert recorded_statuses() == [500, 200, 200]


def test_a_rate_limit_after_the_answer_is_refused(origin):
    origin.statuses = [200, 429]

    with pytest.raises(CassetteInvalid, match=r"^turn 2 of geo was answered 429 Too Many Requests"):
        record(partial(ask, origin.base_url), partial(limited, origin.base_url))


@pytest.mark.parametrize("status", [400, 401, 403, 404, 422])
def test_what_clients_do_not_ask_again_is_never_taken_for_a_retry(origin, status):
    def refused() -> None:
        with pytest.raises(openai.APIStatusError):
            ask(origin.base_url)

    origin.statuses = [status]

    with pytest.raises(CassetteInvalid, match=f"^turn 1 of geo was answered {status} "):
        record(refused, partial(ask, origin.base_url))

    assert origin.asked == ["Brazil?"] * 2
    assert not Path("geo.yaml").exists()


# Meant.


@each_client
def test_a_rate_limit_that_is_meant_is_a_turn_and_replayed(origin, ask: Ask):
    origin.statuses = [429]
    with fakemodel.cassette("geo.yaml", mode="record", allow_errors=True):
        ask(origin.base_url)

    assert recorded_statuses() == [429, 200]
    with fakemodel.cassette("geo.yaml") as tape:
        assert ask(NOWHERE) == "To Brazil?"
    assert len(tape.requests) == 2


def test_a_rate_limit_that_is_meant_to_the_end_is_replayed_to_the_end(origin):
    origin.statuses = [429, 429]
    for mode, base_url in (("record", origin.base_url), ("replay", NOWHERE)):
        with (
            fakemodel.cassette("geo.yaml", mode=mode, allow_errors=True),
            pytest.raises(openai.RateLimitError, match=r"Not now\."),
        ):
            ask(base_url, retries=1)


def test_a_client_that_asks_once_more_than_it_was_recorded_misses(origin):
    def again() -> None:
        with fakemodel.cassette("geo.yaml"):
            ask(NOWHERE)
            ask(NOWHERE)

    origin.statuses = [429]
    record(partial(ask, origin.base_url))

    with pytest.raises(CassetteMiss):
        again()


# In pytest.

TESTS = """
import openai
import pytest


@pytest.mark.cassette
def test_capital():
    with openai.OpenAI(max_retries=1) as client:
        try:
            assert client.responses.create(model="gpt-4.1", input="Brazil?").output_text == "To Brazil?"
        except openai.RateLimitError:
            pass
"""


@pytest.fixture
def limited_suite(suite: pytest.Pytester, origin, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """A suite of one test, which asks the origin."""
    suite.makepyfile(test_geo=TESTS)
    monkeypatch.setenv("OPENAI_BASE_URL", origin.base_url)
    monkeypatch.setenv("OPENAI_API_KEY", "sk-live")
    return suite


def test_a_test_that_was_limited_is_recorded_and_played(limited_suite, origin, monkeypatch: pytest.MonkeyPatch):
    origin.statuses = [429]

    result = limited_suite.runpytest("--cassettes=record")

    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["cassettes: 1 recorded"])
    monkeypatch.setenv("OPENAI_BASE_URL", NOWHERE)
    replayed = limited_suite.runpytest()
    replayed.assert_outcomes(passed=1)
    replayed.stdout.fnmatch_lines(["cassettes: 1 played"])


def test_a_test_that_was_limited_to_the_end_is_refused(limited_suite, origin):
    origin.statuses = [429, 429]

    result = limited_suite.runpytest("--cassettes=record")

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            (
                "*CassetteInvalid: turn 1 of test_capital was answered 429 Too Many Requests, so that the file was "
                "left as it was (cassettes/test_geo/test_capital.yaml)"
            ),
            "*Where the test means the error: allow_errors=True",
            "cassettes: 1 refused",
        ]
    )
    assert not (limited_suite.path / "cassettes").exists()
