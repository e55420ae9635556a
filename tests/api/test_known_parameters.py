"""What FakeOpenAI takes of a request's body: all that the API describes, the SDK sends and real clients have sent."""

import operator
import typing

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fakemodel.api import parameters
from fakemodel.api.parameters.input_items import INPUT_ITEM
from fakemodel.api.parameters.tools import TOOL
from fakemodel.tape import layout
from fakemodel.wire.errors import ERRORS, Refused

properties = settings(max_examples=300)

HELLO = {"role": "user", "content": "Hi"}
ASKED = {"model": "gpt-4.1", "input": "Hi"}
SAID = {"model": "gpt-4.1", "messages": [HELLO]}
WEATHER = {"type": "function", "name": "get_weather", "parameters": {}}
CALL = {"id": "call_1", "type": "function", "function": {"name": "get_weather", "arguments": "{}"}}
ANSWER = {"role": "tool", "content": "Sunny", "tool_call_id": "call_1"}

ENDPOINTS = {
    "/responses": parameters.RESPONSE,
    "/responses/input_tokens": parameters.INPUT_TOKENS,
    "/responses/compact": parameters.COMPACTION,
    "/conversations": parameters.CONVERSATION,
    "/conversations/{conversation_id}": parameters.CONVERSATION_UPDATE,
    "/conversations/{conversation_id}/items": parameters.ITEMS,
    "/chat/completions": parameters.COMPLETION,
    "/chat/completions/{completion_id}": parameters.COMPLETION_UPDATE,
}


def resolved(schema, openapi):
    """All object schemas that a schema may stand for."""
    if "$ref" in schema:
        schema = openapi["components"]["schemas"][schema["$ref"].split("/")[-1]]
    found = [schema] if "properties" in schema else []
    for word in ("allOf", "anyOf", "oneOf"):
        found += [each for part in schema.get(word, ()) for each in resolved(part, openapi)]
    return found


LATER = {"access_programs", "background_options", "image"}
"""What the SDK has and the API's description has not yet."""

UNDESCRIBED = {"/responses": {"presence_penalty", "frequency_penalty"}}
"""What the API knows, and its description does not tell."""


@pytest.mark.parametrize("path", ENDPOINTS)
def test_the_members_of_a_body_are_those_of_the_description(openapi, path):
    body = openapi["paths"][path]["post"]["requestBody"]["content"]["application/json"]["schema"]
    described = {name for schema in resolved(body, openapi) for name in schema["properties"]}

    known = set(ENDPOINTS[path].members.kinds)

    assert known - LATER - UNDESCRIBED.get(path, set()) == described


OTHERS = {"agent_message", "multi_agent_call", "multi_agent_call_output", "configuration_update"}
"""The items that the API speaks of, or the SDK has, and the description has not."""

FREE = {"id", "type", "request_id", "call_id"}
"""What is not required of an item, or of one of them, whatever the description says."""


def test_the_items_of_an_input_are_those_of_the_description(openapi):
    described = {}
    for schema in resolved({"$ref": "#/components/schemas/InputItem"}, openapi):
        type_ = schema["properties"].get("type", {"enum": ["message"]})
        for name in type_.get("enum") or type_["anyOf"][0]["enum"]:
            described.setdefault(name, []).append(schema)

    assert set(INPUT_ITEM.kinds) - OTHERS == set(described)
    for name, (schema, *more) in described.items():
        if not more:
            kind = INPUT_ITEM.kinds[name]
            assert set(schema["properties"]) <= set(kind.kinds), name
            assert set(schema.get("required", ())) - FREE <= set(kind.required), name


def test_the_tools_are_those_of_the_description(openapi):
    described = {}
    for schema in resolved({"$ref": "#/components/schemas/Tool"}, openapi):
        for name in schema["properties"]["type"]["enum"]:
            described[name] = schema

    assert set(TOOL.kinds) == set(described)
    for name, schema in described.items():
        assert set(schema["properties"]) <= set(TOOL.kinds[name].kinds), name


