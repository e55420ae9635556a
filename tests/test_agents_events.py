"""expected_events, against the reference itself: the installed Agents SDK is given the same chunks."""

import functools
import itertools
import operator
from importlib.metadata import version
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openai.types.chat import ChatCompletionChunk
from openai.types.responses import Response
from pydantic import ValidationError

from fakemodel import FakeOpenAI, Reply, StreamError, expected_events, refusal, stream, text, tool_call, usage

agents = pytest.importorskip("agents", reason="compares with the Agents SDK, which is not installed")

DIFFERENTIAL_EXAMPLES = 3_000
"""How many streams are drawn, and given to both."""

# The rules of 0.24 that an older Agents SDK, which these tests run on too, may not have yet; the version that has each.
SINCE = {
    "refuses what its length cut before anything was said": (0, 22, 1),
    "marks plain reasoning": (0, 21, 1),
    "leaves out reasoning that is no text": (0, 21, 1),
}
INSTALLED = tuple(map(int, version("openai-agents").split(".")[:3]))
KEEPS = {rule: since <= INSTALLED for rule, since in SINCE.items()}
MARK = "_chat_completions_reasoning_field"

NOTHING_BUT_LENGTH = (
    "The stream ends with finish_reason 'length' and has no text, tool call or refusal: "
    "the Agents SDK raises ModelBehaviorError here."
)


class Client:
    """As much of an AsyncOpenAI client of a compatible host as the Agents SDK's chat model asks for."""

    base_url = "https://host.test/v1"

    def __init__(self, chunks):
        self.chat = SimpleNamespace(completions=SimpleNamespace(create=self._create))
        self._chunks = chunks

    async def _create(self, **request):
        return stream(ChatCompletionChunk.construct(**chunk) for chunk in self._chunks)


async def streamed(client, model="fake-model"):
    """What the Agents SDK's chat model makes of the client's stream: its events, or its error.

    Each event is copied as it comes, since the reasoning item that one announces is filled in afterwards.
    """
    chat_model = agents.OpenAIChatCompletionsModel(model, client)
    arguments = (None, "Hi", agents.ModelSettings(), [], None, [], agents.ModelTracing.DISABLED)
    try:
        return [event.model_copy(deep=True) async for event in chat_model.stream_response(*arguments)]
    except (agents.AgentsException, ValidationError, TypeError) as error:
        return error


def unmarked(events):
    """The events as they were before plain reasoning was marked in its provider data."""
    announced = [event.item for event in events if hasattr(event, "item")]
    for item in [*announced, *events[-1].response.output]:
        provider_data = getattr(item, "provider_data", None)
        if provider_data is not None:
            provider_data.pop(MARK, None)
            if not provider_data:
                del item.provider_data
    return events


def assert_as_the_agents_sdk(chunks, reference):
    if isinstance(reference, Exception):
        with pytest.raises(StreamError, match=f"the Agents SDK raises {type(reference).__name__} here."):
            expected_events(chunks)
        return
    expected = expected_events(chunks, response=reference[0].response)
    if not KEEPS["marks plain reasoning"]:
        expected = unmarked(expected)
    assert [event.type for event in expected] == [event.type for event in reference]
    assert expected == reference


def chunk(delta=None, *, finish=None, index=0, logprobs=None, **members):
    choice = {"index": index, "delta": delta or {}, "logprobs": logprobs, "finish_reason": finish}
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion.chunk",
        "created": 1,
        "model": "served-model",
        "choices": [choice],
        **members,
    }


def call(index=0, id=None, name=None, arguments=None):
    return {"tool_calls": [{"index": index, "id": id, "function": {"name": name, "arguments": arguments}}]}


def content(fragment):
    return chunk({"content": fragment})


def refused(fragment):
    return chunk({"refusal": fragment})


def thought(fragment):
    return chunk({"reasoning_content": fragment})


def mused(fragment):
    return chunk({"reasoning": fragment})


def pondered(*blocks):
    return chunk({"thinking_blocks": blocks})


def called(index=0):
    return chunk(call(index, id=f"call_{index}", name="f", arguments="{}"))


def cited(*annotations, **members):
    return chunk({"annotations": list(annotations), **members})


def citation(**members):
    whole = {"start_index": 0, "end_index": 2, "url": "https://host.test/a", "title": "A"}
    return {"type": "url_citation", "url_citation": {**whole, **members}}


