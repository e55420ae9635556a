"""The rules of the machine that ask for responses: plain, streamed, bit by bit and in the background."""

from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, multiple, precondition, rule

from tests.api.state.asking import REPLIES, Asking, Open
from tests.api.state.rules import Brought, Turn

__all__ = ["AFTER", "FEW", "SAYS", "STORE", "Runs", "conversations", "responses", "streams"]

responses, calls = Bundle("responses"), Bundle("calls")
conversations, streams = Bundle("conversations"), Bundle("streams")

HOW = st.sampled_from(["plain", "streamed", "in the background", "in the background, streamed"])
STORE = st.sampled_from([None, None, True, False])
CALLS = st.sampled_from([name for name in REPLIES if "call" in name])
SAYS = st.sampled_from([name for name in REPLIES if "call" not in name])
TOLD = st.sampled_from([None, None, "Be brief."])
AFTER = st.none() | responses | conversations
FEW = st.integers(1, 5)

ANSWERED = {
    "all": lambda called: called,
    "all, backwards": lambda called: called[::-1],
    "the first alone": lambda called: called[:1],
    "each twice": lambda called: [*called, *called],
    "none, but another one": lambda called: ["call_another"],
}
"""How calls are answered: the calls that the outputs are for, by those that were made."""


class Runs(RuleBasedStateMachine):
    """Clients of one server, each request held to the rules.

    A response is in its bundle also when it was not stored, or was deleted, and a conversation when it was deleted: who
    asks for it then is refused.
    """

    def __init__(self):
        super().__init__()
        self.asking = Asking()
        self.rules = self.asking.rules
        self.client = self.asking.client
        self.has_asked_in_vain = False

    def turn(self, brought, after, *, store=None, background=False, told=None):
        """A turn that goes on from a response, in a conversation, or from nothing."""
        where = {}
        if after is not None and after.startswith("conv"):
            where["conversation"] = after
        elif after is not None:
            where["previous"] = self.asking.ended(after)
        return Turn(tuple(brought), store=store, background=background, told=told, **where)

    def run(self, turn, says, streamed=False):
        """A run to its end; the id of its response, if it was not refused."""
        answered = self.asking.ask(turn, says, stream=streamed)
        if isinstance(answered, Open):
            self.asking.read(answered, 1000)
            answered = answered.last.response
        return multiple() if answered is None else answered.id

    def say(self, brought, after, how, store, says, told=None):
        """A run of a turn, as `how` has it."""
        turn = self.turn(brought, after, store=store, background="background" in how, told=told)
        return self.run(turn, says, "streamed" in how)

    @rule(target=responses, how=HOW, store=STORE, says=SAYS, told=TOLD)
    def begin_a_chain(self, how, store, says, told):
        return self.say([self.asking.new()], None, how, store, says, told)

    @rule(target=responses, response=responses, how=HOW, store=STORE, says=SAYS, told=TOLD)
    def go_on(self, response, how, store, says, told):
        return self.say([self.asking.new()], response, how, store, says, told)

    @rule(target=responses, conversation=conversations, how=HOW, store=STORE, says=SAYS)
    def run_in_a_conversation(self, conversation, how, store, says):
        return self.say([self.asking.new()], conversation, how, store, says)

    @rule(target=responses, after=responses | conversations, store=STORE, says=SAYS)
    def go_on_with_nothing_new(self, after, store, says):
        return self.run(self.turn([], after, store=store), says)

    @rule(targets=(responses, calls), after=AFTER, how=HOW, store=STORE, says=CALLS)
    def ask_for_a_call(self, after, how, store, says):
        return self.say([self.asking.new()], after, how, store, says)

    @rule(
        target=responses,
        response=calls,
        answered=st.just("all") | st.sampled_from(list(ANSWERED)),
        how=HOW,
        store=STORE,
        says=SAYS,
    )
    def answer_the_calls(self, response, answered, how, store, says):
        made = self.asking.made[self.asking.ended(response)]
        called = [item.call_id or "call_never_made" for item in made.says if item.kind == "function_call"]
        brought = [self.asking.new("function_call_output", call_id) for call_id in ANSWERED[answered](called)]
        return self.say(brought, made.turn.conversation or response, how, store, says)

    @rule(target=responses, response=responses, count=st.integers(1, 2), after=AFTER, store=STORE, says=SAYS)
    def bring_the_output_again(self, response, count, after, store, says):
        said = self.asking.made[self.asking.ended(response)].output[:count]
        again = [Brought(item, "again") for item in said if item.id]
        return self.run(self.turn([*again, self.asking.new()], after, store=store), says)

    @rule(target=responses, of=responses, count=FEW, twice=st.booleans(), after=AFTER, store=STORE, says=SAYS)
    def refer_to_items(self, of, count, twice, after, store, says):
        made = self.asking.made[self.asking.ended(of)]
        named = [Brought(item, "reference") for item in (*made.saw, *made.output) if item.id][-count:]
        brought = [*named, *(named if twice else []), self.asking.new()]
        return self.run(self.turn(brought, after, store=store), says)

    @rule(response=responses, conversation=conversations, how=HOW, store=STORE)
    def give_both_ids(self, response, conversation, how, store):
        turn = Turn((self.asking.new(),), response, conversation, store, "background" in how)
        assert self.asking.ask(turn, "a text", stream="streamed" in how) is None

    @precondition(lambda self: not self.has_asked_in_vain)
    @rule(unknown=st.sampled_from(["resp_unknown", "conv_unknown"]), how=HOW, store=STORE)
    def go_on_from_what_nobody_made(self, unknown, how, store):
        self.say([self.asking.new()], unknown, how, store, "a text")
        self.has_asked_in_vain = True  # once in a history will do

    @rule(target=streams, after=AFTER, events=FEW, background=st.booleans(), store=STORE, says=SAYS)
    def begin_to_read_a_stream(self, after, events, background, store, says):
        turn = self.turn([self.asking.new()], after, store=store, background=background)
        opened = self.asking.ask(turn, says, stream=True)
        if opened is None:
            return multiple()
        self.asking.read(opened, events)
        return opened

    @rule(target=streams, conversation=conversations, background=st.booleans(), how=HOW, store=STORE, says=SAYS)
    def run_twice_at_once(self, conversation, background, how, store, says):
        opened = self.begin_to_read_a_stream(conversation, 1, background, store, says)
        self.say([self.asking.new()], conversation, how, store, says)
        return opened

    @rule(stream=streams, events=FEW)
    def read_on(self, stream, events):
        self.asking.read(stream, events)

    @rule(target=responses, stream=consumes(streams))
    def read_to_the_end(self, stream):
        self.asking.read(stream, 1000)
        return stream.last.response.id

    @rule(stream=consumes(streams))
    def break_off(self, stream):
        self.asking.leave(stream)
