"""Fidelity, measured on real traffic: every recorded stream keeps the laws, and is said again as it was."""

import openai
import pytest

from fakemodel import Reply, StreamError, check_chunks, check_events, sse
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


def measured(figures, what: str, cases, holds) -> None:
    """Publish of how many cases it holds, then ask it of all."""
    broken = [number for number, case in enumerate(cases) if not holds(case)]
    figures[what] = f"{len(cases) - len(broken)} of {len(cases)}"
    assert cases
    assert not broken


def keeps(check, stream) -> bool:
    try:
        check(stream)
    except StreamError:
        return False
    return True


def test_every_real_stream_keeps_the_laws(event_streams, chunk_streams, figures):
    measured(figures, "event streams that keep the laws", event_streams, lambda found: keeps(check_events, found))
    measured(figures, "chunk streams that keep the laws", chunk_streams, lambda found: keeps(check_chunks, found))


def test_a_real_stream_of_events_is_said_again_event_by_event(event_streams, figures):
    def is_said_again(stream) -> bool:
        return plain(Reply.from_events(stream).events()) == plain(stream)

    measured(figures, "event streams said again", event_streams, is_said_again)


def test_a_real_stream_of_chunks_is_said_again_chunk_by_chunk(chunk_streams, figures):
    def is_said_again(stream) -> bool:
        return plain(Reply.from_chunks(stream).chunks()) == plain(stream)

    measured(figures, "chunk streams said again", chunk_streams, is_said_again)


def finished(responses) -> list[dict]:
    """The responses that are finished; two of the corpus, made in the background, were asked for too early."""
    return [body for body in responses if body["status"] not in ("queued", "in_progress")]


def test_a_real_response_is_said_again(responses, figures):
    def is_said_again(body) -> bool:
        reply = Reply.from_response(body)
        return wire_form(reply.response()) == body and keeps(check_events, reply.events())

    measured(figures, "plain responses said again", finished(responses), is_said_again)


def test_a_real_completion_is_said_again(completions, figures):
    def is_said_again(body) -> bool:
        reply = Reply.from_completion(body)
        return wire_form(reply.completion()) == body and keeps(check_chunks, reply.chunks())

    measured(figures, "plain completions said again", completions, is_said_again)


def streaming_client(body: bytes) -> openai.OpenAI:
    """A client of the SDK whose server answers everything with this stream."""
    httpx = sdk_httpx()
    headers = {"content-type": "text/event-stream"}
    transport = httpx.MockTransport(lambda request: httpx.Response(200, headers=headers, content=body))
    return openai.OpenAI(api_key="key", base_url="http://api.test/v1", http_client=httpx.Client(transport=transport))


ACCUMULATED = {"parsed", "parsed_arguments"}
"""What the SDK's accumulator adds, for structured outputs."""


def said(value):
    """A payload without nulls: the SDK makes a message anew with each delta, with all members of its type."""
    if isinstance(value, dict):
        return {key: said(held) for key, held in value.items() if held is not None}
    return [said(held) for held in value] if isinstance(value, list) else value


NOT_STREAMED = {"annotations", "index"}
"""What no chunk says of a message without citations, and what the SDK keeps of the deltas of its calls."""


@pytest.mark.filterwarnings("ignore:Pydantic serializer warnings")  # of the accumulator, as it copies real items
def test_the_sdk_accumulates_the_stream_of_a_real_response_to_that_response(responses, figures):
    def is_given_back(body) -> bool:
        client = streaming_client(sse(Reply.from_response(body).events()))
        with client.responses.stream(model="fake-model", input="Hi") as stream:
            return without(ACCUMULATED, wire_form(stream.get_final_response())) == body

    what = "plain responses that the SDK accumulates from their stream"
    measured(figures, what, finished(responses), is_given_back)


def test_the_sdk_accumulates_the_stream_of_a_real_completion_to_that_completion(completions, figures):
    def is_given_back(body) -> bool:
        client = streaming_client(sse(Reply.from_completion(body).chunks()))
        messages = [{"role": "user", "content": "Hi"}]
        with client.chat.completions.stream(model="fake-model", messages=messages) as stream:
            found = without(ACCUMULATED, wire_form(stream.get_final_completion()))
        # The SDK takes the usage of the last chunk, and a moderation comes after the one that has it; SDKs before 3
        # do not know moderations.
        lost = NOT_STREAMED | ({"usage", "moderation"} if "moderation" in body else set())
        return said(without(lost, found)) == said(without(lost, body))

    measured(figures, "plain completions that the SDK accumulates from their stream", completions, is_given_back)
