"""The API's refusals, in its own words: one row for each reason."""

from __future__ import annotations

from dataclasses import dataclass

from fakemodel.wire.payload import Payload

__all__ = ["ERRORS", "ApiError", "Refused"]


@dataclass(frozen=True, slots=True)
class ApiError:
    """One row: the status, and the members of the error object; `message` has a place for what is named."""

    status: int
    message: str
    param: str | None = None
    code: str | None = None
    type: str = "invalid_request_error"

    def body(self, *named: str) -> Payload:
        """The body of the answer; `named` goes into its message."""
        error = {
            "message": self.message.format(*named),
            "type": self.type,
            "param": self.param.format(*named) if self.param else None,
            "code": self.code,
        }
        return {"error": error}


class Refused(Exception):
    """A request that the API refuses: `reason` is a row of ERRORS, `named` what its message names."""

    def __init__(self, reason: str, *named: str) -> None:
        super().__init__(reason, *named)
        self.reason = reason
        self.named = named


ERRORS = {
    "previous_response_not_found": ApiError(
        400,
        "Previous response with id '{}' not found.",
        param="previous_response_id",
        code="previous_response_not_found",
    ),
    "output_not_found": ApiError(400, "No tool output found for function call {}.", param="input"),
    "call_not_found": ApiError(400, "No tool call found for function call output with call_id {}.", param="input"),
    "item_not_found": ApiError(
        404,
        "Item with id '{}' not found. Items are not persisted when `store` is set to false. Try again with `store` set "
        "to true, or remove this item from your input.",
        param="input",
    ),
    "reasoning_alone": ApiError(
        400, "Item '{}' of type 'reasoning' was provided without its required following item.", param="input"
    ),
    "conversation_locked": ApiError(
        400,
        "Another process is currently operating on this conversation. Please retry in a few seconds.",
        param="conversation",
        code="conversation_locked",
    ),
    # Known from users' reports; no recording at hand has them.
    "duplicate_item": ApiError(
        400, "Duplicate item found with id {}. Remove duplicate items from your input and try again.", param="input"
    ),
    "missing": ApiError(400, "Missing required parameter: '{0}'.", param="{0}", code="missing_required_parameter"),
    "invalid_json": ApiError(
        400,
        "We could not parse the JSON body of your request. (HINT: This likely means you aren't using your HTTP "
        "library correctly. The OpenAI API expects a JSON payload, but what was sent was not valid JSON.)",
    ),
    # The first sentence is the API's; what follows it is ours.
    # Documented; no recording at hand has their exact words.
    "conversation_not_found": ApiError(404, "Conversation with id '{}' not found."),
    "response_not_found": ApiError(404, "Response with id '{}' not found."),
    "both_states": ApiError(
        400,
        "Mutually exclusive parameters: 'previous_response_id' and 'conversation' may not both be given.",
        code="mutually_exclusive_parameters",
    ),
    "wrong_type": ApiError(
        400, "Invalid type for '{0}': expected {1}, but got {2} instead.", param="{0}", code="invalid_type"
    ),
    "unknown_route": ApiError(404, "Invalid URL ({}). FakeOpenAI serves {}."),
    # Not the API's: the script has no reply for the request, or none that the endpoint could give.
    "script": ApiError(500, "{}", type="fakemodel_error"),
}
