"""The tool that the clients of the scenarios call."""

from typing import Any

__all__ = ["PARAMETERS", "get_weather"]


def get_weather(city: str) -> str:
    """The weather in a city."""
    return "sunny"


PARAMETERS: dict[str, Any] = {
    "type": "object",
    "properties": {"city": {"type": "string"}},
    "required": ["city"],
    "additionalProperties": False,
}
"""Its schema, as the bare SDK is given it."""
