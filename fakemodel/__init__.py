"""Record, replay and script the OpenAI API in tests.

The public names are imported on first use (PEP 562), so that ``import fakemodel`` costs nothing:
neither openai nor vcr, yaml or agents is loaded by it.
"""

from __future__ import annotations

from importlib import import_module

TYPE_CHECKING = False  # type checkers take it for true; importing it from typing would be most of the cost
if TYPE_CHECKING:
    from typing import Any

    from fakemodel.agents_events import expected_events as expected_events
    from fakemodel.api import faults as faults
    from fakemodel.api.fake_openai import FakeOpenAI as FakeOpenAI
    from fakemodel.errors import CassetteInvalid as CassetteInvalid
    from fakemodel.errors import CassetteMiss as CassetteMiss
    from fakemodel.errors import CassetteMissing as CassetteMissing
    from fakemodel.errors import CassetteWarning as CassetteWarning
    from fakemodel.errors import FakeModelError as FakeModelError
    from fakemodel.errors import NetworkRefused as NetworkRefused
    from fakemodel.errors import NoReplyLeft as NoReplyLeft
    from fakemodel.errors import ReplyInvalid as ReplyInvalid
    from fakemodel.errors import SecretFound as SecretFound
    from fakemodel.errors import ServerStateRefused as ServerStateRefused
    from fakemodel.errors import ServerUnavailable as ServerUnavailable
    from fakemodel.errors import SettingInvalid as SettingInvalid
    from fakemodel.errors import StreamError as StreamError
    from fakemodel.errors import UnplayedReplies as UnplayedReplies
    from fakemodel.errors import UnplayedTurns as UnplayedTurns
    from fakemodel.guards import when as when
    from fakemodel.model.classic import get_response_obj as get_response_obj
    from fakemodel.model.fake_model import FakeModel as FakeModel
    from fakemodel.model.fake_model import PromptCacheFakeModel as PromptCacheFakeModel
    from fakemodel.model.steps import failure as failure
    from fakemodel.model.steps import slow as slow
    from fakemodel.parts import reasoning as reasoning
    from fakemodel.parts import refusal as refusal
    from fakemodel.parts import text as text
    from fakemodel.parts import tool_call as tool_call
    from fakemodel.parts import usage as usage
    from fakemodel.reply import Reply as Reply
    from fakemodel.streams import stream as stream
    from fakemodel.tape.recorder import cassette as cassette
    from fakemodel.transcripts.transcript import transcript as transcript
    from fakemodel.wire.laws import check_chunks as check_chunks
    from fakemodel.wire.laws import check_events as check_events
    from fakemodel.wire.sse import sse as sse

_HOMES = {
    "fakemodel.agents_events": ("expected_events",),
    "fakemodel.api": ("faults",),
    "fakemodel.api.fake_openai": ("FakeOpenAI",),
    "fakemodel.errors": (
        "CassetteInvalid",
        "CassetteMiss",
        "CassetteMissing",
        "CassetteWarning",
        "FakeModelError",
        "NetworkRefused",
        "NoReplyLeft",
        "ReplyInvalid",
        "SecretFound",
        "ServerStateRefused",
        "ServerUnavailable",
        "SettingInvalid",
        "StreamError",
        "UnplayedReplies",
        "UnplayedTurns",
    ),
    "fakemodel.guards": ("when",),
    "fakemodel.model.classic": ("get_response_obj",),
    "fakemodel.model.fake_model": ("FakeModel", "PromptCacheFakeModel"),
    "fakemodel.model.steps": ("failure", "slow"),
    "fakemodel.parts": ("reasoning", "refusal", "text", "tool_call", "usage"),
    "fakemodel.reply": ("Reply",),
    "fakemodel.streams": ("stream",),
    "fakemodel.tape.recorder": ("cassette",),
    "fakemodel.transcripts.transcript": ("transcript",),
    "fakemodel.wire.laws": ("check_chunks", "check_events"),
    "fakemodel.wire.sse": ("sse",),
}
_HOME_OF = {name: module for module, names in _HOMES.items() for name in names}

__all__ = list(_HOME_OF)


def __getattr__(name: str) -> Any:
    if name not in _HOME_OF:
        raise AttributeError(f"module 'fakemodel' has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(_HOME_OF[name]), name)
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
