"""Requests on their way at the same time: the file does not tell which of them was faster."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import openai
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import fakemodel
from fakemodel import FakeOpenAI, when
from fakemodel.tape import layout
from fakemodel.tape.interaction import Interaction, Request, Response
from fakemodel.tape.order import in_order
from fakemodel.tape.scrub import scrubbed

CAPITALS = {"Brazil": "Brasília", "Peru": "Lima", "the Netherlands": "Amsterdam, by law"}


def api() -> FakeOpenAI:
    return FakeOpenAI(
        [when(input=f"{question} {country}?").say(said)
         for country, capital in CAPITALS.items()
         for question, said in [("The capital of", capital), ("And how many live in that of", f"Many, in {capital}")]]
    )  # fmt: skip


async def conversation(client: openai.AsyncOpenAI, country: str, said: dict[str, list[str]]) -> AsyncIterator[None]:
    """Two turns, each of two steps: it is asked, and the answer is read."""
    before = None
    for question in ("The capital of", "And how many live in that of"):
        asked = f"{question} {country}?"
        events = await client.responses.create(model="gpt-4.1", input=asked, previous_response_id=before, stream=True)
        yield
        async for event in events:
            if event.type == "response.completed":
                before = event.response.id
                said.setdefault(country, []).append(event.response.output[0].content[0].text)
        yield


async def converse(client: openai.AsyncOpenAI, schedule: Sequence[str]) -> dict[str, list[str]]:
    """Three conversations, each a step further where the schedule names it."""
    said: dict[str, list[str]] = {}
    conversations = {country: conversation(client, country, said) for country in CAPITALS}
    for country in schedule:
        await anext(conversations[country])
    for each in conversations.values():
        await each.aclose()
    return said


def record(path: Path, schedule: Sequence[str]) -> str:
    async def recorded() -> None:
        with fakemodel.cassette(path, mode="rerecord"):
            async with api().async_client() as client:
                assert await converse(client, schedule) == SAID

    asyncio.run(recorded())
    return path.read_text(encoding="utf-8")


def replay(path: Path, schedule: Sequence[str]) -> dict[str, list[str]]:
    async def replayed() -> dict[str, list[str]]:
        with fakemodel.cassette(path):
            async with FakeOpenAI().async_client() as client:
                return await converse(client, schedule)

    return asyncio.run(replayed())


SAID = {country: [capital, f"Many, in {capital}"] for country, capital in CAPITALS.items()}
schedules = st.permutations([country for country in CAPITALS for _ in range(4)])
ALL_AT_ONCE = [country for _ in range(4) for country in CAPITALS]


def overlap(schedule: Sequence[str]) -> bool:
    """Whether a question is asked while another answer is being read."""
    steps = dict.fromkeys(CAPITALS, 0)
    for country in schedule:
        if steps[country] % 2 == 0 and any(number % 2 for number in steps.values()):
            return True
        steps[country] += 1
    return False


@given(schedules)
@settings(max_examples=20)
def test_conversations_that_overlap_are_recorded_as_the_same_file(tmp_path_factory, schedule):
    folder = tmp_path_factory.getbasetemp()
    assume(overlap(schedule))

    assert record(folder / "one.yaml", schedule) == record(folder / "other.yaml", ALL_AT_ONCE)


@given(schedules, schedules)
@settings(max_examples=20)
def test_conversations_are_replayed_in_any_order(tmp_path_factory, recorded, replayed):
    path = tmp_path_factory.getbasetemp() / "parallel.yaml"
    record(path, recorded)

    assert replay(path, replayed) == SAID


def test_a_file_of_conversations_tells_them_one_after_the_other_the_shorter_question_first(tmp_path: Path):
    record(tmp_path / "geo.yaml", ALL_AT_ONCE)

    asked = [turn.request.json["input"] for turn in layout.read(tmp_path / "geo.yaml")]
    assert asked == [
        "The capital of Peru?",
        "And how many live in that of Peru?",
        "The capital of Brazil?",
        "And how many live in that of Brazil?",
        "The capital of the Netherlands?",
        "And how many live in that of the Netherlands?",
    ]


def test_requests_of_one_after_the_other_stay_in_their_order(tmp_path: Path):
    record(tmp_path / "geo.yaml", [country for country in CAPITALS for _ in range(4)])

    asked = [turn.request.json["input"] for turn in layout.read(tmp_path / "geo.yaml")]
    assert asked[::2] == [f"The capital of {country}?" for country in CAPITALS]


async def test_tasks_that_ask_at_once_are_recorded_and_replayed(tmp_path: Path):
    async def ask(client: openai.AsyncOpenAI, country: str) -> str:
        return (await client.responses.create(model="gpt-4.1", input=f"The capital of {country}?")).output_text

    for mode in ("record", "replay"):
        with fakemodel.cassette(tmp_path / "geo.yaml", mode=mode):
            async with api().async_client() as client:
                found = await asyncio.gather(*(ask(client, country) for country in CAPITALS))

        assert dict(zip(CAPITALS, found, strict=True)) == CAPITALS


# The order itself.


def turn(body: str, answered: str) -> Interaction:
    headers = {"content-type": ["application/json"]}
    request = Request("POST", "https://api.openai.com/v1/responses", headers, body.encode())
    return Interaction(request, Response(200, "OK", headers, answered.encode()))


def resp(conversation: int, number: int) -> str:
    return f"resp_{conversation:024x}{number:024x}"


def made(questions: Sequence[Sequence[str]]) -> list[list[Interaction]]:
    """Conversations of these questions; each turn but the first goes on from the one before."""
    found = []
    for at, asked in enumerate(questions):
        turns, before = [], None
        for number, question in enumerate(asked):
            previous = f'"{before}"' if before else "null"
            before = resp(at, number)
            turns.append(
                turn(f'{{"input": "{question}", "previous_response_id": {previous}}}', f'{{"id": "{before}"}}')
            )
        found.append(turns)
    return found


def mixed(conversations: Sequence[Sequence[Interaction]], order: Sequence[int]) -> list[Interaction]:
    """The turns of all conversations, each in its order; `order` names the conversations."""
    left = [list(turns) for turns in conversations]
    return [left[at].pop(0) for at in order]


def text(turns: Sequence[Interaction]) -> str:
    return layout.written(scrubbed(in_order(turns)), {})


@pytest.mark.parametrize(
    "firsts", [["a", "bb", "ccc"], ["same", "same", "same"]], ids=["other questions", "the same question"]
)
@given(data=st.data())
def test_the_order_does_not_depend_on_who_was_faster(firsts, data):
    conversations = made([[first, *rest] for first, rest in zip(firsts, [["x", "y"], ["x", "z"], ["w"]], strict=True)])
    every = [at for at, turns in enumerate(conversations) for _ in turns]
    one, other = data.draw(st.permutations(every)), data.draw(st.permutations(every))

    assert text(mixed(conversations, one)) == text(mixed(conversations, other))


@given(
    st.lists(st.lists(st.sampled_from(["a", "bb", "ccc", "a\n", "Ω"]), min_size=1, max_size=3), max_size=4), st.data()
)
def test_a_turn_stays_behind_those_that_it_goes_on_from(questions, data):
    conversations = made([[question.replace("\n", "\\n") for question in asked] for asked in questions])
    every = [at for at, turns in enumerate(conversations) for _ in turns]

    found = in_order(mixed(conversations, data.draw(st.permutations(every))))

    assert sorted(map(id, found)) == sorted(id(each) for turns in conversations for each in turns)
    for turns in conversations:
        places = [next(at for at, each in enumerate(found) if each is one) for one in turns]
        assert places == sorted(places)


def test_what_joins_two_conversations_comes_after_both():
    (first,), (second,) = made([["bb"], ["a"]])
    both = turn(f'{{"of": ["{resp(0, 0)}", "{resp(1, 0)}"]}}', "{}")
    alone = turn('{"input": "the longest of all questions, by itself"}', "{}")

    assert in_order([first, alone, second, both]) == [second, first, both, alone]
