"""What of a payload is another each time that the same is said: whoever compares two leaves it out by these tables."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

__all__ = ["DRAWN_ANEW", "ENCRYPTED", "EXPIRY", "SENT_ANEW", "TIMES", "without", "without_empty"]

EXPIRY = "expires_at"
"""A time in the future."""

TIMES = {
    *("cancelled_at", "completed_at", "created", "created_at", "expired_at", EXPIRY, "failed_at", "finished_at"),
    *("finalizing_at", "in_progress_at", "incomplete_at", "last_active_at", "started_at", "updated_at"),
}
"""The members that are times, in seconds."""

ENCRYPTED = {"encrypted_content", "fingerprint"}
"""The members of an item that the API encrypts anew each time that it sends the item."""

SENT_ANEW = {*ENCRYPTED, "obfuscation"}
"""The members that are others each time that the same answer is sent."""

DRAWN_ANEW = {*TIMES, *SENT_ANEW, "system_fingerprint"}
"""The members, beside ids, that are others each time that the same is asked for."""


def without(members: Collection[str], value: Any) -> Any:
    """A JSON value without these members, at any depth."""
    if isinstance(value, dict):
        return {key: without(members, held) for key, held in value.items() if key not in members}
    return [without(members, each) for each in value] if isinstance(value, list) else value


def without_empty(value: Any) -> Any:
    """A JSON value without the members that are null or hold nothing, at any depth; a text may be empty."""
    if isinstance(value, dict):
        told = {key: without_empty(held) for key, held in value.items()}
        return {key: held for key, held in told.items() if held not in (None, [], {})}
    return [without_empty(each) for each in value] if isinstance(value, list) else value
