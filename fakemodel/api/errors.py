"""The API's refusals, in its own words: one row for each reason."""

from __future__ import annotations

from dataclasses import dataclass

from fakemodel.api.http import Answer, json_answer

__all__ = ["REFUSALS", "refused"]


@dataclass(frozen=True, slots=True)
class Refusal:
    """One row: the status, and the members of the error object; `message` has a place for what is named."""

    status: int
    message: str
    param: str | None = None
    code: str | None = None
    type: str = "invalid_request_error"


REFUSALS = {
    "previous_response_not_found": Refusal(
        400,
        "Previous response with id '{}' not found.",
        param="previous_response_id",
        code="previous_response_not_found",
    ),
    # Known from users' reports; no recording at hand has it.
    "missing": Refusal(400, "Missing required parameter: '{0}'.", param="{0}", code="missing_required_parameter"),
    "invalid_json": Refusal(
        400,
        "We could not parse the JSON body of your request. (HINT: This likely means you aren't using your HTTP "
        "library correctly. The OpenAI API expects a JSON payload, but what was sent was not valid JSON.)",
    ),
    # The first sentence is the API's; what follows it is ours.
    "unknown_route": Refusal(404, "Invalid URL ({}). FakeOpenAI serves {}."),
    # Not the API's: a request that the script has no reply for.
    "no_reply_left": Refusal(500, "{}", code="no_reply_left", type="fakemodel_error"),
}


def refused(reason: str, *named: str) -> Answer:
    """The answer that refuses a request; `named` goes into its message. The SDK does not retry it."""
    row = REFUSALS[reason]
    error = {
        "message": row.message.format(*named),
        "type": row.type,
        "param": row.param.format(*named) if row.param else None,
        "code": row.code,
    }
    return json_answer(row.status, {"error": error}, {"x-should-retry": "false"})
