"""What pytest shows where two streams are not equal: the first difference with its neighbours, one line per event."""

import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import pytest

import fakemodel

STREAMS = """
import sys

from fakemodel import Reply, expected_events, refusal, stream, text, tool_call

chunks = Reply(refusal("No", "Thanks")).chunks()
events, expected = expected_events(chunks), expected_events(chunks)


async def told(events):
    for event in events:
        yield event


class Strange(list):
    def __eq__(self, other):
        if sys._getframe(1).f_code.co_name == "test_stream":
            return False
        raise TypeError("no more than once")


def numbered(events):
    return [event.model_copy(update={"sequence_number": number}) for number, event in enumerate(events)]


def test_stream():
"""


@pytest.fixture
def told(suite: pytest.Pytester, monkeypatch: pytest.MonkeyPatch):
    """Run a test with this body, which fails, and read what pytest says to it."""
    for name in ("CI", "BUILD_NUMBER"):  # where they are set, pytest cuts nothing off
        monkeypatch.delenv(name, raising=False)

    def run(body: str, *arguments: str) -> str:
        suite.makepyfile(STREAMS + "\n".join(f"    {line}" for line in body.splitlines()))
        result = suite.runpytest(*arguments)
        result.assert_outcomes(failed=1)
        said = [line.removeprefix("E       ") for line in result.outlines if line.startswith("E  ")]
        return "\n".join(said).removeprefix("AssertionError: ")  # which pytest prints where a text has an apostrophe

    return run


def lines(text: str) -> str:
    return dedent(text).strip("\n")


FORGOTTEN = """
events[5].part.refusal = "No"
events[6].item.content[0].refusal = "No"
events[7].response.output[0].content[0].refusal = "No"
assert events == expected
"""


def test_an_adapter_that_forgets_a_fragment(suite: pytest.Pytester):
    suite.makepyfile(
        """
        from fakemodel import Reply, expected_events, refusal, stream


        async def adapter_over(stream):
            for event in expected_events([chunk async for chunk in stream]):
                if event.type == "response.content_part.done":
                    event.part.refusal = "No"
                yield event


        async def test_refusal_is_streamed():
            chunks = Reply(refusal("No", "Thanks")).chunks()
            events = [event async for event in adapter_over(stream(chunks))]
            assert events == expected_events(chunks, response=events[0].response)
        """
    )

    result = suite.runpytest()

    result.assert_outcomes(failed=1)
    assert [line for line in result.outlines if line.startswith("E ")] == [
        "E       AssertionError: assert events == expected: 8 events, equal up to [4] (- left, + right)",
        "E           [3] response.refusal.delta      'No'",
        "E           [4] response.refusal.delta      'Thanks'",
        "E         - [5] response.content_part.done  part.refusal 'No'",
        "E         + [5] response.content_part.done  part.refusal 'NoThanks'",
        "E           [6] response.output_item.done   message refusal 'NoThanks'",
    ]


def test_what_differs_later_is_counted(told):
    assert told(FORGOTTEN) == lines(
        """
        assert events == expected: 8 events, equal up to [4] (- left, + right)
            [3] response.refusal.delta      'No'
            [4] response.refusal.delta      'Thanks'
          - [5] response.content_part.done  part.refusal 'No'
          + [5] response.content_part.done  part.refusal 'NoThanks'
          and 2 more differ, -vv shows all events
        """
    )


@pytest.mark.parametrize("arguments", [["-vv"], ["-o", "verbosity_assertions=2"]], ids=["-vv", "verbosity_assertions"])
def test_all_events_are_shown_where_pytest_is_verbose(told, arguments):
    assert told(FORGOTTEN, *arguments) == lines(
        """
        assert events == expected: 8 events, equal up to [4] (- left, + right)
            [0] response.created
            [1] response.output_item.added   message
            [2] response.content_part.added  refusal
            [3] response.refusal.delta       'No'
            [4] response.refusal.delta       'Thanks'
          - [5] response.content_part.done   part.refusal 'No'
          + [5] response.content_part.done   part.refusal 'NoThanks'
          - [6] response.output_item.done    item.content[0].refusal 'No'
          + [6] response.output_item.done    item.content[0].refusal 'NoThanks'
          - [7] response.completed           response.output[0].content[0].refusal 'No'
          + [7] response.completed           response.output[0].content[0].refusal 'NoThanks'
        """
    )


@pytest.mark.parametrize("left", ["events[:4] + events[5:]", "numbered(events[:4] + events[5:])"])
def test_an_event_that_is_missing(told, left):
    assert told(f"assert {left} == expected") == lines(
        """
        assert events == expected: 7 events (- left), 8 (+ right), equal up to [3]
            [2] response.content_part.added  refusal
            [3] response.refusal.delta       'No'
          + [4] response.refusal.delta       'Thanks'
            [4] response.content_part.done   refusal 'NoThanks'
        """
    )


