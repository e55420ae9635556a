"""The API's refusals, in its own words: one row for each reason."""

from __future__ import annotations

from dataclasses import dataclass

from fakemodel.api.http import Answer, json_answer

__all__ = ["ERRORS", "refused"]


@dataclass(frozen=True, slots=True)
class ApiError:
    """One row: the status, and the members of the error object; `message` has a place for what is named."""

    status: int
    message: str
    param: str | None = None
    code: str | None = None
    type: str = "invalid_request_error"


ERRORS = {
    "previous_response_not_found": ApiError(
        400,
        "Previous response with id '{}' not found.",
        param="previous_response_id",
        code="previous_response_not_found",
    ),
    # Known from users' reports; no recording at hand has it.
    "missing": ApiError(400, "Missing required parameter: '{0}'.", param="{0}", code="missing_required_parameter"),
    "invalid_json": ApiError(
        400,
        "We could not parse the JSON body of your request. (HINT: This likely means you aren't using your HTTP "
        "library correctly. The OpenAI API expects a JSON payload, but what was sent was not valid JSON.)",
    ),
    # The first sentence is the API's; what follows it is ours.
    # Documented; no recording at hand has its exact words.
    "conversation_not_found": ApiError(404, "Conversation with id '{}' not found."),
    "wrong_type": ApiError(
        400, "Invalid type for '{0}': expected {1}, but got {2} instead.", param="{0}", code="invalid_type"
    ),
    "unknown_route": ApiError(404, "Invalid URL ({}). FakeOpenAI serves {}."),
    # Not the API's: the script has no reply for the request, or none that the endpoint could give.
    "script": ApiError(500, "{}", type="fakemodel_error"),
}


def refused(reason: str, *named: str) -> Answer:
    """The answer that refuses a request; `named` goes into its message. The SDK does not retry it."""
    row = ERRORS[reason]
    error = {
        "message": row.message.format(*named),
        "type": row.type,
        "param": row.param.format(*named) if row.param else None,
        "code": row.code,
    }
    return json_answer(row.status, {"error": error}, {"x-should-retry": "false"})
