"""What FakeOpenAI refuses of a request's body, in the API's own words: asked as a program would ask, by the SDK."""

import openai
import pytest

from fakemodel import FakeOpenAI, Reply, reasoning, text, tool_call
from fakemodel.api import parameters

ASKED = {"model": "gpt-4.1", "input": "Hi"}
HELLO = {"role": "user", "content": "Hi"}
PART = {"type": "text", "text": "Hi"}
CALL = {"type": "function_call", "call_id": "call_1", "name": "get_weather", "arguments": "{}"}
OUTPUT = {"type": "function_call_output", "call_id": "call_1", "output": "Sunny"}
WEATHER = {"type": "function", "name": "get_weather", "parameters": {"type": "object", "properties": {}}}
CHAT_WEATHER = {"type": "function", "function": {"name": "get_weather"}}
CHAT_CALL = {"id": "call_1", "type": "function", "function": {"name": "get_weather", "arguments": "{}"}}
WORDS = "'none', 'minimal', 'low', 'medium', 'high', 'xhigh', and 'max'"


def refusal(path, body):
    """The error of the API for a body, whose message ends in its first sentence or in more."""
    with pytest.raises(openai.BadRequestError) as refused:
        FakeOpenAI().client().post(path, body=body, cast_to=object)
    assert refused.value.type == "invalid_request_error"
    return refused.value.body


def asked(**members):
    return {**ASKED, **members}


def said(*messages, **members):
    return {"model": "gpt-4.1", "messages": [*messages] or [HELLO], **members}


def missing(param):
    return param, "missing_required_parameter", f"Missing required parameter: '{param}'."


def wrong(param, expected, got):
    return param, "invalid_type", f"Invalid type for '{param}': expected {expected}, but got {got} instead."


def value(param, found, supported):
    return param, "invalid_value", f"Invalid value: '{found}'. Supported values are: {supported}."


def invalid(param, code, message):
    return param, code, f"Invalid '{param}': {message}"


def unknown(param, hint=""):
    return param, "unknown_parameter", f"Unknown parameter: '{param}'.{hint}"


def below(param, what, least, found):
    message = f"{what} below minimum value. Expected a value >= {least}, but got {found} instead."
    return invalid(param, f"{what}_below_min_value", message)


def above(param, what, most, found):
    message = f"{what} above maximum value. Expected a value <= {most}, but got {found} instead."
    return invalid(param, f"{what}_above_max_value", message)


TOO_MUCH_METADATA = {f"key{number}": "" for number in range(17)}

ROLES = "'assistant', 'system', 'developer', and 'user'"
INCOMING = "'input_text', 'input_image', 'input_file', 'scoped_content', and 'input_audio'"
PARTS = (
    "'input_text', 'input_image', 'input_audio', 'output_text', 'refusal', 'input_file', 'computer_screenshot', "
    "'summary_text', and 'encrypted_content'"
)
INCLUDABLE = "'fil...lts', 'web...lts', 'web...ces', 'mes...url', 'com...url', 'cod...uts', 'rea...ent', or 'mes...obs'"
NO_INPUT = "One of \"input\" or \"previous_response_id\" or 'prompt' or 'conversation' must be provided."


