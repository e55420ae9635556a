"""The parts of a reply: what a model may say, as values, and the words that make them."""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import inf
from typing import Any, TypeAlias

from fakemodel.errors import ReplyInvalid
from fakemodel.shown import Shown
from fakemodel.wire.grammar import problem_of
from fakemodel.wire.payload import Payload, payload_of

__all__ = [
    "Item",
    "Part",
    "Reasoning",
    "Refusal",
    "Text",
    "ToolCall",
    "Usage",
    "part_of",
    "reasoning",
    "refusal",
    "text",
    "tool_call",
    "usage",
]


@dataclass(frozen=True, slots=True)
class Text(Shown):
    """Text that the model writes: each fragment is streamed as one delta.

    `logprobs` has the entries of each fragment's tokens, in the form of the wire; `annotations` are citations.
    """

    fragments: tuple[str, ...]
    logprobs: tuple[tuple[Payload, ...], ...] | None = None
    annotations: tuple[Payload, ...] = ()

    def __repr__(self) -> str:
        shown = [repr(fragment) for fragment in self.fragments]
        if self.logprobs is not None:
            told = zip(self.fragments, self.logprobs, strict=True)
            shown.append(f"logprobs={[_logprob_told(fragment, entries) for fragment, entries in told]}")
        if self.annotations:
            shown.append(f"annotations={list(self.annotations)}")
        return f"text({', '.join(shown)})"


@dataclass(frozen=True, slots=True)
class Refusal(Shown):
    """A refusal of the model's own: each fragment is streamed as one delta.

    `logprobs` has the entries of each fragment's tokens, where Chat Completions was recorded with some.
    """

    fragments: tuple[str, ...]
    logprobs: tuple[tuple[Payload, ...], ...] | None = None

    def __repr__(self) -> str:
        return f"refusal({', '.join(map(repr, self.fragments))})"


@dataclass(frozen=True, slots=True)
class Reasoning(Shown):
    """Reasoning: each fragment of its summary is streamed as one delta; without any there is no summary."""

    fragments: tuple[str, ...] = ()
    encrypted_content: str | None = None

    def __repr__(self) -> str:
        shown = [repr(fragment) for fragment in self.fragments]
        if self.encrypted_content is not None:
            shown.append(f"encrypted_content={self.encrypted_content!r}")
        return f"reasoning({', '.join(shown)})"


@dataclass(frozen=True, slots=True)
class ToolCall(Shown):
    """A call of one of the caller's functions; the fragments add up to its arguments, a JSON text."""

    name: str
    fragments: tuple[str, ...]
    id: str | None = None

    @property
    def arguments(self) -> str:
        """The whole arguments, as the wire carries them: a JSON text (or what the script broke of it)."""
        return "".join(self.fragments)

    def __repr__(self) -> str:
        whole = len(self.fragments) < 2 and self.fragments != ("",)
        shown = "" if self.id is None else f", id={self.id!r}"
        return f"tool_call({self.name!r}, {self.arguments if whole else [*self.fragments]!r}{shown})"


@dataclass(frozen=True, slots=True)
class Item(Shown):
    """An output item in its wire form: one the vocabulary has no word for, or one that was recorded.

    `streamed` has the events of its own that it was streamed with (deltas, annotations, partial images); where it
    is None, each of its texts is one delta. `opened` is the item as it was added, where that is not what the
    grammar says of its type. `verbatim` marks one whose events follow no grammar: all of them are in `streamed`.
    `closed` is False for one that its server never closed.
    """

    payload: Mapping[str, Any]
    streamed: tuple[Payload, ...] | None = None
    opened: Payload | None = None
    verbatim: bool = False
    closed: bool = True

    def __repr__(self) -> str:
        return f"{dict(self.payload)!r}"


ROUNDED = 1e-4
"""By how much recorded log probabilities exceed 0, for want of precision."""

Part: TypeAlias = Text | Refusal | Reasoning | ToolCall | Item


@dataclass(frozen=True, slots=True)
class Usage(Shown):
    """Token counts: `cached` of the input, `reasoning` of the output."""

    input: int
    output: int
    cached: int = 0
    reasoning: int = 0

    def __repr__(self) -> str:
        return f"usage({self.input}, {self.output}, cached={self.cached}, reasoning={self.reasoning})"


def text(
    *fragments: str,
    logprobs: Sequence[float | Mapping[str, Any] | Sequence[Mapping[str, Any]]] | None = None,
    annotations: Sequence[Mapping[str, Any]] = (),
) -> Text:
    """Text, streamed as one delta a fragment.

    `logprobs` holds one log probability for each fragment, which then counts as one token; where more is to be said,
    the entry of the wire (`{"token": …, "logprob": …, "top_logprobs": […]}`), or a list of them. `annotations` are
    citations in the form of the Responses API (`{"type": "url_citation", "url": …, "title": …, "start_index": …,
    "end_index": …}`), streamed after the delta that they end in.

    Raises ReplyInvalid for fragments that are no strings, for none, for a wrong number of logprobs, and for
    annotations without a type.
    """
    _check_fragments("text", fragments)
    cited = _citations(annotations)
    if logprobs is None:
        return Text(tuple(fragments), None, cited)
    if not isinstance(logprobs, list | tuple) or len(logprobs) != len(fragments):
        count = len(logprobs) if isinstance(logprobs, list | tuple) else repr(logprobs)
        raise ReplyInvalid(
            f"text({', '.join(map(repr, fragments))}) has {len(fragments)} fragments and {count} logprobs. "
            "Give one log probability for each fragment."
        )
    entries = tuple(_logprob_entries(*pair) for pair in zip(fragments, logprobs, strict=True))
    return Text(tuple(fragments), entries if any(entries) else None, cited)


