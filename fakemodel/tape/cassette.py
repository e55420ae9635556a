"""The cassette that is in the player: it answers requests from its turns, or records them.

A subclass of vcrpy's Cassette, so that vcrpy's patches for requests, urllib3, aiohttp and others play and record
through it. For httpx and httpx2 its own patches take their place (`fakemodel.tape.patches`), and it reads
and writes its own file (`fakemodel.tape.layout`).
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal, NoReturn

import vcr.cassette
from vcr.filters import decode_response
from vcr.record_mode import RecordMode
from vcr.request import Request as VcrRequest

from fakemodel.errors import CassetteInvalid, CassetteMiss, NetworkRefused, SecretFound
from fakemodel.shown import counted
from fakemodel.tape import file
from fakemodel.tape.audit import Audit
from fakemodel.tape.interaction import Interaction, Request, Response
from fakemodel.tape.patches import patches, skipped
from fakemodel.tape.player import Player
from fakemodel.tape.recording import Recording
from fakemodel.tape.scrub import rules_of
from fakemodel.tape.told import Told
from fakemodel.tape.vcr_form import playable, request_of, response_of, vcr_request, vcr_response

__all__ = ["Cassette", "Filter", "Outcome"]

Filter = Callable[[Any], Any]
"""Given a request or response of vcrpy's, returns it changed, or None to leave it alone."""

Refused = CassetteMiss | NetworkRefused | CassetteInvalid | SecretFound

Outcome = Literal["played"] | file.Written


