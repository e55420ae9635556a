"""FakeModel: a model that says what its script says, and records what each turn was asked."""

from __future__ import annotations

import copy
import inspect
import threading
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import aclosing
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from fakemodel import sdk
from fakemodel.clock import elapse
from fakemodel.errors import NoReplyLeft, ServerStateRefused, UnplayedReplies
from fakemodel.guards import Guarded, met
from fakemodel.model import play
from fakemodel.model.interface import Model, ModelResponse, Usage, current, traced
from fakemodel.model.memory import memory_of
from fakemodel.model.steps import Failure, Slow, is_error, written
from fakemodel.model.turns import Turn
from fakemodel.reply import Reply, altered, listed
from fakemodel.script import Turns, no_reply_left, table, unplayed
from fakemodel.shown import counted
from fakemodel.wire.errors import Refused

if TYPE_CHECKING:
    from openai.types.responses import ResponseStreamEvent

__all__ = ["FakeModel", "PromptCacheFakeModel"]

_ONE_AT_A_TIME = threading.RLock()
"""Held while a turn takes its number, or its step of the script. Not a model's own, so that models can be copied."""


class FakeModel(Model):
    """A scripted model, with and without the Agents SDK.

    A model that was given replies, here or by `say`, is strict: a call too many raises NoReplyLeft, and
    `assert_complete` finds replies that nobody asked for. It answers as the Responses API does: an event a
    fragment, real ids, the ids of the request echoed.

    With `server_state` the model keeps what the Responses API keeps: it knows its responses and conversations, and
    refuses, by the SDK's own errors, a `previous_response_id` that it never gave or did not store (`store=False`),
    both ids at once, and calls and outputs that do not answer each other; `turns` then have the `context` that a
    model would have seen. `backend="chat_completions"` is a model of that API, where nobody keeps anything: server
    state in a call, or the output of a call that its input does not have, raises ServerStateRefused.

    A reply is a Reply, a part of one, a list of parts or of the SDK's output items, an exception to raise, a
    `failure(…)`, a reply that is `slow(…)`, a ModelResponse of the Agents SDK, or a list of events to be streamed as
    they are; or a callable that is given the `Turn` and returns one of these, an awaitable of it, or an async iterator
    of events.

    `turns` has every call in order, recorded before it is answered; `refused` the calls that found no reply.

    The classic surface stands beside it, with its classic defaults: `initial_output` is the first turn's,
    `tracing_enabled` makes a generation span of each call; `set_next_output`,
    `add_multiple_turn_outputs`, `set_hardcoded_usage`, `last_turn_args`, `first_turn_args`. A model that was
    only ever given outputs by it answers a call too many with nothing, as it always did.
    """

    def __init__(
        self,
        replies: Iterable[object] = (),
        *,
        server_state: bool = False,
        backend: str = "responses",
        tracing_enabled: bool = False,
        initial_output: list[Any] | Exception | None = None,
    ) -> None:
        self.turn_outputs: list[Any] = [initial_output] if initial_output else []
        self.guarded: list[Guarded] = []
        self.tracing_enabled = tracing_enabled
        self.hardcoded_usage: Usage | None = None
        self.first_turn_args: dict[str, Any] | None = None
        self.last_turn_args: dict[str, Any] = {}
        self.turns: Turns[Turn] = Turns()
        self.refused: list[NoReplyLeft | ServerStateRefused] = []
        self._strict = False
        self._memory = memory_of(server_state, backend)
        self._asking: Turn | None = None
        self._advised: dict[int, Failure] = {}
        if replies := listed(replies):
            self.say(*replies)

    def __repr__(self) -> str:
        played, left = counted(len(self.turns), "turn"), counted(self.remaining, "reply")
        return f"<{type(self).__name__}: {played} played, {left} left>"

    def say(self, *replies: object) -> None:
        """Append replies, and be strict from now on. Raises ReplyInvalid for what is no reply."""
        steps = [
            replace(each, reply=written(each.reply)) if isinstance(each, Guarded) else written(each) for each in replies
        ]
        self._strict = True
        self.guarded += [step for step in steps if isinstance(step, Guarded)]
        self.turn_outputs += [step for step in steps if not isinstance(step, Guarded)]

    @property
    def remaining(self) -> int:
        """How many replies were not asked for yet."""
        return len(self.turn_outputs) + len(self.guarded)

    def assert_complete(self) -> None:
        """Raise UnplayedReplies when replies are left, NoReplyLeft when a call found none."""
        if self.refused:
            raise self.refused[0]
        if self.remaining:
            raise UnplayedReplies(unplayed("the model", self.turns, [*self.turn_outputs, *self.guarded]))

    faults_met = ""
    """What went wrong with answers because the test had it so: nothing, for here errors are steps of the script."""

    def summary(self) -> str:
        """What each turn was asked and answered, a turn a line, and the replies that nobody asked for."""
        return table(self.turns, [*self.turn_outputs, *self.guarded])

    def set_next_output(self, output: list[Any] | Exception) -> None:
        """Append the output items of one turn, or the exception that it raises."""
        self.turn_outputs.append(output)

    def add_multiple_turn_outputs(self, outputs: Sequence[list[Any] | Exception]) -> None:
        """Append the outputs of several turns."""
        self.turn_outputs.extend(outputs)

    def set_hardcoded_usage(self, usage: Usage) -> None:
        """Report `usage` for every classic output."""
        self.hardcoded_usage = usage

    def get_next_output(self) -> Any:
        """Take the next entry of the script; nothing where a classic script is empty."""
        if self.guarded and self._asking and (found := met(self.guarded, self._asking.summary)):
            return found.reply
        if self.turn_outputs:
            return self.turn_outputs.pop(0)
        if not self._strict:
            return []
        error = no_reply_left("the model", self.turns, self.guarded, self._asking.summary if self._asking else None)
        self.refused.append(error)
        raise error

    async def get_response(
        self,
        system_instructions: str | None = None,
        input: str | list[Any] = "",
        model_settings: Any = None,
        tools: Sequence[Any] = (),
        output_schema: Any = None,
        handoffs: Sequence[Any] = (),
        tracing: Any = None,
        *,
        previous_response_id: str | None = None,
        conversation_id: str | None = None,
        prompt: Any = None,
        **extra: Any,
    ) -> ModelResponse:
        """Answer one call. Raises NoReplyLeft, or the exception that the script holds for this turn."""
        turn = self._turn(
            streamed=False,
            system_instructions=system_instructions,
            input=input,
            model_settings=model_settings,
            tools=tools,
            output_schema=output_schema,
            handoffs=handoffs,
            tracing=tracing,
            previous_response_id=previous_response_id,
            conversation_id=conversation_id,
            prompt=prompt,
            extra=extra,
        )
        with traced(self.tracing_enabled, tracing):
            reply, _ = await self._play(turn)
            return await play.answer(reply, turn, self._memory, self.hardcoded_usage)

    async def stream_response(
        self,
        system_instructions: str | None = None,
        input: str | list[Any] = "",
        model_settings: Any = None,
        tools: Sequence[Any] = (),
        output_schema: Any = None,
        handoffs: Sequence[Any] = (),
        tracing: Any = None,
        *,
        previous_response_id: str | None = None,
        conversation_id: str | None = None,
        prompt: Any = None,
        **extra: Any,
    ) -> AsyncIterator[ResponseStreamEvent]:
        """Stream the answer to one call, event by event. Raises as `get_response` does."""
        turn = self._turn(
            streamed=True,
            system_instructions=system_instructions,
            input=input,
            model_settings=model_settings,
            tools=tools,
            output_schema=output_schema,
            handoffs=handoffs,
            tracing=tracing,
            previous_response_id=previous_response_id,
            conversation_id=conversation_id,
            prompt=prompt,
            extra=extra,
        )
        with traced(self.tracing_enabled, tracing, streamed=True) as span:
            with current(span):
                reply, between = await self._play(turn)
            async with aclosing(play.events(reply, turn, self._memory, self.hardcoded_usage)) as events:
                wait = 0.0
                async for event in events:
                    if wait:
                        await elapse(wait)
                    wait = between
                    yield event

    def get_retry_advice(self, request: Any) -> Any:
        """What the script advises on the error of `request` (a ModelRetryAdviceRequest); None where it says nothing."""
        failure = self._advised.get(id(request.error))
        return None if failure is None else copy.deepcopy(failure.retry_advice)

    def _turn(self, *, streamed: bool, extra: dict[str, Any], **args: Any) -> Turn:
        """Record a call before anything can come of it."""
        with _ONE_AT_A_TIME:
            turn = Turn.of(len(self.turns) + 1, streamed, args, extra, self.turns[0] if self.turns else None)
            self.turns.append(turn)
            self.last_turn_args = turn.args
            if self.first_turn_args is None:
                self.first_turn_args = dict(turn.args)
            return turn

    async def _play(self, turn: Turn) -> tuple[Any, float]:
        """The step of the script for `turn`, and the seconds between its events. Raises what the script raises."""
        self._recall(turn)
        with _ONE_AT_A_TIME:
            self._asking = turn
            reply, between = self.get_next_output(), 0.0
        turn.reply, turn.played = reply, True
        while isinstance(reply, Slow) or (callable(reply) and not is_error(reply)):
            if isinstance(reply, Slow):
                await elapse(reply.seconds)
                reply, between = reply.step, reply.between or between
            else:
                reply = reply(turn)
                reply = turn.reply = written(await reply if inspect.isawaitable(reply) else reply)
        if is_error(reply):
            self._advised.pop(id(reply), None)
            raise reply
        if isinstance(reply, Failure):
            self._advised[id(reply.error)] = reply
        if self._memory.needs_replies and isinstance(reply, list):
            reply = turn.reply = altered(Reply.of(reply), usage=play.counts_of(self.hardcoded_usage))
        return reply, between

    def _recall(self, turn: Turn) -> None:
        """Find what the turn goes on from. Raises what the API, or nobody, would answer."""
        try:
            self._memory.recall(turn)
        except Refused as refused:
            error = sdk.status_error(refused)
            turn.refused = f"refused: {error.status_code} {refused.reason}"
            raise error from None
        except ServerStateRefused as refused:
            turn.refused = "refused: no server keeps that"
            self.refused.append(refused)
            raise


class PromptCacheFakeModel(FakeModel):
    """A FakeModel that takes the Agents SDK's default `prompt_cache_key`."""

    def _supports_default_prompt_cache_key(self) -> bool:
        return True
