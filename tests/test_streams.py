"""stream: a list in the place of the stream that an SDK client returns."""

import pytest

from fakemodel import Reply, stream


async def collected(events):
    return [event async for event in events]


def test_a_stream_is_read_with_for():
    events = Reply("Hello").events()

    assert list(stream(events)) == events


async def test_a_stream_is_read_with_async_for():
    chunks = Reply("Hello").chunks()

    assert await collected(stream(chunks)) == chunks


async def test_a_stream_is_read_once_and_goes_on_where_it_was_left():
    events = stream([1, 2, 3])

    assert next(events) == 1
    assert await anext(events) == 2
    assert list(events) == [3]
    assert list(events) == await collected(events) == []


def test_each_stream_is_fresh():
    events = Reply("Hello").events()

    assert list(stream(events)) == list(stream(events))


def test_a_stream_takes_what_it_is_given_one_by_one():
    taken = []
    events = stream(taken.append(number) or number for number in (1, 2, 3))

    assert taken == []
    assert next(events) == 1
    assert taken == [1]


@pytest.mark.parametrize("awaited", [False, True])
async def test_after_close_awaited_or_not_nothing_more_comes(awaited):
    events = stream([1, 2, 3])
    assert next(events) == 1

    closing = events.close()
    if awaited:
        assert await closing is None

    assert events.closed
    assert list(events) == []
    assert await collected(events) == []


async def test_a_stream_may_be_closed_twice():
    events = stream([1])

    events.close()
    await events.close()

    assert events.closed


def test_a_with_block_closes_the_stream():
    with stream([1, 2]) as events:
        assert next(events) == 1
        assert not events.closed

    assert events.closed
    assert list(events) == []


async def test_an_async_with_block_closes_the_stream():
    async with stream([1, 2]) as events:
        assert await anext(events) == 1
        assert not events.closed

    assert events.closed
    assert await collected(events) == []


def test_a_with_block_closes_the_stream_and_lets_an_exception_pass():
    events = stream([1])

    with pytest.raises(KeyError), events:
        raise KeyError

    assert events.closed


async def test_an_async_with_block_closes_the_stream_and_lets_an_exception_pass():
    events = stream([1])

    with pytest.raises(KeyError):
        async with events:
            raise KeyError

    assert events.closed
