"""What the state of the API refuses: each row of the table, plain and streamed, through both doors."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import openai
import pytest

from fakemodel import FakeOpenAI, Reply, reasoning, text, tool_call

KNOWN = "gpt-4.1"


@pytest.fixture
def api() -> FakeOpenAI:
    """The server of these tests knows one model."""
    return FakeOpenAI(models=[KNOWN])


@dataclass(frozen=True)
class Case:
    """A refused request: `ask` makes the history before it, and gives the request and what the refusal names."""

    ask: Callable[[FakeOpenAI, openai.OpenAI], tuple[dict[str, Any], str]]
    raised: type[openai.APIStatusError]
    code: str | None
    param: str | None
    message: str


def asked(api: FakeOpenAI, client: openai.OpenAI, *parts: object, **options: Any) -> Any:
    """A response that says so."""
    api.say(Reply(*parts))
    return client.responses.create(**{"model": KNOWN, "input": "Hi", **options})


def user(said: str) -> dict[str, Any]:
    return {"role": "user", "content": said}


def an_unknown_previous_response(api, client):
    return {"previous_response_id": "resp_gone"}, "resp_gone"


def an_unstored_previous_response(api, client):
    first = asked(api, client, "Hello", store=False)
    return {"previous_response_id": first.id}, first.id


def a_deleted_previous_response(api, client):
    first = asked(api, client, "Hello")
    client.responses.delete(first.id)
    return {"previous_response_id": first.id}, first.id


def a_call_without_an_answer(api, client):
    first = asked(api, client, tool_call("f"))
    return {"previous_response_id": first.id}, first.output[0].call_id


def a_call_of_two_without_an_answer(api, client):
    first = asked(api, client, tool_call("f"), tool_call("g"))
    answer = {"type": "function_call_output", "call_id": first.output[1].call_id, "output": "42"}
    return {"previous_response_id": first.id, "input": [answer]}, first.output[0].call_id


def a_call_in_the_input_without_an_answer(api, client):
    call = {"type": "function_call", "call_id": "call_1", "name": "f", "arguments": "{}"}
    return {"input": [user("Hi"), call]}, "call_1"


def a_call_in_a_conversation_without_an_answer(api, client):
    conversation = client.conversations.create()
    first = asked(api, client, tool_call("f"), conversation=conversation.id)
    return {"conversation": conversation.id}, first.output[0].call_id


def an_answer_to_no_call(api, client):
    return {"input": [{"type": "function_call_output", "call_id": "call_2", "output": "42"}]}, "call_2"


def an_answer_whose_call_the_caller_left_out(api, client):
    first = asked(api, client, tool_call("f"))
    call_id = first.output[0].call_id
    return {"input": [user("Hi"), {"type": "function_call_output", "call_id": call_id, "output": "42"}]}, call_id


def reasoning_of_an_unstored_response(api, client):
    first = asked(api, client, reasoning("Hm"), text("Hello"), store=False)
    return {"input": [user("Hi"), *(item.to_dict() for item in first.output), user("And?")]}, first.output[0].id


def a_reference_to_an_unstored_item(api, client):
    first = asked(api, client, "Hello", store=False)
    return {"input": [{"type": "item_reference", "id": first.output[0].id}]}, first.output[0].id


def reasoning_without_what_followed_it(api, client):
    first = asked(api, client, reasoning("Hm"), text("Hello"))
    return {"input": [first.output[0].to_dict(), user("And?")]}, first.output[0].id


def an_item_that_is_there_already(api, client):
    first = asked(api, client, "Hello")
    item = first.output[0]
    return {"previous_response_id": first.id, "input": [item.to_dict(), user("And?")]}, item.id


def both_a_response_and_a_conversation(api, client):
    first, conversation = asked(api, client, "Hello"), client.conversations.create()
    return {"previous_response_id": first.id, "conversation": conversation.id}, ""


def an_unknown_conversation(api, client):
    return {"conversation": "conv_gone"}, "conv_gone"


def a_deleted_conversation(api, client):
    conversation = client.conversations.create(items=[user("Hi")])
    client.conversations.delete(conversation.id)
    return {"conversation": {"id": conversation.id}}, conversation.id


def an_unknown_model(api, client):
    return {"model": "gpt-9"}, "gpt-9"


def a_temperature_below_its_range(api, client):
    return {"temperature": -1}, ""


BAD, GONE = openai.BadRequestError, openai.NotFoundError

UNANSWERED = (BAD, None, "input", "No tool output found for function call {}.")
UNCALLED = (BAD, None, "input", "No tool call found for function call output with call_id {}.")
NO_PREVIOUS = (BAD, "previous_response_not_found", "previous_response_id", "Previous response with id '{}' not found.")
NO_ITEM = (
    GONE,
    None,
    "input",
    (
        "Item with id '{}' not found. Items are not persisted when `store` is set to false. Try again with `store` set "
        "to true, or remove this item from your input."
    ),
)
NO_CONVERSATION = (GONE, None, None, "Conversation with id '{}' not found.")

CASES = [
    Case(an_unknown_previous_response, *NO_PREVIOUS),
    Case(an_unstored_previous_response, *NO_PREVIOUS),
    Case(a_deleted_previous_response, *NO_PREVIOUS),
    Case(a_call_without_an_answer, *UNANSWERED),
    Case(a_call_of_two_without_an_answer, *UNANSWERED),
    Case(a_call_in_the_input_without_an_answer, *UNANSWERED),
    Case(a_call_in_a_conversation_without_an_answer, *UNANSWERED),
    Case(an_answer_to_no_call, *UNCALLED),
    Case(an_answer_whose_call_the_caller_left_out, *UNCALLED),
    Case(reasoning_of_an_unstored_response, *NO_ITEM),
    Case(a_reference_to_an_unstored_item, *NO_ITEM),
    Case(
        reasoning_without_what_followed_it,
        BAD,
        None,
        "input",
        "Item '{}' of type 'reasoning' was provided without its required following item.",
    ),
    Case(
        an_item_that_is_there_already,
        BAD,
        None,
        "input",
        "Duplicate item found with id {}. Remove duplicate items from your input and try again.",
    ),
    Case(
        both_a_response_and_a_conversation,
        BAD,
        "mutually_exclusive_parameters",
        None,
        "Mutually exclusive parameters: ''. Ensure you are only providing one of: 'pre..._id' or 'conversation'.",
    ),
    Case(an_unknown_conversation, *NO_CONVERSATION),
    Case(a_deleted_conversation, *NO_CONVERSATION),
    Case(an_unknown_model, BAD, "model_not_found", "model", "The requested model '{}' does not exist."),
    Case(
        a_temperature_below_its_range,
        BAD,
        "decimal_below_min_value",
        "temperature",
        "Invalid 'temperature': decimal below minimum value. Expected a value >= 0, but got -1 instead.",
    ),
]


@pytest.mark.parametrize("stream", [False, True], ids=["plain", "streamed"])
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.ask.__name__)
def test_a_request_is_refused(api, client, case, stream):
    request, named = case.ask(api, client)
    kept = {id: [*found.items] for id, found in api.conversations.items()}
    stored = [*api.responses]
    api.say("never said")

    with pytest.raises(case.raised) as refused:
        client.responses.create(**{"model": KNOWN, "input": "And?", "stream": stream, **request})

    error = refused.value
    assert error.body == {
        "message": case.message.format(named),
        "type": "invalid_request_error",
        "param": case.param,
        "code": case.code,
    }
    assert (error.code, error.param, error.status_code) == (case.code, case.param, api.requests[-1].status)
    assert error.response.headers["content-type"] == "application/json"
    assert api.requests[-1].answer.json == {"error": error.body}
    assert api.remaining == 1
    assert [*api.responses] == stored
    assert {id: [*found.items] for id, found in api.conversations.items()} == kept


@pytest.mark.parametrize("stream", [False, True], ids=["plain", "streamed"])
@pytest.mark.parametrize(
    ("messages", "param", "message"),
    [
        (
            [user("Hi"), {"role": "tool", "tool_call_id": "call_1", "content": "42"}],
            "messages.[1].role",
            (
                "Invalid parameter: messages with role 'tool' must be a response to a preceeding message with "
                "'tool_calls'."
            ),
        ),
        (
            [
                user("Hi"),
                {
                    "role": "assistant",
                    "tool_calls": [
                        {"id": "call_1", "type": "function", "function": {"name": "f", "arguments": "{}"}},
                        {"id": "call_2", "type": "function", "function": {"name": "f", "arguments": "{}"}},
                    ],
                },
                {"role": "tool", "tool_call_id": "call_2", "content": "42"},
                user("And?"),
            ],
            "messages.[3].role",
            (
                "An assistant message with 'tool_calls' must be followed by tool messages responding to each "
                "'tool_call_id'. The following tool_call_ids did not have response messages: call_1"
            ),
        ),
    ],
    ids=["an answer to no call", "a call without an answer"],
)
def test_messages_of_tools_answer_calls(api, client, messages, param, message, stream):
    api.say("never said")

    with pytest.raises(openai.BadRequestError) as refused:
        client.chat.completions.create(model=KNOWN, messages=messages, stream=stream)

    assert refused.value.body == {
        "message": message,
        "type": "invalid_request_error",
        "param": param,
        "code": None,
    }
    assert refused.value.response.headers["content-type"] == "application/json"
    assert api.remaining == 1


@pytest.mark.parametrize("stream", [False, True], ids=["plain", "streamed"])
def test_chat_refuses_an_unknown_model_in_words_of_its_own(api, client, stream):
    with pytest.raises(openai.NotFoundError) as refused:
        client.chat.completions.create(model="gpt-9", messages=[user("Hi")], stream=stream)

    assert (refused.value.code, refused.value.param) == ("model_not_found", None)
    assert refused.value.body["message"] == "The model `gpt-9` does not exist or you do not have access to it."


@pytest.mark.parametrize(
    ("operation", "message"),
    [
        (lambda client: client.responses.retrieve("resp_gone"), "Response with id 'resp_gone' not found."),
        (lambda client: client.responses.delete("resp_gone"), "Response with id 'resp_gone' not found."),
        (lambda client: client.responses.cancel("resp_gone"), "Response with id 'resp_gone' not found."),
        (lambda client: client.responses.input_items.list("resp_gone"), "Response with id 'resp_gone' not found."),
        (lambda client: client.conversations.retrieve("conv_gone"), "Conversation with id 'conv_gone' not found."),
        (lambda client: client.conversations.delete("conv_gone"), "Conversation with id 'conv_gone' not found."),
    ],
)
def test_what_is_not_there_is_not_found(api, client, operation, message):
    with pytest.raises(openai.NotFoundError) as refused:
        operation(client)

    assert refused.value.body["message"] == message
    assert api.requests[-1].status == 404
