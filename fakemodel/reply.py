"""What a model says: a Reply and its parts, as values.

A reply is written once and rendered at four boundaries, by `fakemodel.wire`: the chunks and the
completion of Chat Completions, the events and the response of the Responses API. The rendering methods
are thin, and import the SDK only when they are called.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from fakemodel.errors import ReplyInvalid
from fakemodel.wire.grammar import problem_of
from fakemodel.wire.payload import payload_of

if TYPE_CHECKING:
    from openai.types.chat import ChatCompletion, ChatCompletionChunk
    from openai.types.responses import Response, ResponseOutputItem, ResponseStreamEvent

__all__ = [
    "Item",
    "Part",
    "Refusal",
    "Reply",
    "Text",
    "ToolCall",
    "Usage",
    "refusal",
    "text",
    "tool_call",
    "usage",
]


@dataclass(frozen=True, slots=True)
class Text:
    """Text that the model writes: each fragment is streamed as one delta."""

    fragments: tuple[str, ...]
    logprobs: tuple[float, ...] | None = None

    def __repr__(self) -> str:
        shown = [repr(fragment) for fragment in self.fragments]
        if self.logprobs is not None:
            shown.append(f"logprobs={list(self.logprobs)}")
        return f"text({', '.join(shown)})"


@dataclass(frozen=True, slots=True)
class Refusal:
    """A refusal of the model's own: each fragment is streamed as one delta."""

    fragments: tuple[str, ...]

    def __repr__(self) -> str:
        return f"refusal({', '.join(map(repr, self.fragments))})"


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A call of one of the caller's functions; the fragments add up to its arguments, a JSON text."""

    name: str
    fragments: tuple[str, ...]
    id: str | None = None

    @property
    def arguments(self) -> str:
        """The whole arguments, as the wire carries them: a JSON text (or what the script broke of it)."""
        return "".join(self.fragments)

    def __repr__(self) -> str:
        return f"tool_call({self.name!r}, {self.arguments!r})"


@dataclass(frozen=True, slots=True)
class Item:
    """An output item that the vocabulary has no word for, in its wire form."""

    payload: Mapping[str, Any]

    def __repr__(self) -> str:
        return f"{dict(self.payload)!r}"


Part: TypeAlias = Text | Refusal | ToolCall | Item


@dataclass(frozen=True, slots=True)
class Usage:
    """Token counts: `cached` of the input, `reasoning` of the output."""

    input: int
    output: int
    cached: int = 0
    reasoning: int = 0

    def __repr__(self) -> str:
        return f"usage({self.input}, {self.output}, cached={self.cached}, reasoning={self.reasoning})"


def text(*fragments: str, logprobs: Sequence[float] | None = None) -> Text:
    """Text, streamed as one delta a fragment.

    `logprobs` holds one log probability for each fragment, which then counts as one token. Raises
    ReplyInvalid for fragments that are no strings, for none, and for a wrong number of logprobs.
    """
    _check_fragments("text", fragments)
    if logprobs is not None and not all(type(value) in (int, float) and value <= 0 for value in logprobs):
        raise ReplyInvalid(f"logprobs={logprobs!r}: a log probability is a number, at most 0.")
    if logprobs is not None and len(logprobs) != len(fragments):
        raise ReplyInvalid(
            f"text({', '.join(map(repr, fragments))}) has {len(fragments)} fragments and {len(logprobs)} logprobs. "
            "Give one log probability for each fragment."
        )
    return Text(tuple(fragments), None if logprobs is None else tuple(logprobs))


def refusal(*fragments: str) -> Refusal:
    """A refusal, streamed as one delta a fragment. Raises ReplyInvalid as `text` does."""
    _check_fragments("refusal", fragments)
    return Refusal(tuple(fragments))


