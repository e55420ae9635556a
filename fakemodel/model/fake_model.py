"""FakeModel: a model that says what its script says, and records what each turn was asked."""

from __future__ import annotations

import inspect
from collections.abc import AsyncIterator, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from openai.types.responses import ResponseOutputItem, ResponseStreamEvent, ResponseUsage

from fakemodel import sdk
from fakemodel.errors import NoReplyLeft, ServerStateRefused
from fakemodel.guards import Guarded, met
from fakemodel.model import classic
from fakemodel.model.interface import Model, ModelResponse, Usage, generation_span, set_span_error
from fakemodel.model.memory import memory_of
from fakemodel.model.turns import Turn, first_piece
from fakemodel.reply import Reply, listed
from fakemodel.script import no_reply_left, unplayed_replies
from fakemodel.wire import responses
from fakemodel.wire.errors import Refused
from fakemodel.wire.ids import Ids

if TYPE_CHECKING:
    from fakemodel.wire.payload import Payload

__all__ = ["FakeModel", "PromptCacheFakeModel"]


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

    A reply is a Reply, a part of one, a list of parts or of the SDK's output items, or an exception to raise; or
    a callable that is given the `Turn` and returns one of these, or an awaitable of it.

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
        self.turns: list[Turn] = []
        self.refused: list[NoReplyLeft | ServerStateRefused] = []
        self._strict = False
        self._memory = memory_of(server_state, backend)
        if replies := listed(replies):
            self.say(*replies)

    def __repr__(self) -> str:
        return f"<FakeModel: {len(self.turns)} turns played, {self.remaining} replies left>"

    def say(self, *replies: object) -> None:
        """Append replies, and be strict from now on. Raises ReplyInvalid for what is no reply."""
        self._strict = True
        for reply in replies:
            if isinstance(reply, Guarded):
                self.guarded.append(Guarded(reply.guard, _written(reply.reply)))
            else:
                self.turn_outputs.append(_written(reply))

    @property
    def remaining(self) -> int:
        """How many replies were not asked for yet."""
        return len(self.turn_outputs) + len(self.guarded)

    def assert_complete(self) -> None:
        """Raise UnplayedReplies when replies are left, NoReplyLeft when a call found none."""
        if self.refused:
            raise self.refused[0]
        if self.remaining:
            raise unplayed_replies("the model", self.turns, [*self.turn_outputs, *self.guarded])

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
        if self.guarded and self.turns and (found := met(self.guarded, self.turns[-1].summary)):
            return found.reply
        if self.turn_outputs:
            return self.turn_outputs.pop(0)
        if not self._strict:
            return []
        error = no_reply_left("the model", self.turns, self.guarded)
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
        with generation_span(disabled=not self.tracing_enabled) as span:
            reply = await self._play(turn, span)
            if not isinstance(reply, Reply):
                output = classic.converted(reply)
                return ModelResponse(
                    output=output, usage=self.hardcoded_usage or Usage(), response_id=classic.RESPONSE_ID
                )
            body = responses.response(reply, ids=Ids(turn.number, turn.chain), fields=_echoed(turn))
            self._memory.keep(turn, body)
            union: Any = ResponseOutputItem
            output = [sdk.parsed(union, item) for item in body["output"]]
            return ModelResponse(output=output, usage=_usage(body["usage"]), response_id=body["id"])

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
        with generation_span(disabled=not self.tracing_enabled) as span:
            reply = await self._play(turn, span)
            if not isinstance(reply, Reply):
                for event in classic.events(reply, self.hardcoded_usage):
                    yield event
                return
            union: Any = ResponseStreamEvent
            for payload in responses.events(reply, ids=Ids(turn.number, turn.chain), fields=_echoed(turn)):
                if "response" in payload and payload["response"]["status"] not in ("in_progress", "queued"):
                    self._memory.keep(turn, payload["response"])
                yield sdk.parsed(union, payload)

    def _turn(self, *, streamed: bool, extra: dict[str, Any], **args: Any) -> Turn:
        """Record a call before anything can come of it."""
        first_input = first_piece(self.turns[0].input) if self.turns else ""
        turn = Turn.of(len(self.turns) + 1, streamed, args, extra, first_input)
        self.turns.append(turn)
        self.last_turn_args = turn.args
        if self.first_turn_args is None:
            self.first_turn_args = dict(turn.args)
        return turn

    async def _play(self, turn: Turn, span: Any) -> Any:
        """The reply to `turn`: a Reply, or the items of a classic output. Raises what the script raises."""
        try:
            self._recall(turn)
            reply = self.get_next_output()
            turn.reply, turn.played = reply, True
            if callable(reply) and not _is_error(reply):
                reply = reply(turn)
                reply = await reply if inspect.isawaitable(reply) else reply
                reply = turn.reply = reply if _is_error(reply) else Reply.of(reply)
            if _is_error(reply):
                raise reply
            if self._memory.needs_replies and not isinstance(reply, Reply):
                reply = turn.reply = Reply.of(reply)
        except Exception as error:
            set_span_error(span, error)
            raise
        return reply

    def _recall(self, turn: Turn) -> None:
        """Find what the turn goes on from. Raises what the API, or nobody, would answer."""
        try:
            self._memory.recall(turn)
        except Refused as refused:
            raise sdk.status_error(refused) from None
        except ServerStateRefused as refused:
            self.refused.append(refused)
            raise


class PromptCacheFakeModel(FakeModel):
    """A FakeModel that takes the Agents SDK's default `prompt_cache_key`."""

    def _supports_default_prompt_cache_key(self) -> bool:
        return True


def _written(reply: object) -> object:
    """A reply as it stands in the script. Raises ReplyInvalid for what is none."""
    return reply if _is_error(reply) or callable(reply) else Reply.of(reply)


def _is_error(reply: object) -> bool:
    """Whether `reply` is to be raised: an exception, or the class of one."""
    return isinstance(reply, BaseException) or (isinstance(reply, type) and issubclass(reply, BaseException))


def _echoed(turn: Turn) -> Payload:
    """The ids of the request that the API says again in its answer."""
    echoed: Payload = {"previous_response_id": turn.previous_response_id}
    if turn.conversation_id is not None:
        echoed["conversation"] = {"id": turn.conversation_id}
    if (store := getattr(turn.args["model_settings"], "store", None)) is not None:
        echoed["store"] = store
    return echoed


def _usage(usage: Payload | None) -> Usage:
    """The counts as the Agents SDK has them; a response that failed has none."""
    if usage is None:
        return Usage(requests=1)
    counts = sdk.parsed(ResponseUsage, usage)
    return Usage(
        requests=1,
        input_tokens=counts.input_tokens,
        output_tokens=counts.output_tokens,
        total_tokens=counts.total_tokens,
        input_tokens_details=counts.input_tokens_details,
        output_tokens_details=counts.output_tokens_details,
    )
