"""The turns as a table: what each was asked and answered, a turn a line, on a FakeModel and on a FakeOpenAI."""

import openai
import pytest

from fakemodel import FakeModel, FakeOpenAI, NoReplyLeft, Reply, UnplayedReplies, failure, tool_call, when

WEATHER = {"role": "user", "content": "Weather in Paris?"}
ASKED = {"type": "function_call", "call_id": "call_1", "name": "get_weather", "arguments": '{"city":"Paris"}'}
TOLD = {"type": "function_call_output", "call_id": "call_1", "output": "sunny"}


async def answered(model, *args, **kwargs):
    await model.get_response(*args, **kwargs)


async def streamed(model, *args, **kwargs):
    async for _ in model.stream_response(*args, **kwargs):
        pass


BOTH_WAYS = pytest.mark.parametrize("ask", [answered, streamed])


# A model.


@BOTH_WAYS
async def test_the_turns_of_a_model_are_a_table(ask):
    model = FakeModel([tool_call("get_weather", {"city": "Paris"}), Reply("Sunny."), "Never."])

    await ask(model, input=[WEATHER])
    await ask(model, input=[WEATHER, ASKED, TOLD])

    assert str(model.turns) == (
        '  turn 1  input \'Weather in Paris?\'      -> call get_weather({"city":"Paris"})\n'
        "  turn 2  input + get_weather -> 'sunny' -> 'Sunny.'"
    )


@BOTH_WAYS
async def test_the_summary_of_a_model_adds_the_replies_that_are_left(ask):
    model = FakeModel(["Sunny.", "Bye.", failure(ConnectionError("gone"), "Bye.", after=2)])
    model.say(when(input="Rome").say("Rome it is."))

    await ask(model, input="Weather?")

    assert model.summary() == (
        "  turn 1  input 'Weather?' -> 'Sunny.'\n"
        "  turn 2  never asked for  -> 'Bye.'\n"
        "  turn 3  never asked for  -> raise ConnectionError('gone') after 2 events\n"
        "  turn 4  never asked for  -> when(input='Rome') -> 'Rome it is.'"
    )


@BOTH_WAYS
async def test_the_summary_of_a_model_that_is_through_is_the_table_of_its_turns(ask):
    model = FakeModel(["Sunny."])

    await ask(model, input="Weather?")

    assert model.summary() == str(model.turns) == "  turn 1  input 'Weather?' -> 'Sunny.'"


def test_a_model_that_was_not_asked_has_only_replies_that_are_left():
    model = FakeModel(["Sunny."])

    assert str(model.turns) == ""
    assert model.summary() == "  turn 1  never asked for -> 'Sunny.'"
    assert FakeModel().summary() == ""


@BOTH_WAYS
async def test_a_turn_without_a_reply_and_one_that_failed_are_in_the_table(ask):
    model = FakeModel([ValueError("odd")])

    with pytest.raises(ValueError, match="odd"):
        await ask(model, input="Weather?")
    with pytest.raises(NoReplyLeft):
        await ask(model, input="Hello?")

    assert str(model.turns) == (
        "  turn 1  input 'Weather?' -> raise ValueError('odd')\n  turn 2  input 'Hello?'   -> no reply left"
    )


@BOTH_WAYS
async def test_the_reply_of_a_function_is_told_once_it_is_known(ask):
    model = FakeModel([lambda turn: f"You said {turn.input}, as {str(model.turns).split('-> ')[-1]}"])

    await ask(model, input="Hi")

    assert str(model.turns) == "  turn 1  input 'Hi' -> 'You said Hi, as what <lambda> returns'"


@BOTH_WAYS
async def test_a_turn_is_one_line_whatever_was_said(ask):
    model = FakeModel(["line\nafter line " * 20])

    await ask(model, input="one\ntwo\n\n" * 40)

    (line,) = str(model.turns).splitlines()
    assert len(line) < 150
    assert " … " in line


async def test_the_turns_are_a_list_all_the_same():
    model = FakeModel(["Sunny.", "Bye."])
    assert model.turns == []

    await answered(model, input="Weather?")
    await answered(model, input="Bye?")

    assert isinstance(model.turns, list)
    assert [turn.number for turn in model.turns[-1:]] == [2]


# Long ones.


async def asked_often(times, replies):
    model = FakeModel(["Yes."] * replies)
    for number in range(1, times + 1):
        await answered(model, input=f"{number:03}?")
    return model


def rows(first, last):
    return [f"  turn {number}  input '{number:03}?' -> 'Yes.'" for number in range(first, last + 1)]


@pytest.mark.parametrize("turns", [20, 21])
async def test_twenty_turns_and_one_are_all_shown(turns):
    model = await asked_often(turns, replies=turns)

    assert str(model.turns).splitlines() == rows(1, turns)


