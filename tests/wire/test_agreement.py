"""One reply, four renderings: they say the same, and the SDK's own helpers read the same out of them."""

import json
import re
from collections.abc import Iterator

import openai
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openai._streaming import SSEDecoder

from fakemodel import Reply, check_chunks, check_events, sse, text
from fakemodel.httpx_modules import response as http_response
from fakemodel.httpx_modules import sdk_httpx
from fakemodel.strategies import cuts, replies

laws = settings(max_examples=200)
streamed = pytest.mark.parametrize("render", [Reply.events, Reply.chunks])


def wire_form(found) -> dict:
    return found.model_dump(by_alias=True, exclude_unset=True, warnings=False)


def joined(values) -> str:
    return "".join(value for value in values if value)


def probabilities(entries) -> list[tuple[str, float]]:
    return [(entry["token"], entry["logprob"]) for entry in entries]


def said_in_output(items: list[dict]) -> dict:
    content = [part for item in items if item["type"] == "message" for part in item["content"]]
    return {
        "text": joined(part.get("text") for part in content),
        "refusal": joined(part.get("refusal") for part in content),
        "reasoning": joined(part["text"] for item in items if item["type"] == "reasoning" for part in item["summary"]),
        "calls": [(i["name"], i["arguments"], i["call_id"]) for i in items if i["type"] == "function_call"],
        "logprobs": probabilities(entry for part in content for entry in part.get("logprobs", ())),
        "cited": [(a["url"], a["title"]) for part in content for a in part.get("annotations", ())],
    }


def said_in_deltas(events: list[dict]) -> dict:
    def of(word: str) -> list[dict]:
        return [event for event in events if event["type"] == f"response.{word}"]

    def deltas(word: str, index: int | None = None) -> str:
        return joined(event["delta"] for event in of(f"{word}.delta") if index in (None, event["output_index"]))

    opened = [(event["output_index"], event["item"]) for event in of("output_item.added")]
    calls = [(index, item) for index, item in opened if item["type"] == "function_call"]
    return {
        "text": deltas("output_text"),
        "refusal": deltas("refusal"),
        "reasoning": deltas("reasoning_summary_text"),
        "calls": [(i["name"], deltas("function_call_arguments", index), i["call_id"]) for index, i in calls],
        "logprobs": probabilities(entry for event in of("output_text.delta") for entry in event["logprobs"]),
        "cited": [
            (event["annotation"]["url"], event["annotation"]["title"]) for event in of("output_text.annotation.added")
        ],
    }


def said_in_message(message: dict, logprobs: dict | None) -> dict:
    calls = [(call["function"], call["id"]) for call in message.get("tool_calls") or ()]
    return {
        "text": message["content"] or "",
        "refusal": message["refusal"] or "",
        "reasoning": message.get("reasoning_content") or "",
        "calls": [(function["name"], function["arguments"], id) for function, id in calls],
        "logprobs": probabilities((logprobs or {}).get("content") or ()),
        "cited": [(a["url_citation"]["url"], a["url_citation"]["title"]) for a in message["annotations"]],
    }


def said_in_chunks(chunks: list[dict]) -> dict:
    choices = [choice for chunk in chunks for choice in chunk["choices"]]
    deltas = [choice["delta"] for choice in choices]
    calls: dict[int, list[str]] = {}
    for call in (call for delta in deltas for call in delta.get("tool_calls", ())):
        if "id" in call:
            calls[call["index"]] = [call["function"]["name"], "", call["id"]]
        calls[call["index"]][1] += call["function"]["arguments"]
    cited = [each["url_citation"] for delta in deltas for each in delta.get("annotations", ())]
    return {
        "text": joined(delta.get("content") for delta in deltas),
        "refusal": joined(delta.get("refusal") for delta in deltas),
        "reasoning": joined(delta.get("reasoning_content") for delta in deltas),
        "calls": [tuple(call) for call in calls.values()],
        "logprobs": probabilities(e for choice in choices for e in (choice["logprobs"] or {}).get("content", ())),
        "cited": [(each["url"], each["title"]) for each in cited],
    }


