"""What a model may say to a request: what its `tool_choice`, its strict schemas and its other constraints leave.

A script that says anything else tests a program against an API that there is not. It is refused, unless the reply is
`unchecked`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from fakemodel.api.schemas import Strict, flat, output_format, strict_functions, strict_output
from fakemodel.context import ANSWERS
from fakemodel.errors import ReplyInvalid
from fakemodel.reply import Reply
from fakemodel.script import described
from fakemodel.shown import shortened
from fakemodel.wire.ids import Ids
from fakemodel.wire.outputs import outputs
from fakemodel.wire.payload import Payload, json_of

__all__ = ["check_possible"]

DEMANDING = {"functions", "parallel_tool_calls", "response_format", "text", "tool_choice", "tools"}
"""The members of a request that demand anything of its answer."""

FORMATS = ("date", "email", "ipv4", "ipv6", "uuid")
"""The formats of the API that are looked at: those that need no package to tell."""

ANSWERING = (None, "final_answer")
"""The phases of messages that are the answer; what a model says on its way there keeps to no schema."""

KINDS = {"custom_tool_call": "custom", "mcp_approval_request": "mcp", "program": "program"}
"""The items that call a tool of another name than their own; of any other it is what stands before `_call`."""


def check_possible(reply: Reply, body: Payload, turn: int) -> None:
    """Raise ReplyInvalid for a completed reply that the API could not give to a request.

    `body` is that of POST /v1/responses or POST /v1/chat/completions, whose schemas are in order.
    """
    choices = (reply, *reply.others)
    wanted = body.get("n") or 1
    if "messages" in body and len(choices) != wanted and not reply.unchecked:
        raise ReplyInvalid(
            f"The API would answer turn {turn} with {wanted} choices (n), not {len(choices)}: {described(reply)}.\n"
            "Script them with Reply.choices(reply, reply), or give it unchecked=True if the test is about that."
        )
    if not DEMANDING & body.keys():
        return
    for index, choice in enumerate(choices):
        if choice.unchecked or choice.status != "completed":
            continue
        items = [output.item for output in outputs(choice.parts, Ids())]
        for demanded, found in _breaches(items, body):
            which = f"choices[{index}], {described(choice)}" if reply.others else described(choice)
            raise ReplyInvalid(
                f"The API could not answer turn {turn} with {which}.\n"
                f"  demanded  {demanded}\n"
                f"  found     {found}\n"
                "Correct the reply, or give it unchecked=True if the test is about an answer that breaks the rules."
            )


def _breaches(items: Sequence[Payload], body: Payload) -> Iterator[tuple[str, str]]:
    """What the request demands and what is found instead, for all that does not go together."""
    calls = [item for item in items if _kind(item)]
    yield from _tool_choice(calls, body)
    yield from _parallel(calls, body)
    yield from _arguments(calls, body)
    yield from _texts(items, body)


def _tool_choice(calls: Sequence[Payload], body: Payload) -> Iterator[tuple[str, str]]:
    choice = body.get("tool_choice")
    demanded = f"tool_choice {shortened(json.dumps(choice))}"
    chosen = flat(choice)
    allowed: Sequence[object] | None = [] if choice == "none" else None
    called = choice == "required" or bool(chosen)
    if chosen.get("type") == "allowed_tools":
        allowed, called = chosen.get("tools") or (), chosen.get("mode") == "required"
    elif chosen:
        allowed = [chosen]
    if called and not calls:
        yield demanded, "no call"
    if allowed is not None:
        others = [call for call in calls if not any(_is_of(call, flat(tool)) for tool in allowed)]
        yield from ((demanded, f"a call of {_name(call)}") for call in others)


def _parallel(calls: Sequence[Payload], body: Payload) -> Iterator[tuple[str, str]]:
    # Tools of the API's own are called one after the other, whatever the request says.
    own = [_name(call) for call in calls if call["type"] in ANSWERS]
    if body.get("parallel_tool_calls") is False and len(own) > 1:
        yield "parallel_tool_calls false", f"{len(own)} calls: {', '.join(own)}"


def _arguments(calls: Sequence[Payload], body: Payload) -> Iterator[tuple[str, str]]:
    own = [call for call in calls if call["type"] == "function_call" and not call.get("namespace")]
    if len(own) > 1 and str(body.get("model")).startswith("ft:"):
        return  # several calls of a model that was fine-tuned are not strict
    functions = {strict.name: strict for strict in strict_functions(body)}
    for call in own:
        strict = functions.get(_name(call))
        if strict and (found := _difference(strict, call["arguments"])):
            yield f"{strict.place} of '{strict.name}', strict", found


def _texts(items: Sequence[Payload], body: Payload) -> Iterator[tuple[str, str]]:
    """What is wrong with each text that a client takes for the answer; Chat Completions joins them."""
    messages = [item for item in items if item["type"] == "message" and item.get("phase") in ANSWERING]
    parts = [part for message in messages for part in message.get("content") or ()]
    texts = [part["text"] for part in parts if part["type"] == "output_text"]
    if "messages" in body:
        texts = ["".join(texts)] if texts else []
    strict, form = strict_output(body), output_format(body)
    for text in texts:
        if strict and (found := _difference(strict, text)):
            yield f"{strict.place} of '{strict.name}', strict", found
        if form.get("type") == "json_object" and (found := _no_object(text)):
            yield f"{'response_format' if 'messages' in body else 'text.format'} {json.dumps(form)}", found


def _kind(item: Payload) -> str | None:
    """Which kind of tool an item calls; None for one that calls none."""
    type_ = str(item["type"])
    return KINDS.get(type_, type_.removesuffix("_call") if type_.endswith("_call") else None)


def _name(call: Payload) -> str:
    return str(call.get("name") or _kind(call))


def _is_of(call: Payload, tool: Payload) -> bool:
    """Whether it is a call of a tool that the request names; a search for tools may come before any of them."""
    kind = str(_kind(call))
    if kind == "tool_search":
        return True
    named = all(tool.get(key) in (None, call.get(key)) for key in ("name", "server_label"))
    return named and str(tool.get("type")).startswith(kind)  # such as web_search_preview


def _no_object(text: str) -> str | None:
    """Why a text is no JSON object; None where it is one."""
    try:
        value = json_of(text)
    except ValueError as error:
        return f"{shortened(repr(text))} is no JSON: {error}"
    return None if isinstance(value, dict) else f"{shortened(repr(text))} is no JSON object"


def _difference(strict: Strict, text: str) -> str | None:
    """Where a text leaves the schema, and what the schema wants there; None where it keeps to it."""
    from jsonschema import Draft202012Validator, FormatChecker
    from jsonschema.exceptions import best_match
    from referencing import Registry

    if problem := _no_object(text):
        return problem  # the root of a strict schema is an object
    # The registry is there so that nothing is fetched.
    validator = Draft202012Validator(strict.schema, registry=Registry(), format_checker=FormatChecker(FORMATS))
    breach = best_match(validator.iter_errors(json_of(text)))
    if breach is None:
        return None
    message = str(breach.message)
    for value in map(repr, (breach.instance, breach.validator_value)):
        message = message.replace(value, shortened(value), 1)
    return f"{breach.json_path}: {message}"
