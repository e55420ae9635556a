"""The report of a request that no recorded turn answers: what differs, where an id came from, what to do."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from pathlib import Path

from fakemodel.errors import CassetteMiss
from fakemodel.tape.address import place
from fakemodel.tape.interaction import Interaction, Request
from fakemodel.tape.match import Difference, Matcher
from fakemodel.wire.ids import PREFIXES

__all__ = ["cassette_miss"]

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
    *,
    name: str,
    path: Path,
    remedy: str,
) -> CassetteMiss:
    """The miss of the request `sent`, the `number`th of the test; `played` are the indexes of used turns."""
    asked = f"{sent.method} {place(sent.uri)}"
    head = f"turn {number} of {name}"
    used = [index for index in sorted(played) if matcher.key(turns[index].request) == matcher.key(sent)]
    nearest = _nearest(sent, turns, played, matcher)
    if used:
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
    else:
        index, differences = nearest
        lines = [
            f"{head} is not what was recorded ({path})",
            f"  {asked}, nearest: recorded turn {index + 1}",
            *_difference_lines(differences, turns),
        ]
    return CassetteMiss("\n".join([*lines, remedy]))


def _nearest(
    sent: Request, turns: Sequence[Interaction], played: Collection[int], matcher: Matcher
) -> tuple[int, list[Difference]] | None:
    candidates = [
        (index, matcher.differences(turn.request, sent))
        for index, turn in enumerate(turns)
        if index not in played and (turn.request.method, place(turn.request.uri)) == (sent.method, place(sent.uri))
    ]
    return min(candidates, key=lambda candidate: len(candidate[1]), default=None)


def _difference_lines(differences: Sequence[Difference], turns: Sequence[Interaction]) -> list[str]:
    shown = differences[:SHOWN]
    width = max((len(path) for path, _, _ in shown), default=0)
    lines = []
    for path, old, new in shown:
        shown_old, shown_new = _shortened(repr(old), repr(new))
        lines.append(f"    {path:<{width}}  - {shown_old}{_origin(old, turns)}")
        lines.append(f"    {'':<{width}}  + {shown_new}{_origin(new, turns)}")
    if len(differences) > SHOWN:
        lines.append(f"    and {len(differences) - SHOWN} more differences")
    return lines


def _shortened(old: str, new: str) -> tuple[str, str]:
    """Both in at most `WIDTH` characters, from a little before the first that differs."""
    first = next((at for at, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), min(len(old), len(new)))
    start = max(0, first - WIDTH // 3)
    return _window(old, start), _window(new, start)


def _window(words: str, start: int) -> str:
    if len(words) <= WIDTH:
        return words
    start = min(start, len(words) - WIDTH)
    return ("… " if start else "") + words[start : start + WIDTH] + (" …" if start + WIDTH < len(words) else "")


def _origin(value: object, turns: Sequence[Interaction]) -> str:
    """Where an id comes from."""
    if not isinstance(value, str) or not ID.fullmatch(value):
        return ""
    made = next((n for n, turn in enumerate(turns, 1) if f'"{value}"'.encode() in turn.response.body), None)
    return f" (from the answer of turn {made})" if made else " (in no recorded answer)"


def _listed(words: Sequence[object]) -> str:
    return ", ".join(map(str, words))
