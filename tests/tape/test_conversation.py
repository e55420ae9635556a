"""A recorded conversation as values: what each turn was sent, answered and goes on from, and what the model saw."""

import gzip
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fakemodel.parts import Usage
from fakemodel.tape import layout
from fakemodel.tape.changes import changes
from fakemodel.tape.conversation import Conversation, Item, Turn, conversation_of
from fakemodel.tape.interaction import Interaction, Request, Response
from fakemodel.tape.paths import shipped

API = "https://api.openai.com/v1"
OK = {"content-type": ["application/json"]}


def turn(path: str, asked: object = None, answered: object = None, *, method="POST", status=200) -> Interaction:
    sent, said = (b"" if each is None else json.dumps(each).encode() for each in (asked, answered))
    return Interaction(Request(method, f"{API}/{path}", OK, sent), Response(status, "OK", OK, said))


def id_of(kind: str, number: int) -> str:
    return f"{kind}_{number:02}{'6b' * 23}"


def says(number: int, text: str, **members: Any) -> dict[str, Any]:
    message = {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": text}]}
    return {"id": id_of("resp", number), "status": "completed", "output": [message], **members}


def read(name: str) -> Conversation:
    return conversation_of(layout.read(shipped()[f"fakemodel:{name}"]))


def told(items: tuple[Item, ...]) -> list[tuple[str, str, str]]:
    return [(item.kind, item.label, item.text) for item in items]


def test_a_turn_has_what_was_asked_and_what_was_answered():
    created, first, second, deleted = read("conversation/tool_call_continuation").turns

    assert (created.number, created.does) == (1, "conversation conv_1 created")
    assert (deleted.method, deleted.path) == ("DELETE", "/v1/conversations/conv_1")
    assert (first.does, first.model, first.response_id, first.conversation_id) == (
        *("response", "gpt-4.1", "resp_1", "conv_1"),
    )
    assert told(first.sent) == [("message", "user", "Get the code with the tool, then answer with it only.")]
    assert told(first.answered) == [("call", "call_1", "get_code({})")]
    assert told(second.sent) == [("output", "call_1", "4711")]
    assert second.sent[0].call_id == first.answered[0].call_id == "call_1"
    assert second.sent[0].payload["call_id"] == "call_000000000000000000000001"
    assert (second.sends, second.seen, second.usage) == (1, 3, Usage(68, 1))
    assert (first.goes_on_from, second.goes_on_from, deleted.goes_on_from) == (1, 2, 3)


def test_a_stream_is_the_response_it_adds_up_to():
    plain, streamed = (read(f"previous_response_id/{name}").turns for name in ("plain", "streamed"))

    assert [each.events for each in plain] == [None, None]
    assert [each.events for each in streamed] == [9, 10]
    for one, other in zip(plain, streamed, strict=True):
        assert (one.answered, one.response_id, one.usage, one.ended) == (
            *(other.answered, other.response_id, other.usage, other.ended),
        )


def test_a_response_in_the_background_is_seen_by_who_goes_on_from_it_when_it_is_finished():
    queued = {"id": id_of("resp", 1), "status": "queued", "output": []}
    asked = {"input": "And?", "previous_response_id": id_of("resp", 1)}
    first, polled, second = conversation_of(
        [
            turn("responses", {"input": "Hi", "background": True}, queued),
            turn(f"responses/{id_of('resp', 1)}", None, says(1, "Hello"), method="GET"),
            turn("responses", asked, says(2, "Yes")),
        ]
    ).turns

    assert (first.ended, polled.does, polled.ended) == ("queued", "response resp_1 retrieved", "completed")
    assert (polled.goes_on_from, second.goes_on_from) == (1, 1)
    assert second.seen == 3


def test_items_are_added_to_conversations_and_taken_out():
    conversation, item = id_of("conv", 1), id_of("msg", 1)
    added = {"data": [{"type": "message", "id": item, "role": "user", "content": "A fact."}]}
    asked = {"input": "Which?", "conversation": {"id": conversation}}
    created, put, first, _, second = conversation_of(
        [
            turn("conversations", {"items": [{"role": "user", "content": "Hi"}]}, {"id": conversation}),
            turn(f"conversations/{conversation}/items", {"items": added["data"]}, added),
            turn("responses", asked, says(1, "That.")),
            turn(f"conversations/{conversation}/items/{item}", None, {"id": conversation}, method="DELETE"),
            turn("responses", asked, says(2, "None.")),
        ]
    ).turns

    assert told(created.sent) == [("message", "user", "Hi")]
    assert told(put.answered) == [("message", "user", "A fact.")]
    assert (first.seen, second.seen) == (3, 4)


@pytest.mark.parametrize(
    "named",
    [{"previous_response_id": id_of("resp", 7)}, {"conversation": id_of("conv", 7)}],
    ids=["chain", "conversation"],
)
def test_what_came_before_the_recording_is_not_known(named):
    (only,) = conversation_of([turn("responses", {"input": "And?", **named}, says(1, "Yes"))]).turns

    assert (only.goes_on_from, only.seen, only.sends) == (None, None, 1)


def test_a_response_that_is_not_stored_leaves_nothing_in_its_conversation():
    conversation = id_of("conv", 1)
    asked = {"input": "Hi", "conversation": conversation}
    _, _, last = conversation_of(
        [
            turn("conversations", {}, {"id": conversation}),
            turn("responses", {**asked, "store": False}, says(1, "Hello", store=False)),
            turn("responses", asked, says(2, "Hello")),
        ]
    ).turns

    assert last.seen == 1


def test_a_history_that_is_sent_again_is_known_also_without_its_reasoning():
    thought = {"type": "reasoning", "summary": [{"type": "summary_text", "text": "Hm"}]}
    answer = says(1, "Hello")
    history = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}]
    question = {"role": "user", "content": "And?"}
    first, second, third = conversation_of(
        [
            turn("responses", {"input": "Hi"}, {**answer, "output": [thought, *answer["output"]]}),
            turn("responses", {"input": [*history, question]}, says(2, "Yes")),
            turn(
                "responses",
                {"input": [history[0], thought, history[1], {"role": "user", "content": "Or?"}]},
                says(3, "No"),
            ),
        ]
    ).turns

    assert (first.goes_on_from, first.again) == (None, 0)
    assert [(each.goes_on_from, each.again) for each in (second, third)] == [(1, 2), (1, 3)]


