"""Each law of the wire by itself: the smallest stream that breaks it, and how the breach is told."""

import copy
from typing import Any, NamedTuple

import pytest

from fakemodel import Reply, StreamError, check_chunks, check_events, text, tool_call

CITATION = {"type": "file_path"}
TERMINAL = ("response.completed", "response.incomplete", "response.failed", "error")
REASONS = ("stop", "tool_calls", "length", "content_filter", "function_call")
ERROR = {"code": "x"}
OPENS = "id, type and function.name"
COUNTS = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}
SEARCH = {"type": "web_search_call", "id": "ws_1", "status": "completed", "action": {"type": "search", "query": "a"}}


def compaction(name):
    return {"type": "compaction", "id": name, "encrypted_content": "…"}


def message(*said):
    """A message with a short id, a text for each string."""
    content = [{"type": "output_text", "text": each, "annotations": [], "logprobs": []} for each in said]
    return {"type": "message", "id": "msg_1", "role": "assistant", "status": "completed", "content": content}


def plain(stream):
    return [each.to_dict(warnings=False) for each in stream]


# The positions of a message: 0 created, 1 in progress, 2 item added, 3 part added, 4 delta, 5 text done, 6 part done,
# 7 item done, 8 completed.
HI = plain(Reply(message("Hi")).events())
FIVE = plain(Reply(message("5")).events())
FRAGMENTS = plain(Reply(text("a", "")).events())
LIKELY = plain(Reply(text("a", logprobs=[-0.5])).events())
CITED = plain(Reply(text("Hi", annotations=[CITATION])).events())
SHORT = plain(Reply("Hi", status="incomplete").events())
FAILED = plain(Reply(message("Hi"), status="failed", error="It broke.").events())
QUEUED = plain(Reply("Hi").events(background=True))
UNNUMBERED = [{key: value for key, value in event.items() if key != "sequence_number"} for event in HI]
EMPTY = plain(Reply(message("")).events())
CALL = plain(Reply(tool_call("f", "{}")).events())
SEARCHED = plain(Reply(SEARCH).events())
ITEMS = plain(Reply(compaction("cmp_1"), compaction("cmp_2")).events())

# The positions of chunks: 0 role, 1 content, or 1 call and 2 arguments, then the finish, and the usage.
SAID = plain(Reply("Hi").chunks())
UNCOUNTED = plain(Reply("Hi").chunks(include_usage=False))
CALLED = plain(Reply(tool_call("f", "{}")).chunks())
CALLED_TWICE = plain(Reply(tool_call("f", "{}"), tool_call("g", "{}")).chunks())

DELTA = "choices.0.delta"
TOOL = "choices.0.delta.tool_calls.0"


class Row(NamedTuple):
    """A stream, a change of it, what the law wants and what it finds; `then` are the laws that break along with it."""

    stream: list[dict]
    change: Any
    expected: object
    found: object
    then: tuple[str, ...] = ()


def put(paths, value):
    """Set the member at each of the paths; `2-7.output_index` is that of the events from 2 to 7."""

    def change(stream):
        for path in paths.split():
            positions, *keys, last = path.split(".")
            start, _, end = positions.partition("-")
            for holder in stream[int(start) : int(end or start) + 1]:
                for key in keys:
                    holder = holder[int(key) if isinstance(holder, list) else key]
                if value is ...:
                    del holder[last]
                else:
                    holder[int(last) if isinstance(holder, list) else last] = value

    return change


def lacking(paths):
    return put(paths, ...)


def numbered(change):
    """A change of what events there are leaves their numbers right."""

    def renumbering(stream):
        change(stream)
        for number, event in enumerate(stream):
            if "sequence_number" in event:
                event["sequence_number"] = number

    return renumbering


def without(start, end=None):
    return numbered(lambda stream: stream.__delitem__(slice(start, start + 1 if end is None else end)))


def adding(position, event):
    """Put an event in; a number is the position of the one to repeat."""

    def change(stream):
        number = {"sequence_number": 0} if "sequence_number" in stream[0] else {}
        stream.insert(position, copy.deepcopy(stream[event]) if isinstance(event, int) else {**number, **event})

    return numbered(change)


def both(*changes):
    return lambda stream: [change(stream) for change in changes]


