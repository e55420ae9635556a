"""Schemathesis, run on a FakeOpenAI that is served: what OpenAI's description of its API says of all its operations.

    python tests/schemathesis/check_api.py [options of schemathesis run]

The description lies beside the checkout, and is no part of the project; where it does not, there is nothing to do.
Exits with the status of schemathesis.
"""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import openai
from description import FILE, described

from fakemodel import FakeOpenAI, Reply

HERE = Path(__file__).resolve().parent
CHECKS = (
    *("not_a_server_error", "status_code_conformance", "content_type_conformance", "AnswersAreAsDescribed"),
    *("valid_requests_are_accepted", "invalid_requests_are_refused", "EveryOperationSucceeds"),
)
MODEL = "gpt-4.1"
SAID = [{"role": "user", "content": "Hello"}]


def keep(client: openai.OpenAI) -> dict[str, list[str]]:
    """Have the server keep something of all kinds, enough for every deletion to find one; by kind, the ids."""
    conversation = client.conversations.create().id
    items = [client.conversations.items.create(conversation, items=SAID * 20) for _ in range(5)]
    streams = [client.responses.create(model=MODEL, input="Hello", background=True, stream=True) for _ in range(20)]
    streamed = [next(event.response.id for event in stream) for stream in streams]
    return {
        "responses": [*streamed, *(client.responses.create(model=MODEL, input="Hello").id for _ in range(40))],
        "background": [client.responses.create(model=MODEL, input="Hello", background=True).id for _ in range(20)],
        "conversations": [client.conversations.create(items=SAID).id for _ in range(50)],
        "conversation": [conversation],
        "items": [item.id for page in items for item in page.data],
        "completions": [client.chat.completions.create(model=MODEL, messages=SAID, store=True).id for _ in range(50)],
    }


def main(options: list[str]) -> int:
    if not FILE.is_file():
        print("OpenAI's description of its API does not lie beside the checkout: nothing is checked.")
        return 0
    logging.getLogger("uvicorn.error").setLevel(logging.ERROR)  # it warns of a null byte in a header, which is tried
    api = FakeOpenAI()
    api.otherwise(Reply("Hello", unchecked=True))
    kept = keep(api.client())
    examples = {
        "conv_123": "conversation",
        "resp_123": "responses",
        "resp_677efb5139a88190b512bc3fef8e535d": "responses",
        "msg_abc": "items",
    }
    text = json.dumps(described())
    for name, kind in examples.items():
        text = text.replace(json.dumps(name), json.dumps(kept[kind][0]))
    dictionaries = [f"{kind} = {{ values = {json.dumps(ids)} }}" for kind, ids in kept.items()]
    with api.serve() as served, tempfile.TemporaryDirectory() as folder:
        Path(folder, "openai.json").write_text(text)
        config = Path(folder, "schemathesis.toml")
        config.write_text("\n".join([(HERE / config.name).read_text(), "[dictionaries]", *dictionaries]))
        command = [
            str(Path(sys.executable).with_name("schemathesis")),
            "--config-file",
            config.name,
            "run",
            "openai.json",
        ]
        arguments = ["--url", served.base_url, "--checks", ",".join(CHECKS), "--no-color", *options]
        environment = {**os.environ, "PYTHONPATH": str(HERE)}
        run = subprocess.run([*command, *arguments], cwd=folder, env=environment, stdout=subprocess.PIPE, text=True)
    told = run.stdout if run.returncode else run.stdout[run.stdout.rfind("API Operations:") :]
    print(told)
    return run.returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