@pytest.mark.parametrize(
    ("body", "param", "code", "message"),
    [
        # what is missing
        ({"input": "Hi"}, *missing("model")),
        ({"model": "gpt-4.1"}, *missing("input")),
        ({"model": "gpt-4.1", "zzz": 1}, *missing("input")),
        ({"model": None, "input": "Hi"}, *wrong("model", "a string", "an object")),
        (asked(input=None), *wrong("input", "a string", "an object")),
        (asked(input=""), None, "missing_required_parameter", NO_INPUT),
        (asked(input=[]), None, "missing_required_parameter", NO_INPUT),
        # what is unknown
        (asked(n=2), *unknown("n")),
        (asked(stop=["."]), *unknown("stop", " Did you mean 'store'?")),
        (asked(strem=True), *unknown("strem", " Did you mean 'stream' or 'store'?")),
        (asked(inpu="Hi"), *unknown("inpu")),
        (asked(reasoning={"bogus": 1}), *unknown("reasoning.bogus")),
        (asked(stream_options={"include_usage": True}), *unknown("stream_options.include_usage")),
        (asked(input=[{**HELLO, "bogus": 1}]), *unknown("input[0].bogus")),
        (asked(input=[{**CALL, "parsed_arguments": {}}, OUTPUT]), *unknown("input[0].parsed_arguments")),
        (asked(tools=[{"type": "web_search", "max_uses": 1}]), *unknown("tools[0].max_uses")),
        # types
        (asked(model=7), *wrong("model", "a string", "an integer")),
        (asked(input={"a": 1}), *wrong("input", "one of a string or array of input items", "an object")),
        (asked(temperature="hot"), *wrong("temperature", "a decimal", "a string")),
        (asked(temperature=True), *wrong("temperature", "a decimal", "a boolean")),
        (asked(max_output_tokens=16.5), *wrong("max_output_tokens", "an integer", "a decimal number")),
        (asked(max_output_tokens=True), *wrong("max_output_tokens", "an integer", "a boolean")),
        (asked(stream="yes"), *wrong("stream", "a boolean", "a string")),
        (asked(stream_options="x"), *wrong("stream_options", "an object", "a string")),
        (asked(tools="x"), *wrong("tools", "an array of tools", "a string")),
        (asked(metadata="x"), *wrong("metadata", "a metadata object", "a string")),
        (asked(truncation={}), *wrong("truncation", "one of 'auto' or 'disabled'", "an object")),
        (
            asked(tool_choice=7),
            *wrong("tool_choice", "one of an object or 'none', 'auto', or 'required'", "an integer"),
        ),
        (
            asked(include="x"),
            *wrong(
                "include",
                f"an array of one of {INCLUDABLE}",
                "a string",
            ),
        ),
        (asked(conversation=7), *wrong("conversation", "one of a string or object", "an integer")),
        (asked(conversation={}), *missing("conversation.id")),
        # values
        (asked(temperature=2.5), *above("temperature", "decimal", 2, 2.5)),
        (asked(temperature=-0.1), *below("temperature", "decimal", 0, -0.1)),
        (asked(top_p=5), *above("top_p", "decimal", 1, 5)),
        (asked(top_logprobs=50), *above("top_logprobs", "integer", 20, 50)),
        (asked(max_output_tokens=15), *below("max_output_tokens", "integer", 16, 15)),
        (asked(max_tool_calls=0), *below("max_tool_calls", "integer", 1, 0)),
        (asked(truncation="bogus"), *value("truncation", "bogus", "'auto' and 'disabled'")),
        (
            asked(service_tier="bogus"),
            *value("service_tier", "bogus", "'auto', 'default', 'fast', 'flex', and 'priority'"),
        ),
        (asked(reasoning={"effort": "bogus"}), *value("reasoning.effort", "bogus", WORDS)),
        (asked(text={"verbosity": "bogus"}), *value("text.verbosity", "bogus", "'low', 'medium', and 'high'")),
        (asked(tool_choice="bogus"), *value("tool_choice", "bogus", "'none', 'auto', and 'required'")),
        (
            asked(previous_response_id="chatcmpl-1"),
            *invalid("previous_response_id", "invalid_value", "'chatcmpl-1'. Expected an ID that begins with 'resp'."),
        ),
        (
            asked(prompt_cache_key="k" * 65),
            *invalid(
                "prompt_cache_key",
                "string_above_max_length",
                "string too long. Expected a string with maximum length 64, but got a string with length 65 instead.",
            ),
        ),
        (
            asked(metadata=TOO_MUCH_METADATA),
            *invalid(
                "metadata",
                "object_above_max_properties",
                "too many properties. Expected an object with at most 16 properties, but got an object with 17 "
                "properties instead.",
            ),
        ),
        (
            asked(metadata={"k" * 70: ""}),
            f"metadata.{'k' * 70}",
            "property_name_above_max_length",
            "Invalid property name in 'metadata': 'kkk...kkk' is too long. Expected a string with maximum length 64",
        ),
        (asked(metadata={"run": 7}), *wrong("metadata.run", "a string", "an integer")),
        # formats
        (asked(text={"format": {}}), *missing("text.format.type")),
        (
            asked(text={"format": {"type": 7}}),
            "text.format.type",
            "invalid_type",
            "Invalid type for 'text.format.type'",
        ),
        (asked(text={"format": {"type": "json_schema"}}), *missing("text.format.name")),
        (
            asked(text={"format": {"type": "bogus"}}),
            *value("text.format.type", "bogus", "'json_object', 'text', and 'json_schema'"),
        ),
        # items
        (asked(input=[7]), *wrong("input[0]", "an input item", "an integer")),
        (asked(input=[HELLO, {"type": "bogus"}]), "input[1]", "invalid_value", "Invalid value: 'bogus'. Supported"),
        (
            asked(input=[{**HELLO, "type": 7}]),
            "input[0]",
            "invalid_value",
            "Invalid value: ''. Supported values are: 'a",
        ),
        (asked(input=[{}]), *value("input[0]", "", ROLES)),
        (asked(input=[{**HELLO, "role": "tool"}]), *value("input[0]", "tool", ROLES)),
        (asked(input=[{"role": "user"}]), *missing("input[0].content")),
        (
            asked(input=[{"role": "assistant", "content": None}]),
            *wrong("input[0].content", "one of an array of objects or string", "null"),
        ),
        (
            asked(input=[{"role": "user", "content": [{"type": "text", "text": "Hi"}]}]),
            *value("input[0].content[0].type", "text", PARTS),
        ),
        (
            asked(input=[{"role": "user", "content": [{"type": "output_text", "text": "Hi"}]}]),
            *value("input[0].content[0]", "output_text", INCOMING),
        ),
        (
            asked(input=[{"role": "assistant", "content": [{"type": "input_text", "text": "Hi"}]}]),
            *value("input[0].content[0]", "input_text", "'output_text' and 'refusal'"),
        ),
        (asked(input=[{"role": "user", "content": [{"type": "input_text"}]}]), *missing("input[0].content[0].text")),
        (
            asked(input=[{"role": "user", "content": [{"type": "input_image", "image_url": {"url": "x"}}]}]),
            *wrong("input[0].content[0].image_url", "a string", "an object"),
        ),
        (asked(input=[{"type": "function_call", "name": "f", "arguments": ""}]), *missing("input[0].call_id")),
        (asked(input=[{**CALL, "arguments": {}}]), *wrong("input[0].arguments", "a string", "an object")),
        (asked(input=[{**CALL, "name": "get weather"}]), *invalid("input[0].name", "invalid_value", "string does not")),
        (
            asked(input=[{**CALL, "id": "__fake_id__"}]),
            *invalid("input[0].id", "invalid_value", "'__fake_id__'. Expected an ID that begins with 'fc'."),
        ),
        (asked(input=[CALL, {"type": "function_call_output", "call_id": "call_1"}]), *missing("input[1].output")),
        (
            asked(input=[CALL, {**OUTPUT, "output": {}}]),
            *wrong("input[1].output", "one of a string or array of objects", "an object"),
        ),
        (asked(input=[{"type": "item_reference"}]), *missing("input[0].id")),
        (asked(input=[{"type": "reasoning", "id": "rs_1"}]), *missing("input[0].summary")),
        (asked(input=[{"type": "compaction", "id": "cmp_1"}]), *missing("input[0].encrypted_content")),
        # tools, and the choice among them
        (asked(tools=[{}]), *missing("tools[0].type")),
        (asked(tools=[{"type": "function", "function": {"name": "f"}}]), *missing("tools[0].name")),
        (
            asked(tools=[{"type": "web_search_20250305"}]),
            "tools[0].type",
            "invalid_value",
            "Invalid value: 'web_search_2",
        ),
        (
            asked(tools=[{**WEATHER, "name": "get.weather"}]),
            *invalid(
                "tools[0].name",
                "invalid_value",
                "string does not match pattern. Expected a string that matches the pattern '^[a-zA-Z0-9_-]+$'.",
            ),
        ),
        (asked(tools=[WEATHER], tool_choice={"type": "function"}), *missing("tool_choice.name")),
        (
            asked(tool_choice="required"),
            "tool_choice",
            None,
            "Tool choice 'required' must be specified with 'tools' parameter.",
        ),
        (
            asked(tools=[WEATHER], tool_choice={"type": "function", "name": "get_news"}),
            "tool_choice",
            None,
            "Tool choice 'function' not found in 'tools' parameter.",
        ),
        (
            asked(tools=[WEATHER], tool_choice={"type": "web_search_preview"}),
            "tool_choice",
            None,
            "Tool choice 'web_search_preview' not found in 'tools' parameter.",
        ),
        # Chat Completions' own
        (
            said(),
            None,
            "unsupported_parameter",
            "Unsupported parameter: 'messages'. In the Responses API, this parameter has moved to 'input'. Try again",
        ),
        (
            asked(response_format={"type": "json_object"}),
            None,
            "unsupported_parameter",
            "Unsupported parameter: 'response_format'. In the Responses API, this parameter has moved to 'text.format",
        ),
    ],
)
def test_a_response_is_refused_by_the_parameter(body, param, code, message):
    error = refusal("/responses", body)

    assert (error["param"], error["code"]) == (param, code)
    assert error["message"].startswith(message)