SDK = {
    "responses.response_create_params.ResponseCreateParamsNonStreaming": (parameters.RESPONSE, ASKED),
    "responses.response_create_params.ResponseCreateParamsStreaming": (parameters.RESPONSE, ASKED),
    "responses.input_token_count_params.InputTokenCountParams": (parameters.INPUT_TOKENS, {}),
    "responses.response_compact_params.ResponseCompactParams": (parameters.COMPACTION, ASKED),
    "chat.completion_create_params.CompletionCreateParamsNonStreaming": (parameters.COMPLETION, SAID),
    "chat.completion_create_params.CompletionCreateParamsStreaming": (parameters.COMPLETION, SAID),
    "chat.completion_update_params.CompletionUpdateParams": (parameters.COMPLETION_UPDATE, {}),
    "conversations.conversation_create_params.ConversationCreateParams": (parameters.CONVERSATION, {}),
    "conversations.conversation_update_params.ConversationUpdateParams": (parameters.CONVERSATION_UPDATE, {}),
    "conversations.item_create_params.ItemCreateParams": (parameters.ITEMS, {}),
    "embedding_create_params.EmbeddingCreateParams": (parameters.EMBEDDINGS, {"model": "m", "input": "Hi"}),
}
"""The bodies that the SDK has types for, with what must stand in them."""

BY_NAME = {"compact_threshold": 1000, "conversation": "conv_1", "previous_response_id": "resp_1"}
"""Values of members that not any will do for."""

IDS = {"function_call": "fc", "function_call_output": "fc", "custom_tool_call": "ctc", "web_search_call": "ws"}
IDS |= {"message": "msg", "reasoning": "rs"}

TIGHTER = ("].phase", "].call_id")
"""What the SDK has types for and the API refuses: a phase of a user's message, and an output of no call."""

ABOUT_OTHERS = {"choice_alone", "function_not_found", "no_tools", "parameter_alone", "tool_not_found"}
"""The refusals of a body whose members do not go together, each of which is as it should be."""


