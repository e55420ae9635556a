"""All cassettes that ship are recorded again, by all clients that they are of: not a byte of them changes."""

import pytest

from tests.test_make_record import CHECKOUT, checkout, make_record

pytest.importorskip("pydantic_ai", reason="records what pydantic-ai asks")

__all__ = ["checkout"]


def contents(folder):
    return {file.relative_to(folder): file.read_bytes() for file in folder.rglob("*.yaml")}


def test_what_is_recorded_anew_is_what_ships(checkout):
    said = make_record(checkout, some="")

    shipped = contents(CHECKOUT / "cassettes")
    assert f"cassettes: {len(shipped)} left equal\n" in said
    assert contents(checkout / "cassettes") == shipped
