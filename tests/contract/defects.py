"""Adapters that are wrong, each in one thing: what the contract has to find."""

import asyncio
import inspect
import logging
import sys
import uuid
from contextlib import aclosing
from dataclasses import replace
from types import SimpleNamespace
from typing import ClassVar

from agents import Model, ModelResponse, OpenAIChatCompletionsModel, OpenAIResponsesModel, Usage
from openai import RateLimitError, omit
from openai.types.responses import Response, ResponseCompletedEvent, ResponseOutputMessage, ResponseOutputText

NAMES = list(inspect.signature(Model.get_response).parameters)[1:]


class Wrapped(Model):
    """An adapter that does nothing of its own; a defect overrides what is asked, answered or streamed."""

    model = OpenAIResponsesModel

    def __init__(self, client):
        self.inner = self.model("gpt-4.1", client)

    def asked(self, given):
        return given

    def answered(self, answer):
        return answer

    async def streamed(self, events):
        async for event in events:
            yield event

    async def get_response(self, *args, **kwargs):
        given = dict(zip(NAMES, args, strict=False)) | kwargs
        return self.answered(await self.inner.get_response(**self.asked(given)))

    async def stream_response(self, *args, **kwargs):
        given = dict(zip(NAMES, args, strict=False)) | kwargs
        events = self.inner.stream_response(**self.asked(given))
        async with aclosing(events), aclosing(self.streamed(events)) as streamed:
            async for event in streamed:
                yield event


def dropping(*names):
    class Dropping(Wrapped):
        def asked(self, given):
            return given | dict.fromkeys(names)

    return Dropping


def setting(**settings):
    class Setting(Wrapped):
        def asked(self, given):
            return given | {"model_settings": replace(given["model_settings"], **settings)}

    return Setting


class DropsHandoffs(Wrapped):
    def asked(self, given):
        return given | {"handoffs": []}


class NullsWhatIsAbsent(Wrapped):
    def asked(self, given):
        settings = given["model_settings"]
        if given["previous_response_id"] is not None or settings.extra_args or settings.extra_body:
            return given
        return given | {"model_settings": replace(given["model_settings"], extra_body={"previous_response_id": None})}


class PassesItsKeyToo(Wrapped):
    """It passes the key that it may be made with, beside what the caller gives."""

    def __init__(self, client):
        super().__init__(client)
        endpoint = client.chat.completions if self.model is OpenAIChatCompletionsModel else client.responses
        create = endpoint.create

        async def with_key(**asked):
            return await create(prompt_cache_key=omit, **asked)

        endpoint.create = with_key


class InventsCacheKey(Wrapped):
    def asked(self, given):
        args = {"prompt_cache_key": "all-of-us"} | (given["model_settings"].extra_args or {})
        return given | {"model_settings": replace(given["model_settings"], extra_args=args)}


class OfResponse(Wrapped):
    """A defect in what is made of a response, streamed or not."""

    def changed(self, response):
        """Change a finished response, or what stands for one."""

    def answered(self, answer):
        shown = SimpleNamespace(id=answer.response_id, output=answer.output, usage=answer.usage)
        self.changed(shown)
        return ModelResponse(output=shown.output, usage=shown.usage, response_id=shown.id)

    async def streamed(self, events):
        async for event in events:
            if isinstance(event, ResponseCompletedEvent):
                self.changed(event.response)
            yield event


class ZeroUsage(OfResponse):
    def changed(self, response):
        if response.usage:
            response.usage.input_tokens = response.usage.output_tokens = response.usage.total_tokens = 0


class UsageWithoutDetails(OfResponse):
    def changed(self, response):
        if response.usage:
            response.usage.input_tokens_details.cached_tokens = 0
            response.usage.output_tokens_details.reasoning_tokens = 0


class InventsResponseId(OfResponse):
    def changed(self, response):
        response.id = f"resp_{uuid.uuid4().hex}"


class ForgetsResponseId(OfResponse):
    def changed(self, response):
        response.id = None


