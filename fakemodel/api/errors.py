"""How FakeOpenAI refuses a request."""

from __future__ import annotations

from fakemodel.api.http import Answer, json_answer
from fakemodel.wire.errors import ERRORS

__all__ = ["refused"]


def refused(reason: str, *named: str) -> Answer:
    """The answer that refuses a request; `named` goes into its message. The SDK does not retry it."""
    row = ERRORS[reason]
    return json_answer(row.status, row.body(*named), {"x-should-retry": "false"})
