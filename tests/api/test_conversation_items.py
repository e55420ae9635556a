"""The items of conversations, through the openai SDK: as they are brought, kept, shown and refused."""

import re
from collections import Counter

import openai
import pytest
from jsonschema import Draft202012Validator
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from fakemodel import Reply, reasoning, text
from tests.api.test_conversations import GREETING, OUTPUT, refusal, said
from tests.wire.test_openapi import wants


def test_adding_answers_what_was_added(client):
    made = client.conversations.create(items=[GREETING])

    added = client.conversations.items.create(made.id, items=[{"role": "user", "content": word} for word in "abc"])

    assert said(added.data) == ["a", "b", "c"]
    assert (added.first_id, added.last_id, added.has_more) == (added.data[0].id, added.data[2].id, False)
    assert said(client.conversations.items.list(made.id)) == ["c", "b", "a", "Hi"]


TEXT = {"type": "input_text", "text": "Hi"}
SAID = {"type": "output_text", "annotations": [], "logprobs": [], "text": "Hi"}


@pytest.mark.parametrize(
    ("role", "content", "kept"),
    [
        ("user", "Hi", [TEXT]),
        ("developer", "Hi", [TEXT]),
        ("system", [TEXT], [TEXT]),
        ("assistant", "Hi", [SAID]),
        ("assistant", [{"type": "output_text", "text": "Hi"}], [SAID]),
        ("assistant", [{"type": "refusal", "refusal": "No"}], [{"type": "refusal", "refusal": "No"}]),
        (
            "user",
            [TEXT, {"type": "input_image", "file_id": "file-1"}, {"type": "input_file", "file_id": "file-2"}],
            [
                TEXT,
                {"type": "input_image", "detail": "auto", "file_id": "file-1"},
                {"type": "input_file", "file_id": "file-2"},
            ],
        ),
    ],
)
def test_a_message_is_kept_in_parts(inside, role, content, kept):
    made = inside.conversations.create()

    added = inside.conversations.items.create(made.id, items=[{"role": role, "content": content}])

    message = added.data[0].to_dict()
    assert re.fullmatch("msg_[0-9a-f]{50}", message.pop("id"))
    assert message == {"type": "message", "status": "completed", "role": role, "content": kept}


CALL = {"type": "function_call", "call_id": "call_1", "name": "f", "arguments": "{}"}
CUSTOM = {"type": "custom_tool_call", "call_id": "call_2", "name": "f", "input": "a"}
CLICK = {
    "type": "computer_call",
    "id": "cu_1",
    "call_id": "call_3",
    "action": {"type": "screenshot"},
    "pending_safety_checks": [],
    "status": "completed",
}
SCREEN = {"type": "computer_screenshot"}
SEARCH = {"type": "web_search_call", "id": "ws_1", "status": "completed", "action": {"type": "search", "query": "a"}}
FOUND = {"type": "file_search_call", "id": "fs_1", "status": "completed", "queries": ["a"]}
CODE = {
    "type": "code_interpreter_call",
    "id": "ci_1",
    "status": "completed",
    "container_id": "cntr_1",
    "code": "1",
    "outputs": None,
}
COMMANDS = {"commands": ["ls"], "max_output_length": None, "timeout_ms": None}
DONE = {"stdout": "1", "stderr": "", "outcome": {"type": "exit", "exit_code": 0}}
PATCH = {"type": "create_file", "path": "a", "diff": "+a"}

