"""The Python of a script: a module with a function `scripted`, which makes the FakeOpenAI or the FakeModel."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from http import HTTPStatus
from textwrap import wrap

from fakemodel.guards import Guard
from fakemodel.httpx_modules import sdk_httpx
from fakemodel.scripting.answers import reply_call
from fakemodel.scripting.code import WIDTH, Call, code, names_in, shallow
from fakemodel.scripting.script import Failed, Route, Said, Script
from fakemodel.shown import one_line

__all__ = ["module"]

ERRORS = {
    400: "BadRequestError",
    401: "AuthenticationError",
    403: "PermissionDeniedError",
    404: "NotFoundError",
    409: "ConflictError",
    422: "UnprocessableEntityError",
    429: "RateLimitError",
}
"""What the SDK raises, by the status; from 500 on it is InternalServerError."""

IN_ORDER = '''\
def in_order(*answers):
    """Answers a route with one after the other: a status and the JSON of each."""
    left = list(answers)

    def answer(request):
        assert left, f"{request.path} was asked for once more than it was recorded"
        return left.pop(0)

    return answer
'''


def module(script: Script, source: str, *, served: bool) -> str:
    """The text of the module; `source` is named as that of the script."""
    kind, name = ("FakeOpenAI", "api") if served else ("FakeModel", "model")
    calls = [shallow(call) for call in _calls(script, name, served)]
    needed = {kind}.union(*(names_in(call) for call in calls)) - {name, "in_order"}
    modules = sorted(needed & {"openai", sdk_httpx().__name__})
    standard = ["import json", ""] if "json" in needed else []
    return "\n".join(
        [
            f'"""What a cassette recorded, as the script of a {kind}."""',
            "",
            *_comment(f"From {source}"),
            *_unsaid(script.unsaid),
            "",
            *standard,
            *(f"import {module}" for module in modules),
            _import(needed - {"json", *modules}),
            "",
            "",
            *([IN_ORDER, ""] if script.routes else []),
            f"def scripted() -> {kind}:",
            f'    """A {kind} that gives the recorded answers."""',
            f"    {name} = {kind}()",
            *(f"    {code(call, 4, 4)}" for call in calls),
            f"    return {name}",
            "",
        ]
    )


def _calls(script: Script, name: str, served: bool) -> Iterator[Call]:
    """The statements that make the script."""
    said = [each for step in script.steps if (each := _said(step, served)) is not None]
    if said:
        yield Call(f"{name}.say", said)
    for step in script.steps:
        if served and isinstance(step, Failed):
            guard = {"turn": step.number} if step.guard is None else dict(step.guard.conditions)
            yield Call(
                f"{name}.fail", [Call("faults.status", [step.status], step.members)], {"when": Call("when", (), guard)}
            )
    yield from map(_route, script.routes)


def _said(step: Said | Failed, served: bool) -> Call | None:
    if isinstance(step, Said):
        return _guarded(reply_call(step.reply), step.guard)
    return None if served or step.tried_again else _guarded(_error(step), step.guard)


def _guarded(said: Call, guard: Guard | None) -> Call:
    return said if guard is None else Call("say", [said], on=Call("when", (), dict(guard.conditions)))


def _error(failed: Failed) -> Call:
    httpx = sdk_httpx().__name__
    server = failed.status >= HTTPStatus.INTERNAL_SERVER_ERROR
    kind = "InternalServerError" if server else ERRORS.get(failed.status, "APIStatusError")
    request = Call(f"{httpx}.Request", ["POST", "https://api.openai.com/v1/responses"])
    response = Call(f"{httpx}.Response", [failed.status], {"request": request})
    message = str(failed.error.get("message", f"Error code: {failed.status}"))
    return Call(f"openai.{kind}", [message], {"response": response, "body": failed.error})


def _route(route: Route) -> Call:
    answers = [Call("", list(answer)) for answer in route.answers]
    return Call("api.on", [route.method, route.path, Call("in_order", answers)])


def _import(names: set[str]) -> str:
    ordered = sorted(names, key=lambda name: (not name[0].isupper(), name))
    line = f"from fakemodel import {', '.join(ordered)}"
    return line if len(line) <= WIDTH else "\n".join(["from fakemodel import (", *(f"    {n}," for n in ordered), ")"])


def _unsaid(unsaid: Sequence[str]) -> list[str]:
    if not unsaid:
        return []
    return ["#", "# Not answered as it was recorded:", *(line for each in unsaid for line in _comment(each))]


def _comment(text: str) -> list[str]:
    words = one_line(" ".join(text.split()))
    return wrap(
        words, WIDTH, initial_indent="# ", subsequent_indent="#   ", break_long_words=False, break_on_hyphens=False
    )
