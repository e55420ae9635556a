"""Streams of either API, as SDK objects, and the wire cut into reads anywhere."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from fakemodel.errors import ReplyInvalid
from fakemodel.parts import tool_call
from fakemodel.reply import Reply, altered
from fakemodel.shown import Shown
from fakemodel.strategies.reply import reasonings, replies, tool_calls
from fakemodel.wire import chat
from fakemodel.wire.deviations import DEVIATIONS

if TYPE_CHECKING:
    from openai.types.chat import ChatCompletionChunk
    from openai.types.responses import ResponseStreamEvent

__all__ = ["Reads", "Rendered", "chunks", "cuts", "events"]

T = TypeVar("T")


class Rendered(Shown, list[T], Generic[T]):
    """A stream: a list of its chunks or events, shown as the code that makes it. `reply` is what it says."""

    def __init__(self, reply: Reply, rendering: str, **options: object) -> None:
        super().__init__(getattr(reply, rendering)(**options))
        self.reply = reply
        given = ", ".join(f"{name}={value!r}" for name, value in options.items() if value != DEFAULTS[name])
        self._told = f"{reply!r}.{rendering}({given})"

    def __repr__(self) -> str:
        return self._told


DEFAULTS = {"include_usage": True, "obfuscation": False, "background": False, "deviation": None}
"""The options of renderings that need not be shown."""


def chunks(
    said: SearchStrategy[Reply] | None = None, *, deviation: str | None = None
) -> SearchStrategy[list[ChatCompletionChunk]]:
    """What the Chat Completions API streams, with and without usage and obfuscation.

    Each is a list that has a `reply` of its own, what it says: one of `said`, or any that there is. `deviation` names
    a habit that compatible servers have and the API has not, one of `fakemodel.wire.deviations.DEVIATIONS`: replies
    of `said` that have no room for it are passed over. Raises ReplyInvalid for a name that is none.
    """
    if deviation is not None and deviation not in DEVIATIONS:
        Reply("a").chunks(deviation=deviation)  # which tells the nearest
    needed = NEEDED.get(deviation or "")
    options = {
        "include_usage": st.just(True) if deviation == "usage_on_last_choice" else st.sampled_from([True, False]),
        "obfuscation": st.booleans(),
        "deviation": st.just(deviation),
    }
    spoken = said if said is not None else replies() if needed is None else _with(needed)
    found = st.tuples(spoken, st.fixed_dictionaries(options))
    possible = found if deviation is None else found.filter(lambda each: _deviates(*each))
    return possible.map(lambda each: Rendered(each[0], "chunks", **each[1]))


A_CALL = tool_calls().map(lambda call: [call])
NEEDED: dict[str, SearchStrategy[list[Any]]] = {
    "late_tool_name": A_CALL,
    "split_tool_name": st.just([tool_call("get_weather")]),
    "split_tool_id": A_CALL,
    "interleaved_tools": st.just([tool_call("f", ["1", "2"]), tool_call("g", ["3"])]),
    "reasoning": st.lists(reasonings().filter(lambda said: any(said.fragments)), min_size=1, max_size=1),
}
"""What a reply must have, for a server to stream it otherwise."""


def _with(parts: SearchStrategy[list[Any]]) -> SearchStrategy[Reply]:
    """Any reply, which ends with these parts."""
    begun = st.just(Reply()) | replies()
    return st.builds(lambda reply, last: altered(reply, parts=(*reply.parts, *last)), begun, parts)


def _deviates(reply: Reply, options: dict[str, Any]) -> bool:
    try:
        return bool([*chat.chunks(reply, **options)])
    except ReplyInvalid:
        return False


def events(said: SearchStrategy[Reply] | None = None) -> SearchStrategy[list[ResponseStreamEvent]]:
    """What the Responses API streams, with and without obfuscation, in the background and not.

    Each is a list that has a `reply` of its own, what it says: one of `said`, or any that there is.
    """
    return st.builds(
        lambda reply, obfuscation, background: Rendered(
            reply, "events", obfuscation=obfuscation, background=background
        ),
        replies() if said is None else said,
        st.booleans(),
        st.booleans(),
    )


class Reads(Shown, list[bytes]):
    """What a client reads of `body`, one read after the other, cut at these places.

    It is shown as the code that makes it, where a few cuts are shown with what is around them.
    """

    def __init__(self, body: bytes, places: Iterable[int] = ()) -> None:
        self.body = body
        self.places = sorted(places)
        super().__init__(body[start:end] for start, end in pairwise([0, *self.places, len(body)]) if start < end)

    def __repr__(self) -> str:
        around = {at: self.body[max(at - BESIDE, 0) : at] + b"|" + self.body[at : at + BESIDE] for at in self.places}
        told: object = around if len(around) <= FEW else self.places
        return f"Reads(body, {told!r})" if around else "Reads(body)"


BESIDE = 12
"""The bytes that are shown on each side of a cut."""

FEW = 4
"""The cuts that are shown with what is around them."""

MOST = 8
"""The cuts of a body."""


def cuts(body: bytes) -> SearchStrategy[list[bytes]]:
    """The reads in which a client may get `body`: any split of it, none of them empty.

    Places inside of a character, and beside a line's end, are as likely as all others. Each list has the `body` and
    the `places` where it is cut. They shrink to one read.
    """
    inside = range(1, len(body))
    if not inside:
        return st.builds(Reads, st.just(body))
    awkward = [at for at in inside if body[at] & 0xC0 == 0x80 or body[at - 1] in b"\r\n" or body[at] in b"\r\n"]
    place = st.sampled_from(awkward or inside) | st.sampled_from(inside)
    return st.builds(Reads, st.just(body), st.sets(place, max_size=MOST))
