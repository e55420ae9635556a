"""Cassettes of other servers and of no known form: as much of them is said as can be, and the rest is told."""

import gzip
import json

import openai
import pytest

from fakemodel import Reply, sse, text
from fakemodel.scripting.module import module
from fakemodel.scripting.script import script_of
from fakemodel.tape.interaction import Interaction, Request, Response

API = "https://api.openai.com/v1"
JSON = {"content-type": ["application/json"]}
STREAM = {"content-type": ["text/event-stream"]}

MESSAGES = json.dumps({"model": "m", "messages": [{"role": "user", "content": "Hi"}]}).encode()
CHOICE = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "Hello"}}
COMPLETION = json.dumps({"object": "chat.completion", "id": "c", "model": "m", "choices": [CHOICE]}).encode()
INPUT = b'{"model": "m", "input": "Hi", "background": true}'
QUEUED = b'{"id": "resp_1", "object": "response", "status": "queued", "output": []}'


def turn(uri, asked=b"{}", answered=b"{}", *, method="POST", status=200, headers=JSON) -> Interaction:
    return Interaction(Request(method, uri, JSON, asked), Response(status, "", headers, answered))


def scripted(*turns: Interaction, kind: str = "FakeOpenAI"):
    """What the printed code makes, and what is told of the turns that it does not answer."""
    served = kind == "FakeOpenAI"
    script = script_of(turns, served=served)
    code = module(script, "a\nname", served=served)
    namespace: dict = {}
    exec(compile(code, "script", "exec"), namespace)
    return namespace["scripted"](), script.unsaid, code


@pytest.mark.parametrize(
    "address",
    [
        "https://example.openai.azure.com/openai/deployments/m/chat/completions?api-version=1",
        "https://api.example.com/openai/v1/chat/completions",
        "https://example.com/api/v1/chat/completions",
    ],
)
@pytest.mark.parametrize("kind", ["FakeOpenAI", "FakeModel"])
def test_compatible_servers_are_scripted_by_their_paths(address, kind):
    fake, unsaid, code = scripted(turn(address, MESSAGES, COMPLETION), kind=kind)

    assert (fake.remaining, unsaid) == (1, [])
    assert "from fakemodel import " in code
    assert 'Reply("Hello")' in code


def test_a_stream_that_was_recorded_compressed_is_scripted_delta_by_delta():
    answer = gzip.compress(sse(Reply(text("Hel", "lo")).events()))
    asked = b'{"model": "m", "input": "Hi", "stream": true}'
    _, unsaid, code = scripted(
        turn(f"{API}/responses", asked, answer, headers={**STREAM, "content-encoding": ["gzip"]})
    )

    assert unsaid == []
    assert 'text("Hel", "lo")' in code


@pytest.mark.parametrize("kind", ["FakeOpenAI", "FakeModel"])
def test_what_is_no_id_guards_no_reply(kind):
    asked = {"model": "m", "previous_response_id": ["x"]}
    answers = [Reply(said, id=f"resp_{said}").response().model_dump_json().encode() for said in ("one", "two")]
    turns = (
        turn(f"{API}/responses", json.dumps({**asked, "input": f"Question {n}"}).encode(), answers[n]) for n in (0, 1)
    )

    *_, code = scripted(*turns, kind=kind)

    assert 'previous_response_id=["x"]' not in code


MESSAGES = json.dumps({"model": "m", "messages": [{"role": "user", "content": "Hi"}]}).encode()


def calling(call_id: str, name: str) -> bytes:
    call = {"id": call_id, "type": "function", "function": {"name": name, "arguments": "{}"}}
    message = {"role": "assistant", "content": None, "tool_calls": [call]}
    choice = {"index": 0, "finish_reason": "tool_calls", "message": message}
    return json.dumps(
        {"id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice]}
    ).encode()


MESSAGE_WITHOUT_ID = json.dumps(
    {
        "id": "resp_1",
        "object": "response",
        "created_at": 1,
        "model": "m",
        "status": "completed",
        "output": [{"id": [], "type": "message", "role": "assistant", "status": "completed", "content": []}],
    }
).encode()

UNSAID = {
    "another API": (
        turn("https://api.anthropic.com/v1/messages"),
        "turn 1, POST https://api.anthropic.com/v1/messages: it is answered with 404, recorded is 200: ",
    ),
    "a list for an answer": (turn(f"{API}/responses", INPUT, b"[]"), "the answer is no JSON object"),
    "bytes for an answer": (turn(f"{API}/responses", INPUT, b"\xff"), "the answer is no JSON object"),
    "a form for a request": (
        turn(f"{API}/chat/completions", b"model=m", COMPLETION),
        "its request is no JSON object",
    ),
    "a stream that is torn": (
        turn(f"{API}/responses", INPUT, b"data: {\n\n", headers=STREAM),
        "[0] has data that is no JSON object.",
    ),
    "a stream that is compressed in a way of its own": (
        turn(f"{API}/responses", INPUT, b"(\xb5/\xfd", headers={**STREAM, "content-encoding": ["zstd"]}),
        "it is compressed (zstd), and cannot be read here",
    ),
    "a response that never ends": (
        turn(f"{API}/responses", INPUT, QUEUED),
        "its response has not come to its end in this cassette",
    ),
    "speech": (turn(f"{API}/audio/speech", b"{}", b"\xff\0", headers={}), "it is answered with 404, recorded is 200: "),
    "an address that is none": (turn("nowhere", b"", b"", method="GET"), "it is answered with 404, recorded is 200: "),
    "a call of no function": (
        turn(f"{API}/chat/completions", MESSAGES, calling("call_1", "")),
        "tool_call needs the name of a function, not ''.",
    ),
    "an id that is none": (
        turn(f"{API}/responses", INPUT, MESSAGE_WITHOUT_ID),
        "This is no answer as the API sends it: unhashable type: 'list'.",
    ),
    "an error without words": (
        turn(f"{API}/responses", INPUT, b"upstream", status=502, headers={}),
        "recorded is None",
    ),
}


@pytest.mark.parametrize(("recorded", "why"), UNSAID.values(), ids=UNSAID)
def test_what_cannot_be_said_is_told_with_its_turn(recorded, why):
    _, unsaid, code = scripted(recorded)

    (told,) = unsaid
    assert told.startswith("turn 1, ")
    assert why in told
    assert "# Not answered as it was recorded:\n# turn 1, " in code


def test_nothing_that_was_recorded_becomes_code():
    hostile = '"""\n\'\'\' + exit() + """\r\u2028exit()'
    answer = json.dumps({hostile: [hostile]}).encode()

    api, unsaid, _ = scripted(turn(f"{API}/files/a", b"", answer, method="GET"))

    assert unsaid == []
    with api.client() as client:
        assert client.get("/files/a", cast_to=object) == {hostile: [hostile]}


def test_of_no_turns_there_is_an_empty_script():
    fake, unsaid, _ = scripted()

    assert (fake.remaining, unsaid) == (0, [])


def test_a_route_that_is_asked_once_more_than_it_was_recorded_tells_so():
    api, *_ = scripted(turn(f"{API}/files/a", b"", b'{"id": "a"}', method="GET"))

    with api.client(max_retries=0) as client:
        client.get("/files/a", cast_to=object)
        with pytest.raises(
            openai.InternalServerError, match="/v1/files/a was asked for once more than it was recorded"
        ):
            client.get("/files/a", cast_to=object)