FIRST = chunk({"role": "assistant", "content": "", "refusal": None})
STOP = chunk(finish="stop")
CALLED = chunk(finish="tool_calls")
LENGTH = chunk(finish="length")
FILTERED = chunk(finish="content_filter")
USAGE = {
    "prompt_tokens": 7,
    "completion_tokens": 5,
    "total_tokens": 12,
    "prompt_tokens_details": {"cached_tokens": 2},
    "completion_tokens_details": {"reasoning_tokens": 3},
}
LESS = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}
LOGPROBS = {
    "content": [
        {
            "token": "Hé",
            "logprob": -0.5,
            "bytes": [72, 195, 169],
            "top_logprobs": [{"token": "Ho", "logprob": -0.75, "bytes": None}],
        },
        {"token": "y", "logprob": -0.25, "bytes": None, "top_logprobs": []},
    ],
    "refusal": None,
}

STREAMS = {
    "text": [FIRST, content("Hel"), content("lo"), STOP],
    "text in the first chunk": [chunk({"role": "assistant", "content": "Hel"}), content("lo"), STOP],
    "refusal": [FIRST, refused("No"), refused("Thanks"), STOP],
    "text, then refusal": [FIRST, content("Well"), refused("No"), STOP],
    "refusal, then text": [FIRST, refused("No"), content("Well"), STOP],
    "text and refusal by turns": [FIRST, content("a"), refused("b"), content("c"), refused("d"), STOP],
    "text and refusal in one delta": [chunk({"content": "a", "refusal": "b"}), STOP],
    "a tool call": [chunk(call(id="call_1", name="f", arguments="")), chunk(call(arguments="{}")), CALLED],
    "a tool call in one chunk": [chunk(call(id="call_1", name="f", arguments="{}")), CALLED],
    "a tool call without arguments": [chunk(call(id="call_1", name="f", arguments="")), CALLED],
    "a tool call without a function": [
        chunk({"tool_calls": [{"index": 0, "id": "call_1"}]}),
        chunk(call(name="f", arguments="{}")),
        CALLED,
    ],
    "a tool call whose name repeats": [
        chunk(call(id="call_1", name="f", arguments="{")),
        chunk(call(id="call_1", name="f", arguments="}")),
        CALLED,
    ],
    "a late name": [chunk(call(id="call_1", arguments='{"a"')), chunk(call(name="f", arguments=":1}")), CALLED],
    "a late id": [chunk(call(name="f", arguments='{"a"')), chunk(call(id="call_1", arguments=":1}")), CALLED],
    "a name after all arguments": [chunk(call(id="call_1", arguments="{}")), chunk(call(name="f")), CALLED],
    "no name": [chunk(call(id="call_1", arguments="{")), chunk(call(arguments="}")), CALLED],
    "no name and no arguments": [chunk(call(id="call_1")), CALLED],
    "no id": [chunk(call(name="f", arguments="{}")), CALLED],
    "no name for the first of two": [
        chunk(call(0, id="call_1", arguments="{}")),
        chunk(call(1, id="call_2", name="g", arguments="{}")),
        CALLED,
    ],
    "no index": [chunk(call(None, id="call_1", name="f", arguments="{")), chunk(call(None, arguments="}")), CALLED],
    "no name, and text": [chunk(call(id="call_1", arguments="{}")), content("Well"), CALLED],
    "text, and no name": [content("Well"), chunk(call(id="call_1", arguments="{}")), CALLED],
    "two tools": [
        chunk(call(0, id="call_1", name="f", arguments="{}")),
        chunk(call(1, id="call_2", name="g", arguments="{}")),
        CALLED,
    ],
    "two tools in one chunk": [
        chunk(
            {"tool_calls": [*call(0, "call_1", "f", "{}")["tool_calls"], *call(1, "call_2", "g", "[]")["tool_calls"]]}
        ),
        CALLED,
    ],
    "interleaved tools": [
        chunk(call(0, id="call_1", name="f")),
        chunk(call(1, id="call_2", name="g")),
        chunk(call(0, arguments="{")),
        chunk(call(1, arguments="[")),
        chunk(call(0, arguments="}")),
        chunk(call(1, arguments="]")),
        CALLED,
    ],
    "tools out of order": [
        chunk(call(3, id="call_1", name="f", arguments="{}")),
        chunk(call(1, id="call_2", name="g", arguments="{}")),
        CALLED,
    ],
    "a late name among interleaved tools": [
        chunk(call(0, id="call_1", arguments="{")),
        chunk(call(1, id="call_2", name="g", arguments="[]")),
        chunk(call(0, name="f", arguments="}")),
        CALLED,
    ],
    "text, then tool": [FIRST, content("Look"), chunk(call(id="call_1", name="f", arguments="{}")), CALLED],
    "tool, then text": [chunk(call(id="call_1", name="f", arguments="{}")), content("Done"), STOP],
    "tool, text, tool": [
        chunk(call(0, id="call_1", name="f", arguments="{}")),
        content("Well"),
        chunk(call(1, id="call_2", name="g", arguments="{}")),
        CALLED,
    ],
    "tool, refusal, text": [
        chunk(call(0, id="call_1", name="f", arguments="{}")),
        refused("No"),
        content("Well"),
        CALLED,
    ],
    "text and tool in one delta": [chunk({"content": "a", **call(id="call_1", name="f", arguments="{}")}), CALLED],
    "empty content": [FIRST, content(""), STOP],
    "empty content within text": [FIRST, content("Hel"), content(""), content("lo"), STOP],
    "empty content after refusal": [FIRST, refused("No"), content(""), STOP],
    "an empty refusal": [FIRST, refused(""), content("Well"), STOP],
    "no chunks": [],
    "no finish": [FIRST, content("Hel")],
    "finish only": [STOP],
    "two finish chunks": [FIRST, content("Hi"), STOP, LENGTH],
    "no choices": [chunk(choices=[])],
    "no delta": [chunk(choices=[{"index": 0, "delta": None, "finish_reason": "stop", "logprobs": None}])],
    "logprobs": [
        chunk({"role": "assistant", "content": ""}, logprobs={"content": [], "refusal": None}),
        chunk({"content": "Héy"}, logprobs=LOGPROBS),
        chunk({"content": "!"}, logprobs={"content": None, "refusal": None}),
        chunk({"content": "Héy"}, logprobs=LOGPROBS),
        STOP,
    ],
    "length, with text": [FIRST, content("Hel"), LENGTH],
    "length, with a tool": [chunk(call(id="call_1", name="f", arguments="{")), LENGTH],
    "content filter, with text": [FIRST, content("Hel"), FILTERED],
    "content filter, with a refusal": [FIRST, refused("No"), FILTERED],
    "content filter, with a tool": [chunk(call(id="call_1", name="f", arguments="{}")), FILTERED],
    "content filter, without text": [FIRST, FILTERED],
    "content filter, without a delta": [
        chunk(choices=[{"index": 0, "delta": None, "finish_reason": "content_filter", "logprobs": None}])
    ],
    "length, after a content filter": [FIRST, FILTERED, LENGTH],
    "length, of another choice": [FIRST, chunk(finish="length", index=1)],
    "usage in a chunk of its own": [FIRST, content("Hi"), STOP, chunk(choices=[], usage=USAGE)],
    "usage on the last choice": [FIRST, content("Hi"), chunk(finish="stop", usage=USAGE)],
    "usage on every chunk": [chunk({"content": "Hi"}, usage=LESS), chunk(finish="stop", usage=USAGE)],
    "usage, then null": [chunk({"content": "Hi"}, usage=USAGE), chunk(finish="stop", usage=None)],
    "usage in a stream of nothing else": [chunk(choices=[], usage=USAGE)],
    "usage without details": [FIRST, chunk(finish="stop", usage={**LESS, "prompt_tokens_details": None})],
    "usage of nulls": [
        FIRST,
        chunk(
            finish="stop",
            usage={
                "prompt_tokens": None,
                "completion_tokens": None,
                "total_tokens": None,
                "prompt_tokens_details": {"cached_tokens": None},
                "completion_tokens_details": {"reasoning_tokens": None},
            },
        ),
    ],
    "usage of nothing": [chunk({"content": "Hi"}, usage=USAGE), chunk(finish="stop", usage={})],
    "choice index 1": [chunk({"content": "other"}, index=1), content("Hi"), chunk(finish="length", index=1), STOP],
    "choice index 1 alone": [chunk({"content": "other"}, index=1), chunk(finish="length", index=1)],
    "two choices in a chunk": [
        chunk(
            choices=[
                {"index": 1, "delta": {"content": "other"}, "logprobs": None, "finish_reason": None},
                {"index": 0, "delta": {"content": "Hi"}, "logprobs": None, "finish_reason": None},
            ]
        ),
        STOP,
    ],
    "no chunk id": [chunk({"content": "Hi"}, id=""), STOP],
    "a chunk id that comes late": [chunk(call(id="call_1", name="f", arguments="{}"), id=""), CALLED],
    "a chunk id that changes": [
        chunk({"content": "a"}),
        chunk(call(id="call_1", name="f"), id="chatcmpl-2"),
        chunk({"refusal": "b"}, id="chatcmpl-3"),
        chunk(finish="stop", id="chatcmpl-4"),
    ],
    "reasoning": [FIRST, thought("H"), thought("m"), STOP],
    "reasoning, then text": [FIRST, thought("H"), thought("m"), content("Hel"), content("lo"), STOP],
    "reasoning, then refusal": [FIRST, thought("Hm"), refused("No"), STOP],
    "reasoning, then tool": [FIRST, thought("Hm"), called(), CALLED],
    "reasoning, then two tools": [thought("Hm"), called(0), called(1), CALLED],
    "reasoning, text, tool": [thought("Hm"), content("Look"), called(), CALLED],
    "reasoning, tool, text, tool": [thought("Hm"), called(0), content("Well"), called(1), CALLED],
    "reasoning, no name, text": [thought("Hm"), chunk(call(id="call_1", arguments="{}")), content("Well"), CALLED],
    "reasoning, text, refusal": [thought("Hm"), content("Well"), refused("No"), STOP],
    "text, then reasoning": [FIRST, content("Well"), thought("Hm"), STOP],
    "text, reasoning, text": [content("Hel"), thought("Hm"), content("lo"), STOP],
    "text, reasoning, tool": [content("Look"), thought("Hm"), called(), CALLED],
    "text, reasoning, three tools": [content("Look"), thought("Hm"), called(0), called(1), called(2), CALLED],
    "text, reasoning, no name": [content("Look"), thought("Hm"), chunk(call(arguments="{}")), CALLED],
    "text, tool, reasoning, tool": [content("Look"), called(0), thought("Hm"), called(1), CALLED],
    "refusal, reasoning, tool": [refused("No"), thought("Hm"), called(), CALLED],
    "tool, then reasoning": [called(), thought("Hm"), CALLED],
    "tool, reasoning, text": [called(), thought("Hm"), content("Done"), STOP],
    "tool, reasoning, tool": [called(0), thought("Hm"), called(1), CALLED],
    "tool, text, reasoning, tool": [called(0), content("Well"), thought("Hm"), called(1), CALLED],
    "no name, reasoning, text": [chunk(call(id="call_1", arguments="{}")), thought("Hm"), content("Well"), CALLED],
    "reasoning resumed after text": [thought("Hm"), content("Hel"), thought("Oh"), thought("!"), content("lo"), STOP],
    "reasoning resumed after refusal": [thought("Hm"), refused("No"), thought("Oh"), refused("Thanks"), STOP],
    "reasoning resumed after tool": [thought("Hm"), called(0), thought("Oh"), called(1), CALLED],
    "reasoning resumed after empty content": [thought("Hm"), content(""), thought("Oh"), STOP],
    "reasoning resumed after nothing": [thought("H"), chunk(), chunk({"refusal": "", "tool_calls": []}), thought("m")],
    "reasoning and text in one delta": [chunk({"reasoning_content": "Hm", "content": "Well"}), STOP],
    "reasoning and text in every delta": [
        chunk({"reasoning_content": "H", "content": "Hel"}),
        chunk({"reasoning_content": "m", "content": "lo"}),
        content("!"),
        STOP,
    ],
    "reasoning and tool in one delta": [chunk({"reasoning_content": "Hm", **call(0, "call_1", "f", "{}")}), CALLED],
    "empty content with all reasoning": [
        chunk({"role": "assistant", "content": "", "reasoning_content": "H"}),
        chunk({"content": "", "reasoning_content": "m"}),
        chunk({"content": "Well", "reasoning_content": None}),
        STOP,
    ],
    "empty reasoning": [thought(""), mused(""), pondered(), content("Well"), STOP],
    "empty reasoning within reasoning": [thought("H"), thought(""), thought("m"), STOP],
    "empty reasoning with all text": [
        thought("Hm"),
        chunk({"content": "Hel", "reasoning_content": ""}),
        chunk({"content": "lo", "reasoning_content": ""}),
        STOP,
    ],
    "reasoning of another choice": [chunk({"reasoning_content": "Hm"}, index=1), content("Well"), STOP],
    "a chunk id that changes within reasoning": [
        chunk({"reasoning_content": "H"}),
        chunk({"reasoning_content": "m"}, id="chatcmpl-2"),
        chunk({"content": "Well"}, id="chatcmpl-3"),
    ],
    "plain reasoning": [FIRST, mused("H"), mused("m"), STOP],
    "plain reasoning, then text": [mused("H"), mused("m"), content("Well"), STOP],
    "plain reasoning, tool, text": [mused("Hm"), called(), content("Done"), STOP],
    "plain reasoning resumed": [mused("Hm"), content("Hel"), mused("Oh"), content("lo"), STOP],
    "text, plain reasoning, two tools": [content("Look"), mused("Hm"), called(0), called(1), CALLED],
    "reasoning, then plain reasoning": [thought("Hm"), mused("Oh"), content("Well"), STOP],
    "plain reasoning, then reasoning": [mused("Hm"), thought("Oh"), content("Well"), STOP],
    "reasoning in both fields": [
        chunk({"reasoning_content": "H", "reasoning": "H"}),
        chunk({"reasoning_content": "m", "reasoning": "m"}),
        content("Well"),
        STOP,
    ],
    "reasoning in both fields by turns": [thought("a"), mused("b"), content("c"), mused("d"), thought("e"), STOP],
    "plain reasoning between text and text": [thought("H"), chunk({"reasoning": "m", "content": "a"}), content("b")],
    "reasoning details": [chunk({"reasoning_details": [{"type": "reasoning.text", "text": "Hm"}]}), content("Well")],
    "a thinking block": [
        pondered({"type": "thinking", "thinking": "H"}),
        pondered({"type": "thinking", "thinking": "m"}),
        pondered({"type": "thinking", "signature": "signed"}),
        content("Well"),
        STOP,
    ],
    "a thinking block without a signature": [pondered({"type": "thinking", "thinking": "Hm"}), called(), CALLED],
    "a thinking block without a type": [pondered({"thinking": "H"}, {"thinking": "m", "signature": "signed"}), STOP],
    "a signature without a thought": [pondered({"type": "thinking", "thinking": "", "signature": "signed"}), STOP],
    "two thinking blocks": [
        pondered({"type": "thinking", "thinking": "Hm", "signature": "signed"}),
        content("Hel"),
        pondered({"type": "thinking", "thinking": "Oh"}, {"type": "thinking", "signature": "signed, too"}),
        content("lo"),
        STOP,
    ],
    "a redacted thinking block": [pondered({"type": "redacted_thinking", "data": "***"}), content("Well"), STOP],
    "a redacted thinking block between others": [
        pondered({"type": "thinking", "thinking": "H"}),
        pondered({"type": "redacted_thinking", "data": "***"}, {"type": "thinking", "thinking": "m"}),
        STOP,
    ],
    "a thinking block with more to it": [
        pondered({"type": "thinking", "thinking": "H", "cache": {"kind": "a"}}),
        pondered({"type": "thinking", "cache": None, "effort": 0}, {"type": "thinking", "thinking": "m"}),
        STOP,
    ],
    "thinking blocks that tell nothing": [
        pondered({"type": "thinking", "thinking": "", "signature": ""}, {}, "Hm", None, {"type": "image", "data": ""}),
        chunk({"thinking_blocks": "Hm"}),
        content("Well"),
        STOP,
    ],
    "text, then a thinking block": [content("Well"), pondered({"thinking": "Hm"}), called(0), called(1), CALLED],
    "a thinking block and reasoning": [
        chunk({"reasoning_content": "H", "thinking_blocks": [{"type": "thinking", "thinking": "H"}]}),
        chunk({"reasoning_content": "m", "thinking_blocks": [{"type": "thinking", "thinking": "m"}]}),
        chunk({"reasoning_content": "", "thinking_blocks": [{"type": "thinking", "signature": "signed"}]}),
        content("Well"),
        STOP,
    ],
    "a thinking block and plain reasoning": [mused("Hm"), pondered({"thinking": "Oh", "signature": "signed"}), STOP],
    "a redacted thinking block and plain reasoning": [pondered({"type": "redacted_thinking"}), mused("Hm"), STOP],
    "a citation with its text": [FIRST, cited(citation(), content="Hi"), STOP],
    "a citation after its text": [FIRST, content("Hi"), cited(citation(title="A"), citation(title="B")), STOP],
    "citations by and by": [cited(citation(title="A"), content="a"), cited(citation(title="B"), content="b"), STOP],
    "a citation before all text": [cited(citation()), content("Hi"), STOP],
    "a citation of a refusal": [refused("No"), cited(citation()), STOP],
    "a citation after text and refusal": [refused("No"), content("Hi"), refused("Thanks"), cited(citation()), STOP],
    "incomplete citations": [
        content("Hi"),
        cited(citation(title=None), citation(url=3), citation(start_index="a"), citation(end_index=0.5)),
        STOP,
    ],
    "citations whose indexes are nearly numbers": [
        content("Hi"),
        cited(citation(start_index="1"), citation(end_index=2.0), citation(start_index=True)),
        STOP,
    ],
    "a citation with more to it": [content("Hi"), cited(citation(content="Hi there")), STOP],
    "other annotations": [
        content("Hi"),
        cited(
            {"type": "file_citation", "file_id": "file_1"}, {"url_citation": {}}, {"type": "url_citation"}, "A", None
        ),
        cited({"type": "url_citation", "url_citation": None}, {"type": "url_citation", "url_citation": "A"}),
        cited({**citation(), "type": "citation"}),
        chunk({"annotations": {"type": "url_citation"}}),
        chunk({"annotations": None}),
        STOP,
    ],
    "reasoning, then a content filter": [FIRST, thought("Hm"), FILTERED],
    "plain reasoning, then a content filter": [mused("Hm"), FILTERED],
    "a thinking block, then a content filter": [pondered({"thinking": "Hm"}), FILTERED],
    "reasoning, then text that its length cut": [thought("Hm"), content("Hel"), LENGTH],
    "audio of another choice": [chunk({"audio": {"id": "a"}}, index=1), content("Hi"), STOP],
    "audio that is null": [chunk({"audio": None}), content("Hi"), STOP],
}


