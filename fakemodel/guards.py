"""Guards: a reply that waits for the turn that it is meant for, where agents run in parallel or in any order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from fakemodel.context import text_of
from fakemodel.errors import ReplyInvalid
from fakemodel.wire.payload import Payload

__all__ = ["CONDITIONS", "Asked", "Guard", "Guarded", "met", "nearest", "unguarded", "when"]


@dataclass(frozen=True, slots=True)
class Asked:
    """What a turn asks: the input items of the Responses API, or the messages of Chat Completions, and its ids."""

    turn: int
    items: tuple[Payload, ...]
    previous_response_id: str | None = None
    conversation: str | None = None

    @property
    def new(self) -> tuple[Payload, ...]:
        """The items that came since the model last said something."""
        said = [at for at, item in enumerate(self.items) if _is_the_models(item)]
        return self.items[said[-1] + 1 :] if said else self.items


def when(**conditions: Any) -> Guard:
    """A guard for a reply: ``when(tool_output="sunny").say(reply)`` is played at the first turn that meets it.

    `input` and `tool_output` are texts that stand in what the turn newly says, `previous_response_id`,
    `conversation` and `turn` (from 1) what it has; `...` is anything at all. All conditions have to be met. A guarded
    reply goes before those without a guard. Raises ReplyInvalid for a condition that there is not.
    """
    for name in conditions:
        if name not in CONDITIONS:
            nearest = get_close_matches(name, CONDITIONS, n=1, cutoff=0)[0]
            raise ReplyInvalid(f"when({name}=…) is no condition; the nearest is {nearest!r}.")
    if not conditions:
        raise ReplyInvalid(f"when() needs a condition: {', '.join(CONDITIONS)}.")
    return Guard(tuple(conditions.items()))


@dataclass(frozen=True, slots=True)
class Guard:
    """Conditions that a turn has to meet."""

    conditions: tuple[tuple[str, Any], ...]

    def say(self, reply: object) -> Guarded:
        """The reply to a turn that meets the conditions: whatever the script takes without a guard."""
        return Guarded(self, reply)

    def unmet(self, asked: Asked) -> list[str]:
        """The conditions that a turn does not meet, each with what it has in their place."""
        found = [(name, expected, CONDITIONS[name](asked)) for name, expected in self.conditions]
        return [
            f"{name} is {_told(has)}, not {_told(expected)}"
            for name, expected, has in found
            if not _holds(expected, has)
        ]

    def __repr__(self) -> str:
        return f"when({', '.join(f'{name}={_written(expected)}' for name, expected in self.conditions)})"


@dataclass(frozen=True, slots=True)
class Guarded:
    """A reply with its guard."""

    guard: Guard
    reply: object

    def __repr__(self) -> str:
        return f"{self.guard!r}.say({self.reply!r})"


def unguarded(reply: object) -> object:
    """A reply as it is. Raises ReplyInvalid for a guard in its place, which no reply was given to."""
    if isinstance(reply, Guard):
        raise ReplyInvalid(f"{reply!r} has no reply: {reply!r}.say(…).")
    return reply


def met(guarded: list[Guarded], asked: Asked) -> Guarded | None:
    """Take the first of the guarded replies whose guard a turn meets; None where it meets none."""
    at = next((at for at, reply in enumerate(guarded) if not reply.guard.unmet(asked)), None)
    return None if at is None else guarded.pop(at)


def nearest(guarded: Sequence[Guarded], asked: Asked) -> tuple[Guarded, list[str]]:
    """The guarded reply that a turn is least far from, and the conditions of it that the turn does not meet."""
    return min(((reply, reply.guard.unmet(asked)) for reply in guarded), key=lambda each: len(each[1]))


CONDITIONS: dict[str, Callable[[Asked], object]] = {
    "input": lambda asked: [text_of(item) for item in asked.new if not _is_output(item)],
    "tool_output": lambda asked: [text_of(item) for item in asked.new if _is_output(item)],
    "previous_response_id": lambda asked: asked.previous_response_id,
    "conversation": lambda asked: asked.conversation,
    "turn": lambda asked: asked.turn,
}
"""What a guard may look at."""


def _holds(expected: object, found: object) -> bool:
    if expected is ...:
        return bool(found)
    if expected is None:
        return not found
    if isinstance(found, list):
        return any(str(expected) in text for text in found)
    return expected == found


def _written(value: object) -> str:
    return "..." if value is ... else repr(value)


def _told(value: object) -> str:
    if value is ...:
        return "anything"
    if isinstance(value, list):
        return " and ".join(map(repr, value)) or "absent"
    return "absent" if value is None else repr(value)


def _is_output(item: Payload) -> bool:
    return str(item.get("type")).endswith("_output") or item.get("role") == "tool"


def _is_the_models(item: Payload) -> bool:
    made = ("_call", "reasoning", "mcp_approval_request", "mcp_list_tools")
    return item.get("role") == "assistant" or str(item.get("type")).endswith(made)
