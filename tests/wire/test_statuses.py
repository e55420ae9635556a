"""How a response ends: completed, incomplete or failed, at every boundary that a reply is rendered for."""

import openai
import pytest

from fakemodel import (
    FakeModel,
    FakeOpenAI,
    Reply,
    ReplyInvalid,
    check_chunks,
    check_events,
    reasoning,
    refusal,
    text,
    tool_call,
    usage,
)

LENGTH = {"status": "incomplete"}
FILTER = {"status": "incomplete", "reason": "content_filter"}
FAILED = {"status": "failed", "error": {"code": "rate_limit_exceeded", "message": "Slow down."}}
SAID_SO = {"status": "failed", "error": "It broke."}
ENDS = pytest.mark.parametrize("end", [LENGTH, FILTER, FAILED, SAID_SO], ids=["length", "filter", "failed", "said so"])
CHAT_ENDS = pytest.mark.parametrize(("end", "finish_reason"), [(LENGTH, "length"), (FILTER, "content_filter")])

RESPONSES = {"model": "fake-model", "input": "Hi"}
CHAT = {"model": "fake-model", "messages": [{"role": "user", "content": "Hi"}]}


@pytest.mark.parametrize(
    ("end", "type", "outcome"),
    [
        ({}, "response.completed", {"status": "completed", "incomplete_details": None, "error": None}),
        (
            LENGTH,
            "response.incomplete",
            {"status": "incomplete", "incomplete_details": {"reason": "max_output_tokens"}, "error": None},
        ),
        (
            {"status": "incomplete", "reason": "max_output_tokens"},
            "response.incomplete",
            {"status": "incomplete", "incomplete_details": {"reason": "max_output_tokens"}, "error": None},
        ),
        (
            FILTER,
            "response.incomplete",
            {"status": "incomplete", "incomplete_details": {"reason": "content_filter"}, "error": None},
        ),
        (
            FAILED,
            "response.failed",
            {
                "status": "failed",
                "incomplete_details": None,
                "error": {"code": "rate_limit_exceeded", "message": "Slow down."},
            },
        ),
        (
            SAID_SO,
            "response.failed",
            {
                "status": "failed",
                "incomplete_details": None,
                "error": {"code": "server_error", "message": "It broke."},
            },
        ),
    ],
)
def test_one_last_event_says_how_the_response_ended(end, type, outcome):
    reply = Reply("Half a", **end)
    *before, last = reply.events()
    body = last.response.to_dict()

    assert last.type == type
    assert {key: body[key] for key in outcome} == outcome
    assert reply.response().to_dict() == body
    for event in before[:2]:
        snapshot = event.response.to_dict()
        assert (snapshot["status"], snapshot["incomplete_details"], snapshot["error"]) == ("in_progress", None, None)
    check_events([*before, last])


@pytest.mark.parametrize(("end", "completed"), [({}, True), (LENGTH, False), (FILTER, False), (FAILED, False)])
def test_only_what_was_completed_has_a_time_of_it(end, completed):
    response = Reply("Half a", **end).response()

    assert (response.completed_at is not None) is completed


@pytest.mark.parametrize(("end", "tokens"), [({}, 12), (LENGTH, 12), (FILTER, 12), (FAILED, None), (SAID_SO, None)])
def test_what_failed_counts_no_tokens(end, tokens):
    counts = Reply("Half a", usage=usage(7, 5), **end).response().usage

    assert (None if counts is None else counts.total_tokens) == tokens


@ENDS
@pytest.mark.parametrize(
    ("parts", "statuses"),
    [
        ([], []),
        ([text("Half", " a")], ["incomplete"]),
        (["Half a", refusal("No")], ["incomplete"]),
        ([tool_call("f", '{"city": "Par')], ["incomplete"]),
        (["Look:", tool_call("f"), tool_call("g")], ["completed", "completed", "incomplete"]),
        ([tool_call("f"), "Half a"], ["completed", "incomplete"]),
        (["Look:", reasoning("Hm")], ["completed", None]),
        ([{"type": "web_search_call", "id": "ws_1", "status": "completed"}, "Half a"], ["completed", "incomplete"]),
        (["Look:", {"type": "web_search_call", "id": "ws_1", "status": "completed"}], ["completed", "completed"]),
    ],
)
def test_the_last_item_was_not_completed_either(end, parts, statuses):
    reply = Reply(*parts, **end)
    done = [event.item for event in reply.events() if event.type == "response.output_item.done"]

    assert [getattr(item, "status", None) for item in reply.output] == statuses
    assert done == reply.output
    check_events(reply.events())


@CHAT_ENDS
@pytest.mark.parametrize("parts", [[], ["Half a"], [refusal("No")], [tool_call("f", '{"a')], ["a", tool_call("f")]])
def test_chat_says_it_with_its_finish_reason(end, finish_reason, parts):
    reply = Reply(*parts, **end)
    chunks = reply.chunks(include_usage=False)

    assert reply.completion().choices[0].finish_reason == finish_reason
    assert [chunk.choices[0].finish_reason for chunk in chunks] == [None] * (len(chunks) - 1) + [finish_reason]
    check_chunks(chunks)


@pytest.mark.parametrize("render", [Reply.chunks, Reply.completion])
def test_chat_has_no_form_for_a_failed_response(render):
    with pytest.raises(ReplyInvalid) as refused:
        render(Reply("Half a", **SAID_SO))

    assert str(refused.value) == (
        "Chat Completions has no form for a response that is failed: Reply(text('Half a'), status='failed', "
        "error={'code': 'server_error', 'message': 'It broke.'})"
    )


