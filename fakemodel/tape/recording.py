"""Recording: what is answered while a test runs, and what of it may become a file."""

from __future__ import annotations

from collections.abc import Sequence

from fakemodel.errors import CassetteInvalid
from fakemodel.tape.address import masked
from fakemodel.tape.interaction import Interaction, Request, Response
from fakemodel.tape.match import Matcher
from fakemodel.tape.order import in_order
from fakemodel.tape.told import Told

__all__ = ["Recording"]


RETRIED = {408, 409, 429}
"""The statuses below 500 after which clients send the same request again, as the openai SDK does."""


def _is_retried(status: int) -> bool:
    return status in RETRIED or status >= 500


def _is_retry(request: Request) -> bool:
    """Whether the openai SDK says that it sends a request again."""
    return any(count != "0" for count in request.headers.get("x-stainless-retry-count", ()))


class Recording:
    """The interactions of a test, each at the place that was taken for it when its request was sent."""

    def __init__(self, ignore: Sequence[str], told: Told, *, allow_errors: bool) -> None:
        self._matcher, self._told, self._allow_errors = Matcher(ignore), told, allow_errors
        self._made: list[Interaction | None] = []
        self._open: dict[int, Request] = {}
        self._unanswered: dict[int, Request] = {}
        self._overlapped = False

    @property
    def turns(self) -> list[Interaction]:
        """What was recorded so far; in an order of its own where requests were on their way at the same time."""
        made = self._without_retried([turn for turn in self._made if turn is not None])
        return in_order(made) if self._overlapped else made

    def _without_retried(self, turns: list[Interaction]) -> list[Interaction]:
        """The turns but for the rate limits and server errors after which a client sent the request again, and won."""
        if self._allow_errors or not any(_is_retried(turn.response.status) for turn in turns):
            return turns
        kept: list[Interaction] = []
        after: dict[object, tuple[int, bool]] = {}  # the next turn that asks the same, and whether it was answered
        for index, turn in reversed([*enumerate(turns)]):
            key = self._matcher.key(turn.request)
            next_index, answered = after.get(key, (index, False))
            again = next_index == index + 1 or _is_retry(turns[next_index].request)
            left_out = answered and again and _is_retried(turn.response.status)
            if not left_out:
                kept.append(turn)
            after[key] = index, left_out or turn.response.status < 400
        return kept[::-1]

    def reserve(self, request: Request) -> int:
        """A place in the order of turns, taken when a request is sent."""
        self._overlapped |= bool(self._open)
        self._made.append(None)
        self._open[len(self._made) - 1] = request
        return len(self._made) - 1

    def drop(self, position: int) -> None:
        """Record nothing at a place: its request was not answered, or its answer broke off."""
        if position in self._open:
            self._unanswered[position] = self._open.pop(position)

    def keep(self, position: int, request: Request, response: Response | None) -> None:
        """Record an interaction at the place that was taken for it; without a response, none."""
        self._open.pop(position, None)
        if response is not None:
            self._made[position] = Interaction(request, response)

    def assert_whole(self) -> None:
        """Raise CassetteInvalid for a request that was not read to its end, or not answered at all.

        One without an answer may be left out only where the same one was sent again and answered.
        """
        for position, request in self._open.items():
            raise self._invalid(
                f"turn {position + 1} of {self._told.name} was not read to its end, nor closed",
                request,
                "Read the stream to its end, or close it: `with client.responses.create(…, stream=True) as stream`.",
            )
        answered = {self._matcher.key(turn.request) for turn in self.turns}
        for position, request in self._unanswered.items():
            if self._matcher.key(request) not in answered:
                raise self._invalid(
                    f"turn {position + 1} of {self._told.name} was never answered (it broke off, or was cancelled)",
                    request,
                    "A cassette holds whole answers only. Test what happens without one against FakeOpenAI.",
                )

    def assert_no_errors(self) -> None:
        """Raise CassetteInvalid for an answer of 400 or above, unless errors are meant."""
        if self._allow_errors:
            return
        for number, turn in enumerate(self.turns, 1):
            response = turn.response
            if response.status >= 400:
                raise self._invalid(
                    f"turn {number} of {self._told.name} was answered {response.status} {response.message}",
                    turn.request,
                    "Where the test means the error: allow_errors=True",
                    f": {response.body[:200].decode(errors='replace')}",
                )

    def _invalid(self, what: str, request: Request, remedy: str, answer: str = "") -> CassetteInvalid:
        return CassetteInvalid(
            f"{what}, so that the file was left as it was ({self._told.shown_path})\n"
            f"  {request.method} {masked(request.uri)}{answer}\n{remedy}"
        )
