"""A script that the API could never have played fails the test, where it is not marked as such."""

import enum
import json
from datetime import date
from typing import Literal

import openai
import pytest
from pydantic import BaseModel, create_model

from fakemodel import FakeOpenAI, Reply, ReplyInvalid, refusal, text, tool_call

USER = {"role": "user", "content": "Hi"}


class Unit(enum.Enum):
    C = "C"
    F = "F"


class Weather(BaseModel):
    city: str
    degrees: float
    unit: Unit


class Branch(BaseModel):
    name: str
    branches: list["Branch"]


class GetWeather(BaseModel):
    """The weather of a day."""

    city: str
    day: date


PARIS = {"city": "Paris", "degrees": 21, "unit": "C"}
TODAY = {"city": "Paris", "day": "2026-01-01"}
FUNCTIONS = [
    openai.pydantic_function_tool(GetWeather)["function"],
    {"name": "get_time", "parameters": {"type": "object", "properties": {}}, "strict": False},
]
TOOLS = {
    "responses": [{"type": "function", **function} for function in FUNCTIONS],
    "chat": [{"type": "function", "function": function} for function in FUNCTIONS],
}


def respond(client, **options):
    return client.responses.create(model="gpt-4.1", input="Hi", **options)


def complete(client, **options):
    return client.chat.completions.create(model="gpt-4o", messages=[USER], **options)


ASK = {"responses": respond, "chat": complete}
PLACES = {"responses": "tools[0].parameters", "chat": "tools[0].function.parameters"}


def chosen(endpoint, name):
    return (
        {"type": "function", "name": name}
        if endpoint == "responses"
        else {"type": "function", "function": {"name": name}}
    )


def allowed(endpoint, mode, *names):
    choice = {"mode": mode, "tools": [chosen(endpoint, name) for name in names]}
    return {"type": "allowed_tools", **(choice if endpoint == "responses" else {"allowed_tools": choice})}


def refused(api, ask, *args, **options):
    """What fails the test for which `ask` got no answer."""
    with pytest.raises(openai.InternalServerError):
        ask(*args, **options)
    with pytest.raises(ReplyInvalid) as error:
        api.assert_complete()
    return str(error.value)


def found(told):
    """The line of a message that says what was found."""
    return next(line for line in told.splitlines() if line.startswith("  found")).split(maxsplit=1)[1]


def test_a_text_of_the_schema_is_parsed(api, client):
    api.say(json.dumps(PARIS), json.dumps(PARIS))

    response = client.responses.parse(model="gpt-4.1", input="Hi", text_format=Weather)
    completion = client.chat.completions.parse(model="gpt-4o", messages=[USER], response_format=Weather)

    assert response.output_parsed == completion.choices[0].message.parsed == Weather(**PARIS)


def test_a_text_that_is_not_of_the_schema_is_told_with_the_smallest_difference(api, client):
    api.say(json.dumps({**PARIS, "degrees": "warm"}))

    told = refused(api, client.responses.parse, model="gpt-4.1", input="Hi", text_format=Weather)

    assert told == (
        """The API could not answer turn 1 with '{"city": "Paris", "degrees": "warm", "unit": "C"}'.\n"""
        "  demanded  text.format.schema of 'Weather', strict\n"
        "  found     $.degrees: 'warm' is not of type 'number'\n"
        "Correct the reply, or give it unchecked=True if the test is about an answer that breaks the rules."
    )


def test_the_turn_and_the_place_in_the_request_are_told(api, client):
    api.say(json.dumps(PARIS), "Sunny.")
    ask = {"model": "gpt-4o", "messages": [USER], "response_format": Weather}
    client.chat.completions.parse(**ask)

    told = refused(api, client.chat.completions.parse, **ask)

    assert told.splitlines()[:3] == [
        "The API could not answer turn 2 with 'Sunny.'.",
        "  demanded  response_format of 'Weather', strict",
        "  found     'Sunny.' is no JSON: Expecting value: line 1 column 1 (char 0)",
    ]


