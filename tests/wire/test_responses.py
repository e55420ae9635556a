"""What the Responses API streams and answers: the order of events, what they add up to, and their ids."""

import re

import pytest
from hypothesis import given, settings

from fakemodel import FakeOpenAI, Reply, refusal, text, tool_call, usage
from fakemodel.strategies import refusals, replies, texts, tool_calls
from tests.wire.replies import with_usage

MESSAGE = ["output_item.added", "output_item.done"]
TEXT = ["content_part.added", "output_text.delta", "output_text.done", "content_part.done"]
REFUSAL = ["content_part.added", "refusal.delta", "refusal.done", "content_part.done"]
CALL = [
    "output_item.added",
    "function_call_arguments.delta",
    "function_call_arguments.done",
    "output_item.done",
]


def types(reply):
    """The types of a reply's events, without what every stream has around them."""
    first, second, *between, last = [event.type.removeprefix("response.") for event in reply.events()]
    assert (first, second, last) == ("created", "in_progress", "completed")
    return between


def place(event):
    return {
        key: getattr(event, key) for key in ("item_id", "output_index", "content_index") if getattr(event, key, None)
    }


@pytest.mark.parametrize(
    ("reply", "between"),
    [
        (Reply(), []),
        (
            Reply(text("Hel", "lo")),
            [
                "output_item.added",
                "content_part.added",
                "output_text.delta",
                "output_text.delta",
                "output_text.done",
                "content_part.done",
                "output_item.done",
            ],
        ),
        (Reply(refusal("No")), [MESSAGE[0], *REFUSAL, MESSAGE[1]]),
        (Reply("Well", refusal("No")), [MESSAGE[0], *TEXT, *REFUSAL, MESSAGE[1]]),
        (Reply(refusal("No"), "Well"), [MESSAGE[0], *REFUSAL, *TEXT, MESSAGE[1]]),
        (Reply(tool_call("f", {"a": 1})), CALL),
        (Reply(tool_call("f", "")), [CALL[0], *CALL[2:]]),
        (Reply(tool_call("f"), tool_call("g")), [*CALL, *CALL]),
        (Reply("Look", tool_call("f")), [MESSAGE[0], *TEXT, MESSAGE[1], *CALL]),
        (Reply(tool_call("f"), "Done"), [*CALL, MESSAGE[0], *TEXT, MESSAGE[1]]),
        (
            Reply("a", tool_call("f"), "b"),
            [MESSAGE[0], *TEXT, MESSAGE[1], *CALL, MESSAGE[0], *TEXT, MESSAGE[1]],
        ),
        (Reply({"type": "compaction", "id": "cmp_1", "encrypted_content": "…"}), MESSAGE),
        (Reply({"type": "reasoning", "id": "rs_1", "summary": []}), MESSAGE),
    ],
)
def test_the_events_come_in_the_order_of_the_wire(reply, between):
    assert types(reply) == between


def test_an_items_own_summary_is_streamed():
    summary = [{"type": "summary_text", "text": "Thought."}]
    reply = Reply({"type": "reasoning", "id": "rs_1", "summary": summary})

    assert types(reply) == [
        "output_item.added",
        "reasoning_summary_part.added",
        "reasoning_summary_text.delta",
        "reasoning_summary_text.done",
        "reasoning_summary_part.done",
        "output_item.done",
    ]
    assert reply.events()[2].item.summary == []
    assert reply.events()[-2].item.summary[0].text == "Thought."


def test_each_fragment_is_a_delta_at_its_place():
    events = Reply(text("Hel", "lo"), refusal("No"), tool_call("f", ["{", "}"]), "Bye").events()
    deltas = [event for event in events if event.type.endswith(".delta")]
    items = events[-1].response.output

    assert [(event.delta, event.output_index, getattr(event, "content_index", None)) for event in deltas] == [
        ("Hel", 0, 0),
        ("lo", 0, 0),
        ("No", 0, 1),
        ("{", 1, None),
        ("}", 1, None),
        ("Bye", 2, 0),
    ]
    assert [event.item_id for event in deltas] == [items[event.output_index].id for event in deltas]


