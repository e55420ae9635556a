"""What FakeModel takes from the Agents SDK: its own names where it is installed, stand-ins where it is not."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from importlib import import_module
from typing import TYPE_CHECKING, Any

__all__ = ["Model", "ModelResponse", "Usage", "attach_raw_usage", "attach_usage", "current", "traced"]

if TYPE_CHECKING:
    from agents import Model, ModelResponse, Usage
    from agents.tracing import generation_span
    from agents.tracing.scope import Scope
else:
    try:
        from agents import Model, ModelResponse, Usage
        from agents.tracing import generation_span
        from agents.tracing.scope import Scope
    except ModuleNotFoundError as error:
        if error.name != "agents":  # it is installed, and broken
            raise

        generation_span = Scope = None

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


def _since_later(module: str, name: str) -> Callable[..., Any]:
    """A function of the Agents SDK's own that its older versions lack; nothing comes of it there."""
    try:
        found: Callable[..., Any] = getattr(import_module(module), name)
    except (ImportError, AttributeError):
        return lambda *args: None
    return found


attach_raw_usage = _since_later("agents.usage", "_attach_raw_usage_snapshot")
attach_usage = _since_later("agents.usage", "_attach_normalized_usage")
model_timeout = _since_later("agents.util._error_tracing", "get_current_task_model_timeout_error")

REDACTED = "Error details are redacted."


def traced(enabled: bool, tracing: Any, *, streamed: bool = False) -> AbstractContextManager[Any]:
    """A generation span of one call, which notes the error that the call raised.

    That of a stream is not current: whoever reads the stream may do so in one task after another. `tracing` is the
    call's `ModelTracing`: without its data the message of the error is left out, as the SDK does.
    """
    return _traced(tracing, streamed) if enabled and generation_span is not None else nullcontext()


@contextmanager
def current(span: Any) -> Iterator[None]:
    """Have a span that is not current be it for a while; None is no span."""
    if span is None:
        yield
        return
    token = Scope.set_current_span(span)
    try:
        yield
    finally:
        Scope.reset_current_span(token)


@contextmanager
def _traced(tracing: Any, streamed: bool) -> Iterator[Any]:
    with _beside() if streamed else generation_span() as span:
        try:
            yield span
        except asyncio.CancelledError:
            # The runner cancels a model that exceeds its time, and marks the task with the error that says so.
            if (timeout := model_timeout()) is not None:
                _note(span, timeout, tracing)
            raise
        except Exception as error:
            _note(span, error, tracing)
            raise


@contextmanager
def _beside() -> Iterator[Any]:
    """A generation span that is not current."""
    span = generation_span()
    span.start(mark_as_current=False)
    try:
        yield span
    finally:
        span.finish(reset_current=False)


def _note(span: Any, error: Exception, tracing: Any) -> None:
    try:
        message = REDACTED if tracing is not None and not tracing.include_data() else str(error)
    except Exception:  # a message that cannot be told must not take the place of the error
        message = f"Unrenderable {type(error).__name__}"
    span.set_error({"message": "Error", "data": {"name": type(error).__name__, "message": message}})
