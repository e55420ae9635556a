"""The checks of schemathesis, but for what no schema can say, and for what FakeOpenAI does not look at."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from typing import Any

import jsonschema_rs
import schemathesis
from description import described, with_nulls, without_unread
from schemathesis.checks import CheckContext
from schemathesis.core.failures import Failure, FailureGroup
from schemathesis.core.parameters import ParameterLocation
from schemathesis.core.transport import Response
from schemathesis.specs.openapi.checks import (
    negative_data_rejection,
    positive_data_acceptance,
    response_schema_conformance,
)

from fakemodel.wire.errors import ERRORS

__all__ = [
    "AnswersAreAsDescribed",
    "EveryOperationSucceeds",
    "invalid_requests_are_refused",
    "valid_requests_are_accepted",
]

BEYOND_SCHEMAS = {
    "both_states": "Two members exclude each other.",
    "parameter_alone": "One member needs another.",
    "choice_alone": "One member needs another.",
    "no_content": "One member needs another, or stands for it.",
    "no_input": "One member stands for another.",
    "no_tools": "A choice needs what it is made from.",
    "tool_not_found": "A choice needs what it is made from.",
    "function_not_found": "A choice needs what it is made from.",
    "output_not_found": "A call needs an output.",
    "call_not_found": "An output needs a call.",
    "tool_message_alone": "An output needs a call.",
    "tool_message_missing": "A call needs an output.",
    "reasoning_alone": "Reasoning needs what it was the reasoning for.",
    "duplicate_item": "Two items have one id.",
    "item_already_in_conversation": "Two items have one id.",
    "previous_response_not_found": "An id names nothing that is kept.",
    "not_in_background": "It depends on how the response was created.",
    "not_streamed": "It depends on how the response was created.",
    "object_above_max_properties": "It depends on the metadata that are kept already.",
    "invalid_function_parameters": "A schema is in the request itself.",
    "invalid_response_format": "A schema is in the request itself.",
    "invalid_text_format": "A schema is in the request itself.",
}
"""The refusals, rows of `fakemodel.wire.errors`, that a request which is as it is described may meet; and why."""

MESSAGES = [
    *(re.sub(r"\\\{\d*\\\}", ".*", re.escape(ERRORS[reason].message)) for reason in BEYOND_SCHEMAS),
    "Invalid type for .*: expected an integer, but got a decimal number instead\\.",  # to a schema 1.0 is an integer
]


def is_made_wrong(case: schemathesis.Case) -> bool:
    """Whether the body was made to break the description."""
    return case.meta is not None and case.meta.is_negative_at(ParameterLocation.BODY)


def keeps_to(description: dict[str, Any]) -> Callable[[schemathesis.Case], bool]:
    """Whether the body of a request is as a description has it."""

    @functools.cache
    def validator(path: str) -> jsonschema_rs.Draft202012Validator:
        schema = description["paths"][path]["post"]["requestBody"]["content"]["application/json"]["schema"]
        return jsonschema_rs.Draft202012Validator({**schema, "components": description["components"]})

    return lambda case: validator(case.operation.path).is_valid(case.body)


is_as_described = keeps_to(with_nulls(described()))
is_as_looked_at = keeps_to(with_nulls(without_unread(described())))


@schemathesis.check
def valid_requests_are_accepted(ctx: CheckContext, response: Response, case: schemathesis.Case) -> None:
    """`positive_data_acceptance`, where the refusal is not one that no schema foretells."""
    if response.status_code == 400:
        message = response.json()["error"]["message"]
        if any(re.fullmatch(pattern, message, re.DOTALL) for pattern in MESSAGES):
            return
    positive_data_acceptance(ctx, response, case)


@schemathesis.check
def invalid_requests_are_refused(ctx: CheckContext, response: Response, case: schemathesis.Case) -> None:
    """`negative_data_rejection`, where what is wrong is at a place that FakeOpenAI looks at."""
    try:
        negative_data_rejection(ctx, response, case)
    except Failure:
        if not (is_made_wrong(case) and is_as_looked_at(case)):
            raise


@schemathesis.check
class AnswersAreAsDescribed:
    """`response_schema_conformance`, but for what says again what was wrong at a place that is not looked at."""

    def __init__(self) -> None:
        self.wrong: set[object] = set()
        """The ids of what may hold such."""

    def after_response(self, ctx: CheckContext, response: Response, case: schemathesis.Case) -> None:
        body = case.body if isinstance(case.body, dict) else {}
        named = {*case.path_parameters.values(), str(body.get("previous_response_id")), str(body.get("conversation"))}
        if response.status_code == 200 and is_made_wrong(case) and not is_as_described(case):
            is_json = response.headers["content-type"][0] == "application/json"
            self.wrong |= {*case.path_parameters.values(), response.json().get("id") if is_json else ""}
            return
        try:
            response_schema_conformance(ctx, response, case)
        except (Failure, FailureGroup):
            if named.isdisjoint(self.wrong):
                raise


@schemathesis.check
class EveryOperationSucceeds:
    """Each operation was answered at least once with what it is for, in all the forms that are described."""

    def __init__(self) -> None:
        self.described: set[tuple[str, str]] = set()
        self.answered: set[tuple[str, str]] = set()

    def after_response(self, ctx: CheckContext, response: Response, case: schemathesis.Case) -> None:
        operation = case.operation
        forms = operation.definition.raw["responses"]["200"].get("content", ["application/json"])
        self.described |= {(operation.label, form) for form in forms}
        if response.status_code == 200:
            self.answered.add((operation.label, response.headers["content-type"][0].partition(";")[0]))

    def after_run(self, ctx: CheckContext) -> None:
        missing = self.described - self.answered
        assert not missing, f"never answered: {sorted(missing)}"
