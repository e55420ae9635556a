"""The contract of adapters of the Responses API: state, usage and ids are the server's, and nothing is swallowed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, ClassVar

import pytest

from fakemodel import faults
from fakemodel.context import text_of
from fakemodel.contract.answers import AnswerTests
from fakemodel.contract.asking import Result, Turn
from fakemodel.contract.base import WAYS, Setting, needs
from fakemodel.contract.material import BRIEF, HELLO, SETTINGS, STREAMED, TOOL, compact, first_message, issued_id
from fakemodel.contract.streams import StreamTests
from fakemodel.errors import StreamError
from fakemodel.parts import reasoning, text, tool_call
from fakemodel.reply import Reply
from fakemodel.wire.laws import check_events
from fakemodel.wire.payload import Payload

__all__ = ["ResponsesModelContract"]

SWALLOWED = "The call looks as if it had worked: the model answers without what came before, and nobody is told."

EVENTS = {**STREAMED, "reasoning": Reply(reasoning("Hm", "m."), text("Hel", "lo"))}

EARLY = {
    "broken off": faults.cut(after=5),
    "without its end": faults.truncated(after=5),
    "with an error": faults.error_event(after=5),
}
"""How a stream may end before its response is completed."""


class ResponsesModelContract(AnswerTests, StreamTests):
    """Ready tests for an adapter of the Responses API.

    class TestMyModel(ResponsesModelContract):
        def make_model(self, client):
            return MyModel(client)
    """

    _path: ClassVar = "/v1/responses"
    _settings: ClassVar = {
        **SETTINGS,
        "max_tokens": Setting(64, ("max_output_tokens",)),
        "truncation": Setting("auto", ("truncation",)),
        "reasoning": Setting({"effort": "low"}, ("reasoning.effort",), "low"),
        "verbosity": Setting("low", ("text.verbosity",)),
    }

    def _instructions_in(self, body: Payload) -> object:
        """A member of its own, or the first message, of the system or the developer."""
        return body.get("instructions") or first_message(body["input"])

    def _history_in(self, body: Payload) -> list[tuple[str, ...]]:
        items = body["input"] if isinstance(body["input"], list) else [{"role": "user", "content": body["input"]}]
        told = [_told_of(item) for item in items]
        return told[1:] if told and told[0][0] in ("system", "developer") else told

    # What goes out.

    @WAYS
    @needs("previous_response_id")
    def test_previous_response_id_is_forwarded(self, streamed: bool) -> None:
        self.api.say("Before", HELLO)
        with self.api.client() as client:
            before = client.responses.create(model="gpt-4.1", input="Before").id
        self._assert_forwarded("previous_response_id", before, "previous_response_id", streamed)

    @WAYS
    @needs("conversation_id")
    def test_conversation_id_is_forwarded_as_conversation(self, streamed: bool) -> None:
        self.api.say(HELLO)
        with self.api.client() as client:
            conversation = client.conversations.create().id
        self._assert_forwarded("conversation_id", conversation, "conversation", streamed)

    @WAYS
    @needs("prompt")
    def test_prompt_is_forwarded(self, streamed: bool) -> None:
        self.api.say(HELLO)
        prompt = {"id": "pmpt_1", "version": "2", "variables": {"city": "Paris"}}
        self._assert_forwarded("prompt", prompt, "prompt", streamed)

    @WAYS
    @needs("previous_response_id")
    def test_a_second_turn_goes_on_from_the_response_id_of_the_first(self, streamed: bool) -> None:
        self.api.say("I will.", HELLO)
        question = {"role": "user", "content": "Remember the umbrella."}
        self._told_in_turn(
            lambda _: Turn(input=[question], streamed=streamed),
            lambda told: Turn(previous_response_id=told[0].response_id, streamed=streamed),
        )
        self._assert_seen("umbrella", "I will.")

    @WAYS
    @needs("previous_response_id", "tools")
    def test_the_output_of_a_tool_goes_on_from_its_call(self, streamed: bool) -> None:
        self.api.say(Reply(tool_call("get_weather", {"city": "Paris"}, id="call_7")), HELLO)
        output = {"type": "function_call_output", "call_id": "call_7", "output": "sunny"}
        asked = Turn(instructions=BRIEF, tools=[TOOL], streamed=streamed)
        first, _ = self._told_in_turn(
            lambda _: asked, lambda told: replace(asked, input=[output], previous_response_id=told[0].response_id)
        )
        self._assert_sent("previous_response_id", first.response_id, SWALLOWED)
        self._assert_instructed()
        self._assert_equipped()
        if self._history_in(self._body()) != [("output", "call_7", "sunny")]:
            self._broken(
                expected="the output of call_7 alone",
                found=f"{self._history_in(self._body())}",
                why="The server has the rest: what is sent again is billed again, and what is missing is refused.",
            )

    # What comes back.

    @WAYS
    def test_response_id_is_the_servers(self, streamed: bool) -> None:
        self.api.say("One", HELLO)
        turn = Turn(streamed=streamed)
        told = self._told_in_turn(lambda _: turn, lambda _: turn)
        issued = [issued_id(answer) for answer in self._answers]
        found = [each.response_id for each in told]
        if found != issued:
            self._broken(
                expected=f"response_id={issued[-1]!r}, which the server issued",
                found=f"response_id={found[-1]!r}" if found[-1] != issued[-1] else f"{found}, turn by turn",
                why="Whoever continues with it gets 400 previous_response_not_found, far from here.",
            )

    @WAYS
    def test_an_incomplete_answer_is_no_completed_one(self, streamed: bool) -> None:
        self.api.say(Reply("Hel", status="incomplete"))
        told, raised = self._told_or_raised(streamed=streamed)
        if raised is not None:
            return
        if told.text != "Hel" or told.status not in ({"incomplete"} if streamed else {"incomplete", None}):
            self._broken(
                expected="an error, or what was said until then, told to be incomplete",
                found=_ending(told),
                why="An answer that was cut at its limit is used as a whole one, or what was paid for is lost.",
            )

    @WAYS
    def test_a_failed_answer_is_no_answer(self, streamed: bool) -> None:
        self.api.say(Reply(status="failed", error="The model broke down."))
        told, raised = self._told_or_raised(streamed=streamed)
        if raised is None and (told.text or told.status != "failed"):
            self._broken(
                expected="an error, or an answer that is told to have failed",
                found=_ending(told),
                why="A failure is taken for an answer.",
            )

    # Streams.

    @needs("streamed")
    @pytest.mark.parametrize("fault", EARLY.values(), ids=EARLY)
    def test_a_stream_that_ends_early_gives_no_response(self, fault: faults.Fault) -> None:
        self.api.say(HELLO)
        self.api.fail(fault)
        told, _ = self._told_or_raised(streamed=True)
        if told.response_id is not None or told.output or told.status == "completed":
            self._broken(
                expected="no response: the stream ended before the server completed one",
                found=_ending(told),
                why="Half an answer is taken for a whole one, and the next turn continues from a response that no "
                "server has.",
            )
        if told.usage is not None and (told.usage.input or told.usage.output):
            self._broken(
                expected="no usage, or zero: the server told none",
                found=repr(told.usage),
                why="Tokens are booked that nobody counted.",
            )

    @needs("streamed")
    @pytest.mark.parametrize("said", EVENTS.values(), ids=EVENTS)
    def test_streamed_events_are_those_of_the_api(self, said: Reply) -> None:
        self.api.say(said)
        told = self._told(streamed=True)
        if told.events is None:
            pytest.skip("the adapter streams in a form of its own")
        try:
            check_events(told.events)
        except StreamError as error:
            self._broken(
                expected="events as the Responses API streams them",
                found=str(error),
                why="Who reads the stream waits for an event that does not come, or adds up something else than the "
                "response says in the end.",
            )

    def _assert_seen(self, *words: str) -> None:
        seen = self.api.requests[-1].context.text
        if not all(word in seen for word in words):
            self._broken(
                expected="a model that sees the first turn before the second", found=f"it saw {seen!r}", why=SWALLOWED
            )

    def _assert_forwarded(self, name: str, given: Any, parameter: str, streamed: bool) -> None:
        _, raised = self._told_or_raised(**{name: given}, streamed=streamed)
        if raised is not None:
            self._broken(
                expected=f"a request with {parameter}={given!r}",
                found=f"{type(raised).__name__}: {raised}",
                why=f"Who passes {name} is refused something that the API does.",
            )
        self._assert_sent(parameter, given, SWALLOWED)


def _told_of(item: Payload) -> tuple[str, ...]:
    """What an item of the input tells."""
    match item.get("type", "message"):
        case "message":
            return (item["role"], text_of(item))
        case "function_call":
            return ("call", item["call_id"], item["name"], compact(item["arguments"]))
        case "function_call_output":
            return ("output", item["call_id"], text_of(item))
    return (str(item.get("type")),)


def _ending(told: Result) -> str:
    last = "" if not told.events else f", after {told.events[-1].type}"
    return f"response_id={told.response_id!r}, status {told.status!r}, output {told.output!r}{last}"
