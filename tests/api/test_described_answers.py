"""OpenAI's description of its API: the answers of every operation, each event of a stream, are what it says."""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import openai
import pytest
from jsonschema import Draft202012Validator
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from fakemodel import FakeOpenAI, Reply, reasoning, refusal, text, tool_call
from fakemodel.wire.sse import split
from tests.wire.test_openapi import COMPONENTS, REAL_AND_OURS, REAL_ELSEWHERE, wants

MODEL = "gpt-4.1"
ASKED = [{"role": "user", "content": "Hi"}]
SEEN = [{"role": "user", "content": [{"type": "input_image", "image_url": "https://example.com/a.png"}]}]
CALL = {"type": "function_call", "call_id": "call_1", "name": "get_weather", "arguments": "{}"}
OUTPUT = {"type": "function_call_output", "call_id": "call_1", "output": "sunny"}
FUNCTION = {"name": "get_weather", "parameters": {"type": "object", "properties": {}}}
SAID = [text("Hel", "lo", logprobs=[-0.5, -0.25]), tool_call("get_weather")]
SETTINGS = {
    "instructions": "Be brief.",
    "metadata": {"run": "1"},
    "tools": [{"type": "function", "strict": False, **FUNCTION}],
    "reasoning": {"effort": "low", "summary": "auto"},
    "text": {"format": {"type": "text"}, "verbosity": "low"},
    "temperature": 0.5,
    "max_output_tokens": 100,
}


def use_responses(api: FakeOpenAI, client: openai.OpenAI, http: Any) -> None:
    api.otherwise("Hello")
    incomplete, failed = Reply("H", status="incomplete"), Reply("H", status="failed", error="Sorry.")
    for reply in (Reply(reasoning("Hm."), *SAID), refusal("No"), incomplete, failed):
        api.say(reply, reply)
        client.responses.create(model=MODEL, input="Hi", **SETTINGS)
        list(client.responses.create(model=MODEL, input="Hi", stream=True))
    kept = client.responses.create(model=MODEL, input=[*SEEN, CALL, OUTPUT])
    client.responses.retrieve(kept.id)
    client.responses.input_items.list(kept.id, limit=2, include=["message.input_image.image_url"])
    client.responses.delete(kept.id)
    for stream in (False, True):
        begun = client.responses.create(model=MODEL, input="Hi", background=True, stream=stream)
        begun_id = next(event.response.id for event in begun) if stream else begun.id
        client.responses.retrieve(begun_id)
        client.responses.cancel(begun_id)
    created = client.responses.create(model=MODEL, input="Hi", background=True, stream=True)
    events = list(created)
    list(client.responses.retrieve(events[0].response.id, stream=True, starting_after=1))
    # Older SDKs have no methods for these.
    http.post("responses/input_tokens", json={"model": MODEL, "input": "Hi"})
    http.post("responses/compact", json={"model": MODEL, "input": [*ASKED, CALL, OUTPUT]})


def use_conversations(api: FakeOpenAI, client: openai.OpenAI, http: Any) -> None:
    api.say("Hello", Reply(reasoning("Hm."), *SAID))
    empty = client.conversations.create()
    client.conversations.items.list(empty.id)
    client.conversations.delete(empty.id)
    kept = client.conversations.create(items=ASKED, metadata={"run": "1"})
    client.conversations.retrieve(kept.id)
    client.conversations.update(kept.id, metadata={"run": "2"})
    added = client.conversations.items.create(kept.id, items=[*SEEN, CALL, OUTPUT])
    client.responses.create(model=MODEL, input="Hi", conversation=kept.id)
    list(client.responses.create(model=MODEL, input="Hi", conversation=kept.id, stream=True))
    client.conversations.items.list(kept.id)
    client.conversations.items.list(kept.id, limit=2, order="asc")
    client.conversations.items.retrieve(added.data[0].id, conversation_id=kept.id)
    client.conversations.items.delete(added.data[0].id, conversation_id=kept.id)


def use_chat(api: FakeOpenAI, client: openai.OpenAI, http: Any) -> None:
    completions, tools = client.chat.completions, [{"type": "function", "function": FUNCTION}]
    completions.list()
    for reply in (Reply(*SAID), refusal("No"), Reply("H", status="incomplete")):
        api.say(reply, reply)
        completions.create(model=MODEL, messages=ASKED, tools=tools)
        list(completions.create(model=MODEL, messages=ASKED, stream=True, stream_options={"include_usage": True}))
    api.say(Reply.choices("a", "b"), "Hello")
    completions.create(model=MODEL, messages=ASKED, n=2)
    kept = completions.create(model=MODEL, messages=ASKED, store=True, metadata={"run": "1"})
    completions.list(metadata={"run": "1"}, limit=1)
    completions.retrieve(kept.id)
    completions.update(kept.id, metadata={"run": "2"})
    completions.messages.list(kept.id)
    completions.delete(kept.id)


