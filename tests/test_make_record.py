"""`make record`, in a copy of the checkout: whom it asks, and whom it does not."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from fakemodel import FakeOpenAI

CHECKOUT = Path(__file__).parent.parent
TWO = "-k 'test_a_second_turn_continues_the_first and openai'"


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    for folder in ("fakemodel", "cassettes", "tests/scenarios"):
        shutil.copytree(CHECKOUT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__"))
    for file in ("pyproject.toml", "Makefile", "plugin.py"):
        shutil.copy2(CHECKOUT / file, tmp_path)
    return tmp_path


def make_record(checkout: Path, *variables: str, some: str = TWO, **environ: str) -> str:
    """What it prints; the environment of this very run stands for the one that it would set up."""
    environment = [f"RECORDER={sys.prefix}", "-o", f"{sys.prefix}/ready"]
    arguments = ["-s", *environment, "record", f"TEST_ARGS=-p plugin -p no:randomly -q {some}"]
    made = subprocess.run(
        ["make", *arguments, *variables],
        cwd=checkout,
        env={**os.environ, "MAKEFLAGS": "", **environ},
        capture_output=True,
        text=True,
        check=False,
    )
    return made.stdout + made.stderr


def test_it_asks_fake_openai_whatever_is_exported(checkout):
    api = FakeOpenAI()
    with api.serve() as served:
        said = make_record(checkout, OPENAI_BASE_URL=served.base_url, OPENAI_API_KEY="sk-live", API="1")
    (checkout / "cassettes/previous_response_id/plain.yaml").unlink()
    again = make_record(checkout)

    assert "cassettes: 2 left equal" in said
    assert "cassettes: 1 left equal, 1 recorded" in again
    assert api.turns == []


def test_with_api_it_asks_the_api_itself(checkout):
    api = FakeOpenAI(["Brazil", "Brasília"] * 2)
    with api.serve() as served:
        said = make_record(checkout, "API=1", OPENAI_BASE_URL=served.base_url, OPENAI_API_KEY="sk-live")

    assert "2 passed" in said
    assert len(api.turns) == 4


def test_with_api_it_needs_a_key(checkout):
    said = make_record(checkout, "API=1", OPENAI_API_KEY="")

    assert "Recording from the API needs a key: OPENAI_API_KEY is not set." in said