@pytest.mark.parametrize(
    ("said", "difference"),
    [
        ({"city": "Paris", "degrees": 21}, "$: 'unit' is a required property"),
        ({**PARIS, "sky": "blue"}, "$: Additional properties are not allowed ('sky' was unexpected)"),
        ({**PARIS, "unit": "K"}, "$.unit: 'K' is not one of ['C', 'F']"),
        ({**PARIS, "city": None}, "$.city: None is not of type 'string'"),
        (["Paris"], """'["Paris"]' is no JSON object"""),
        ('{"degrees": NaN}', """'{"degrees": NaN}' is no JSON: NaN is no number of JSON"""),
        ("", "'' is no JSON: Expecting value: line 1 column 1 (char 0)"),
    ],
)
def test_each_difference_is_told_where_it_is(api, said, difference):
    api.say(said if isinstance(said, str) else json.dumps(said))

    told = refused(api, api.client().responses.parse, model="gpt-4.1", input="Hi", text_format=Weather)

    assert found(told) == difference


def test_half_of_a_character_in_what_was_recorded_is_no_error(api, client):
    said = json.dumps({**PARIS, "city": "\ud83c"}, ensure_ascii=False)
    api.say(
        Reply.from_completion({"object": "chat.completion", "choices": [{"index": 0, "message": {"content": said}}]})
    )

    completion = complete(client, response_format={"type": "json_object"})

    assert json.loads(completion.choices[0].message.content) == {**PARIS, "city": "\ud83c"}


def test_long_values_are_told_in_few_words(api):
    model = create_model("Word", word=(Literal[tuple(f"word {number}" for number in range(100))], ...))
    api.say(json.dumps({"word": list(range(1000))}))

    told = refused(api, api.client().responses.parse, model="gpt-4.1", input="Hi", text_format=model)

    assert found(told) == (
        "$.word: [0, 1, 2, 3, 4, 5, 6, 7, 8,  … 94, 995, 996, 997, 998, 999] is not one of "
        "['word 0', 'word 1', 'word 2 … d 97', 'word 98', 'word 99']"
    )


def test_a_schema_that_refers_to_itself_is_followed(api, client):
    leaf = {"name": "leaf", "branches": []}
    api.say(
        json.dumps({"name": "root", "branches": [leaf, leaf]}),
        json.dumps({"name": "root", "branches": [leaf, {"name": "twig", "branches": [{"name": 1, "branches": []}]}]}),
    )
    ask = {"model": "gpt-4.1", "input": "Hi", "text_format": Branch}

    assert [branch.name for branch in client.responses.parse(**ask).output_parsed.branches] == ["leaf", "leaf"]
    told = refused(api, client.responses.parse, **ask)

    assert found(told) == "$.branches[1].branches[0].name: 1 is not of type 'string'"


@pytest.mark.parametrize(
    "reply",
    [
        Reply(refusal("I would rather not.")),
        Reply(tool_call("get_weather", {})),
        Reply('{"city": "Par', status="incomplete"),
        Reply("Sunny.", unchecked=True),
        Reply(),
    ],
)
def test_what_is_possible_in_place_of_the_text_is_said(api, reply):
    api.say(reply, reply)
    schema = {"type": "object", "properties": {}, "additionalProperties": False}
    form = {"name": "Nothing", "strict": True, "schema": schema}

    respond(api.client(), text={"format": {"type": "json_schema", **form}})
    complete(api.client(), response_format={"type": "json_schema", "json_schema": form})

    api.assert_complete()


def test_a_reply_that_failed_keeps_to_nothing(api, client):
    api.say(Reply("Sunny.", status="failed", error="Overloaded."))

    assert respond(client, tool_choice="required", tools=TOOLS["responses"]).error.message == "Overloaded."