BROUGHT = [
    (CALL, "fc", {"status": "completed"}),
    (OUTPUT, "fc", {"status": "completed"}),
    ({**OUTPUT, "output": [TEXT]}, "fc", {"status": "completed"}),
    (CUSTOM, "ctc", {"status": "completed"}),
    ({"type": "custom_tool_call_output", "call_id": "call_2", "output": "a"}, "ctco", {"status": "completed"}),
    (CLICK, "cu", {}),
    (
        {"type": "computer_call_output", "call_id": "call_3", "output": {**SCREEN, "file_id": "file-1"}},
        "cuo",
        {"status": "completed"},
    ),
    (SEARCH, "ws", {}),
    (FOUND, "fs", {}),
    (CODE, "ci", {}),
    ({"type": "image_generation_call", "id": "ig_1", "status": "completed", "result": "aGk="}, "ig", {}),
    (
        {"type": "tool_search_call", "arguments": {"query": "a"}},
        "tsc",
        {"status": "completed", "call_id": None, "execution": "server"},
    ),
    (
        {"type": "tool_search_output", "call_id": "call_4", "execution": "client", "tools": []},
        "tso",
        {"status": "completed"},
    ),
    ({"type": "additional_tools", "role": "developer", "tools": []}, "at", {}),
    ({"type": "compaction", "encrypted_content": "…"}, "cmp", {}),
    (
        {"type": "shell_call", "call_id": "call_5", "action": COMMANDS},
        "sh",
        {"status": "completed", "environment": None},
    ),
    (
        {"type": "shell_call_output", "call_id": "call_5", "output": [DONE]},
        "sho",
        {"status": "completed", "max_output_length": None},
    ),
    (
        {"type": "apply_patch_call", "call_id": "call_6", "status": "completed", "operation": PATCH},
        "apc",
        {},
    ),
    ({"type": "apply_patch_call_output", "call_id": "call_6", "status": "completed"}, "apco", {}),
    ({"type": "mcp_list_tools", "id": "mcpl_1", "server_label": "s", "tools": []}, "mcpl", {}),
    (
        {"type": "mcp_call", "id": "mcp_1", "server_label": "s", "name": "f", "arguments": "{}", "output": "1"},
        "mcp",
        {},
    ),
    (
        {"type": "mcp_approval_request", "id": "mcpr_1", "server_label": "s", "name": "f", "arguments": "{}"},
        "mcpr",
        {},
    ),
    ({"type": "mcp_approval_response", "approval_request_id": "mcpr_1", "approve": True}, "mcpa", {}),
]
"""Items that callers bring, with what the API gives them: an id of its own, and what they do not say."""


@pytest.mark.parametrize(("item", "prefix", "given"), BROUGHT)
def test_what_an_item_does_not_say_is_given_to_it(api, inside, item, prefix, given):
    made = inside.conversations.create()

    inside.conversations.items.create(made.id, items=[item])

    (kept,) = api.requests[-1].answer.json["data"]
    assert re.fullmatch(f"{prefix}_[0-9a-f]{{50}}", kept["id"])
    assert kept == {**item, **given, "id": kept["id"]}


def test_null_is_as_good_as_not_said(client):
    made = client.conversations.create()

    part = {"type": "output_text", "text": "Hi", "annotations": None, "logprobs": None}
    items = [{**OUTPUT, "id": None, "status": None}, {"role": "assistant", "content": [part], "status": None}]
    output, message = client.conversations.items.create(made.id, items=items).data

    assert output.id.startswith("fc_")
    assert output.status == message.status == "completed"
    assert message.content[0].to_dict() == SAID


def test_what_only_tells_a_request_to_compact_is_no_item(client):
    made = client.conversations.create()

    added = client.conversations.items.create(made.id, items=[GREETING, {"type": "compaction_trigger"}])

    assert added.data == client.conversations.items.list(made.id).data
    assert said(added.data) == ["Hi"]


def test_an_id_that_a_caller_makes_up_is_not_kept(client):
    made = client.conversations.create()

    for _ in range(2):
        client.conversations.items.create(made.id, items=[{**GREETING, "id": "msg_mine"}])

    one, other = client.conversations.items.list(made.id)
    assert "msg_mine" not in (one.id, other.id)
    assert one.id != other.id


