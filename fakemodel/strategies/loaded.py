"""What the first example would load, loaded before: Hypothesis takes that for the time of the test, and has a limit."""

from __future__ import annotations

from operator import attrgetter

from fakemodel.api.fake_openai import FakeOpenAI
from fakemodel.reply import Reply

__all__ = ["load"]


def load() -> None:
    """Make all that an example is made of: the SDK loads its modules, and builds its models, on first use."""
    reply, client = Reply("a"), FakeOpenAI().client()
    for render in (reply.chunks, reply.completion, reply.events, reply.response):
        render()
    for resource in ("responses", "chat.completions"):
        attrgetter(resource)(client)
