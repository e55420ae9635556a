"""Beside pytest-randomly: the order of the tests does not matter, nor do the seeds that it sets."""

import pytest

pytest.importorskip("pytest_randomly", reason="what happens beside pytest-randomly")

TESTS = """
import uuid

pytestmark = pytest.mark.cassette


@pytest.mark.parametrize("city", ["Rio", "Lima", "Quito", "Sucre"])
def test_each(city, brazil):
    assert ask(city) == "Brazil"


class TestRun:
    def test_ids(self, brazil):
        assert ask(f"run {uuid.uuid4()}") == "Brazil"

    def test_plain(self, brazil):
        assert ask() == "Brazil"
"""

OURS = [*[f"test_each[{city}]" for city in ("Lima", "Quito", "Rio", "Sucre")], "TestRun.test_ids", "TestRun.test_plain"]


@pytest.fixture
def suite(beside, ask) -> pytest.Pytester:
    suite = beside("randomly")
    suite.makepyfile(test_geo=ask + TESTS)
    return suite


def test_the_order_of_the_tests_does_not_matter(suite: pytest.Pytester, told, files):
    told(suite.runpytest("--cassettes=record"), "6 recorded", passed=6)
    recorded = files()
    assert sorted(recorded) == sorted(f"test_geo/{name}.yaml" for name in OURS)

    for seed in ("1", "2"):
        told(suite.runpytest(f"--randomly-seed={seed}"), "6 played", passed=6)
    told(suite.runpytest("--randomly-seed=3", "--cassettes=rerecord"), "6 left equal", passed=6)
    assert files() == recorded


def test_a_test_draws_the_same_numbers_with_a_cassette_as_without(suite: pytest.Pytester, ask):
    test = """
import random


@pytest.mark.cassette
def test_drawn(brazil):
    assert ask() == "Brazil"
    print("drew", random.random())
"""

    def drawn(*args: str) -> list[str]:
        result = suite.runpytest("-s", "--randomly-seed=7", *args)
        result.assert_outcomes(passed=1)
        return [line[line.index("drew") :] for line in result.outlines if "drew" in line]

    suite.makepyfile(test_geo=ask + test.replace("@pytest.mark.cassette\n", ""))
    without = drawn()
    suite.makepyfile(test_geo=ask + test)

    assert drawn("--cassettes=record") == drawn() == without


def test_the_workers_of_xdist_have_an_order_of_their_own(suite: pytest.Pytester, told, files):
    pytest.importorskip("xdist", reason="what happens in the workers of xdist")

    told(suite.runpytest_subprocess("-n2", "--cassettes=record", "--randomly-seed=1"), "6 recorded", passed=6)
    told(suite.runpytest_subprocess("-n2", "--randomly-seed=2"), "6 played", passed=6)
    assert len(files()) == 6
