"""The API's refusals, in its own words: one row for each reason."""

from __future__ import annotations

from dataclasses import dataclass

from fakemodel.wire.payload import Payload

__all__ = ["ERRORS", "FAILURES", "ApiError", "Refused"]


@dataclass(frozen=True, slots=True)
class ApiError:
    """One row: the status, and the members of the error object; `message` has a place for what is named."""

    status: int
    message: str
    param: str | None = None
    code: str | int | None = None
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


BOUNDS = {
    "integer_below_min_value": "integer below minimum value. Expected a value >= {1}, but got {2} instead.",
    "integer_above_max_value": "integer above maximum value. Expected a value <= {1}, but got {2} instead.",
    "decimal_below_min_value": "decimal below minimum value. Expected a value >= {1}, but got {2} instead.",
    "decimal_above_max_value": "decimal above maximum value. Expected a value <= {1}, but got {2} instead.",
    "empty_string": "empty string. Expected a string with minimum length {1}, but got an empty string instead.",
    "string_above_max_length": "string too long. Expected a string with maximum length {1}, but got a string with "
    "length {2} instead.",
    "empty_array": "empty array. Expected an array with minimum length {1}, but got an empty array instead.",
    "array_above_max_length": "array too long. Expected an array with maximum length {1}, but got an array with "
    "length {2} instead.",
    "object_above_max_properties": "too many properties. Expected an object with at most {1} properties, but got an "
    "object with {2} properties instead.",
}
"""What is said of a value, named by its place, that is beyond its bounds, by the code."""

