"""`expected_events`: what the Agents SDK makes of Chat Completions chunks.

An adapter from Chat Completions to the Responses events has no wire of its own to be compared with. The
reference is `OpenAIChatCompletionsModel.stream_response` of openai-agents 0.24 behind another base URL than
OpenAI's own (there it also asks for a finish_reason), without buffered tool calls or strict validation. Its
rules are stated here anew, over payloads; the tests compare both on the same chunks.

Older versions differ in these rules:

- before 0.22.1 an answer that its length cut before anything was said is completed, not refused;
- before 0.21.1 a reasoning item that the field `reasoning` opened is not marked as such in its provider data, and
  what comes in that field, but is no text, is refused, not left out.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from fakemodel.agents_events.items import FAKE_ID
from fakemodel.errors import StreamError
from fakemodel.wire.payload import Payload, payloads_of, read_as

if TYPE_CHECKING:
    from openai.types.responses import Response, ResponseStreamEvent

__all__ = ["expected_events"]

ENVELOPE: Payload = {
    "id": FAKE_ID,
    "created_at": 0,
    "model": "fake-model",
    "object": "response",
    "output": [],
    "tool_choice": "auto",
    "tools": [],
    "parallel_tool_calls": False,
}


def expected_events(chunks: Iterable[object], *, response: Response | None = None) -> list[ResponseStreamEvent]:
    """The events that an adapter must emit for `chunks` (SDK objects or dicts), as SDK objects.

    The envelope that only the adapter knows (created_at, model, settings) is taken from `response`:
    ``assert events == expected_events(chunks, response=events[0].response)``. Raises StreamError where the
    Agents SDK raises.

    Every event is as it was when it was emitted. The Agents SDK itself goes on filling in the reasoning item that
    it announced, so its events are copied as they come: ``event.model_copy(deep=True)``.
    """
    from openai.types.responses import Response

    from fakemodel import sdk
    from fakemodel.agents_events.adapter import Adapter

    envelope = response if response is not None else sdk.parsed(Response, ENVELOPE)
    adapter = Adapter(envelope)
    found = []
    with read_as("stream of chunks", StreamError):
        for number, event in enumerate(adapter.events(payloads_of(chunks))):
            found.append(sdk.event({**event, "sequence_number": number}))
    return found
