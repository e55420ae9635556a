"""What the contracts share: whom an adapter asks, how a test asks it, and how it tells what is wrong."""

from __future__ import annotations

import asyncio
import concurrent.futures
import inspect
import json
import threading
import traceback
from collections.abc import Awaitable, Callable, Collection, Coroutine, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, NoReturn, TypeVar

import openai
import pytest

from fakemodel.api.fake_openai import FakeOpenAI
from fakemodel.api.http import Answer
from fakemodel.contract.asking import Result, Turn, ask_model
from fakemodel.errors import SettingInvalid
from fakemodel.wire.payload import Payload

__all__ = ["WAYS", "Contract", "Setting", "needs"]

T = TypeVar("T")

GRACE = 2.0
"""The seconds that an event loop has to come to its end when an adapter has not."""

TestT = TypeVar("TestT", bound=Callable[..., None])

WAYS = pytest.mark.parametrize("streamed", [pytest.param(False, id="plain"), pytest.param(True, id="streamed")])
"""Both ways to ask."""

FORMS = (
    "streamed",
    "tools",
    "handoffs",
    "output_schema",
    "previous_response_id",
    "conversation_id",
    "prompt",
    "prompt_cache_key",
)
"""What an adapter may have no form for, beside some of the settings."""


@dataclass(frozen=True, slots=True)
class Setting:
    """A setting's value, the places where a request may have it, and what it is there, if it is not the same.

    A place is a path into the body, or into `headers` or `query`: `reasoning.effort`, `headers.x-case`.
    """

    value: Any
    places: tuple[str, ...]
    there: Any = None

    def is_in(self, request: Mapping[str, Any]) -> bool:
        """Whether a request has it."""
        expected = self.value if self.there is None else self.there
        found = [_at(request, place.split(".")) for place in self.places]
        if isinstance(expected, Mapping):  # beside which there may be others
            return any(isinstance(each, Mapping) and expected.items() <= each.items() for each in found)
        # In JSON 0 and 0.0 are one number; a boolean is none, though it is to Python.
        return any(each == expected and isinstance(each, bool) == isinstance(expected, bool) for each in found)


def needs(*forms: str) -> Callable[[TestT], TestT]:
    """Mark a test as one for adapters that have a form for all of these. Raises ValueError for what is not in FORMS."""
    unknown = set(forms) - set(FORMS)
    if unknown:
        raise ValueError(f"{unknown} is none of {FORMS}")

    def marked(test: TestT) -> TestT:
        test.__dict__["needs"] = forms
        return test

    return marked