def test_a_request_that_is_sent_once_more_is_told_once_more():
    first, again = conversation_of([turn("responses", {"input": "Hi"}, says(n, "Hello")) for n in (1, 2)]).turns

    assert told(again.sent) == told(first.sent)
    assert again.again == 0


def test_short_names_are_given_in_order_and_none_that_stands_in_the_recording():
    asked = {"input": "What is resp_1?", "previous_response_id": id_of("resp", 4)}
    first, second = conversation_of(
        [
            turn("responses", asked, says(9, "?")),
            turn("responses", {**asked, "previous_response_id": id_of("resp", 9)}, says(2, "!")),
        ]
    ).turns

    assert (first.previous_response_id, first.response_id) == ("resp_2", "resp_3")
    assert (second.previous_response_id, second.response_id) == ("resp_3", "resp_4")


def test_an_id_without_digits_has_a_short_name_too():
    call_id = "call_TMnrMVzeKwybZDgKqUngmqmh"
    call = {"type": "function_call", "call_id": call_id, "name": "look", "arguments": "{}"}
    (only,) = conversation_of([turn("responses", {"input": f"Not {call_id}"}, says(1, "", output=[call]))]).turns

    assert told(only.sent) == [("message", "user", "Not call_1")]
    assert only.answered[0].label == "call_1"
    assert call_id.encode() in only.interaction.response.body


