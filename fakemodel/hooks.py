"""The hooks that the pytest plugin calls."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pytest

__all__ = ["pytest_fakemodel_scrub"]


def pytest_fakemodel_scrub(config: pytest.Config) -> Mapping[str, str]:  # type: ignore[empty-body]  # pytest never calls a specification
    """Return patterns (regular expressions) of what no cassette must hold, each with what stands in its place.

    They count for every cassette, in what is recorded and in the requests that are matched; the settings of a
    cassette (`scrub`) go before them.
    """
