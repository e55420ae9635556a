"""OpenAI's description of its API: what real traffic breaks of it, and that what we render breaks nothing else."""

from collections import Counter, defaultdict
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from fakemodel import Reply, reasoning, refusal, text, tool_call, usage
from fakemodel.strategies import replies
from fakemodel.wire import chat, responses

COMPONENTS = {
    "response": "Response",
    "event": "ResponseStreamEvent",
    "chat.completion": "CreateChatCompletionResponse",
    "chat.completion.chunk": "CreateChatCompletionStreamResponse",
}
"""What the description calls each kind of body."""

ENDS = "enum stop, length, tool_calls, content_filter, function_call"

# The description is of OpenAPI 3.1, whose schemas are JSON Schema 2020-12, but still has `nullable` in places: a word
# of OpenAPI 3.0, which means nothing in 3.1. The null that it meant to allow there is a deviation by the letter.
REAL_AND_OURS = {
    ("response", "usage", "type object"): 2,
    ("response", "user", "type string"): 80,
    ("event", "item.action", "required"): 4,
    ("event", "name", "required"): 3,
    ("event", "response.usage", "type object"): 28,
    ("event", "response.user", "type string"): 42,
    ("chat.completion", "system_fingerprint", "type string"): 32,
    ("chat.completion.chunk", "choices[*].finish_reason", ENDS): 495,
    ("chat.completion.chunk", "choices[*].finish_reason", "type string"): 495,
    ("chat.completion.chunk", "choices[*].logprobs", "type object"): 520,
    ("chat.completion.chunk", "system_fingerprint", "type string"): 6,
    ("chat.completion.chunk", "usage", "type object"): 525,
}
"""What recorded bodies break of the description, and what we render does too: the kind of the body, the place in it,
what is wanted there, and how many of the recorded ones break it."""

REAL_ONLY = {
    # Two streams of 2025-03 are not numbered, and until 2025-06 many texts have no `logprobs`, not even an empty list.
    ("event", "sequence_number", "required"): 26,
    ("event", "logprobs", "required"): 8,
    ("event", "part.logprobs", "required"): 2,
    ("event", "item.content[*].logprobs", "required"): 1,
    ("event", "response.output[*].content[*].logprobs", "required"): 1,
    ("response", "output[*].content[*].logprobs", "required"): 10,
    # Since 2026-07 the API counts what it writes to its cache.
    ("event", "response.usage.input_tokens_details.cache_write_tokens", "required"): 11,
    ("response", "usage.input_tokens_details.cache_write_tokens", "required"): 58,
    # Models that reason say nothing of log probabilities, nor did gpt-4.5-preview.
    ("chat.completion", "choices[*].logprobs", "required"): 36,
    # The request's own, said again; and a search that asked a service rather than a page.
    ("event", "response.tools[*].server_description", "type string"): 3,
    ("response", "text.format.description", "type string"): 2,
    ("event", "item.action.sources[*].type", "enum url"): 1,
    ("event", "item.action.sources[*].url", "required"): 1,
    ("event", "response.output[*].action.sources[*].type", "enum url"): 1,
    ("event", "response.output[*].action.sources[*].url", "required"): 1,
    ("response", "output[*].action.sources[*].type", "enum url"): 1,
    ("response", "output[*].action.sources[*].url", "required"): 1,
}
"""What recorded bodies alone break, and how many do."""

INVALID = {"response": (80, 80), "event": (69, 826), "chat.completion": (36, 71), "chat.completion.chunk": (526, 554)}
"""How many of the recorded bodies are not valid, of how many."""

REAL_ELSEWHERE = {
    # openai/openai-python, .inline-snapshot/external/83b060ba….bin: a stream of gpt-4o with log probabilities, each of
    # its chunks with `"refusal":null`. The corpus has none such.
    ("chat.completion.chunk", "choices[*].logprobs.refusal", "type array"),
    # vercel/ai, packages/openai/src/responses/__fixtures__/openai-image-generation-tool.1.chunks.txt: the item is
    # added as `{"id":…,"type":"image_generation_call","status":"in_progress"}`. The corpus streams no image.
    ("event", "item.result", "required"),
}
"""What traffic that others recorded breaks of the description, and what we render does too."""


