"""Whom the scenarios ask where they are recorded: FakeOpenAI over loopback, or the API itself for `make record API=1`.

Their clients believe that they ask the API itself, for some ask it in other words than any other server.
"""

import os
from functools import partial

import openai
import pytest

from fakemodel import FakeOpenAI
from fakemodel.httpx_modules import sdk_httpx

OFFICIAL = "https://api.openai.com/v1"


class NotAsked(FakeOpenAI):
    """One whose script nobody plays."""

    def fail(self, *args, **kwargs):
        pytest.skip("the API does not fail on demand")


@pytest.fixture
def fake_openai(request, monkeypatch):
    """The plugin's own, where it is recorded; otherwise one that is not asked."""
    from_api = os.environ.get("FAKEMODEL_RECORD_FROM_API") == "1"
    if request.config.getoption("--cassettes") == "replay":
        monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
        return FakeOpenAI()
    if not from_api:
        return request.getfixturevalue("fake_openai")
    if not os.environ.get("OPENAI_API_KEY"):
        pytest.fail("Recording from the API needs a key: OPENAI_API_KEY is not set.", pytrace=False)
    return NotAsked()


@pytest.fixture
async def api(fake_openai):
    """The client of the SDK, which every other one is made with."""
    fake = type(fake_openai) is FakeOpenAI and os.environ.get("OPENAI_BASE_URL")
    hooks = {"request": [partial(_sent_to, sdk_httpx().URL(fake))]} if fake else {}
    http_client = openai.DefaultAsyncHttpxClient(event_hooks=hooks)
    async with openai.AsyncOpenAI(base_url=OFFICIAL if fake else None, http_client=http_client) as client:
        yield client


async def _sent_to(server, request):
    path = server.raw_path.rstrip(b"/") + request.url.raw_path.removeprefix(b"/v1")
    request.url = request.url.copy_with(scheme=server.scheme, host=server.host, port=server.port, raw_path=path)
