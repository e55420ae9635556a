"""What a downstream suite adds of its own: a tool for its agents, and nothing for fakemodel."""

import pytest


@pytest.fixture
def weather_tool():
    from agents import function_tool

    @function_tool
    def get_weather(city: str) -> str:
        """The weather in a city."""
        return "sunny"

    return get_weather
