"""What FakeModel takes from the Agents SDK: its own names where it is installed, stand-ins where it is not."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

__all__ = ["Model", "ModelResponse", "Usage", "errors_on", "generation_span"]

if TYPE_CHECKING:
    from agents import Model, ModelResponse, Usage
    from agents.tracing import generation_span
else:
    try:
        from agents import Model, ModelResponse, Usage
        from agents.tracing import generation_span
    except ModuleNotFoundError as error:
        if error.name != "agents":  # it is installed, and broken
            raise

        class Model:
            """Stands in for `agents.Model`."""

        @dataclass
        class Usage:
            """Stands in for `agents.Usage`, with its fields: token counts of one or more requests."""

            requests: int = 0
            input_tokens: int = 0
            output_tokens: int = 0
            total_tokens: int = 0
            input_tokens_details: Any = None
            output_tokens_details: Any = None

        @dataclass
        class ModelResponse:
            """Stands in for `agents.ModelResponse`, with its fields."""

            output: list[Any] = field(default_factory=list)
            usage: Usage = field(default_factory=Usage)
            response_id: str | None = None
            request_id: str | None = None

        def generation_span(*, disabled: bool) -> AbstractContextManager[Any]:
            """There is no tracing without the Agents SDK."""
            return nullcontext()


@contextmanager
def errors_on(span: Any) -> Iterator[None]:
    """Note on the span of a call that it raised."""
    try:
        yield
    except Exception as error:
        if span is not None:
            span.set_error({"message": "Error", "data": {"name": type(error).__name__, "message": str(error)}})
        raise