class Cassette(vcr.cassette.Cassette):  # type: ignore[misc]  # vcrpy ships no types
    """One cassette in the player.

    `path` is its file, `mode` "replay" or "record", `turns` the recorded interactions (those of the file, or
    those made now), `requests` the live requests of this run, in order, and `refused` what was refused of them, or
    of their answers.
    `remedy` says, for a mode, what to type to have the cassette recorded; `raised` gives a refusal the type
    that the caller wants to see raised.
    """

    def __init__(
        self,
        path: Path,
        *,
        mode: Literal["replay", "record"] = "replay",
        name: str,
        remedy: Callable[[str], str],
        raised: Callable[[Refused], Refused] = lambda refused: refused,
        ignore: Sequence[str] = (),
        scrub: Mapping[str, str] = MappingProxyType({}),
        allow_errors: bool = False,
        allow_unplayed: bool = False,
        max_age: int = 0,
        payloads_over: int = 0,
        audit: Audit | None = None,
        before_request: Filter | None = None,
        before_response: Filter | None = None,
    ) -> None:
        super().__init__(
            path,
            record_mode=RecordMode.NONE if mode == "replay" else RecordMode.ALL,
            before_record_request=before_request or (lambda request: request),
            before_record_response=before_response or (lambda response: response),
            skip_patchers=skipped(),
            custom_patches=tuple(patches(self)),
        )
        self._told = Told(name, path, remedy)
        self.mode = mode
        self._before_request = before_request
        self._before_response = before_response
        self.refused: list[Refused] = []
        self._live: list[Request] = []
        self._raised = raised
        self._allow_unplayed = allow_unplayed
        self._written: dict[str, int] = {"max_age": max_age, "payloads_over": payloads_over}
        self._rules = rules_of(scrub)
        self._audit = audit
        self._lock = threading.RLock()
        self._recording = Recording(ignore, self._told, allow_errors=allow_errors)
        recorded: list[Interaction] = []
        if mode == "replay":
            recorded = file.read(self._told, self._rules)
            file.warn_of_age(self._told, max_age)
        else:
            file.assert_writable(self._told)
        self._player = Player(recorded, ignore, self._told)

    def __repr__(self) -> str:
        turns, requests = counted(len(self.turns), "turn"), counted(len(self._live), "request")
        return f"<Cassette: {self.path}, mode {self.mode!r}, {turns}, {requests} made>"

    __str__ = __repr__  # vcrpy's counts what only its own patches record

    @property
    def path(self) -> Path:
        """The cassette's file."""
        return self._told.path

    @property
    def turns(self) -> list[Interaction]:
        """The recorded interactions, in order."""
        return self._player.turns if self.mode == "replay" else self._recording.turns

    @property
    def requests(self) -> list[Request]:
        """The live requests of this run, in order."""
        return self._live

    def note(self, request: Request) -> Request | None:
        """The request as it is matched and written, noted as live; None for one that is not ours to answer."""
        with self._lock:
            if self._audit is not None:
                request = self._audit.passing(len(self._live) + 1, request, self._turn_for, self._player.is_issued)
            matched = self._as_matched(request)
            if matched is not None:
                self._live.append(matched)
            return matched

    def _as_matched(self, request: Request) -> Request | None:
        if self._before_request is not None:
            filtered = self._before_request(vcr_request(request))
            if not filtered:
                return None
            request = request_of(filtered)
        return self._rules.request(request)

    def _turn_for(self, request: Request) -> int | None:
        try:
            matched = self._as_matched(request)
        except Exception:  # a suite's filter need not know what to do with a request that no test sends
            return None
        return None if matched is None else self._player.turn_for(matched)

    def play(self, request: Request) -> Response:
        """The recorded answer to a request that was noted. Raises CassetteMiss, and notes it."""
        with self._lock:
            response = self._player.play(request)
            if response is None:
                number = next(number for number, each in enumerate(self._live, 1) if each is request)
                self.refuse(self._player.miss(request, number))
            return response

    def refuse_connection(self, host: str) -> NoReturn:
        """Refuse a connection past the cassette."""
        self.refuse(
            NetworkRefused(
                f"A connection to {host} was tried while the cassette is replayed: the request went past it, over a "
                "client that cassettes do not know, or a websocket.\nWhere that is meant: refuse_network=False"
            )
        )

    def refuse(self, error: Refused) -> NoReturn:
        """Note what is refused, so that nobody can swallow it, and raise it."""
        error = self._raised(error)
        self.refused.append(error)
        raise error

    def reserve(self, request: Request) -> int:
        """A place in the order of turns, taken when a request is sent."""
        with self._lock:
            return self._recording.reserve(request)

    def drop(self, position: int) -> None:
        """Record nothing at a place: its request was not answered, or its answer broke off."""
        with self._lock:
            self._recording.drop(position)

    def keep(self, position: int, request: Request, response: Response) -> None:
        """Record an interaction at the place that was taken for it."""
        kept: Response | None = response
        if self._before_response is not None:
            filtered = self._before_response(vcr_response(response))
            kept = None if filtered is None else response_of(filtered)
        with self._lock:
            self._recording.keep(position, request, kept and self._rules.response(kept))

    def judge(self) -> None:
        """Raise the first request that was refused, or CassetteInvalid or SecretFound for what must not be recorded."""
        if self.refused:
            raise self.refused[0]
        if self.mode == "record":
            try:
                self._recording.assert_no_errors()
                file.assert_no_secrets(self.turns, self._told)
            except (CassetteInvalid, SecretFound) as error:
                self.refused.append(error)
                raise

    def finish(self) -> Outcome:
        """Judge, then write what was recorded, or raise UnplayedTurns for what was not played."""
        self.judge()
        if self.mode == "record":
            self._recording.assert_whole()
            return file.write(self.turns, self._told, self._rules, **self._written)
        if not self._allow_unplayed:
            self._player.assert_played()
        return "played"

    def _load(self) -> None:
        """The file was read, or is not wanted."""

    def _save(self, force: bool = False) -> None:
        """Whoever opened the cassette decides; see `finish`."""

    def can_play_response_for(self, request: VcrRequest) -> bool:
        """Whether vcrpy's patches are to play; in replay they are, or a miss is raised."""
        return self.mode == "replay" and (self._before_request is None or bool(self._before_request(request)))

    def play_response(self, request: VcrRequest) -> dict[str, Any]:
        """The answer in vcrpy's form. Raises CassetteMiss."""
        noted = self.note(self._request_of(request))
        assert noted is not None, "vcrpy asks first whether the request is the cassette's"
        response = self.play(noted)
        return playable(response)

    def append(self, request: VcrRequest, response: dict[str, Any]) -> None:
        """Record what vcrpy's patches were answered."""
        noted = self.note(self._request_of(request))
        if noted is not None:
            self.keep(self.reserve(noted), noted, response_of(decode_response(response)))

    def _request_of(self, form: VcrRequest) -> Request:
        try:
            return request_of(form)
        except CassetteInvalid as error:
            self.refuse(error)
