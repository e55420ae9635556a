"""Histories of requests: what the API does passes, and who is wrong in one thing is found by a short one."""

from contextlib import ExitStack

import openai
import pytest
from hypothesis import Phase, find, given, settings
from hypothesis.stateful import run_state_machine_as_test

from fakemodel import FakeOpenAI, SettingInvalid
from fakemodel.httpx_modules import sdk_httpx
from fakemodel.strategies import (
    AddItems,
    ConversationMachine,
    CreateConversation,
    CreateResponse,
    DeleteConversation,
    DeleteResponse,
    ListItems,
    RetrieveResponse,
    conversations,
    play,
)
from tests.strategies.naive import DEFECTS, ForgetsWhatWasSaid, Server

laws = settings(max_examples=40, stateful_step_count=20)
shrinking = settings(laws, max_examples=2000, phases=[Phase.generate, Phase.shrink])
NO_SHRINKING = settings(laws, max_examples=200, phases=[Phase.generate])

defective = pytest.mark.parametrize("server", DEFECTS, ids=lambda server: server.__name__)


def machine(server):
    """A machine that is aimed at a server in process."""

    class Machine(ConversationMachine):
        def __init__(self):
            super().__init__()
            self.server = server()

        def send(self, request):
            return self.server.send(request)

        def seen(self):
            return self.server.seen()

    return Machine


class TestOverTheWire(machine(Server).TestCase):
    settings = laws


def test_what_is_served_on_loopback_passes():
    pytest.importorskip("uvicorn", reason="the server extra is not installed")
    server = Server()
    with ExitStack() as stack:
        served = stack.enter_context(server.api.serve())
        server.http = stack.enter_context(sdk_httpx().Client(base_url=served.base_url.removesuffix("/v1")))

        run_state_machine_as_test(machine(lambda: server), settings=settings(laws, max_examples=5))


class ThroughTheSdk(ConversationMachine):
    """The SDK between the machine and the server, plain and without the steps that it is not asked for."""

    without = (AddItems, ListItems)

    def __init__(self):
        super().__init__()
        self.api = FakeOpenAI()
        self.client = self.api.client()

    def send(self, request):
        self.api.otherwise(request.says or "Nobody asks.")
        named = request.path.rpartition("/")[2]
        ask = {
            CreateResponse: lambda: self.client.responses.create(**request.json),
            RetrieveResponse: lambda: self.client.responses.retrieve(named),
            DeleteResponse: lambda: self.client.responses.delete(named),
            CreateConversation: lambda: self.client.conversations.create(**request.json),
            DeleteConversation: lambda: self.client.conversations.delete(named),
        }[type(request.step)]
        try:
            answer = ask()
        except openai.APIStatusError as error:
            return error.status_code, {"error": error.body}
        return 200, {} if answer is None else answer.to_dict()

    def seen(self):
        return self.api.requests[-1].context


class TestTheSdk(ThroughTheSdk.TestCase):
    settings = laws


@laws
@given(conversations())
def test_a_history_is_answered_as_the_rules_say(history):
    server = Server()

    play(history, server.send, server.seen)

    assert len(server.api.requests) == len(history)


@laws
@given(conversations(legal=True))
def test_nothing_is_refused_in_a_legal_history(history):
    server = Server()

    play(history, server.send, server.seen)

    assert {request.status for request in server.api.requests} <= {200}


def fails(server):
    """Whether a history finds that a server is wrong."""

    def found(history):
        subject = server()
        try:
            play(history, subject.send, subject.seen)
        except AssertionError:
            return True
        return False

    return found


@defective
def test_who_is_wrong_in_one_thing_is_found_by_a_short_history(server):
    by_hand = DEFECTS[server]
    assert fails(server)(by_hand)
    assert not fails(Server)(by_hand)

    assert len(find(conversations(), fails(server), settings=shrinking)) <= len(by_hand)


@defective
def test_a_machine_finds_it_too(server):
    with pytest.raises(AssertionError, match="was answered as the API would not"):
        run_state_machine_as_test(machine(server), settings=NO_SHRINKING)


@pytest.mark.parametrize(
    "status",
    [
        "previous_response_not_found",
        "mutually_exclusive_parameters",
        "No tool output found",
        "No tool call found",
        "Duplicate item found",
        "Items are not persisted",
        "Conversation with id",
        "Response with id",
    ],
)
def test_every_refusal_comes_up(status):
    def refused(history):
        server = Server()
        play(history, server.send)
        return any(status in request.answer.body.decode() for request in server.api.requests)

    assert len(find(conversations(), refused, settings=shrinking)) <= 3


def test_what_is_found_is_told_with_its_history():
    subject = ForgetsWhatWasSaid()

    with pytest.raises(AssertionError) as found:
        play(DEFECTS[ForgetsWhatWasSaid], subject.send, subject.seen)

    assert str(found.value) == (
        "step 1 was answered as the API would not.\n"
        "  expected: what the model saw is ['Message 0', 'Answer 0', 'Message 1']\n"
        "  found:    ['Message 1']\n"
        "  [0] CreateResponse()         200\n"
        "  [1] CreateResponse(after=0)  200"
    )


def test_a_machine_of_ones_own_says_how_it_sends():
    with pytest.raises(NotImplementedError, match=r"ConversationMachine has no send\(request\) of its own\."):
        ConversationMachine().begin(store=True)


def test_steps_that_a_subject_has_no_form_for_are_left_out():
    left_out = (CreateConversation, RetrieveResponse, DeleteResponse)
    asked = set()

    class Machine(machine(Server)):
        without = left_out

        def send(self, request):
            asked.add(type(request.step))
            return super().send(request)

    run_state_machine_as_test(Machine, settings=laws)

    assert asked == {CreateResponse}


@laws
@given(conversations(without=(CreateConversation, DeleteResponse)))
def test_histories_leave_them_out_too(history):
    assert {type(step) for step in history} <= {CreateResponse, RetrieveResponse}


class NoResponses(ConversationMachine):
    without = frozenset({CreateResponse})

    def __init__(self):
        super().__init__()
        self.server = Server()

    def send(self, request):
        assert not isinstance(request.step, CreateResponse)
        return self.server.send(request)


def test_a_machine_leaves_out_responses_too():
    run_state_machine_as_test(NoResponses, settings=laws)


@pytest.mark.parametrize("without", [{"CreateResponse"}, CreateResponse], ids=repr)
def test_what_is_no_type_of_a_step_cannot_be_left_out(without):
    with pytest.raises(SettingInvalid, match="CreateResponse"):
        conversations(without=without)


@pytest.mark.parametrize("history", [[RetrieveResponse(3)], [CreateResponse(refers=0)], [CreateResponse]], ids=repr)
def test_a_history_that_cannot_be_is_refused(history):
    with pytest.raises(SettingInvalid):
        play(history, Server().send)


@pytest.mark.parametrize("data", [None, ["a"], {"a": 1}], ids=repr)
def test_an_answer_of_another_form_is_told_as_such(data):
    def send(request):
        return 200, {"id": "conv_1", "data": data}

    with pytest.raises(AssertionError, match="expected: data is a list of items"):
        play([CreateConversation(), ListItems(0)], send)
