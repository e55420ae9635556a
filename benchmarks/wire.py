"""What the wire costs: rendering and checking a long reply, beside the SDK's parse of the same bytes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial

from openai._models import construct_type
from openai._streaming import SSEDecoder
from openai.types.chat import ChatCompletionChunk
from openai.types.responses import ResponseStreamEvent

from benchmarks.figures import Figure
from benchmarks.ratios import LINEAR, Effort, cpu_seconds, ratio
from fakemodel import Reply, check_chunks, check_events, sse, text
from fakemodel.wire import responses
from fakemodel.wire.event_laws import violations

__all__ = ["EVENTS", "figures", "long_reply"]

EVENTS = 676
"""The events of a long answer."""

FRAME = 8
"""The events that a text has beside its deltas."""


def long_reply(events: int = EVENTS) -> Reply:
    """A text that takes so many events."""
    return Reply(text(*(f"word {number} " for number in range(events - FRAME))))


def parsed(body: bytes, kind: object) -> list[object]:
    """What the SDK makes of a stream: its own decoder, then its own types."""
    frames = SSEDecoder().iter_bytes(iter([body]))
    return [construct_type(type_=kind, value=frame.json()) for frame in frames if frame.data != "[DONE]"]


def wire_bytes(reply: Reply) -> bytes:
    """The stream, as it goes out."""
    return sse(responses.events(reply))


def timed(work: Callable[[], object]) -> Callable[[], float]:
    """The seconds of work, to be measured."""
    return partial(cpu_seconds, work)


def beside_the_parse(rounds: int) -> Iterator[Figure]:
    """Rendering and checking on either API, in parses of the SDK."""
    reply = long_reply()
    events_body, chunks_body = wire_bytes(reply), sse(reply.chunks())
    events, chunks = parsed(events_body, ResponseStreamEvent), parsed(chunks_body, ChatCompletionChunk)
    assert len(events) == EVENTS
    parse_events = timed(lambda: parsed(events_body, ResponseStreamEvent))
    parse_chunks = timed(lambda: parsed(chunks_body, ChatCompletionChunk))
    streamed, reported = f"{EVENTS} events", f"{len(chunks)} chunks"
    works: Sequence[tuple[str, str, Callable[[], object], Callable[[], float], float | None]] = (
        ("written as bytes", streamed, lambda: wire_bytes(reply), parse_events, 0.1),
        ("made: `Reply.events()`", streamed, reply.events, parse_events, 1.0),
        ("checked: `check_events`", streamed, lambda: check_events(events), parse_events, 1.0),
        ("made: `Reply.chunks()`", reported, reply.chunks, parse_chunks, 1.0),
        ("checked: `check_chunks`", reported, lambda: check_chunks(chunks), parse_chunks, 1.0),
    )
    for what, of_what, work, parse, at_most in works:
        yield Figure(
            kind="floor",
            what=f"{of_what}, {what}",
            beside="the openai SDK's parse of their bytes",
            leaves_out="the network",
            cost=ratio(timed(work), parse, rounds),
            at_most=at_most,
        )


def growth(effort: Effort) -> Iterator[Figure]:
    """How much more a delta costs in a reply of 100,000 than in one of 10,000."""
    few, many = effort.of(10_000, 100), effort.of(100_000, 1000)
    short, long = (long_reply(count + FRAME) for count in (few, many))
    checked = {id(reply): list(responses.events(reply)) for reply in (short, long)}
    works: dict[str, Callable[[Reply], object]] = {
        "written as bytes": wire_bytes,
        "checked": lambda reply: list(violations(checked[id(reply)])),
    }
    for what, work in works.items():
        grown = ratio(timed(partial(work, long)), timed(partial(work, short)), effort.of(5))
        yield Figure(
            kind="growth",
            what=f"a delta among {many:,}, {what}",
            beside=f"one among {few:,}",
            leaves_out="SDK objects: events are plain dicts",
            cost=grown.times(few / many),
            at_most=LINEAR,
        )


def figures(effort: Effort) -> Iterator[Figure]:
    """All that is measured here."""
    yield from beside_the_parse(effort.of(15))
    yield from growth(effort)
