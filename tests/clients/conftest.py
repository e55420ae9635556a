"""What the tests of real clients share: one conversation, asked through both doors of FakeOpenAI."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import openai
import pytest

from fakemodel import FakeOpenAI, Reply, text, tool_call
from fakemodel.httpx_modules import httpx_modules


@dataclass(frozen=True, slots=True)
class Door:
    """A way in to a FakeOpenAI: in process, or where it is served on loopback."""

    api: FakeOpenAI
    served: str | None = None

    @property
    def base_url(self) -> str:
        return self.served or "https://api.openai.com/v1"

    def client(self) -> openai.OpenAI:
        return openai.OpenAI(base_url=self.served, api_key="any") if self.served else self.api.client()

    def async_client(self) -> openai.AsyncOpenAI:
        return openai.AsyncOpenAI(base_url=self.served, api_key="any") if self.served else self.api.async_client()

    def http_client(self) -> Any:
        """For clients of the SDK that somebody else makes."""
        return openai.DefaultHttpxClient(transport=None if self.served else self.api.transport())

    def async_http_client(self) -> Any:
        return openai.DefaultAsyncHttpxClient(transport=None if self.served else self.api.transport())


@pytest.fixture
def api() -> FakeOpenAI:
    """It says nothing yet: a test scripts it."""
    return FakeOpenAI()


@pytest.fixture(params=["in process", "served"])
def door(request: pytest.FixtureRequest, api: FakeOpenAI) -> Iterator[Door]:
    if request.param == "in process":
        yield Door(api)
    else:
        with api.serve() as served:
            yield Door(api, served.base_url)


@pytest.fixture(autouse=True)
def offline(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a client takes from the environment is none of this machine's, and nobody is told of its runs."""
    for name in ("OPENAI_BASE_URL", "OPENAI_ORG_ID", "OPENAI_PROJECT_ID"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("OPENAI_API_KEY", "any")
    monkeypatch.setenv("LANGSMITH_TRACING", "false")


@pytest.fixture
def weather() -> list[Reply]:
    """The conversation that every client has: a call, an answer from its output, and one that needs both."""
    return [
        Reply(tool_call("get_weather", ['{"city": ', '"Paris"}'])),
        Reply(text("Sunny, ", "21 degrees.")),
        Reply(text("Cooler: ", "18 degrees.")),
    ]


SEEN = ["Weather in Paris?", '{"city":"Paris"}', "sunny, 21 °C", "Sunny, 21 degrees.", "And tomorrow?"]
"""What a model sees before it answers for the last time: a question, its call, the output, its answer, a question."""


@pytest.fixture
def remembered(api: FakeOpenAI) -> Callable[[], None]:
    """Assert that each of the three turns saw all that went before, and that nothing was refused or left over."""

    def assert_remembered() -> None:
        turns = [request for request in api.requests if request.context]
        # LangChain writes the arguments anew: blanks in their JSON are nobody's.
        seen = [turn.context.text.replace('": "', '":"').splitlines() for turn in turns]
        assert seen == [SEEN[:1], SEEN[:3], SEEN]
        assert {request.status for request in api.requests} == {200}
        api.assert_complete()

    return assert_remembered


@pytest.fixture(scope="session")
def broken_off() -> tuple[type[Exception], ...]:
    """What the SDK raises in the middle of a stream: before openai 3 the error of its HTTP client."""
    return openai.APIConnectionError, *(module.RemoteProtocolError for module in httpx_modules())