@pytest.mark.parametrize("strict", [False, None])
def test_a_schema_that_is_not_strict_is_advice(api, strict):
    api.say("Sunny.", "Sunny.", "Sunny.")
    schema = {"name": "Weather", "schema": {"type": "object", "properties": {"city": {"type": "string"}}}}

    respond(api.client(), text={"format": {"type": "json_schema", **schema, "strict": strict}})
    respond(api.client(), text={"format": {"type": "json_schema", **schema}})
    complete(api.client(), response_format={"type": "json_schema", "json_schema": {**schema, "strict": strict}})

    api.assert_complete()


@pytest.mark.parametrize("endpoint", ASK)
@pytest.mark.parametrize(
    ("said", "difference"),
    [
        ("Sunny.", "'Sunny.' is no JSON: Expecting value: line 1 column 1 (char 0)"),
        ("[1]", "'[1]' is no JSON object"),
        ('{"any": "thing"}', None),
    ],
)
def test_json_mode_gives_an_object(api, endpoint, said, difference):
    api.say(said)
    form = {"type": "json_object"}
    options = {"text": {"format": form}} if endpoint == "responses" else {"response_format": form}

    if difference is None:
        ASK[endpoint](api.client(), **options)
        api.assert_complete()
    else:
        told = refused(api, ASK[endpoint], api.client(), **options)
        place = "text.format" if endpoint == "responses" else "response_format"
        assert f'  demanded  {place} {{"type": "json_object"}}\n' in told
        assert found(told) == difference


def test_each_text_of_a_response_is_the_whole_answer_and_chat_joins_them(api, client):
    api.say(Reply(text('{"a":'), text(" 1}")), Reply(text('{"a":'), text(" 1}")))
    form = {"type": "json_object"}

    assert complete(client, response_format=form).choices[0].message.content == '{"a": 1}'
    assert found(refused(api, respond, client, text={"format": form})).startswith("""'{"a":' is no JSON""")


def test_what_a_model_says_on_the_way_to_its_answer_is_no_answer(api, client):
    message = {"type": "message", "role": "assistant", "status": "completed"}
    said = [{"type": "output_text", "text": "Let me see.", "annotations": []}]
    answer = [{"type": "output_text", "text": json.dumps(PARIS), "annotations": []}]
    api.say(
        Reply(
            {**message, "phase": "commentary", "content": said}, {**message, "phase": "final_answer", "content": answer}
        ),
        Reply({**message, "phase": "final_answer", "content": said}),
    )
    form = {"type": "json_object"}

    assert respond(client, text={"format": form}).output[1].content[0].text == json.dumps(PARIS)
    assert found(refused(api, respond, client, text={"format": form})).startswith("'Let me see.' is no JSON")


@pytest.mark.parametrize("endpoint", ASK)
def test_arguments_of_a_strict_function_keep_to_its_parameters(api, client, endpoint):
    api.say(Reply(tool_call("GetWeather", TODAY)), Reply(tool_call("GetWeather", {"city": "Paris"})))

    ASK[endpoint](client, tools=TOOLS[endpoint])
    told = refused(api, ASK[endpoint], client, tools=TOOLS[endpoint])

    assert told.splitlines()[:3] == [
        """The API could not answer turn 2 with call GetWeather({"city":"Paris"}).""",
        f"  demanded  {PLACES[endpoint]} of 'GetWeather', strict",
        "  found     $: 'day' is a required property",
    ]


@pytest.mark.parametrize(
    ("arguments", "difference"),
    [
        ({**TODAY, "day": "tomorrow"}, "$.day: 'tomorrow' is not a 'date'"),
        ('{"city', """'{"city' is no JSON: Unterminated string starting at: line 1 column 2 (char 1)"""),
        ("", "'' is no JSON: Expecting value: line 1 column 1 (char 0)"),
    ],
)
def test_arguments_are_checked_whatever_form_the_call_is_written_in(api, arguments, difference):
    whole = arguments if isinstance(arguments, str) else json.dumps(arguments)
    item = {"type": "function_call", "call_id": "call_1", "name": "GetWeather", "arguments": whole}
    api.say(Reply(tool_call("GetWeather", arguments)), item, Reply(tool_call("GetWeather", arguments)).output[0])

    with api.client() as client:
        for _ in range(3):
            with pytest.raises(openai.InternalServerError) as error:
                respond(client, tools=TOOLS["responses"])
            assert difference in error.value.body["message"]