@pytest.mark.parametrize(
    ("item", "prefix"), [({**GREETING, "id": "item_1"}, "msg"), ({**CALL, "id": "msg_1"}, "fc"), (CUSTOM, "ctc")]
)
def test_an_id_that_no_item_of_its_type_can_have_is_refused(client, item, prefix):
    made = client.conversations.create()
    item = {"id": "call_1", **item}

    with pytest.raises(openai.BadRequestError) as refused:
        client.conversations.items.create(made.id, items=[GREETING, item])

    message = f"Invalid 'items[1].id': '{item['id']}'. Expected an ID that begins with '{prefix}'."
    assert refused.value.body == refusal({"message": message, "param": "items[1].id", "code": "invalid_value"})
    assert client.conversations.items.list(made.id).data == []


@pytest.mark.parametrize("type", ["message", "item_reference"])
def test_an_item_may_be_in_another_conversation_too(client, type):
    one, other = client.conversations.create(items=[GREETING]), client.conversations.create()
    (item,) = client.conversations.items.list(one.id).data
    told = {"role": "user", "content": "what is said of it is not looked at"} if type == "message" else {}

    added = client.conversations.items.create(other.id, items=[{"type": type, "id": item.id, **told}])

    assert added.data == client.conversations.items.list(other.id).data == [item]


@pytest.mark.parametrize("type", ["message", "item_reference"])
def test_an_item_that_is_there_already_is_refused(client, type):
    made = client.conversations.create(items=[GREETING])
    (item,) = client.conversations.items.list(made.id).data
    again = item.to_dict() if type == "message" else {"type": type, "id": item.id}

    with pytest.raises(openai.BadRequestError) as refused:
        client.conversations.items.create(made.id, items=[GREETING, again])

    error = {"message": "Item already in conversation", "param": "items", "code": "item_already_in_conversation"}
    assert refused.value.body == refusal(error)
    assert client.conversations.items.list(made.id).data == [item]


def test_an_item_that_is_brought_twice_is_refused(client):
    other = client.conversations.create(items=[GREETING])
    (item,) = client.conversations.items.list(other.id).data
    reference = {"type": "item_reference", "id": item.id}

    with pytest.raises(openai.BadRequestError, match="Item already in conversation"):
        client.conversations.create(items=[reference, reference])


@pytest.mark.parametrize(
    ("deleted", "message"),
    [
        (0, "No tool call found for function call output with call_id call_1."),
        (1, "No tool output found for function call call_1."),
    ],
)
def test_half_of_an_answered_call_is_refused_when_the_other_half_was_deleted(api, client, deleted, message):
    api.say("Hello")
    made = client.conversations.create(items=[CALL, OUTPUT])
    halves = list(client.conversations.items.list(made.id, order="asc"))

    client.conversations.items.delete(halves[deleted].id, conversation_id=made.id)

    with pytest.raises(openai.BadRequestError) as refused:
        client.responses.create(model="gpt-4.1", input="Hi", conversation=made.id)
    assert refused.value.body == refusal({"message": message, "param": "input"})
    client.conversations.items.delete(halves[1 - deleted].id, conversation_id=made.id)
    assert client.responses.create(model="gpt-4.1", input="Hi", conversation=made.id).output_text == "Hello"


def test_what_a_model_said_may_be_added_to_a_conversation(api, client):
    api.say("Hello")
    response = client.responses.create(model="gpt-4.1", input="Hi")
    made = client.conversations.create()

    client.conversations.items.create(made.id, items=[GREETING, response.output[0].to_dict()])

    kept = client.conversations.items.list(made.id).data[0]
    assert kept.to_dict() == response.output[0].to_dict()


def test_a_reference_to_what_is_not_kept_is_refused(client):
    made = client.conversations.create(items=[GREETING])
    (item,) = client.conversations.items.list(made.id).data
    references = [{"type": "item_reference", "id": id} for id in (item.id, "msg_gone")]

    with pytest.raises(openai.NotFoundError, match="Item with id 'msg_gone' not found"):
        client.conversations.items.create(made.id, items=references)


