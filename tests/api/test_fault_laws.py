"""A fault of a stream breaks the law that it names, and no other: whatever is said, and wherever it comes."""

import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from fakemodel import FakeOpenAI, Reply, StreamError, check_chunks, check_events, faults, text, tool_call
from fakemodel.httpx_modules import httpx_modules, sdk_httpx
from fakemodel.strategies import replies
from fakemodel.wire.sse import split

APIS = {
    "responses": ("/v1/responses", {"model": "m", "input": "Hi", "stream": True}, check_events),
    "chat": (
        "/v1/chat/completions",
        {"model": "m", "messages": [{"role": "user", "content": "Hi"}], "stream": True},
        check_chunks,
    ),
}

KINDS = {
    "cut": faults.cut,
    "cut in a character": lambda after: faults.cut(after, in_character=True),
    "stalled": faults.stalled,
    "truncated": faults.truncated,
    "error_event": faults.error_event,
    "malformed": faults.malformed,
    "repeated": faults.repeated,
    "swapped": faults.swapped,
    "slow": lambda after: faults.slow(after, between=after),
}

BROKEN_OFF = tuple(
    getattr(module, name) for module in httpx_modules() for name in ("RemoteProtocolError", "ReadTimeout")
)


def received(api: str, reply: Reply, fault: faults.Fault) -> bytes | None:
    """What comes of a stream; None where the fault finds no room in it."""
    server, body = FakeOpenAI([reply]), b""
    server.fail(fault)
    path, asked, _ = APIS[api]
    with sdk_httpx().Client(transport=server.transport(), base_url="https://api.openai.com", timeout=1e6) as http:
        try:
            with http.stream("POST", path, json=asked) as response:
                for part in response.iter_raw():
                    body += part
        except BROKEN_OFF:
            pass
    return None if server.requests[0].fault is None else body


def broken(api: str, body: bytes) -> set[str]:
    """The laws that a stream breaks, those of its framing first."""
    laws, payloads = set(), []
    for frame in split(body):
        data = frame.split(b"data: ", 1)[-1].strip()
        if not frame.endswith(b"\n\n") or data == b"[DONE]":
            continue
        try:
            payloads.append(json.loads(data))
        except ValueError:
            laws.add("framing")
    if not laws:
        payloads = [payload for payload in payloads if "error" not in payload]
        try:
            APIS[api][2](payloads)
        except StreamError as error:
            laws = {violation.law for violation in error.violations}
    return laws


@pytest.mark.parametrize("api", APIS)
@pytest.mark.parametrize("kind", KINDS)
@given(reply=replies(), after=st.integers(1, 12))
@example(Reply(text("Hél", "lo", "!"), tool_call("f", ["{", "}"])), 4)
def test_a_fault_breaks_the_law_that_it_names_alone(api, kind, reply, after):
    laws = KINDS[kind](after).laws
    streams = (received(api, reply, KINDS[kind](each)) for each in range(after, 0, -1))
    body = next(filter(None, streams), None)

    if body is None:
        return  # it says too little for the fault to find room
    unread = {"framing"} if kind == "malformed" else set()
    assert broken(api, body) == ({laws[api]} if api in laws else unread)
