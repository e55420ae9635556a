"""Whom the scenarios ask where they are recorded: FakeOpenAI, or the API itself for `make record API=1`."""

import os

import pytest

from fakemodel import FakeOpenAI


@pytest.fixture
def fake_openai(request: pytest.FixtureRequest) -> FakeOpenAI:
    """The plugin's own; where the API itself is recorded, one whose script nobody plays."""
    from_api = os.environ.get("FAKEMODEL_RECORD_FROM_API") == "1"
    if not from_api or request.config.getoption("--cassettes") == "replay":
        return request.getfixturevalue("fake_openai")
    if not os.environ.get("OPENAI_API_KEY"):
        pytest.fail("Recording from the API needs a key: OPENAI_API_KEY is not set.", pytrace=False)
    return FakeOpenAI()
