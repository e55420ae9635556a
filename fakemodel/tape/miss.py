"""The report of a request that no recorded turn answers: what differs, where an id came from, what to do."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from fakemodel.errors import CassetteMiss
from fakemodel.tape.address import place
from fakemodel.tape.identifiers import IDENTIFIER
from fakemodel.tape.interaction import Interaction, Request
from fakemodel.tape.match import Difference, Matcher
from fakemodel.tape.renaming import Renaming
from fakemodel.tape.told import Told
from fakemodel.wire.ids import PREFIXES

__all__ = ["SHOWN", "cassette_miss", "route", "shortened"]

SHOWN = 8
"""How many differences a report shows."""

WIDTH = 76
ID = re.compile(rf"(?:{'|'.join(sorted(PREFIXES))})[_-][A-Za-z0-9_-]+")


def cassette_miss(
    sent: Request,
    number: int,
    turns: Sequence[Interaction],
    played: Collection[int],
    matcher: Matcher,
    renaming: Renaming,
    told: Told,
) -> CassetteMiss:
    """The miss of the request `sent`, the `number`th of the test; `played` are the indexes of used turns."""
    asked = f"{sent.method} {place(sent.uri)}"
    head, path = f"turn {number} of {told.name}", told.shown_path
    nearest = _nearest(sent, turns, played, matcher)
    key, _ = matcher.key(sent)
    used = [index for index in sorted(played) if matcher.key(turns[index].request)[0] == key]
    if used and not (nearest and matcher.key(turns[nearest[0]].request)[0] == key):
        lines = [
            f"{head} was asked once more than it was recorded ({path})",
            f"  {asked}, recorded as turn {_listed([index + 1 for index in used])}: played already",
        ]
    elif nearest is None:
        rest = [f"turn {index + 1} {turn.request.method} {place(turn.request.uri)}" for index, turn in enumerate(turns)]
        left = [words for index, words in enumerate(rest) if index not in played]
        lines = [
            f"{head} was not recorded ({path})",
            f"  {asked}; left to play: {_listed(left) if left else 'nothing'}",
        ]
    elif nearest[1]:
        index, differences = nearest
        lines = [
            f"{head} is not what was recorded ({path})",
            f"  {asked}, nearest: recorded turn {index + 1}",
            *_difference_lines(differences, turns, renaming),
        ]
    else:
        index, _ = nearest
        first = sorted(number + 1 for number in renaming.needs[index] - set(played))
        lines = [
            f"{head} came too early ({path})",
            f"  {asked}, recorded as turn {index + 1}, goes on from turn {_listed(first)}: not asked for yet",
        ]
    return CassetteMiss("\n".join([*lines, told.remedy("rerecord")]))


def _nearest(
    sent: Request, turns: Sequence[Interaction], played: Collection[int], matcher: Matcher
) -> tuple[int, list[Difference]] | None:
    candidates = [
        (index, matcher.differences(turn.request, sent))
        for index, turn in enumerate(turns)
        if index not in played and route(turn.request) == route(sent)
    ]
    return min(candidates, key=lambda candidate: len(candidate[1]), default=None)


def route(request: Request) -> tuple[str, str]:
    """What is asked for, of whichever response or conversation."""
    return request.method, IDENTIFIER.sub("<id>", place(request.uri))


def _difference_lines(differences: Sequence[Difference], turns: Sequence[Interaction], renaming: Renaming) -> list[str]:
    shown = differences[:SHOWN]
    width = max((len(path) for path, _, _ in shown), default=0)
    lines = []
    for path, old, new in shown:
        shown_old, shown_new = shortened(repr(old), repr(new))
        lines.append(f"    {path:<{width}}  - {shown_old}{_origin(old, turns)}")
        lines.append(f"    {'':<{width}}  + {shown_new}{_stood_for(new, old, renaming) or _origin(new, turns)}")
    if len(differences) > SHOWN:
        lines.append(f"    and {len(differences) - SHOWN} more differences")
    return lines


def shortened(old: str, new: str) -> tuple[str, str]:
    """Both in at most `WIDTH` characters, from a little before the first that differs."""
    first = next((at for at, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), min(len(old), len(new)))
    start = max(0, first - WIDTH // 3)
    return _window(old, start), _window(new, start)


def _window(words: str, start: int) -> str:
    if len(words) <= WIDTH:
        return words
    start = min(start, len(words) - WIDTH)
    return ("… " if start else "") + words[start : start + WIDTH] + (" …" if start + WIDTH < len(words) else "")


def _stood_for(value: object, recorded: object, renaming: Renaming) -> str:
    """Which other recorded identifier a live one is, or which other one is the recorded one by now."""
    if isinstance(value, str) and isinstance(recorded, str):
        if before := renaming.stands_for(value):
            return f" (stood for {before!r} before)"
        if live := renaming.now(recorded):
            return f" (was {live!r} before)"
    return ""


def _origin(value: object, turns: Sequence[Interaction]) -> str:
    """Where an id comes from."""
    if not isinstance(value, str) or not ID.fullmatch(value):
        return ""
    made = next((n for n, turn in enumerate(turns, 1) if f'"{value}"'.encode() in turn.response.body), None)
    return f" (from the answer of turn {made})" if made else " (in no recorded answer)"


def _listed(words: Sequence[object]) -> str:
    return ", ".join(map(str, words))
