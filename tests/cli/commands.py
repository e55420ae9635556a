"""What tests of the command line share: `fakemodel …` as a user runs it, and cassettes to run it on."""

import json
import os
import subprocess
import sys
from pathlib import Path

import yaml

import fakemodel

ROOT = Path(fakemodel.__file__).parent.parent
RUN = "import sys; from fakemodel.cli import main; main()"
RESPONSES = "https://api.openai.com/v1/responses"
ENVIRON = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"}
CHAT = "https://api.openai.com/v1/chat/completions"


def run(*arguments: object, script=RUN) -> subprocess.CompletedProcess[str]:
    """`fakemodel …`, without the variables of this machine."""
    command = [sys.executable, "-c", script, *map(str, arguments)]
    return subprocess.run(command, env=ENVIRON, capture_output=True, encoding="utf-8", check=False)


def interaction(asked, answered, *, uri=RESPONSES, method="POST", status=200, stream=False) -> dict:
    """One turn as vcrpy writes it; what is asked and answered is JSON, or text as it stands."""
    sent, said = (each if isinstance(each, str) else json.dumps(each) for each in (asked, answered))
    content_type = "text/event-stream; charset=utf-8" if stream else "application/json"
    return {
        "request": {"method": method, "uri": uri, "body": sent, "headers": {"Content-Type": ["application/json"]}},
        "response": {
            "status": {"code": status, "message": "OK" if status < 400 else "Bad Request"},
            "headers": {"Content-Type": [content_type]},
            "body": {"string": said},
        },
    }


def put(file: Path, *interactions: dict) -> Path:
    """A cassette as vcrpy, or pytest-recording, writes it."""
    file.write_text(yaml.safe_dump({"interactions": list(interactions), "version": 1}), encoding="utf-8")
    return file


def response(number: int, *output: dict, **members) -> dict:
    """A response of the API, with the `number`th id."""
    return {
        "id": id_of("resp", number),
        "object": "response",
        "created_at": 1763000000 + number,
        "status": "completed",
        "model": "gpt-4.1",
        "output": list(output),
        "usage": {"input_tokens": 10 * number, "output_tokens": number, "total_tokens": 11 * number},
        **members,
    }


def id_of(kind: str, number: int) -> str:
    return f"{kind}_{number:02}{'6b' * 23}"


def message(text: str, number: int = 1) -> dict:
    """An output item that says `text`."""
    content = [{"type": "output_text", "text": text, "annotations": []}]
    return {"type": "message", "id": id_of("msg", number), "role": "assistant", "content": content}


def call(number: int, name: str, arguments: str) -> dict:
    """An output item that calls a tool."""
    return {
        "type": "function_call",
        "id": id_of("fc", number),
        "call_id": id_of("call", number),
        "name": name,
        "arguments": arguments,
    }