def test_an_event_that_is_too_much(told):
    assert told("assert numbered([*events[:4], *events[3:]]) == expected") == lines(
        """
        assert events == expected: 9 events (- left), 8 (+ right), equal up to [3]
            [2] response.content_part.added  refusal
            [3] response.refusal.delta       'No'
          - [4] response.refusal.delta       'No'
            [5] response.refusal.delta       'Thanks'
        """
    )


def test_a_stream_that_is_cut_off(told):
    assert told("assert events[:4] == expected") == lines(
        """
        assert events == expected: 4 events (- left), 8 (+ right), equal up to [3]
            [2] response.content_part.added  refusal
            [3] response.refusal.delta       'No'
          + [4] response.refusal.delta       'Thanks'
          + [5] response.content_part.done   refusal 'NoThanks'
          + [6] response.output_item.done    message refusal 'NoThanks'
          and 1 more differs, -vv shows all events
        """
    )


def test_a_stream_without_events(told):
    assert told("assert [] == expected[:2]") == lines(
        """
        assert events == expected: 0 events (- left), 2 (+ right), different from the first on
          + [0] response.created
          + [1] response.output_item.added  message
        """
    )


def test_an_event_of_another_type(told):
    assert told("assert events[:3] + [events[5]] == expected[:4]") == lines(
        """
        assert events == expected: 4 events, equal up to [2] (- left, + right)
            [1] response.output_item.added   message
            [2] response.content_part.added  refusal
          - [3] response.content_part.done   refusal 'NoThanks'
          + [3] response.refusal.delta       'No'
        """
    )


def test_several_members_that_differ(told):
    body = """
events[3].item_id, events[3].sequence_number = "msg_1", 4
assert events[:4] == expected[:4]
"""
    assert told(body) == lines(
        """
        assert events == expected: 4 events, equal up to [2] (- left, + right)
            [1] response.output_item.added   message
            [2] response.content_part.added  refusal
          - [3] response.refusal.delta       item_id 'msg_1', sequence_number 4
          + [3] response.refusal.delta       item_id '__fake_id__', sequence_number 3
        """
    )


def test_a_difference_deep_in_the_final_response(told):
    body = """
chunks = Reply(text("x" * 500, "Brazil", "y" * 500)).chunks()
events, expected = expected_events(chunks), expected_events(chunks)
events[-1].response.output[0].content[0].text = "x" * 500 + "Brasil" + "y" * 500
assert events == expected
"""
    assert told(body) == lines(
        """
        assert events == expected: 9 events, equal up to [7] (- left, + right)
            [6] response.content_part.done  text 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…
            [7] response.output_item.done   message text 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxx…
          - [8] response.completed          response.output[0].content[0].text …xxxxxxxxxBrasilyyyyyyyyyyyyyyyyyyyyyyyy…
          + [8] response.completed          response.output[0].content[0].text …xxxxxxxxxBrazilyyyyyyyyyyyyyyyyyyyyyyyy…
        """
    )


def test_chunks(told):
    body = """
said = Reply(text("Hel", "lo"), tool_call("get_weather", {"city": "Paris"}))
asked = Reply(text("Hel", "lo"), tool_call("get_weather", {"city": "Rome"}))
assert said.chunks() == asked.chunks()
"""
    assert told(body) == lines(
        """
        assert chunks == expected: 7 chunks, equal up to [3] (- left, + right)
            [2] content 'lo'
            [3] name 'get_weather' arguments ''
          - [4] choices[0].delta.tool_calls[0].function.arguments '{"city":"Paris"}'
          + [4] choices[0].delta.tool_calls[0].function.arguments '{"city":"Rome"}'
            [5] finish_reason 'tool_calls'
        """
    )


def test_dicts_on_one_side(told):
    assert told("assert [event.to_dict() for event in events] == expected") == lines(
        """
        assert events == expected: 8 events, equal as JSON, not as Python objects (- left, + right)
          - [0] response.created  __class__.__name__ 'dict'
          + [0] response.created  __class__.__name__ 'ResponseCreatedEvent'
          and 7 more differ, -vv shows all events
          a dict never equals an SDK object: compare dicts with event.to_dict()
        """
    )


def test_a_single_event(told):
    assert told("events[4].delta = 'No'\nassert events[4] == expected[4]") == lines(
        """
        assert events == expected: 1 event, different from the first on (- left, + right)
          - [0] response.refusal.delta  delta 'No'
          + [0] response.refusal.delta  delta 'Thanks'
        """
    )


def test_streams_in_tuples(told):
    assert told("assert (*events[:3],) == (*expected[:2],)") == lines(
        """
        assert events == expected: 3 events (- left), 2 (+ right), equal up to [1]
            [0] response.created
            [1] response.output_item.added   message
          - [2] response.content_part.added  refusal
        """
    )


