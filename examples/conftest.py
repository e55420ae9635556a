"""What a downstream suite adds of its own: a tool for its agents, and nothing for fakemodel."""

import pytest

agents = pytest.importorskip("agents", reason="the examples of agents need openai-agents")


@pytest.fixture
def weather_tool():
    @agents.function_tool
    def get_weather(city: str) -> str:
        """The weather in a city."""
        return "sunny"

    return get_weather