ITEMS = [
    ({"role": "user", "content": [{"type": "input_text", "text": "See"}, {"type": "input_image", "file_id": "f"}]},
     ("message", "user", "See\n[input_image f]")),
    ({"role": "user", "content": [{"type": "input_image", "image_url": "data:image/png;base64,AAAA"}]},
     ("message", "user", "[input_image data:image/png;base64, 4 characters]")),
    ({"role": "user", "content": [{"type": "image_url", "image_url": {"url": "https://a.example/b.png"}}]},
     ("message", "user", "[image_url https://a.example/b.png]")),
    ({"role": "user", "content": [{"type": "input_file", "file_data": f"data:a/b;base64,payload-sha256-{'0' * 64}"}]},
     ("message", "user", "[input_file data:a/b;base64, kept beside the cassette]")),
    ({"type": "message", "role": "assistant", "content": [{"type": "refusal", "refusal": "No."}]},
     ("refusal", "assistant", "No.")),
    ({"type": "reasoning", "summary": [], "encrypted_content": "gAAA"}, ("reasoning", "reasoning", "(encrypted)")),
    ({"type": "reasoning", "summary": []}, ("reasoning", "reasoning", "(no summary)")),
    ({"type": "custom_tool_call", "call_id": "c", "name": "sql", "input": "SELECT 1"}, ("call", "c", "sql(SELECT 1)")),
    ({"type": "shell_call", "call_id": "c", "action": {"commands": ["ls"]}},
     ("call", "c", 'shell_call({"commands":["ls"]})')),
    ({"type": "function_call_output", "call_id": "c", "output": [{"type": "input_text", "text": "4"}]},
     ("output", "c", "4")),
    ({"type": "web_search_call", "id": "ws", "status": "completed", "action": {"query": "q"}},
     ("other", "web_search_call", '{"action":{"query":"q"}}')),
    ({"type": "item_reference", "id": "msg_9"}, ("other", "item_reference", "msg_9")),
    ({"role": "tool", "tool_call_id": "c", "content": "4"}, ("output", "c", "4")),
    ({"role": "assistant", "tool_calls": [{"id": "c", "function": {"name": "f", "arguments": "{}"}}]},
     ("call", "c", "f({})")),
    ({"role": "assistant", "content": None, "refusal": "No."}, ("refusal", "assistant", "No.")),
]  # fmt: skip


@pytest.mark.parametrize(("payload", "words"), ITEMS, ids=lambda value: value[1] if isinstance(value, tuple) else "")
def test_an_item_is_told_by_what_it_says(payload, words):
    (only,) = conversation_of([turn("responses", {"input": [payload]}, says(1, "ok"))]).turns

    assert told(only.sent) == [words]
    assert only.sent[0].payload == payload


def streamed(*events: object) -> Interaction:
    body = b"".join(b"data: %b\n\n" % json.dumps(event).encode() for event in events)
    asked = Request("POST", f"{API}/responses", OK, b'{"input": "Hi", "stream": true}')
    return Interaction(asked, Response(200, "OK", {"content-type": ["text/event-stream"]}, body))


def test_a_stream_that_was_cut_is_told_with_what_came_of_it():
    begun = {"id": id_of("resp", 1), "status": "in_progress", "output": []}
    done = {"type": "response.output_item.done", "output_index": 0, "item": says(1, "Hel")["output"][0]}
    (only,) = conversation_of([streamed({"type": "response.created", "response": begun}, done)]).turns

    assert told(only.answered) == [("message", "assistant", "Hel")]
    assert (only.events, only.problem) == (2, "the stream ends before the response does")


def test_a_stream_that_ended_in_an_error_is_told_with_it():
    (only,) = conversation_of([streamed({"type": "error", "code": "rate_limit", "message": "Later."})]).turns

    assert only.error == "rate_limit: Later."


def test_a_compressed_answer_is_read():
    body = gzip.compress(json.dumps(says(1, "Hello")).encode())
    asked = turn("responses", {"input": "Hi"}).request
    headers = {**OK, "content-encoding": ["gzip"]}
    (only,) = conversation_of([Interaction(asked, Response(200, "OK", headers, body))]).turns
    (broken,) = conversation_of([Interaction(asked, Response(200, "OK", headers, body[:9]))]).turns

    assert told(only.answered) == [("message", "assistant", "Hello")]
    assert (broken.answered, broken.problem) == ((), "it is compressed (gzip), and cannot be read here")


@pytest.mark.parametrize(
    "uri",
    [
        "https://gateway.example/openai/v1/responses",
        "https://me.openai.azure.com/openai/responses?api-version=preview",
        "http://localhost:8000/responses",
    ],
)
def test_a_gateway_is_known_by_how_its_address_ends(uri):
    asked = turn("responses", {"input": "Hi"}, says(1, "Hello"))
    moved = Interaction(Request("POST", uri, OK, asked.request.body), asked.response)

    assert conversation_of([moved]).turns[0].response_id == "resp_1"