@pytest.mark.parametrize("chunks", STREAMS.values(), ids=STREAMS.keys())
async def test_the_events_are_those_of_the_agents_sdk(chunks):
    assert_as_the_agents_sdk(chunks, await streamed(Client(chunks)))


SIGNED = {
    "by Google": {"extra_content": {"google": {"thought_signature": "signed"}}},
    "by LiteLLM": {"provider_specific_fields": {"thought_signature": "litellm"}},
    "by both": {
        "extra_content": {"google": {"thought_signature": "signed"}},
        "provider_specific_fields": {"thought_signature": "litellm"},
    },
    "by nobody": {
        "extra_content": {"google": {"thought_signature": ""}},
        "provider_specific_fields": {"thought_signature": None},
    },
    "by another": {"extra_content": {"google": "signed"}, "provider_specific_fields": "signed"},
    "by others": {"extra_content": "signed", "provider_specific_fields": ["signed"]},
    "in its id": {"id": "call_1__thought__signed"},
    "in nothing but its id": {"id": "__thought__signed"},
}


@pytest.mark.parametrize("model", ["fake-model", "models/Gemini-fake", ""])
@pytest.mark.parametrize("signed", SIGNED.values(), ids=SIGNED.keys())
async def test_a_call_keeps_the_signature_of_its_thought(signed, model):
    first = {"index": 0, "id": "call_1", "function": {"name": "f", "arguments": ""}, **signed}
    second = {"index": 1, "id": "call_2", "function": {"name": "g", "arguments": "{}"}}
    chunks = [
        chunk({"tool_calls": [first]}),
        chunk(call(arguments="{}"), id="chatcmpl-2"),
        chunk({"tool_calls": [{"index": 0, **signed}]}, id="chatcmpl-3", model=""),
        chunk({"tool_calls": [second]}),
        CALLED,
    ]

    assert_as_the_agents_sdk(chunks, await streamed(Client(chunks), model))