def test_a_message_of_the_sdk_is_checked_as_text_is(api, client):
    [message] = Reply("Sunny.").output
    api.say(message)

    told = refused(api, client.responses.parse, model="gpt-4.1", input="Hi", text_format=Weather)

    assert found(told).startswith("'Sunny.' is no JSON")


def test_arguments_of_other_functions_are_anything(api, client):
    api.say(Reply(tool_call("get_time", '{"city')), Reply(tool_call("unknown", "?")))

    respond(client, tools=TOOLS["responses"])
    respond(client, tools=TOOLS["responses"])

    api.assert_complete()


def test_several_calls_of_a_model_that_was_tuned_are_not_strict(api, client):
    call = tool_call("GetWeather", {})
    api.say(Reply(call, call), Reply(call))

    client.responses.create(model="ft:gpt-4.1:acme::1", input="Hi", tools=TOOLS["responses"])
    refused(api, client.responses.create, model="ft:gpt-4.1:acme::1", input="Hi", tools=TOOLS["responses"])


CALL = tool_call("GetWeather", TODAY)
OTHER = tool_call("get_time")


@pytest.mark.parametrize("endpoint", ASK)
@pytest.mark.parametrize(
    ("choice", "reply", "difference"),
    [
        (lambda _: "required", Reply("Sunny."), "no call"),
        (lambda _: "required", Reply(refusal("No.")), "no call"),
        (lambda _: "required", Reply("Let me see.", CALL), None),
        (lambda _: "none", Reply(CALL), "a call of GetWeather"),
        (lambda _: "none", Reply("Sunny."), None),
        (lambda _: "auto", Reply("Sunny."), None),
        (lambda at: chosen(at, "GetWeather"), Reply(OTHER), "a call of get_time"),
        (lambda at: chosen(at, "GetWeather"), Reply(CALL, OTHER), "a call of get_time"),
        (lambda at: chosen(at, "GetWeather"), Reply("Sunny."), "no call"),
        (lambda at: chosen(at, "GetWeather"), Reply(CALL), None),
        (lambda at: allowed(at, "auto", "GetWeather"), Reply(OTHER), "a call of get_time"),
        (lambda at: allowed(at, "auto", "GetWeather"), Reply("Sunny."), None),
        (lambda at: allowed(at, "required", "GetWeather"), Reply("Sunny."), "no call"),
        (lambda at: allowed(at, "required", "GetWeather"), Reply(OTHER), "a call of get_time"),
        (lambda at: allowed(at, "required", "GetWeather", "get_time"), Reply(OTHER, CALL), None),
    ],
)
def test_a_choice_of_tools_is_kept_to(api, endpoint, choice, reply, difference):
    api.say(reply)
    options = {"tools": TOOLS[endpoint], "tool_choice": choice(endpoint)}

    if difference is None:
        ASK[endpoint](api.client(), **options)
        api.assert_complete()
    else:
        assert found(refused(api, ASK[endpoint], api.client(), **options)) == difference


def test_the_choice_is_told_as_it_was_sent(api, client):
    api.say("Sunny.")

    told = refused(api, respond, client, tools=TOOLS["responses"], tool_choice=chosen("responses", "GetWeather"))

    assert told.splitlines()[1] == """  demanded  tool_choice {"type": "function", "name": "GetWeather"}"""


SEARCH = {"type": "web_search_call", "status": "completed", "action": {"type": "search", "query": "weather"}}
FOUND = {"type": "tool_search_call", "status": "completed", "execution": "server", "arguments": {"paths": ["time"]}}
SEARCHES = [{"type": "web_search_preview"}, {"type": "file_search", "vector_store_ids": ["vs_1"]}]


