"""What the wire costs: rendering and checking a long reply, as ratios to the SDK's parse of the same bytes.

    python benchmarks/wire.py

All is measured in one run, the best of several rounds, so that the ratios hold on any machine. Exits 1 where a bound
is broken.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from timeit import repeat

from openai._models import construct_type
from openai._streaming import SSEDecoder
from openai.types.responses import ResponseStreamEvent

from fakemodel import Reply, check_events, sse, text
from fakemodel.wire import responses
from fakemodel.wire.event_laws import violations

ROUNDS = 7
EVENTS = 676
FRAME = 8
"""The events that a text has beside its deltas."""

BOUNDS = {"wire bytes": 0.1, "events() as SDK objects": 1.0, "check_events": 1.0}
"""The most that each may cost, in parses of the SDK."""

LINEAR = 1.5
"""How much more a delta of the longest reply may cost than one of a tenth of it."""


def reply_of(events: int) -> Reply:
    return Reply(text(*(f"word {number} " for number in range(events - FRAME))))


def best(work: Callable[[], object], rounds: int = ROUNDS) -> float:
    """The seconds of the fastest round; the garbage collector waits, as it does in timeit."""
    return min(repeat(work, repeat=rounds, number=1))


def parsed(body: bytes) -> list[object]:
    """What the SDK makes of a stream: its own decoder, then its own types."""
    frames = SSEDecoder().iter_bytes(iter([body]))
    return [construct_type(type_=ResponseStreamEvent, value=frame.json()) for frame in frames]


def wire_bytes(reply: Reply) -> bytes:
    return sse(responses.events(reply))


def ratios() -> dict[str, float]:
    """What each costs on a reply of 676 events, in parses of the SDK."""
    reply = reply_of(EVENTS)
    body = wire_bytes(reply)
    events = parsed(body)
    assert len(events) == EVENTS
    parse = best(lambda: parsed(body))
    print(f"the SDK parses {EVENTS} events, {len(body):,} bytes, in {parse * 1e3:.1f} ms")
    return {
        "wire bytes": best(lambda: wire_bytes(reply)) / parse,
        "events() as SDK objects": best(reply.events) / parse,
        "check_events": best(lambda: check_events(events)) / parse,
    }


def growth() -> dict[str, float]:
    """How much more a delta costs in a reply of 100,000 than in one of 10,000."""
    short, long = (reply_of(count + FRAME) for count in (10_000, 100_000))
    checked = {id(reply): list(responses.events(reply)) for reply in (short, long)}
    works: dict[str, Callable[[Reply], object]] = {
        "wire bytes": wire_bytes,
        "check_events": lambda reply: list(violations(checked[id(reply)])),
    }
    return {what: best(partial(work, long)) / best(partial(work, short)) / 10 for what, work in works.items()}


def main() -> int:
    costs, grown = ratios(), growth()
    for what, cost in costs.items():
        print(f"{cost:8.3f}  parses of the SDK, at most {BOUNDS[what]}: {what}")
    for what, factor in grown.items():
        print(f"{factor:8.3f}  times the cost a delta at 100,000 of that at 10,000, at most {LINEAR}: {what}")
    broken = [what for what, cost in costs.items() if cost > BOUNDS[what]]
    return 1 if broken or any(factor > LINEAR for factor in grown.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
