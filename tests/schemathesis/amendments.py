"""What OpenAI's description of its API leaves out, or says otherwise than the API does: tables, in rows with reasons.

How the API words its refusals, and from where that is known, is told in `fakemodel.wire.errors`; what recorded bodies
break of the description, in `tests/wire/test_openapi.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

__all__ = ["ANSWERS", "NEEDS_NO_ID", "REQUESTS", "Amendment"]


@dataclass(frozen=True, slots=True)
class Amendment:
    """A change, and the places of the description that it is made at.

    A place is a JSON pointer, from the schemas on where it does not begin with `/`. `*` is any key, and what is in a
    list is called by its name too. The change is a JSON merge patch (RFC 7396).
    """

    reason: str
    change: Any
    places: tuple[str, ...]

    def __init__(self, reason: str, change: Any, *places: str) -> None:
        object.__setattr__(self, "reason", reason)
        object.__setattr__(self, "change", change)
        object.__setattr__(self, "places", places)


def schema(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


def stream(data: dict[str, Any]) -> dict[str, Any]:
    """A stream as OpenAPI has it: what is described are its events, whose data is a string."""
    return {"schema": {"type": "object", "properties": {"data": data}, "required": ["data"], "$ref": None}}


def json_text(name: str) -> dict[str, Any]:
    return {"type": "string", "contentMediaType": "application/json", "contentSchema": schema(name)}


NULLABLE_TEXT = {"type": ["string", "null"]}

LISTS = ("ChatCompletionList", "ChatCompletionMessageList", "ConversationItemList", "ResponseItemList")

ANSWERS = (
    Amendment(
        "How the API refuses is left out.",
        {
            "description": "The request was refused.",
            "content": {"application/json": {"schema": schema("ErrorResponse")}},
        },
        "/components/responses/Refused",
    ),
    Amendment(
        "How the API refuses is left out, or is an error without its `error`.",
        {"$ref": "#/components/responses/Refused", "description": None, "content": None},
        "/paths/*/*/responses/400",
        "/paths/*/*/responses/404",
    ),
    Amendment(
        "What is described of a stream is the data of its events. A response that is retrieved can be a stream too.",
        stream(json_text("ResponseStreamEvent")),
        "/paths/~1responses/post/responses/200/content/text~1event-stream",
        "/paths/~1responses~1{response_id}/get/responses/200/content/text~1event-stream",
    ),
    Amendment(
        "What is described of a stream is the data of its events, without their end.",
        stream({"anyOf": [{"const": "[DONE]"}, json_text("CreateChatCompletionStreamResponse")]}),
        "/paths/~1chat~1completions/post/responses/200/content/text~1event-stream",
    ),
    Amendment(
        "Recorded bodies have null there.",
        NULLABLE_TEXT,
        "ModelResponseProperties/properties/user",
        "CreateChatCompletionResponse/properties/system_fingerprint",
        "CreateChatCompletionStreamResponse/properties/system_fingerprint",
        "MCPTool/properties/server_description",
        "TextResponseFormatJsonSchema/properties/description",
    ),
    Amendment(
        "Recorded bodies have null there.",
        {"anyOf": [schema("ResponseUsage"), {"type": "null"}], "$ref": None},
        "Response/allOf/2/properties/usage",
    ),
    Amendment(
        "Recorded bodies have null there.",
        {"anyOf": [schema("CompletionUsage"), {"type": "null"}], "$ref": None, "nullable": None},
        "CreateChatCompletionStreamResponse/properties/usage",
    ),
    Amendment(
        "What a request may say of it is said again.",
        schema("FunctionCallItemStatus"),
        "ComputerToolCallOutputResource/allOf/1/properties/status",
    ),
    Amendment(
        "A list that is empty has no ids.",
        NULLABLE_TEXT,
        *(f"{name}/properties/first_id" for name in LISTS),
        *(f"{name}/properties/last_id" for name in LISTS),
    ),
    Amendment(
        "The messages are those of the request, says the newer reference, not the answer's.",
        {
            "properties": {"id": {"type": "string"}, "role": {"type": "string"}},
            "required": ["id", "role"],
            "allOf": None,
        },
        "ChatCompletionMessageList/properties/data/items",
    ),
    Amendment(
        "It requires a member that it does not describe.",
        ["type", "id", "approve", "approval_request_id"],
        "MCPApprovalResponseResource/required",
    ),
    Amendment(
        "It requires a member that it does not describe.",
        ["type", "id", "output"],
        "LocalShellToolCallOutput/required",
    ),
)
"""What answers are."""

IDS = {
    "conv": (
        "/paths/*/*/parameters/conversation_id/schema/pattern",
        "request.ConversationParam/oneOf/0/pattern",
        "request.ConversationParam-2/properties/id/pattern",
    ),
    "resp": (
        "request.CreateResponse/properties/previous_response_id/anyOf/0/pattern",
        "request.TokenCountsBody/properties/previous_response_id/anyOf/0/pattern",
        "request.CompactResponseMethodPublicBody/properties/previous_response_id/anyOf/0/pattern",
    ),
    "fc": (
        "request.FunctionToolCall/properties/id/pattern",
        "request.FunctionCallOutputItemParam/properties/id/anyOf/0/pattern",
    ),
    "msg": ("request.OutputMessage/properties/id/pattern",),
    "rs": ("request.ReasoningItem/properties/id/pattern",),
    "ws": ("request.WebSearchToolCall/properties/id/pattern",),
    "ctc": ("request.CustomToolCall/properties/id/pattern",),
}

CALL_ID = {"type": "string", "minLength": 1, "maxLength": 64, "anyOf": None}

TURNS = ("CreateResponse", "TokenCountsBody", "CompactResponseMethodPublicBody")

ELSEWHERE = ("tool_calls", "tool_call_id", "function_call", "type", "id", "output", "arguments", "summary")

OPEN = (
    *(f"ChatCompletionRequest{role}Message" for role in ("Assistant", "Function", "Tool")),
    *(f"ChatCompletionRequestMessageContentPart{kind}" for kind in ("Audio", "File", "Image", "Refusal", "Text")),
    *("ChatCompletionMessageToolCall", "ChatCompletionMessageCustomToolCall"),
)

NAMED = (
    *("FunctionTool", "FunctionToolParam", "CustomToolParam", "NamespaceToolParam", "FunctionToolCall"),
    *("FunctionObject", "ChatCompletionFunctions", "TextResponseFormatJsonSchema"),
    "CustomToolChatCompletions/properties/custom",
    "ChatCompletionMessageToolCall/properties/function",
    "ChatCompletionMessageCustomToolCall/properties/custom",
    "ChatCompletionRequestAssistantMessage/properties/function_call/anyOf/0",
    "ResponseFormatJsonSchema/properties/json_schema",
)

CALLED = (
    *("FunctionTool", "FunctionToolParam", "CustomToolParam", "MCPTool", "CodeInterpreterTool"),
    *("FunctionShellToolParam", "ApplyPatchToolParam"),
)

INPUT = {"anyOf": [{"type": "string"}, schema("request.InputMessageContentList")]}

PHASE = {"enum": ["commentary", "final_answer", None]}


def message(roles: list[str], **members: Any) -> dict[str, Any]:
    properties = {
        "type": {"enum": ["message"]},
        "id": {"type": "string", "pattern": "^msg"},
        "role": {"enum": roles},
        "status": {"enum": ["in_progress", "completed", "incomplete"]},
        **members,
    }
    required = ["role", "content"]
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


REQUESTS = (
    *(Amendment("An id begins as those of its kind.", f"^{prefix}", *places) for prefix, places in IDS.items()),
    Amendment(
        "A call has an id.",
        CALL_ID,
        "request.FunctionToolCall/properties/call_id",
        "request.FunctionCallOutputItemParam/properties/call_id",
        "request.CustomToolCall/properties/call_id",
        "request.CustomToolCallOutput/properties/call_id",
        "request.ComputerToolCall/properties/call_id",
        "request.LocalShellToolCall/properties/call_id",
        "request.LocalShellToolCallOutput/properties/call_id",
    ),
    Amendment(
        "A call has an id.",
        1,
        "request.ChatCompletionMessageToolCall/properties/id/minLength",
        "request.ChatCompletionMessageCustomToolCall/properties/id/minLength",
        "request.ChatCompletionRequestToolMessage/properties/tool_call_id/minLength",
    ),
    Amendment(
        "What is put out is the output of a call.",
        ["type", "call_id", "output"],
        "request.FunctionCallOutputItemParam/required",
    ),
    Amendment(
        "A request names a model and has an input, unless a prompt does.",
        [{"required": ["model", "input"]}, {"required": ["prompt"], "properties": {"prompt": {"type": "object"}}}],
        "request.CreateResponse/anyOf",
    ),
    Amendment("A request names a model.", [{"type": "string"}], "request.ModelIdsCompaction/anyOf"),
    Amendment("A request names a model.", 1, "request.CreateChatCompletionRequest/properties/model/minLength"),
    Amendment(
        "By its example each key of the metadata is a parameter.",
        {"name": "metadata[run]", "schema": {"type": "string", "$ref": None}},
        "/paths/~1chat~1completions/get/parameters/metadata",
    ),
    Amendment("The API fills in the rest.", ["type", "name"], "request.FunctionTool/required"),
    Amendment("The API fills in the rest.", ["type"], "request.InputImageContent/required"),
    Amendment("The API fills in the rest.", ["role", "content"], "request.OutputMessage/required"),
    Amendment("The API fills in the rest.", ["type", "text"], "request.OutputTextContent/required"),
    Amendment(
        "The API takes no notice of other members, not even of those of another role.",
        {"properties": dict.fromkeys(ELSEWHERE, True), "additionalProperties": True},
        *(f"request.ChatCompletionRequest{role}Message" for role in ("Developer", "System", "User")),
    ),
    Amendment(
        "The API takes no notice of other members.",
        True,
        *(f"request.{name}/additionalProperties" for name in OPEN),
    ),
    Amendment("It is a schema.", True, "request.EmptyModelParam/additionalProperties"),
    Amendment("It is told in words.", {"minimum": 1, "maximum": 100}, "/paths/*/*/parameters/limit/schema"),
    Amendment("It is a number in 64 bits.", {"maximum": 10**18 - 1}, "/paths/*/*/parameters/starting_after/schema"),
    Amendment(
        "It is told in words.",
        {"maxProperties": 16, "propertyNames": {"maxLength": 64}, "additionalProperties": {"maxLength": 512}},
        "request.Metadata/anyOf/0",
    ),
    Amendment(
        "It is told in words.",
        {"minLength": 1, "pattern": "^[a-zA-Z0-9_-]+$"},
        *(f"request.{place}/properties/name" for place in NAMED),
    ),
    Amendment(
        "It is told in words.",
        {"minimum": -100, "maximum": 100},
        "request.CreateChatCompletionRequest/properties/logit_bias/anyOf/0/additionalProperties",
    ),
    Amendment(
        "The API wants more than none.",
        1,
        "request.CreateChatCompletionRequest/properties/max_tokens/minimum",
        "request.CreateChatCompletionRequest/properties/max_completion_tokens/minimum",
        "request.CreateResponse/properties/max_tool_calls/anyOf/0/minimum",
    ),
    Amendment(
        "The API takes no empty list there.",
        1,
        "request.CreateChatCompletionRequest/properties/tools/minItems",
        "request.ChatCompletionMessageToolCalls/minItems",
        *(f"request.{name}/properties/allowed_callers/anyOf/0/minItems" for name in CALLED),
        "/paths/~1conversations~1{conversation_id}~1items/post/requestBody/content/application~1json/schema/properties"
        "/items/minItems",
    ),
    Amendment(
        "What an assistant said has other parts than what it is told, and it alone speaks in phases.",
        {
            "oneOf": [
                message(["user", "system", "developer"], content=INPUT),
                message(["assistant"], content={"type": "string"}, phase=PHASE),
            ],
            **dict.fromkeys(["type", "properties", "required", "additionalProperties"]),
        },
        "request.EasyInputMessage",
    ),
    Amendment(
        "It requires a member that it does not describe.",
        ["type", "approve", "approval_request_id"],
        "request.MCPApprovalResponse/required",
    ),
    Amendment(
        "A request that has all its members begins with what goes together.",
        None,
        *(f"request.{name}/properties/previous_response_id/example" for name in TURNS),
        "request.CreateResponse/properties/stream_options/example",
        "request.CreateChatCompletionRequest/properties/stream_options/example",
        "request.CreateChatCompletionRequest/properties/top_logprobs/example",
    ),
    Amendment(
        "A request that has all its members begins with what goes together.",
        "auto",
        "request.CreateResponse/properties/tool_choice/example",
        "request.TokenCountsBody/properties/tool_choice/example",
        "request.CreateChatCompletionRequest/properties/tool_choice/example",
        "request.CreateChatCompletionRequest/properties/function_call/example",
    ),
    Amendment(
        "A response is asked for as a stream too.",
        True,
        "/paths/~1responses~1{response_id}/get/parameters/stream/schema/example",
    ),
    Amendment(
        "A request that has all its members begins with what goes together.",
        "Hello",
        *(f"request.{name}/properties/input/example" for name in TURNS),
    ),
    Amendment(
        "A request that has all its members begins with what goes together.",
        [{"role": "user", "content": "Hello"}],
        "request.CreateChatCompletionRequest/properties/messages/example",
    ),
)
"""What requests are: their schemas are called `request.…`, for they are closed, which those of answers are not."""

NEEDS_NO_ID = {
    *("CodeInterpreterToolCall", "ComputerToolCall", "FileSearchToolCall", "ImageGenToolCall", "LocalShellToolCall"),
    *("LocalShellToolCallOutput", "MCPApprovalRequest", "MCPListTools", "MCPToolCall", "OutputMessage"),
    *("ProgramItemParam", "ProgramOutputItemParam", "ReasoningItem", "WebSearchToolCall"),
}
"""The items that the description wants to have an id in a request: who stores nothing leaves it out."""
