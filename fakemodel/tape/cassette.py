"""The cassette that is in the player: it answers requests from its turns, or records them.

A subclass of vcrpy's Cassette, so that vcrpy's patches for requests, urllib3, aiohttp and others play and record
through it. For httpx and httpx2 its own patches take their place (`fakemodel.tape.patches`), and it reads
and writes its own file (`fakemodel.tape.layout`).
"""

from __future__ import annotations

import threading
from collections import defaultdict, deque
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal, NoReturn

import vcr.cassette
from vcr.filters import decode_response
from vcr.record_mode import RecordMode
from vcr.request import Request as VcrRequest

from fakemodel.errors import CassetteInvalid, CassetteMiss, CassetteMissing, NetworkRefused, UnplayedTurns
from fakemodel.tape import layout
from fakemodel.tape.address import masked
from fakemodel.tape.interaction import Interaction, Request, Response
from fakemodel.tape.match import Key, Matcher
from fakemodel.tape.miss import cassette_miss
from fakemodel.tape.patches import patches
from fakemodel.tape.scrub import recorded_from, scrubbed
from fakemodel.tape.vcr_form import playable, request_of, response_of, vcr_request, vcr_response

__all__ = ["Cassette", "Filter", "Outcome"]

Filter = Callable[[Any], Any]
"""Given a request or response of vcrpy's, returns it changed, or None to leave it alone."""

Refused = CassetteMiss | NetworkRefused

Outcome = Literal["recorded", "re-recorded", "left equal", "played"]