def every(**members):
    """Every payload that has one of the values for each member, or not the member where the value is an ellipsis."""
    rows = itertools.product(*members.values())
    return [{name: value for name, value in zip(members, row, strict=True) if value is not ...} for row in rows]


# Whole payloads are drawn from tables, not their members one by one: drawing took longer than both adapters.
SAID = ["a", "b", "Hé", "{", "}", "a fragment that is longer than all the others together", "", None]
SIGNATURES = ["signed", "signed, too", "", ...]
CITED = [citation(title="A"), citation(title="B"), citation(end_index="2"), citation(url=None), {"type": "image"}]
NO_TEXT = [{"text": "a"}] if KEEPS["leaves out reasoning that is no text"] else []
FINISHES = ["stop", "tool_calls", "content_filter"]
FINISHES += ["length"] if KEEPS["refuses what its length cut before anything was said"] else []

functions = every(name=["f", "g", "", None], arguments=SAID)
calls = every(
    index=[0, 1, 2, None], id=["call_1", "call_2", "call_3__thought__signed", "", ...], function=[*functions, None, ...]
)
tool_deltas = st.builds(
    operator.or_, st.sampled_from(calls), st.sampled_from([{}] * 10 + [{"type": "custom"}, *SIGNED.values()])
)
thinking_deltas = st.sampled_from(
    [
        *every(type=["thinking", ...], thinking=["a", "b", "", ...], signature=SIGNATURES, data=["a", None, ...]),
        *every(type=["redacted_thinking", "image"], data=["a", "b"], signature=SIGNATURES),
    ]
)
members = st.one_of(
    st.sampled_from(every(content=SAID)),
    st.sampled_from(every(refusal=SAID)),
    st.sampled_from(every(reasoning_content=SAID)),
    st.sampled_from(every(reasoning=SAID + NO_TEXT)),
    st.sampled_from(every(annotations=[[], *([citation] for citation in CITED), CITED])),
    st.fixed_dictionaries({"tool_calls": st.lists(tool_deltas, min_size=1, max_size=2)}),
    st.fixed_dictionaries({"thinking_blocks": st.lists(thinking_deltas, min_size=1, max_size=2)}),
)
# A delta has few members, as those of real hosts, but never none, or most streams would tell nothing.
deltas = st.lists(members, min_size=1, max_size=3).map(lambda members: functools.reduce(operator.or_, members))
choices = st.builds(
    operator.or_,
    st.sampled_from(every(index=[0] * 9 + [1], logprobs=[..., None, LOGPROBS], finish_reason=[None] * 12 + FINISHES)),
    st.fixed_dictionaries({"delta": deltas}),
)
OTHERS = every(index=[1], delta=[{"content": "other"}], logprobs=[None], finish_reason=["length", None])
chunks = st.builds(
    lambda head, choice: {**head, "choices": [*head["choices"], choice]},
    st.sampled_from(
        every(
            id=["chatcmpl-1", "chatcmpl-2", ""],
            model=["served-model", ""],
            choices=[[], [], [], OTHERS],
            usage=[USAGE, LESS, {}, None, ...],
        )
    ),
    choices,
)