@pytest.mark.parametrize(
    ("comparison", "said"),
    [
        ("events[:1] == (*expected[:1],)", ["1 event, all equal"]),
        (
            "(*events[:2],) == expected[:1]",
            [
                "2 events (- left), 1 (+ right), equal up to [0]",
                "    [0] response.created",
                "  - [1] response.output_item.added  message",
            ],
        ),
    ],
)
def test_a_list_is_no_tuple(told, comparison, said):
    first, *others = said
    assert told(f"assert {comparison}").splitlines() == [
        f"assert events == expected: {first}",
        *others,
        "  a list never equals a tuple: compare [*left] with [*right]",
    ]


@pytest.mark.parametrize(
    ("place", "sides"),
    [
        ("['first']['events']", "{'first': {'events': events[:1]}}, {'first': {'events': expected[:2]}}"),
        ("[1][0]", "[1, (events[:1],)], [1, (expected[:2],)]"),
    ],
)
def test_streams_in_other_containers(told, place, sides):
    assert told(f"left, right = {sides}\nassert left == right") == lines(
        f"""
        assert at {place}: events == expected: 1 event (- left), 2 (+ right), equal up to [0]
            [0] response.created
          + [1] response.output_item.added  message
        """
    )


def test_several_streams_in_a_container(told):
    assert told("assert [events[:1], events[:1]] == [expected[:2], expected[:3]]").splitlines()[::3] == [
        "assert at [0]: events == expected: 1 event (- left), 2 (+ right), equal up to [0]",
        "  at [1] too",
    ]


@pytest.mark.parametrize(
    ("comparison", "unread", "read"),
    [
        ("(e for e in events) == expected", "left is still to be read (generator)", "[*left]"),
        ("events == stream(events)", "right is still to be read (Stream)", "[*right]"),
        ("told(events) == expected", "left is still to be read (async_generator)", "[event async for event in left]"),
    ],
)
def test_a_stream_that_was_not_read(told, comparison, unread, read):
    assert told(f"assert {comparison}") == (f"assert events == expected: {unread}, and equals no list: compare {read}")


def test_streams_that_should_differ(told):
    assert told("assert events != expected") == "assert events != expected: 8 events, all equal"


def test_a_users_own_hook_is_asked_first(suite: pytest.Pytester):
    suite.makeconftest(
        """
        def pytest_assertrepr_compare(op, left, right):
            if op == "==" and isinstance(left, list) and len(left) == 1:
                return ["as our own suite tells it"]
        """
    )
    suite.makepyfile(
        STREAMS
        + """
    assert events[:1] == expected[:2]


def test_another():
    assert events[:3] == expected[:2]
"""
    )

    result = suite.runpytest()

    result.assert_outcomes(failed=2)
    assert [line for line in result.outlines if line.startswith("E ")] == [
        "E       assert as our own suite tells it",
        "E       assert events == expected: 3 events (- left), 2 (+ right), equal up to [1]",
        "E           [0] response.created",
        "E           [1] response.output_item.added   message",
        "E         - [2] response.content_part.added  refusal",
    ]


@pytest.mark.parametrize(
    ("comparison", "explanation"),
    [
        ("[1, 2] == [1, 3]", "At index 1 diff: 2 != 3"),
        ('[{"type": "message"}] == [{"type": "reasoning"}]', "At index 0 diff: {'type': 'message'} != *"),
        ('["a"] == events[:1]', "At index 0 diff: 'a' != ResponseCreatedEvent(*"),
        ("(1, *events[:1]) == (2,)", "At index 0 diff: 1 != 2"),
        ("events[5] in expected[:5]", "assert ResponseContentPartDoneEvent(*"),
        ("[*events, 1] != [*events, 1]", "assert [[]ResponseCreatedEvent(*"),
        ('{"events": events[:1], "count": 1} == {"events": events[:2], "count": 2}', "Differing items:"),
        ("[events[:1], 1] == [events[:2], 1, 2]", "At index 0 diff: *"),
        ("iter(events) == iter(expected)", "assert <list_iterato*"),
        ("Strange(events[:1]) == Strange(expected[:2])", "Right contains one more item: *"),
    ],
)
def test_other_comparisons_are_left_to_pytest(suite: pytest.Pytester, comparison, explanation):
    suite.makepyfile(f"{STREAMS}    assert {comparison}")

    result = suite.runpytest()

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines([f"E *{explanation}"])
    result.stdout.no_fnmatch_line("*== expected:*")


@pytest.mark.parametrize(
    "values",
    [
        "[1], [2]",
        "[{'type': 'message'}], [{'type': 'reasoning'}]",
        "[{'type': 'response.created'}], [{'type': 'response.completed'}]",
    ],
)
def test_nothing_is_imported_to_compare_what_is_no_sdk_object(values):
    code = f"""
import sys
import pytest
from fakemodel.plugin import pytest_assertrepr_compare

class Config:
    def get_verbosity(self, kind):
        return 0

pytest_assertrepr_compare(Config(), "==", {values})
print([name for name in ("openai", "pydantic", "yaml", "vcr") if name in sys.modules])
"""
    root = Path(fakemodel.__file__).parent.parent

    told = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)

    assert told.stdout.strip() == "[]"