class RenamesCalls(OfResponse):
    def changed(self, response):
        for item in response.output:
            if item.type == "function_call":
                item.call_id = f"call_{uuid.uuid4().hex}"


class TakesRefusalsForTexts(OfResponse):
    def changed(self, response):
        for item in response.output:
            parts = getattr(item, "content", None) or []
            for at, part in enumerate(parts):
                if part.type == "refusal":
                    parts[at] = ResponseOutputText(type="output_text", text=part.refusal, annotations=[])


class DropsRefusals(OfResponse):
    def changed(self, response):
        for item in response.output:
            if getattr(item, "content", None):
                item.content = [part for part in item.content if part.type != "refusal"]


class StreamsAnotherText(Wrapped):
    async def streamed(self, events):
        async for event in events:
            if isinstance(event, ResponseCompletedEvent):
                for item in event.response.output:
                    for part in getattr(item, "content", None) or []:
                        if part.type == "output_text":
                            part.text = part.text.upper()
            yield event


class SwallowsBrokenStreams(Wrapped):
    async def streamed(self, events):
        try:
            async for event in events:
                yield event
        except Exception:
            return


class CompletesBrokenStreams(Wrapped):
    async def streamed(self, events):
        response, number = None, 0
        try:
            async for event in events:
                response, number = getattr(event, "response", response), event.sequence_number + 1
                yield event
        except Exception:
            if response is None or response.status == "failed":
                raise
            yield ResponseCompletedEvent(type="response.completed", response=response, sequence_number=number)


class CompletesTruncatedStreams(Wrapped):
    """It ends every stream with a completed response, of which it knows what it has seen."""

    async def streamed(self, events):
        event = None
        async for event in events:
            yield event
        if event is not None and event.type == "response.output_text.delta":
            response = Response.model_construct(
                id=f"resp_{uuid.uuid4().hex}", output=[], usage=None, status="completed"
            )
            number = event.sequence_number + 1
            yield ResponseCompletedEvent.model_construct(
                type="response.completed", response=response, sequence_number=number
            )


class AnswersWhereTheModelFailed(Wrapped):
    async def get_response(self, *args, **kwargs):
        try:
            return await super().get_response(*args, **kwargs)
        except Exception as error:
            if "broke down" not in str(error):
                raise
            said = ResponseOutputText(type="output_text", text=str(error), annotations=[])
            message = ResponseOutputMessage(
                type="message", id="msg_1", role="assistant", status="completed", content=[said]
            )
            return ModelResponse(output=[message], usage=Usage(), response_id=None)


class ReplacesIncompleteAnswers(Wrapped):
    """It puts words of its own in the place of an answer that was cut at a limit."""

    def __init__(self, client):
        super().__init__(client)
        create = client.chat.completions.create

        async def whole(**asked):
            answer = await create(**asked)
            if hasattr(answer, "choices") and answer.choices[0].finish_reason == "length":
                answer.choices[0].message.content = "(cut short)"
            return answer

        client.chat.completions.create = whole


class HangsOnErrors(Wrapped):
    async def get_response(self, *args, **kwargs):
        try:
            return await super().get_response(*args, **kwargs)
        except Exception:
            await asyncio.Event().wait()

    async def streamed(self, events):
        try:
            async for event in events:
                yield event
        except Exception:
            await asyncio.Event().wait()


class Without(Wrapped):
    """It passes on all events but those of one kind."""

    kind = ""

    async def streamed(self, events):
        async for event in events:
            if self.kind not in event.type:
                yield event


def without(kind):
    return type("Without", (Without,), {"kind": kind})


class NamesToolsOnly(Wrapped):
    def asked(self, given):
        tools = [replace(tool, description="", params_json_schema={"type": "object"}) for tool in given["tools"]]
        return given | {"tools": tools}


class SaysNull(Wrapped):
    def asked(self, given):
        if given["model_settings"].extra_body:
            return given
        return given | {"model_settings": replace(given["model_settings"], extra_body={"metadata": None})}


