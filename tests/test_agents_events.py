"""expected_events, against the reference itself: the installed Agents SDK is given the same chunks."""

import asyncio
from importlib.metadata import version
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openai.types.chat import ChatCompletionChunk
from openai.types.responses import Response

from fakemodel import FakeOpenAI, Reply, StreamError, expected_events, refusal, stream, text, tool_call, usage

agents = pytest.importorskip("agents", reason="compares with the Agents SDK, which is not installed")

# Before, the Agents SDK made an ordinary, empty answer of a stream that the length limit ended without output.
RAISES_ON_LENGTH = tuple(map(int, version("openai-agents").split(".")[:3])) >= (0, 22, 1)
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


async def streamed(client):
    """What the Agents SDK's chat model makes of the client's stream; None where it raises."""
    model = agents.OpenAIChatCompletionsModel("fake-model", client)
    arguments = (None, "Hi", agents.ModelSettings(), [], None, [], agents.ModelTracing.DISABLED)
    try:
        return [event async for event in model.stream_response(*arguments)]
    except agents.ModelBehaviorError:
        return None


def assert_as_the_agents_sdk(chunks, reference):
    if reference is None:
        with pytest.raises(StreamError) as refused:
            expected_events(chunks)
        assert str(refused.value) == NOTHING_BUT_LENGTH
        return
    expected = expected_events(chunks, response=reference[0].response)
    assert [event.type for event in expected] == [event.type for event in reference]
    for ours, theirs in zip(expected, reference, strict=True):
        assert type(ours) is type(theirs)
        assert ours.to_dict(exclude_unset=False) == theirs.to_dict(exclude_unset=False)
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
}


@pytest.mark.parametrize("chunks", STREAMS.values(), ids=STREAMS.keys())
async def test_the_events_are_those_of_the_agents_sdk(chunks):
    assert_as_the_agents_sdk(chunks, await streamed(Client(chunks)))


fragment = st.sampled_from(["", "a", "Hé", "{", "}"])
tool_deltas = st.fixed_dictionaries(
    {"index": st.integers(0, 2)},
    optional={
        "id": st.none() | st.sampled_from(["", "call_1", "call_2"]),
        "type": st.just("function"),
        "function": st.none()
        | st.fixed_dictionaries(
            {}, optional={"name": st.none() | st.sampled_from(["", "f", "g"]), "arguments": st.none() | fragment}
        ),
    },
)
deltas = st.fixed_dictionaries(
    {},
    optional={
        "role": st.just("assistant"),
        "content": st.none() | fragment,
        "refusal": st.none() | fragment,
        "tool_calls": st.none() | st.lists(tool_deltas, max_size=2),
    },
)
choices = st.fixed_dictionaries(
    {
        "index": st.sampled_from([0, 0, 0, 1]),
        "delta": st.none() | deltas | deltas | deltas,
        "logprobs": st.none() | st.just(LOGPROBS) | st.just({"content": None, "refusal": None}),
        "finish_reason": st.sampled_from(
            [None] * 6 + ["stop", "tool_calls", "content_filter"] + ["length"] * RAISES_ON_LENGTH
        ),
    }
)
chunks = st.fixed_dictionaries(
    {
        "id": st.sampled_from(["chatcmpl-1", "chatcmpl-1", "chatcmpl-2", ""]),
        "object": st.just("chat.completion.chunk"),
        "created": st.just(1),
        "model": st.just("served-model"),
        "choices": st.lists(choices, min_size=1, max_size=1) | st.lists(choices, max_size=2),
    },
    optional={"usage": st.none() | st.sampled_from([USAGE, LESS])},
)


@settings(derandomize=True, deadline=None, max_examples=400)
@given(st.lists(chunks, max_size=8))
def test_whatever_the_chunks_the_events_are_those_of_the_agents_sdk(chunks):
    assert_as_the_agents_sdk(chunks, asyncio.run(streamed(Client(chunks))))


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


async def test_the_response_that_lends_the_envelope_is_left_as_it_was():
    chunks = STREAMS["usage in a chunk of its own"]
    response = (await streamed(Client(chunks)))[0].response
    before = response.to_dict()

    expected_events(chunks, response=response)

    assert response.to_dict() == before


@pytest.mark.parametrize(
    "chunks",
    [[LENGTH], [FIRST, LENGTH], [FIRST, LENGTH, STOP], [FIRST, LENGTH, chunk(choices=[], usage=USAGE)]],
    ids=["finish only", "empty content", "another finish", "usage"],
)
async def test_a_stream_that_the_length_limit_ended_without_output_is_refused(chunks):
    with pytest.raises(StreamError) as refused:
        expected_events(chunks)

    assert str(refused.value) == NOTHING_BUT_LENGTH
    reference = await streamed(Client(chunks))
    if RAISES_ON_LENGTH:
        assert reference is None
    else:
        assert [event.type for event in reference] == ["response.created", "response.completed"]


@pytest.mark.parametrize("key", ["reasoning_content", "reasoning", "thinking_blocks"])
def test_reasoning_is_refused_rather_than_left_out(key):
    with pytest.raises(StreamError, match=f"A delta has {key}, whose events expected_events does not know yet."):
        expected_events([chunk({"role": "assistant", key: "Hm."}), STOP])


def test_custom_tools_are_left_out_as_the_agents_sdk_does():
    custom = {"index": 0, "id": "call_1", "type": "custom", "custom": {"name": "f", "input": "a"}}
    chunks = [chunk({"tool_calls": [custom]}), content("Done"), STOP]

    assert_as_the_agents_sdk(chunks, asyncio.run(streamed(Client(chunks))))


def test_audio_is_refused():
    with pytest.raises(StreamError, match="A delta has audio"):
        expected_events([chunk({"role": "assistant", "audio": {"id": "a"}}), STOP])
