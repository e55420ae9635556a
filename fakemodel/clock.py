"""Time that passes without being waited for: an event loop's clock is put forward where it would only wait."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from fakemodel.errors import SettingInvalid

__all__ = ["elapse"]


async def elapse(seconds: float) -> None:
    """Come back `seconds` later on the running event loop's clock, without waiting for it.

    The clock goes forward whenever the loop has nothing else to do, to whichever timer is due next: timeouts and
    sleeps of everybody come in their order. What the loop runs in threads from then on takes no time; what was there
    before, and what comes over sockets, is not waited for.
    Raises SettingInvalid under an event loop that is not asyncio's own.
    """
    await _clock_of_the_loop().elapse(seconds)


def _clock_of_the_loop() -> _Clock:
    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:
        loop = None
    if not isinstance(loop, asyncio.BaseEventLoop):
        raise SettingInvalid("A slow reply needs an event loop of asyncio's own, whose clock can be put forward.")
    clock = getattr(loop.time, "__self__", None)
    return clock if isinstance(clock, _Clock) else _Clock(loop)


class _Clock:
    """The clock of one event loop: the real one, and how far it was put forward."""

    def __init__(self, loop: Any) -> None:
        self._loop, self._real = loop, loop.time
        self._in_threads: Callable[..., asyncio.Future[Any]] = loop.run_in_executor
        self._ahead, self._waiting, self._jobs, self._looking = 0.0, 0, 0, False
        loop.time, loop.run_in_executor = self.time, self.run_in_executor

    def time(self) -> float:
        """The time of the loop, in seconds."""
        return float(self._real() + self._ahead)

    def run_in_executor(self, executor: Any, func: Callable[..., Any], *args: Any) -> asyncio.Future[Any]:
        """Run a job in a thread, while the clock stands still."""
        future = self._in_threads(executor, func, *args)
        self._jobs += 1
        future.add_done_callback(self._job_done)
        return future

    async def elapse(self, seconds: float) -> None:
        """Come back when the clock is so much further."""
        woken = self._loop.create_future()
        timer = self._loop.call_at(self.time() + seconds, lambda: woken.done() or woken.set_result(None))
        self._waiting += 1
        self._look_soon()
        try:
            await woken
        finally:
            timer.cancel()
            self._waiting -= 1

    def _job_done(self, job: object) -> None:
        self._jobs -= 1
        self._look_soon()

    def _not_slow(self) -> None:
        """Have a loop in debug mode not take the jump for a callback that was slow."""
        before = self._loop.slow_callback_duration
        if before != float("inf"):
            self._loop.slow_callback_duration = float("inf")
            self._loop.call_soon(setattr, self._loop, "slow_callback_duration", before)

    def _look_soon(self) -> None:
        if self._waiting and not self._jobs and not self._looking:
            self._looking = True
            self._loop.call_soon(self._look)

    def _look(self) -> None:
        """Put the clock forward if nothing is to be done before the next timer; otherwise look again."""
        self._looking = False
        ready, timers = self._loop._ready, self._loop._scheduled  # noqa: SLF001  # there is no public name for either
        if self._waiting and not self._jobs and not ready:
            self._not_slow()
            self._ahead += max(0.0, timers[0].when() - self.time())
        self._look_soon()