@pytest.mark.parametrize(
    ("count", "code", "message"),
    [
        (21, "array_above_max_length", "array too long. Expected an array with maximum length 20, but got an array"),
        (0, "empty_array", "empty array. Expected an array with minimum length 1, but got an empty array"),
    ],
)
def test_up_to_twenty_items_are_added_at_a_time(client, count, code, message):
    made = client.conversations.create()
    assert len(client.conversations.items.create(made.id, items=[GREETING] * 20).data) == 20

    with pytest.raises(openai.BadRequestError, match=f"Invalid 'items': {message}") as refused:
        client.conversations.items.create(made.id, items=[GREETING] * count)

    assert (refused.value.param, refused.value.code) == ("items", code)
    assert len(client.conversations.items.list(made.id, limit=100).data) == 20


def test_one_item_is_retrieved_and_deleted(client):
    made = client.conversations.create(items=[GREETING, {"role": "user", "content": "Bye"}])
    bye, hi = client.conversations.items.list(made.id)

    assert client.conversations.items.retrieve(hi.id, conversation_id=made.id) == hi
    assert client.conversations.items.delete(hi.id, conversation_id=made.id) == made

    assert client.conversations.items.list(made.id).data == [bye]
    for call in (client.conversations.items.retrieve, client.conversations.items.delete):
        with pytest.raises(openai.NotFoundError) as refused:
            call(hi.id, conversation_id=made.id)
        assert refused.value.body == refusal({"message": f"Item with id '{hi.id}' not found in conversation."})


RESULT = {"file_id": "file-1", "filename": "a.txt", "text": "a", "score": 0.5, "attributes": {}}
SOURCE = {"type": "url", "url": "https://example.com/"}
PICTURE = {"type": "input_image", "detail": "auto", "image_url": "https://example.com/a.png"}
ENTRY = {"token": "Hi", "logprob": -0.5, "bytes": [72, 105], "top_logprobs": []}

INCLUDED = [
    ("file_search_call.results", {**FOUND, "results": [RESULT]}, {**FOUND, "results": None}),
    (
        "web_search_call.action.sources",
        {**SEARCH, "action": {"type": "search", "query": "a", "sources": [SOURCE]}},
        SEARCH,
    ),
    ("code_interpreter_call.outputs", {**CODE, "outputs": [{"type": "logs", "logs": "1"}]}, CODE),
    (
        "message.input_image.image_url",
        {"role": "user", "content": [TEXT, PICTURE]},
        {"role": "user", "content": [TEXT, {**PICTURE, "image_url": None}]},
    ),
    (
        "message.output_text.logprobs",
        {"role": "assistant", "content": [{**SAID, "logprobs": [ENTRY]}]},
        {"role": "assistant", "content": [SAID]},
    ),
    (
        "computer_call_output.output.image_url",
        {"type": "computer_call_output", "call_id": "call_3", "output": {**SCREEN, "image_url": PICTURE["image_url"]}},
        {"type": "computer_call_output", "call_id": "call_3", "output": SCREEN},
    ),
]
"""What `include` may name, an item that has it, and what is shown of that otherwise."""


@pytest.mark.parametrize(("include", "item", "without"), INCLUDED)
def test_some_of_an_item_is_shown_only_when_asked_for(api, inside, include, item, without):
    made = inside.conversations.create()

    def shown(include):
        added = inside.conversations.items.create(made.id, items=[item], include=include)
        bodies = [api.requests[-1].answer.json["data"][0]]
        inside.conversations.items.list(made.id, limit=1, include=include)
        bodies += api.requests[-1].answer.json["data"]
        inside.conversations.items.retrieve(added.first_id, conversation_id=made.id, include=include)
        bodies.append(api.requests[-1].answer.json)
        assert bodies[0] == bodies[1] == bodies[2]
        return bodies[0]

    plain, asked = shown([]), shown([include])

    assert asked == {**asked, **item, "id": asked["id"]}
    assert plain == {**asked, **without, "id": plain["id"]}