NO_ERROR = 'a failed response, and no other, has an error, a message or {"code": …, "message": …}.'


@pytest.mark.parametrize(
    ("end", "message"),
    [
        ({"status": "queued"}, "Reply(status='queued'): a response ends completed, incomplete, failed."),
        ({"status": None}, "Reply(status=None): a response ends completed, incomplete, failed."),
        ({"status": ["failed"]}, "Reply(status=['failed']): a response ends completed, incomplete, failed."),
        (
            {"status": "incomplete", "reason": "length"},
            "Reply(status='incomplete', reason='length'): expected is 'max_output_tokens' or 'content_filter'.",
        ),
        (
            {"reason": "max_output_tokens"},
            "Reply(status='completed', reason='max_output_tokens'): expected is None.",
        ),
        (
            {**SAID_SO, "reason": "content_filter"},
            "Reply(status='failed', reason='content_filter'): expected is None.",
        ),
        ({"status": "failed"}, f"Reply(status='failed', error=None): {NO_ERROR}"),
        ({"status": "failed", "error": 500}, f"Reply(status='failed', error=500): {NO_ERROR}"),
        (
            {"status": "failed", "error": {"message": "It broke."}},
            f"Reply(status='failed', error={{'message': 'It broke.'}}): {NO_ERROR}",
        ),
        (
            {"status": "failed", "error": {"code": 500, "message": "It broke."}},
            f"Reply(status='failed', error={{'code': 500, 'message': 'It broke.'}}): {NO_ERROR}",
        ),
        (
            {"error": {"code": "server_error", "message": "It broke."}},
            f"Reply(status='completed', error={{'code': 'server_error', 'message': 'It broke.'}}): {NO_ERROR}",
        ),
        (
            {"status": "incomplete", "error": "It broke."},
            f"Reply(status='incomplete', error={{'code': 'server_error', 'message': 'It broke.'}}): {NO_ERROR}",
        ),
    ],
)
def test_an_end_that_the_api_does_not_know_is_refused_where_it_is_written(end, message):
    with pytest.raises(ReplyInvalid) as refused:
        Reply("Half a", **end)

    assert str(refused.value) == message


@pytest.mark.parametrize(
    ("end", "shown"),
    [
        ({"status": "completed"}, "Reply(text('Half a'))"),
        (LENGTH, "Reply(text('Half a'), status='incomplete', reason='max_output_tokens')"),
        (
            SAID_SO,
            "Reply(text('Half a'), status='failed', error={'code': 'server_error', 'message': 'It broke.'})",
        ),
    ],
)
def test_a_reply_shows_how_it_ended(end, shown):
    assert repr(Reply("Half a", **end)) == shown


def test_replies_that_end_otherwise_are_not_equal():
    assert Reply("a", **LENGTH) == Reply("a", status="incomplete", reason="max_output_tokens")
    assert Reply("a", **SAID_SO) == Reply("a", status="failed", error={"code": "server_error", "message": "It broke."})
    assert len({repr(Reply("a", **end)) for end in ({}, LENGTH, FILTER, FAILED, SAID_SO)}) == 5
    assert Reply("a") != Reply("a", **LENGTH) != Reply("a", **FILTER) != Reply("a", **FAILED) != Reply("a", **SAID_SO)


# What serves replies serves these as well.


@ENDS
def test_a_client_is_answered_with_it_streamed_or_not(end):
    reply = Reply("Half a", tool_call("f"), usage=usage(7, 5), **end)
    client = FakeOpenAI([reply, reply, reply]).client()

    assert list(client.responses.create(**RESPONSES, stream=True)) == reply.events()
    plain = client.responses.create(**RESPONSES)
    assert (plain.status, plain.incomplete_details, plain.error) == (
        end["status"],
        reply.response().incomplete_details,
        reply.response().error,
    )
    with client.responses.stream(**RESPONSES) as stream:
        assert [event.type for event in stream][-1] == f"response.{end['status']}"


@CHAT_ENDS
def test_a_chat_client_is_answered_with_it_streamed_or_not(end, finish_reason):
    reply = Reply("Half a", **end)
    client = FakeOpenAI([reply, reply]).client()

    assert list(client.chat.completions.create(**CHAT, stream=True)) == reply.chunks(include_usage=False)
    assert client.chat.completions.create(**CHAT).choices[0].finish_reason == finish_reason


@pytest.mark.parametrize("stream", [True, False])
def test_a_failed_reply_that_is_asked_for_by_chat_is_told_to_the_client_and_at_the_end(stream):
    api = FakeOpenAI([Reply("Half a", **SAID_SO)])

    with pytest.raises(openai.InternalServerError, match="Chat Completions has no form for a response that is failed"):
        api.client().chat.completions.create(**CHAT, stream=stream)
    with pytest.raises(ReplyInvalid, match="Chat Completions has no form for a response that is failed"):
        api.assert_complete()


@ENDS
async def test_a_model_answers_with_it(end):
    reply = Reply("Half a", tool_call("f", id="call_f"), usage=usage(7, 5), **end)
    model = FakeModel([reply, reply])

    answer = await model.get_response(input="Hi")
    events = [event async for event in model.stream_response(input="Hi")]

    assert answer.output == reply.output
    assert (answer.usage.requests, answer.usage.total_tokens) == (1, 0 if end["status"] == "failed" else 12)
    assert events[-1].type == f"response.{end['status']}"
    assert [item.type for item in events[-1].response.output] == ["message", "function_call"]
    check_events(events)
    model.assert_complete()