@pytest.mark.parametrize(
    ("choice", "reply", "difference"),
    [
        ("required", Reply(SEARCH, "Sunny."), None),
        ("none", Reply(SEARCH, "Sunny."), "a call of web_search"),
        (allowed("responses", "auto", "get_time"), Reply(FOUND, OTHER), None),
        ("none", Reply(FOUND), "a call of tool_search"),
        ({"type": "web_search_preview"}, Reply(SEARCH, "Sunny."), None),
        ({"type": "web_search_preview"}, Reply("Sunny."), "no call"),
        (
            {"type": "allowed_tools", "mode": "auto", "tools": [{"type": "web_search_preview"}]},
            Reply(SEARCH, "Sunny."),
            None,
        ),
        (
            {"type": "allowed_tools", "mode": "auto", "tools": [{"type": "web_search_preview"}]},
            Reply(OTHER),
            "a call of get_time",
        ),
        (
            {"type": "allowed_tools", "mode": "auto", "tools": [{"type": "file_search"}]},
            Reply(SEARCH),
            "a call of web_search",
        ),
        ({"type": "web_search_preview"}, Reply(SEARCH), None),
        ({"type": "web_search_preview"}, Reply(OTHER), "a call of get_time"),
    ],
)
def test_tools_of_the_apis_own_are_called_too(api, choice, reply, difference):
    api.say(reply)
    options = {"tools": [*TOOLS["responses"], *SEARCHES], "tool_choice": choice}

    if difference is None:
        respond(api.client(), **options)
        api.assert_complete()
    else:
        assert found(refused(api, respond, api.client(), **options)) == difference


@pytest.mark.parametrize("endpoint", ASK)
def test_calls_that_may_not_be_parallel_come_one_by_one(api, client, endpoint):
    api.say(Reply(CALL), Reply(CALL, OTHER))

    ASK[endpoint](client, tools=TOOLS[endpoint], parallel_tool_calls=False)
    told = refused(api, ASK[endpoint], client, tools=TOOLS[endpoint], parallel_tool_calls=False)

    assert told.splitlines()[1:3] == [
        "  demanded  parallel_tool_calls false",
        "  found     2 calls: GetWeather, get_time",
    ]


def test_searches_follow_each_other_where_calls_may_not_be_parallel(api, client):
    api.say(Reply(SEARCH, SEARCH, "Sunny."))

    assert respond(client, parallel_tool_calls=False).output_text == "Sunny."


def test_every_choice_is_checked(api, client):
    api.say(
        Reply.choices(json.dumps(PARIS), "Sunny."), Reply.choices(json.dumps(PARIS), Reply("Sunny.", unchecked=True))
    )
    ask = {"model": "gpt-4o", "messages": [USER], "n": 2, "response_format": {"type": "json_object"}}

    told = refused(api, client.chat.completions.create, **ask)

    assert told.startswith("The API could not answer turn 1 with choices[1], 'Sunny.'.\n")
    assert client.chat.completions.create(**ask).choices[1].message.content == "Sunny."


def test_a_streamed_answer_is_checked_as_well(api, client):
    api.say("Sunny.")

    with pytest.raises(openai.InternalServerError):
        respond(client, stream=True, tools=TOOLS["responses"], tool_choice="required")


def test_an_unchecked_reply_breaks_every_rule(api, client):
    api.say(Reply(tool_call("GetWeather", "?"), tool_call("get_time"), unchecked=True))

    response = respond(client, tools=TOOLS["responses"], tool_choice="none", parallel_tool_calls=False)

    assert response.output[0].arguments == "?"


def test_an_unchecked_reply_shows_it():
    assert repr(Reply("Sunny.", unchecked=True)) == "Reply(text('Sunny.'), unchecked=True)"
    assert Reply("Sunny.", unchecked=True) != Reply("Sunny.")


async def test_async_clients_find_the_same():
    api = FakeOpenAI(["Sunny."])

    async with api.async_client() as client:
        with pytest.raises(openai.InternalServerError, match="could not answer turn 1"):
            await client.responses.parse(model="gpt-4.1", input="Hi", text_format=Weather)
