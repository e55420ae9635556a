"""The usage of a model that keeps state: its input tokens grow with what each turn saw."""

from fakemodel import FakeModel, Reply, usage


async def test_input_tokens_grow_along_a_chain():
    model = FakeModel([Reply("Hello"), Reply("Hello"), Reply("Hello", usage=usage(7, 5))], server_state=True)

    first = await model.get_response(input="12345678")
    second = await model.get_response(input="123", previous_response_id=first.response_id)
    told = await model.get_response(input="123", previous_response_id=second.response_id)

    assert first.usage.input_tokens == 3 + 2
    assert second.usage.input_tokens == (3 + 2) + (3 + 2) + (3 + 1)
    assert told.usage.input_tokens == 7


async def test_a_stream_says_the_same():
    model = FakeModel([Reply("Hello")], server_state=True)

    *_, completed = [event async for event in model.stream_response(system_instructions="1234", input="12345678")]

    assert completed.response.usage.input_tokens == (3 + 2) + 1


async def test_without_state_there_is_one_token_as_ever():
    model = FakeModel([Reply("Hello")])

    assert (await model.get_response(input="12345678")).usage.input_tokens == 1
