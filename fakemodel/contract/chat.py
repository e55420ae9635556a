"""The contract of adapters of Chat Completions, where the server keeps nothing: who asks for state is told at once."""

from __future__ import annotations

import logging
import re
import warnings
from typing import Any, ClassVar

import pytest

from fakemodel.agents_events import expected_events
from fakemodel.api.http import Request
from fakemodel.context import text_of
from fakemodel.contract.answers import AnswerTests
from fakemodel.contract.base import WAYS, Setting, needs
from fakemodel.contract.material import HELLO, SETTINGS, STREAMED, compact, first_message, issued_id
from fakemodel.contract.streams import StreamTests
from fakemodel.reply import Reply
from fakemodel.wire.difference import comparison
from fakemodel.wire.payload import Payload
from fakemodel.wire.sse import payload_in

__all__ = ["ChatCompletionsModelContract"]


class ChatCompletionsModelContract(AnswerTests, StreamTests):
    """Ready tests for an adapter of Chat Completions.

    class TestMyModel(ChatCompletionsModelContract):
        def make_model(self, client):
            return MyModel(client)
    """

    _path: ClassVar = "/v1/chat/completions"
    _settings: ClassVar = {
        **SETTINGS,
        "max_tokens": Setting(64, ("max_completion_tokens", "max_tokens")),
        "reasoning": Setting({"effort": "low"}, ("reasoning_effort",), "low"),
        "verbosity": Setting("low", ("verbosity",)),
    }
    _asking_for_usage: ClassVar = {"include_usage": True}

    def _instructions_in(self, body: Payload) -> object:
        """The first message, of the system or the developer."""
        return first_message(body["messages"])

    def _history_in(self, body: Payload) -> list[tuple[str, ...]]:
        told = [each for message in body["messages"] for each in _told_of(message)]
        return told[1:] if told and told[0][0] in ("system", "developer") else told

    @WAYS
    @needs("previous_response_id")
    def test_previous_response_id_is_refused_or_warned_about(self, streamed: bool, caplog: Any) -> None:
        self._assert_told("previous_response_id", "resp_1", streamed, caplog)

    @WAYS
    @needs("conversation_id")
    def test_conversation_id_is_refused_or_warned_about(self, streamed: bool, caplog: Any) -> None:
        self._assert_told("conversation_id", "conv_1", streamed, caplog)

    @WAYS
    @needs("prompt")
    def test_prompt_is_refused_or_warned_about(self, streamed: bool, caplog: Any) -> None:
        self._assert_told("prompt", {"id": "pmpt_1"}, streamed, caplog)

    def test_response_id_is_the_servers_or_none(self) -> None:
        self.api.say(HELLO)
        told = self._told()
        if told.response_id not in (None, *map(issued_id, self._answers)):
            self._broken(
                expected="response_id=None, or the id of the completion",
                found=f"response_id={told.response_id!r}",
                why="Whoever continues with it gets 404: no server has ever given it out.",
            )

    @WAYS
    def test_an_incomplete_answer_comes_through(self, streamed: bool) -> None:
        self.api.say(Reply("Hel", status="incomplete"))
        told, raised = self._told_or_raised(streamed=streamed)
        if raised is None and told.text != "Hel":
            self._broken(
                expected="an error, or what was said until then",
                found=f"{told.output!r}",
                why="What was paid for is lost.",
            )

    @needs("streamed")
    @pytest.mark.parametrize("said", STREAMED.values(), ids=STREAMED)
    def test_streamed_events_are_those_that_the_agents_sdk_makes(self, said: Reply) -> None:
        self.api.say(said)
        told = self._told(streamed=True)
        answer = self.api.requests[-1].answer
        if told.events is None or answer is None:
            pytest.skip("the adapter streams in a form of its own")
        chunks = [payload_in(part) for part in answer.parts if b"[DONE]" not in part]
        expected = expected_events(chunks, response=getattr(told.events[0], "response", None) if told.events else None)
        if told.events != expected:
            difference = comparison(told.events, expected) or []
            self._broken(
                expected="the events that the Agents SDK's own adapter makes of these chunks",
                found="\n".join(difference),
                why="Who reads the stream of any model adds up these events: what is missing is missing in the answer.",
            )

    def _assert_told(self, name: str, given: Any, streamed: bool, caplog: pytest.LogCaptureFixture) -> None:
        with warnings.catch_warnings(record=True) as caught, caplog.at_level("WARNING"):
            warnings.simplefilter("always")

            def is_told() -> bool:
                warned = [str(warning.message) for warning in caught]
                logged = [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]
                return any(_names(name, each) for each in (*warned, *logged))

            told_by_then: list[bool] = []

            def answer(_: Request) -> Reply:
                told_by_then.append(is_told())
                return HELLO

            self.api.otherwise(answer)
            told, raised = self._told_or_raised(**{name: given}, streamed=streamed)
        refused = raised is not None and not self._bodies and (_names(name, str(raised)) or is_told())
        if not refused and not (told_by_then and all(told_by_then)):
            found = f"the answer {told.text!r}, and no word about it" if raised is None else f"{raised!r}"
            self._broken(
                expected=f"an error or a warning that names {name}, before a request goes out",
                found=found + (" after a request" if raised is not None and self._bodies else ""),
                why="Chat Completions keeps no state: the model answers without what came before, and nobody is told.",
            )


def _told_of(message: Payload) -> list[tuple[str, ...]]:
    """What a message tells, and the calls that it makes."""
    if message["role"] == "tool":
        return [("output", message["tool_call_id"], text_of(message))]
    calls = message.get("tool_calls") or ()
    called = [("call", call["id"], call["function"]["name"], compact(call["function"]["arguments"])) for call in calls]
    said = text_of({"content": message.get("content")})
    return [*([(message["role"], said)] if said else []), *called]


def _names(name: str, said: str) -> bool:
    """Whether a warning is about a parameter, and not about something that is called alike."""
    return re.search(rf"\b{name}\b(?! tokens)", said) is not None
