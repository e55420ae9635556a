"""What the first example would load, loaded before: Hypothesis takes that for the time of the test, and has a limit."""

from __future__ import annotations

from fakemodel.api.fake_openai import FakeOpenAI
from fakemodel.reply import Reply

__all__ = ["load"]


def load() -> tuple[object, ...]:
    """Make all that an example is made of: the SDK loads its modules, and builds its models, on first use."""
    reply, client = Reply("a"), FakeOpenAI().client()
    rendered = (reply.chunks(), reply.completion(), reply.events(), reply.response())
    return *rendered, client.chat.completions, client.responses
