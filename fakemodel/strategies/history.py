"""What may be asked of a server that keeps state, step by step, and any history of such steps, legal and illegal.

A step names an earlier one by its position in the history: what that was answered has the id. What a step becomes on the
wire, and whether the API would take it, is for `judge` to say.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import MISSING, dataclass, fields
from typing import TypeAlias

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

__all__ = [
    "BRINGS",
    "AddItems",
    "CreateConversation",
    "CreateResponse",
    "DeleteConversation",
    "DeleteResponse",
    "ListItems",
    "RetrieveResponse",
    "Step",
    "conversations",
]

BRINGS = ("message", "unanswered", "uncalled", "again", "reference")
"""What the input of a response has beside its message.

`message`: the outputs of the calls that wait for some, as it should; `unanswered`: not even these; `uncalled`: the output
of a call that nobody made; `again`: the output of the response that it goes on from, once more; `reference`: the same, as
references.
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
    """POST /v1/responses: a message, `after` the response of another step, or in its `conversation`.

    Both are positions; `after` may be the id itself of a response that nobody made. `calls` is how many functions the
    model is to call: without any it says a text. `brings` is one of BRINGS.
    """

    after: int | str | None = None
    conversation: int | str | None = None
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
    CreateResponse
    | RetrieveResponse
    | DeleteResponse
    | CreateConversation
    | AddItems
    | ListItems
    | DeleteConversation
)