def refusal(*fragments: str) -> Refusal:
    """A refusal, streamed as one delta a fragment. Raises ReplyInvalid as `text` does."""
    _check_fragments("refusal", fragments)
    return Refusal(tuple(fragments))


def reasoning(*summary_fragments: str, encrypted_content: str | None = None) -> Reasoning:
    """Reasoning, its summary streamed as one delta a fragment; without fragments it has no summary.

    Chat Completions has no reasoning of its own: there it is streamed as the `reasoning_content` of compatible
    servers. Raises ReplyInvalid for what is no string.
    """
    _check_fragments("reasoning", summary_fragments)
    if encrypted_content is not None and not isinstance(encrypted_content, str):
        raise ReplyInvalid(f"reasoning(encrypted_content={encrypted_content!r}): expected is a string.")
    return Reasoning(tuple(summary_fragments), encrypted_content)


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


def part_of(value: object) -> Part:
    """`value` as a part of a reply. Raises ReplyInvalid for what is none."""
    if isinstance(value, Text | Refusal | Reasoning | ToolCall | Item):
        return value
    if isinstance(value, str):
        return text(value)
    if isinstance(value, Mapping) or (hasattr(value, "model_dump") and not isinstance(value, type)):
        payload = payload_of(value)
        if isinstance(payload.get("type"), str):
            from fakemodel.sdk import ITEM_TYPES

            if problem := problem_of(payload, ITEM_TYPES):
                raise ReplyInvalid(f"{problem}: {payload!r}")
            try:
                whole = json.dumps(payload, ensure_ascii=False, allow_nan=False)
            except (TypeError, ValueError) as error:
                raise ReplyInvalid(f"An item is JSON, this one is not: {error}: {payload!r}") from None
            _check_text("An item", whole)
            return Item(json.loads(whole))
    raise ReplyInvalid(
        f"{value!r} is no part of a reply. Parts are text(…), refusal(…), reasoning(…), tool_call(…), a plain string, "
        "an output item of the openai SDK, or a dict with the item's type."
    )


def _logprob_entries(fragment: str, given: object) -> tuple[Payload, ...]:
    """The entries of one fragment's tokens, in full."""
    if isinstance(given, Mapping):
        return (_logprob_entry(given),)
    if isinstance(given, list | tuple) and all(isinstance(entry, Mapping) for entry in given):
        return tuple(map(_logprob_entry, given))
    return (_logprob_entry({"token": fragment, "logprob": given}),)


def _logprob_entry(given: Mapping[str, Any], top: bool = False) -> Payload:
    token, value, alternatives = given.get("token"), given.get("logprob"), given.get("top_logprobs") or ()
    listed = isinstance(alternatives, list | tuple) and all(isinstance(each, Mapping) for each in alternatives)
    is_number = isinstance(value, int | float) and not isinstance(value, bool) and -inf < value <= ROUNDED
    if not isinstance(token, str) or not isinstance(value, int | float) or not is_number or not listed:
        raise ReplyInvalid(
            f"logprobs={value!r} for {token!r}: a log probability is a number, at most 0. It is given as such, as an "
            'entry {"token": …, "logprob": …, "top_logprobs": […]}, or as a list of entries.'
        )
    _check_text("A token", token)
    entry = {"bytes": list(token.encode()), **copy.deepcopy(dict(given)), "logprob": float(value)}
    return entry if top else {**entry, "top_logprobs": [_logprob_entry(each, top=True) for each in alternatives]}


def _citations(annotations: object) -> tuple[Payload, ...]:
    if not isinstance(annotations, list | tuple):
        raise ReplyInvalid(f"text(annotations={annotations!r}): expected is a list.")
    for annotation in annotations:
        if not isinstance(annotation, Mapping) or not isinstance(annotation.get("type"), str):
            raise ReplyInvalid(f"An annotation is a dict with its `type`, such as 'url_citation', not {annotation!r}.")
    return tuple(copy.deepcopy(dict(annotation)) for annotation in annotations)


def _logprob_told(fragment: str, entries: tuple[Payload, ...]) -> object:
    """The entries of a fragment as the script says them: a number where that says it all."""
    plain = len(entries) == 1 and entries == _logprob_entries(fragment, entries[0]["logprob"])
    return entries[0]["logprob"] if plain else list(entries)


def _check_fragments(part: str, fragments: tuple[str, ...]) -> None:
    if not fragments and part != "reasoning":
        raise ReplyInvalid(f'{part}() has nothing to say. Give it at least one fragment: {part}("…").')
    for fragment in fragments:
        if not isinstance(fragment, str):
            raise ReplyInvalid(f"{part}(…) takes strings, each streamed as one delta, not {fragment!r}.")
        _check_text(f"{part}({fragment!r})", fragment)


def _check_text(what: str, text: str) -> None:
    if any("\ud800" <= character <= "\udfff" for character in text):
        raise ReplyInvalid(f"{what} holds half of a character, which has no form in UTF-8.")