CHAT_ROLES = "'system', 'assistant', 'user', 'function', 'tool', and 'developer'"
NULL = "Invalid value for 'content': expected a string, got null."


@pytest.mark.parametrize(
    ("body", "param", "code", "message"),
    [
        # what is missing
        ({"messages": [HELLO]}, None, None, "you must provide a model parameter"),
        (said(model=None), None, None, "you must provide a model parameter"),
        (said(model=5), None, None, "We could not parse the JSON body of your request."),
        ({"model": "gpt-4.1"}, *missing("messages")),
        (
            said(messages=[]),
            *invalid("messages", "empty_array", "empty array. Expected an array with minimum length 1"),
        ),
        # what is unknown
        (said(input="Hi"), None, None, "Unrecognized request argument supplied: input"),
        (said(text={}, input="Hi"), None, None, "Unrecognized request arguments supplied: input, text"),
        (said(stream=True, stream_options={"bogus": 1}), *unknown("stream_options.bogus")),
        # types and values
        (said(n="2"), *wrong("n", "an integer", "a string")),
        (said(seed=1.5), *wrong("seed", "an integer", "a decimal number")),
        (said(n=0), *below("n", "integer", 1, 0)),
        (said(temperature=200), *above("temperature", "decimal", 2, 200)),
        (said(presence_penalty=-3), *below("presence_penalty", "decimal", -2, -3)),
        (
            said(stop=list("abcde")),
            *invalid("stop", "array_above_max_length", "array too long. Expected an array with"),
        ),
        (said(reasoning_effort="bogus"), *value("reasoning_effort", "bogus", WORDS)),
        (
            said(response_format={"type": "bogus"}),
            *value("response_format.type", "bogus", "'json_object', 'json_schema', and 'text'"),
        ),
        (
            said(response_format={"type": "json_schema", "json_schema": {}}),
            *missing("response_format.json_schema.name"),
        ),
        # messages
        (said(messages="Hi"), *wrong("messages", "an array of objects", "a string")),
        (said("Hi"), *wrong("messages[0]", "an object", "a string")),
        (said({"content": "Hi"}), *missing("messages[0].role")),
        (said({**HELLO, "role": "bogus"}), *value("messages[0].role", "bogus", CHAT_ROLES)),
        (
            said({**HELLO, "content": 7}),
            *wrong("messages[0].content", "one of a string or array of objects", "an integer"),
        ),
        (said(HELLO, {"role": "developer"}), *missing("messages[1].content")),
        (said({"role": "user"}), "messages.[0].content", None, NULL),
        (said(HELLO, {"role": "assistant", "refusal": None}), "messages.[1].content", None, NULL),
        (
            said({"role": "user", "content": [{"type": "image", "text": "Hi"}]}),
            *value(
                "messages[0].content[0].type",
                "image",
                "'text', 'image_url', 'input_audio', 'refusal', 'audio', and 'file'",
            ),
        ),
        (
            said({"role": "user", "content": [{**PART, "prompt_cache_breakpoint": {"mode": ""}}]}),
            *value("messages[0].content[0].prompt_cache_breakpoint.mode", "", "'explicit'"),
        ),
        (
            said({"role": "user", "content": [{"type": "file", "file": {"data": ""}}]}),
            *unknown("messages[0].content[0].file.data"),
        ),
        (
            said(HELLO, {"role": "assistant", "tool_calls": []}),
            *invalid("messages[1].tool_calls", "empty_array", "empty array. Expected an array with minimum length 1"),
        ),
        (
            said(HELLO, {"role": "assistant", "tool_calls": [{**CHAT_CALL, "id": "x" * 41}]}),
            *invalid("messages[1].tool_calls[0].id", "string_above_max_length", "string too long. Expected a string"),
        ),
        (
            said(HELLO, {"role": "assistant", "tool_calls": [CHAT_CALL]}, {"role": "tool", "content": "Sunny"}),
            "messages.[2].tool_call_id",
            None,
            "Missing parameter 'tool_call_id': messages with role 'tool' must have a 'tool_call_id'.",
        ),
        # tools, and the choice among them
        (said(tools=[]), *invalid("tools", "empty_array", "empty array. Expected an array with minimum length 1, but")),
        (said(tools=[CHAT_WEATHER] * 129), *invalid("tools", "array_above_max_length", "array too long. Expected an")),
        (said(tools=[WEATHER]), *missing("tools[0].function")),
        (said(tools=[{"type": "function", "function": {}}]), *missing("tools[0].function.name")),
        (
            said(tools=[{"type": "function", "function": {"name": ""}}]),
            *invalid(
                "tools[0].function.name", "empty_string", "empty string. Expected a string with minimum length 1,"
            ),
        ),
        (
            said(tool_choice="none"),
            "tool_choice",
            None,
            "Invalid value for 'tool_choice': 'tool_choice' is only allowed when 'tools' are specified.",
        ),
        (
            said(tools=[CHAT_WEATHER], tool_choice={"type": "function", "function": {"name": "get_news"}}),
            "function_call",
            None,
            "Invalid value for 'function_call': no function named 'get_news' was specified in the 'functions'",
        ),
        # what goes together
        (
            said(stream_options={"include_usage": True}),
            "stream_options",
            None,
            "The 'stream_options' parameter is only allowed when 'stream' is enabled.",
        ),
        (
            said(top_logprobs=1),
            "top_logprobs",
            None,
            "The 'top_logprobs' parameter is only allowed when 'logprobs' is enabled.",
        ),
    ],
)
def test_a_completion_is_refused_by_the_parameter(body, param, code, message):
    error = refusal("/chat/completions", body)

    assert (error["param"], error["code"]) == (param, code)
    assert error["message"].startswith(message)