@pytest.fixture(scope="module")
def compared(figures):
    """The drawn streams that were compared and alike: published when all are."""
    alike: list[None] = []
    yield alike
    what = f"drawn chunk streams of which the Agents SDK {version('openai-agents')} makes the expected events"
    figures[what] = f"{len(alike):,} of at least {DIFFERENTIAL_EXAMPLES:,}"


@pytest.mark.fidelity
@settings(max_examples=DIFFERENTIAL_EXAMPLES)
@given(chunks=st.lists(chunks, max_size=8), model=st.sampled_from(["fake-model", "fake-model", "gemini-fake", ""]))
async def test_whatever_the_chunks_the_events_are_those_of_the_agents_sdk(compared, chunks, model):
    assert_as_the_agents_sdk(chunks, await streamed(Client(chunks), model))
    compared.append(None)


REPLIES = [
    Reply(),
    Reply(text("Hel", "lo")),
    Reply(text("Hé", "y", logprobs=[-0.5, -0.25])),
    Reply(refusal("No", "Thanks")),
    Reply("Well", refusal("No")),
    Reply("Look", tool_call("f", {"a": 1}), tool_call("g")),
    Reply(tool_call("f"), "Done", usage=usage(7, 5, cached=2, reasoning=3)),
]


@pytest.mark.parametrize("reply", REPLIES, ids=repr)
async def test_the_chunks_of_a_reply_become_the_events_that_an_adapter_must_emit(reply):
    reference = await streamed(FakeOpenAI([reply]).async_client())

    # On the API's own host the Agents SDK asks for usage.
    assert reference == expected_events(
        FakeOpenAI([reply])
        .client()
        .chat.completions.create(
            model="fake-model",
            messages=[{"role": "user", "content": "Hi"}],
            stream=True,
            stream_options={"include_usage": True},
        ),
        response=reference[0].response,
    )


