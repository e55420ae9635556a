"""What a request says and its response says again: on every snapshot, whatever it is, and the queue of `background`."""

import copy

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fakemodel import FakeOpenAI, Reply, ReplyInvalid, check_events, text, tool_call, usage

laws = settings(max_examples=50)

FAILED = {"status": "failed", "error": "It broke."}
FIELDS = {
    "conversation": {"id": "conv_1"},
    "previous_response_id": "resp_before",
    "store": False,
    "service_tier": "flex",
    "tools": [{"type": "function", "name": "f", "parameters": {"type": "object", "properties": {}}, "strict": False}],
    "tool_choice": {"type": "function", "name": "f"},
    "instructions": "Be brief.",
    "metadata": {"run": "1"},
    "reasoning": {"effort": "high", "summary": "auto"},
    "temperature": 0.5,
    "model": "gpt-4.1-2025-04-14",
    "weather_forecast": {"horizon": [1, 2, {"days": 3}]},
    "dream": None,
}


def snapshots(events):
    return [event.to_dict()["response"] for event in events if hasattr(event, "response")]


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("end", [{}, {"status": "incomplete"}, FAILED], ids=["completed", "incomplete", "failed"])
def test_a_field_is_on_every_snapshot_as_it_was_given(field, end):
    reply = Reply("Hello", **end)
    events = reply.events(**{field: FIELDS[field]})

    assert [snapshot[field] for snapshot in snapshots(events)] == [FIELDS[field]] * 3
    assert reply.response(**{field: FIELDS[field]}).to_dict() == snapshots(events)[-1]
    check_events(events)


def test_the_other_members_stay_as_they_are():
    bare, told = Reply("Hello").response().to_dict(), Reply("Hello").response(**FIELDS).to_dict()

    changed = {key for key, value in told.items() if key not in bare or bare[key] != value}
    assert changed == FIELDS.keys()


@pytest.mark.parametrize("created_at", [1_700_000_000, 1_900_000_000])
def test_a_response_is_completed_after_it_was_created_whenever_that_was(created_at):
    response = Reply("Hello").response(created_at=created_at)

    assert response.created_at == created_at
    assert response.completed_at == created_at + 1


@pytest.mark.parametrize(
    ("asked", "served"),
    [({}, "default"), ({"service_tier": "auto"}, "default"), ({"service_tier": "default"}, "default")],
)
def test_the_tier_that_served_is_told_in_the_end(asked, served):
    events = Reply("Hello").events(**asked)

    assert [each["service_tier"] for each in snapshots(events)] == [asked.get("service_tier", "auto")] * 2 + [served]


@pytest.mark.parametrize("field", ["metadata", "tools", "weather_forecast"])
def test_a_field_is_detached_from_what_was_given(field):
    given = copy.deepcopy(FIELDS[field])
    response = Reply("Hello").response(**{field: given})

    given.clear()

    assert response.to_dict()[field] == FIELDS[field]


@laws
@given(st.dictionaries(st.sampled_from(sorted(FIELDS)), st.none()), st.booleans())
def test_fields_in_any_combination_keep_the_laws(chosen, background):
    fields = {key: FIELDS[key] for key in chosen}
    events = Reply(text("Hel", "lo"), tool_call("f")).events(background=background, **fields)

    check_events(events)
    for snapshot in snapshots(events)[:-1]:
        assert {key: snapshot[key] for key in fields} == fields


@pytest.mark.parametrize(
    ("end", "last"),
    [({}, "completed"), ({"status": "incomplete"}, "incomplete"), (FAILED, "failed")],
    ids=["completed", "incomplete", "failed"],
)
def test_a_response_in_the_background_is_queued_first(end, last):
    events = Reply("Hello", **end).events(background=True)

    assert [(event.type, event.response.status) for event in (*events[:3], events[-1])] == [
        ("response.created", "queued"),
        ("response.queued", "queued"),
        ("response.in_progress", "in_progress"),
        (f"response.{last}", last),
    ]
    assert [event.response.background for event in (*events[:3], events[-1])] == [True] * 4
    assert [event.sequence_number for event in events] == list(range(len(events)))
    check_events(events)


def test_being_queued_is_all_that_the_background_changes():
    reply = Reply("Hello", tool_call("f"))
    (created, queued, *background), (_, *others) = reply.events(background=True), reply.events()

    def told(event):
        members = {key: value for key, value in event.to_dict().items() if key not in ("sequence_number", "response")}
        response = event.to_dict().get("response", {})
        return members, {key: value for key, value in response.items() if key != "background"}

    assert list(map(told, background)) == list(map(told, others))
    assert {
        key for key, value in created.response.to_dict().items() if background[0].response.to_dict()[key] != value
    } == {"status"}
    assert queued.response == created.response


@pytest.mark.parametrize("fields", [{}, {"background": False}])
def test_a_response_in_the_foreground_is_not_queued(fields):
    events = Reply("Hello").events(**fields)

    assert [event.type for event in events[:2]] == ["response.created", "response.in_progress"]
    assert {snapshot["background"] for snapshot in snapshots(events)} == {False}


def test_a_response_that_was_in_the_background_says_so():
    assert Reply("Hello").response(background=True) == Reply("Hello").events(background=True)[-1].response


def test_a_client_that_asks_for_the_background_is_queued():
    reply = Reply("Hello", usage=usage(1, 1))
    client = FakeOpenAI([reply]).client()

    streamed = client.responses.create(model="fake-model", input="Hi", background=True, stream=True)

    assert list(streamed) == reply.events(background=True)


def test_a_client_is_told_again_what_it_asked_for():
    reply = Reply("Hello", usage=usage(1, 1), unchecked=True)
    client = FakeOpenAI([reply]).client()
    asked = {key: FIELDS[key] for key in ("store", "service_tier", "tools", "tool_choice", "instructions", "metadata")}

    streamed = client.responses.create(model="fake-model", input="Hi", stream=True, **asked)

    assert list(streamed) == reply.events(**asked)


@pytest.mark.parametrize(
    ("field", "message"),
    [
        ({"created_at": "x"}, "created_at='x' is no time: expected are seconds."),
        ({"metadata": object}, "The fields of a response are JSON, these are not: "),
        ({"temperature": float("nan")}, "The fields of a response are JSON, these are not: "),
        ({"status": "queued"}, "status='queued' is no field to be set on a response: Reply(status=…) says it."),
    ],
)
def test_a_field_without_a_form_on_the_wire_is_refused(field, message):
    for render in (Reply("a").events, Reply("a").response):
        with pytest.raises(ReplyInvalid) as refused:
            render(**field)
        assert str(refused.value).startswith(message)


def test_a_tier_of_another_type_is_echoed():
    assert Reply("a").response(service_tier={}).to_dict(warnings=False)["service_tier"] == {}
