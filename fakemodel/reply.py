"""What a model says in one turn: a Reply, and its rendering at four boundaries.

A reply is written once and rendered by `fakemodel.wire`: as the chunks and the completion of Chat Completions, as the
events and the response of the Responses API; what either sent can be read back into one. The methods are thin, and
import the SDK only when they are called.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from fakemodel.errors import ReplyInvalid
from fakemodel.parts import Part, Usage, part_of
from fakemodel.shown import Shown
from fakemodel.wire.payload import Payload

if TYPE_CHECKING:
    from openai.types.chat import ChatCompletion, ChatCompletionChunk
    from openai.types.responses import Response, ResponseOutputItem, ResponseStreamEvent

__all__ = ["REASONS", "Recorded", "Reply", "altered", "listed", "said_at"]

REASONS = {"completed": (None,), "incomplete": ("max_output_tokens", "content_filter"), "failed": (None,)}
"""How a response may end, and the reasons that the API gives for it."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """What a recorded answer said beside its parts.

    `api` is `responses` or `chat`; `body` the whole answer, without its output or choices; `first` what a response
    said otherwise when it was created than is derived from that, and `absent` what it did not say then; `asides` the
    events between those of the items, by their position; `numbered` whether its events had numbers; `choice` the
    members of a completion's choice beside its index and what is said.
    """

    api: str
    body: Payload
    first: Payload = field(default_factory=dict)
    absent: frozenset[str] = frozenset()
    asides: tuple[tuple[int, Payload], ...] = ()
    numbered: bool = True
    choice: Payload = field(default_factory=dict)


@dataclass(frozen=True, slots=True, init=False, repr=False)
class Reply(Shown):
    """One turn of a model: its parts in order, and what the wire says beside them.

    Neighbouring `text` and `refusal` parts are the content of one message. A plain string is a `text`,
    an SDK output item or a dict stands for itself. Ids left open follow from the position at which the
    reply is played; without `usage` the wire carries one input token, and an output token a fragment.

    `status` is how the response ends: `completed`; `incomplete`, with the `reason` `max_output_tokens` (the default)
    or `content_filter`; or `failed`, with the `error` (`{"code": …, "message": …}`, or a message, whose code is then
    `server_error`). Raises ReplyInvalid for anything else.

    FakeOpenAI refuses to say what the API could not: arguments that break a strict schema, a text where the request
    demands a call. With `unchecked` it says it all the same.
    """

    parts: tuple[Part, ...]
    usage: Usage | None
    id: str | None
    model: str
    status: str
    reason: str | None
    error: Payload | None
    unchecked: bool
    others: tuple[Reply, ...]
    recorded: Recorded | None

    def __init__(
        self,
        *parts: object,
        usage: Usage | None = None,
        id: str | None = None,
        model: str = "fake-model",
        status: str = "completed",
        reason: str | None = None,
        error: Mapping[str, Any] | str | None = None,
        unchecked: bool = False,
    ) -> None:
        if usage is not None and not isinstance(usage, Usage):
            raise ReplyInvalid(f"usage={usage!r} is not a usage(input, output, cached=…, reasoning=…).")
        for key, value in (("id", id), ("model", model)):
            if not isinstance(value, str) and (key, value) != ("id", None):
                raise ReplyInvalid(f"Reply({key}={value!r}): expected is a string.")
        reason, error = _ended(status, reason, error)
        object.__setattr__(self, "parts", tuple(part_of(part) for part in parts))
        object.__setattr__(self, "usage", usage)
        object.__setattr__(self, "id", id)
        object.__setattr__(self, "model", model)
        object.__setattr__(self, "status", status)
        object.__setattr__(self, "reason", reason)
        object.__setattr__(self, "error", error)
        object.__setattr__(self, "unchecked", unchecked)
        object.__setattr__(self, "others", ())
        object.__setattr__(self, "recorded", None)

    def __repr__(self) -> str:
        shown = [repr(part) for part in self.parts]
        shown += [f"{name}={value!r}" for name in ("usage", "id") if (value := getattr(self, name)) is not None]
        shown += [f"model={self.model!r}"] if self.model != "fake-model" else []
        if self.status != "completed":
            shown += [f"status={self.status!r}"]
            shown += [f"{name}={value!r}" for name in ("reason", "error") if (value := getattr(self, name)) is not None]
        shown += ["unchecked=True"] if self.unchecked else []
        told = f"Reply({', '.join(shown)})"
        if self.others:
            told = f"Reply.choices({', '.join([told, *map(repr, self.others)])})"
        return told if self.recorded is None else f"<as recorded: {told}>"

    @staticmethod
    def choices(*replies: object) -> Reply:
        """Several choices of one completion, as `n=2` asks for: each a reply, in the order of their indexes.

        Usage, id and model are the first one's; without `usage` the output tokens of all are counted. The Responses
        API has no form for them. Raises ReplyInvalid for fewer than two.
        """
        found = [Reply.of(reply) for reply in replies]
        if len(found) < 2 or any(reply.others for reply in found):
            raise ReplyInvalid("Reply.choices(reply, reply, …) takes two replies or more, each of one choice.")
        return altered(found[0], others=tuple(found[1:]))

    @staticmethod
    def from_response(response: object) -> Reply:
        """The reply that was answered with `response`: an SDK object or a dict, as it came from the API.

        `events()` and `response()` then say all that it said. Raises ReplyInvalid for one that is not finished, or
        is no response.
        """
        from fakemodel.wire import read_responses

        return read_responses.from_response(response)

    @staticmethod
    def from_events(events: Iterable[object]) -> Reply:
        """The reply that was streamed as `events`: SDK objects or dicts, from `response.created` to the end.

        `events()` then gives the same events, but for the obfuscation and encrypted content. Raises StreamError for
        a stream that it could not say again: one that does not add up, was resumed, or ended in an error.
        """
        from fakemodel.wire import read_responses

        return read_responses.from_events(events)

    @staticmethod
    def from_completion(completion: object) -> Reply:
        """The reply that was answered with `completion`: an SDK object or a dict. Raises ReplyInvalid for none."""
        from fakemodel.wire import read_chat

        return read_chat.from_completion(completion)

    @staticmethod
    def from_chunks(chunks: Iterable[object]) -> Reply:
        """The reply that was streamed as `chunks`: SDK objects or dicts.

        Streams of compatible servers are read as well, whatever deviations they have. Raises StreamError for what has
        no choice.
        """
        from fakemodel.wire import read_chat

        return read_chat.from_chunks(chunks)

    def chunks(
        self, *, include_usage: bool = True, obfuscation: bool = False, deviation: str | None = None
    ) -> list[ChatCompletionChunk]:
        """What the Chat Completions API streams: a chunk a fragment, as SDK objects.

        `include_usage` is the request's `stream_options.include_usage`, `obfuscation` its `include_obfuscation`.
        `deviation` names a habit that compatible servers have and the API has not: one of
        `fakemodel.wire.deviations.DEVIATIONS`.
        Raises ReplyInvalid for a part or status that Chat Completions has no form for.
        """
        from openai.types.chat import ChatCompletionChunk

        from fakemodel import sdk
        from fakemodel.wire import chat

        found = chat.chunks(self, include_usage=include_usage, obfuscation=obfuscation, deviation=deviation)
        return [sdk.parsed(ChatCompletionChunk, chunk) for chunk in found]

    def completion(self) -> ChatCompletion:
        """What the Chat Completions API answers without streaming. Raises as `chunks` does."""
        from openai.types.chat import ChatCompletion

        from fakemodel import sdk
        from fakemodel.wire import chat

        return sdk.parsed(ChatCompletion, chat.completion(self))

    def events(
        self, *, obfuscation: bool = False, background: bool = False, **response_fields: Any
    ) -> list[ResponseStreamEvent]:
        """What the Responses API streams, as SDK objects.

        `obfuscation` is the request's `stream_options.include_obfuscation`; `background` its `background`, by which
        the response is queued first. `response_fields` are set on every snapshot of the response
        (`previous_response_id="resp_…"`, `instructions=…`), as the API echoes those of a request.
        """
        from fakemodel import sdk
        from fakemodel.wire import responses

        fields = responses.checked({**response_fields, "background": True} if background else response_fields)
        return [sdk.event(event) for event in responses.events(self, fields=fields, obfuscation=obfuscation)]

    def response(self, **response_fields: Any) -> Response:
        """What the Responses API answers without streaming; `response_fields` as for `events`."""
        from openai.types.responses import Response

        from fakemodel import sdk
        from fakemodel.wire import responses

        return sdk.parsed(Response, responses.response(self, fields=responses.checked(response_fields)))

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


def said_at(reply: Reply, api: str, ids: object) -> Reply:
    """The reply as it is said at `api`: without what was recorded at the other one.

    With `ids` a server of ours plays it, which says itself what the recorded server said beside the parts.
    """
    recorded = reply.recorded
    here = recorded is not None and recorded.api == api
    if recorded is None or (here and ids is None):
        return reply
    others = tuple(said_at(other, api, ids) for other in reply.others)
    return altered(reply, recorded=None, id=reply.id if here else None, others=others)


def listed(replies: Iterable[object]) -> tuple[object, ...]:
    """The replies of a script. Raises ReplyInvalid for a single one, which iterates over something else."""
    if isinstance(replies, str | Mapping) or not isinstance(replies, Iterable):
        raise ReplyInvalid(f"A script is a list of replies, not {replies!r}. Put it into a list, or use say(…).")
    return tuple(replies)


def altered(reply: Reply, **members: Any) -> Reply:
    """A copy of `reply` with other members, which are taken as they are."""
    copied = object.__new__(Reply)
    for name in Reply.__dataclass_fields__:
        object.__setattr__(copied, name, members.get(name, getattr(reply, name)))
    return copied


def _ended(status: str, reason: str | None, error: Any) -> tuple[str | None, Payload | None]:
    """The reason and the error of a response that ended so."""
    if not isinstance(status, str) or status not in REASONS:
        raise ReplyInvalid(f"Reply(status={status!r}): a response ends {', '.join(REASONS)}.")
    if status == "incomplete" and reason is None:
        reason = "max_output_tokens"
    if reason not in REASONS[status]:
        allowed = " or ".join(map(repr, REASONS[status]))
        raise ReplyInvalid(f"Reply(status={status!r}, reason={reason!r}): expected is {allowed}.")
    if isinstance(error, str):
        error = {"code": "server_error", "message": error}
    told = isinstance(error, Mapping) and all(isinstance(error.get(key), str) for key in ("code", "message"))
    if (status == "failed") != told or (error is not None and not told):
        raise ReplyInvalid(
            f"Reply(status={status!r}, error={error!r}): a failed response, and no other, has an error, a message or "
            '{"code": …, "message": …}.'
        )
    return reason, None if error is None else dict(error)
