"""The laws of the wire: every real stream keeps them, and hardly a changed one does."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakemodel import Reply, StreamError, check_chunks, check_events, refusal, text
from fakemodel.strategies import replies


def with_event(stream, position, event):
    return [*stream[:position], event, *stream[position + 1 :]]


def without(stream, position):
    return [*stream[:position], *stream[position + 1 :]]


CHANGED = ("delta", "text", "arguments", "code", "item_id")
MOVED = ("output_index", "content_index", "summary_index", "annotation_index", "sequence_number")


def altered_texts(value):
    """Every copy of a JSON value in which one string is another one, with the member that it is."""
    for key, held in value.items() if isinstance(value, dict) else enumerate(value):
        found = [(key, f"{held}x")] if isinstance(held, str) else []
        if isinstance(held, dict | list):
            found = [(name if isinstance(name, str) else key, copied) for name, copied in altered_texts(held)]
        for name, changed in found:
            yield name, {**value, key: changed} if isinstance(value, dict) else with_event(value, key, changed)


ENDED = {
    "error": {"code": "server_error", "message": "It broke."},
    "incomplete_details": {"reason": "max_output_tokens"},
    "usage": {"input_tokens": 1, "output_tokens": 1, "total_tokens": 3},
}
"""What a response that has none of these may be given."""


def event_mutants(stream):
    """Every mutation of a stream, with its class and the event it was done to."""
    for position, event in enumerate(stream):
        kind = event["type"].removeprefix("response.")
        yield "dropped", kind, without(stream, position)
        yield "duplicated", kind, [*stream[:position], event, *stream[position:]]
        yield "cut off", kind, stream[:position]
        if position + 1 < len(stream):
            yield "swapped", kind, [*stream[:position], stream[position + 1], event, *stream[position + 2 :]]
        for key in CHANGED:
            if isinstance(event.get(key), str):
                yield f"changed {key}", kind, with_event(stream, position, {**event, key: f"{event[key]}x"})
        for key in MOVED:
            if key in event:
                yield f"moved {key}", kind, with_event(stream, position, {**event, key: event[key] + 1})
        for holder in ("item", "part"):
            for key, value in event.get(holder, {}).items():
                if isinstance(value, str):
                    changed = {**event, holder: {**event[holder], key: f"{value}x"}}
                    what = f"{event[holder]['type']} {kind}"
                    yield f"changed {holder}.{key}", what, with_event(stream, position, changed)
        for key in ("id", "status", "model"):
            if "response" in event:
                changed = {**event, "response": {**event["response"], key: "x"}}
                yield f"changed response.{key}", kind, with_event(stream, position, changed)
        if kind in ("completed", "incomplete", "failed"):
            for key, other in ENDED.items():
                has = event["response"].get(key) is not None
                changed = {**event, "response": {**event["response"], key: None if has else other}}
                yield f"{'dropped' if has else 'added'} response.{key}", kind, with_event(stream, position, changed)
            if counts := event["response"].get("usage"):
                more = {**counts, "total_tokens": counts["total_tokens"] + 1}
                changed = {**event, "response": {**event["response"], "usage": more}}
                yield "changed response.usage", kind, with_event(stream, position, changed)
        output = event.get("response", {}).get("output", [])
        for index, item in enumerate(output):

            def with_output(items, event=event, position=position):
                return with_event(stream, position, {**event, "response": {**event["response"], "output": items}})

            yield "dropped final item", kind, with_output(without(output, index))
            yield "doubled final item", kind, with_output([*output[:index], item, *output[index:]])
            for key, changed in altered_texts(item):
                yield (
                    f"changed final item.{key}",
                    f"{item['type']} {kind}",
                    with_output(with_event(output, index, changed)),
                )
    yield "a second end", "", [*stream, stream[-1]]


# Mutations that leave a legal stream, and why.
NO_GRAMMAR = "only the id and the type of an item without a grammar are held to be its own"
LEGAL_EVENTS = {
    ("dropped", "created"): "what is left is a stream that was resumed after number 0",
    ("changed item.encrypted_content", "reasoning output_item.added"): "it is another one each time it is sent",
    ("changed item.encrypted_content", "reasoning output_item.done"): "it is another one each time it is sent",
    ("changed final item.encrypted_content", "reasoning completed"): "it is another one each time it is sent",
    ("changed item.status", "tool_search_call output_item.added"): NO_GRAMMAR,
    ("changed item.status", "tool_search_output output_item.added"): NO_GRAMMAR,
    ("changed item.execution", "tool_search_call output_item.added"): NO_GRAMMAR,
    ("changed item.execution", "tool_search_output output_item.added"): NO_GRAMMAR,
}


def survivors(check, mutants) -> tuple[int, list[tuple[str, str]]]:
    """How many mutants there are, and the classes of those that are not refused."""
    found = []
    refused = 0
    for mutation, kind, mutant in mutants:
        try:
            check(mutant)
        except StreamError:
            refused += 1
        else:
            found.append((mutation, kind))
    return refused + len(found), found


@pytest.mark.fidelity
def test_a_changed_stream_of_events_is_refused(event_streams, figures):
    count, found = survivors(check_events, (mutant for stream in event_streams for mutant in event_mutants(stream)))

    assert set(found) == set(LEGAL_EVENTS)
    figures["changed event streams refused"] = f"{count - len(found):,} of {count:,}"


def chunk_kind(chunk):
    if not chunk["choices"]:
        return "usage" if chunk["usage"] else "moderation"
    choice = chunk["choices"][0]
    call = (choice["delta"].get("tool_calls") or [{}])[0]
    if "role" in choice["delta"]:
        return "first"
    return "finish" if choice["finish_reason"] else "call" if "id" in call else "arguments" if call else "content"


def tool_index(chunk):
    """Which tool call a chunk is of, None for one of none."""
    calls = chunk["choices"][0]["delta"].get("tool_calls") if chunk["choices"] else None
    return calls[0]["index"] if calls else None


def chunk_mutants(stream):
    for position, chunk in enumerate(stream):
        kind = chunk_kind(chunk)
        yield "dropped", kind, without(stream, position)
        yield "duplicated", kind, [*stream[:position], chunk, *stream[position:]]
        yield "cut off before", kind, stream[:position]
        if position + 1 < len(stream):
            after = stream[position + 1]
            swapped = [*stream[:position], after, chunk, *stream[position + 2 :]]
            yield "swapped", f"{kind}, {chunk_kind(after)}", swapped
        for key in ("id", "object", "created", "model"):
            if position:
                yield f"changed {key}", kind, with_event(stream, position, {**chunk, key: "x"})
        for after in range(position + 1, len(stream)):
            by_turns = [*stream[:position], stream[after], *stream[position:after], *stream[after + 1 :]]
            if tool_index(chunk) is not None and tool_index(stream[after]) == tool_index(chunk) + 1:
                yield "interleaved tools", f"{kind}, {chunk_kind(stream[after])}", by_turns
        for choice in chunk["choices"]:

            def with_choice(changed, chunk=chunk, position=position):
                return with_event(stream, position, {**chunk, "choices": [changed]})

            if kind != "first":
                delta = {**choice["delta"], "role": "assistant"}
                yield "repeated role", kind, with_choice({**choice, "delta": delta})
            yield "changed choice index", kind, with_choice({**choice, "index": choice["index"] + 1})
            if choice["delta"].get("content"):
                delta = {**choice["delta"], "content": f"{choice['delta']['content']}x"}
                yield "changed content", kind, with_choice({**choice, "delta": delta})
            yield "changed finish_reason", kind, with_choice({**choice, "finish_reason": "x"})
            for call in choice["delta"].get("tool_calls", ()):
                moved = {**choice["delta"], "tool_calls": [{**call, "index": call["index"] + 1}]}
                yield "moved tool index", kind, with_choice({**choice, "delta": moved})
                said = {**call["function"], "arguments": f"{call['function']['arguments']}x"}
                delta = {**choice["delta"], "tool_calls": [{**call, "function": said}]}
                yield "changed arguments", kind, with_choice({**choice, "delta": delta})


NO_SUM = "Chat Completions says no sum of its deltas: fewer, more or others are another answer"
LEGAL_CHUNKS = {
    ("dropped", "content"): NO_SUM,
    ("dropped", "arguments"): NO_SUM,
    ("duplicated", "content"): NO_SUM,
    ("duplicated", "arguments"): NO_SUM,
    ("swapped", "content, content"): NO_SUM,
    ("swapped", "arguments, arguments"): NO_SUM,
    ("changed content", "content"): NO_SUM,
    ("changed arguments", "first"): NO_SUM,
    ("changed arguments", "call"): NO_SUM,
    ("changed arguments", "arguments"): NO_SUM,
    ("dropped", "usage"): "the client may not have asked for it",
    ("cut off before", "usage"): "the client may not have asked for it",
    ("dropped", "moderation"): "an extra of the newest API",
    ("duplicated", "moderation"): "an extra of the newest API",
    ("cut off before", "moderation"): "an extra of the newest API",
    ("swapped", "usage, moderation"): "an extra of the newest API",
}


@pytest.mark.fidelity
def test_a_changed_stream_of_chunks_is_refused(chunk_streams, figures):
    count, found = survivors(check_chunks, (mutant for stream in chunk_streams for mutant in chunk_mutants(stream)))

    assert set(found) == set(LEGAL_CHUNKS)
    figures["changed chunk streams refused"] = f"{count - len(found):,} of {count:,}"


@given(replies(), st.booleans())
def test_whatever_is_built_keeps_the_laws(reply, include_usage):
    check_events(reply.events())
    check_chunks(reply.chunks(include_usage=include_usage))


ITEMS = [
    {"type": "reasoning", "id": "rs_1", "summary": [{"type": "summary_text", "text": "Hm."}]},
    {"type": "web_search_call", "id": "ws_1", "status": "completed", "action": {"type": "search", "query": "a"}},
    {"type": "mcp_call", "id": "mcp_1", "name": "f", "server_label": "s", "arguments": "{}", "output": "1"},
    {"type": "custom_tool_call", "id": "ctc_1", "call_id": "call_1", "name": "f", "input": "a"},
    {"type": "code_interpreter_call", "id": "ci_1", "status": "completed", "code": "1", "container_id": "c"},
    {"type": "image_generation_call", "id": "ig_1", "status": "completed", "result": "aGk="},
    {"type": "compaction", "id": "cmp_1", "encrypted_content": "…"},
]


@pytest.mark.parametrize("item", ITEMS, ids=[item["type"] for item in ITEMS])
def test_an_item_that_was_given_keeps_the_laws(item):
    check_events(Reply(item, "Done.").events())


def test_a_breach_is_told_with_its_place_and_what_was_expected():
    events = [event.to_dict() for event in Reply(refusal("No", "Thanks")).events()]
    events[6]["refusal"] = "No"
    events[9]["response"]["output"][0]["content"][0]["refusal"] = "No"

    with pytest.raises(StreamError) as broken:
        check_events(events)

    assert str(broken.value) == (
        "2 laws broken in 10 events\n"
        "  [6] response.refusal.done   refusal is 'No', its deltas add up to 'NoThanks'\n"
        "  [9] response.completed   output[0] of the final response differs from the item done at [8]: "
        "content[0].refusal"
    )
    first = broken.value.violations[0]
    assert (first.law, first.position, first.expected, first.found) == ("sum", 6, "NoThanks", "No")


def test_a_law_that_is_broken_more_than_once_is_one_law():
    events = [event.to_dict() for event in Reply("Hello").events()]
    for event in events[-3:]:
        event["sequence_number"] = 0
    chunks = [chunk.to_dict() for chunk in Reply("Hello").chunks()]
    for chunk in chunks[1:]:
        chunk |= {"object": "x", "model": "x"}

    with pytest.raises(StreamError, match=r"^1 law broken 3 times in 9 events\n"):
        check_events(events)
    with pytest.raises(StreamError, match=r"^2 laws broken 9 times in 4 chunks\n"):
        check_chunks(chunks)


def test_items_that_a_server_never_closed_are_told():
    lists = [{"type": "mcp_list_tools", "id": f"mcpl_{n}", "server_label": "s", "tools": []} for n in (1, 2)]
    events = [event.to_dict() for event in Reply(*lists, "Done.").events()]
    kept = [
        event
        for event in events
        if event.get("item", {}).get("id") not in ("mcpl_1", "mcpl_2") or "added" in event["type"]
    ]
    for number, event in enumerate(kept):
        event["sequence_number"] = number

    with pytest.raises(StreamError) as broken:
        check_events(kept)

    assert [(each.law, each.position) for each in broken.value.violations[:2]] == [("closing", 5), ("closing", 8)]
    assert "the mcp_list_tools at output_index 0 was never done" in str(broken.value)


def test_a_resumed_stream_is_legal():
    events = Reply(text("a", "b")).events()

    for start in range(1, len(events)):
        check_events(events[start:])


def test_what_the_laws_do_not_know_passes():
    events = [event.to_dict() for event in Reply("a").events()]
    news = [
        {"type": "response.output_item.added", "output_index": 1, "item": {"type": "hologram", "id": "h_1"}},
        {"type": "response.hologram.lit", "output_index": 1, "item_id": "h_1"},
        {"type": "response.output_item.done", "output_index": 1, "item": {"type": "hologram", "id": "h_1"}},
        {"type": "response.weather", "outlook": "fine"},
    ]
    stream = [*events[:-1], *news, events[-1]]
    stream[-1]["response"]["output"].append(news[2]["item"])
    for number, event in enumerate(stream):
        event["sequence_number"] = number

    check_events(stream)


@pytest.mark.parametrize("check", [check_events, check_chunks])
def test_nothing_is_no_stream(check):
    with pytest.raises(StreamError, match="1 law broken in 0"):
        check([])
