"""Hypothesis strategies for what a model says, how the wire carries it, what goes wrong, and what is asked of a server.

It needs the `hypothesis` extra, which nothing else does.
"""

try:
    import hypothesis  # noqa: F401
except ModuleNotFoundError as missing:
    if missing.name != "hypothesis":
        raise
    raise ModuleNotFoundError(
        'fakemodel.strategies needs hypothesis: pip install "fakemodel[hypothesis]"', name="hypothesis"
    ) from None

from fakemodel.strategies.fault import faults
from fakemodel.strategies.history import (
    AddItems,
    CreateConversation,
    CreateResponse,
    DeleteConversation,
    DeleteResponse,
    ListItems,
    RetrieveResponse,
    Step,
    conversations,
)
from fakemodel.strategies.judge import Request, play
from fakemodel.strategies.loaded import load
from fakemodel.strategies.machine import ConversationMachine
from fakemodel.strategies.reply import reasonings, refusals, replies, texts, tool_calls
from fakemodel.strategies.stream import Reads, chunks, cuts, events

__all__ = [
    "AddItems",
    "ConversationMachine",
    "CreateConversation",
    "CreateResponse",
    "DeleteConversation",
    "DeleteResponse",
    "ListItems",
    "Reads",
    "Request",
    "RetrieveResponse",
    "Step",
    "chunks",
    "conversations",
    "cuts",
    "events",
    "faults",
    "play",
    "reasonings",
    "refusals",
    "replies",
    "texts",
    "tool_calls",
]

load()