def test_an_item_is_empty_when_it_is_added():
    events = Reply("Hello", tool_call("f", {"a": 1}, id="call_1")).events()
    message, call = [event.item for event in events if event.type == "response.output_item.added"]

    assert message.to_dict() == {
        "id": message.id,
        "type": "message",
        "status": "in_progress",
        "content": [],
        "role": "assistant",
    }
    assert call.to_dict() == {
        "id": call.id,
        "type": "function_call",
        "status": "in_progress",
        "arguments": "",
        "call_id": "call_1",
        "name": "f",
    }


def test_an_item_of_the_sdk_is_streamed_as_a_reply_streams_its_own():
    ours = Reply(text("Hello"), refusal("No"), tool_call("f", {"a": 1}))

    again = Reply(*ours.output, usage=ours.response().usage and usage(1, 3))

    assert [event.to_dict() for event in again.events()] == [event.to_dict() for event in ours.events()]


def test_logprobs_come_with_their_delta_and_again_with_the_whole():
    events = Reply(text("Hé", "y", logprobs=[-0.5, -0.25])).events()
    first = {"token": "Hé", "bytes": [72, 195, 169], "logprob": -0.5, "top_logprobs": []}
    second = {"token": "y", "bytes": [121], "logprob": -0.25, "top_logprobs": []}
    by_type = {}
    for event in events:
        by_type.setdefault(event.type.removeprefix("response."), []).append(event.to_dict())

    assert [event["logprobs"] for event in by_type["output_text.delta"]] == [[first], [second]]
    assert by_type["output_text.done"][0]["logprobs"] == [first, second]
    assert by_type["content_part.added"][0]["part"]["logprobs"] == []
    assert by_type["content_part.done"][0]["part"]["logprobs"] == []
    assert by_type["output_item.done"][0]["item"]["content"][0]["logprobs"] == [first, second]
    assert by_type["completed"][0]["response"]["output"][0]["content"][0]["logprobs"] == [first, second]


def test_text_without_logprobs_says_so_with_an_empty_list():
    assert [event.logprobs for event in Reply("Hi").events() if event.type.startswith("response.output_text")] == [
        [],
        [],
    ]


def test_from_created_to_completed_only_the_outcome_changes():
    created, in_progress, *_, completed = (event.to_dict() for event in Reply("Hello", usage=usage(7, 5)).events())

    before, after = created["response"], completed["response"]
    assert in_progress["response"] == before
    assert before.keys() == after.keys()
    assert {key for key in before if before[key] != after[key]} == {
        "status",
        "output",
        "usage",
        "completed_at",
        "service_tier",
    }
    assert [(snapshot["status"], snapshot["service_tier"]) for snapshot in (before, after)] == [
        ("in_progress", "auto"),
        ("completed", "default"),
    ]
    assert (before["output"], before["usage"], before["completed_at"]) == ([], None, None)
    assert after["completed_at"] >= after["created_at"]
    assert after["usage"] == {
        "input_tokens": 7,
        "input_tokens_details": {"cache_write_tokens": 0, "cached_tokens": 0},
        "output_tokens": 5,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": 12,
    }


def test_a_tier_that_was_asked_for_stays():
    events = Reply("Hello").events(service_tier="flex")

    assert {event.response.service_tier for event in (*events[:2], events[-1])} == {"flex"}


def test_response_fields_are_set_on_every_snapshot():
    fields = {
        "previous_response_id": "resp_before",
        "instructions": "Be brief.",
        "conversation": {"id": "conv_1"},
        "metadata": {"run": "1"},
        "model": "gpt-4.1",
    }
    reply = Reply("Hello")
    snapshots = [event.response for event in reply.events(**fields) if hasattr(event, "response")]

    assert len(snapshots) == 3
    for snapshot in (*snapshots, reply.response(**fields)):
        assert {key: snapshot.to_dict()[key] for key in fields} == fields


def test_without_a_conversation_there_is_no_such_key_and_the_previous_response_is_null():
    body = Reply("Hello").response().to_dict()

    assert "conversation" not in body
    assert body["previous_response_id"] is None


