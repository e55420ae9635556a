"""The laws of a stream: what is true of the streams that the API sends, and how a breach is told.

The laws of Responses events are in `event_laws` and `item_laws`, those of Chat Completions chunks in `chunk_laws`. All
were measured on real traffic; event and item types that they do not know pass the general ones, so that news of the API
break nobody.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from fakemodel.errors import StreamError
from fakemodel.shown import counted
from fakemodel.wire.payload import payloads_of, read_as

__all__ = ["Checker", "Violation", "check_chunks", "check_events", "short"]


@dataclass(frozen=True, slots=True)
class Violation:
    """One breach: the name of the law, the position in the stream, what the law wants there, and what stands there."""

    law: str
    position: int
    type: str
    expected: object
    found: object
    message: str

    def __str__(self) -> str:
        return f"[{self.position}] {self.type}   {self.message}"


@dataclass(slots=True)
class Checker:
    """Who checks a stream: knows the position and the type of the event that it is at, and makes the breaches there."""

    position: int = 0
    type: str = ""

    def broken(self, law: str, expected: object, found: object, message: str) -> Violation:
        """A breach of the law, told by the message."""
        return Violation(law, self.position, self.type, expected, found, message)

    def same(self, law: str, what: str, expected: object, found: object, why: str) -> Iterator[Violation]:
        """A breach of the law where `what` was found is not the expected, nor of its type; `why` names that."""
        if expected != found or type(expected) is not type(found):
            yield self.broken(law, expected, found, f"{what} is {short(found)}, {why} {short(expected)}")


def check_events(events: Iterable[object]) -> None:
    """Check a stream of the Responses API: SDK objects or plain dicts, from `response.created` or resumed later.

    Raises StreamError, whose `violations` name the law, the position, the expected and the found.
    """
    from fakemodel.wire.event_laws import violations

    payloads = payloads_of(events)
    if payloads and payloads[0].get("object") == "chat.completion.chunk":
        raise StreamError("These are chunks of Chat Completions: check_chunks knows their laws.")
    with read_as("stream of events", StreamError):
        found = list(violations(payloads))
    _refuse(found, len(payloads), "events")


def check_chunks(chunks: Iterable[object]) -> None:
    """Check a stream of the Chat Completions API: SDK objects or plain dicts. Raises as `check_events` does."""
    from fakemodel.wire.chunk_laws import violations

    payloads = payloads_of(chunks)
    if payloads and str(payloads[0].get("type")).startswith("response."):
        raise StreamError("These are events of the Responses API: check_events knows their laws.")
    with read_as("stream of chunks", StreamError):
        found = list(violations(payloads))
    _refuse(found, len(payloads), "chunks")


def _refuse(found: list[Violation], count: int, kind: str) -> None:
    if found:
        lines = "\n".join(f"  {violation}" for violation in found)
        laws = len({violation.law for violation in found})
        often = f" {len(found)} times" if len(found) > laws else ""
        raise StreamError(f"{counted(laws, 'law')} broken{often} in {count} {kind}\n{lines}", found)


def short(value: object) -> str:
    """A value in at most 60 characters, the middle left out."""
    words = repr(value)
    return words if len(words) <= 60 else f"{words[:40]} … {words[-16:]}"
