"""A request with a strict schema that the API does not take is refused as there, in its words."""

from typing import Any

import openai
import pytest
from pydantic import BaseModel, create_model

from fakemodel import Reply, refusal

USER = {"role": "user", "content": "Hi"}
LOOSE = {"type": "function", "name": "get_time", "parameters": {"type": "object"}, "strict": False}
REQUIRED = "'required' is required to be supplied and to be an array including every key in properties."
TOP_LEVEL = "reference can only point to definitions defined at the top level of the schema."


def respond(api, **options):
    return api.client().responses.create(model="m", input="Hi", **options)


def complete(api, **options):
    return api.client().chat.completions.create(model="m", messages=[USER], **options)


def error_of(ask, api, **options):
    with pytest.raises(openai.BadRequestError) as refused:
        ask(api, **options)
    return refused.value.body


def error(problem, param, code):
    message = f"Invalid schema for {problem}"
    return {"message": message, "type": "invalid_request_error", "param": param, "code": code}


OBJECT = {"type": "object", "additionalProperties": False}


def strict(**properties):
    return {**OBJECT, "properties": properties, "required": list(properties)}


@pytest.mark.parametrize(
    ("schema", "problem"),
    [
        (strict(a=[]), "[] is not of type 'object', 'boolean'"),
        ({**OBJECT, "required": None}, "None is not of type 'array'"),
        (strict(a={"type": "text"}), "'text' is not valid under any of the given schemas"),
        (strict(a={"type": "string", "pattern": "("}), "'(' is not a 'regex'"),
        ({"type": "string"}, """schema must be a JSON Schema of 'type: "object"', got 'type: "string"'."""),
        ({}, """schema must be a JSON Schema of 'type: "object"', got 'type: "None"'."""),
        (
            {**strict(), "anyOf": [strict()]},
            "schema must have type 'object' and not have 'oneOf'/'anyOf'/'allOf'/'enum'/'not' at the top level.",
        ),
        (
            {"type": "object", "properties": {}},
            "In context=(), 'additionalProperties' is required to be supplied and to be false.",
        ),
        (
            strict(a={"type": ["object", "null"], "additionalProperties": {"type": "string"}}),
            "In context=('properties', 'a'), 'additionalProperties' is required to be supplied and to be false.",
        ),
        (
            {**strict(a={"type": "string"}), "required": []},
            f"In context=(), {REQUIRED} Missing 'a'.",
        ),
        (
            {**strict(), "required": ["a"]},
            f"In context=(), {REQUIRED} Extra required key 'a' supplied.",
        ),
        (
            strict(a={"type": "array", "items": {"oneOf": [{"type": "string"}]}}),
            "In context=('properties', 'a', 'items'), 'oneOf' is not permitted.",
        ),
        (
            strict(a={"anyOf": [{"type": "null"}, {}]}),
            "In context=('properties', 'a', 'anyOf', '1'), schema must have a 'type' key.",
        ),
        (strict(a=True), "In context=('properties', 'a'), schema must have a 'type' key."),
        (strict(a={"type": "array"}), "In context=('properties', 'a'), array schema missing items."),
        (
            {**strict(a={"$ref": "#/$defs/A", "description": "It."}), "$defs": {"A": {"type": "string"}}},
            "context=('properties', 'a'), $ref cannot have keywords {'description'}.",
        ),
        (
            strict(a={"type": "string"}, b={"$ref": "#/properties/a"}),
            f"In context=('properties', 'b'), {TOP_LEVEL}",
        ),
        (
            strict(a={"$ref": "https://example.com/schema"}),
            f"In context=('properties', 'a'), {TOP_LEVEL}",
        ),
        (
            strict(a={"$ref": "#/$defs/A"}),
            "In context=('properties', 'a'), reference to component '#/$defs/A' which was not found in the schema.",
        ),
        (
            {**strict(a={"$ref": "#/$defs/A"}), "$defs": {"A": {"$ref": "#/$defs/B"}, "B": {"$ref": "#/$defs/A"}}},
            "In context=('properties', 'a'), reference to component '#/$defs/A' which was not found in the schema.",
        ),
    ],
)
def test_a_strict_schema_that_the_api_does_not_take_is_refused(api, schema, problem):
    api.say("never said")
    form = {"name": "Weather", "strict": True, "schema": schema}
    function = {"name": "get_weather", "strict": True, "parameters": schema}

    errors = [
        error_of(respond, api, text={"format": {"type": "json_schema", **form}}),
        error_of(respond, api, tools=[LOOSE, {"type": "function", **function}]),
        error_of(complete, api, response_format={"type": "json_schema", "json_schema": form}),
        error_of(complete, api, tools=[{"type": "function", "function": function}]),
    ]

    assert errors == [
        error(f"response_format 'Weather': {problem}", "text.format.schema", "invalid_json_schema"),
        error(f"function 'get_weather': {problem}", "tools[1].parameters", "invalid_function_parameters"),
        error(f"response_format 'Weather': {problem}", "response_format", None),
        error(f"function 'get_weather': {problem}", "tools[0].function.parameters", "invalid_function_parameters"),
    ]
    assert api.remaining == 1


@pytest.mark.parametrize(
    "schema",
    [
        strict(),
        OBJECT,
        strict(a={"type": ["string", "null"], "enum": ["x", None]}, b={"const": 1}),
        strict(a={"type": "array", "items": {"$ref": "#"}}),
        {
            **strict(a={"anyOf": [{"$ref": "#/$defs/a~1b"}, {"$ref": "#/definitions/c%20d"}]}),
            "$defs": {"a/b": strict(oneOf={"type": "integer"})},
            "definitions": {"c d": {"$ref": "#/$defs/a~1b"}},
        },
    ],
)
def test_a_strict_schema_that_the_api_takes_is_taken(api, schema):
    api.say("Sunny.")
    function = {"type": "function", "name": "get_weather", "strict": True, "parameters": schema}

    assert respond(api, tools=[function]).output_text == "Sunny."


@pytest.mark.parametrize("schema", [{"type": "object"}, {"type": "text"}, None])
def test_a_schema_that_is_not_strict_is_not_looked_at(api, schema):
    api.say("Sunny.")

    assert respond(api, tools=[{**LOOSE, "parameters": schema}]).output_text == "Sunny."


class Person(BaseModel):
    name: str
    address: "Address | None"


class Address(BaseModel):
    street: str


class Contact(BaseModel):
    person: Person
    friends: list[Person]


def test_what_the_sdk_makes_of_models_is_taken(api, client):
    api.say(*[Reply(refusal("No."))] * 4)
    tool = openai.pydantic_function_tool(Contact)

    client.responses.parse(model="m", input="Hi", text_format=Contact)
    client.responses.parse(model="m", input="Hi", tools=[tool])
    client.chat.completions.parse(model="m", messages=[USER], response_format=Contact)
    client.chat.completions.parse(model="m", messages=[USER], tools=[tool])

    api.assert_complete()


@pytest.mark.parametrize("field", [Any, dict[str, str]])
def test_a_model_that_the_api_does_not_take_is_refused_as_there(client, field):
    model = create_model("Loose", field=(field, ...))

    with pytest.raises(openai.BadRequestError, match=r"In context=\('properties', 'field'\)") as refused:
        client.responses.parse(model="m", input="Hi", text_format=model)

    assert refused.value.code == "invalid_json_schema"