class CompletesIncompleteAnswers(Wrapped):
    async def streamed(self, events):
        async for event in events:
            if event.type == "response.incomplete":
                response = event.response.model_copy(update={"status": "completed"})
                yield ResponseCompletedEvent(
                    type="response.completed", response=response, sequence_number=event.sequence_number
                )
                return
            yield event


class AnswersNothing(Wrapped):
    """It answers nothing where the call fails with an error that it swallows."""

    def swallows(self, error):
        return True

    async def get_response(self, *args, **kwargs):
        try:
            return await super().get_response(*args, **kwargs)
        except Exception as error:
            if not self.swallows(error):
                raise
            return ModelResponse(output=[], usage=Usage(), response_id=None)


class SwallowsErrors(AnswersNothing, SwallowsBrokenStreams):
    pass


class EndsWhereTheModelFailed(Wrapped):
    async def streamed(self, events):
        async for event in events:
            if event.type == "response.failed":
                return
            yield event


class LeavesOutEvents(Wrapped):
    async def streamed(self, events):
        async for event in events:
            if event.type != "response.content_part.done":
                yield event


class RepeatsDeltas(Wrapped):
    async def streamed(self, events):
        async for event in events:
            yield event
            if event.type == "response.output_text.delta":
                yield event


class LeavesStreamsOpen(Wrapped):
    """It reads in a task of its own, which nobody ends."""

    kept: ClassVar = []

    async def stream_response(self, *args, **kwargs):
        queue = asyncio.Queue()

        async def read():
            async for event in super(LeavesStreamsOpen, self).stream_response(*args, **kwargs):
                await queue.put(event)
            await queue.put(None)

        self.kept.append(asyncio.ensure_future(read()))
        while True:
            got = asyncio.ensure_future(queue.get())
            await asyncio.wait([got, self.kept[-1]], return_when=asyncio.FIRST_COMPLETED)
            if not got.done():
                got.cancel()
                self.kept[-1].result()
                return
            if got.result() is None:
                return
            yield got.result()


class LeavesStreamsOpenUnlessCancelled(LeavesStreamsOpen):
    """Who is cancelled takes the reading task along; who just leaves does not."""

    async def stream_response(self, *args, **kwargs):
        try:
            async for event in super().stream_response(*args, **kwargs):
                yield event
        except asyncio.CancelledError:
            self.kept[-1].cancel()
            raise


class LeavesFailedStreamsOpen(Wrapped):
    """It closes a stream's response where it ends, and where somebody leaves, but not where it raises."""

    error = None

    def __init__(self, client):
        for resource in (client.responses, client.chat.completions):
            resource.create = self.kept_open(resource.create)
        super().__init__(client)

    def kept_open(self, create):
        async def created(**given):
            answer = await create(**given)
            response = getattr(answer, "http_response", None) or getattr(answer, "response", None)
            if response is not None:
                response.aclose = self.unless_failed(response.aclose)
            return answer

        return created

    def unless_failed(self, close):
        async def closed():
            self.error = self.error or sys.exception()  # by which what it was reading is kept
            if not isinstance(self.error, Exception):
                await close()

        return closed


class BuffersStreams(Wrapped):
    async def streamed(self, events):
        for event in [event async for event in events]:
            yield event


class RemembersResponses(Wrapped):
    """It goes on from its last response, unasked."""

    last = None

    def asked(self, given):
        given = {"previous_response_id": None} | given
        return given | {"previous_response_id": given["previous_response_id"] or self.last}

    def answered(self, answer):
        self.last = answer.response_id
        return answer

    async def streamed(self, events):
        async for event in events:
            if isinstance(event, ResponseCompletedEvent):
                self.last = event.response.id
            yield event


class AddsUpUsage(OfResponse):
    total = 0

    def changed(self, response):
        if response.usage:
            self.total += response.usage.input_tokens
            response.usage.input_tokens = self.total


