"""Turns that the real API answered: FakeOpenAI takes them too."""

import json

from fakemodel import FakeOpenAI, Reply
from fakemodel.httpx_modules import sdk_httpx
from fakemodel.tape import layout

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
