"""A streamed answer, as a fault looks at it: where it may break off, and which of its parts go on saying something."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from fakemodel.api.http import Answer
from fakemodel.wire.payload import Payload
from fakemodel.wire.sse import payload_in

__all__ = ["StreamedAnswer", "Unfit"]


class Unfit(Exception):
    """A fault that an answer has no room for: why."""


@dataclass(frozen=True, slots=True)
class StreamedAnswer:
    """An answer that is a stream of events, or of chunks. Raises Unfit where it is none, or has nothing left."""

    answer: Answer

    def __post_init__(self) -> None:
        if not self.answer.is_stream or not self.answer.parts:
            raise Unfit("it is no stream" if self.answer.parts else "nothing comes of it")

    @property
    def parts(self) -> tuple[bytes, ...]:
        """Its frames."""
        return self.answer.parts

    @property
    def chat(self) -> bool:
        """Whether they are chunks of Chat Completions."""
        return self.data(0).get("object") == "chat.completion.chunk"

    def data(self, at: int) -> Payload:
        """The payload of a part."""
        return payload_in(self.parts[at])

    def number(self, at: int) -> object:
        """The sequence number of an event."""
        return self.data(at).get("sequence_number")

    def before_end(self, after: int, what: str) -> tuple[bytes, ...]:
        """The first parts, with the last of which it is not over."""
        count = len(self.parts)
        if self.chat:
            ends = [choice["finish_reason"] for at in range(count - 1) for choice in self.data(at)["choices"][:1]]
            count = max(at for at, end in enumerate(ends) if end) + 1
        if after >= count:
            kind = "chunks with its end" if self.chat else "events"
            raise Unfit(f"it has {count} {kind}, and {what} after fewer")
        return self.parts[:after]

    def telling(self, after: int, count: int) -> tuple[bytes, ...]:
        """The parts, where as many of them come after so many; of chunks those that go on with what they say."""
        if self.chat and not all(map(self._goes_on, range(after, after + count))):
            raise Unfit(
                f"after {after} chunks there {'is none' if count == 1 else 'are no two'} of a text, or arguments"
            )
        if after + count > len(self.parts):
            raise Unfit(f"it has {len(self.parts)} events")
        return self.parts

    def _goes_on(self, at: int) -> bool:
        """Whether a chunk neither opens anything nor ends it."""
        if at >= len(self.parts) - 1:
            return False
        choices: Sequence[Payload] = self.data(at)["choices"]
        deltas: list[Payload] = [choice["delta"] for choice in choices]
        calls: list[Any] = [call for delta in deltas for call in delta.get("tool_calls") or ()]
        opens = any("role" in delta for delta in deltas) or any("id" in call for call in calls)
        return bool(deltas) and not opens and not any(choice["finish_reason"] for choice in choices)
