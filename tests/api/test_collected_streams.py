"""Streams that nobody closes: the garbage collector does, at any time, in the middle of an answer too."""

import gc
import threading

from fakemodel import Reply, text, when


class Collecting:
    """What is compared while the server looks for its reply, when the collector comes by."""

    def __eq__(self, other: object) -> bool:
        gc.collect()
        return True


def test_a_stream_that_is_collected_in_the_middle_of_an_answer_does_not_stop_the_server(api):
    api.say(when(turn=1).say(Reply(text("a", "b"))), when(turn=Collecting()).say("Hello"))
    client = api.client()
    answers = []

    def leave_a_stream():
        stream = iter(client.responses.create(model="gpt-4.1", input="Hi", stream=True))
        next(stream)
        cycle = [stream]
        cycle.append(cycle)

    def ask():
        leave_a_stream()
        answers.append(client.responses.create(model="gpt-4.1", input="Hi").output_text)

    gc.disable()
    try:
        asking = threading.Thread(target=ask, daemon=True)
        asking.start()
        asking.join(timeout=30)
    finally:
        gc.enable()

    assert answers == ["Hello"]
    assert api.requests[0].answer.cancelled
