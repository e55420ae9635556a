"""A state machine that asks a server, or a client, what no test has thought of, and judges what comes back."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Any, ClassVar, TypeVar

from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, multiple, precondition, rule

from fakemodel.strategies.history import (
    BRINGS,
    CALLS,
    NOBODYS,
    STORE,
    AddItems,
    CreateConversation,
    CreateResponse,
    DeleteConversation,
    DeleteResponse,
    ListItems,
    RetrieveResponse,
    Step,
    check_left_out,
)
from fakemodel.strategies.judge import Judge, Request
from fakemodel.wire.payload import Payload

__all__ = ["ConversationMachine"]

__tracebackhide__ = True  # pytest shows the user's own frames

RuleT = TypeVar("RuleT", bound=Callable[..., Any])


def _asks(step: type) -> Callable[[RuleT], RuleT]:
    """A rule for subjects that have a form for this step."""
    return precondition(lambda machine: step not in machine.without)


class ConversationMachine(RuleBasedStateMachine):
    """Any history of requests to a server that keeps state: what comes back is what the API would answer.

    A subclass says in `send` how a request reaches its subject: a server, or a client in front of one, whose errors it
    turns into the status and the body that they came from. Where it can tell what the model saw, it says so in `seen`.
    Each history has an instance of its own: a subject of its own is made in `__init__`. `TestCase` is what pytest
    collects: `TestMyServer = MyServer.TestCase`.

    What a history finds raises AssertionError, with its steps.
    """

    without: ClassVar[Collection[type]] = ()
    """The steps that the subject has no form for, as `{CreateConversation, RetrieveResponse}`."""

    responses, calls, conversations = Bundle("responses"), Bundle("calls"), Bundle("conversations")

    def __init__(self) -> None:
        super().__init__()
        check_left_out(self.without)
        self._judge = Judge(self.send, self.seen)

    def send(self, request: Request) -> tuple[int, Any]:
        """Send a request to the subject: the status, and the JSON body, of what came back."""
        raise NotImplementedError(f"{type(self).__name__} has no send(request) of its own.")

    def seen(self) -> Sequence[Payload] | None:
        """The items, or messages, that the model saw in the last turn; None where nobody knows."""
        return None

    def _play(self, step: Step) -> Any:
        """The position of a step that was taken, for others to name."""
        return len(self._judge.history) - 1 if self._judge.play(step) else multiple()

    @_asks(CreateResponse)
    @rule(target=responses, store=STORE)
    def begin(self, store: bool) -> Any:
        """A chain begins."""
        return self._play(CreateResponse(store=store))

    @_asks(CreateResponse)
    @rule(target=responses, after=responses, store=STORE)
    def go_on(self, after: int, store: bool) -> Any:
        """A chain goes on, or branches; its response may have been deleted, or not stored."""
        return self._play(CreateResponse(after, store=store))

    @_asks(CreateResponse)
    @rule(targets=(responses, calls), after=st.none() | responses, store=STORE, count=st.integers(1, 2))
    def ask_for_calls(self, after: int | None, store: bool, count: int) -> Any:
        """A chain begins, or goes on, with calls of functions."""
        return self._play(CreateResponse(after, store=store, calls=count))

    @_asks(CreateResponse)
    @rule(after=calls)
    def leave_calls_unanswered(self, after: int) -> None:
        """A chain goes on without the outputs of its calls."""
        self._play(CreateResponse(after, brings="unanswered"))

    @_asks(CreateResponse)
    @rule(after=responses)
    def answer_no_call(self, after: int) -> None:
        """A chain goes on with the output of a call that nobody made."""
        self._play(CreateResponse(after, brings="uncalled"))

    @_asks(CreateResponse)
    @rule(after=st.just(NOBODYS))
    def go_on_from_nobodys(self, after: str) -> None:
        """A chain goes on from a response that nobody made."""
        self._play(CreateResponse(after))

    @_asks(CreateResponse)
    @rule(target=responses, refers=responses)
    def refer_to_the_output(self, refers: int) -> Any:
        """A chain begins with references to what was said."""
        return self._play(CreateResponse(refers=refers))

    @_asks(CreateResponse)
    @rule(after=responses)
    def refer_to_what_is_there(self, after: int) -> None:
        """A chain goes on with references to what it has already."""
        self._play(CreateResponse(after, refers=after))

    @_asks(CreateResponse)
    @rule(after=responses, conversation=conversations)
    def give_both_ids(self, after: int, conversation: int) -> None:
        """A response and a conversation are named at once."""
        self._play(CreateResponse(after, conversation))

    @_asks(RetrieveResponse)
    @rule(response=responses)
    def retrieve(self, response: int) -> None:
        """A response is looked at; it may have been deleted, or not stored."""
        self._play(RetrieveResponse(response))

    @_asks(DeleteResponse)
    @rule(response=responses)
    def delete(self, response: int) -> None:
        """A response is deleted, maybe once more."""
        self._play(DeleteResponse(response))

    @_asks(CreateConversation)
    @rule(target=conversations, items=st.integers(0, 2))
    def create_conversation(self, items: int) -> Any:
        """A conversation begins, with some messages in it."""
        return self._play(CreateConversation(items))

    @_asks(CreateResponse)
    @rule(target=responses, conversation=conversations, store=STORE, calls=CALLS)
    def run_in(self, conversation: int, store: bool, calls: int) -> Any:
        """A run in a conversation, which may have been deleted."""
        return self._play(CreateResponse(conversation=conversation, store=store, calls=calls))

    @_asks(CreateResponse)
    @rule(conversation=conversations, brings=st.sampled_from(BRINGS[1:]))
    def run_in_with_wrong_outputs(self, conversation: int, brings: str) -> None:
        """A run without the outputs of the calls in its conversation, or with the output of no call."""
        self._play(CreateResponse(conversation=conversation, brings=brings))

    @_asks(AddItems)
    @rule(conversation=conversations, call=st.booleans())
    def add_to(self, conversation: int, call: bool) -> None:
        """A message, or a call that nobody answers, goes to the end of a conversation."""
        self._play(AddItems(conversation, call))

    @_asks(ListItems)
    @rule(conversation=conversations)
    def list_items(self, conversation: int) -> None:
        """The items of a conversation are looked at."""
        self._play(ListItems(conversation))

    @_asks(DeleteConversation)
    @rule(conversation=conversations)
    def delete_conversation(self, conversation: int) -> None:
        """A conversation is deleted, maybe once more."""
        self._play(DeleteConversation(conversation))
