"""What was asked of a script and what it answered, and how it is told when the two do not fit.

One report for every subject that plays replies: a turn a line, what came in, what went out.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, TypeVar

from fakemodel.errors import NoReplyLeft, ReplyInvalid
from fakemodel.guards import Asked, Guarded, nearest
from fakemodel.parts import Item, Part, Reasoning, Refusal, Text, ToolCall
from fakemodel.reply import Reply
from fakemodel.shown import counted, shortened
from fakemodel.wire.outputs import words

__all__ = ["Played", "Turns", "described", "no_reply_left", "table", "unplayed"]

SHOWN = 20
"""How many turns a table shows; of more, the first and the last."""


class Played(Protocol):
    """A turn, as far as the report needs it."""

    @property
    def asked(self) -> str:
        """What came in, in a few words."""

    @property
    def answered(self) -> str:
        """What went out, in a few words."""

    @property
    def played(self) -> bool:
        """Whether it took a reply of the script."""


TurnT = TypeVar("TurnT", bound=Played)


class Turns(list[TurnT]):
    """The turns that were played, in order; as a text a table of what each was asked and answered."""

    def __str__(self) -> str:
        return table(self)


def no_reply_left(
    subject: str, turns: Sequence[Played], left: Sequence[Guarded] = (), asked: Asked | None = None
) -> NoReplyLeft:
    """The last of `turns` found no reply. `subject` is who was asked: 'the model'; `left` wait for other turns.

    With what was `asked` the nearest of them is named, and why it is not for this turn.
    """
    number = len(turns)
    if left and asked:
        waiting = "\n".join(f"  waiting {described(reply)}" for reply in left)
        near, unmet = nearest(left, asked)
        return NoReplyLeft(
            f"{subject} was called {_times(number)}, and no reply that is left is for turn {number}.\n"
            f"{table(turns)}\n{waiting}\n"
            f"The nearest is {near.guard!r}: {shortened(', '.join(unmet))}.\n"
            f"Add a Reply for turn {number}, or find out why it is not what a guard waits for."
        )
    return NoReplyLeft(
        f"{subject} was called {_times(number)}, the script has {counted(_played(turns), 'reply')}.\n"
        f"{table(turns)}\n"
        f"Add a Reply for turn {number}, or find out why it was asked again."
    )


def unplayed(subject: str, turns: Sequence[Played], left: Sequence[object]) -> str:
    """What UnplayedReplies says: the test is over, and `left` was never asked for."""
    return (
        f"{subject} was called {_times(len(turns))}, the script has {counted(_played(turns) + len(left), 'reply')}.\n"
        f"{table(turns, left)}\n"
        "Remove what is not needed, or find out why it was not asked for."
    )


def table(turns: Sequence[Played], left: Sequence[object] = ()) -> str:
    """What each turn was asked and answered, a turn a line; then the replies that are `left`."""
    rows = [(turn.asked, turn.answered) for turn in turns] + [("never asked for", described(reply)) for reply in left]
    width = max((len(asked) for asked, _ in rows), default=0)
    lines = [f"  turn {number}  {asked:<{width}} -> {answered}" for number, (asked, answered) in enumerate(rows, 1)]
    if len(lines) > SHOWN + 1:
        half = SHOWN // 2
        lines[half:-half] = [f"  … {len(lines) - SHOWN} more turns"]
    return "\n".join(lines)


def described(reply: object) -> str:
    """A reply of a script in a few words: `'Sunny.'`, `call get_weather({"city":"Paris"})`."""
    if isinstance(reply, Guarded):
        return f"{reply.guard!r} -> {described(reply.reply)}"
    if isinstance(reply, Reply):
        return shortened(" + ".join(map(_part, reply.parts)) or "nothing")
    if isinstance(reply, BaseException | type):
        return shortened(f"raise {reply!r}")
    if isinstance(told := getattr(reply, "told", None), str):  # a step that is more than what it says
        return shortened(told)
    if isinstance(output := getattr(reply, "output", None), list):  # an answer of the Agents SDK
        reply = output
    if isinstance(reply, list):
        return shortened(" + ".join(map(_classic, reply)) or "nothing")
    if callable(reply):
        return shortened(f"what {getattr(reply, '__name__', repr(reply))} returns")
    return shortened(repr(reply))


def _classic(item: object) -> str:
    """An item of a classic output, which nobody has checked."""
    try:
        return _part(Reply.of(item).parts[0])
    except ReplyInvalid:
        return repr(item)


def _part(part: Part) -> str:
    return " + ".join(map(_word, words(part))) or "nothing"


def _word(word: Part) -> str:
    match word:
        case ToolCall():
            return f"call {word.name}({word.arguments})"
        case Item():
            return str(word.payload["type"])
        case Text():
            return repr("".join(word.fragments))
        case Refusal():
            return f"refusal {''.join(word.fragments)!r}"
        case Reasoning():
            return f"reasoning {''.join(word.fragments)!r}" if word.fragments else "reasoning"


def _played(turns: Sequence[Played]) -> int:
    return sum(turn.played for turn in turns)


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"
