"""Bad days: any fault that `FakeOpenAI.fail` takes."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from fakemodel.api import faults as bad_days
from fakemodel.api.fault_rules import MOST
from fakemodel.api.faults import Fault

__all__ = ["faults"]

AFTER = st.integers(0, MOST - 1)

OF_ANSWERS: SearchStrategy[Fault] = st.sampled_from(
    [
        *map(bad_days.status, (429, 500, 502, 503)),
        bad_days.connection_refused(),
        bad_days.content_type("text/html"),
    ]
)
"""What befalls any answer."""

OF_STREAMS: SearchStrategy[Fault] = (
    st.builds(bad_days.truncated, AFTER)
    | st.builds(bad_days.cut, AFTER)
    | st.builds(bad_days.cut, AFTER, in_character=st.just(True))
    | st.integers(1, MOST - 1).map(bad_days.error_event)
    | st.builds(bad_days.malformed, AFTER)
    | st.builds(bad_days.repeated, AFTER)
    | st.builds(bad_days.swapped, AFTER)
)
"""What befalls streams alone."""

WAITED_FOR: SearchStrategy[Fault] = st.sampled_from(
    [
        bad_days.timeout(),
        *(bad_days.slow(seconds, between=between) for seconds in (0.5, 5, 50) for between in (0, 0.1, 1)),
    ]
)
"""What a client waits for: on loopback it takes the time."""

STALLED = st.builds(bad_days.stalled, AFTER)


def faults(*, streams: bool = True, waits: bool = True) -> SearchStrategy[Fault]:
    """Faults of a server, a network and a stream, each to be given to `FakeOpenAI.fail`.

    `streams=False` leaves out those that befall streams alone, `waits=False` those that a client waits for, which on
    loopback takes the time. One that counts more events than the stream has does not happen.
    """
    found = OF_ANSWERS
    found |= OF_STREAMS if streams else st.nothing()
    found |= WAITED_FOR if waits else st.nothing()
    return found | (STALLED if streams and waits else st.nothing())
