"""What the toolkit raises. Every message says what happened, where, and what to do.

`FakeModelError` is a BaseException, as pytest's own outcomes are: a missed request must get past the
SDK's retry loop (openai 2 wraps every Exception of a transport after three tries) and past an
application's ``except Exception``. All errors that need not do so are Exceptions as well.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from fakemodel.wire.laws import Violation

__all__ = [
    "CassetteInvalid",
    "CassetteMiss",
    "CassetteMissing",
    "CassetteWarning",
    "FakeModelError",
    "NetworkRefused",
    "NoReplyLeft",
    "ReplyInvalid",
    "SecretFound",
    "ServerStateRefused",
    "ServerUnavailable",
    "SettingInvalid",
    "StreamError",
    "UnplayedReplies",
    "UnplayedTurns",
]


class FakeModelError(BaseException):
    """The base of everything that the toolkit raises."""


class ReplyInvalid(FakeModelError, ValueError):
    """A reply, or a part of one, is nothing that a model can say. Raised where it is written."""


class SettingInvalid(FakeModelError, ValueError):
    """An option, a marker or a fixture of the toolkit says what it cannot mean."""


class StreamError(FakeModelError, ValueError):
    """A stream is not what the API, or the adapter it is meant for, would make or take.

    `violations` are the breaches of the wire's laws, in the order of the stream; empty where it is something else.
    """

    def __init__(self, message: str, violations: Sequence[Violation] = ()) -> None:
        super().__init__(message)
        self.violations = tuple(violations)


class ServerUnavailable(FakeModelError, RuntimeError):
    """FakeOpenAI cannot be served on loopback: the extra is not installed, or the server did not start."""


class NoReplyLeft(FakeModelError, AssertionError):
    """A model was asked once more than its script has replies."""


class UnplayedReplies(FakeModelError, AssertionError):
    """A script has replies that nobody asked for."""


class ServerStateRefused(FakeModelError, AssertionError):
    """A model was asked to go on from what a server keeps, and there is no server that keeps it."""


class CassetteMiss(FakeModelError):
    """A request that no recorded turn answers. Not an Exception: nothing on its way may swallow it."""


class NetworkRefused(FakeModelError):
    """A connection past the cassette, while it is replayed. Not an Exception, as `CassetteMiss`."""


class CassetteMissing(FakeModelError, FileNotFoundError):
    """There is nothing to replay: the cassette's file does not exist."""


class CassetteWarning(UserWarning):
    """A cassette is older than `max_age`, or holds what might better not be in a repository: an e-mail address, say.

    Or its name is that of another but for case, so that both are one file on some systems.
    """


class CassetteInvalid(FakeModelError, ValueError):
    """A cassette's file cannot be read as one, or what was recorded must not be written to one."""


class SecretFound(FakeModelError):
    """What was recorded holds a secret, so that nothing is written. The message says where it stands, never what."""


class UnplayedTurns(FakeModelError, AssertionError):
    """A cassette has recorded turns that the test no longer asks for."""