@pytest.mark.parametrize(
    ("path", "body", "param", "code", "message"),
    [
        ("/responses/compact", {"input": "Hi"}, *missing("model")),
        (
            "/responses/input_tokens",
            {"input": 7},
            *wrong("input", "one of a string or array of input items", "an integer"),
        ),
        ("/conversations", {"items": [{}]}, *value("items[0]", "", ROLES)),
        ("/conversations/conv_1", {}, *missing("metadata")),
        ("/conversations/conv_1/items", {}, *missing("items")),
        (
            "/conversations/conv_1/items",
            {"items": [HELLO] * 21},
            *invalid(
                "items",
                "array_above_max_length",
                "array too long. Expected an array with maximum length 20, but got an array with length 21 instead.",
            ),
        ),
        ("/chat/completions/chatcmpl-1", {"metadata": {"run": None}}, *wrong("metadata.run", "a string", "null")),
        ("/embeddings", {"input": "Hi"}, None, None, "you must provide a model parameter"),
        ("/embeddings", {"model": "text-embedding-3-small"}, None, None, "Please submit an `input`."),
        (
            "/embeddings",
            {"model": "text-embedding-3-small", "input": "Hi", "encoding_format": "hex"},
            *value("encoding_format", "hex", "'float' and 'base64'"),
        ),
    ],
)
def test_the_other_endpoints_refuse_by_the_parameter(path, body, param, code, message):
    error = refusal(path, body)

    assert (error["param"], error["code"], error["message"][: len(message)]) == (param, code, message)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({"zzz": 1}, {"input": [7]}),
        ({"input": [7]}, {"truncation": "bogus"}),
        ({"include": ["bogus"]}, {"tools": "x"}),
        ({"temperature": "x"}, {"top_p": "x"}),
        ({"store": "x"}, {"service_tier": "bogus"}),
    ],
)
def test_of_two_faults_the_api_tells_the_one_that_it_looks_at_first(first, second):
    assert refusal("/responses", asked(**second, **first)) == refusal("/responses", asked(**first))


