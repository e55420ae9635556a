"""What the server tells comes back: usage, calls, refusals, errors, and nothing of another turn."""

from __future__ import annotations

import asyncio

import openai
import pytest

from fakemodel import faults
from fakemodel.context import text_of
from fakemodel.contract.asking import Result, Turn
from fakemodel.contract.base import WAYS, needs
from fakemodel.contract.material import BRIEF, HELLO, TOOL, USAGE
from fakemodel.contract.requests import RequestTests
from fakemodel.parts import refusal, text, tool_call, usage
from fakemodel.reply import Reply

__all__ = ["AnswerTests"]


class AnswerTests(RequestTests):
    """The tests of what comes back, of one turn, of the next, and of several at once."""

    @WAYS
    def test_usage_is_the_servers(self, streamed: bool) -> None:
        self.api.say(HELLO)
        told = self._told(streamed=streamed, settings=self._usage_settings)
        if told.usage != USAGE:
            self._broken(
                expected=f"{USAGE!r}, as the server counted",
                found=repr(told.usage),
                why="Budgets and bills are kept by these numbers; one that is 0, or left out, is noticed on the bill.",
            )

    @WAYS
    @needs("tools")
    def test_tool_calls_come_through(self, streamed: bool) -> None:
        calls = [tool_call("get_weather", {"city": city}, id=f"call_{city}") for city in ("Paris", "Rome")]
        self.api.say(Reply(text("Let me ", "see."), *calls))
        told = self._told(tools=[TOOL], streamed=streamed)
        found = [(item["call_id"], item["name"], item["arguments"]) for item in told.output if "call_id" in item]
        expected = [(f"call_{city}", "get_weather", f'{{"city":"{city}"}}') for city in ("Paris", "Rome")]
        if found != expected or told.text != "Let me see.":
            self._broken(
                expected=f"the text 'Let me see.' and the calls {expected}",
                found=repr(told.output),
                why="The output of a tool is sent back under its call's id: one that is missing, or has another, is "
                "refused by the API.",
            )

    @WAYS
    def test_a_refusal_comes_through(self, streamed: bool) -> None:
        self.api.say(Reply(refusal("I can", "not.")))
        told = self._told(streamed=streamed)
        parts = [part for item in told.output for part in item.get("content") or ()]
        if [part.get("refusal") for part in parts] != ["I cannot."]:
            self._broken(
                expected="a refusal: 'I cannot.'",
                found=repr(told.output),
                why="A refusal that is taken for a text is shown as an answer; one that is dropped is an empty one.",
            )

    @WAYS
    @pytest.mark.parametrize("status", [400, 429, 500])
    def test_an_error_of_the_server_is_raised(self, status: int, streamed: bool) -> None:
        self.api.fail(faults.status(status), times=None)
        told, raised = self._told_or_raised(streamed=streamed)
        if raised is None:
            self._broken(
                expected=f"an error: the server answered {status}",
                found=f"an answer: {told.output!r}",
                why="The caller believes in an answer that nobody gave, and repairs nothing.",
            )

    @WAYS
    def test_two_calls_at_once_do_not_mix(self, streamed: bool) -> None:
        self.api.otherwise(lambda request: f"You said {text_of(request.context[-1])}.")
        words = ["one", "two", "three", "four"]

        async def at_once(client: openai.AsyncOpenAI) -> list[Result]:
            turns = [Turn(input=[{"role": "user", "content": word}], streamed=streamed) for word in words]
            return await asyncio.gather(*(self._asked(client, turn) for turn in turns))

        found = [told.text for told in self._finished(at_once)]
        expected = [f"You said {word}." for word in words]
        if found != expected:
            self._broken(
                expected=repr(expected),
                found=repr(found),
                why="One user is given the answer that was meant for another.",
            )

    @WAYS
    def test_a_turn_takes_nothing_from_the_one_before(self, streamed: bool) -> None:
        self.api.say(Reply("One", usage=usage(100, 50)), HELLO)
        one, two = ([{"role": "user", "content": word}] for word in ("First", "Second"))
        settings = self._usage_settings
        first = Turn(input=one, instructions=BRIEF, settings=settings, streamed=streamed)
        second = Turn(input=two, settings=settings, streamed=streamed)
        _, told = self._told_in_turn(lambda _: first, lambda _: second)
        body = self._body()
        state = {name: body[name] for name in ("previous_response_id", "conversation") if body.get(name)}
        kept = (self._history_in(body), self._instructions_in(body), state)
        more = told.usage is not None and told.usage.input > USAGE.input
        if kept != ([("user", "Second")], None, {}) or "One" in told.text or more:
            self._broken(
                expected=f"the second question alone, and its answer 'Hello', {USAGE!r}",
                found=f"{kept}, and {told.text!r}, {told.usage!r}",
                why="What one user said, or was billed for, is told to another.",
            )
