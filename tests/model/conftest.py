"""What the tests of FakeModel share."""

import pytest


@pytest.fixture
def agents():
    """The Agents SDK, its traces kept to itself."""
    sdk = pytest.importorskip("agents", reason="the Agents SDK is not installed")
    sdk.tracing.set_trace_processors([])
    yield sdk
    sdk.tracing.set_trace_processors([sdk.tracing.processors.default_processor()])


@pytest.fixture
def spans():
    """The spans that start and end, kept in the place of the exporter that would post them."""
    agents = pytest.importorskip("agents", reason="the Agents SDK is not installed")

    class Spans(agents.tracing.TracingProcessor):
        def __init__(self):
            self.started, self.ended = [], []

        def on_span_start(self, span):
            self.started.append(span)

        def on_span_end(self, span):
            self.ended.append(span)

        def on_trace_start(self, trace): ...
        def on_trace_end(self, trace): ...
        def shutdown(self): ...
        def force_flush(self): ...

        @property
        def generations(self):
            return [span for span in self.ended if span.span_data.type == "generation"]

        @property
        def errors(self):
            return [span.error and span.error["data"] for span in self.generations]

    found = Spans()
    agents.tracing.set_trace_processors([found])
    yield found
    agents.tracing.set_trace_processors([agents.tracing.processors.default_processor()])
