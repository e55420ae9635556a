"""What an adapter is given goes out: instructions, tools, settings, the history, and nothing that nobody said."""

from __future__ import annotations

from typing import Any

import pytest

from fakemodel.api.schemas import flat, output_format
from fakemodel.contract.base import WAYS, Contract, needs
from fakemodel.contract.material import BRIEF, HELLO, HISTORY, OF_TOOLS, STATE, TOLD, TOOL, UNSAID
from fakemodel.parts import tool_call
from fakemodel.reply import Reply
from fakemodel.wire.payload import Payload

__all__ = ["RequestTests"]


class RequestTests(Contract):
    """The tests of what goes out."""

    def _instructions_in(self, body: Payload) -> object:
        """Where a request has the instructions."""
        raise NotImplementedError

    def _history_in(self, body: Payload) -> list[tuple[str, ...]]:
        """What a request tells of the conversation, as TOLD is, but for instructions that stand before it."""
        raise NotImplementedError

    @WAYS
    def test_instructions_reach_the_wire(self, streamed: bool) -> None:
        self.api.say(HELLO)
        self._told(instructions=BRIEF, streamed=streamed)
        self._assert_instructed()

    @WAYS
    @needs("tools")
    def test_tools_reach_the_wire(self, streamed: bool) -> None:
        self.api.say(HELLO)
        self._told(tools=[TOOL], streamed=streamed)
        self._assert_equipped()

    @WAYS
    def test_the_history_is_sent_whole(self, streamed: bool) -> None:
        self.api.say(HELLO)
        _, raised = self._told_or_raised(input=HISTORY, streamed=streamed)
        found = self._history_in(self._body())
        if found != TOLD:
            self._broken(
                expected=f"{TOLD}",
                found=f"{found}",
                why="What is left out the model never hears, and the output of a call that is not there is refused.",
            )
        if raised is not None:
            raise raised

    @WAYS
    @needs("handoffs")
    def test_handoffs_reach_the_wire(self, streamed: bool) -> None:
        agents = pytest.importorskip("agents", reason="handoffs are those of the Agents SDK")
        self.api.say(HELLO)
        self._told(handoffs=[agents.handoff(agents.Agent(name="Billing"))], streamed=streamed)
        names = [flat(tool).get("name") for tool in self._body().get("tools") or ()]
        if names != ["transfer_to_billing"]:
            self._broken(
                expected="the tool transfer_to_billing",
                found=f"{names}",
                why="The model cannot hand over, and answers what another agent should.",
            )

    @WAYS
    @needs("output_schema")
    def test_output_schema_reaches_the_wire(self, streamed: bool) -> None:
        agents = pytest.importorskip("agents", reason="output schemas are those of the Agents SDK")
        self.api.say(Reply('{"response":["Paris"]}'))
        self._told(output_schema=agents.AgentOutputSchema(list[str]), streamed=streamed)
        form = output_format(self._body())
        if form.get("type") != "json_schema" or "response" not in (form.get("schema") or {}).get("properties", {}):
            self._broken(
                expected="a format of type json_schema, with the schema of the output",
                found=f"{form or 'none'}",
                why="The model answers in prose, and the answer cannot be read, now and then.",
            )

    @WAYS
    def test_model_settings_reach_the_wire(self, streamed: bool) -> None:
        self.api.say(Reply(tool_call("get_weather", {"city": "Paris"})))
        tools = [TOOL] if "tools" not in self.without else []
        left_out = {*self.without, *(() if tools else OF_TOOLS)}
        given = {name: setting for name, setting in self._settings.items() if name not in left_out}
        values = {name: setting.value for name, setting in given.items()}
        self._told(settings=values, tools=tools, streamed=streamed)
        request = self.api.requests[-1]
        query = dict(pair.split("=", 1) for pair in request.query.split("&") if "=" in pair)
        seen = {**self._body(), "headers": request.headers, "query": query}
        lost = [f"{name}={setting.value!r}" for name, setting in given.items() if not setting.is_in(seen)]
        if lost:
            self._broken(
                expected="all settings that were given",
                found=f"a request without {', '.join(lost)}",
                why="What was set is not so, and no answer tells it.",
            )

    @WAYS
    @needs("prompt_cache_key")
    def test_prompt_cache_key_is_sent_once_where_the_caller_gives_one(self, streamed: bool) -> None:
        self.api.say(HELLO)
        _, raised = self._told_or_raised(settings={"extra_args": {"prompt_cache_key": "case-7"}}, streamed=streamed)
        if raised is not None:
            self._broken(
                expected="one request with prompt_cache_key='case-7'",
                found=f"{type(raised).__name__}: {raised}",
                why="An adapter that has a key of its own and takes the caller's too passes the argument twice.",
            )
        self._assert_sent("prompt_cache_key", "case-7", "The prompt is read anew each time, at the full price.")

    @WAYS
    def test_what_is_not_given_is_absent_from_the_request(self, streamed: bool) -> None:
        self.api.say(HELLO, HELLO)
        for given in ({}, {"instructions": BRIEF, "tools": [TOOL] if "tools" not in self.without else []}):
            self._told(streamed=streamed, **given)
            for name, value in self._body().items():
                if value is None or name in STATE:
                    self._broken(expected=f"no {name} in the request", found=f"{name}={value!r}", why=UNSAID)

    def _assert_instructed(self) -> None:
        if BRIEF not in str(self._instructions_in(self._body())):
            self._broken(expected=f"the instructions {BRIEF!r}", found="none", why="The model is not told what it is.")

    def _assert_equipped(self) -> None:
        tools = self._body().get("tools") or ()
        if [_described(flat(tool)) for tool in tools] != [_described(TOOL)]:
            self._broken(
                expected=f"the tool {_described(TOOL)}",
                found=f"{tools}",
                why="The model cannot call what it does not know, and says that it has no way to find out.",
            )

    def _assert_sent(self, parameter: str, expected: Any, why: str) -> None:
        """Fail where the last request does not say this."""
        body = self._body()
        if parameter not in body or body[parameter] != expected:
            found = f"{parameter}={body[parameter]!r}" if parameter in body else f"no {parameter}"
            self._broken(expected=f"{parameter}={expected!r} in the request", found=found, why=why)


def _described(tool: Payload) -> Payload:
    """What a model is told of a tool, which an adapter may close to what it does not name."""
    parameters = tool.get("parameters") or {}
    told = {name: parameters.get(name) for name in ("properties", "required")}
    return {"name": tool.get("name"), "description": tool.get("description"), **told}