# Counts of one meaning, by their names in the Responses API and in Chat Completions.
COUNTS = {
    ("input_tokens",): ("prompt_tokens",),
    ("output_tokens",): ("completion_tokens",),
    ("total_tokens",): ("total_tokens",),
    ("input_tokens_details", "cached_tokens"): ("prompt_tokens_details", "cached_tokens"),
    ("output_tokens_details", "reasoning_tokens"): ("completion_tokens_details", "reasoning_tokens"),
}


def counts(usage: dict, names) -> list[int]:
    found = []
    for name in names:
        value = usage
        for key in name:
            value = value[key]
        found.append(value)
    return found


@settings(laws, max_examples=300)
@given(replies(), st.booleans(), st.booleans())
def test_every_rendering_says_the_same(reply, obfuscation, background):
    events = [wire_form(event) for event in reply.events(obfuscation=obfuscation, background=background)]
    chunks = [wire_form(chunk) for chunk in reply.chunks(obfuscation=obfuscation)]
    response, completion = wire_form(reply.response()), wire_form(reply.completion())
    choice = completion["choices"][0]

    check_events(events)
    check_chunks(chunks)
    said = said_in_output(response["output"])
    assert said_in_deltas(events) == said
    assert said_in_chunks(chunks) == said
    assert said_in_message(choice["message"], choice["logprobs"]) == said
    expected = counts(response["usage"], COUNTS)
    assert counts(events[-1]["response"]["usage"], COUNTS) == expected
    assert counts(completion["usage"], COUNTS.values()) == expected
    assert counts(chunks[-1]["usage"], COUNTS.values()) == expected
    assert chunks[-2]["choices"][0]["finish_reason"] == choice["finish_reason"]
    assert {body["model"] for body in (response, completion, *chunks)} == {reply.model}
    assert len({body["id"] for body in (completion, *chunks)}) == 1
    assert reply.id is None or reply.id == response["id"] == completion["id"]


def client_of(pieces: list[bytes]) -> openai.OpenAI:
    """A client of the SDK whose server answers everything with a stream that arrives in these pieces."""
    httpx = sdk_httpx()
    headers = {"content-type": "text/event-stream"}
    transport = httpx.MockTransport(lambda request: http_response(httpx, 200, headers, pieces))
    return openai.OpenAI(api_key="key", base_url="http://api.test/v1", http_client=httpx.Client(transport=transport))


def members(value, path: str = "") -> Iterator[tuple[str, object]]:
    """Every value of a payload that holds no other, with its path."""
    if isinstance(value, dict) and value:
        for key, held in value.items():
            yield from members(held, f"{path}.{key}" if path else key)
    elif isinstance(value, list) and value:
        for position, held in enumerate(value):
            yield from members(held, f"{path}[{position}]")
    else:
        yield path, value


def apart_from(table: dict[str, str], body: dict) -> dict[str, object]:
    """The values of a body by their paths, without those of the table."""
    return {path: value for path, value in members(body) if re.sub(r"\d+", "*", path) not in table}


ADDED_TO_RESPONSES = {
    "output[*].content[*].parsed": "the text as the type that the caller wants, of which there is none here",
    "output[*].parsed_arguments": "the arguments as the type of a strict tool, of which there is none here",
}
"""What the SDK's stream of a response adds to it."""


@laws
@given(replies(), st.booleans(), st.booleans())
def test_the_sdk_accumulates_the_events_to_the_response(reply, obfuscation, background):
    fields = {"background": True} if background else {}
    response = wire_form(reply.response(**fields))
    body = sse(reply.events(obfuscation=obfuscation, background=background))
    snapshots = {}

    with client_of([body]).responses.stream(model="fake-model", input="Hi") as stream:
        for event in stream:
            if hasattr(event, "snapshot"):
                snapshots[event.output_index, getattr(event, "content_index", None)] = event.snapshot
        # The SDK has no final response but a completed one, and hands on any other as it came.
        final = stream.get_final_response() if reply.status == "completed" else event.response

    whole = {}
    for index, item in enumerate(response["output"]):
        if item["type"] == "function_call":
            whole[index, None] = item["arguments"]
        for number, part in enumerate(item.get("content", ())):
            if part["type"] == "output_text":
                whole[index, number] = part["text"]
    assert {key: snapshots.get(key, "") for key in whole} == whole
    assert apart_from(ADDED_TO_RESPONSES, wire_form(final)) == dict(members(response))


