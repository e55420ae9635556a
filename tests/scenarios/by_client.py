"""Tests that every client is asked by, each with a cassette of its own that ships."""

from contextlib import asynccontextmanager
from functools import partial
from importlib.util import find_spec

import pytest


def needs(package):
    """A test that is skipped, before its cassette is opened, where a client is not installed."""
    return pytest.mark.skipif(find_spec(package) is None, reason=f"{package} is not installed")


def by_every_client(clients, plain=None, streamed=None, **marked):
    """A test of these clients, by the packages that they are of: asked plainly and streamed, where that has a cassette.

    The names of the cassettes are those of the bare SDK; the others have folders of their own beside them.
    """
    params = []
    for package, ask in clients.items():
        for name, way in ((plain, "plain"), (streamed, "streamed")):
            if name is None:
                continue
            folder, _, file = name.rpartition("/")
            own = file if package == "openai" else f"{package}/{file}"
            marks = [
                pytest.mark.cassette(name=f"fakemodel:{folder}/{own}", **marked),
                needs(package),
            ]
            asked = partial(ask, streamed=way == "streamed")
            params.append(pytest.param(package, asked, marks=marks, id=f"{package}-{way}"))
    return pytest.mark.parametrize(("client", "ask"), params)


@asynccontextmanager
async def conversation(api):
    """The id of a conversation that is there for a test."""
    made = await api.conversations.create()
    try:
        yield made.id
    finally:
        await api.conversations.delete(made.id)


def responses_asked(cassette):
    """The bodies of the requests for a response."""
    return [request.json for request in cassette.requests if request.uri.endswith("/responses")]


def plainly(words):
    """An answer of one word, as a test compares it: with a full stop, or in capitals, it says the same."""
    return words.strip(" .\n").lower()