def test_the_types_of_items_are_told_as_the_api_tells_them():
    error = refusal("/responses", asked(input=[{"type": "bogus"}]))

    told = error["message"].split("are: ")[1]
    assert told.startswith("'additional_tools', 'agent_message', 'apply_patch_call', ")
    assert told.endswith("'tool_search_call', 'tool_search_output', and 'web_search_call'.")
    assert told.count("'") == 2 * 33


@pytest.mark.parametrize(
    "body",
    [
        {"prompt": {"id": "pmpt_1", "variables": {"city": "Paris"}}},
        asked(temperature=None, tools=None, metadata=None, conversation=None, stream_options=None),
        asked(metadata={f"key{number}": "x" * 512 for number in range(15)} | {"k" * 64: ""}),
        asked(input=[{"type": "message", "role": "developer", "content": [{"type": "input_text", "text": "Hi"}]}]),
        asked(
            input=[{**CALL, "id": "fc_1", "status": None}, {**OUTPUT, "output": [{"type": "input_text", "text": ""}]}]
        ),
        asked(input=[HELLO, {"id": "msg_1"}]),
        asked(tools=[], tool_choice="none"),
        asked(tools=[WEATHER], tool_choice={"type": "function", "name": "get_weather"}),
        asked(tools=[{"type": "web_search"}], tool_choice={"type": "web_search_preview"}),
        asked(
            tools=[{"type": "namespace", "name": "sky", "description": "The sky.", "tools": [WEATHER]}],
            tool_choice={
                "type": "allowed_tools",
                "mode": "auto",
                "tools": [{"type": "function", "name": "get_weather"}],
            },
        ),
        asked(
            input=[HELLO, {"type": "additional_tools", "role": "developer", "tools": [WEATHER]}],
            tool_choice="required",
        ),
        asked(prompt={"id": "pmpt_1"}, tool_choice="required"),
        asked(service_tier="scale"),
        asked(temperature=2, top_p=1, max_output_tokens=16, top_logprobs=20),
    ],
)
def test_a_response_may_be_asked_for_so(body):
    assert parameters.check(body, parameters.RESPONSE) == body


