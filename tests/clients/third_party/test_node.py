"""The Node SDK, by a script that asks a FakeOpenAI on loopback: node/conversation.mjs."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from fakemodel import Reply, faults, text
from tests.docs.pages import blocks

SCRIPT = Path(__file__).parent / "node" / "conversation.mjs"
RESPONSES = ["create", "streamed", "helper", "parsed"]
CHATS = ["chat", "chatStreamed", "chatHelper"]

pytestmark = [
    pytest.mark.skipif(not shutil.which("node"), reason="node is not installed"),
    pytest.mark.skipif(not (SCRIPT.parent / "node_modules").is_dir(), reason="`make clients` installs the package"),
]


@pytest.fixture
def node(api):
    """Run the script to its end: what it tells."""

    def run(*arguments):
        with api.serve() as served:
            environment = {"PATH": os.environ["PATH"], "OPENAI_BASE_URL": served.base_url, "OPENAI_API_KEY": "any"}
            done = subprocess.run(
                ["node", str(SCRIPT), *arguments], env=environment, capture_output=True, text=True, timeout=60
            )
        assert (done.returncode, done.stderr) == (0, "")
        return json.loads(done.stdout)

    return run


@pytest.mark.parametrize("code", [block.text for block in blocks() if block.language == "js"])
def test_the_program_of_the_docs_is_answered(api, code):
    api.say("Hello")

    with api.serve() as served:
        environment = {"PATH": os.environ["PATH"], "FAKE_OPENAI_URL": served.base_url}
        command = ["node", "--input-type=module", "--eval", code]
        done = subprocess.run(
            command, cwd=SCRIPT.parent, env=environment, capture_output=True, text=True, timeout=60, check=False
        )

    assert (done.stdout, done.stderr) == ("Hello\n", "")
    api.assert_complete()


@pytest.mark.parametrize("way", RESPONSES)
@pytest.mark.parametrize("kept_by", ["chain", "conversation"])
def test_responses(api, node, weather, remembered, kept_by, way):
    api.say(*weather)

    assert node(kept_by, way) == {"told": ["Sunny, 21 degrees.", "Cooler: 18 degrees."]}

    assert [request.json["input"] for request in api.requests[-1:]] == ["And tomorrow?"]
    assert len(api.conversations) == (kept_by == "conversation")
    remembered()


@pytest.mark.parametrize("way", CHATS)
def test_a_chat(api, node, weather, remembered, way):
    api.say(*weather)

    assert node("history", way) == {"told": ["Sunny, 21 degrees.", "Cooler: 18 degrees."]}

    assert [message["role"] for message in api.requests[2].json["messages"]] == [
        *("user", "assistant", "tool", "assistant", "user")
    ]
    remembered()


@pytest.mark.parametrize("way", ["plain", "streamed"])
def test_the_tools_are_run_by_the_sdk(api, node, weather, remembered, way):
    api.say(*weather)

    assert node("runTools", way) == {"told": ["Sunny, 21 degrees.", "Cooler: 18 degrees."]}

    assert [request.json.get("stream", False) for request in api.requests] == [way == "streamed"] * 3
    remembered()


@pytest.mark.parametrize("way", [*RESPONSES, *CHATS])
def test_a_rate_limit_is_waited_for(api, node, way):
    api.fail(429)
    api.say("Hello")

    assert node("hi", way) == {"told": ["Hello"]}

    assert [(request.status, request.attempt) for request in api.requests] == [(429, 1), (200, 2)]
    api.assert_complete()


@pytest.mark.parametrize("way", ["streamed", "helper", "chatStreamed", "chatHelper"])
def test_a_stream_that_breaks_off_is_raised(api, node, way):
    api.fail(faults.cut(after=3))
    api.say(Reply(text("Hel", "lo", "!")))

    assert "error" in node("hi", way)
    assert api.responses == {}
