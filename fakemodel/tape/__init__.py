"""Cassettes: what the real API said on the day of recording, matched strictly and played back offline."""

from typing import Literal, TypeAlias, get_args

__all__ = ["MODES", "VERBS", "Mode"]

Mode: TypeAlias = Literal["replay", "record", "rerecord"]
"""Play what was recorded; record where there is nothing yet, else play; record anew."""

MODES: tuple[Mode, ...] = get_args(Mode)

VERBS = {"record": "Record", "rerecord": "Re-record"}
"""How a message asks for a mode."""