class Contract:
    """The base of the contracts. `make_model` makes an adapter of the Agents SDK's `Model` interface for a client.

    An adapter of another framework overrides `ask` instead.
    """

    api: FakeOpenAI
    """Whom the adapter asks: served on loopback, with a script and a journal."""

    patience: ClassVar[float] = 30.0
    """The seconds after which an adapter that does not come to an end has failed."""

    without: ClassVar[Collection[str]] = ()
    """What the adapter has no form for, out of FORMS: the tests that need it are skipped, and say so.

    Or a setting's name, which is not set then.
    """

    _path: ClassVar[str]
    """Where a model is asked."""
    _settings: ClassVar[Mapping[str, Setting]] = {}
    _asking_for_usage: ClassVar[Mapping[str, Any]] = {}
    """The settings by which a caller asks for usage on a stream."""

    _made: tuple[openai.AsyncOpenAI, Any] | None = None

    def make_model(self, client: openai.AsyncOpenAI) -> Any:
        """The adapter under test, on a client of the served API; one that takes no client uses `client.base_url`."""
        raise SettingInvalid(f"{type(self).__name__} needs make_model(self, client), or ask(self, client, turn).")

    def ask(self, client: openai.AsyncOpenAI, turn: Turn) -> Result | Awaitable[Result]:
        """Ask one turn, and return what the adapter tells of it. Raises what the adapter raises."""
        return ask_model(self._model(client), turn)

    @pytest.fixture(autouse=True)
    def _served(self, fake_openai: FakeOpenAI, request: pytest.FixtureRequest) -> None:
        self.api = fake_openai
        known = (*FORMS, *self._settings, *self._asking_for_usage)
        unknown = [name for name in self.without if name not in known]
        if isinstance(self.without, str) or unknown:
            named = self.without if isinstance(self.without, str) else unknown[0]
            raise SettingInvalid(
                f"{type(self).__name__}.without has {named!r}; expected is a set out of {', '.join(known)}."
            )
        callspec = getattr(request.node, "callspec", None)
        streamed = callspec is not None and callspec.params.get("streamed")
        for name in [*getattr(request.function, "needs", ()), *(["streamed"] if streamed else [])]:
            if name in self.without:
                pytest.skip(f"the adapter has no form for {name}")

    def _model(self, client: openai.AsyncOpenAI) -> Any:
        """The one adapter that asks by this client."""
        if self._made is None or self._made[0] is not client:
            model = self.make_model(client)
            if inspect.iscoroutine(model):
                model.close()
                raise SettingInvalid(f"{type(self).__name__}.make_model is async; expected is the model itself.")
            self._made = (client, model)
        return self._made[1]

    @property
    def _usage_settings(self) -> dict[str, Any]:
        """Those by which this adapter can be asked for usage."""
        return {name: value for name, value in self._asking_for_usage.items() if name not in self.without}

    @property
    def _has_model(self) -> bool:
        """Whether the adapter is a `Model` of the Agents SDK."""
        return type(self).ask is Contract.ask

    @property
    def _is_sync(self) -> bool:
        """Whether `ask` may block, and cannot be cancelled."""
        return not self._has_model and not inspect.iscoroutinefunction(self.ask)

    def _run(self, scenario: Callable[[openai.AsyncOpenAI], Coroutine[Any, Any, T]]) -> T:
        """What a scenario comes to, with a client of the served API.

        It is run on an event loop and a thread of its own, so that an adapter that blocks both fails its test.
        """

        out_of_patience = False  # an adapter's own timeout is an error like any other

        async def with_client() -> T:
            nonlocal out_of_patience
            http_client = openai.DefaultAsyncHttpxClient(verify=False)  # plain HTTP: to load authorities takes 25 ms
            async with openai.AsyncOpenAI(max_retries=0, http_client=http_client) as client:
                try:
                    async with asyncio.timeout(self.patience) as limit:
                        return await scenario(client)
                finally:
                    out_of_patience = limit.expired()

        done = in_thread(lambda: asyncio.run(with_client()))
        _, waiting = concurrent.futures.wait([done], timeout=self.patience + GRACE)
        if waiting or out_of_patience:
            self._broken(
                expected=f"an end, be it an error, within {self.patience:g} seconds",
                found="none",
                why="Who waits for it waits for ever.",
            )
        return done.result()

    async def _asked(self, client: openai.AsyncOpenAI, turn: Turn) -> Result:
        """What the adapter tells of a turn, be it sync or async. Raises what it raises."""
        if self._is_sync:
            found = await asyncio.wrap_future(in_thread(lambda: self.ask(client, turn)))
        else:
            found = self.ask(client, turn)
        if inspect.isawaitable(found):
            found = await found
        if not isinstance(found, Result):
            raise SettingInvalid(f"{type(self).__name__}.ask returned {found!r}; expected is a Result.")
        if any(isinstance(item, Mapping) and isinstance(item.get("content"), str) for item in found.output):
            raise SettingInvalid(
                f"{type(self).__name__}.ask returned the output {found.output!r}; expected are output items of the "
                "Responses API, as dicts."
            )
        return found

    def _told(self, **turn: Any) -> Result:
        """What the adapter tells of one turn; it fails the test where it raises."""
        return self._told_in_turn(lambda _: Turn(**turn))[0]

    def _told_in_turn(self, *turns: Callable[[Sequence[Result]], Turn]) -> list[Result]:
        """What one adapter tells of several turns, each made of what it told before; it fails the test if it raises."""
        told: list[Result] = []

        async def ask_all(client: openai.AsyncOpenAI) -> None:
            for turn in turns:
                told.append(await self._asked(client, turn(told)))

        self._finished(ask_all)
        return told

    def _finished(self, scenario: Callable[[openai.AsyncOpenAI], Coroutine[Any, Any, T]]) -> T:
        """What a scenario comes to in which the server is well: it fails the test where the adapter raises."""
        try:
            return self._run(scenario)
        except SettingInvalid:  # the class of the test is wrong, not the adapter
            raise
        except Exception as error:
            self._broken(
                expected="an answer",
                found=f"{type(error).__name__}: {error}\n{_where(error)}",
                why="Who asks gets none, though the server is well.",
            )

    def _told_or_raised(self, **turn: Any) -> tuple[Result, Exception | None]:
        """What the adapter tells of one turn, or what it raised."""
        try:
            return self._run(lambda client: self._asked(client, Turn(**turn))), None
        except SettingInvalid:
            raise
        except Exception as error:
            return Result(), error

    def _broken(self, *, expected: str, found: str, why: str) -> NoReturn:
        """Fail the test: what was expected of the adapter, what it did, what it sent, and what that means to users."""
        sent = [json.dumps(body, ensure_ascii=False, default=str) for body in self._bodies[-1:]]
        lines = [f"Expected: {expected}", f"Found:    {found}", f"Sent:     {''.join(sent) or 'nothing'}"]
        raise pytest.fail.Exception("\n".join([*lines, f"Why:      {why}"]), pytrace=False) from None

    @property
    def _bodies(self) -> list[Payload]:
        """The bodies of the requests that asked a model."""
        return [turn.call.body for turn in self.api.turns]

    @property
    def _answers(self) -> list[Answer]:
        """What was answered to those that asked a model."""
        return [turn.call.request.answer for turn in self.api.turns if turn.call.request.answer]

    def _body(self) -> Payload:
        """The body of the last request."""
        if not self._bodies:
            self._broken(
                expected="a request to the API",
                found="none",
                why="Who asks the model gets an answer that no server gave.",
            )
        path = self.api.turns[-1].call.request.path
        if path != self._path:
            self._broken(
                expected=f"a request to {self._path}",
                found=f"one to {path}",
                why="This is the contract of another API than the adapter's.",
            )
        return self._bodies[-1]


def _where(error: Exception) -> str:
    """Where an adapter raised it: the last frames of others than us and those that run it for us."""
    ours = tuple(str(Path(module).parent) for module in (__file__, asyncio.__file__, concurrent.futures.__file__))
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if not frame.filename.startswith(ours)]
    return "".join(traceback.format_list(frames[-4:])).rstrip()


def _at(value: Any, path: list[str]) -> Any:
    for name in path:
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def in_thread(function: Callable[[], T]) -> Future[T]:
    """What a function comes to that may block: one that does so for ever is left alone, as no executor's thread is."""
    future: Future[T] = Future()
    future.set_running_or_notify_cancel()  # who waits for it may leave: then nobody is told, and nothing is wrong

    def run() -> None:
        try:
            future.set_result(function())
        except BaseException as error:
            future.set_exception(error)

    threading.Thread(target=run, daemon=True, name="fakemodel contract").start()
    return future
