"""The report of a request that no recorded turn answers: what differs, where an id came from, what to do."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from pathlib import Path

from fakemodel.errors import CassetteMiss
from fakemodel.tape.interaction import Interaction, Request
from fakemodel.tape.match import ABSENT, Difference, Matcher, api_path

__all__ = ["cassette_miss"]

SHOWN = 8
"""How many differences a report shows."""

WIDTH = 76
ID = re.compile(r"[a-z]+[_-][A-Za-z0-9_-]{4,}")


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
    asked = f"{sent.method} {_place(sent)}"
    head = f"turn {number} of {name}"
    used = [index for index in sorted(played) if matcher.key(turns[index].request) == matcher.key(sent)]
    nearest = _nearest(sent, turns, played, matcher)
    if used:
        lines = [
            f"{head} was asked once more than it was recorded ({path})",
            f"  {asked}, recorded as turn {_listed([index + 1 for index in used])}: played already",
        ]
    elif nearest is None:
        rest = [f"turn {index + 1} {turn.request.method} {_place(turn.request)}" for index, turn in enumerate(turns)]
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
        if index not in played and (turn.request.method, _place(turn.request)) == (sent.method, _place(sent))
    ]
    return min(candidates, key=lambda candidate: len(candidate[1]), default=None)


def _difference_lines(differences: Sequence[Difference], turns: Sequence[Interaction]) -> list[str]:
    shown = differences[:SHOWN]
    width = max((len(path) for path, _, _ in shown), default=0)
    lines = []
    for path, old, new in shown:
        lines.append(f"    {path:<{width}}  - {_value(old, turns)}")
        lines.append(f"    {'':<{width}}  + {_value(new, turns)}")
    if len(differences) > SHOWN:
        lines.append(f"    and {len(differences) - SHOWN} more differences")
    return lines


def _value(value: object, turns: Sequence[Interaction]) -> str:
    words = repr(value)
    if value is not ABSENT and len(words) > WIDTH:
        words = f"{words[: WIDTH // 2]} … {words[-WIDTH // 2 :]}"
    if isinstance(value, str) and ID.fullmatch(value):
        made = next((n for n, turn in enumerate(turns, 1) if f'"{value}"'.encode() in turn.response.body), None)
        return f"{words} ({f'from the answer of turn {made}' if made else 'in no recorded answer'})"
    return words


def _place(request: Request) -> str:
    return api_path(request.uri) or request.uri.partition("?")[0]


def _listed(words: Sequence[object]) -> str:
    return ", ".join(map(str, words))