@pytest.mark.parametrize(("turns", "left_out"), [(22, 2), (150, 130)])
async def test_of_more_than_twenty_turns_the_first_and_the_last_are_shown(turns, left_out):
    model = await asked_often(turns, replies=turns)

    lines = str(model.turns).splitlines()

    assert lines[:10] == rows(1, 10)
    assert lines[10] == f"  … {left_out} more turns"
    assert lines[11:] == rows(turns - 9, turns)
    assert len(model.turns) == turns


async def test_a_long_summary_ends_with_the_replies_that_are_left():
    model = await asked_often(30, replies=32)

    lines = model.summary().splitlines()

    assert [line.split() for line in lines[:10]] == [line.split() for line in rows(1, 10)]
    assert lines[10] == "  … 12 more turns"
    assert [line.split() for line in lines[11:19]] == [line.split() for line in rows(23, 30)]
    assert lines[19:] == [
        "  turn 31  never asked for -> 'Yes.'",
        "  turn 32  never asked for -> 'Yes.'",
    ]


async def test_the_report_of_replies_that_are_left_is_folded_too():
    model = await asked_often(30, replies=31)

    with pytest.raises(UnplayedReplies) as unplayed:
        model.assert_complete()

    said, *table, advice = str(unplayed.value).splitlines()
    assert said == "the model was called 30 times, the script has 31 replies."
    assert table == model.summary().splitlines()
    assert len(table) == 21
    assert advice == "Remove what is not needed, or find out why it was not asked for."


async def test_the_report_of_a_call_too_many_is_folded_too():
    model = await asked_often(30, replies=30)

    with pytest.raises(NoReplyLeft) as missing:
        await answered(model, input="And now?")

    table = str(missing.value).splitlines()[1:-1]
    assert table == str(model.turns).splitlines()
    assert table[10] == "  … 11 more turns"
    assert table[-1] == "  turn 31  input 'And now?' -> no reply left"


# The API.


def test_the_turns_of_an_api_are_a_table():
    api = FakeOpenAI([tool_call("get_weather", {"city": "Paris"}), "Sunny.", "Never."])
    client = api.client()

    client.responses.create(model="m", input="Weather in Paris?")
    client.chat.completions.create(model="m", messages=[{"role": "user", "content": "And in Rome?"}])

    assert str(api.turns) == (
        '  turn 1  /v1/responses \'Weather in Paris?\'   -> call get_weather({"city":"Paris"})\n'
        "  turn 2  /v1/chat/completions 'And in Rome?' -> 'Sunny.'"
    )


def test_a_request_that_asked_for_no_reply_is_not_in_the_table():
    api = FakeOpenAI(["Sunny."])

    with pytest.raises(openai.BadRequestError):
        api.client().responses.create(model="m", input="Weather?", previous_response_id="resp_gone")

    assert len(api.requests) == 1
    assert str(api.turns) == ""


def test_the_summary_of_an_api_adds_the_replies_that_are_left():
    api = FakeOpenAI(["Sunny.", "Bye."])
    api.say(when(input="Rome").say("Rome it is."))

    api.client().responses.create(model="m", input="Weather?")

    assert api.summary() == (
        "  turn 1  /v1/responses 'Weather?' -> 'Sunny.'\n"
        "  turn 2  never asked for          -> 'Bye.'\n"
        "  turn 3  never asked for          -> when(input='Rome') -> 'Rome it is.'"
    )


def test_an_api_that_was_not_asked_has_only_replies_that_are_left():
    api = FakeOpenAI(["Sunny."])

    assert str(api.turns) == ""
    assert api.summary() == "  turn 1  never asked for -> 'Sunny.'"
    assert FakeOpenAI().summary() == ""


def test_a_request_without_a_reply_is_in_the_table():
    api = FakeOpenAI()

    with pytest.raises(openai.APIStatusError, match="the script has 0 replies"):
        api.client(max_retries=0).responses.create(model="m", input="Weather?")

    assert str(api.turns) == "  turn 1  /v1/responses 'Weather?' -> no reply left"


def test_of_more_than_twenty_turns_of_an_api_the_first_and_the_last_are_shown():
    api = FakeOpenAI(["Yes."] * 31)
    client = api.client()
    for number in range(1, 31):
        client.responses.create(model="m", input=f"{number:03}?")

    lines, summary = str(api.turns).splitlines(), api.summary().splitlines()

    assert len(lines) == len(summary) == 21
    assert lines[9:12] == [
        "  turn 10  /v1/responses '010?' -> 'Yes.'",
        "  … 10 more turns",
        "  turn 21  /v1/responses '021?' -> 'Yes.'",
    ]
    assert summary[10] == "  … 11 more turns"
    assert summary[-1] == "  turn 31  never asked for      -> 'Yes.'"
