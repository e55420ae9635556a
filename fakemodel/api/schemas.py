"""The schemas that a request holds its answer to: those that are `strict`, and what the API demands of them.

Schemas that are not strict are advice to the model, and are let be.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import unquote

from fakemodel.wire.errors import Refused
from fakemodel.wire.payload import Payload

__all__ = ["Strict", "check_schemas", "flat", "output_format", "strict_functions", "strict_output"]


@dataclass(frozen=True, slots=True)
class Strict:
    """A strict schema: its name, the `place` at which it stands in the request, and the row of ERRORS for it."""

    name: str
    schema: Any
    place: str
    row: str


def check_schemas(body: Payload) -> None:
    """Raise Refused for a request with a strict schema that the API does not take."""
    output = strict_output(body)
    for strict in (*strict_functions(body), *([output] if output else ())):
        problem = _problem(json.dumps(strict.schema))
        if problem is not None:
            raise Refused(strict.row, strict.name, problem, strict.place)


def strict_output(body: Payload) -> Strict | None:
    """The schema that a text has to keep to, if there is one."""
    form = output_format(body)
    if form.get("type") != "json_schema" or form.get("strict") is not True or form.get("schema") is None:
        return None
    place, row = OUTPUTS["messages" in body]
    return Strict(str(form.get("name")), form["schema"], place, row)


def strict_functions(body: Payload) -> Iterator[Strict]:
    """The schemas that the arguments of calls have to keep to."""
    parameters = "function.parameters" if "messages" in body else "parameters"
    for index, tool in enumerate(body.get("tools") or ()):
        function = flat(tool)
        strict = function.get("type") == "function" and function.get("strict") is True
        if strict and function.get("parameters") is not None:
            place = f"tools[{index}].{parameters}"
            yield Strict(str(function.get("name")), function["parameters"], place, "invalid_function_parameters")


def output_format(body: Payload) -> Payload:
    """The form that a request wants its text in; empty where it does not say."""
    return flat(body["response_format"] if "response_format" in body else (body.get("text") or {}).get("format"))


def flat(value: object) -> Payload:
    """A tool, a choice of one or a format as the Responses API has it: Chat Completions nests it under its type."""
    if not isinstance(value, dict):
        return {}
    nested = value.get(str(value.get("type")))
    return {**value, **nested} if isinstance(nested, dict) else value


OUTPUTS = {
    False: ("text.format.schema", "invalid_text_format"),
    True: ("response_format", "invalid_response_format"),
}
"""Where the schema of the text stands and which row refuses it; True for Chat Completions."""

FORBIDDEN = (
    *("allOf", "oneOf", "not", "if", "then", "else", "dependentRequired", "dependentSchemas"),
    *("contains", "propertyNames", "uniqueItems"),
)
"""The keywords that a strict schema must not have: those of OpenAI's guide, then those known from users' reports."""

TYPED_BY = ("type", "$ref", "anyOf", "enum", "const")
"""The keywords of which a strict schema must have one."""

DEFINITIONS = ("$defs", "definitions")

NAMED, LISTED, ALONE = ("properties", "patternProperties", *DEFINITIONS), ("anyOf", "prefixItems"), {"items"}
"""The keywords with schemas in them: by names, in a list, and one alone."""


@lru_cache(maxsize=1024)  # a check of a schema takes as long as a whole answer, and an agent sends it again every turn
def _problem(text: str) -> str | None:
    """What the API has against a strict schema, in its words; it takes them from jsonschema, as we do."""
    from jsonschema import Draft202012Validator, SchemaError

    schema = json.loads(text)
    try:
        Draft202012Validator.check_schema(schema)
    except SchemaError as error:
        return str(error.message)
    type_ = schema.get("type") if isinstance(schema, dict) else None
    if type_ != "object":
        return f"""schema must be a JSON Schema of 'type: "object"', got 'type: "{type_}"'."""
    if {"anyOf", "enum"} & schema.keys():
        return "schema must have type 'object' and not have 'oneOf'/'anyOf'/'allOf'/'enum'/'not' at the top level."
    problems = (_demanded(f"context={path!r},", inner, schema) for path, inner in _schemas(schema, ()))
    return next(filter(None, problems), None)


def _schemas(schema: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Payload]]:
    """A schema and those in it, each with the path to it."""
    found = schema if isinstance(schema, dict) else {}  # true, which demands nothing
    yield path, found
    for key in NAMED:
        for name, inner in found.get(key, {}).items():
            yield from _schemas(inner, (*path, key, name))
    for key in LISTED:
        for index, inner in enumerate(found.get(key, ())):
            yield from _schemas(inner, (*path, key, str(index)))
    for key in ALONE & found.keys():
        yield from _schemas(found[key], (*path, key))


def _demanded(at: str, schema: Payload, root: Payload) -> str | None:
    """What a strict schema lacks, or has and must not, without those in it; None where it is in order."""
    for keyword in FORBIDDEN:
        if keyword in schema:
            return f"In {at} '{keyword}' is not permitted."
    if not any(keyword in schema for keyword in TYPED_BY):
        return f"In {at} schema must have a 'type' key."
    if "$ref" in schema:
        beside = ", ".join(map(repr, sorted(schema.keys() - {"$ref"})))
        return f"{at} $ref cannot have keywords {{{beside}}}." if beside else _unresolved(at, schema["$ref"], root)
    types = schema.get("type", ())
    types = (types,) if isinstance(types, str) else types
    if "array" in types and not {"items", "prefixItems"} & schema.keys():
        return f"In {at} array schema missing items."
    return _open(at, schema) if "object" in types else None


def _open(at: str, schema: Payload) -> str | None:
    """What leaves it open which members an object has."""
    if schema.get("additionalProperties") is not False:
        return f"In {at} 'additionalProperties' is required to be supplied and to be false."
    properties, required = schema.get("properties", {}), schema.get("required", ())
    wanted = f"In {at} 'required' is required to be supplied and to be an array including every key in properties."
    for name in properties:
        if name not in required:
            return f"{wanted} Missing '{name}'."
    for name in required:
        if name not in properties:
            return f"{wanted} Extra required key '{name}' supplied."
    return None


def _unresolved(at: str, reference: str, root: Payload) -> str | None:
    """What is wrong with a reference, which has to name a definition or the whole schema."""
    seen: set[str] = set()
    while reference != "#":
        start, _, name = unquote(reference).removeprefix("#/").partition("/")
        if not reference.startswith("#/") or start not in DEFINITIONS or "/" in name:
            return f"In {at} reference can only point to definitions defined at the top level of the schema."
        found = root.get(start, {}).get(name.replace("~1", "/").replace("~0", "~"))
        if found is None or reference in seen:
            return f"In {at} reference to component '{reference}' which was not found in the schema."
        if not isinstance(found, dict) or "$ref" not in found:
            return None
        seen.add(reference)
        reference = found["$ref"]
    return None