@pytest.mark.parametrize("chunks", STREAMS.values(), ids=STREAMS.keys())
def test_the_events_of_objects_are_those_of_dicts(chunks):
    objects = [ChatCompletionChunk.construct(**chunk) for chunk in chunks]

    assert expected_events(objects) == expected_events(chunks)


@pytest.mark.parametrize("include_usage", [True, False])
def test_chunks_may_be_objects_of_the_sdk_dicts_or_a_stream(include_usage):
    objects = Reply("Look", tool_call("f", {"a": 1})).chunks(include_usage=include_usage)

    expected = expected_events(objects)

    assert expected_events([chunk.to_dict() for chunk in objects]) == expected
    assert expected_events(stream(objects)) == expected
    assert (expected[-1].response.usage is not None) is include_usage


def test_without_a_response_the_envelope_is_a_plain_one():
    created, *_, completed = expected_events(Reply("Hello").chunks())

    assert isinstance(created.response, Response)
    assert created.response.to_dict() == {
        "id": "__fake_id__",
        "created_at": 0,
        "model": "fake-model",
        "object": "response",
        "output": [],
        "tool_choice": "auto",
        "tools": [],
        "parallel_tool_calls": False,
    }
    assert completed.response.output[0].content[0].text == "Hello"


def test_the_reasoning_item_is_announced_before_it_is_filled_in():
    events = {event.type: event for event in expected_events([thought("Hm"), STOP])}

    assert events["response.output_item.added"].item.summary == []
    assert [part.text for part in events["response.output_item.done"].item.summary] == ["Hm"]


