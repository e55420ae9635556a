"""The laws of the wire, asked of recorded streams: a cassette that was edited by hand, or made up, breaks them.

Every stream of api.openai.com that was ever measured keeps them, so that there a breach is an error. Compatible servers
deviate, and their streams are what they are: a breach is a warning.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from urllib.parse import urlsplit

from fakemodel.errors import StreamError
from fakemodel.tape.checks.finding import Finding
from fakemodel.tape.content_encoding import decoded
from fakemodel.tape.interaction import Interaction, Response
from fakemodel.tape.operations import operation_of
from fakemodel.wire.laws import check_chunks, check_events
from fakemodel.wire.sse import payloads_in

__all__ = ["broken_laws", "is_the_apis"]

CHECKS: Mapping[str, tuple[str, Callable[[Iterable[object]], None]]] = {
    "POST chat/completions": ("chunk", check_chunks),
    "POST responses": ("event", check_events),
    "GET responses/*": ("event", check_events),
}
"""What the operations stream, and what that is held to."""


def is_the_apis(turn: Interaction) -> bool:
    """Whether the turn was answered by OpenAI itself, or in its name: others may answer otherwise."""
    return urlsplit(turn.request.uri).hostname in ("api.openai.com", None)


def broken_laws(turns: Sequence[Interaction], *, quoted: bool) -> Iterator[Finding]:
    """The first breach of each law in each recorded stream; what stands there is `quoted`, or kept back."""
    for number, turn in enumerate(turns, 1):
        key = operation_of(turn.request).key
        if key not in CHECKS or not turn.response.is_stream or turn.response.status >= 400:
            continue
        for position, law, what in _broken(turn.response, *CHECKS[key], quoted):
            where = f"turn {number}, {CHECKS[key][0]} {position}"
            yield Finding("law", f"{what} (law: {law})", where, severe=is_the_apis(turn), turn=number)


def _broken(
    response: Response, of: str, check: Callable[[Iterable[object]], None], quoted: bool
) -> Iterator[tuple[int, str, str]]:
    """The position, the law, and what is wrong, of the first breach of each law."""
    try:
        check(payloads_in(decoded(response).body))
    except StreamError as error:
        if not error.violations:
            yield 0, "form", str(error) if quoted else f"this is no stream of {of}s"
        counts = Counter(violation.law for violation in error.violations)
        for law, count in counts.items():
            violation = next(each for each in error.violations if each.law == law)
            told = f"{violation.type} {violation.message}" if quoted else f"a {of} is not as it must be"
            yield violation.position, law, f"{told}, and {count - 1} more" if count > 1 else told
    except ValueError as error:  # of an encoding that is not known here
        yield 0, "form", str(error) if quoted else f"this is no stream of {of}s"