class Cassette(vcr.cassette.Cassette):  # type: ignore[misc]  # vcrpy ships no types
    """One cassette in the player.

    `path` is its file, `mode` "replay" or "record", `turns` the recorded interactions (those of the file, or
    those made now), `requests` the live requests of this run, in order, and `refused` what was refused of them.
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
        allow_errors: bool = False,
        allow_unplayed: bool = False,
        before_request: Filter = lambda request: request,
        before_response: Filter = lambda response: response,
    ) -> None:
        super().__init__(
            path,
            record_mode=RecordMode.NONE if mode == "replay" else RecordMode.ALL,
            before_record_request=before_request,
            before_record_response=before_response,
            skip_patchers=("httpx", "httpx2"),
            custom_patches=tuple(patches(self)),
        )
        self._file = path
        self.mode = mode
        self._before_request = before_request
        self._before_response = before_response
        self.refused: list[Refused] = []
        self._live: list[Request] = []
        self._made: list[Interaction | None] = []
        self._open: dict[int, Request] = {}
        self._unanswered: dict[int, Request] = {}
        self._name = name
        self._remedy = remedy
        self._raised = raised
        self._allow_errors = allow_errors
        self._allow_unplayed = allow_unplayed
        self._matcher = Matcher(ignore)
        self._played: set[int] = set()
        self._lock = threading.RLock()
        self._recorded = self._read() if mode == "replay" else []
        self._waiting: dict[Key, deque[int]] = defaultdict(deque)
        for index, turn in enumerate(self._recorded):
            self._waiting[self._matcher.key(turn.request)].append(index)

    @property
    def path(self) -> Path:
        """The cassette's file."""
        return self._file

    @property
    def turns(self) -> list[Interaction]:
        """The recorded interactions, in order."""
        return self._recorded if self.mode == "replay" else [turn for turn in self._made if turn is not None]

    @property
    def requests(self) -> list[Request]:
        """The live requests of this run, in order."""
        return self._live

    def note(self, request: Request) -> Request | None:
        """The request as it is matched and written, noted as live; None for one that is not ours to answer."""
        filtered = self._before_request(vcr_request(request))
        if not filtered:
            return None
        with self._lock:
            self._live.append(request_of(filtered))
            return self._live[-1]

    def play(self, request: Request) -> Response:
        """The recorded answer to a request that was noted. Raises CassetteMiss, and notes it."""
        with self._lock:
            waiting = self._waiting.get(self._matcher.key(request))
            if not waiting:
                self.refuse(self._miss(request))
            index = waiting.popleft()
            self._played.add(index)
            return self._recorded[index].response

    def _miss(self, request: Request) -> CassetteMiss:
        number = next(number for number, each in enumerate(self._live, 1) if each is request)
        return cassette_miss(
            request,
            number,
            self._recorded,
            self._played,
            self._matcher,
            name=self._name,
            path=self._shown_path,
            remedy=self._remedy("rerecord"),
        )

    def refuse(self, error: Refused) -> NoReturn:
        """Note what is refused, so that nobody can swallow it, and raise it."""
        error = self._raised(error)
        self.refused.append(error)
        raise error

    def reserve(self, request: Request) -> int:
        """A place in the order of turns, taken when a request is sent."""
        with self._lock:
            self._made.append(None)
            self._open[len(self._made) - 1] = request
            return len(self._made) - 1

    def drop(self, position: int) -> None:
        """Record nothing at a place: its request was not answered, or its answer broke off."""
        with self._lock:
            if position in self._open:
                self._unanswered[position] = self._open.pop(position)

    def keep(self, position: int, request: Request, response: Response) -> None:
        """Record an interaction at the place that was taken for it."""
        self._open.pop(position, None)
        filtered = self._before_response(vcr_response(response))
        if filtered is not None:
            self._made[position] = Interaction(request, response_of(filtered))

    def judge(self) -> None:
        """Raise the first request that was refused, or CassetteInvalid for an error that must not be recorded."""
        if self.refused:
            raise self.refused[0]
        if self.mode == "record" and not self._allow_errors:
            self._assert_recordable()

    def finish(self) -> Outcome:
        """Judge, then write what was recorded, or raise UnplayedTurns for what was not played."""
        self.judge()
        if self.mode == "record":
            self._assert_closed()
            self._assert_answered()
            return self._write()
        if not self._allow_unplayed:
            self._assert_played()
        return "played"

    def _assert_closed(self) -> None:
        for position, request in self._open.items():
            raise CassetteInvalid(
                f"turn {position + 1} of {self._name} was not read to its end, nor closed, so that the file was left "
                f"as it was ({self._shown_path})\n"
                f"  {request.method} {masked(request.uri)}\n"
                "Read the stream to its end, or close it: `with client.responses.create(…, stream=True) as stream`."
            )

    def _assert_answered(self) -> None:
        """A request without an answer may be left out only where the same one was sent again and answered."""
        answered = {self._matcher.key(turn.request) for turn in self.turns}
        for position, request in self._unanswered.items():
            if self._matcher.key(request) not in answered:
                raise CassetteInvalid(
                    f"turn {position + 1} of {self._name} was never answered (it broke off, or was cancelled), so that "
                    f"the file was left as it was ({self._shown_path})\n"
                    f"  {request.method} {masked(request.uri)}\n"
                    "A cassette holds whole answers only. Test what happens without one against FakeOpenAI."
                )

    def _assert_recordable(self) -> None:
        for number, turn in enumerate(self.turns, 1):
            request, response = turn.request, turn.response
            if response.status >= 400:
                raise CassetteInvalid(
                    f"turn {number} of {self._name} was answered {response.status} {response.message}, "
                    f"so that the file was left as it was ({self._shown_path})\n"
                    f"  {request.method} {masked(request.uri)}: {response.body[:200].decode(errors='replace')}\n"
                    "Where the test means the error: allow_errors=True"
                )

    def _assert_played(self) -> None:
        left = [index for index in range(len(self._recorded)) if index not in self._played]
        if left:
            requests = [self._recorded[index].request for index in left]
            shown = [
                f"  turn {i + 1}  {each.method} {masked(each.uri)}" for i, each in zip(left, requests, strict=True)
            ]
            raise UnplayedTurns(
                f"{self._name} no longer asks for {len(left)} of {len(self._recorded)} recorded turns "
                f"({self._shown_path})\n"
                + "\n".join([*shown, self._remedy("rerecord"), "Where that is meant: allow_unplayed=True"])
            )

    def _write(self) -> Outcome:
        """Write the file, unless it holds equal interactions already."""
        turns = [scrubbed(turn) for turn in self.turns]
        text = layout.written(turns, self._recorded_head())
        old = self.path.read_text(encoding="utf-8", errors="replace") if self.path.exists() else None
        if old is not None and _interactions(old) == _interactions(text):
            return "left equal"
        layout.write(self.path, text)
        return "recorded" if old is None else "re-recorded"

    def _recorded_head(self) -> dict[str, str]:
        sources = sorted({recorded_from(turn) for turn in self.turns})
        today = datetime.now(UTC).date().isoformat()
        return {"from": ", ".join(sources) or "nothing", "with": f"openai {version('openai')}", "on": today}

    def _read(self) -> list[Interaction]:
        try:
            return layout.read(self.path)
        except FileNotFoundError:
            raise CassetteMissing(
                f"{self._name} has no cassette to replay ({self._shown_path})\n{self._remedy('record')}"
            ) from None
        except (OSError, ValueError) as error:
            raise CassetteInvalid(
                f"{self._name} cannot replay {self._shown_path}: {error}\n"
                f"Mend the file, or record it anew. {self._remedy('rerecord')}"
            ) from None

    @property
    def _shown_path(self) -> Path:
        here = Path.cwd()
        return self.path.relative_to(here) if self.path.is_relative_to(here) else self.path

    def _load(self) -> None:
        """The file was read, or is not wanted."""

    def _save(self, force: bool = False) -> None:
        """Whoever opened the cassette decides; see `finish`."""

    def can_play_response_for(self, request: VcrRequest) -> bool:
        """Whether vcrpy's patches are to play; in replay they are, or a miss is raised."""
        return self.mode == "replay" and bool(self._before_request(request))

    def play_response(self, request: VcrRequest) -> dict[str, Any]:
        """The answer in vcrpy's form. Raises CassetteMiss."""
        noted = self.note(request_of(request))
        assert noted is not None, "vcrpy asks first whether the request is the cassette's"
        response = self.play(noted)
        return playable(response)

    def append(self, request: VcrRequest, response: dict[str, Any]) -> None:
        """Record what vcrpy's patches were answered."""
        noted = self.note(request_of(request))
        if noted is not None:
            self.keep(self.reserve(noted), noted, response_of(decode_response(response)))


def _interactions(text: str) -> str:
    return text.partition("\ninteractions:")[2]
