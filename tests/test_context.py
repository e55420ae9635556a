"""What a turn sees: chains share their items, and no branch sees another's."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fakemodel.context import Context, text_of
from fakemodel.wire.errors import Refused

laws = settings(max_examples=200)

numbers = st.integers(0, 30)
items = numbers.map(lambda number: {"id": f"msg_{number}", "type": "message", "content": "x" * number})
turns = st.lists(st.tuples(st.integers(0, 10), st.lists(items, max_size=3)), max_size=10)

CALL = {"type": "function_call", "call_id": "call_1", "name": "f", "arguments": "{}"}
OUTPUT = {"type": "function_call_output", "call_id": "call_1", "output": "a"}
USER = {"type": "message", "role": "user", "content": "Hi"}


@laws
@given(turns)
def test_each_branch_has_its_own_items(turns):
    contexts, lists = [Context()], [[]]
    for parent, added in turns:
        parent %= len(contexts)
        contexts.append(contexts[parent].extended(added))
        lists.append([*lists[parent], *added])

    for context, expected in zip(contexts, lists, strict=True):
        assert context == expected
        assert [context[place] for place in range(len(context))] == expected
        assert context[1:] == tuple(expected[1:])
        assert context.tokens == Context(expected).tokens == sum(3 + -(-len(text_of(item)) // 4) for item in expected)
        assert {number for number in range(31) if context.has_id(f"msg_{number}")} == {
            int(item["id"].removeprefix("msg_")) for item in expected
        }


def test_a_branch_waits_for_its_own_calls():
    called = Context().extended([USER, CALL])
    answered, other = called.asked([OUTPUT]), called.extended([USER])

    assert answered.asked([USER]) == [USER, CALL, OUTPUT, USER]
    with pytest.raises(Refused, match="output_not_found"):
        other.asked([USER])
    with pytest.raises(Refused, match="call_not_found"):
        Context().extended([USER]).asked([OUTPUT])
    assert called == [USER, CALL]


def test_what_was_refused_is_not_there():
    before = Context([{**USER, "id": "msg_1"}])

    with pytest.raises(Refused, match="duplicate_item"):
        before.asked([{**USER, "id": "msg_2"}, {**USER, "id": "msg_1"}])

    assert len(before) == 1
    assert not before.has_id("msg_2")


def test_it_reads_as_a_list():
    context = Context([USER])

    assert repr(context) == f"Context({[USER]})"
    assert (context.text, context[-1], USER in context) == ("Hi", USER, True)
