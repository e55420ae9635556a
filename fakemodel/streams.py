"""`stream`: a list of chunks or events in the place of the stream that an SDK client returns."""

from __future__ import annotations

from collections.abc import AsyncIterator, Generator, Iterable, Iterator
from typing import Any, Generic, TypeVar

__all__ = ["Stream", "stream"]

T = TypeVar("T")


class Stream(Generic[T]):
    """Iterates once, with `for` or `async for`; what was not read before `close()` stays unread."""

    def __init__(self, items: Iterable[T]) -> None:
        self._items = iter(items)
        self._read = 0
        self.closed = False

    def __repr__(self) -> str:
        return f"<Stream: {self._read} read, {'closed' if self.closed else 'open'}>"

    def __iter__(self) -> Iterator[T]:
        return self

    def __next__(self) -> T:
        if self.closed:
            raise StopIteration
        item = next(self._items)
        self._read += 1
        return item

    def __aiter__(self) -> AsyncIterator[T]:
        return self

    async def __anext__(self) -> T:
        try:
            return self.__next__()
        except StopIteration:
            raise StopAsyncIteration from None

    def close(self) -> _Closed:
        """Close the stream; the result may be awaited, or not."""
        self.closed = True
        return _Closed()

    def __enter__(self) -> Stream[T]:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    async def __aenter__(self) -> Stream[T]:
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        self.close()


class _Closed:
    def __await__(self) -> Generator[Any, None, None]:
        yield from ()


def stream(events_or_chunks: Iterable[T]) -> Stream[T]:
    """A fresh stream object over `events_or_chunks`, as an SDK client returns for ``stream=True``."""
    return Stream(events_or_chunks)
