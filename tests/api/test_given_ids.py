"""Ids that a script fixes: none is given out twice, for clients tell turns and items by them."""

import openai
import pytest

from fakemodel import Reply, ReplyInvalid, tool_call


def asked_twice(api, client, reply):
    api.otherwise(reply)
    first = client.responses.create(model="gpt-4.1", input="Hi")
    output = [
        {"type": "function_call_output", "call_id": item.call_id, "output": "sunny"}
        for item in first.output
        if item.type == "function_call"
    ]
    return client.responses.create(model="gpt-4.1", input=output or "And?", previous_response_id=first.id)


@pytest.mark.parametrize(
    ("reply", "told"),
    [
        (Reply("Hello", id="resp_1"), "Turn 2 says id='resp_1', which another response has."),
        (
            {"type": "message", "id": "msg_1", "role": "assistant", "status": "completed", "content": []},
            "Turn 2 says id='msg_1' once more: its model sees it already.",
        ),
        (tool_call("get_weather", id="call_1"), "Turn 2 says call_id='call_1' once more: its model sees it already."),
    ],
    ids=["response", "item", "call"],
)
def test_an_id_that_was_given_out_is_told_to_the_script(api, client, reply, told):
    with pytest.raises(openai.InternalServerError):
        asked_twice(api, client, reply)

    with pytest.raises(ReplyInvalid) as refused:
        api.assert_complete()
    assert str(refused.value) == (
        f"{told} Leave the id out of the reply, and each turn has its own; or give it unchecked=True if the test is "
        "about that."
    )


def test_an_unchecked_reply_may_say_it_again(api, client):
    again = asked_twice(api, client, Reply("Hello", id="resp_1", unchecked=True))

    assert again.id == again.previous_response_id == "resp_1"


def test_ids_that_are_left_open_are_new_on_every_turn(api, client):
    again = asked_twice(api, client, tool_call("get_weather"))

    assert again.id != again.previous_response_id


def test_one_reply_says_no_id_twice(api, client):
    api.say(Reply(tool_call("get_weather", id="call_1"), tool_call("get_time", id="call_1")))

    with pytest.raises(openai.InternalServerError):
        client.responses.create(model="gpt-4.1", input="Hi")
    with pytest.raises(ReplyInvalid, match="says call_id='call_1' once more"):
        api.assert_complete()


def test_no_stored_completion_is_overwritten(api, client):
    api.otherwise(Reply("Hello", id="chatcmpl-1"))
    asked = {"model": "gpt-4o", "messages": [{"role": "user", "content": "Hi"}], "store": True}
    client.chat.completions.create(**asked)

    with pytest.raises(openai.InternalServerError):
        client.chat.completions.create(**asked)
    with pytest.raises(ReplyInvalid, match="Turn 2 says id='chatcmpl-1', which another completion has"):
        api.assert_complete()