# By what is told: the law, the position and the message.
EVENTS = {
    "terminal [0] a stream ends with an event that says how": Row(HI, without(0, 9), TERMINAL, None),
    "terminal [7] the stream ends here, without an event that says how": Row(
        HI, without(8), TERMINAL, "response.output_item.done"
    ),
    "terminal [9] comes after response.completed, which ends the stream": Row(
        HI, adding(9, 8), None, "response.completed"
    ),
    "terminal [9] comes after response.failed, which ends the stream": Row(
        FAILED, adding(9, {"type": "keepalive"}), None, "keepalive"
    ),
    "opening [0] the first event is 'response.in_progress', expected is 'response.created'": Row(
        HI, without(0), "response.created", "response.in_progress"
    ),
    "opening [1] follows response.created, expected is response.in_progress or response.queued or error": Row(
        HI, without(1), ("response.in_progress", "response.queued", "error"), "response.output_item.added"
    ),
    "opening [2] follows response.queued, expected is response.in_progress or error": Row(
        QUEUED, without(2), ("response.in_progress", "error"), "response.output_item.added"
    ),
    "opening [2] belongs to the opening of the stream, which is over": Row(
        HI, adding(2, 1), None, "response.in_progress"
    ),
    "numbering [8] sequence_number is 9, expected is 8": Row(HI, put("8.sequence_number", 9), 8, 9),
    "numbering [8] sequence_number is 8, in this stream it is None": Row(
        UNNUMBERED, put("8.sequence_number", 8), None, 8
    ),
    "obfuscation [4] delta and obfuscation have 3 characters together, no multiple of 16": Row(
        HI, put("4.obfuscation", "x"), "a multiple of 16", 3
    ),
    "snapshot [1] has no response": Row(HI, put("1.response", None), "a response", None),
    "status [1] status is 'completed', expected is in_progress": Row(
        HI, put("1.response.status", "completed"), ("in_progress",), "completed"
    ),
    "snapshot [1] model is 'x', at first it was 'fake-model'": Row(HI, put("1.response.model", "x"), "fake-model", "x"),
    "snapshot [1] output is ['x'], before the end it is []": Row(HI, put("1.response.output", ["x"]), [], ["x"]),
    "snapshot [1] error is {}, before the end it is None": Row(HI, put("1.response.error", {}), None, {}),
    "snapshot [1] incomplete_details is {}, before the end it is None": Row(
        HI, put("1.response.incomplete_details", {}), None, {}
    ),
    "snapshot [1] usage is {}, before the end it is None": Row(HI, put("1.response.usage", {}), None, {}),
    "outcome [8] error is {'code': 'x'}, expected is none": Row(HI, put("8.response.error", ERROR), False, ERROR),
    "outcome [8] incomplete_details is {}, expected is none": Row(
        HI, put("8.response.incomplete_details", {}), False, {}
    ),
    "outcome [8] usage is None, expected is some": Row(HI, put("8.response.usage", None), True, None),
    "outcome [8] error is {}, expected is none": Row(SHORT, put("8.response.error", {}), False, {}),
    "outcome [8] incomplete_details is None, expected is some": Row(
        SHORT, put("8.response.incomplete_details", None), True, None
    ),
    "outcome [8] error is None, expected is some": Row(FAILED, put("8.response.error", None), True, None),
    "outcome [8] usage.total_tokens is 9, both add up to 2": Row(HI, put("8.response.usage.total_tokens", 9), 2, 9),
    "outcome [8] completed_at is 5, before created_at, 1767225601.0": Row(
        HI, put("8.response.completed_at", 5), 1767225601.0, 5
    ),
    "closing [7] the message at output_index 0 was never done": Row(
        HI, without(7), "response.output_item.done", "response.completed"
    ),
    "closing [3] the compaction at output_index 0 was never done": Row(
        ITEMS, without(3), "response.output_item.done", "response.output_item.added"
    ),
    "output [8] the number of output items is 0, those added are 1": Row(HI, put("8.response.output", []), 1, 0),
    "output [8] output[0] of the final response differs from the item done at [7]: status": Row(
        HI, put("8.response.output.0.status", "incomplete"), HI[7]["item"], {**HI[7]["item"], "status": "incomplete"}
    ),
    "interleaving [5] output_index is 1, the open item's is 0": Row(FRAGMENTS, put("5.output_index", 1), 0, 1),
    "interleaving [8] output_index is 0, the open item's is none": Row(
        HI, adding(8, {"type": "response.sparkle", "output_index": 0}), "none", 0
    ),
    "output_index [2] output_index is 1, expected is 0": Row(FAILED, put("2-7.output_index", 1), 0, 1),
    "identity [4] item_id is 'x', the item's is 'msg_1'": Row(HI, put("4.item_id", "x"), "msg_1", "x"),
    "identity [4] id is 'cmp_1', expected is one that no other item has": Row(
        ITEMS, put("4.item.id 5.item.id 6.response.output.1.id", "cmp_1"), "an id of its own", "cmp_1"
    ),
    "identity [2] id is None, expected is one that no other item has": Row(
        ITEMS, put("2.item.id", None), "an id of its own", None
    ),
    "identity [7] item.role is 'user', it was added with 'assistant'": Row(
        HI, put("7.item.role 8.response.output.0.role", "user"), "assistant", "user"
    ),
    "added [2] status of an added item is 'completed', expected is 'in_progress'": Row(
        HI, put("2.item.status", "completed"), "in_progress", "completed"
    ),
    "added [2] arguments is '{', expected is nothing yet": Row(CALL, put("2.item.arguments", "{"), "nothing", "{"),
    "added [3] text is 'H', expected is nothing yet": Row(HI, put("3.part.text", "H"), "nothing", "H"),
    (
        "grammar [5] follows response.output_text.delta of a message, expected is "
        "response.output_text.annotation.added or response.output_text.delta or response.output_text.done"
    ): Row(
        HI, without(5), ["output_text.annotation.added", "output_text.delta", "output_text.done"], "content_part.done"
    ),
    "part index [4] content_index is 1, expected is 0": Row(HI, put("4.content_index", 1), 0, 1),
    "part index [5] annotation_index is 1, expected is 0": Row(CITED, put("5.annotation_index", 1), 0, 1),
    "part [6] type is 'refusal', the part was added as 'output_text'": Row(
        HI,
        put("6.part.type 7.item.content.0.type 8.response.output.0.content.0.type", "refusal"),
        "output_text",
        "refusal",
    ),
    "part [4] belongs to another part than the open output_text": Row(
        EMPTY, put("4.type", "response.refusal.done"), "output_text", "refusal.done"
    ),
    "sum [5] text is 'Ho', its deltas add up to 'Hi'": Row(HI, put("5.text", "Ho"), "Hi", "Ho"),
    (
        "sum [5] logprobs is [], those of its deltas are [{'token': 'a', 'logprob': -0.5, 'top_lo …  'bytes': [97]}]"
    ): Row(LIKELY, put("5.logprobs", []), LIKELY[4]["logprobs"], []),
    "sum [6] part.text is 'Ho', its deltas add up to 'Hi'": Row(
        HI, put("6.part.text 7.item.content.0.text 8.response.output.0.content.0.text", "Ho"), "Hi", "Ho"
    ),
    ("sum [7] part.annotations is [], those added are [{'type': 'file_path'}]"): Row(
        CITED,
        put("7.part.annotations 8.item.content.0.annotations 9.response.output.0.content.0.annotations", []),
        [CITATION],
        [],
    ),
    "sum [7] item.content[0] differs from the part that was done: text": Row(
        HI,
        put("7.item.content.0.text 8.response.output.0.content.0.text", "Ho"),
        HI[6]["part"],
        {**HI[6]["part"], "text": "Ho"},
    ),
    "sum [5] item.arguments is '', its deltas add up to '{}'": Row(
        CALL, put("5.item.arguments 6.response.output.0.arguments", ""), "{}", ""
    ),
    "sum [3] the number of parts in item.content is 1, those done are 0": Row(HI, without(3, 7), 0, 1),
    "delta [4] delta is 5, expected is a string": Row(FIVE, put("4.delta", 5), "a string", 5),
}

