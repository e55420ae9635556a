"""The age of a cassette: the one rule by which a recording is too old, for tests that play it and for `check`."""

from __future__ import annotations

from datetime import UTC, date, datetime

from fakemodel.tape import layout

__all__ = ["is_older", "today", "too_old"]


def today() -> date:
    """The day that it is, in UTC, as recordings name it."""
    return datetime.now(UTC).date()


def too_old(text: str, max_age: int, on: date) -> str | None:
    """When the cassette was recorded, if that is more than `max_age` days before `on`; None for one that is young.

    One that names no day is as old as can be. With a `max_age` of 0 none is too old.
    """
    if not is_older(text, max_age, on):
        return None
    recorded = layout.recorded_on(text)
    age = "on no day that it names" if recorded is None else f"{(on - recorded).days} days ago"
    return f"recorded {age}, max_age is {max_age}"


def is_older(text: str, days: float, on: date) -> bool:
    """Whether the cassette was recorded more than so many days before `on`, or names no day; with 0 none was."""
    recorded = layout.recorded_on(text)
    return days > 0 and (recorded is None or (on - recorded).days > days)
