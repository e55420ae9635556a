"""Turns that the real API answered: FakeOpenAI takes them too."""

import json
from collections import Counter

from fakemodel import FakeOpenAI, Reply, ReplyInvalid, StreamError
from fakemodel.httpx_modules import sdk_httpx
from fakemodel.parts import Item, Refusal, Text
from fakemodel.tape import layout
from fakemodel.wire.outputs import words
from fakemodel.wire.sse import split

ASKED = ("/v1/responses", "/v1/responses/input_tokens", "/v1/responses/compact", "/v1/chat/completions")


def test_what_the_api_answered_is_answered(corpus):
    api = FakeOpenAI()
    api.otherwise(Reply("{}", unchecked=True))
    turns = [(file.name, turn) for file in sorted(corpus.rglob("*.yaml")) for turn in layout.read(file)]

    refused, taken = [], 0
    with sdk_httpx().Client(transport=api.transport()) as http:
        for name, turn in turns:
            url, body = turn.request.uri, turn.request.body
            if turn.response.status != 200 or not url.endswith(ASKED) or needs_what_is_kept(json.loads(body)):
                continue
            answer = http.post(url, content=body)
            taken += 1
            refused += [(name, answer.json()["error"]["message"])] if answer.status_code != 200 else []

    assert refused == []
    assert taken > 150


def needs_what_is_kept(body):
    """Whether a request goes on from what the API kept."""
    return body.get("previous_response_id") or body.get("conversation")


BY_THE_DAY = (
    *("moderation", "billing", "tool_usage", "prompt_cache_retention", "prompt_cache_key", "prompt_cache_options"),
    *("safety_identifier", "presence_penalty", "frequency_penalty", "top_logprobs", "max_tool_calls", "completed_at"),
    *("service_tier", "background", "sequence_number", "text.verbosity", "reasoning.generate_summary"),
    *("usage.input_tokens_details.cache_write_tokens", "usage.prompt_tokens_details.cache_write_tokens"),
    *("tools.[].output_schema", "tools.[].external_web_access", "tools.[].filters", "tools.[].return_token_budget"),
    "tools.[].search_content_types",
)
"""The members that bodies have had since some day, or until one; the oldest recording is of March 2025."""

BY_THE_MODEL = (
    *("reasoning.effort", "reasoning.summary", "reasoning.mode", "reasoning.context"),
    *("system_fingerprint", "choices.[].logprobs"),
    *("output.[].content.list", "output.[].content.[].logprobs.list", "item.content.[].logprobs.list"),
    *("part.logprobs.list", "logprobs.list"),
)
"""The members that depend on the model: those that reason say what they do unasked."""

NOT_KEPT = ("obfuscation",)
"""The members that no cassette has: FakeOpenAI makes them where it is asked to."""

TOOLS = ("tools",)


def test_a_recorded_answer_and_one_of_the_same_parts_have_the_same_members(corpus):
    compared, differing = 0, Counter()
    for file in sorted(corpus.rglob("*.yaml")):
        for turn in layout.read(file):
            if turn.response.status != 200 or not turn.request.uri.endswith(SAID):
                continue
            asked = json.loads(turn.request.body)
            if needs_what_is_kept(asked) or "moderation" in asked:  # which FakeOpenAI does not do
                continue
            real = payloads(turn.response.body)
            reply = said_in(real) if real else None
            if reply is None:
                continue
            api = FakeOpenAI([reply])
            with sdk_httpx().Client(transport=api.transport()) as http:
                ours = payloads(http.post(turn.request.uri, content=turn.request.body).content)
            compared += 1
            assert [each.get("type") for each in ours] == [each.get("type") for each in real], file
            brings = any(word in turn.request.body for word in (b"tool_search", b"additional_tools"))
            # The API adds the tools that the input brings, and those that it found.
            unlike = (*BY_THE_DAY, *BY_THE_MODEL, *NOT_KEPT, *(TOOLS if brings else ()))
            differing.update(member for member in members(real) ^ members(ours) if not is_of(member, unlike))

    assert differing == {}
    assert compared > 180


SAID = ("/v1/responses", "/v1/chat/completions")


def payloads(body):
    """What a body says: the events of a stream, or the one answer."""
    if body.startswith(b"{"):
        return [json.loads(body)]
    frames = [frame.split(b"data: ", 1)[1] for frame in split(body) if b"data: " in frame]
    return [json.loads(data) for data in frames if not data.startswith(b"[DONE]")]


def said_in(real):
    """The reply that was answered, as somebody would write it: without what only its recording has."""
    first = real[0]
    read = {
        "response": Reply.from_response,
        "chat.completion": Reply.from_completion,
        "chat.completion.chunk": Reply.from_chunks,
    }.get(first.get("object"), Reply.from_events)
    try:
        reply = read(real if "chunk" in str(first.get("object")) or "type" in first else first)
    except (ReplyInvalid, StreamError):
        return None  # a recording that somebody made up
    said = []
    for part in reply.parts:
        told = words(part)
        neighbours = said and isinstance(said[-1], Text | Refusal) and isinstance(told[0], Text | Refusal)
        unsaid = isinstance(part, Item) and {"phase", "namespace"} & part.payload.keys()
        said += [part] if neighbours or unsaid else told  # texts side by side would be one message
    settings = {"usage": reply.usage, "status": reply.status, "reason": reply.reason, "error": reply.error}
    return None if reply.others else Reply(*said, **settings, unchecked=True)


def members(payloads):
    """The paths to all that is told, each with its kind: numbers are of one."""
    return {path for payload in payloads for path in _paths(payload, str(payload.get("type", "")).replace(".", " "))}


def is_of(member, places):
    """Whether it is, or is in, one of these places, of a body or of an event's response."""
    place = member.partition(".")[2].removeprefix("response.")
    return any(place == each or place.startswith(f"{each}.") for each in places)


def _paths(value, at):
    if isinstance(value, dict):
        for key, member in value.items():
            yield from _paths(member, f"{at}.{key}")
    elif isinstance(value, list):
        yield f"{at}.list"  # which may be empty
        for member in value:
            yield from _paths(member, f"{at}.[]")
    else:
        yield f"{at}.{KINDS[type(value)]}"


KINDS = {str: "string", int: "number", float: "number", bool: "boolean", type(None): "null"}