@pytest.fixture(scope="session")
def validators(openapi) -> dict[str, Draft202012Validator]:
    """The validator of each kind of body, and that of each event by its type, which is the union's discriminator."""
    assert openapi["openapi"].startswith("3.1")
    schemas = openapi["components"]["schemas"]
    union = schemas["ResponseStreamEvent"]
    assert union["discriminator"] == {"propertyName": "type"}
    names = [form["$ref"].rpartition("/")[2] for form in union["anyOf"]]
    components = COMPONENTS | {type_: name for name in names for type_ in schemas[name]["properties"]["type"]["enum"]}
    registry = Registry().with_resource("openai", DRAFT202012.create_resource(openapi))
    return {
        kind: Draft202012Validator({"$ref": f"openai#/components/schemas/{name}"}, registry=registry)
        for kind, name in components.items()
    }


def is_of_another_form(error: ValidationError) -> bool:
    """Whether the error says no more than that this form of a union is not the one that was meant."""
    place = list(error.relative_path)
    return (not place and error.validator == "type") or (place == ["type"] and error.validator == "enum")


def wants(error: ValidationError) -> Iterator[tuple[str, str]]:
    """The places that an error is about, and what is wanted there; of a union, what the form wants that was meant."""
    place = "".join("[*]" if isinstance(key, int) else f".{key}" for key in error.absolute_path)
    forms = defaultdict(list)
    for inner in error.context:
        forms[inner.schema_path[0]].append(inner)
    meant = [errors for errors in forms.values() if not any(map(is_of_another_form, errors))]
    if len(meant) == 1:
        for inner in meant[0]:
            yield from wants(inner)
    elif error.validator == "required":
        for name in error.validator_value:
            if name not in error.instance:
                yield f"{place}.{name}".removeprefix("."), "required"
    elif error.validator in ("enum", "type"):
        values = error.validator_value
        told = values if isinstance(values, str) else ", ".join(map(str, values))
        yield place.removeprefix("."), f"{error.validator} {told}"
    else:
        yield place.removeprefix("."), error.validator


def deviations(validators, body: dict) -> set[tuple[str, str, str]]:
    """What a body breaks of the description; an event of a type that it does not know breaks the union."""
    kind = "event" if "type" in body else body["object"]
    validator = validators.get(body.get("type"), validators[kind])
    return {(kind, *found) for error in validator.iter_errors(body) for found in wants(error)}


def test_real_traffic_breaks_the_description(validators, bodies, streams):
    plain = [body for body in bodies if body.get("object") in COMPONENTS]
    bodies = [*plain, *(each for stream in streams for each in stream)]
    found = [deviations(validators, body) for body in bodies]
    kinds = ["event" if "type" in body else body["object"] for body in bodies]

    assert Counter(deviation for each in found for deviation in each) == REAL_AND_OURS | REAL_ONLY
    invalid = Counter(kind for kind, each in zip(kinds, found, strict=True) if each)
    assert {kind: (invalid[kind], count) for kind, count in Counter(kinds).items()} == INVALID


def test_what_the_description_does_not_know_breaks_it(validators):
    event = {"type": "response.weather", "sequence_number": 0}
    call = Reply(tool_call("f")).response().to_dict()
    call["output"][0] |= {"type": "hologram"}

    assert deviations(validators, event) == {("event", "", "anyOf")}
    assert ("response", "output[*]", "oneOf") in deviations(validators, call)


ENTRY = {"token": "He", "logprob": -0.5, "top_logprobs": [{"token": "She", "logprob": -1.5}]}
CITATION = {"type": "url_citation", "url": "https://example.com/", "title": "Page", "start_index": 0, "end_index": 5}
FILE = {"type": "file_citation", "file_id": "file-1", "filename": "a.txt", "index": 0}

REPLIES = [
    Reply(),
    Reply("Hello", id="resp_1", model="gpt-4.1", usage=usage(9, 7, cached=4, reasoning=3)),
    Reply(text("He", "llo", logprobs=[ENTRY, [ENTRY, ENTRY]])),
    Reply(text("He", "llo", logprobs=[-0.5, -0.25]), "!"),
    Reply(text("Hello", annotations=[CITATION])),
    Reply(refusal("No", "!")),
    Reply("Well", refusal("No"), "Bye"),
    Reply(tool_call("f")),
    Reply(tool_call("f", {"a": 1}, id="call_1"), tool_call("g", ["{", "}"]), tool_call("h", "{")),
    Reply("Look", tool_call("f"), "Done"),
    Reply(reasoning(), "Hello"),
    Reply(reasoning("Hm", "m.", encrypted_content="…"), tool_call("f")),
    Reply("Hel", status="incomplete"),
    Reply(status="incomplete", reason="content_filter"),
    Reply(tool_call("f", '{"a'), status="incomplete", reason="max_output_tokens"),
]

