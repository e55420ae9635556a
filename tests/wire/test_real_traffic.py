"""Fidelity, measured on real traffic: every recorded stream keeps the laws, and is said again as it was."""

import openai
import pytest

from fakemodel import Reply, check_chunks, check_events, sse
from fakemodel.httpx_modules import sdk_httpx

pytestmark = pytest.mark.fidelity

SAID_ANEW = {"obfuscation", "encrypted_content"}
"""What is another one each time that it is sent."""


def wire_form(value) -> dict:
    """An SDK object as it came. Its types are stricter than the wire, which pydantic would warn of."""
    return value if isinstance(value, dict) else value.model_dump(by_alias=True, exclude_unset=True, warnings=False)


def without(keys, value):
    """A payload without these members, at any depth."""
    if isinstance(value, dict):
        return {key: without(keys, held) for key, held in value.items() if key not in keys}
    return [without(keys, held) for held in value] if isinstance(value, list) else value


def plain(stream) -> list[dict]:
    return [without(SAID_ANEW, wire_form(payload)) for payload in stream]


def test_every_real_stream_keeps_the_laws(event_streams, chunk_streams, figures):
    for stream in event_streams:
        check_events(stream)
    for stream in chunk_streams:
        check_chunks(stream)

    figures["event streams that keep the laws"] = f"{len(event_streams)} of {len(event_streams)}"
    figures["chunk streams that keep the laws"] = f"{len(chunk_streams)} of {len(chunk_streams)}"


def test_a_real_stream_of_events_is_said_again_event_by_event(event_streams, figures):
    for stream in event_streams:
        assert plain(Reply.from_events(stream).events()) == plain(stream)

    figures["event streams said again"] = f"{len(event_streams)} of {len(event_streams)}"


def test_a_real_stream_of_chunks_is_said_again_chunk_by_chunk(chunk_streams, figures):
    for stream in chunk_streams:
        assert plain(Reply.from_chunks(stream).chunks()) == plain(stream)

    figures["chunk streams said again"] = f"{len(chunk_streams)} of {len(chunk_streams)}"


def test_a_real_response_is_said_again(responses, figures):
    finished = [body for body in responses if body["status"] not in ("queued", "in_progress")]
    for body in finished:
        reply = Reply.from_response(body)
        assert wire_form(reply.response()) == body
        check_events(reply.events())

    figures["plain responses said again"] = f"{len(finished)} of {len(finished)}"


def test_a_real_completion_is_said_again(completions, figures):
    for body in completions:
        reply = Reply.from_completion(body)
        assert wire_form(reply.completion()) == body
        check_chunks(reply.chunks())

    figures["plain completions said again"] = f"{len(completions)} of {len(completions)}"


def streaming_client(body: bytes) -> openai.OpenAI:
    """A client of the SDK whose server answers everything with this stream."""
    httpx = sdk_httpx()
    headers = {"content-type": "text/event-stream"}
    transport = httpx.MockTransport(lambda request: httpx.Response(200, headers=headers, content=body))
    return openai.OpenAI(api_key="key", base_url="http://api.test/v1", http_client=httpx.Client(transport=transport))


ACCUMULATED = {"parsed", "parsed_arguments"}
"""What the SDK's accumulator adds, for structured outputs."""


@pytest.mark.filterwarnings("ignore:Pydantic serializer warnings")  # of the accumulator, as it copies real items
def test_the_sdk_accumulates_the_stream_of_a_real_response_to_that_response(responses, figures):
    finished = [body for body in responses if body["status"] not in ("queued", "in_progress")]
    for body in finished:
        client = streaming_client(sse(Reply.from_response(body).events()))
        with client.responses.stream(model="fake-model", input="Hi") as stream:
            final = stream.get_final_response()
        assert without(ACCUMULATED, wire_form(final)) == body

    figures["plain responses that the SDK accumulates from their stream"] = f"{len(finished)} of {len(finished)}"
