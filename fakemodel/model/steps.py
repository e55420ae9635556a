"""What the script of a FakeModel may hold: replies, and what only a model of the Agents SDK can do with a turn."""

from __future__ import annotations

import copy
import sys
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeGuard

from fakemodel.errors import ReplyInvalid
from fakemodel.guards import unguarded
from fakemodel.model.classic import converted
from fakemodel.model.interface import ModelResponse
from fakemodel.reply import Reply
from fakemodel.script import described
from fakemodel.shown import counted

__all__ = ["Events", "Failure", "Slow", "failure", "is_error", "slow", "written"]


@dataclass(frozen=True, slots=True)
class Events:
    """An exact stream: its events are handed on as they are, whatever the wire's laws say of them."""

    events: tuple[Any, ...]

    def __repr__(self) -> str:
        return f"<{self.told}>"

    @property
    def told(self) -> str:
        """The step in a few words, for a table."""
        return counted(len(self.events), "event")


@dataclass(frozen=True, slots=True)
class Failure:
    """An error, after so many events of a reply where the turn is streamed, with what the provider says of a retry."""

    error: BaseException
    reply: Reply | None = None
    after: int = 0
    retry_advice: Any = None

    def __repr__(self) -> str:
        shown = [repr(self.error)]
        shown += [repr(self.reply), f"after={self.after}"] if self.reply is not None else []
        shown += [f"retry_advice={self.retry_advice!r}"] if self.retry_advice is not None else []
        return f"failure({', '.join(shown)})"

    @property
    def told(self) -> str:
        """The step in a few words, for a table."""
        after = f" after {counted(self.after, 'event')}" if self.reply is not None else ""
        return f"raise {self.error!r}{after}"


@dataclass(frozen=True, slots=True)
class Slow:
    """A step that takes its time: seconds until its answer, or its first event, and until each event after that."""

    step: Any
    seconds: float
    between: float = 0.0

    def __repr__(self) -> str:
        between = f", between={self.between!r}" if self.between else ""
        return f"slow({self.step!r}, {self.seconds!r}{between})"

    @property
    def told(self) -> str:
        """The step in a few words, for a table."""
        return f"after {self.seconds:g} s: {described(self.step)}"


def slow(reply: object, seconds: float, *, between: float = 0.0) -> Slow:
    """A reply that comes `seconds` after it was asked for; streamed, each event `between` seconds after the last.

    Nobody waits: the clock of the event loop is put forward as soon as there is nothing else to do, so that timeouts
    and whatever else goes by that clock come in their order. Raises ReplyInvalid for what is no reply or no time.
    """
    for value in (seconds, between):
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < sys.float_info.max:
            raise ReplyInvalid(f"slow(…, {value!r}) takes seconds, from 0 on.")
    step = written(reply)
    return Slow(Failure(_raised(step)) if is_error(step) else step, seconds, between)


def failure(
    error: BaseException | type[BaseException], reply: object = None, *, after: int = 0, retry_advice: Any = None
) -> Failure:
    """A turn that raises `error`; streamed, after the first `after` events of `reply`.

    `retry_advice` is the `agents.retry.ModelRetryAdvice` that the runner is given for this error. Raises ReplyInvalid
    for an error that is none, and for events of no reply.
    """
    if not is_error(error):
        raise ReplyInvalid(f"failure({error!r}) takes an exception, or the class of one.")
    if type(after) is not int or after < 0 or (after > 0) != (reply is not None):
        raise ReplyInvalid(f"failure(…, {reply!r}, after={after!r}): `after` counts the events of a reply, from 1 on.")
    return Failure(_raised(error), None if reply is None else Reply.of(reply), after, copy.deepcopy(retry_advice))


def written(reply: object) -> Any:
    """A reply as it stands in the script, detached from the caller's. Raises ReplyInvalid for what is none."""
    if is_error(reply):
        return _raised(reply)
    if isinstance(reply, Failure | Slow | Events | AsyncIterator):
        return reply
    if isinstance(reply, ModelResponse):
        return copy.deepcopy(reply)
    if callable(reply):
        return reply
    if isinstance(reply, list | tuple) and reply and all(map(_is_event, reply)):
        return Events(tuple(copy.deepcopy(event) for event in reply))
    return Reply.of(converted(reply) if isinstance(reply, list | tuple) else unguarded(reply))


def is_error(reply: object) -> TypeGuard[BaseException | type[BaseException]]:
    """Whether `reply` is to be raised: an exception, or the class of one."""
    return isinstance(reply, BaseException) or (isinstance(reply, type) and issubclass(reply, BaseException))


def _raised(error: BaseException | type[BaseException]) -> BaseException:
    """The exception itself, of a class one of it. Raises ReplyInvalid for a class that needs more than its name."""
    if isinstance(error, BaseException):
        return error
    try:
        return error()
    except TypeError as problem:
        raise ReplyInvalid(f"{error.__name__} needs arguments; give the exception itself: {problem}.") from None


def _is_event(value: Any) -> bool:
    type_ = value.get("type") if isinstance(value, Mapping) else getattr(value, "type", None)
    return isinstance(type_, str) and (type_.startswith("response.") or type_ == "error")
