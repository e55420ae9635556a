"""What FakeOpenAI does not look at in a request: what is wrong there it takes, and says again as it is."""

from __future__ import annotations

from amendments import Amendment

__all__ = ["READ", "UNREAD"]

ITEM = {
    *("type", "id", "call_id", "role", "content", "summary", "name", "namespace", "arguments", "input", "phase"),
    *("encrypted_content", "tools", "queries", "server_label", "approve", "approval_request_id"),
}

TOOL = {
    *("type", "name", "description", "parameters", "strict", "tools", "vector_store_ids", "server_label"),
    *("server_description", "authorization"),
    *("allowed_callers", "defer_loading", "search_context_size", "user_location"),
}

READ = {"request.Item": ITEM, "request.InputItem": ITEM, "request.Tool": TOOL}
"""The members of items and of tools that FakeOpenAI looks at. The others mean something to who runs the tool."""

UNREAD = (
    Amendment(
        "Nobody but the model means something by it.",
        True,
        "request.CreateChatCompletionRequest/properties/audio",
        "request.CreateChatCompletionRequest/properties/prediction",
        "request.CreateChatCompletionRequest/properties/seed",
        "request.CreateChatCompletionRequest/properties/web_search_options",
        "request.CustomToolChatCompletions/properties/custom/properties/format",
        "request.OutputTextContent/properties/annotations",
        "request.OutputTextContent/properties/logprobs",
        "request.MCPListTools/properties/tools",
        "request.FunctionCallOutputItemParam/properties/name",
        "request.FunctionCallOutputItemParam/properties/namespace",
        "request.ToolSearchCallItemParam/properties/arguments",
        "request.MCPToolCall/properties/approval_request_id",
        "request.ModerationParam/properties/policy",
    ),
    Amendment("Nobody sends it any more.", True, "request.ChatCompletionRequestFunctionMessage"),
    Amendment(
        "A message may say nothing.",
        0,
        *(
            f"request.ChatCompletionRequest{role}Message/properties/content/anyOf/1/minItems"
            for role in ("Developer", "System", "User", "Tool")
        ),
        "request.ChatCompletionRequestAssistantMessage/properties/content/anyOf/0/anyOf/1/minItems",
    ),
)
"""What else of requests is not looked at."""
