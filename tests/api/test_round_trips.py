"""What a client was answered can be sent back as it is."""

import pytest

from fakemodel import Reply, ReplyInvalid, reasoning, tool_call

MESSAGES = [{"role": "user", "content": "Hi"}]


def test_reasoning_is_encrypted_where_it_is_asked_for_and_sent_back(api, client):
    api.say(Reply(reasoning("Hm"), "Hello"), Reply(reasoning("Hm"), "Hello again"))
    asked = {"model": "gpt-5", "store": False, "include": ["reasoning.encrypted_content"]}

    first = client.responses.create(input="Hi", **asked)
    second = client.responses.create(
        input=[*MESSAGES, *(item.to_dict() for item in first.output), {"role": "user", "content": "And?"}], **asked
    )

    assert second.output_text == "Hello again"
    assert first.output[0].encrypted_content
    assert first.output[0].encrypted_content != second.output[0].encrypted_content


def test_reasoning_is_as_it_was_scripted_where_nobody_asks(api, client):
    api.say(Reply(reasoning("Hm"), "Hello"), Reply(reasoning("Hm", encrypted_content="sealed"), "Hello"))

    assert client.responses.create(model="gpt-5", input="Hi").output[0].encrypted_content is None
    told = client.responses.create(model="gpt-5", input="Hi", include=["reasoning.encrypted_content"])
    assert told.output[0].encrypted_content == "sealed"


def test_the_message_that_the_sdk_put_together_is_sent_back(api, client):
    api.say(tool_call("get_weather", {"city": "Paris"}), "Sunny.")
    with client.chat.completions.stream(model="gpt-4o", messages=MESSAGES) as stream:
        message = stream.get_final_completion().choices[0].message
    output = {"role": "tool", "tool_call_id": message.tool_calls[0].id, "content": "sunny"}

    answer = client.chat.completions.create(model="gpt-4o", messages=[*MESSAGES, message.to_dict(), output])

    assert answer.choices[0].message.content == "Sunny."


def test_a_prompt_is_said_again(api, client):
    api.say("Hello")

    answer = client.responses.create(model="gpt-4o", input="Hi", prompt={"id": "pmpt_1", "version": "2"})

    assert (answer.prompt.id, answer.prompt.version) == ("pmpt_1", "2")


def test_a_variable_of_a_prompt_is_said_again_as_any_part_is(api, client):
    api.say("Hello")
    image = {"type": "input_image", "file_id": "file_1", "prompt_cache_breakpoint": None}

    answer = client.responses.create(model="gpt-4o", input="Hi", prompt={"id": "pmpt_1", "variables": {"it": image}})

    assert answer.to_dict()["prompt"]["variables"] == {
        "it": {"type": "input_image", "detail": "auto", "file_id": "file_1"}
    }


FUNCTION = {"type": "function", "name": "f", "description": None}
SCHEMA = {"type": "object", "properties": {"unit": {"enum": ["C", None]}}}


@pytest.mark.parametrize(
    ("tool", "said"),
    [
        ({"type": "function", "name": "f"}, {**FUNCTION, "parameters": None, "strict": True}),
        (
            {"type": "function", "name": "f", "strict": False, "parameters": SCHEMA, "description": ""},
            {**FUNCTION, "strict": False, "parameters": SCHEMA},
        ),
        ({"type": "tool_search"}, {"type": "tool_search", "description": None, "parameters": None}),
        ({"type": "web_search_preview", "search_context_size": None}, {"type": "web_search_preview"}),
        (
            {"type": "shell", "environment": {"type": "local", "skills": None}},
            {"type": "shell", "environment": {"type": "local"}},
        ),
        (
            {"type": "file_search", "vector_store_ids": ["vs_1"], "max_num_results": 3},
            {
                "type": "file_search",
                "vector_store_ids": ["vs_1"],
                "filters": None,
                "max_num_results": 3,
                "ranking_options": {"ranker": "auto", "score_threshold": 0.0},
            },
        ),
        (
            {"type": "mcp", "server_label": "wiki", "server_url": "https://example.com"},
            {
                "type": "mcp",
                "server_label": "wiki",
                "server_url": "https://example.com",
                "headers": None,
                "server_description": None,
            },
        ),
        (
            {"type": "web_search", "search_context_size": "low"},
            {
                "type": "web_search",
                "filters": None,
                "search_context_size": "low",
                "user_location": {
                    "type": "approximate",
                    "city": None,
                    "country": "US",
                    "region": None,
                    "timezone": None,
                },
            },
        ),
        (
            {"type": "namespace", "name": "n", "description": "", "tools": [{"type": "function", "name": "f"}]},
            {
                "type": "namespace",
                "name": "n",
                "description": "",
                "tools": [{**FUNCTION, "parameters": None, "strict": True}],
            },
        ),
    ],
)
def test_a_tool_is_said_again_with_what_the_api_fills_in(api, client, tool, said):
    api.say("Hello")

    client.responses.create(model="gpt-4o", input="Hi", tools=[tool])
    brought = {"type": "tool_search_output", "tools": [tool]}
    kept = client.conversations.create(items=[brought])

    assert api.requests[0].answer.json["tools"] == [said]
    assert api.conversations[kept.id].items[0]["tools"] == [said]


@pytest.mark.parametrize("member", [{"tool_calls": 5}, {"tool_calls": [{}]}, {"type": [1]}, {"tool_call_id": 1}])
def test_a_member_that_belongs_to_another_role_is_not_seen(api, client, member):
    api.say("Hello")

    client.chat.completions.create(model="gpt-4o", messages=[{**MESSAGES[0], **member}])

    assert list(api.requests[0].context) == MESSAGES


@pytest.mark.parametrize(("asked", "reply"), [({"n": 2}, "Hello"), ({}, Reply.choices("Hello", "Hi"))])
def test_as_many_choices_are_said_as_were_asked_for(api, client, asked, reply):
    api.say(reply)

    with pytest.raises(Exception, match="choices"):
        client.chat.completions.create(model="gpt-4o", messages=MESSAGES, **asked)
    with pytest.raises(ReplyInvalid, match=r"The API would answer turn 1 with . choices \(n\), not ."):
        api.assert_complete()


@pytest.mark.parametrize(
    ("call", "output"),
    [
        ({"type": "custom_tool_call", "name": "grep", "input": "x"}, {"output": "found"}),
        ({"type": "shell_call", "action": {"commands": ["ls"]}, "status": "completed"}, {"output": []}),
        ({"type": "apply_patch_call", "operation": {"type": "delete_file", "path": "a"}, "status": "completed"}, {}),
    ],
    ids=["custom", "shell", "patch"],
)
def test_a_call_that_was_scripted_without_ids_can_be_answered(api, client, call, output):
    api.say(call, "Done.")

    first = client.responses.create(model="gpt-5", input="Hi")
    made = first.output[0]
    answer = {"type": f"{call['type']}_output", "call_id": made.call_id, "status": "completed", **output}
    answer = {key: answer[key] for key in answer if (call["type"], key) != ("custom_tool_call", "status")}

    assert client.responses.create(model="gpt-5", input=[answer], previous_response_id=first.id).output_text == "Done."
    assert made.id


def test_an_approval_is_asked_for_and_given(api, client):
    api.say({"type": "mcp_approval_request", "server_label": "docs", "name": "read", "arguments": "{}"}, "Done.")

    first = client.responses.create(model="gpt-5", input="Hi")
    approval = {"type": "mcp_approval_response", "approval_request_id": first.output[0].id, "approve": True}

    assert (
        client.responses.create(model="gpt-5", input=[approval], previous_response_id=first.id).output_text == "Done."
    )
