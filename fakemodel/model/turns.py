"""A turn of a FakeModel: what one call asked, as a detached snapshot, and what was answered."""

from __future__ import annotations

import copy
import json
from dataclasses import dataclass, field, is_dataclass
from typing import TYPE_CHECKING, Any, NoReturn

from fakemodel.context import Context, items_of
from fakemodel.guards import Asked
from fakemodel.script import described
from fakemodel.shown import shortened

__all__ = ["ARGUMENTS", "Turn"]

ARGUMENTS = (
    "system_instructions",
    "input",
    "model_settings",
    "tools",
    "output_schema",
    "handoffs",
    "tracing",
    "previous_response_id",
    "conversation_id",
    "prompt",
)
"""What a model is called with: the keys of `last_turn_args`, in the order of `agents.Model`."""

ELSEWHERE = {"instructions": "system_instructions", "settings": "model_settings"}
"""What `agents.Agent`, and the API, call some of them."""

DETACHED = ("input", "model_settings", "prompt")
"""The arguments that a caller may change after the call, so that the turn keeps a copy."""

SIMPLE = (type(None), bool, int, float, str)
"""What nobody can change."""


@dataclass(slots=True, repr=False)
class Turn:
    """One call of the model: `args` has the keys of ARGUMENTS, `extra` what a newer SDK passed beside them.

    Where the model keeps server state, `context` has the items that it would have seen, those of earlier turns first,
    and `chain` the turn that the chain of responses began with.
    """

    number: int
    streamed: bool
    args: dict[str, Any]
    extra: dict[str, Any] = field(default_factory=dict)
    first: Turn | None = field(default=None, compare=False)
    reply: object = None
    played: bool = False
    context: Context = field(default_factory=Context)
    chain: int | None = None
    refused: str = ""

    def __repr__(self) -> str:
        return f"<Turn {self.number}: {self.asked} -> {self.answered}>"

    @classmethod
    def of(cls, number: int, streamed: bool, args: dict[str, Any], extra: dict[str, Any], first: Turn | None) -> Turn:
        """The turn of a call with `args`; what it says again of the `first` one is told apart from what was added."""
        detached = {key: _detached(args[key]) if key in DETACHED else args[key] for key in ARGUMENTS}
        for key in ("tools", "handoffs"):
            detached[key] = list(detached[key] or ())
        return cls(number, streamed, detached, extra, first)

    if not TYPE_CHECKING:  # type checkers would take it that a turn has every member

        def __getattr__(self, name: str) -> NoReturn:
            __tracebackhide__ = True  # pytest shows the user's own frames
            key = ELSEWHERE.get(name, name)
            hint = f": what the model was called with is in turn.args[{key!r}]" if key in ARGUMENTS else ""
            raise AttributeError(f"'Turn' object has no attribute {name!r}{hint}", name=name, obj=self)

    @property
    def input(self) -> Any:
        """What the model was given: a string, or a list of input items."""
        return self.args["input"]

    @property
    def previous_response_id(self) -> str | None:
        """The response that this turn continues."""
        return self.args["previous_response_id"]  # type: ignore[no-any-return]

    @property
    def conversation_id(self) -> str | None:
        """The conversation that this turn belongs to."""
        return self.args["conversation_id"]  # type: ignore[no-any-return]

    @property
    def summary(self) -> Asked:
        """The turn as a guard looks at it."""
        return Asked(self.number, items_of(self.input), self.previous_response_id, self.conversation_id)

    @property
    def asked(self) -> str:
        """The input in a few words; `input` stands for what turn 1 began with."""
        pieces = _pieces(self.input)
        if self.first is not None and pieces[:1] == _pieces(self.first.input)[:1] != []:
            pieces[0] = "input"
        elif pieces:
            pieces[0] = f"input {pieces[0]}"
        return shortened(" + ".join(pieces) or "nothing")

    @property
    def answered(self) -> str:
        """The reply in a few words."""
        return described(self.reply) if self.played else self.refused or "no reply left"


def _detached(value: Any) -> Any:
    """A deep copy. Of settings, whose many members are mostly simple, those are left out, which is far cheaper."""
    if not is_dataclass(value) or not hasattr(value, "__dict__"):
        return copy.deepcopy(value)
    clone = object.__new__(type(value))
    vars(clone).update(
        (key, member if isinstance(member, SIMPLE) else copy.deepcopy(member)) for key, member in vars(value).items()
    )
    return clone


def _pieces(input: object) -> list[str]:
    """An input in words, an item a piece; the calls that the model made itself are left out."""
    if isinstance(input, str):
        return [repr(input)]
    items = [item for item in input if isinstance(item, dict)] if isinstance(input, list) else []
    names = {item.get("call_id"): item.get("name") for item in items if item.get("type") == "function_call"}
    return [_piece(item, names) for item in items if item.get("type") != "function_call"]


def _piece(item: dict[str, Any], names: dict[Any, Any]) -> str:
    if item.get("type") == "function_call_output":
        return f"{names.get(item.get('call_id')) or item.get('call_id')} -> {item.get('output')!r}"
    content = item.get("content")
    if isinstance(content, list):
        content = "".join(str(part.get("text", "")) for part in content if isinstance(part, dict))
    return repr(content) if content is not None else str(item.get("type") or json.dumps(item, default=str))