def test_encrypted_reasoning_is_shown_only_when_asked_for(api, client):
    api.say(Reply(reasoning("Hm.", encrypted_content="gAAAA"), text("Hello", logprobs=[-0.5])))
    made = client.conversations.create()
    client.responses.create(model="gpt-5", input="Hi", conversation=made.id)

    message, thought, _ = client.conversations.items.list(made.id).data
    included = ["reasoning.encrypted_content", "message.output_text.logprobs"]
    whole_message, whole_thought, _ = client.conversations.items.list(made.id, include=included).data

    assert "encrypted_content" not in thought.to_dict()
    assert whole_thought.encrypted_content == "gAAAA"
    assert message.content[0].logprobs == []
    assert whole_message.content[0].logprobs[0].logprob == -0.5


def test_what_cannot_be_included_is_refused_and_nothing_is_added(client):
    made = client.conversations.create()
    included = ["message.output_text.logprobs", "everything"]

    with pytest.raises(openai.BadRequestError) as refused:
        client.conversations.items.create(made.id, items=[GREETING], include=included)

    message = (
        "Invalid value: 'everything'. Supported values are: 'file_search_call.results', 'web_search_call.results', "
        "'web_search_call.action.sources', 'message.input_image.image_url', 'computer_call_output.output.image_url', "
        "'code_interpreter_call.outputs', 'reasoning.encrypted_content', and 'message.output_text.logprobs'."
    )
    assert refused.value.body == refusal({"message": message, "param": "include[1]", "code": "invalid_value"})
    assert client.conversations.items.list(made.id).data == []


DEVIATIONS = {
    # Recorded in vllm-project/agentic-api, crates/agentic-server-core/tests/cassettes/conversations/
    # conversations-edge-cases-openai.yaml: a list of nothing says `"first_id":null`.
    ("ConversationItemList", "first_id", "type string"): 1,
    ("ConversationItemList", "last_id", "type string"): 1,
    # The description wants a member that it does not describe, and that the SDK does not know.
    ("ConversationItem", "request_id", "required"): 2,
    ("ConversationItemList", "data[*].request_id", "required"): 2,
}
"""What our answers break of OpenAI's description of its API, and how many do."""


def test_the_answers_break_nothing_else_of_the_description(api, inside, openapi):
    registry = Registry().with_resource("openai", DRAFT202012.create_resource(openapi))
    found = Counter()

    def answered(name):
        validator = Draft202012Validator({"$ref": f"openai#/components/schemas/{name}"}, registry=registry)
        errors = validator.iter_errors(api.requests[-1].answer.json)
        found.update({(name, *want) for error in errors for want in wants(error)})

    made = inside.conversations.create()
    answered("ConversationResource")
    inside.conversations.items.list(made.id)
    answered("ConversationItemList")
    inside.conversations.update(made.id, metadata={"topic": "demo"})
    answered("ConversationResource")
    inside.conversations.retrieve(made.id)
    answered("ConversationResource")
    messages = [GREETING, {"role": "assistant", "content": "Hello"}]
    for item in (*messages, *(item for item, *_ in BROUGHT), *(item for _, item, _ in INCLUDED)):
        for include in ([], [name for name, *_ in INCLUDED]):
            added = inside.conversations.items.create(made.id, items=[item], include=include)
            answered("ConversationItemList")
            inside.conversations.items.retrieve(added.first_id, conversation_id=made.id, include=include)
            answered("ConversationItem")
    inside.conversations.items.delete(added.first_id, conversation_id=made.id)
    answered("ConversationResource")
    inside.conversations.delete(made.id)
    answered("DeletedConversationResource")

    assert found == DEVIATIONS
