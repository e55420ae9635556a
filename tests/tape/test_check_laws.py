"""What `check` finds in what was recorded: streams that no server sends, and requests that go on from nothing."""

import gzip
import json
import tracemalloc
from datetime import date
from pathlib import Path

import pytest
import yaml

from fakemodel import Reply, refusal, sse, tool_call
from fakemodel.tape import layout
from fakemodel.tape.checks import Finding, cassettes, check
from fakemodel.tape.checks.chains import broken_chains

API = "https://api.openai.com/v1"
KEY = "sk-" + "proj-" + "x7Yk2PqR9vTn4WzB6mLs8JdF"  # assembled, so that nobody takes it for a real one


def turn(path, request=None, answer=None, *, method="POST", status=200, base=API) -> dict:
    """A recorded turn; `answer` is a JSON object, or the events or chunks of a stream."""
    kind = "application/json" if isinstance(answer, dict) else "text/event-stream"
    body = json.dumps(answer) if isinstance(answer, dict) else sse(answer).decode()
    return {
        "request": {"method": method, "uri": base + path, "headers": {}, "body": json.dumps(request or {})},
        "response": {
            "status": {"code": status, "message": ""},
            "headers": {"Content-Type": [kind]},
            "body": {"string": body},
        },
    }


def found(folder: Path, *turns: dict, head="", **options) -> list[Finding]:
    file = folder / "tape.yaml"
    file.write_text(head + yaml.safe_dump({"interactions": list(turns), "version": 1}))
    ((_, findings),) = check([file], {}, **options)
    return findings


def told(findings: list[Finding]) -> list[tuple[str, str]]:
    return [(finding.severity, finding.message) for finding in findings]


def events(*parts) -> list[dict]:
    return [event.model_dump(by_alias=True, exclude_unset=True, warnings=False) for event in Reply(*parts).events()]


def chunks(*parts) -> list[dict]:
    return [chunk.model_dump(by_alias=True, exclude_unset=True, warnings=False) for chunk in Reply(*parts).chunks()]


def response(id="resp_1", *output, **members) -> dict:
    return {"id": id, "object": "response", "status": "completed", "output": list(output), **members}


CALL = {"type": "function_call", "id": "fc_1", "call_id": "call_1", "name": "get_weather", "arguments": "{}"}
OUTPUT = {"type": "function_call_output", "call_id": "call_1", "output": "sunny"}


def test_streams_that_keep_the_laws_are_nothing_to_tell(tmp_path: Path):
    findings = found(
        tmp_path,
        turn("/responses", {"input": "Hi"}, events("Hello", tool_call("get_weather"))),
        turn("/chat/completions", {"messages": []}, chunks("Hello")),
    )

    assert findings == []


def test_a_breach_is_told_with_its_turn_its_position_and_the_law(tmp_path: Path):
    stream = events(refusal("No", "Thanks"))
    stream[6]["refusal"] = "No"

    findings = found(tmp_path, turn("/responses", {}, events("Hello")), turn("/responses", {}, stream))

    what = "response.refusal.done refusal is 'No', its deltas add up to 'NoThanks' (law: sum)"
    assert told(findings) == [("error", f"turn 2, event 6: {what}")]
    assert (findings[0].code, findings[0].turn) == ("law", 2)


def test_a_law_that_is_broken_throughout_is_told_once(tmp_path: Path):
    stream = [{**event, "sequence_number": 2 * number} for number, event in enumerate(events("Hello"))]

    (finding,) = found(tmp_path, turn("/responses", {}, stream))

    assert finding.message.endswith(f", and {len(stream) - 2} more (law: numbering)")


def test_chunks_have_laws_too_and_compatible_servers_deviate_from_them(tmp_path: Path):
    stream = chunks("Hello")[:-2]

    findings = found(
        tmp_path,
        turn("/chat/completions", {"messages": []}, stream),
        turn("/chat/completions", {"messages": []}, stream, base="https://api.example.com/openai/v1"),
    )

    assert [(finding.code, finding.severity, finding.turn) for finding in findings] == [
        ("law", "error", 1),
        ("law", "warning", 2),
    ]


