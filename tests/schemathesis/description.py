"""OpenAI's description of its API with the amendments, and what of it FakeOpenAI holds requests to."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any, TypeAlias

from amendments import ANSWERS, NEEDS_NO_ID, REQUESTS, Amendment
from unread import READ, UNREAD

__all__ = ["FILE", "described", "with_nulls", "without_unread"]

Json: TypeAlias = dict[str, Any]

FILE = Path(__file__).resolve().parents[3] / "shared" / "openai-openapi.json"
"""The description, which is no part of the project: it lies beside the checkout, or nowhere."""


def described() -> Json:
    """The description as it is to be read."""
    found: Json = json.loads(FILE.read_text(encoding="utf-8"))
    amend(found, ANSWERS)
    found = of_openapi_31(found)
    schemas = found["components"]["schemas"]
    for operation in operations(found):
        if "requestBody" in operation:
            operation["requestBody"] = {**closed(operation["requestBody"], schemas), "required": True}
    amend(found, REQUESTS)
    return any_of(found)


def with_nulls(description: Json) -> Json:
    """A description by which null is as good as no member, in a request, where none is required."""
    found = deepcopy(description)
    for operation in operations(found):
        if "requestBody" in operation:
            let_null_be(operation["requestBody"]["content"])
    for name, schema in found["components"]["schemas"].items():
        if name.startswith("request."):
            let_null_be(schema)
    return found


def without_unread(description: Json) -> Json:
    """A description without what FakeOpenAI does not look at in a request."""
    found = deepcopy(description)
    schemas = found["components"]["schemas"]
    for union, read in READ.items():
        for form in schemas[union]["anyOf"]:
            members = schemas[form["$ref"].rpartition("/")[2]].get("properties", {})
            members.update({name: True for name in members if name not in read})
    amend(found, UNREAD)
    return found


def let_null_be(node: Any) -> None:
    for each in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        let_null_be(each)
    if isinstance(node, dict) and isinstance(node.get("properties"), dict):
        for name, member in node["properties"].items():
            if name not in node.get("required", ()):
                node["properties"][name] = {"anyOf": [member, {"type": "null"}]}


def operations(description: Json) -> Iterator[Json]:
    for methods in description["paths"].values():
        yield from methods.values()


def amend(description: Json, amendments: Iterable[Amendment]) -> None:
    for amendment in amendments:
        for place in amendment.places:
            pointer = place if place.startswith("/") else f"/components/schemas/{place}"
            found = list(places(description, [key.replace("~1", "/") for key in pointer.split("/")[1:]]))
            assert found, f"{place} is nowhere"
            for holder, key in found:
                holder[key] = patched(holder[key] if isinstance(holder, list) else holder.get(key), amendment.change)


def places(node: Any, keys: list[str]) -> Iterator[tuple[Any, Any]]:
    """Where the keys lead to from `node`: what holds it, and its key there."""
    key, *rest = keys
    if isinstance(node, list):
        found = [index for index, member in enumerate(node) if key in ("*", str(index), member.get("name"))]
    else:
        found = list(node) if key == "*" else [key] if key in node or not rest else []
    for each in found:
        if rest:
            yield from places(node[each], rest)
        else:
            yield node, each


def patched(value: Any, change: Any) -> Any:
    """A value with a JSON merge patch."""
    if not isinstance(change, dict):
        return deepcopy(change)
    found = value if isinstance(value, dict) else {}
    members = {name: patched(found.get(name), member) for name, member in change.items() if member is not None}
    return {name: member for name, member in found.items() if name not in change} | members


def of_openapi_31(node: Any) -> Any:
    """The description without what OpenAPI 3.1 reads otherwise than it is meant.

    `nullable` is a word of 3.0. Where a `discriminator` has no mapping its values would be the names of schemas.
    """
    if isinstance(node, list):
        return [of_openapi_31(each) for each in node]
    if not isinstance(node, dict):
        return node
    found = {name: of_openapi_31(member) for name, member in node.items() if name not in ("discriminator", "nullable")}
    return {"anyOf": [found, {"type": "null"}]} if node.get("nullable") is True else found


def any_of(node: Any) -> Any:
    """The description with forms that may overlap, as those do of a message, which only its type tells."""
    if isinstance(node, list):
        return [any_of(each) for each in node]
    if not isinstance(node, dict):
        return node
    return {"anyOf" if name == "oneOf" else name: any_of(member) for name, member in node.items()}


def closed(node: Any, schemas: Json) -> Any:
    """A part of a request, whose objects have no members but those that are described.

    What it refers to is put into `schemas` in the same form, by a name that begins with `request.`.
    """
    if isinstance(node, list):
        return [closed(each, schemas) for each in node]
    if not isinstance(node, dict):
        return node
    if isinstance(node.get("$ref"), str):
        name = node["$ref"].rpartition("/")[2]
        own = f"request.{name}"
        if own not in schemas:
            schemas[own] = {}  # it may refer to itself
            schemas[own] = closed(without_id(schemas[name]) if name in NEEDS_NO_ID else schemas[name], schemas)
        return {**node, "$ref": f"#/components/schemas/{own}"}
    if "allOf" in node:
        parts = list(parts_of(node, schemas))
        members = {name: member for part in parts for name, member in part["properties"].items()}
        node = {"properties": members, "required": [name for part in parts for name in part.get("required", ())]}
    found = {name: closed(member, schemas) for name, member in node.items()}
    if isinstance(node.get("properties"), dict):
        found = {"type": "object", "additionalProperties": False, **found}
    return found


def without_id(schema: Json) -> Json:
    return {**schema, "required": [name for name in schema["required"] if name != "id"]}


def parts_of(schema: Json, schemas: Json) -> Iterator[Json]:
    """The objects that an object is described as the sum of."""
    if "$ref" in schema:
        schema = schemas[schema["$ref"].rpartition("/")[2]]
    if "allOf" not in schema:
        yield schema
    for part in schema.get("allOf", ()):
        yield from parts_of(part, schemas)
