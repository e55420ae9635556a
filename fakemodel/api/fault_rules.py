"""Which request meets which fault: the next one, those that a rule is for, or any, as a seed has it.

An answer that was given is given: where a stream has no room for its fault, another one waits for the next request.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from random import Random, SystemRandom
from typing import TypeAlias
from urllib.parse import parse_qs

from fakemodel.api import faults
from fakemodel.api.endpoint import Answering
from fakemodel.api.faults import Fault
from fakemodel.api.http import Answer, Request
from fakemodel.api.queue import asked
from fakemodel.api.streamed_answer import Unfit
from fakemodel.errors import ReplyInvalid
from fakemodel.guards import Guard
from fakemodel.shown import counted

__all__ = ["MOST", "FaultRules", "Rule"]

Rule: TypeAlias = Guard | Callable[[Request], bool]
"""Which requests a fault is for."""


@dataclass(slots=True)
class Planned:
    """A fault that waits for its requests: so many `times`, or always where that is None."""

    fault: Fault
    rule: Rule | None
    times: int | None
    happened: int = 0
    claimed: int = 0
    """The requests that are to meet it, and wait for their answers."""
    why_not: str = "no request was for it"

    @property
    def is_used_up(self) -> bool:
        """Whether there are requests enough that met it, or are to."""
        return self.times is not None and self.happened + self.claimed >= self.times

    def waits_for(self, request: Request, turn: int) -> bool:
        """Whether the next turn, or any request where there is no guard, meets it."""
        if self.is_used_up or (self.fault.of_streams and not _is_streamed(request)):
            return False
        if isinstance(self.rule, Guard):
            found = asked(request, turn)
            return found is not None and not self.rule.unmet(found)
        return self.rule is None or bool(self.rule(request))

    def __str__(self) -> str:
        rule = "" if self.rule is None else f", when={getattr(self.rule, '__name__', repr(self.rule))}"
        times = "" if self.times == 1 else f", times={self.times}"
        found = self.why_not if self.happened == 0 else f"it happened {self.happened} of {self.times} times"
        return f"fail({self.fault!r}{rule}{times}): {found}"


@dataclass(frozen=True, slots=True)
class Chaos:
    """Faults that befall one request in so many, as `seed` has it: the same ones each time."""

    seed: int
    rate: float

    def fault(self, request: Request, position: int) -> Fault | None:
        """What befalls the request at a position, from 1 on."""
        random = Random(f"{self.seed}/{position}")
        streamed = _is_streamed(request)
        kinds = [kind for kind in KINDS if (streamed or not kind.of_streams) and not (request.served and kind.waits)]
        return random.choice(kinds).make(random) if random.random() < self.rate else None

    def __str__(self) -> str:
        return f"chaos(seed={self.seed}, rate={self.rate:g})"


@dataclass(frozen=True, slots=True)
class Kind:
    """A fault that comes by chance: whether only streams meet it, and whether its client `waits` for it.

    What is waited for costs nothing in process, and is left out on loopback.
    """

    make: Callable[[Random], Fault]
    of_streams: bool = False
    waits: bool = False


MOST = 8
"""The events before a fault in a stream are fewer: as many as a stream that says one word has."""

KINDS = (
    Kind(lambda random: faults.status(429)),
    Kind(lambda random: faults.status(500)),
    Kind(lambda random: faults.status(502)),
    Kind(lambda random: faults.status(503)),
    Kind(lambda random: faults.connection_refused()),
    Kind(lambda random: faults.timeout(), waits=True),
    Kind(lambda random: faults.slow(random.choice((0.5, 5, 50)), between=random.choice((0, 0.1, 1))), waits=True),
    Kind(lambda random: faults.cut(random.randrange(MOST)), of_streams=True),
    Kind(lambda random: faults.error_event(random.randrange(1, MOST)), of_streams=True),
    Kind(lambda random: faults.stalled(random.randrange(MOST)), of_streams=True, waits=True),
)
"""What a server and a network do. Streams that are wrong in themselves are no matter of chance."""


class FaultRules:
    """The faults that are to come."""

    def __init__(self) -> None:
        self._planned: list[Planned] = []
        self._chaos: Chaos | None = None

    def __bool__(self) -> bool:
        return bool(self._planned or self._chaos)

    def add(self, fault: object, rule: object, times: object) -> None:
        """Plan a fault. Raises ReplyInvalid for what is none, and for no rule or number of times."""
        found = fault if isinstance(fault, Fault) else faults.status(fault)  # type: ignore[arg-type]  # it refuses others
        if rule is not None and not isinstance(rule, Guard) and not callable(rule):
            raise ReplyInvalid(f"fail(…, when={rule!r}): expected is when(…), or a function of the request.")
        if inspect.iscoroutinefunction(rule):
            raise ReplyInvalid(f"fail(…, when={rule!r}): a rule is no async function.")
        if times is not None and (type(times) is not int or times < 1):
            raise ReplyInvalid(f"fail(…, times={times!r}): expected is a number from 1 on, or None for always.")
        self._planned.append(Planned(found, rule, times))

    def add_chaos(self, seed: int | None, rate: float) -> int:
        """Have faults come by chance; returns the seed. Raises ReplyInvalid for no seed or rate."""
        if isinstance(rate, bool) or not isinstance(rate, int | float) or not 0 <= rate <= 1:
            raise ReplyInvalid(f"chaos(…, rate={rate!r}): expected is a share of the requests, from 0 to 1.")
        if seed is not None and type(seed) is not int:
            raise ReplyInvalid(f"chaos(seed={seed!r}): expected is a whole number, or none at all.")
        self._chaos = Chaos(SystemRandom().getrandbits(32) if seed is None else seed, rate)
        return self._chaos.seed

    def answered(self, request: Request, position: int, turn: int, steps: Answering) -> Answering:
        """The answer to a request, or what is in its place; `steps` lead to the answer."""
        waiting = [planned for planned in self._planned if planned.waits_for(request, turn)]
        if self._chaos and not waiting and (fault := self._chaos.fault(request, position)):
            waiting = [Planned(fault, None, 1)]
        if not waiting:
            return (yield from steps)
        if waiting[0].fault.instead is not None:
            steps.close()
            return _befallen(request, waiting[0], waiting[0].fault.instead())
        waiting[0].claimed += 1
        try:
            answer = yield from steps
        finally:
            waiting[0].claimed -= 1
        for planned in waiting:
            if planned.fault.spoil is None or planned.is_used_up:
                continue
            if answer.status is None or answer.status >= HTTPStatus.BAD_REQUEST:
                planned.why_not = f"{request.path} was refused with a status of {answer.status}"
                continue
            try:
                planned.fault.spoil(answer)
            except Unfit as unfit:
                planned.why_not = f"{request.path}: {unfit}"
            else:
                return _befallen(request, planned, answer)
        return answer

    @property
    def left(self) -> list[Planned]:
        """The faults that did not happen as often as they were to."""
        return [planned for planned in self._planned if planned.happened < (planned.times or 1)]

    @property
    def unmet(self) -> str:
        """Which faults are left, a fault a line; empty where none is."""
        if not self.left:
            return ""
        told = "\n".join(f"  {planned}" for planned in self.left)
        return (
            f"{counted(len(self.left), 'fault')} did not happen.\n{told}\n"
            "Remove what is not needed, or find out why it did not come to it."
        )

    def met(self, requests: list[Request]) -> str:
        """What happened, a request a line, and how chance is made to do it again; nothing where nothing did."""
        lines = [
            f"  request {number}  {request.method} {request.path} -> {request.fault!r}"
            for number, request in enumerate(requests, 1)
            if request.fault is not None
        ]
        if self._chaos:
            lines.append(f"  by {self._chaos}: give it this seed, and the same happens again")
        return "\n".join(lines)


def _is_streamed(request: Request) -> bool:
    body = request.payload
    return (body is not None and body.get("stream") is True) or parse_qs(request.query).get("stream") == ["true"]


def _befallen(request: Request, planned: Planned, answer: Answer) -> Answer:
    request.fault = planned.fault
    planned.happened += 1
    return answer
