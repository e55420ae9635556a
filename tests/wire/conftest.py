"""The real traffic of the corpus, by the kind of its bodies."""

import json
from pathlib import Path

import pytest

from fakemodel.tape import layout
from fakemodel.wire.sse import split

HAND_WRITTEN = ("test_openai_previous_response_id", "test_openai_responses_verbosity")
"""The files of the corpus that no server answered begin so."""


def payloads(body: bytes) -> list[dict]:
    lines = [line for frame in split(body) for line in frame.decode().splitlines() if line.startswith("data: ")]
    return [json.loads(line.removeprefix("data: ")) for line in lines if line != "data: [DONE]"]


@pytest.fixture(scope="session")
def answers(corpus: Path) -> list:
    """Every recorded answer of the API, in the order of the files."""
    files = [file for file in sorted(corpus.rglob("*.yaml")) if not file.name.startswith(HAND_WRITTEN)]
    return [turn.response for file in files for turn in layout.read(file)]


@pytest.fixture(scope="session")
def streams(answers) -> list[list[dict]]:
    return [payloads(answer.body) for answer in answers if answer.is_stream]


@pytest.fixture(scope="session")
def event_streams(streams) -> list[list[dict]]:
    return [stream for stream in streams if "type" in stream[0]]


@pytest.fixture(scope="session")
def chunk_streams(streams) -> list[list[dict]]:
    return [stream for stream in streams if "type" not in stream[0]]


@pytest.fixture(scope="session")
def bodies(answers) -> list[dict]:
    """Every plain answer that is a JSON object."""
    plain = [answer.body for answer in answers if not answer.is_stream and answer.body.lstrip().startswith(b"{")]
    return [json.loads(body) for body in plain]


@pytest.fixture(scope="session")
def responses(bodies) -> list[dict]:
    return [body for body in bodies if body.get("object") == "response"]


@pytest.fixture(scope="session")
def completions(bodies) -> list[dict]:
    return [body for body in bodies if body.get("object") == "chat.completion"]