ACCUMULATED_OTHERWISE = {
    "choices[*].message.parsed": "the text as the type that the caller wants, of which there is none here",
    "choices[*].message.tool_calls[*].function.parsed_arguments": "the arguments as the type of a strict tool",
    "choices[*].message.tool_calls[*].index": "the place of a delta's call, which a completion does not say",
    "choices[*].message.tool_calls": "None where there is no call",
    "choices[*].message.audio": "None: a message is made anew with each delta, with all members that its type has",
    "choices[*].message.function_call": "None, as the audio",
    "choices[*].message.annotations": "None where there is no citation: no chunk says so, a completion has []",
    "obfuscation": "that of the first chunk, in SDKs before 3",
}
"""What the SDK's stream of a completion adds to it, or loses of it."""

UNFINISHED = {
    "max_output_tokens": openai.LengthFinishReasonError,
    "content_filter": openai.ContentFilterFinishReasonError,
}


@laws
@given(replies(), st.booleans())
def test_the_sdk_accumulates_the_chunks_to_the_completion(reply, obfuscation):
    completion = wire_form(reply.completion())
    body = sse(reply.chunks(obfuscation=obfuscation))
    messages = [{"role": "user", "content": "Hi"}]

    with client_of([body]).chat.completions.stream(model="fake-model", messages=messages) as stream:
        if reply.reason is None:
            final = stream.get_final_completion()
        else:
            with pytest.raises(UNFINISHED[reply.reason]):
                stream.get_final_completion()
            final = stream.current_completion_snapshot

    accumulated = apart_from(ACCUMULATED_OTHERWISE, wire_form(final))
    assert accumulated == apart_from(ACCUMULATED_OTHERWISE, completion)


@laws
@given(replies())
def test_a_citation_cites_the_same_characters_in_both_apis(reply):
    parts = [part for item in wire_form(reply.response())["output"] for part in item.get("content", ())]
    message = wire_form(reply.completion())["choices"][0]["message"]

    def cited(body: str, citation: dict) -> tuple[str, str]:
        return citation["title"], body[citation["start_index"] : citation["end_index"]]

    in_response = [cited(part["text"], each) for part in parts for each in part.get("annotations", ())]
    in_completion = [cited(message["content"], each["url_citation"]) for each in message["annotations"]]
    assert in_completion == in_response


def decoded(pieces: list[bytes]) -> list[dict | str]:
    """What the SDK's decoder finds in a stream that arrives in these pieces."""
    frames = [frame.data for frame in SSEDecoder().iter_bytes(iter(pieces))]
    return [data if data == "[DONE]" else json.loads(data) for data in frames]


def streamed_to_a_client(render, pieces: list[bytes]) -> list:
    """What a client of the SDK makes of a stream that arrives in these pieces."""
    client = client_of(pieces)
    if render is Reply.events:
        return list(client.responses.create(model="fake-model", input="Hi", stream=True))
    messages = [{"role": "user", "content": "Hi"}]
    return list(client.chat.completions.create(model="fake-model", messages=messages, stream=True))


DONE = {Reply.events: [], Reply.chunks: ["[DONE]"]}


@streamed
@laws
@given(reply=replies(), data=st.data())
def test_a_stream_that_is_cut_anywhere_is_the_same_stream(render, reply, data):
    found = render(reply)
    pieces = data.draw(cuts(sse(found)))

    assert decoded(pieces) == [*map(wire_form, found), *DONE[render]]
    assert streamed_to_a_client(render, pieces) == found


@streamed
def test_a_stream_that_arrives_byte_by_byte_is_the_same_stream(render):
    found = render(Reply(text("Hé", "🌦\u2028\n", logprobs=[-0.5, -0.25])))
    pieces = [bytes([byte]) for byte in sse(found)]

    assert decoded(pieces) == [*map(wire_form, found), *DONE[render]]
    assert streamed_to_a_client(render, pieces) == found