ERRORS = {
    "previous_response_not_found": ApiError(
        400,
        "Previous response with id '{}' not found.",
        param="previous_response_id",
        code="previous_response_not_found",
    ),
    "output_not_found": ApiError(400, "No tool output found for {1} {0}.", param="input"),
    "call_not_found": ApiError(400, "No tool call found for {1} with call_id {0}.", param="input"),
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
    "responses_model_not_found": ApiError(
        400, "The requested model '{}' does not exist.", param="model", code="model_not_found"
    ),
    "chat_model_not_found": ApiError(
        404, "The model `{}` does not exist or you do not have access to it.", code="model_not_found"
    ),
    # Known from users' reports; no recording at hand has them.
    # The first of them in the traces that microsoft/agent-framework tests by, the second in notes of what a proxy met.
    "conversation_not_found": ApiError(404, "Conversation with id '{}' not found."),
    "both_states": ApiError(
        400,
        "Mutually exclusive parameters: ''. Ensure you are only providing one of: 'pre..._id' or 'conversation'.",
        code="mutually_exclusive_parameters",
    ),
    "duplicate_item": ApiError(
        400, "Duplicate item found with id {}. Remove duplicate items from your input and try again.", param="input"
    ),
    "item_already_in_conversation": ApiError(
        400, "Item already in conversation", param="items", code="item_already_in_conversation"
    ),
    "item_not_in_conversation": ApiError(404, "Item with id '{}' not found in conversation."),
    "unknown_after": ApiError(404, "No item found with id '{}'", param="after"),
    "tool_message_alone": ApiError(
        400,
        "Invalid parameter: messages with role 'tool' must be a response to a preceeding message with 'tool_calls'.",
        param="messages.[{0}].role",
    ),
    "tool_message_twice": ApiError(
        400,
        "Invalid parameter: Duplicate value for 'tool_call_id' of '{0}', in messages[{1}] and messages[{2}].",
        param="messages.[{2}].tool_call_id",
    ),
    "tool_message_missing": ApiError(
        400,
        "An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. "
        "The following tool_call_ids did not have response messages: {0}",
        param="messages.[{1}].role",
    ),
    "no_key": ApiError(
        401,
        "You didn't provide an API key. You need to provide your API key in an Authorization header using Bearer auth "
        "(i.e. Authorization: Bearer YOUR_KEY), or as the password field (with blank username) if you're accessing the "
        "API from your browser and are prompted for a username and password. You can obtain an API key from "
        "https://platform.openai.com/account/api-keys.",
    ),
    "wrong_key": ApiError(
        401,
        "Incorrect API key provided: {}. You can find your API key at https://platform.openai.com/account/api-keys.",
        code="invalid_api_key",
    ),
    "wrong_method": ApiError(
        405,
        "Not allowed to {} on {} (HINT: Perhaps you meant to use a different HTTP method?)",
        code="method_not_supported",
    ),
    "model_not_found": ApiError(404, "The model '{}' does not exist", param="model", code="model_not_found"),
    "embedding_empty": ApiError(400, "Invalid '{}': input cannot be an empty {}."),
    "embedding_input": ApiError(
        400, "'$.input' is invalid. Please check the API reference: https://platform.openai.com/docs/api-reference."
    ),
    "inputs_above": ApiError(400, "Invalid 'input': array length must be {} or less."),
    "tokens_above": ApiError(400, "Invalid '{}': maximum input length is {} tokens."),
    "dimensions_above": ApiError(400, "Invalid value for 'dimensions' = {}. Must be less than or equal to {}."),
    "dimensions_fixed": ApiError(400, "This model does not support specifying dimensions."),
    "invalid_function_parameters": ApiError(
        400, "Invalid schema for function '{}': {}", param="{2}", code="invalid_function_parameters"
    ),
    "invalid_response_format": ApiError(400, "Invalid schema for response_format '{}': {}", param="{2}"),
    "invalid_text_format": ApiError(
        400, "Invalid schema for response_format '{}': {}", param="{2}", code="invalid_json_schema"
    ),
    "missing": ApiError(400, "Missing required parameter: '{0}'.", param="{0}", code="missing_required_parameter"),
    "wrong_type": ApiError(
        400, "Invalid type for '{0}': expected {1}, but got {2} instead.", param="{0}", code="invalid_type"
    ),
    "invalid_value": ApiError(
        400, "Invalid value: '{1}'. Supported values are: {2}.", param="{0}", code="invalid_value"
    ),
    **{code: ApiError(400, f"Invalid '{{0}}': {said}", param="{0}", code=code) for code, said in BOUNDS.items()},
    "string_pattern": ApiError(
        400,
        "Invalid '{0}': string does not match pattern. Expected a string that matches the pattern '{1}'.",
        param="{0}",
        code="invalid_value",
    ),
    "id_prefix": ApiError(
        400, "Invalid '{0}': '{1}'. Expected an ID that begins with '{2}'.", param="{0}", code="invalid_value"
    ),
    "property_name_above_max_length": ApiError(
        400,
        "Invalid property name in '{0}': '{2}' is too long. Expected a string with maximum length {3}, but got a "
        "string with length {4} instead.",
        param="{0}.{1}",
        code="property_name_above_max_length",
    ),
    "unknown_parameter": ApiError(400, "Unknown parameter: '{0}'.{1}", param="{0}", code="unknown_parameter"),
    "unrecognized_arguments": ApiError(400, "Unrecognized request argument{2} supplied: {3}"),
    "moved_parameter": ApiError(
        400,
        "Unsupported parameter: '{}'. In the Responses API, this parameter has moved to '{}'. Try again with the new "
        "parameter. See the API documentation for more information: "
        "https://platform.openai.com/docs/api-reference/responses/create.",
        code="unsupported_parameter",
    ),
    "no_model": ApiError(400, "you must provide a model parameter"),
    "no_input": ApiError(
        400,
        "One of \"input\" or \"previous_response_id\" or 'prompt' or 'conversation' must be provided.",
        code="missing_required_parameter",
    ),
    "no_embedding_input": ApiError(400, "Please submit an `input`."),
    "no_content": ApiError(
        400, "Invalid value for 'content': expected a string, got null.", param="messages.[{}].content"
    ),
    "no_tool_call_id": ApiError(
        400,
        "Missing parameter 'tool_call_id': messages with role 'tool' must have a 'tool_call_id'.",
        param="messages.[{}].tool_call_id",
    ),
    "no_tools": ApiError(400, "Tool choice 'required' must be specified with 'tools' parameter.", param="tool_choice"),
    "tool_not_found": ApiError(400, "Tool choice '{}' not found in 'tools' parameter.", param="tool_choice"),
    "choice_alone": ApiError(
        400, "Invalid value for '{0}': '{0}' is only allowed when '{1}' are specified.", param="{0}"
    ),
    "function_not_found": ApiError(
        400,
        "Invalid value for 'function_call': no function named '{}' was specified in the 'functions' parameter.",
        param="function_call",
    ),
    "parameter_alone": ApiError(400, "The '{0}' parameter is only allowed when '{1}' is enabled.", param="{0}"),
    "invalid_json": ApiError(
        400,
        "We could not parse the JSON body of your request. (HINT: This likely means you aren't using your HTTP "
        "library correctly. The OpenAI API expects a JSON payload, but what was sent was not valid JSON.)",
    ),
    # Documented; no recording at hand has their exact words.
    "completion_not_found": ApiError(404, "Chat completion with id '{}' not found."),
    "response_not_found": ApiError(404, "Response with id '{}' not found."),
    "not_in_background": ApiError(400, "Cannot cancel a synchronous response."),
    "not_streamed": ApiError(
        400,
        "This response has no stream to go on with: it was not made in the background with stream=true, or was "
        "cancelled.",
    ),
    # The first sentence is the API's; what follows it is ours.
    "unknown_route": ApiError(404, "Invalid URL ({}). FakeOpenAI serves {}; on(…) adds a route."),
    # Not the API's: the script has no reply for the request, or none that the endpoint could give.
    "script": ApiError(500, "{}", type="fakemodel_error"),
}

FAILURES = {
    # Known from users' reports. The first goes on there with the limit of an organisation, which it names.
    429: ApiError(429, "Rate limit reached for requests", code="rate_limit_exceeded", type="requests"),
    500: ApiError(500, "The server had an error while processing your request. Sorry about that!", type="server_error"),
    # Cloudflare's, which stands before the API.
    502: ApiError(502, "Bad gateway.", code=502, type="cf_bad_gateway"),
    # Documented; the rest of its body was not seen.
    503: ApiError(503, "The engine is currently overloaded, please try again later", type="server_error"),
}
"""What the API says where the request is not to blame, by the status."""
