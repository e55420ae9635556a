"""The rehearsal: the recorded requests are put to a FakeOpenAI, and its answers held against the recorded ones.

Ids that it gives out are other ones than the recorded; a later request that names one of these is sent with its own.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from fakemodel.api.fake_openai import FakeOpenAI
from fakemodel.errors import ReplyInvalid, StreamError
from fakemodel.httpx_modules import sdk_httpx
from fakemodel.reply import REASONS, Reply, altered
from fakemodel.scripting.answers import Named, body_of, reply_call, reply_of, written
from fakemodel.scripting.code import Call, code
from fakemodel.shown import shortened
from fakemodel.tape.address import api_path
from fakemodel.tape.interaction import Interaction, Response
from fakemodel.wire.anew import DRAWN_ANEW, without, without_empty

__all__ = ["Rehearsal"]

ANEW = {*DRAWN_ANEW, "id", "first_id", "last_id", "item_id"}
"""The members of an answer that are other ones each time."""

WORD = re.compile("[A-Za-z0-9_]+")
"""What an id consists of, as a word or as several: `resp_1`, `chatcmpl-1`, `functions.get_weather:0`."""


class Rehearsal:
    """A FakeOpenAI that is asked what was recorded, turn by turn."""

    def __init__(self, api: FakeOpenAI) -> None:
        self._transport = api.transport()
        self._ids: dict[str, str] = {}
        self._lengths: dict[str, list[int]] = {}
        """The lengths of the recorded ids by their first words, the longest first: most of a kind are as long."""

    def differs(self, turn: Interaction) -> str | None:
        """In what the answer to a recorded request is not the recorded one; None where it is.

        That is up to ids, times and encrypted content, and whether a response in the background has come to its end.
        """
        httpx, recorded = sdk_httpx(), turn.response
        try:
            live = self.answer(turn)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            return f"it cannot be asked for: {error}"
        return _difference(replace(recorded, body=self._in_today(recorded.body)), live)

    def answer(self, turn: Interaction) -> Response:
        """What the server answers to a recorded request."""
        request = turn.request
        headers = {
            name: value for name, values in request.headers.items() for value in values if name == "content-type"
        }
        path = api_path(request.uri)  # of a gateway's address too, which a FakeOpenAI does not have
        asked_for = (
            urlunsplit(("https", "api.openai.com", path, urlsplit(request.uri).query, "")) if path else request.uri
        )
        uri = self._today(asked_for)
        asked = sdk_httpx().Request(request.method, uri, content=self._in_today(request.body), headers=headers)
        told = self._transport.handle_request(asked)
        kinds = [told.headers["content-type"]] if "content-type" in told.headers else []
        live = Response(told.status_code, "", {"content-type": kinds}, told.read())
        self._learn(body_of(turn.response), body_of(live))
        return live

    def _today(self, text: str) -> str:
        """A recorded text with the ids of today.

        Its words are looked up, so that it costs what it is long, and not what was recorded before it.
        """
        pieces, end = [], 0
        for word in WORD.finditer(text):
            start = word.start()
            for length in self._lengths.get(word[0], ()):
                recorded, after = text[start : start + length], start + length
                if start >= end and recorded in self._ids and not WORD.match(text, after):
                    pieces += [text[end:start], self._ids[recorded]]
                    end = after
                    break
        return "".join([*pieces, text[end:]])

    def _in_today(self, body: bytes) -> bytes:
        return self._today(body.decode("latin-1")).encode("latin-1")

    def _learn(self, recorded: Any, live: Any) -> None:
        if isinstance(recorded, dict) and isinstance(live, dict):
            for key in recorded.keys() & live.keys():
                old, new = recorded[key], live[key]
                if key in ("id", "call_id") and isinstance(old, str) and isinstance(new, str) and old != new:
                    self._replace(old, new)
                self._learn(old, new)
        elif isinstance(recorded, list) and isinstance(live, list):
            for pair in zip(recorded, live, strict=False):
                self._learn(*pair)

    def _replace(self, recorded: str, live: str) -> None:
        begins = WORD.match(recorded)
        if begins and recorded not in self._ids:
            self._ids[recorded] = live
            self._lengths[begins[0]] = sorted({*self._lengths.get(begins[0], ()), len(recorded)}, reverse=True)


def _difference(recorded: Response, live: Response) -> str | None:
    if recorded.status != live.status:
        return f"it is answered with {live.status}, recorded is {recorded.status}{_reason(live)}"
    before, now = body_of(recorded), body_of(live)
    if isinstance(before, dict) and before.get("object") == "response" and before.get("status") not in REASONS:
        return None
    said: list[object] = [without_empty(without(ANEW, each)) for each in (before, now)]
    replies = [_said(each) for each in (recorded, live)]
    if replies[0] is not None and replies[1] is not None:
        if replies[0].usage is None:  # not every server counts
            replies[1] = altered(replies[1], usage=None)
        said = [reply_call(each) for each in replies if each is not None]
    return None if said[0] == said[1] else f"it says {_shown(said[1])}, recorded is {_shown(said[0])}"


def _said(response: Response) -> Reply | None:
    try:
        reply = reply_of(response)
        return None if reply is None else written(reply, Named())
    except (ReplyInvalid, StreamError):
        return None


def _reason(live: Response) -> str:
    body = body_of(live)
    error = body.get("error") if isinstance(body, dict) else None
    return f": {error['message'].splitlines()[0]}" if isinstance(error, dict) and error.get("message") else ""


def _shown(value: Any) -> str:
    return shortened(code(value) if isinstance(value, Call) else repr(value))