Use = Callable[[FakeOpenAI, openai.OpenAI, Any], None]

AREAS: dict[str, Use] = {
    "/responses": use_responses,
    "/conversations": use_conversations,
    "/chat/completions": use_chat,
}
"""How all operations are used whose paths begin so."""

REAL = {(COMPONENTS[kind], *rest) for kind, *rest in REAL_AND_OURS.keys() | REAL_ELSEWHERE}
"""What the answers of the API break too."""

LISTED = {
    "/responses": set(),
    # A list that is empty has no ids.
    "/conversations": {
        ("ConversationItemList", "first_id", "type string"),
        ("ConversationItemList", "last_id", "type string"),
    },
    "/chat/completions": {
        ("ChatCompletionList", "first_id", "type string"),
        ("ChatCompletionList", "last_id", "type string"),
        # As in the completion itself.
        ("ChatCompletionList", "data[*].system_fingerprint", "type string"),
        # The description has answers alone as messages, against its own example and the newer reference.
        ("ChatCompletionMessageList", "data[*].role", "enum assistant"),
    },
}
"""What lists break, which nobody has recorded."""


class Description:
    """OpenAI's description of its API, to which answers are held."""

    def __init__(self, openapi: dict[str, Any]) -> None:
        self.registry = Registry().with_resource("openai", DRAFT202012.create_resource(openapi))
        self.operations = {
            (method.upper(), path): operation["responses"]["200"].get("content", {})
            for path, operations in openapi["paths"].items()
            for method, operation in operations.items()
        }

    def operation(self, request: Any) -> tuple[str, str]:
        """The method and the path of the operation that a request of the journal asked for."""
        found = [
            (method, path)
            for method, path in self.operations
            if method == request.method and re.fullmatch(re.sub(r"{\w+}", "[^/]+", f"/v1{path}"), request.path)
        ]
        return min(found, key=lambda operation: operation[1].count("{"))

    def broken(self, request: Any) -> Iterator[tuple[str, str, str]]:
        """The schema, the place in it and what is wanted there, of all that an answer of the journal breaks."""
        content = self.operations[self.operation(request)]
        is_stream = request.answer.headers["content-type"].startswith("text/event-stream")
        # That a response can be retrieved as a stream is said nowhere; nor is what the answer to a deletion is.
        described = content.get("text/event-stream", STREAM) if is_stream else content.get("application/json")
        if described is not None:
            name = described["schema"]["$ref"].rpartition("/")[2]
            validator = Draft202012Validator({"$ref": f"openai#/components/schemas/{name}"}, registry=self.registry)
            for body in payloads(request.answer.body) if is_stream else [request.answer.json]:
                for error in validator.iter_errors(body):
                    for place, wanted in wants(error):
                        yield name, place, wanted


STREAM = {"schema": {"$ref": "#/components/schemas/ResponseStreamEvent"}}


def payloads(body: bytes) -> Iterator[Any]:
    """What is said in the events of a stream."""
    for frame in split(body):
        data = frame.decode().partition("data: ")[2]
        if data != "[DONE]\n\n":
            yield json.loads(data)


@pytest.mark.parametrize("area", AREAS)
def test_every_operation_answers_as_it_is_described(area, api, client, http, openapi):
    description = Description(openapi)

    AREAS[area](api, client, http)

    assert {request.status for request in api.requests} == {200}
    used = {description.operation(request) for request in api.requests}
    assert used >= {(method, path) for method, path in description.operations if path.startswith(area)}
    found = {each for request in api.requests for each in description.broken(request)}
    assert found - REAL == LISTED[area]


def test_what_the_description_does_not_know_is_found(api, openapi):
    api.on("GET", "/v1/conversations/{conversation_id}", lambda request: {"id": 1, "object": "conversation"})
    api.client().conversations.retrieve("conv_1")

    assert set(Description(openapi).broken(api.requests[0])) == {
        ("ConversationResource", "id", "type string"),
        ("ConversationResource", "metadata", "required"),
        ("ConversationResource", "created_at", "required"),
    }