laws = settings(max_examples=60)

json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(max_size=8)
    | st.just(id_of("resp", 1)),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    *(
                        "id",
                        "type",
                        "role",
                        "content",
                        "input",
                        "output",
                        "items",
                        "messages",
                        "choices",
                        "message",
                        "data",
                    ),
                    *(
                        "tool_calls",
                        "function",
                        "call_id",
                        "arguments",
                        "error",
                        "usage",
                        "input_tokens",
                        "status",
                        "text",
                    ),
                    *(
                        "previous_response_id",
                        "conversation",
                        "response",
                        "item",
                        "object",
                        "delta",
                        "summary",
                        "store",
                    ),
                ]
            )
            | st.text(max_size=4),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)
paths = st.sampled_from(
    ["responses", "responses/compact", "chat/completions", "conversations", "conversations/c/items", "responses/r", "x"]
)
bodies = json_values.map(lambda value: json.dumps(value).encode()) | st.binary(max_size=30)
frames = st.lists(json_values.map(lambda value: b"data: %b\n\n" % json.dumps(value).encode()), max_size=4).map(b"".join)


@st.composite
def interactions(draw: st.DrawFn) -> Interaction:
    method, status = draw(st.sampled_from(["POST", "GET", "DELETE"])), draw(st.sampled_from([200, 400]))
    request = Request(method, f"{API}/{draw(paths)}", OK, draw(bodies))
    if draw(st.booleans()):
        return Interaction(
            request, Response(status, "", {"content-type": ["text/event-stream"]}, draw(frames | bodies))
        )
    encoding = draw(st.sampled_from([{}, {"content-encoding": ["gzip"]}, {"content-encoding": ["br"]}]))
    return Interaction(request, Response(status, "", {**OK, **encoding}, draw(bodies)))


@laws
@given(st.lists(interactions(), max_size=4))
def test_whatever_was_recorded_every_turn_of_it_is_told(recorded):
    conversation = conversation_of(recorded)

    assert [each.interaction for each in conversation.turns] == recorded
    assert all(isinstance(each, Turn) for each in conversation.turns)
    heads = [line for line in str(conversation).splitlines() if line.startswith("turn ")]
    assert len(heads) == len(recorded)


@laws
@given(st.lists(interactions(), max_size=3))
def test_a_recording_never_differs_from_itself(recorded):
    from fakemodel.tape.changes import changes

    assert changes(recorded, recorded).changed == ()


def answered(body: bytes, content_type: str, **headers: list[str]) -> Interaction:
    request = Request("POST", f"{API}/audio/any", OK, b"{}")
    return Interaction(request, Response(200, "OK", {"content-type": [content_type], **headers}, body))


UNLIKE = {
    "audio": [answered(body, "audio/mpeg") for body in (b"\xff\xfe", b"\xfa\xf9")],
    "streams of another API": [
        answered(b'data: {"delta": "%s"}\n\n' % word, "text/event-stream") for word in (b"Hello", b"Bye")
    ],
    "streams that were cut": [
        answered(
            b'data: {"type": "response.created", "response": {"id": "resp_1", "status": "in_progress"}}\n\n'
            b'data: {"type": "response.output_text.delta", "delta": "%s"}\n\n' % word,
            "text/event-stream",
        )
        for word in (b"Hello", b"Bye")
    ],
    "what is compressed in a way of its own": [
        answered(b"(\xb5/\xfd" + rest, "application/json", **{"content-encoding": ["zstd"]}) for rest in (b"1", b"2")
    ],
}


@pytest.mark.parametrize("two", UNLIKE.values(), ids=UNLIKE)
def test_answers_that_are_no_json_differ_where_their_bytes_do(two):
    old, new = two

    assert [change.answer != () for change in changes([old], [new]).changed] == [True]
    assert changes([old], [old]).changed == ()


def test_of_a_stream_of_another_api_it_is_told_how_much_it_is():
    (turn,) = conversation_of([answered(b'data: {"delta": "Hello"}\n\n', "text/event-stream")]).turns

    assert told(turn.answered) == [("other", "answered", "26 bytes of text/event-stream")]