def samples(hint, name=""):
    """Values of a type of the SDK: one for each alternative that it has, at any depth."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if name in BY_NAME and hint is not type(None):
        yield BY_NAME[name]
    elif hasattr(hint, "__required_keys__"):  # a TypedDict, of whichever module
        yield from objects(hint)
    elif origin in (typing.Required, typing.NotRequired, typing.Annotated):
        yield from samples(arguments[0], name)
    elif origin is typing.Literal:
        yield from arguments
    elif hint in SIMPLE:
        yield SIMPLE[hint]
    elif origin is dict:
        yield {"key": next(samples(arguments[1]))}
    elif isinstance(origin, type):
        yield from ([value] for value in samples(arguments[0]))
    else:  # a union
        for alternative in arguments:
            yield from samples(alternative, name)


SIMPLE = {str: "x", int: 16, float: 1.0, bool: True, object: {}, type(None): None}


def objects(hint):
    """Objects of a type of the SDK: one with all members, and one for each other value of a member."""
    members = {
        name: [*samples(member, name)] for name, member in typing.get_type_hints(hint, include_extras=True).items()
    }
    whole = {name: values[0] for name, values in members.items()}
    if "id" in whole:
        whole["id"] = f"{IDS.get(whole.get('type'), 'conv')}_1"
    yield whole
    for name, (_, *others) in members.items():
        yield from ({**whole, name: other} for other in others if name != "id")


@pytest.mark.parametrize("path", SDK)
def test_whatever_the_sdk_has_a_type_for_is_taken(path):
    module, _, name = path.rpartition(".")
    hint = operator.attrgetter(name)(pytest.importorskip(f"openai.types.{module}"))
    table, rest = SDK[path]
    taken, refused = 0, []
    for name, member in typing.get_type_hints(hint, include_extras=True).items():
        for value in [] if name == "include" and table is parameters.ITEMS else samples(member, name):  # in the query
            try:
                parameters.check({**rest, name: value}, table)
                taken += 1
            except Refused as error:
                if error.reason not in ABOUT_OTHERS and not error.named[0].endswith(TIGHTER):
                    refused.append((error.reason, *error.named, value))

    assert taken
    assert refused[:1] == []


def paths(value, path=()):
    """The places in a JSON value."""
    yield path
    for key, held in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield from paths(held, (*path, key))


def replaced(value, path, other):
    if not path:
        return other
    copied = value.copy()
    copied[path[0]] = replaced(value[path[0]], path[1:], other)
    return copied


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.sampled_from(["function", "message", "user"]),
    lambda values: (
        st.lists(values, max_size=3)
        | st.dictionaries(st.text() | st.sampled_from(["type", "role", "id", "name"]), values, max_size=3)
    ),
    max_leaves=8,
)

GOOD = [
    (
        {
            **ASKED,
            "input": [
                {"role": "user", "content": [{"type": "input_text", "text": "Hi"}]},
                {"type": "function_call", "call_id": "call_1", "name": "get_weather", "arguments": "{}"},
                {"type": "function_call_output", "call_id": "call_1", "output": "Sunny"},
            ],
            "tools": [WEATHER],
            "tool_choice": {"type": "function", "name": "get_weather"},
            "text": {"format": {"type": "text"}},
            "metadata": {"a": "b"},
        },
        parameters.RESPONSE,
    ),
    (
        {
            **ASKED,
            "conversation": {"id": "conv_1"},
            "tools": [{"type": "namespace", "name": "sky", "description": "", "tools": [WEATHER]}],
            "tool_choice": {"type": "allowed_tools", "mode": "auto", "tools": [WEATHER]},
        },
        parameters.INPUT_TOKENS,
    ),
    (
        {
            **SAID,
            "messages": [HELLO, {"role": "assistant", "tool_calls": [CALL]}, ANSWER],
            "tools": [{"type": "function", "function": {"name": "get_weather"}}],
            "tool_choice": {"type": "function", "function": {"name": "get_weather"}},
        },
        parameters.COMPLETION,
    ),
    ({"items": [HELLO], "metadata": {}}, parameters.CONVERSATION),
]


@st.composite
def bodies(draw):
    """Bodies of all sorts, and an endpoint's table: good bodies of it in which one place, or several, hold anything."""
    body, table = draw(st.sampled_from(GOOD))
    for _ in range(draw(st.integers(0, 3))):
        body = replaced(body, draw(st.sampled_from([*paths(body)])), draw(JSON))
    return body, table


@pytest.mark.parametrize(("body", "table"), GOOD)
def test_these_bodies_are_good(body, table):
    assert parameters.check(body, table) is body


@properties
@given(bodies() | st.tuples(JSON, st.sampled_from([*ENDPOINTS.values(), parameters.EMBEDDINGS])))
def test_a_body_is_taken_as_it_is_or_refused_with_a_row_of_the_table(asked):
    body, table = asked
    try:
        taken = parameters.check(body, table)
    except Refused as error:
        ERRORS[error.reason].body(*error.named)
    else:
        assert taken is body


RECORDED = {
    "/v1/responses": parameters.RESPONSE,
    "/v1/responses/input_tokens": parameters.INPUT_TOKENS,
    "/v1/responses/compact": parameters.COMPACTION,
    "/v1/conversations": parameters.CONVERSATION,
    "/v1/chat/completions": parameters.COMPLETION,
}


def test_whatever_the_real_api_answered_is_taken(corpus):
    taken = 0
    for file in sorted(corpus.rglob("*.yaml")):
        for turn in layout.read(file):
            table = RECORDED.get(turn.request.uri.removeprefix("https://api.openai.com"))
            if table and turn.request.method == "POST" and turn.response.status == 200:
                parameters.check(turn.request.json, table)
                taken += 1

    assert taken > 150