def test_a_stream_that_is_no_json_is_told(tmp_path: Path):
    broken = turn("/responses", {}, events("Hello"))
    broken["response"]["body"]["string"] = 'data: {"type": "respo\n\n'

    assert told(found(tmp_path, broken)) == [
        ("error", "turn 1, event 0: [0] has data that is no JSON object. (law: form)")
    ]


def compressed(body: bytes, encoding: str) -> dict:
    recorded = turn("/responses", {}, events("Hello"))
    recorded["response"]["headers"]["Content-Encoding"] = [encoding]
    recorded["response"]["body"]["string"] = body
    return recorded


def test_a_stream_that_was_recorded_compressed_is_held_to_the_laws(tmp_path: Path):
    kept, torn = (compressed(gzip.compress(sse(each)), "gzip") for each in (events("Hello"), events("Hello")[:-1]))

    assert found(tmp_path, kept) == []
    ((_, message),) = told(found(tmp_path, torn))
    assert message.endswith("(law: terminal)")
    assert told(found(tmp_path, compressed(b"(\xb5/\xfd", "zstd"))) == [
        ("error", "turn 1, event 0: it is compressed (zstd), and cannot be read here (law: form)")
    ]


def test_a_stream_of_an_error_and_a_route_without_laws_are_passed_over(tmp_path: Path):
    stream = events("Hello")[:2]

    assert found(tmp_path, turn("/responses", {}, stream, status=500), turn("/audio/speech", {}, stream)) == []


def test_the_older_completions_have_a_stream_of_their_own(tmp_path: Path):
    older = turn("/completions", {"prompt": "Hi"}, chunks("Hi"))
    older["response"]["body"]["string"] = 'data: {"object": "text_completion", "choices": [{"text": "Hi"}]}\n\n'

    assert found(tmp_path, older) == []


def test_what_goes_on_from_recorded_answers_is_nothing_to_tell(tmp_path: Path):
    findings = found(
        tmp_path,
        turn("/responses", {"input": "Hi"}, response("resp_1", CALL)),
        turn("/responses", {"input": [OUTPUT], "previous_response_id": "resp_1"}, response("resp_2")),
        turn("/conversations", {}, {"id": "conv_1"}),
        turn("/responses", {"input": "Hi", "conversation": "conv_1"}, response("resp_3", {**CALL, "id": "fc_2"})),
        turn("/responses", {"input": [OUTPUT], "conversation": {"id": "conv_1"}}, response("resp_4")),
        turn("/conversations/conv_1", None, {"id": "conv_1"}, method="DELETE"),
        turn("/responses", {"input": [CALL, OUTPUT]}, response("resp_5")),
    )

    assert findings == []


GOING_ON = [
    ({"previous_response_id": "resp_0"}, "previous_response_id is 'resp_0', which no turn before it gave out"),
    ({"conversation": "conv_0"}, "conversation is 'conv_0', which no turn before it gave out"),
    (
        {"input": [{"type": "item_reference", "id": "msg_0"}]},
        "the item is 'msg_0', which no turn before it gave out",
    ),
]


@pytest.mark.parametrize(("request_", "what"), GOING_ON)
def test_a_cassette_that_begins_in_the_middle_is_warned_of_once(tmp_path: Path, request_, what):
    findings = found(
        tmp_path,
        turn("/responses", request_, response("resp_1")),
        turn("/responses", {"previous_response_id": "resp_1", "input": [OUTPUT]}, response("resp_2")),
    )

    assert told(findings) == [("warning", f"turn 1, request: {what}")]
    assert findings[0].code == "state"