def tool_call(name: str, arguments: Mapping[str, Any] | str | Sequence[str] = {}, *, id: str | None = None) -> ToolCall:
    """A call of the function `name`.

    `arguments` is a dict (sent as one delta of compact JSON), a string (sent as it stands, so it may
    be broken JSON) or a list of fragments. Without `id` the call id follows from its position. Raises
    ReplyInvalid for arguments of another form, or that are no JSON.
    """
    if not isinstance(name, str) or not name:
        raise ReplyInvalid(f"tool_call needs the name of a function, not {name!r}.")
    if id is not None and not isinstance(id, str):
        raise ReplyInvalid(f"tool_call({name!r}) has id={id!r}, expected is a string.")
    if isinstance(arguments, str):
        fragments: tuple[str, ...] = (arguments,) if arguments else ()
    elif isinstance(arguments, Mapping):
        try:
            whole = json.dumps(arguments, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        except (TypeError, ValueError) as error:
            raise ReplyInvalid(f"tool_call({name!r}) has arguments that are no JSON: {error}.") from None
        fragments = (whole,)
    elif isinstance(arguments, list | tuple) and all(isinstance(fragment, str) for fragment in arguments):
        fragments = tuple(arguments)
    else:
        raise ReplyInvalid(
            f"tool_call({name!r}) takes its arguments as a dict, a JSON string or a list of fragments, "
            f"not {arguments!r}."
        )
    _check_text(f"tool_call({name!r})", name + "".join(fragments))
    return ToolCall(name, fragments, id)


def usage(input: int, output: int, *, cached: int = 0, reasoning: int = 0) -> Usage:
    """Token counts of a reply; `cached` are among the `input`, `reasoning` among the `output` tokens.

    Raises ReplyInvalid for what is no count.
    """
    for name, count in (("input", input), ("output", output), ("cached", cached), ("reasoning", reasoning)):
        if type(count) is not int or count < 0:
            raise ReplyInvalid(f"usage(…) counts tokens: {name}={count!r} is no whole number from 0 on.")
    if cached > input or reasoning > output:
        raise ReplyInvalid(
            f"usage({input}, {output}, cached={cached}, reasoning={reasoning}): cached tokens are among the input, "
            "reasoning tokens among the output."
        )
    return Usage(input, output, cached, reasoning)


@dataclass(frozen=True, slots=True, init=False, repr=False)
class Reply:
    """One turn of a model: its parts in order, and what the wire says beside them.

    Neighbouring `text` and `refusal` parts are the content of one message. A plain string is a `text`,
    an SDK output item or a dict stands for itself. Ids left open follow from the position at which the
    reply is played; without `usage` the wire carries one input token, and an output token a fragment.
    """

    parts: tuple[Part, ...]
    usage: Usage | None
    id: str | None
    model: str

    def __init__(
        self, *parts: object, usage: Usage | None = None, id: str | None = None, model: str = "fake-model"
    ) -> None:
        if usage is not None and not isinstance(usage, Usage):
            raise ReplyInvalid(f"usage={usage!r} is not a usage(input, output, cached=…, reasoning=…).")
        for key, value in (("id", id), ("model", model)):
            if not isinstance(value, str) and (key, value) != ("id", None):
                raise ReplyInvalid(f"Reply({key}={value!r}): expected is a string.")
        object.__setattr__(self, "parts", tuple(part_of(part) for part in parts))
        object.__setattr__(self, "usage", usage)
        object.__setattr__(self, "id", id)
        object.__setattr__(self, "model", model)

    def __repr__(self) -> str:
        shown = [repr(part) for part in self.parts]
        shown += [f"{name}={value!r}" for name in ("usage", "id") if (value := getattr(self, name)) is not None]
        return f"Reply({', '.join(shown)})"

    def chunks(self, *, include_usage: bool = True) -> list[ChatCompletionChunk]:
        """What the Chat Completions API streams: a chunk a fragment, as SDK objects.

        `include_usage` is the request's `stream_options.include_usage`. Raises ReplyInvalid for a part
        that Chat Completions has no form for.
        """
        from openai.types.chat import ChatCompletionChunk

        from fakemodel import sdk
        from fakemodel.wire import chat

        return [sdk.parsed(ChatCompletionChunk, chunk) for chunk in chat.chunks(self, include_usage=include_usage)]

    def completion(self) -> ChatCompletion:
        """What the Chat Completions API answers without streaming. Raises as `chunks` does."""
        from openai.types.chat import ChatCompletion

        from fakemodel import sdk
        from fakemodel.wire import chat

        return sdk.parsed(ChatCompletion, chat.completion(self))

    def events(self, **response_fields: Any) -> list[ResponseStreamEvent]:
        """What the Responses API streams, as SDK objects.

        `response_fields` are set on every snapshot of the response (`previous_response_id="resp_…"`,
        `instructions=…`), as the API echoes those of a request.
        """
        from openai.types.responses import ResponseStreamEvent

        from fakemodel import sdk
        from fakemodel.wire import responses

        union: Any = ResponseStreamEvent
        return [sdk.parsed(union, event) for event in responses.events(self, fields=response_fields)]

    def response(self, **response_fields: Any) -> Response:
        """What the Responses API answers without streaming; `response_fields` as for `events`."""
        from openai.types.responses import Response

        from fakemodel import sdk
        from fakemodel.wire import responses

        return sdk.parsed(Response, responses.response(self, fields=response_fields))

    @property
    def output(self) -> list[ResponseOutputItem]:
        """The output items, as a model adapter hands them to an agent."""
        return self.response().output

    @staticmethod
    def of(value: object) -> Reply:
        """`value` as a reply: one already, a part of one, or a list of parts. Raises ReplyInvalid."""
        if isinstance(value, Reply):
            return value
        return Reply(*value) if isinstance(value, list | tuple) else Reply(value)


def listed(replies: Iterable[object]) -> tuple[object, ...]:
    """The replies of a script. Raises ReplyInvalid for a single one, which iterates over something else."""
    if isinstance(replies, str | Mapping) or not isinstance(replies, Iterable):
        raise ReplyInvalid(f"A script is a list of replies, not {replies!r}. Put it into a list, or use say(…).")
    return tuple(replies)


def part_of(value: object) -> Part:
    """`value` as a part of a reply. Raises ReplyInvalid for what is none."""
    if isinstance(value, Text | Refusal | ToolCall | Item):
        return value
    if isinstance(value, str):
        return text(value)
    if isinstance(value, Mapping) or (hasattr(value, "model_dump") and not isinstance(value, type)):
        payload = copy.deepcopy(payload_of(value))
        if isinstance(payload.get("type"), str):
            from fakemodel.sdk import item_types

            if problem := problem_of(payload, item_types()):
                raise ReplyInvalid(f"{problem}: {payload!r}")
            _check_text("An item", json.dumps(payload, ensure_ascii=False, default=str))
            return Item(payload)
    raise ReplyInvalid(
        f"{value!r} is no part of a reply. Parts are text(…), refusal(…), tool_call(…), a plain string, "
        "an output item of the openai SDK, or a dict with the item's type."
    )


def _check_fragments(part: str, fragments: tuple[str, ...]) -> None:
    if not fragments:
        raise ReplyInvalid(f'{part}() has nothing to say. Give it at least one fragment: {part}("…").')
    for fragment in fragments:
        if not isinstance(fragment, str):
            raise ReplyInvalid(f"{part}(…) takes strings, each streamed as one delta, not {fragment!r}.")
        _check_text(f"{part}({fragment!r})", fragment)


def _check_text(what: str, text: str) -> None:
    if any("\ud800" <= character <= "\udfff" for character in text):
        raise ReplyInvalid(f"{what} holds half of a character, which has no form in UTF-8.")