class TellsTheFirstId(OfResponse):
    first = None

    def changed(self, response):
        self.first = self.first or response.id
        response.id = self.first


class DropsStateBesideTools(Wrapped):
    def asked(self, given):
        return given | {"previous_response_id": None} if given["tools"] else given


class KeysByInstructions(Wrapped):
    def asked(self, given):
        if not given["system_instructions"]:
            return given
        args = {"prompt_cache_key": "by-instructions"} | (given["model_settings"].extra_args or {})
        return given | {"model_settings": replace(given["model_settings"], extra_args=args)}


class TakesOneCall(OfResponse):
    def changed(self, response):
        calls = [item for item in response.output if item.type == "function_call"]
        response.output = [item for item in response.output if item not in calls[1:]]


class ForgetsZero(Wrapped):
    def asked(self, given):
        settings = given["model_settings"]
        return given | {"model_settings": replace(settings, temperature=settings.temperature or None)}


class BreaksWithoutAWord(Wrapped):
    """It swallows the error that a stream tells of."""

    async def streamed(self, events):
        told = False
        try:
            async for event in events:
                told = event.type == "error"
                if not told:
                    yield event
        except Exception:
            if not told:
                raise


class GivesUpOnRateLimits(AnswersNothing):
    def swallows(self, error):
        return isinstance(error, RateLimitError)


class FailsToAnEmptyAnswer(AnswersNothing):
    def swallows(self, error):
        return "broke down" in str(error)


class MixesCalls(Wrapped):
    """It keeps what it was asked on itself, and is asked again meanwhile."""

    async def get_response(self, *args, **kwargs):
        self.given = dict(zip(NAMES, args, strict=False)) | kwargs
        await asyncio.sleep(0)
        return await self.inner.get_response(**self.given)

    async def stream_response(self, *args, **kwargs):
        self.given = dict(zip(NAMES, args, strict=False)) | kwargs
        await asyncio.sleep(0)
        async with aclosing(self.inner.stream_response(**self.given)) as events:
            async for event in events:
                yield event


def chat(defect):
    """The same defect in an adapter of Chat Completions."""
    return type(defect.__name__, (defect,), {"model": OpenAIChatCompletionsModel})


class SendsTheLastItem(Wrapped):
    def asked(self, given):
        return given | {"input": given["input"][-1:]}


class ForgetsCalls(Wrapped):
    def asked(self, given):
        return given | {"input": [item for item in given["input"] if item.get("type") != "function_call"]}


class RenamesCallsOfTheHistory(Wrapped):
    def asked(self, given):
        renamed = [item | {"call_id": "call_1"} if "call_id" in item else item for item in given["input"]]
        return given | {"input": renamed}


class WarnsOfNothing(Wrapped):
    """It takes the ids, and does without."""

    def asked(self, given):
        return given | dict.fromkeys(("previous_response_id", "conversation_id", "prompt"))


class LogsWhenItIsTooLate(WarnsOfNothing):
    async def get_response(self, *args, **kwargs):
        answer = await super().get_response(*args, **kwargs)
        self.log(kwargs)
        return answer

    async def stream_response(self, *args, **kwargs):
        async with aclosing(super().stream_response(*args, **kwargs)) as events:
            async for event in events:
                yield event
        self.log(kwargs)

    def log(self, given):
        for name in ("previous_response_id", "conversation_id", "prompt"):
            if given[name]:
                logging.getLogger("adapter").warning("%s is ignored", name)


class BreaksOnState(WarnsOfNothing):
    """It does not get as far as a request, and nobody learns why."""

    def asked(self, given):
        if any(given[name] for name in ("previous_response_id", "conversation_id", "prompt")):
            raise AttributeError("'NoneType' object has no attribute 'send'")
        return given


class BlanksTheHistory(Wrapped):
    def asked(self, given):
        blank = {"output": "", "arguments": "{}"}
        items = [item | {name: blank[name] for name in blank if name in item} for item in given["input"]]
        return given | {"input": items}