CHUNKS = {
    "finish [0] a stream has a chunk that finishes it": Row(SAID, without(0, 4), "a chunk with a finish_reason", None),
    "finish [1] has no choices, before every choice has its finish_reason": Row(
        SAID, both(adding(1, 3), without(4)), "a choice", []
    ),
    "finish [1] the stream ends, choice 0 has no finish_reason": Row(UNCOUNTED, without(2), REASONS, None),
    "finish [3] the stream ends, and had no choice": Row(SAID, put("0-2.choices", []), "a choice", None),
    (
        "finish [2] finish_reason is 'x', expected is one of stop, tool_calls, length, content_filter, function_call"
    ): Row(SAID, put("2.choices.0.finish_reason", "x"), REASONS, "x"),
    "finish [2] finish_reason is 'tool_calls', and there was no tool call": Row(
        SAID, put("2.choices.0.finish_reason", "tool_calls"), "stop", "tool_calls"
    ),
    "finish [2] the chunk with the finish_reason has the delta {'content': '!'}, expected is none": Row(
        SAID, put(f"2.{DELTA}", {"content": "!"}), {}, {"content": "!"}
    ),
    "finish [3] choice 0 goes on after its finish_reason": Row(SAID, adding(3, 2), "nothing", {}),
    "object [1] object is 'x', expected is 'chat.completion.chunk'": Row(
        SAID, put("1.object", "x"), "chat.completion.chunk", "x", ("constant",)
    ),
    "constant [1] model is 'x', in the first chunk it is 'fake-model'": Row(
        SAID, put("1.model", "x"), "fake-model", "x"
    ),
    "usage [1] has no usage, the first chunk has it": Row(SAID, lacking("1.usage"), True, False),
    "usage [1] has usage, the first chunk has not": Row(UNCOUNTED, put("1.usage", None), False, True),
    "usage [2] has choices and the usage, which comes in a chunk without choices": Row(
        SAID, both(without(3), put("2.usage", COUNTS)), None, COUNTS
    ),
    "usage [4] has the usage a second time, after [3]": Row(SAID, adding(4, 3), None, SAID[3]["usage"]),
    "choice [1] the index of a choice is None, expected is a number": Row(
        SAID, put("1.choices.0.index", None), 0, None
    ),
    "role [0] role is None, expected in the first chunk of a choice": Row(SAID, lacking(f"0.{DELTA}.role"), True, None),
    "role [1] role is 'assistant', expected in the first chunk only": Row(
        SAID, put(f"1.{DELTA}.role", "assistant"), False, "assistant"
    ),
    "role [0] role is 'user', expected is 'assistant'": Row(SAID, put(f"0.{DELTA}.role", "user"), "assistant", "user"),
    "tool index [1] index of a tool call is 1, expected is 0": Row(CALLED, put(f"1.{TOOL}.index", 1), 0, 1),
    "tool index [0] index of a tool call is 1, expected is 0": Row(CALLED, put(f"0-1.{TOOL}.index", 1), 0, 1),
    "tool index [3] index of a tool call is 0, expected is 1": Row(CALLED_TWICE, put(f"3-4.{TOOL}.index", 0), 1, 0),
    "tool opening [0] a tool call opens without id": Row(CALLED, lacking(f"0.{TOOL}.id"), OPENS, ["id"]),
    "tool opening [0] a tool call opens without type": Row(CALLED, lacking(f"0.{TOOL}.type"), OPENS, ["type"]),
    "tool opening [0] a tool call opens without function.name": Row(
        CALLED, lacking(f"0.{TOOL}.function.name"), OPENS, ["function.name"]
    ),
    "delta [1] has neither a delta nor a finish_reason": Row(SAID, put(f"1.{DELTA}", {}), "a delta", {}),
    "delta [1] content is 5, expected is a string": Row(SAID, put(f"1.{DELTA}.content", 5), "a string", 5),
    "delta [1] refusal is 5, expected is a string": Row(SAID, put(f"1.{DELTA}.refusal", 5), "a string", 5),
    "tool opening [1] arguments come before a tool call has opened": Row(
        SAID, put(f"1.{DELTA}", {"tool_calls": [{"index": 0, "function": {"arguments": "{"}}]}), OPENS, None
    ),
}