def test_ids_have_the_shape_of_the_apis_and_the_items_share_the_responses_prefix():
    response = Reply("Hi", tool_call("f"), tool_call("g")).response()
    message, first, second = response.output

    ids = [response.id, message.id, first.id, second.id]
    assert [re.sub(r"[0-9a-f]{50}$", "<50 hex>", id) for id in ids] == [
        "resp_<50 hex>",
        "msg_<50 hex>",
        "fc_<50 hex>",
        "fc_<50 hex>",
    ]
    digits = [id.split("_")[1] for id in ids]
    assert {(each[:16], each[16:18], int(each[18:26], 16)) for each in digits} == {
        (digits[0][:16], "00", int(response.created_at))
    }
    assert len(set(digits)) == 4
    assert re.fullmatch(r"call_[0-9A-Za-z]{24}", first.call_id)
    assert first.call_id != second.call_id


def test_ids_follow_from_the_position_alone():
    reply = Reply("Hi", tool_call("f"), usage=usage(7, 5))
    api = FakeOpenAI([reply, reply])
    client = api.client()
    played = [client.responses.create(model="fake-model", input="Hi") for _ in range(2)]

    assert reply.response() == reply.response() == reply.events()[-1].response
    assert played[0].to_dict() == reply.response().to_dict()
    ids = [[response.id, *(item.id for item in response.output), response.output[1].call_id] for response in played]
    assert not set(ids[0]) & set(ids[1])
    assert played[1].created_at == played[0].created_at + 1


@given(replies())
def test_events_are_numbered_from_zero_without_a_gap(reply):
    assert [event.sequence_number for event in reply.events()] == list(range(len(reply.events())))


@given(replies(texts() | refusals() | tool_calls()))
def test_the_deltas_add_up_to_whatever_repeats_them(reply):
    events = reply.events()
    final = events[-1].response.output
    whole = {}
    added = []
    for event in events[2:-1]:
        key = (event.output_index, getattr(event, "content_index", None))
        match event.type.removeprefix("response."):
            case "output_item.added":
                assert event.output_index == len(added)
                assert event.item.status == "in_progress"
                added.append(event.item.id)
                if event.item.type == "function_call":
                    whole[event.output_index, None] = event.item.arguments
            case "content_part.added":
                assert event.content_index == sum(index == event.output_index for index, _ in whole)
                assert (event.part.text if event.part.type == "output_text" else event.part.refusal) == ""
                whole[key] = ""
            case "output_text.delta" | "refusal.delta" | "function_call_arguments.delta":
                whole[key] += event.delta
            case "output_text.done":
                assert event.text == whole[key]
            case "refusal.done":
                assert event.refusal == whole[key]
            case "function_call_arguments.done":
                assert event.arguments == whole[key]
            case "content_part.done":
                held = final[event.output_index].content[event.content_index].to_dict()
                assert event.part.to_dict() == {**held, **({"logprobs": []} if "logprobs" in held else {})}
                assert (event.part.text if event.part.type == "output_text" else event.part.refusal) == whole[key]
            case "output_text.annotation.added":
                part = final[event.output_index].to_dict()["content"][event.content_index]
                assert event.to_dict()["annotation"] == part["annotations"][event.annotation_index]
            case "output_item.done":
                assert event.item == final[event.output_index]
                assert event.item.status == (reply.status if event.item == final[-1] else "completed")
            case unexpected:
                raise AssertionError(unexpected)
        assert getattr(event, "item_id", added[-1]) == added[-1] == final[event.output_index].id
    arguments = {(index, None): item.arguments for index, item in enumerate(final) if item.type == "function_call"}
    assert {key: value for key, value in whole.items() if key[1] is None} == arguments


@given(replies())
def test_the_answer_is_what_the_stream_completes_with(reply):
    completed = reply.events()[-1].response

    assert reply.response() == completed
    assert reply.output == completed.output
    assert reply.response().to_dict() == completed.to_dict()


@given(replies())
def test_only_the_outcome_changes_whatever_is_said(reply):
    created, in_progress, *_, completed = (event.to_dict() for event in reply.events())

    assert in_progress["response"] == created["response"]
    assert {key for key, value in created["response"].items() if completed["response"][key] != value} <= {
        "status",
        "output",
        "usage",
        "completed_at",
        "incomplete_details",
        "service_tier",
    }


@settings(max_examples=25)
@given(replies())
def test_the_sdk_parses_from_the_wire_what_the_reply_renders(reply):
    reply = with_usage(reply)
    client = FakeOpenAI([reply, reply]).client()

    assert list(client.responses.create(model=reply.model, input="Hi", stream=True)) == reply.events()
