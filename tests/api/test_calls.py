"""Calls and what answers them: each kind by its own output, in the words of its kind; reasoning by what it was for."""

import openai
import pytest

from fakemodel import Reply, reasoning

CUSTOM = {"type": "custom_tool_call", "call_id": "call_1", "name": "grep", "input": "x"}
FUNCTION = {"type": "function_call", "call_id": "call_1", "name": "grep", "arguments": "{}"}
SHELL = {"type": "shell_call", "call_id": "call_1", "action": {"commands": ["ls"]}}
OF_A_FUNCTION = {"type": "function_call_output", "call_id": "call_1", "output": "a"}
OF_A_CUSTOM = {"type": "custom_tool_call_output", "call_id": "call_1", "output": "a"}

USER = {"role": "user", "content": "Hi"}
CALLED = {"id": "call_1", "type": "function", "function": {"name": "grep", "arguments": "{}"}}
ASSISTANT = {"role": "assistant", "content": None, "tool_calls": [CALLED]}
TOOL = {"role": "tool", "tool_call_id": "call_1", "content": "a"}


@pytest.mark.parametrize(
    ("items", "told"),
    [
        ([FUNCTION], "No tool output found for function call call_1."),
        ([CUSTOM], "No tool output found for custom tool call call_1."),
        ([CUSTOM, OF_A_FUNCTION], "No tool call found for function call output with call_id call_1."),
        ([FUNCTION, OF_A_CUSTOM], "No tool call found for custom tool call output with call_id call_1."),
        ([SHELL], "No tool output found for shell call call_1."),
    ],
)
def test_a_call_is_answered_by_an_output_of_its_kind(api, client, items, told):
    with pytest.raises(openai.BadRequestError) as refused:
        client.responses.create(model="gpt-4.1", input=items)

    assert (refused.value.body["message"], refused.value.param, refused.value.code) == (told, "input", None)


@pytest.mark.parametrize("items", [[FUNCTION, OF_A_FUNCTION], [CUSTOM, OF_A_CUSTOM]])
def test_an_answered_call_is_taken(api, client, items):
    api.say("Done.")

    assert client.responses.create(model="gpt-4.1", input=items).output_text == "Done."


def test_a_call_that_is_answered_twice_is_refused_by_chat(api, client):
    with pytest.raises(openai.BadRequestError) as refused:
        client.chat.completions.create(model="gpt-4.1", messages=[USER, ASSISTANT, TOOL, TOOL])

    assert refused.value.param == "messages.[3].tool_call_id"
    assert refused.value.body["message"] == (
        "Invalid parameter: Duplicate value for 'tool_call_id' of 'call_1', in messages[2] and messages[3]."
    )


def test_an_id_is_called_again_in_a_later_turn_of_chat(api, client):
    api.say("Done.")

    client.chat.completions.create(model="gpt-4.1", messages=[USER, ASSISTANT, TOOL, ASSISTANT, TOOL])


SEARCHED = {"type": "tool_search_call", "id": "tsc_1", "arguments": {}, "execution": "server", "status": "completed"}


@pytest.mark.parametrize("made", [SEARCHED, {"type": "compaction", "id": "cmp_1", "encrypted_content": "a"}])
def test_whatever_a_model_makes_may_follow_its_reasoning(api, client, made):
    api.say(Reply(reasoning("Hm"), made), "Done.", "Done again.")

    first = client.responses.create(model="gpt-4.1", input="Hi")
    client.responses.create(model="gpt-4.1", input="And?", previous_response_id=first.id)
    sent_back = [item.to_dict() for item in first.output]
    client.responses.create(model="gpt-4.1", input=[USER, *sent_back, USER])


def test_the_servers_own_reasoning_needs_no_follower(api, client):
    api.say(Reply(reasoning("Hm"), status="incomplete"), "Done.")

    first = client.responses.create(model="gpt-4.1", input="Hi")

    assert client.responses.create(model="gpt-4.1", input="And?", previous_response_id=first.id).output_text == "Done."