async def test_the_response_that_lends_the_envelope_is_left_as_it_was():
    chunks = STREAMS["usage in a chunk of its own"]
    response = (await streamed(Client(chunks)))[0].response
    before = response.to_dict()

    expected_events(chunks, response=response)

    assert response.to_dict() == before


@pytest.mark.parametrize(
    "chunks",
    [
        [LENGTH],
        [FIRST, LENGTH],
        [FIRST, LENGTH, STOP],
        [FIRST, LENGTH, chunk(choices=[], usage=USAGE)],
        [FIRST, thought("Hm"), LENGTH],
        [mused("Hm"), pondered({"thinking": "Oh"}), LENGTH],
    ],
    ids=["finish only", "empty content", "another finish", "usage", "reasoning", "thinking"],
)
async def test_a_stream_that_the_length_limit_ended_without_output_is_refused(chunks):
    with pytest.raises(StreamError) as refused:
        expected_events(chunks)

    assert str(refused.value) == NOTHING_BUT_LENGTH
    reference = await streamed(Client(chunks))
    if KEEPS["refuses what its length cut before anything was said"]:
        assert isinstance(reference, agents.ModelBehaviorError)
    else:
        assert reference[-1].type == "response.completed"


REFUSED = {
    "audio": (
        {"audio": {"id": "a"}},
        "A delta has audio: the Agents SDK raises AgentsException here.",
    ),
    "a thought that is no text": (
        {"thinking_blocks": [{"type": "thinking", "thinking": None}]},
        "'thinking' in a delta is no text, but None: the Agents SDK raises ModelBehaviorError here.",
    ),
    "a signature that is no text": (
        {"thinking_blocks": [{"thinking": "Hm", "signature": 1}]},
        "'signature' in a delta is no text, but 1: the Agents SDK raises ModelBehaviorError here.",
    ),
    "reasoning that is no text": (
        {"reasoning_content": ["Hm"]},
        "'reasoning_content' in a delta is no text, but ['Hm']: the Agents SDK raises ValidationError here.",
    ),
    "content that is no text": (
        {"content": [{"text": "Hi"}]},
        "'content' in a delta is no text, but [{'text': 'Hi'}]: the Agents SDK raises ValidationError here.",
    ),
    "content that is empty, but no text": (
        {"content": []},
        "'content' in a delta is no text, but []: the Agents SDK raises ValidationError here.",
    ),
    "a refusal that is no text": (
        {"refusal": True},
        "'refusal' in a delta is no text, but True: the Agents SDK raises ValidationError here.",
    ),
    "arguments that are no text": (
        call(id="call_1", name="f", arguments={"a": 1}),
        "'arguments' in a delta is no text, but {'a': 1}: the Agents SDK raises TypeError here.",
    ),
}