@pytest.mark.parametrize("told", [*EVENTS, *CHUNKS])
def test_a_breach_is_told_with_what_was_expected_and_found(told):
    broken = (EVENTS | CHUNKS)[told]
    check = check_events if told in EVENTS else check_chunks
    stream = copy.deepcopy(broken.stream)
    check(stream)
    broken.change(stream)

    with pytest.raises(StreamError) as refused:
        check(stream)

    first, *rest = refused.value.violations
    assert f"{first.law} [{first.position}] {first.message}" == told
    assert (first.expected, first.found) == (broken.expected, broken.found)
    assert [each.law for each in rest] == list(broken.then)


CUSTOM = {"index": 0, "id": "call_1", "type": "custom", "custom": {"name": "f", "input": ""}}
INPUT = {"index": 0, "custom": {"input": "a"}}
QUOTA = {"type": "error", "code": "insufficient_quota", "message": "It is used up.", "param": None}

LEGAL = {
    "an unknown event between the deltas of an item": (
        HI,
        adding(4, {"type": "response.output_text.sparkle", "output_index": 0, "item_id": "msg_1", "content_index": 0}),
    ),
    **{f"a keepalive at {position}": (HI, adding(position, {"type": "keepalive"})) for position in range(1, 9)},
    "a keepalive while the response is queued": (QUEUED, adding(2, {"type": "keepalive"})),
    "an error, then the response that failed of it": (FAILED, adding(8, QUOTA)),
    "an error as soon as the response was created": (HI, both(without(1, 9), adding(1, QUOTA))),
    "a web search that is added with a part of its action": (SEARCHED, put("2.item.action", {"type": "search"})),
    "a call of a custom tool": (CALLED, both(put(f"0.{TOOL}", CUSTOM), put(f"1.{TOOL}", INPUT))),
    "usage in the last chunk alone, which has no choices": (SAID, lacking("0-2.usage")),
}


@pytest.mark.parametrize("name", LEGAL)
def test_what_the_api_sends_passes(name):
    stream, change = LEGAL[name]
    stream = copy.deepcopy(stream)
    change(stream)

    (check_chunks if "choices" in stream[0] else check_events)(stream)