CONTRADICTIONS = {
    "a response that was deleted": (
        [turn("/responses", {}, response()), turn("/responses/resp_1", None, {}, method="DELETE")],
        {"previous_response_id": "resp_1"},
        "previous_response_id is 'resp_1', which turn 2 deleted",
    ),
    "a response that was not stored": (
        [turn("/responses", {"store": False}, response())],
        {"previous_response_id": "resp_1"},
        "previous_response_id is 'resp_1', which turn 1 did not store",
    ),
    "a conversation that was deleted": (
        [turn("/conversations", {}, {"id": "conv_1"}), turn("/conversations/conv_1", None, {}, method="DELETE")],
        {"conversation": "conv_1"},
        "conversation is 'conv_1', which turn 2 deleted",
    ),
    "an answer to no call": (
        [turn("/responses", {}, response())],
        {"input": [OUTPUT], "previous_response_id": "resp_1"},
        "it was answered, and must have been refused: No tool call found for function call output with call_id call_1.",
    ),
    "a call without its answer": (
        [turn("/responses", {}, response("resp_1", CALL))],
        {"input": "And?", "previous_response_id": "resp_1"},
        "it was answered, and must have been refused: No tool output found for function call call_1.",
    ),
}


@pytest.mark.parametrize(("before", "request_", "what"), CONTRADICTIONS.values(), ids=CONTRADICTIONS)
def test_a_cassette_that_contradicts_itself_is_an_error(tmp_path: Path, before, request_, what):
    findings = found(tmp_path, *before, turn("/responses", request_, response("resp_9")))

    assert told(findings) == [("error", f"turn {len(before) + 1}, request: {what}")]


def test_turns_in_the_wrong_order_are_an_error(tmp_path: Path):
    findings = found(
        tmp_path,
        turn("/responses", {"previous_response_id": "resp_1"}, response("resp_2")),
        turn("/responses", {}, response("resp_1")),
    )

    what = "turn 1, request: previous_response_id is 'resp_1', which is only given out by turn 2"
    assert told(findings) == [("error", what)]


def test_an_answer_that_was_recorded_compressed_may_be_gone_on_from(tmp_path: Path):
    first = turn("/responses", {"input": "Hi"}, response())
    first["response"]["headers"]["Content-Encoding"] = ["gzip"]
    first["response"]["body"]["string"] = gzip.compress(json.dumps(response()).encode())
    after = turn("/responses", {"input": "Bye", "previous_response_id": "resp_1"}, response("resp_2"))

    assert found(tmp_path, first, after) == []


def test_a_request_that_was_refused_may_go_on_from_anything(tmp_path: Path):
    refused = {"error": {"message": "Previous response with id 'resp_0' not found."}}

    assert found(tmp_path, turn("/responses", {"previous_response_id": "resp_0"}, refused, status=400)) == []


def test_a_message_of_a_tool_that_answers_no_call_is_an_error_and_a_warning_elsewhere(tmp_path: Path):
    asked = {"messages": [{"role": "tool", "tool_call_id": "call_1", "content": "sunny"}]}
    completion = {"object": "chat.completion", "id": "chatcmpl-1", "choices": []}

    findings = found(
        tmp_path,
        turn("/chat/completions", asked, completion),
        turn("/chat/completions", asked, completion, base="https://example.com/v1"),
    )

    assert [(finding.code, finding.severity) for finding in findings] == [("state", "error"), ("state", "warning")]


def test_a_response_in_the_background_is_gone_on_from_when_it_has_ended(tmp_path: Path):
    findings = found(
        tmp_path,
        turn("/responses", {"background": True}, response("resp_1", status="queued", background=True)),
        turn("/responses/resp_1", None, response("resp_1", CALL, background=True), method="GET"),
        turn("/responses", {"input": [OUTPUT], "previous_response_id": "resp_1"}, response("resp_2")),
    )

    assert findings == []


def test_a_response_that_is_read_again_leaves_its_conversation_as_it_went_on(tmp_path: Path):
    said = response("resp_1", {"type": "message", "id": "msg_1", "role": "assistant", "content": []})

    findings = found(
        tmp_path,
        turn("/conversations", {}, {"id": "conv_1"}),
        turn("/responses", {"input": "Hi", "conversation": "conv_1"}, said),
        turn("/responses", {"input": "And?", "conversation": "conv_1"}, response("resp_2", CALL)),
        turn("/responses/resp_1", None, said, method="GET"),
        turn("/responses", {"input": [OUTPUT], "conversation": "conv_1"}, response("resp_3")),
    )

    assert findings == []


