"""A recorded conversation in plain lines, as people read it: a head for each turn, below it a line for each item."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from fakemodel.parts import Usage
from fakemodel.shown import counted
from fakemodel.tape.conversation import Conversation, Item, Turn
from fakemodel.tape.reader import UNPRINTABLE

__all__ = ["Line", "context", "head", "lines", "outcome", "relation", "usage_in_words", "visible", "what"]

WIDEST = 20
"""The widest label that the texts of the others make room for."""

ESCAPED = re.compile(rf"{UNPRINTABLE.pattern}|[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
"""What is not printed, and what has others printed in another order: a text could seem to say what it does not."""

USUAL = {None, "completed", "stop", "tool_calls"}
"""How a turn ends of which that need not be said."""

PLAIN = {"response", "chat completion"}
"""What most turns do, which the id of the answer tells."""

SAYS = {"output": "-> {}", "refusal": "refuses: {}"}
"""How the text of an item is told, by its kind; as it is where none stands here."""


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that is told: a `label`, and a `text`, which may have several lines.

    `kind` is `turn`, `error`, `note`, `instructions`, the role of a message, or the kind of another item. The label
    is as wide as those around it.
    """

    kind: str
    label: str
    text: str

    def __str__(self) -> str:
        first, *more = self.text.split("\n")
        margin = " " * (len(self.label) + 2)
        return "\n".join(each.rstrip() for each in (f"{self.label}  {first}", *(margin + line for line in more)))


def lines(conversation: Conversation) -> Iterator[Line]:
    """What is told of a conversation."""
    told = [(turn, list(_below(turn, before))) for turn, before in _with_instructions(conversation)]
    labels = [len(line.label) for _, below in told for line in below if len(line.label) <= WIDEST]
    width, digits = max(labels, default=0), len(str(len(told)))
    if not told:
        yield Line("note", "no turns", "")
    for turn, below in told:
        yield Line("turn", f"turn {turn.number:<{digits}}", visible("  ".join(head(turn))))
        for line in below:
            yield Line(line.kind, visible(f"  {line.label:<{width}}"), visible(line.text))


def visible(text: str) -> str:
    """A text of which nothing moves a terminal's cursor, changes its colours or the order of what is read."""
    return ESCAPED.sub(_escaped, text.replace("\r\n", "\n"))


def _escaped(found: re.Match[str]) -> str:
    return f"\\x{ord(found[0]):02x}" if ord(found[0]) < 256 else f"\\u{ord(found[0]):04x}"


def _with_instructions(conversation: Conversation) -> Iterator[tuple[Turn, str | None]]:
    """Each turn with the instructions that were told last: what is the same again need not be."""
    last = None
    for turn in conversation.turns:
        yield turn, last
        last = turn.instructions or last


def head(turn: Turn) -> Iterator[str]:
    """What is told of a turn as a whole, in its parts."""
    yield from what(turn)
    if came_from := relation(turn):
        known = turn.previous_response_id and turn.goes_on_from
        yield f"{came_from} (turn {turn.goes_on_from})" if known else came_from
    yield from outcome(turn)
    if turn.again:
        yield f"(sent again: {counted(turn.again, 'item')} known from turn {turn.goes_on_from})"
    elif seen := context(turn):
        yield f"({seen})"


def what(turn: Turn) -> Iterator[str]:
    """What a turn is: the id of its response or what it does, the status of a refusal, the model."""
    response_id = turn.response_id or turn.does
    if turn.does not in PLAIN:
        yield turn.does
    if turn.does in PLAIN or response_id not in turn.does:
        yield response_id
    if turn.status >= 400:
        yield str(turn.status)
    if turn.model:
        yield turn.model


def relation(turn: Turn) -> str:
    """The response after which, or the conversation in which a turn is; nothing for one that names none."""
    named = (("after", turn.previous_response_id), ("in", turn.conversation_id))
    return ", ".join(f"{word} {id_}" for word, id_ in named if id_)


def outcome(turn: Turn) -> Iterator[str]:
    """How the answer came and ended, and what it cost."""
    if turn.events is not None:
        yield f"streamed, {counted(turn.events, 'event')}"
    if turn.ended not in USUAL:
        yield str(turn.ended)
    if turn.usage:
        yield usage_in_words(turn.usage)


def context(turn: Turn) -> str:
    """How much the model saw beside what was sent; nothing where that is all."""
    if not relation(turn) or turn.status >= 400 or turn.seen == turn.sends:
        return ""
    before = "what came before was not recorded" if turn.seen is None else f"seen by the model: {turn.seen}"
    return f"sent: {counted(turn.sends, 'item')}; {before}"


def usage_in_words(usage: Usage) -> str:
    """Token counts: `60 in (40 cached), 9 out (5 reasoning)`."""
    cached = f" ({usage.cached} cached)" if usage.cached else ""
    reasoning = f" ({usage.reasoning} reasoning)" if usage.reasoning else ""
    return f"{usage.input} in{cached}, {usage.output} out{reasoning}"


def _below(turn: Turn, instructions: str | None) -> Iterator[Line]:
    if turn.instructions and turn.instructions != instructions:
        yield Line("instructions", "instructions", turn.instructions)
    yield from map(_told, (*turn.sent[turn.again :], *turn.answered))
    if turn.error:
        yield Line("error", "error", turn.error)
    if turn.problem:
        yield Line("note", "note", turn.problem)


def _told(item: Item) -> Line:
    kind = item.label if item.kind == "message" else item.kind
    return Line(kind, item.label, SAYS.get(item.kind, "{}").format(item.text))
