"""The input tokens of a usage: they grow with what the model sees, by a rule that is told."""

from fakemodel import Reply, tool_call, usage

CALLED = {"id": "call_1", "type": "function", "function": {"name": "f", "arguments": '{"city": "Paris"}'}}


def test_input_tokens_grow_along_a_chain(api, client):
    api.otherwise("Hello")

    first = client.responses.create(model="gpt-4.1", input="12345678")
    second = client.responses.create(model="gpt-4.1", input="123", previous_response_id=first.id)

    assert first.usage.input_tokens == 3 + 2
    assert second.usage.input_tokens == (3 + 2) + (3 + 2) + (
        3 + 1
    )  # the first question, its answer, the second question


def test_they_are_what_is_counted_beforehand(api, client, http):
    api.otherwise(tool_call("f"))
    tools = [{"type": "function", "name": "f", "parameters": {"type": "object"}, "strict": False}]
    asked = {"model": "gpt-4.1", "input": "Hi", "instructions": "Be brief.", "tools": tools}

    counted = http.post("responses/input_tokens", json=asked).json()

    assert client.responses.create(**asked).usage.input_tokens == counted["input_tokens"]


def test_the_calls_of_a_message_count(api, client):
    api.otherwise("Sunny.")
    user, output = {"role": "user", "content": "Hi"}, {"role": "tool", "tool_call_id": "call_1", "content": "sunny"}
    calls = {"role": "assistant", "content": None, "tool_calls": [CALLED]}

    short = client.chat.completions.create(model="gpt-4o", messages=[user])
    long = client.chat.completions.create(model="gpt-4o", messages=[user, calls, output])

    assert short.usage.prompt_tokens == 3 + 1
    assert long.usage.prompt_tokens == (3 + 1) + (3 + 5) + (3 + 2)
    assert api.requests[-1].context.text.splitlines() == ["Hi", '{"city": "Paris"}', "sunny"]


def test_the_reply_has_the_last_word(api, client):
    api.say(Reply("Hello", usage=usage(7, 5, cached=2)))

    told = client.responses.create(model="gpt-4.1", input="Hi").usage

    assert (told.input_tokens, told.output_tokens, told.input_tokens_details.cached_tokens) == (7, 5, 2)