def test_a_chain_is_followed_wherever_the_api_is_served(tmp_path: Path):
    azure = "https://mine.openai.azure.com/openai"

    findings = found(
        tmp_path,
        turn("/responses?api-version=preview", {}, response("resp_1"), base=azure),
        turn("/responses/resp_1?api-version=preview", None, {}, method="DELETE", base=azure),
        turn("/responses?api-version=preview", {"previous_response_id": "resp_1"}, response("resp_2"), base=azure),
    )

    assert told(findings) == [("warning", "turn 3, request: previous_response_id is 'resp_1', which turn 2 deleted")]


def test_a_long_chain_takes_as_much_memory_for_a_turn_as_a_short_one():
    def peak(turns: int) -> int:
        asked = (
            {"input": "And?", **({"previous_response_id": f"resp_{each - 1}"} if each else {})} for each in range(turns)
        )
        chain = {"interactions": [turn("/responses", body, response(f"resp_{n}")) for n, body in enumerate(asked)]}
        recorded = layout.turns_in(json.dumps(chain).encode())
        tracemalloc.start()
        assert [*broken_chains(recorded, quoted=True)] == []
        taken = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return taken

    assert peak(800) < 8 * peak(200)


@pytest.mark.parametrize("status", [[], {}, 7])
def test_a_status_that_is_none_is_passed_over(tmp_path: Path, status):
    queued = response(status="queued")

    findings = found(
        tmp_path,
        turn("/responses", {"input": "Hi", "background": True}, queued),
        turn("/responses/resp_1", None, response(status=status), method="GET"),
        turn("/responses/resp_1", None, response(), method="GET"),
    )

    assert findings == []


@pytest.mark.parametrize("request_", [[], "text", {"input": [None, 7]}, {"previous_response_id": 7}])
def test_requests_of_no_known_form_break_nothing(tmp_path: Path, request_):
    for answer in (response(), {"id": None}, {}):
        found(tmp_path, turn("/responses", request_, answer), turn("/chat/completions", request_, answer))


def test_nothing_of_a_file_that_holds_a_secret_is_quoted(tmp_path: Path):
    stream = events(f"My key is {KEY}.")
    stream[5]["text"] = f"{KEY[:20]} is my key."

    findings = found(
        tmp_path,
        turn("/responses", {}, stream),
        turn("/responses", {"previous_response_id": KEY}, response("resp_2")),
    )

    assert {finding.code for finding in findings} == {"leak", "law", "state"}
    assert KEY[:12] not in repr(findings)


AGES = [(date(2026, 1, 31), []), (date(2026, 2, 1), ["age: recorded 31 days ago, max_age is 30"])]


@pytest.mark.parametrize(("today", "messages"), AGES)
def test_a_file_that_was_recorded_too_long_ago_is_an_error(tmp_path: Path, today, messages):
    head = "recorded: {from: api.openai.com, 'on': '2026-01-01'}\n"

    findings = found(tmp_path, turn("/responses", {}, response()), head=head, max_age=30, today=today)

    assert [finding.message for finding in findings] == messages
    assert all(finding.severe for finding in findings)


def test_a_file_that_names_no_day_is_as_old_as_can_be(tmp_path: Path):
    (finding,) = found(tmp_path, turn("/responses", {}, response()), max_age=10_000)

    assert finding.message == "age: recorded on no day that it names, max_age is 10000"


def test_findings_of_a_turn_have_the_line_on_which_it_begins(tmp_path: Path):
    turns = [turn("/responses", {}, response()), turn("/responses", {"input": [OUTPUT]}, response("resp_2"))]

    (finding,) = found(tmp_path, *turns)

    lines = (tmp_path / "tape.yaml").read_text().splitlines()
    assert finding.line is not None
    assert lines[finding.line - 1].startswith("- request:")
    assert finding.line > 2


def test_real_recordings_keep_the_laws_and_go_on_from_what_they_hold(corpus: Path):
    checked = list(check(cassettes([corpus]), {}))

    assert len(checked) == 130
    assert [(file, each) for file, findings in checked for each in findings if each.code in ("law", "state")] == []
