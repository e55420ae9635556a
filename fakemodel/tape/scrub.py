"""What of a cassette may be written: headers pass by a list, ids and times become placeholders, and a user's rules.

Whether something secret is left is for another room to find, which shares nothing with this one (`tape.leaks`).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit, urlunsplit

from fakemodel.api.http import SERVER
from fakemodel.errors import SettingInvalid
from fakemodel.tape.address import api_path, masked
from fakemodel.tape.bodies import Edit, Pass, edited, rewritten
from fakemodel.tape.interaction import Headers, Interaction, Request, Response
from fakemodel.tape.placeholders import Placeholders

__all__ = ["Rules", "rules_of", "scrubbed", "sources"]

REQUEST_HEADERS = {"content-type"}
RESPONSE_HEADERS = {"content-type", "location", "openai-version", "retry-after", "retry-after-ms", "x-should-retry"}


MULTIPART = re.compile(r'(multipart/[\w-]+; *boundary=)"?([^";,]+)"?$')
BOUNDARY = "boundary-of-the-parts"
"""What stands between the parts of every upload."""


@dataclass(frozen=True, slots=True)
class Rules:
    """A user's own rules: patterns, and what stands in the place of each match."""

    passes: tuple[Pass, ...] = ()
    digest: str = ""
    """What tells these rules from others; nothing where there are none."""

    def request(self, request: Request) -> Request:
        """A request after the rules, as it is written and matched."""
        if not self.passes:
            return request
        body = rewritten(request.body, self.passes, dict)
        before, route, after = _around_v1(request.uri)
        uri = f"{edited(before, self.passes)}{route}{edited(after, self.passes)}"
        return Request(request.method, uri, self._headers(request.headers), body)

    def response(self, response: Response) -> Response:
        """A response after the rules, as it is written."""
        if not self.passes:
            return response
        body = rewritten(response.body, self.passes, dict)
        return Response(response.status, response.message, self._headers(response.headers), body)

    def _headers(self, headers: Headers) -> dict[str, list[str]]:
        return {name: [edited(value, self.passes) for value in values] for name, values in headers.items()}


def rules_of(given: object) -> Rules:
    """The rules of a dict of regular expressions and what is to replace their matches. Raises SettingInvalid."""
    if not isinstance(given, Mapping) or not all(isinstance(part, str) for pair in given.items() for part in pair):
        raise SettingInvalid(f"scrub={given!r}: expected is a dict of regular expressions and their replacements.")
    try:
        passes = tuple(_pass(re.compile(pattern), new) for pattern, new in given.items())
    except re.error as error:
        raise SettingInvalid(f"scrub={given!r}: {error.pattern!r} is no regular expression: {error}.") from None
    digest = hashlib.sha256(repr(list(given.items())).encode()).hexdigest()[:8] if given else ""
    return Rules(passes, digest)


def _around_v1(uri: str) -> tuple[str, str, str]:
    """An address of one of the API's routes, what stands before and after `/v1`; any other whole."""
    path = api_path(uri)
    if path is None:
        return uri, "", ""
    at = uri.index(path)
    return uri[:at], path[:3], uri[at + 3 :]


def _pass(pattern: re.Pattern[str], new: str) -> Pass:
    try:
        pattern.sub(new, "")
    except (re.error, IndexError) as error:
        raise SettingInvalid(f"scrub={{{pattern.pattern!r}: {new!r}}}: no replacement: {error}.") from None

    def edits(text: str) -> list[Edit]:
        return [(*found.span(), found.expand(new)) for found in pattern.finditer(text)]

    return edits


def scrubbed(turns: Sequence[Interaction]) -> list[Interaction]:
    """The turns as they may be written: no key, cookie or organisation, and no id or time of the day of recording."""
    placeholders = Placeholders()
    found = []
    for number, turn in enumerate(turns, 1):
        placeholders.turn = number
        found.append(_scrubbed(turn, placeholders))
    return found


def _scrubbed(turn: Interaction, placeholders: Placeholders) -> Interaction:
    request, response, passes = turn.request, turn.response, [placeholders.edits]
    uri = masked(request.uri)
    path = api_path(uri)
    if _recorded_from(turn) == SERVER and path is not None:
        uri = urlunsplit(("https", "api.openai.com", path, urlsplit(uri).query, ""))
    headers, body = _bounded(_passing(request.headers, REQUEST_HEADERS, passes), request.body)
    asked = Request(request.method, edited(uri, passes), headers, rewritten(body, passes, placeholders.asked))
    answered = Response(
        response.status,
        response.message,
        _passing(response.headers, RESPONSE_HEADERS, passes),
        rewritten(response.body, passes, placeholders.answered),
    )
    return Interaction(asked, answered)


def _bounded(headers: dict[str, list[str]], body: bytes) -> tuple[dict[str, list[str]], bytes]:
    """An upload with a boundary that is the same each time; anything else as it is."""
    kind = next(iter(headers.get("content-type", ())), "")
    drawn = MULTIPART.match(kind)
    if drawn is None:
        return headers, body
    bounded = {**headers, "content-type": [f"{drawn[1]}{BOUNDARY}"]}
    return bounded, body.replace(drawn[2].encode(), BOUNDARY.encode())


def sources(turns: Sequence[Interaction]) -> str:
    """Who answered the turns, as the head of a cassette says it."""
    return ", ".join(sorted({_recorded_from(turn) for turn in turns})) or "nothing"


def _recorded_from(turn: Interaction) -> str:
    """Who answered: the host, or `fakemodel` for a FakeOpenAI."""
    if SERVER in turn.response.headers.get("server", ()):
        return SERVER
    return urlsplit(masked(turn.request.uri)).netloc


def _passing(headers: Headers, names: set[str], passes: Sequence[Pass]) -> dict[str, list[str]]:
    passing = {name: headers[name] for name in sorted(names & headers.keys())}  # some clients tell them in any order
    return {
        name: [edited(masked(value), passes) for value in values] if name == "location" else values
        for name, values in passing.items()
    }
