"""A program of one's own, run as it stands: its second question goes on from the first answer, by the id alone."""

import subprocess
import sys
from pathlib import Path

import pytest

from fakemodel import Reply, text

pytest.importorskip("agents", reason="runs a program that uses the Agents SDK")

PROGRAM = Path(__file__).with_name("previous_response_id.py")


@pytest.mark.parametrize("options", [[], ["--stream"]], ids=["plain", "streamed"])
def test_the_second_question_goes_on_from_the_first_answer(fake_openai, monkeypatch, options):
    monkeypatch.setenv("OPENAI_AGENTS_DISABLE_TRACING", "1")
    fake_openai.say("Brazil", Reply(text("Bra", "sília")))

    done = subprocess.run([sys.executable, PROGRAM, *options], capture_output=True, encoding="utf-8", check=True)

    assert done.stdout == "Brazil\nBrasília\n"
    second = fake_openai.requests[-1]
    assert second.json["previous_response_id"] in fake_openai.responses
    assert len(second.json["input"]) == 1
    assert second.json.get("stream", False) == bool(options)
    assert "largest country" in second.context.text