@pytest.mark.parametrize(
    "body",
    [
        said({"role": "user", "content": ""}, {"role": "user", "content": []}),
        said(
            HELLO,
            {"role": "assistant", "tool_calls": [CHAT_CALL]},
            {"role": "tool", "content": "", "tool_call_id": "1"},
        ),
        said(HELLO, {"role": "assistant", "refusal": "No."}, {**HELLO, "reasoning_content": "Hm."}),
        said(tools=[CHAT_WEATHER], tool_choice={"type": "function", "function": {"name": "get_weather"}}),
        said(functions=[{"name": "f"}], function_call={"name": "f"}),
        said(stream=True, stream_options={"include_usage": True}, logprobs=True, top_logprobs=0),
        said(stop=["."], logit_bias={"50256": -100}, modalities=["text"], n=1),
    ],
)
def test_a_completion_may_be_asked_for_so(body):
    assert parameters.check(body, parameters.COMPLETION) == body


def test_what_a_response_said_may_be_sent_back():
    said = Reply(
        reasoning("Hm.", encrypted_content="gAAAA"),
        text("It is ", "sunny.", logprobs=[-0.5, -0.25]),
        tool_call("get_weather", {"city": "Paris"}, id="call_1"),
    )
    client = FakeOpenAI([said, "Thanks."]).client()

    first = client.responses.create(**ASKED, store=False)
    second = client.responses.create(model="gpt-4.1", input=[HELLO, *first.output, OUTPUT])

    assert second.output_text == "Thanks."


def test_metadata_may_be_taken_away():
    body = {"metadata": None}

    assert parameters.check(body, parameters.CONVERSATION_UPDATE) is body
    assert parameters.check(body, parameters.COMPLETION_UPDATE) is body
