"""The code of values: Python that means them, laid out as formatters have it."""

import ast
import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from fakemodel.scripting.code import WIDTH, Call, code, names_in, quoted

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=300)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(TEXTS, inner, max_size=5),
    max_leaves=12,
)


@example("longer than a line " * 9)
@given(VALUES)
def test_the_code_of_a_value_means_that_value(value):
    assert ast.literal_eval(code(value)) == value


@given(VALUES)
def test_the_code_of_a_call_means_its_arguments(value):
    call = Call("dict", [], {"a": value, "b": [value]})

    assert eval(code(call), {"dict": dict}) == {"a": value, "b": [value]}


@given(st.lists(TEXTS.filter(lambda text: "\\" not in repr(text)), max_size=5))
def test_no_text_is_wider_than_a_line(texts):
    assert all(len(line) <= WIDTH for line in code(texts).splitlines())


@given(TEXTS)
def test_a_text_is_quoted_as_ruff_would(text):
    told = quoted(text)

    assert ast.literal_eval(told) == text
    assert told[0] == ("'" if text.count('"') > text.count("'") else '"')


def test_what_fits_on_a_line_stands_on_one():
    call = Call("Reply", ["Sunny.", Call("tool_call", ["get_weather", {"city": "Paris"}])], {"id": "resp_1"})

    assert code(call) == 'Reply("Sunny.", tool_call("get_weather", {"city": "Paris"}), id="resp_1")'
    assert names_in(call) == {"Reply", "tool_call"}


def test_what_does_not_is_opened_up():
    said = Call("Reply", ["It is sunny in Paris, and it will be sunny tomorrow.\nTake a hat, and do drink enough."])
    call = Call("say", [said], on=Call("when", [], {"input": "weather"}))

    assert code(call) == (
        'when(input="weather").say(\n'
        "    Reply(\n"
        '        "It is sunny in Paris, and it will be sunny tomorrow.\\n"\n'
        '        "Take a hat, and do drink enough.",\n'
        "    ),\n"
        ")"
    )
    assert names_in(call) == {"Reply", "when"}


def test_a_long_text_in_a_dict_stands_in_brackets():
    value = {"text": "word " * 20}

    assert code(value) == (f'{{\n    "text": (\n        "{"word " * 15}"\n        "{"word " * 5}"\n    ),\n}}')
    assert json.loads(json.dumps(ast.literal_eval(code(value)))) == value


@pytest.mark.parametrize("depth", [20, 21, 22, 50])
def test_a_text_that_begins_beyond_the_line_is_cut_all_the_same(depth):
    value: object = "said " * 20
    for _ in range(depth):
        value = {"a": value}

    assert ast.literal_eval(code(value)) == value
