"""What the plugin knows of a test while it is run."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, TypeVar

import pytest

from fakemodel import marked
from fakemodel.errors import CassetteWarning, FakeModelError, NetworkRefused

if TYPE_CHECKING:
    from pathlib import Path

    from fakemodel.api.fake_openai import FakeOpenAI
    from fakemodel.model.fake_model import FakeModel
    from fakemodel.tape.cassette import Cassette

__all__ = ["RUN", "Run", "as_pytests_own", "doubles_guarded", "readably"]

AnyError = TypeVar("AnyError", bound=FakeModelError)


class Run:
    """One run of a test: its cassette, who judges it at its end, and what is told beside another failure."""

    # No dataclass: to make one takes a third of the time in which this module is imported, by every suite.
    def __init__(self, path: Path | None) -> None:
        self.path = path
        """Of its cassette, where it has one."""
        self.cassette: Cassette | None = None
        self.playing = False
        """Whether the cassette is in the player: not yet, or no more, around fixtures of wider scope."""
        self.guarded = False
        """Whether connections past the cassette are refused."""
        self.guards_wider = False
        """Whether they are also refused around it: one guard for both is enough."""
        self.around = ExitStack()
        self.judges: list[Callable[[], None]] = []
        self.refused: list[Sequence[BaseException]] = []
        self.doubles: list[FakeModel | FakeOpenAI] = []
        self.finish: Callable[[], str] | None = None
        """Ends the cassette, once all fixtures are torn down, and says what became of it."""
        self.call: str | None = None
        """The outcome of the call phase, once it is over; of the setup where that left off."""
        self.has_subtests = False
        self.failed_subtest = False
        self.outcome: str | None = None
        """What became of the cassette."""

    def judge_by(self, judge: Callable[[], None], refused: Sequence[BaseException]) -> None:
        """Have `judge` raise at the end of the call, so that the test itself fails.

        `refused` collects what a double refuses meanwhile, which is told with a failure of another kind too.
        """
        self.judges.append(judge)
        self.refused.append(refused)

    def guard_wider_fixtures(self, item: pytest.Item) -> None:
        """Guard a test that replays: fixtures of a wider scope are set up before its cassette, torn down after it."""
        from fakemodel.tape.guard import network_refused, traces_answered
        from fakemodel.tape.recorder import is_open, placeholder_key

        self.around.enter_context(placeholder_key())
        self.around.enter_context(traces_answered())
        refused: list[NetworkRefused] = []

        def refuse(host: str) -> None:
            if self.playing and self.cassette is not None and self.guarded:
                self.cassette.refuse_connection(host)
            if is_open():  # then it is for that cassette to say
                return
            refused.append(
                as_pytests_own(
                    NetworkRefused(
                        f"A connection to {host} was tried outside of the cassette of {item.name}, by a fixture of a "
                        "wider scope than the test's. Give that fixture a cassette of its own: with "
                        "fakemodel.cassette(…)\n"
                        "Where that is meant: refuse_network=False in its marker, or cassette_refuse_network = false "
                        "among the ini options"
                    )
                )
            )
            raise refused[-1]

        def judge() -> None:
            if refused:
                raise refused[0]

        if marked.refuses_network(item):
            self.guards_wider = True
            self.judge_by(judge, refused)
            self.around.enter_context(network_refused(refuse))

    @contextmanager
    def guard_on_top(self) -> Iterator[None]:
        """Refuse connections past the cassette also where another plugin put its own guard in the place of ours."""
        if not self.guarded or self.cassette is None:
            yield
            return
        from fakemodel.tape.guard import is_guarded, network_refused

        if is_guarded():
            yield
            return
        with network_refused(self.cassette.refuse_connection):
            yield

    def unfinished(self) -> str | None:
        """What became of a cassette that was not finished."""
        if self.cassette is None:
            return None
        if self.cassette.refused:
            return "refused"
        if self.cassette.mode == "record":
            return "not recorded"
        return "not played" if self.call == "skipped" else "failed"

    def sections(self) -> Iterator[str]:
        """What is told beside a failure of another kind: what was refused, or else the turns beside the script."""
        refused = [error for errors in self.refused for error in errors]
        if refused:
            yield from (f"{type(error).__name__}: {error}" for error in refused)
        else:
            asked = (double for double in self.doubles if double.turns or double.faults_met)
            yield from (double.summary() for double in asked)

    def faults_met(self) -> list[str]:
        """What went wrong because the test had it so."""
        return [double.faults_met for double in self.doubles if double.faults_met]


RUN: pytest.StashKey[Run] = pytest.StashKey()
"""The run of a test, and in the config that of the test that is run now."""


@contextmanager
def doubles_guarded() -> Iterator[None]:
    """Let no traces out where a suite makes its FakeModel or FakeOpenAI by hand."""
    if not {"fakemodel.model.fake_model", "fakemodel.api.fake_openai"} & sys.modules.keys():
        yield
        return
    from fakemodel.tape.guard import traces_answered

    with traces_answered():
        yield


@contextmanager
def readably() -> Iterator[None]:
    """Fail with the message alone, where no frame of the test's own would say more."""
    try:
        yield
    except (FakeModelError, CassetteWarning) as error:  # a warning where the suite takes it for an error
        raise pytest.fail.Exception(f"{type(error).__name__}: {error}", pytrace=False) from None


def as_pytests_own(refusal: AnyError) -> AnyError:
    """The refusal as an outcome of pytest's: of what is no Exception only those let a teardown go on to its end."""
    kind = type(refusal)
    own: type[AnyError] = type(kind.__name__, (kind, pytest.fail.Exception), {"__module__": kind.__module__})
    outcome = own(str(refusal))
    pytest.fail.Exception.__init__(outcome, str(refusal))  # type: ignore[arg-type]  # which an Exception before it leaves out
    return outcome
