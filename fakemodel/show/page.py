"""A recorded conversation as one page for browsers, which needs no network and no script, and runs nothing it tells."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from fakemodel.shown import counted
from fakemodel.tape.answers import Answer, answer_of, json_or_none
from fakemodel.tape.conversation import Conversation, Item, Turn, Watch
from fakemodel.tape.lines import context, outcome, relation, visible, what

__all__ = ["of"]

TEMPLATE = "page.html"


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A turn as the page tells it: with its bodies as text, and the events of its stream, each with its type."""

    turn: Turn
    what: list[str]
    relation: str
    outcome: list[str]
    request: str
    response: str
    events: list[tuple[str, str]]


def of(conversation: Conversation, title: str, watch: Watch = iter) -> str:
    """The page. `title` is what it is called, as the name of the cassette; `watch` sees the turns one by one."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    calls, outputs = _by_call(conversation, "call"), _by_call(conversation, "output")
    turns = [_told(turn) for turn in watch(conversation.turns)]
    environment.filters |= {"visible": visible, "counted": counted}
    return environment.get_template(TEMPLATE).render(title=title, turns=turns, calls=calls, outputs=outputs)


def _by_call(conversation: Conversation, kind: str) -> dict[str, int]:
    """The number of the turn that first told each call, or its output, by the call's id."""
    found: dict[str, int] = {}
    for turn in conversation.turns:
        for item in _shown(turn):
            if item.kind == kind and item.call_id:
                found.setdefault(item.call_id, turn.number)
    return found


def _shown(turn: Turn) -> Iterator[Item]:
    yield from turn.sent[turn.again :]
    yield from turn.answered


def _told(turn: Turn) -> Told:
    answer = answer_of(turn.interaction.response)
    seen = [] if turn.again else [context(turn)]
    return Told(
        turn=turn,
        what=list(what(turn)),
        relation=relation(turn),
        outcome=[*outcome(turn), *filter(None, seen)],
        request=_body(turn.interaction.request.body),
        response=_answer(answer),
        events=[_event(event) for event in answer.events or ()],
    )


def _body(body: bytes) -> str:
    payload = json_or_none(body)
    return visible(body.decode(errors="replace") if payload is None else _pretty(payload))


def _answer(answer: Answer) -> str:
    return visible(answer.text if answer.json is None else _pretty(answer.json))


def _event(event: object) -> tuple[str, str]:
    type_ = (event.get("type") or event.get("object") or "") if isinstance(event, dict) else ""
    return visible(str(type_)), visible(json.dumps(event, ensure_ascii=False))


def _pretty(payload: object) -> str:
    return json.dumps(payload, indent=2, ensure_ascii=False)
