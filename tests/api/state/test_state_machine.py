"""Any history of requests: FakeOpenAI keeps, shows and refuses what the rules say, step by step."""

import sys

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, multiple, precondition, rule

from tests.api.state.asking import Open, learn, sent
from tests.api.state.rules import Brought, Conversation, refusal
from tests.api.state.runs import AFTER, FEW, SAYS, STORE, Runs, conversations, responses, streams

ADDED = st.lists(st.sampled_from(["user", "user", "assistant", "an answered call", "a call"]), max_size=3)
ORDER = st.sampled_from(["asc", "desc"])
METADATA = st.sampled_from([{}, {"topic": "weather"}, {"city": "Paris"}])


class Histories(Runs):
    """What becomes of responses and conversations between the runs."""

    @rule(response=responses)
    def retrieve(self, response):
        self.asking.retrieve(response)

    @rule(response=responses, order=ORDER, limit=FEW)
    def list_what_a_turn_saw(self, response, order, limit):
        def listed():
            return list(self.client.responses.input_items.list(response, order=order, limit=limit))

        if response in self.rules.responses:
            self.asking.lists(listed(), self.rules.responses[response].saw, order)
        else:
            self.asking.refused([refusal("response", response)], listed)

    @rule(response=responses)
    def delete_a_response(self, response):
        def deleted():
            return self.client.responses.delete(response)

        if response in self.rules.responses:
            self.rules.stop(self.rules.responses.pop(response))
            assert deleted() is None
        else:
            self.asking.refused([refusal("response", response)], deleted)

    @rule(response=responses)
    def cancel(self, response):
        def cancelled():
            return self.client.responses.cancel(response)

        kept = self.rules.responses.get(response)
        if kept is None:
            self.asking.refused([refusal("response", response)], cancelled)
        elif not kept.turn.background:
            self.asking.refused([refusal("in the foreground")], cancelled)
        else:
            self.rules.stop(kept)
            assert cancelled().status == kept.status

    @rule(
        target=responses,
        after=AFTER,
        store=STORE,
        says=SAYS,
        looks=st.integers(0, 2),
        then=st.sampled_from(["cancel", "delete"]),
    )
    def ask_in_the_background_and_change_ones_mind(self, after, store, says, looks, then):
        response = self.say([self.asking.new()], after, "in the background", store, says)
        if isinstance(response, str):
            for _ in range(looks):
                self.retrieve(response)
            {"cancel": self.cancel, "delete": self.delete_a_response}[then](response)
        return response

    @rule(target=streams, response=responses, after=st.integers(0, 2), events=FEW)
    def resume(self, response, after, events):
        def resumed():
            return self.client.responses.retrieve(response, stream=True, starting_after=after)

        kept = self.rules.responses.get(response)
        if kept is None or not kept.resumable or kept.status == "cancelled":
            self.asking.refused([refusal("no stream") if kept else refusal("response", response)], resumed)
            return multiple()
        stream = Open(resumed(), kept)
        self.asking.read(stream, 1)
        assert stream.last.sequence_number == after + 1
        self.asking.read(stream, events - 1)
        return stream

    @rule(target=conversations, kinds=ADDED, metadata=METADATA)
    def create_a_conversation(self, kinds, metadata):
        items = self.asking.added(kinds)
        made = self.client.conversations.create(items=[sent(Brought(item)) for item in items], metadata=metadata)
        assert made.metadata == metadata
        self.rules.conversations[made.id] = Conversation(metadata, items)
        return made.id

    @initialize(target=conversations)
    def begin_with_an_empty_conversation(self):
        return self.create_a_conversation([], {})

    @rule(conversation=conversations, kinds=ADDED.filter(bool))
    def add_items(self, conversation, kinds):
        self.add(conversation, [Brought(item) for item in self.asking.added(kinds)])

    @rule(conversation=conversations, response=responses, form=st.sampled_from(["again", "reference"]))
    def add_what_a_model_said(self, conversation, response, form):
        kept = self.rules.responses.get(self.asking.ended(response))
        if kept is not None and kept.turn.stored and kept.output:
            self.add(conversation, [Brought(item, form) for item in kept.output])

    def add(self, conversation, brought):
        """Items at the end of a conversation."""

        def added():
            return self.client.conversations.items.create(conversation, items=[sent(each) for each in brought])

        items = [each.item for each in brought]
        kept = self.rules.conversations.get(conversation)
        if kept is None:
            self.asking.refused([refusal("conversation", conversation)], added)
        elif kept.busy or {*items} & {*kept.items}:
            wrong = [refusal("locked")] if kept.busy else []
            wrong += [refusal("there already")] if {*items} & {*kept.items} else []
            self.asking.refused(wrong, added)
        else:
            self.asking.lists(added().data, items)
            kept.items += items

    @rule(conversation=conversations, order=ORDER, limit=FEW)
    def list_a_conversation(self, conversation, order, limit):
        def listed():
            return list(self.client.conversations.items.list(conversation, order=order, limit=limit))

        if conversation in self.rules.conversations:
            self.asking.lists(listed(), self.rules.conversations[conversation].items, order)
        else:
            self.asking.refused([refusal("conversation", conversation)], listed)

    @rule(conversation=conversations, index=st.integers(0, 9))
    def delete_an_item(self, conversation, index):
        kept = self.rules.conversations.get(conversation)
        item = kept.items[index] if kept and index < len(kept.items) else None
        item_id = item.id if item else "msg_unknown"

        def deleted():
            return self.client.conversations.items.delete(item_id, conversation_id=conversation)

        if kept is None:
            self.asking.refused([refusal("conversation", conversation)], deleted)
        elif item is None or kept.busy:
            wrong = [refusal("locked")] if kept.busy else []
            wrong += [refusal("conversation's item", item_id)] if item is None else []
            self.asking.refused(wrong, deleted)
        else:
            assert deleted().id == conversation
            kept.items.remove(item)

    @rule(conversation=conversations, metadata=METADATA)
    def change_the_metadata(self, conversation, metadata):
        def updated():
            return self.client.conversations.update(conversation, metadata=metadata)

        kept = self.rules.conversations.get(conversation)
        if kept is None:
            self.asking.refused([refusal("conversation", conversation)], updated)
        else:
            kept.metadata = updated().metadata
            assert metadata.items() <= kept.metadata.items()
        self.retrieve_a_conversation(conversation)

    def retrieve_a_conversation(self, conversation):
        """A conversation says of itself what it said before."""

        def retrieved():
            return self.client.conversations.retrieve(conversation)

        kept = self.rules.conversations.get(conversation)
        if kept is None:
            self.asking.refused([refusal("conversation", conversation)], retrieved)
        else:
            assert (retrieved().id, retrieved().metadata) == (conversation, kept.metadata)

    @precondition(lambda self: len(self.rules.conversations) > 1)  # there is always one left to run in
    @rule(conversation=conversations)
    def delete_a_conversation(self, conversation):
        def deleted():
            return self.client.conversations.delete(conversation)

        if self.rules.conversations.pop(conversation, None):
            assert deleted().deleted
        else:
            self.asking.refused([refusal("conversation", conversation)], deleted)

    @invariant()
    def is_as_the_rules_say(self):
        api = self.asking.api
        assert api.responses.keys() == self.rules.responses.keys()
        assert api.conversations.keys() == self.rules.conversations.keys()
        for id, conversation in self.rules.conversations.items():
            learn(conversation.items, api.conversations[id].items)
            assert len({item.id for item in conversation.items}) == len(conversation.items)

    def teardown(self):
        """In the end all is what it was, over the wire too, and a conversation takes a run if none is busy with it."""
        if sys.exception():
            return  # what failed is told instead
        for response in list(self.rules.responses):
            self.asking.retrieve(self.asking.ended(response))
            self.list_what_a_turn_saw(response, "asc", 100)
        for conversation in list(self.rules.conversations):
            self.list_a_conversation(conversation, "desc", 2)
            self.retrieve_a_conversation(conversation)
            self.say([self.asking.new()], conversation, "plain", None, "a text")
        self.asking.api.assert_complete()


TestHistories = Histories.TestCase
TestHistories.settings = settings(max_examples=120, stateful_step_count=30)