@pytest.mark.parametrize(("delta", "problem"), REFUSED.values(), ids=REFUSED.keys())
async def test_what_the_agents_sdk_raises_at_is_refused(delta, problem):
    chunks = [content("Well"), chunk(delta), STOP]

    with pytest.raises(StreamError) as refused:
        expected_events(chunks)

    assert str(refused.value) == problem
    assert_as_the_agents_sdk(chunks, await streamed(Client(chunks)))


async def test_plain_reasoning_that_is_no_text_is_left_out():
    chunks = [chunk({"reasoning": {"text": "Hm"}}), mused("Hm"), content("Well"), STOP]

    assert expected_events(chunks)[1:] == expected_events(chunks[1:])[1:]
    reference = await streamed(Client(chunks))
    if KEEPS["leaves out reasoning that is no text"]:
        assert_as_the_agents_sdk(chunks, reference)
    else:
        assert isinstance(reference, ValidationError)


async def test_custom_tools_are_left_out_as_the_agents_sdk_does():
    custom = {"index": 0, "id": "call_1", "type": "custom", "custom": {"name": "f", "input": "a"}}
    chunks = [chunk({"tool_calls": [custom]}), content("Done"), STOP]

    assert_as_the_agents_sdk(chunks, await streamed(Client(chunks)))
