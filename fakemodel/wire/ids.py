"""Ids and times in the shapes that the API gives them, as functions of a reply's position.

Real ids are `resp_`, `msg_`, `fc_`, … and 50 hex digits: 16 that the items of a response and the
responses of a chain share, `00`, 8 for the creation time, 24 of their own. Call ids have 24 letters
and digits.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["CALLERS_PREFIX", "CALL_TYPES", "EPOCH", "ITEM_PREFIX", "PREFIXES", "Ids"]

ITEM_PREFIX = {
    "message": "msg",
    "reasoning": "rs",
    "function_call": "fc",
    "custom_tool_call": "ctc",
    "web_search_call": "ws",
    "file_search_call": "fs",
    "code_interpreter_call": "ci",
    "image_generation_call": "ig",
    "mcp_list_tools": "mcpl",
    "mcp_call": "mcp",
    "tool_search_call": "tsc",
    "tool_search_output": "tso",
    "compaction": "cmp",
    "computer_call": "cu",
    "local_shell_call": "lsh",
    "shell_call": "sh",
    "apply_patch_call": "apc",
    "mcp_approval_request": "mcpr",
}
"""What the id of an output item begins with, by the item's type."""

CALLERS_PREFIX = {
    "function_call_output": "fc",
    "custom_tool_call_output": "ctco",
    "computer_call_output": "cuo",
    "shell_call_output": "sho",
    "apply_patch_call_output": "apco",
    "mcp_approval_response": "mcpa",  # nobody quotes one: this is ours
    "program": "cm",
    "program_output": "cmo",
    "additional_tools": "at",
}
"""What the ids of the other items begin with that a caller may bring, by the item's type.

Those of the API's description where it has an example, else those that its users quote.
"""

CALL_TYPES = (
    "function_call",
    "custom_tool_call",
    "computer_call",
    "local_shell_call",
    "shell_call",
    "apply_patch_call",
)
"""The types of items that the caller answers, who names them by their call id."""

PREFIXES = {"resp", "conv", "call", "chatcmpl", "file", *ITEM_PREFIX.values(), *CALLERS_PREFIX.values()}
"""What the ids begin with that the API gives out; `_` follows, or `-` after `chatcmpl` and `file`."""

EPOCH = 1_767_225_600
"""The clock of everything that is played, in seconds: 2026-01-01T00:00:00Z at position 0."""


@dataclass(frozen=True, slots=True)
class Ids:
    """The ids of the reply that is played at `position` (1 for the first); `chain` is its first response's.

    `calls` counts the tool calls that other choices of the same answer have before.
    """

    position: int = 1
    chain: int | None = None
    calls: int = 0

    @property
    def created_at(self) -> int:
        """When the reply was made, in seconds: one second a position."""
        return EPOCH + self.position

    @property
    def stem(self) -> str:
        """What the ids of the response and of its items have in common."""
        chain = self.position if self.chain is None else self.chain
        return f"{chain:016x}00{self.created_at:08x}{self.position:016x}"

    def item(self, prefix: str, index: int) -> str:
        """The id of the item at `index` in the output, with the `prefix` of its type (`msg`, `fc`)."""
        return f"{prefix}_{self.stem}{index:08x}"

    @property
    def response(self) -> str:
        """The id of the response itself."""
        return self.item("resp", 0)

    @property
    def completion(self) -> str:
        """The id of a chat completion: 29 letters and digits."""
        return f"chatcmpl-{self.position:029d}"

    @property
    def call_stem(self) -> str:
        """What the call ids of its tool calls have in common."""
        return f"call_{self.position:016d}"

    def call(self, index: int) -> str:
        """The call id of the tool call at `index` in the output."""
        return f"{self.call_stem}{self.calls + index:08d}"
