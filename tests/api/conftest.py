"""The two doors of FakeOpenAI: every test that takes `client` runs through both, and finds the same behind them."""

from collections.abc import Iterator
from typing import Any

import openai
import pytest

from fakemodel import FakeOpenAI
from fakemodel.httpx_modules import sdk_httpx


@pytest.fixture
def api() -> FakeOpenAI:
    return FakeOpenAI()


@pytest.fixture(params=["in process", "served"])
def door(request: pytest.FixtureRequest, api: FakeOpenAI) -> Iterator[dict[str, Any]]:
    """What a client of httpx needs to come in: a base URL, and in process a transport."""
    if request.param == "in process":
        yield {"base_url": "https://api.openai.com/v1/", "transport": api.transport()}
    else:
        with api.serve() as served:
            yield {"base_url": served.base_url}


@pytest.fixture
def http(door: dict[str, Any]) -> Iterator[Any]:
    """A client that sends what the SDK would not."""
    with sdk_httpx().Client(**door) as client:
        yield client


@pytest.fixture
def client(door: dict[str, Any], http: Any) -> openai.OpenAI:
    return openai.OpenAI(base_url=door["base_url"], api_key="sk-any", http_client=http)


@pytest.fixture
def inside(api):
    """A client in process: what a table is about does not depend on the door."""
    with api.client() as client:
        yield client
