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
from fakemodel.strategies.reply import reasonings, refusals, replies, texts, tool_calls
from fakemodel.strategies.stream import chunks, cuts, events

__all__ = ["chunks", "cuts", "events", "faults", "reasonings", "refusals", "replies", "texts", "tool_calls"]
