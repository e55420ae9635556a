"""What may be asked of a server that keeps state, step by step, and any history of such steps, legal and illegal.

A step names an earlier one by its position in the history: what that was answered has the id. What a step becomes on
the wire, and whether the API would take it, is for `judge` to say.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import MISSING, dataclass, field, fields
from typing import TypeAlias, get_args

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from fakemodel.errors import SettingInvalid

__all__ = [
    "BRINGS",
    "CALLS",
    "NOBODYS",
    "STORE",
    "AddItems",
    "CreateConversation",
    "CreateResponse",
    "DeleteConversation",
    "DeleteResponse",
    "ListItems",
    "RetrieveResponse",
    "Step",
    "check_left_out",
    "conversations",
]

BRINGS = ("message", "unanswered", "uncalled")
"""What the input of a response has.

`message`: a message, and the outputs of the calls that wait for some, as it should; `unanswered`: not even these;
`uncalled`: beside them the output of a call that nobody made.
"""


class _Shown:
    """A step as the code that makes it, without what goes without saying."""

    __slots__ = ()

    def __repr__(self) -> str:
        told = []
        for each in fields(self):  # type: ignore[arg-type]  # every step is a dataclass
            value = getattr(self, each.name)
            if each.default is MISSING:
                told.append(repr(value))
            elif value != each.default:
                told.append(f"{each.name}={value!r}")
        return f"{type(self).__name__}({', '.join(told)})"


@dataclass(frozen=True, slots=True, repr=False)
class CreateResponse(_Shown):
    """POST /v1/responses: a message, `after` the response of another step, or in the `conversation` of one.

    `refers` is a step whose output it refers to by its ids. All are positions; `after` may be an id itself, which
    nobody gave. `calls` is how many functions the model is to call: without any it says a text. `brings` is one of
    BRINGS.
    """

    after: int | str | None = None
    conversation: int | None = None
    refers: int | None = None
    store: bool = True
    calls: int = 0
    brings: str = "message"


@dataclass(frozen=True, slots=True, repr=False)
class RetrieveResponse(_Shown):
    """GET /v1/responses/{response_id}: the response of another step."""

    response: int


@dataclass(frozen=True, slots=True, repr=False)
class DeleteResponse(_Shown):
    """DELETE /v1/responses/{response_id}: the response of another step."""

    response: int


@dataclass(frozen=True, slots=True, repr=False)
class CreateConversation(_Shown):
    """POST /v1/conversations: with so many messages in it."""

    items: int = 0


@dataclass(frozen=True, slots=True, repr=False)
class AddItems(_Shown):
    """POST /v1/conversations/{conversation_id}/items: a message, or a `call` that nobody answers."""

    conversation: int
    call: bool = False


@dataclass(frozen=True, slots=True, repr=False)
class ListItems(_Shown):
    """GET /v1/conversations/{conversation_id}/items: all that there are, the first one first."""

    conversation: int


@dataclass(frozen=True, slots=True, repr=False)
class DeleteConversation(_Shown):
    """DELETE /v1/conversations/{conversation_id}."""

    conversation: int


Step: TypeAlias = (
    CreateResponse | RetrieveResponse | DeleteResponse | CreateConversation | AddItems | ListItems | DeleteConversation
)

STEPS: tuple[type[Step], ...] = get_args(Step)

NOBODYS = "resp_unknown"
"""The id of a response that nobody made."""

Move: TypeAlias = "Callable[[_Past], Step]"
"""What makes the next step of a history. Where there is nothing yet that it could be about, it makes that."""


@dataclass(slots=True)
class _Past:
    """The positions that a step may name, and those of them that are still there.

    A `legal` history names no others.
    """

    legal: bool
    steps: list[Step] = field(default_factory=list)
    responses: list[int] = field(default_factory=list)
    calls: list[int] = field(default_factory=list)
    """Those of the responses that call functions."""
    conversations: list[int] = field(default_factory=list)
    gone: set[int] = field(default_factory=set)

    def take(self, step: Step) -> None:
        """Append a step."""
        position = len(self.steps)
        self.steps.append(step)
        match step:
            case CreateResponse(brings="message") if step.after != NOBODYS and None in (step.after, step.conversation):
                self.responses.append(position)  # others are refused, or would be, and there is nothing to name
                self.calls += [position] if step.calls else []
                self.gone |= set() if step.store else {position}
            case CreateConversation():
                self.conversations.append(position)
            case DeleteResponse():
                self.gone.add(step.response)
            case DeleteConversation():
                self.gone.add(step.conversation)

    def one_of(self, positions: Sequence[int], back: int) -> int | None:
        """One of these positions, counted back from the last; None where there is none."""
        there = [at for at in positions if not (self.legal and at in self.gone)]
        return there[-1 - back % len(there)] if there else None


BACK = st.integers(0, 3)
STORE = st.sampled_from([True, True, False])
CALLS = st.integers(0, 2)


def _response(back: int, make: Callable[[int], Step]) -> Move:
    """A step that names a response."""
    return lambda past: CreateResponse() if (at := past.one_of(past.responses, back)) is None else make(at)


def _conversation(back: int, make: Callable[[int], Step]) -> Move:
    """A step that names a conversation."""
    return lambda past: CreateConversation() if (at := past.one_of(past.conversations, back)) is None else make(at)


def _calls(back: int) -> Move:
    """A step that leaves the calls of a response without their outputs."""

    def move(past: _Past) -> Step:
        at = past.one_of(past.calls, back)
        return CreateResponse(calls=1) if at is None else CreateResponse(at, brings="unanswered")

    return move


def _both(back: int) -> Move:
    """A step that names a response and a conversation."""

    def move(past: _Past) -> Step:
        return _response(back, lambda at: _conversation(back, lambda there: CreateResponse(at, there))(past))(past)

    return move


def _alone(step: Step) -> Move:
    """A step that names no other one."""
    return lambda past: step


def _after(back: int, store: bool = True, calls: int = 0) -> Move:
    return _response(back, lambda at: CreateResponse(at, store=store, calls=calls))


def _within(back: int, store: bool = True, calls: int = 0) -> Move:
    return _conversation(back, lambda at: CreateResponse(conversation=at, store=store, calls=calls))


LEGAL: tuple[SearchStrategy[Move], ...] = (
    st.just(_alone(CreateResponse())),
    BACK.map(_after),
    BACK.map(_within),
    st.integers(0, 2).map(lambda items: _alone(CreateConversation(items))),
    BACK.map(lambda back: _response(back, RetrieveResponse)),
    BACK.map(lambda back: _response(back, DeleteResponse)),
    BACK.map(lambda back: _response(back, lambda at: CreateResponse(refers=at))),
    BACK.map(lambda back: _conversation(back, ListItems)),
    BACK.map(lambda back: _conversation(back, DeleteConversation)),
    st.builds(lambda back, call: _conversation(back, lambda at: AddItems(at, call)), BACK, st.booleans()),
    st.builds(lambda store, calls: _alone(CreateResponse(store=store, calls=calls)), STORE, CALLS),
    st.builds(_after, BACK, STORE, CALLS),
    st.builds(_within, BACK, STORE, CALLS),
)
"""Steps that the API takes, where what they name is still there."""

ILLEGAL: tuple[SearchStrategy[Move], ...] = (
    st.just(_alone(CreateResponse(NOBODYS))),
    BACK.map(_both),
    BACK.map(_calls),
    BACK.map(lambda back: _response(back, lambda at: CreateResponse(at, brings="uncalled"))),
    BACK.map(lambda back: _conversation(back, lambda at: CreateResponse(conversation=at, brings="uncalled"))),
    BACK.map(lambda back: _conversation(back, lambda at: CreateResponse(conversation=at, brings="unanswered"))),
    BACK.map(lambda back: _response(back, lambda at: CreateResponse(at, refers=at))),
)
"""Steps that the API refuses; some of them only where a call waits for its output."""


def check_left_out(without: Collection[type]) -> None:
    """Raise SettingInvalid for what is no collection of types of steps."""
    wrong = [each for each in without if each not in STEPS] if isinstance(without, Collection) else [without]
    if wrong:
        names = ", ".join(step.__name__ for step in STEPS)
        raise SettingInvalid(f"without has {wrong[0]!r}; expected is a set of these: {names}.")


def conversations(
    *, legal: bool = False, without: Collection[type] = (), max_steps: int = 12
) -> SearchStrategy[list[Step]]:
    """Histories of up to so many steps: chains of responses, conversations, and what becomes of them.

    They go on from what was deleted, was not stored or was never there, give both ids at once, leave calls without
    their outputs, branch, refer to items, and do what the API takes. `legal` histories do that alone: of a server that
    keeps what the API keeps nothing in them is refused. `without` are the types of steps to leave out. `play` plays
    them.
    """

    check_left_out(without)

    def history(moves: Sequence[Move]) -> list[Step]:
        past = _Past(legal)
        for move in moves:
            step = move(past)
            if type(step) not in without:
                past.take(step)
        return past.steps

    return st.lists(st.one_of(*LEGAL, *(() if legal else ILLEGAL)), min_size=1, max_size=max_steps).map(history)