ITEMS = [
    {"type": "message", "role": "assistant", "status": "completed", "content": [{"type": "refusal", "refusal": "No"}]},
    {"type": "reasoning", "summary": [], "content": [{"type": "reasoning_text", "text": "Hm."}]},
    {"type": "function_call", "call_id": "call_1", "name": "f", "arguments": "{}", "status": "completed"},
    {"type": "custom_tool_call", "call_id": "call_1", "name": "f", "input": "a"},
    {"type": "web_search_call", "status": "completed", "action": {"type": "search", "query": "a"}},
    {"type": "file_search_call", "status": "completed", "queries": ["a"], "results": [{"file_id": "f", "text": "a"}]},
    {
        "type": "code_interpreter_call",
        "status": "completed",
        "code": "1",
        "container_id": "cntr_1",
        "outputs": [{"type": "logs", "logs": "1"}],
    },
    {"type": "image_generation_call", "status": "completed", "result": "aGk="},
    {"type": "mcp_list_tools", "server_label": "s", "tools": [{"name": "f", "input_schema": {}}]},
    {"type": "mcp_list_tools", "server_label": "s", "tools": [], "error": "no"},
    {"type": "mcp_call", "name": "f", "server_label": "s", "arguments": "{}", "output": "1", "status": "completed"},
    {
        "type": "mcp_call",
        "name": "f",
        "server_label": "s",
        "arguments": "{}",
        "status": "failed",
        "error": {"type": "http_error", "code": 401, "message": "no"},
    },
    {"type": "tool_search_call", "status": "completed", "execution": "server", "call_id": None, "arguments": {"a": 1}},
    {"type": "tool_search_output", "status": "completed", "execution": "server", "call_id": None, "tools": []},
    {"type": "compaction", "encrypted_content": "…"},
]

WITHOUT_CHAT = [
    *(Reply(item, "Done") for item in ITEMS),
    Reply(text("Hello", annotations=[CITATION, FILE])),
    Reply("Hel", status="failed", error="Sorry."),
    Reply(status="failed", error={"code": "rate_limit_exceeded", "message": "Later."}),
]
"""Replies that Chat Completions has no form for."""

CHOICES = Reply.choices("a", Reply(text("b", logprobs=[-0.5]), tool_call("f")), Reply("c", status="incomplete"))

FIELDS = {
    "background": True,
    "previous_response_id": "resp_0",
    "instructions": "Be brief.",
    "conversation": {"id": "conv_1"},
}


# Rendered as they are served: objects of the SDK would have put wrong types right.
def in_responses(reply: Reply) -> Iterator[dict]:
    yield from responses.events(reply)
    yield from responses.events(reply, fields=FIELDS, obfuscation=True)
    yield responses.response(reply)
    yield responses.response(reply, fields=FIELDS)


def in_chat(reply: Reply) -> Iterator[dict]:
    yield from chat.chunks(reply)
    yield from chat.chunks(reply, include_usage=False, obfuscation=True)
    yield chat.completion(reply)


def test_what_we_render_breaks_nothing_else(validators):
    bodies = [body for reply in (*REPLIES, *WITHOUT_CHAT) for body in in_responses(reply)]
    bodies += [body for reply in (*REPLIES, CHOICES) for body in in_chat(reply)]

    found = {deviation for body in bodies for deviation in deviations(validators, body)}

    assert found == REAL_AND_OURS.keys() | REAL_ELSEWHERE


@settings(max_examples=200)
@given(reply=replies())
def test_whatever_we_render_breaks_nothing_else(validators, reply):
    found = {each for body in (*in_responses(reply), *in_chat(reply)) for each in deviations(validators, body)}

    assert found <= REAL_AND_OURS.keys() | REAL_ELSEWHERE
