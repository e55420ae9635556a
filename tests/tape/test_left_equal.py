"""A file that says the same already is left as it is, whatever writes its JSON in another order."""

import re
from pathlib import Path

import pytest

import fakemodel
from fakemodel import FakeOpenAI

QUESTION = {"model": "gpt-4.1", "input": "The largest country?", "metadata": {"a": "1", "b": "2"}}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "geo.yaml"


def record(path: Path, **request: object) -> None:
    with fakemodel.cassette(path, mode="rerecord"), FakeOpenAI(["Brazil"]).client() as client:
        client.responses.create(**{**QUESTION, **request})


def test_members_in_another_order_are_the_same(path):
    record(path)
    other = re.sub(r'"a": "1",(\s+)"b": "2"', r'"b": "2",\1"a": "1"', path.read_text())
    path.write_text(other)

    record(path, metadata={"b": "2", "a": "1"})

    assert other.count('"b": "2",') == 2  # in the request, and in the answer
    assert path.read_text() == other


@pytest.mark.parametrize("change", [{"input": "The smallest?"}, {"metadata": {"a": "1", "b": "3"}}, {"store": True}])
def test_another_request_is_written(path, change):
    record(path)
    before = path.read_text()

    record(path, **change)

    assert path.read_text() != before


def test_a_number_of_another_type_is_written(path):
    record(path, temperature=1)

    record(path, temperature=1.0)

    assert '"temperature": 1.0' in path.read_text()


def test_a_file_that_cannot_be_read_is_written(path):
    path.write_text("interactions: nothing")

    record(path)

    assert path.read_text().startswith("version: 1\n")
