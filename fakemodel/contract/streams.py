"""Streams: one that breaks off says so, one that nobody reads is closed, and one that ends says what an answer does."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any

import openai
import pytest

from fakemodel import faults
from fakemodel.api.http import Answer
from fakemodel.contract.asking import Result, Turn, stream_of
from fakemodel.contract.base import Contract, needs
from fakemodel.contract.material import BROKEN, HELLO, USAGE
from fakemodel.parts import text, tool_call
from fakemodel.reply import Reply

__all__ = ["StreamTests"]


class StreamTests(Contract):
    """The tests of streams."""

    @needs("streamed")
    @pytest.mark.parametrize("fault", BROKEN.values(), ids=BROKEN)
    def test_a_stream_that_breaks_off_is_raised(self, fault: faults.Fault) -> None:
        self.api.say(HELLO)
        self.api.fail(fault)
        told, raised = self._told_or_raised(streamed=True)
        if raised is None and [event.type for event in (told.events or ())[-1:]] != ["error"]:
            self._broken(
                expected="an error: the stream broke off",
                found=f"a stream that ended as if all had been said, after {len(told.events or ())} events",
                why="Half an answer is taken for a whole one.",
            )

    @needs("streamed")
    def test_a_stream_ends_with_the_response_that_is_given_without_streaming(self) -> None:
        said = [text("Hel", "lo"), tool_call("get_weather", {"city": "Paris"}, id="call_7")]
        self.api.otherwise(Reply(*said, usage=USAGE, id="resp_or_completion", unchecked=True))
        plain = self._told(settings=self._usage_settings)
        streamed = self._told(streamed=True, settings=self._usage_settings)
        if _comparable(plain) != _comparable(streamed):
            self._broken(
                expected=f"{_comparable(plain)!r}",
                found=f"streamed: {_comparable(streamed)!r}",
                why="An agent behaves otherwise when somebody streams it.",
            )

    @needs("streamed")
    def test_a_caller_who_is_cancelled_closes_the_stream(self) -> None:
        if self._is_sync:
            pytest.skip("a sync ask cannot be cancelled")

        async def leave(client: openai.AsyncOpenAI) -> None:
            task = asyncio.ensure_future(self._asked(client, Turn(streamed=True)))
            await _until(lambda: any(answer.sent for answer in self._answers), self.patience / 2)
            for _ in range(4):  # one that meets the answer as it begins may be lost on its way through a client
                task.cancel()
                if (await asyncio.wait([task], timeout=self.patience / 32))[0]:
                    break

        self._assert_closed_by(leave)

    @needs("streamed")
    def test_a_reader_who_leaves_closes_the_stream(self) -> None:
        if not self._has_model:
            pytest.skip("the stream is read by ask")

        async def leave(client: openai.AsyncOpenAI) -> None:
            async with stream_of(self._model(client), Turn(streamed=True)) as stream:
                await anext(aiter(stream))

        self._assert_closed_by(leave)

    @needs("streamed")
    def test_an_error_closes_the_stream(self) -> None:
        async def break_off(client: openai.AsyncOpenAI) -> None:
            with suppress(Exception):
                await self._asked(client, Turn(streamed=True))

        self._assert_closed_by(break_off, faults.malformed(after=0))

    def _assert_closed_by(
        self, leave: Callable[[openai.AsyncOpenAI], Coroutine[Any, Any, None]], *also: faults.Fault
    ) -> None:
        self.api.say(HELLO)
        self.api.fail(_at_once(*also, faults.slow(0, between=1000 * self.patience)))

        async def is_closed(client: openai.AsyncOpenAI) -> bool:
            await leave(client)
            return await _until(lambda: any(answer.cancelled for answer in self._answers), self.patience / 4)

        if not self._finished(is_closed):
            self._broken(
                expected="a connection that is closed when nobody reads any more",
                found="it is open still",
                why="The server goes on to write, and to bill, what nobody reads; connections run out.",
            )


def _at_once(*several: faults.Fault) -> faults.Fault:
    """Faults that befall one answer."""

    def spoil(answer: Answer) -> None:
        for each in several:
            if each.spoil:
                each.spoil(answer)

    return faults.Fault(" and ".join(each.told for each in several), spoil=spoil, of_streams=True)


def _comparable(told: Result) -> tuple[object, ...]:
    """What a response says, without what every response has of its own."""
    return ([{**item, "id": None} for item in told.output], told.usage)


async def _until(condition: Callable[[], bool], seconds: float) -> bool:
    """Whether that happens on the server's thread, which no event of this loop tells, before so many seconds."""
    try:
        async with asyncio.timeout(seconds):
            while not condition():  # noqa: ASYNC110
                await asyncio.sleep(0.001)
    except TimeoutError:
        return False
    return True
