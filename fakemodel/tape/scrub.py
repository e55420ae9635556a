"""What of an interaction may be written to a file: headers pass by a list, all others stay out."""

from __future__ import annotations

from urllib.parse import urlsplit, urlunsplit

from fakemodel.api.http import SERVER
from fakemodel.tape.address import api_path, masked
from fakemodel.tape.interaction import Headers, Interaction, Request, Response

__all__ = ["recorded_from", "scrubbed"]

REQUEST_HEADERS = {"content-type"}
RESPONSE_HEADERS = {"content-type", "location", "openai-version", "retry-after", "retry-after-ms", "x-should-retry"}


def scrubbed(turn: Interaction) -> Interaction:
    """The interaction as it may be written: no key, cookie or organisation, and no port of one day's server."""
    request, response = turn.request, turn.response
    uri = masked(request.uri)
    path = api_path(uri)
    if recorded_from(turn) == SERVER and path is not None:
        uri = urlunsplit(("https", "api.openai.com", path, urlsplit(uri).query, ""))
    return Interaction(
        Request(request.method, uri, _passing(request.headers, REQUEST_HEADERS), request.body),
        Response(response.status, response.message, _passing(response.headers, RESPONSE_HEADERS), response.body),
    )


def recorded_from(turn: Interaction) -> str:
    """Who answered: the host, or `fakemodel` for a FakeOpenAI."""
    if SERVER in turn.response.headers.get("server", ()):
        return SERVER
    return urlsplit(masked(turn.request.uri)).netloc


def _passing(headers: Headers, names: set[str]) -> dict[str, list[str]]:
    passing = {name: values for name, values in headers.items() if name in names}
    return {name: list(map(masked, values)) if name == "location" else values for name, values in passing.items()}
