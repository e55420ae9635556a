"""What goes wrong with answers: through both doors the SDK meets it as it would on a bad day."""

import asyncio
import json
import socket
import threading
from collections import Counter

import openai
import pytest

from fakemodel import FakeModelError, FakeOpenAI, Reply, ReplyInvalid, UnplayedReplies, faults, text, when
from fakemodel.httpx_modules import httpx_modules

ASKED = {"model": "gpt-4.1", "input": "Hi"}
# What is raised in the middle of a stream: some versions of the SDK hand on the error of their HTTP client.
LOW = tuple(getattr(module, name) for module in httpx_modules() for name in ("RemoteProtocolError", "ReadTimeout"))
MESSAGES = [{"role": "user", "content": "Hi"}]
SAID = Reply(text("Hel", "lö", "!"))


def once(client):
    """A client that does not try again."""
    return client.with_options(max_retries=0)


def hasty(client):
    """One that does not wait for long either, for what does not come."""
    return client.with_options(max_retries=0, timeout=0.2)


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (429, openai.RateLimitError),
        (500, openai.InternalServerError),
        (502, openai.InternalServerError),
        (503, openai.InternalServerError),
        (529, openai.InternalServerError),
        (403, openai.PermissionDeniedError),
        (faults.timeout(), openai.APITimeoutError),
        (faults.connection_refused(), openai.APIConnectionError),
    ],
)
def test_the_next_request_fails_and_the_reply_is_still_there(api, client, fault, error):
    api.fail(fault)
    api.say("Hello")

    with pytest.raises(error):
        (hasty if error is openai.APITimeoutError else once)(client).responses.create(**ASKED)
    assert once(client).responses.create(**ASKED).output_text == "Hello"

    assert [request.fault is None for request in api.requests] == [False, True]
    api.assert_complete()


@pytest.mark.parametrize("fault", [408, 409, 429, 500, 503, faults.connection_refused()])
def test_the_sdk_tries_again(api, client, fault):
    api.fail(fault, times=2)
    api.say("Hello")

    assert client.responses.create(**ASKED).output_text == "Hello"

    assert [request.attempt for request in api.requests] == [1, 2, 3]


def test_a_rate_limit_is_told_as_the_api_does(api, client):
    api.fail(faults.status(429, retry_after=2.5, headers={"x-ratelimit-limit-requests": "3"}))

    with pytest.raises(openai.RateLimitError) as caught:
        once(client).responses.create(**ASKED)

    headers = caught.value.response.headers
    assert (caught.value.code, caught.value.type) == ("rate_limit_exceeded", "requests")
    assert (headers["retry-after"], headers["x-ratelimit-remaining-requests"]) == ("2.5", "0")
    assert headers["x-ratelimit-limit-requests"] == "3"
    assert "retry-after-ms" not in headers


def test_an_error_has_the_words_that_it_is_given(api, client):
    api.fail(faults.status(429, message="You exceeded your current quota.", code="insufficient_quota"))

    with pytest.raises(openai.RateLimitError, match="You exceeded your current quota") as caught:
        once(client).responses.create(**ASKED)

    assert caught.value.code == "insufficient_quota"


def test_an_error_names_the_parameter_that_it_is_given(api, client):
    api.fail(faults.status(400, message="Too hot.", param="temperature"))

    with pytest.raises(openai.BadRequestError, match="Too hot") as caught:
        once(client).responses.create(**ASKED)

    assert caught.value.param == "temperature"


def test_every_answer_has_an_id_of_its_request(api, client):
    api.say("Hello", "Hello")

    ids = [client.responses.create(**ASKED)._request_id for _ in range(2)]  # noqa: SLF001  # so OpenAI documents it

    assert ids == ["req_00000000000000000000000000000001", "req_00000000000000000000000000000002"]


def streamed(client, seen=None):
    seen = [] if seen is None else seen
    for event in client.responses.create(**ASKED, stream=True):
        seen.append(event.type.removeprefix("response."))
    return seen


WHOLE = [
    *("created", "in_progress", "output_item.added", "content_part.added"),
    *("output_text.delta", "output_text.delta", "output_text.delta"),
    *("output_text.done", "content_part.done", "output_item.done", "completed"),
]


@pytest.mark.parametrize(
    ("fault", "error", "events"),
    [
        (faults.cut(after=3), openai.APIConnectionError, 3),
        (faults.cut(after=0), openai.APIConnectionError, 0),
        (faults.cut(after=3, in_character=True), openai.APIConnectionError, 5),
        (faults.stalled(after=2), openai.APITimeoutError, 2),
        (faults.slow(5), openai.APITimeoutError, 0),
        (faults.slow(0, between=5), openai.APITimeoutError, 1),
        (faults.malformed(after=4), ValueError, 4),
    ],
)
def test_a_stream_breaks_off(api, client, fault, error, events):
    api.fail(fault)
    api.say(SAID)
    seen = []

    with pytest.raises((error, *LOW)):
        streamed((hasty if error is openai.APITimeoutError else once)(client), seen)

    assert seen == WHOLE[:events]


@pytest.mark.parametrize("fault", [faults.cut(after=3), faults.stalled(after=3)])
def test_what_broke_off_is_not_kept_and_lets_go_of_its_conversation(api, client, fault):
    api.say(SAID, "again")
    api.fail(fault)
    conversation = client.conversations.create().id

    with pytest.raises((openai.APIConnectionError, *LOW)):
        list(hasty(client).responses.create(**ASKED, stream=True, conversation=conversation))

    assert api.responses == {}
    assert once(client).responses.create(**ASKED, conversation=conversation).output_text == "again"
    assert api.requests[-1].context.text == "Hi"


@pytest.mark.parametrize(
    ("fault", "events"),
    [
        (faults.error_event(after=4), [*WHOLE[:4], "error"]),
        (faults.truncated(after=4), WHOLE[:4]),
        (faults.repeated(after=5), [*WHOLE[:6], *WHOLE[5:]]),
        (faults.swapped(after=6), [*WHOLE[:6], WHOLE[7], WHOLE[6], *WHOLE[8:]]),
        (faults.content_type("text/html"), WHOLE),
        (faults.slow(0.01, between=0.01), WHOLE),
    ],
)
def test_a_stream_comes_otherwise(api, client, fault, events):
    api.fail(fault)
    api.say(SAID)

    assert streamed(client) == events


def test_an_error_of_a_stream_of_chunks_is_raised(api, client):
    api.fail(faults.error_event(after=2, message="Overloaded."))
    api.say(SAID)

    with pytest.raises(openai.APIError, match="Overloaded"):
        list(client.chat.completions.create(model="m", messages=MESSAGES, stream=True))


def test_a_fault_waits_for_those_that_it_is_for(api, client):
    api.fail(500, when=when(input="second"))
    api.fail(503, when=lambda request: request.method == "DELETE")
    api.say("one", "two")
    asking = once(client)

    first = asking.responses.create(model="m", input="first")
    with pytest.raises(openai.InternalServerError, match="500"):
        asking.responses.create(model="m", input="second")
    assert asking.responses.create(model="m", input="second").output_text == "two"
    with pytest.raises(openai.InternalServerError, match="503"):
        asking.responses.delete(first.id)

    api.assert_complete()


def test_a_fault_of_a_turn_and_of_all_times(api, client):
    api.fail(429, when=when(turn=2), times=None)
    api.say("one", "two")

    assert once(client).responses.create(**ASKED).output_text == "one"
    for _ in range(3):
        with pytest.raises(openai.RateLimitError):
            once(client).responses.create(**ASKED)

    with pytest.raises(UnplayedReplies, match="'two'"):
        api.assert_complete()


def test_a_fault_of_streams_waits_for_a_stream(api, client):
    api.fail(faults.cut(after=1))
    api.say("one", "two")

    assert client.responses.create(**ASKED).output_text == "one"
    with pytest.raises((openai.APIConnectionError, *LOW)):
        streamed(client)


@pytest.mark.parametrize(
    ("fault", "why"),
    [
        (faults.cut(after=9), r"cut\(after=9\)\): /v1/responses: it has 9 events, and is cut after fewer"),
        (faults.cut(after=5, in_character=True), "after 5 there is no character of several bytes in it"),
        (faults.swapped(after=8), "it has 9 events"),
    ],
)
def test_a_fault_that_a_stream_has_no_room_for_is_told(fault, why):
    api = FakeOpenAI(["Hello"])
    api.fail(fault)

    streamed(api.client())

    with pytest.raises(UnplayedReplies, match=f"1 fault did not happen.\n.*{why}"):
        api.assert_complete()


def test_replies_and_faults_that_are_left_are_told_together(api, client):
    api.say("one", "two")
    api.fail(429, when=when(input="never"))
    client.responses.create(**ASKED)

    with pytest.raises(UnplayedReplies) as left:
        api.assert_complete()

    assert str(left.value) == (
        "the API was called once, the script has 2 replies.\n"
        "  turn 1  /v1/responses 'Hi' -> 'one'\n"
        "  turn 2  never asked for    -> 'two'\n"
        "Remove what is not needed, or find out why it was not asked for.\n"
        "1 fault did not happen.\n"
        "  fail(faults.status(429), when=when(input='never')): no request was for it\n"
        "Remove what is not needed, or find out why it did not come to it."
    )


@pytest.mark.parametrize("times", [1, None])
def test_a_fault_that_no_request_met_is_told(times):
    api = FakeOpenAI()
    api.fail(429, when=when(input="never"), times=times)

    with pytest.raises(UnplayedReplies, match=r"status\(429\), when=when\(input='never'\).*: no request"):
        api.assert_complete()


@pytest.mark.parametrize(
    "make",
    [
        lambda api: api.fail(200),
        lambda api: api.fail("cut"),
        lambda api: api.fail(faults.cut),
        lambda api: api.fail(429, when="input"),
        lambda api: api.fail(429, times=0),
        lambda api: api.fail(faults.cut(after=-1)),
        lambda api: api.fail(faults.slow(-1)),
        lambda api: api.chaos(rate=2),
        lambda api: api.chaos(seed=True),
    ],
)
def test_what_is_no_fault_is_refused_where_it_is_written(make):
    with pytest.raises(ReplyInvalid):
        make(FakeOpenAI())


@pytest.mark.parametrize(("given", "told"), [("timeout", "'timeout'"), (faults.timeout, "timeout"), (200, "200")])
def test_what_is_no_fault_is_told_with_those_that_there_are(given, told):
    with pytest.raises(ReplyInvalid) as refused:
        FakeOpenAI().fail(given)

    assert str(refused.value) == (
        f"fail({told}): expected is a status from 400 to 599, or one of fakemodel.faults: connection_refused(…), "
        "content_type(…), cut(…), error_event(…), malformed(…), repeated(…), slow(…), stalled(…), status(…), "
        "swapped(…), timeout(…), truncated(…)."
    )


async def test_requests_at_once_meet_a_fault_each():
    api = FakeOpenAI()
    api.fail(faults.slow(1))
    api.fail(500)

    async def answer(request):
        await asyncio.sleep(0.01)
        return "Hello"

    api.otherwise(answer)
    async with api.async_client(max_retries=0) as client:
        asked = [client.responses.create(**ASKED) for _ in range(5)]
        answers = await asyncio.gather(*asked, return_exceptions=True)

    assert Counter(request.fault for request in api.requests) == {faults.slow(1): 1, faults.status(500): 1, None: 3}
    assert sum(isinstance(each, openai.InternalServerError) for each in answers) == 1
    api.assert_complete()


async def test_nobody_waits_in_process_and_timers_come_in_their_order():
    api = FakeOpenAI(["one", "two", SAID])
    api.fail(faults.slow(30), times=2)
    api.fail(faults.slow(10, between=10))
    loop = asyncio.get_running_loop()
    async with api.async_client() as client:
        began = loop.time()
        answer = await client.responses.create(**ASKED)
        assert (answer.output_text, round(loop.time() - began)) == ("one", 30)
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(client.responses.create(**ASKED), 20)
        began = loop.time()
        times = [round(loop.time() - began) async for _ in await client.responses.create(**ASKED, stream=True)]
    assert times == [10 * number for number in range(1, len(WHOLE) + 1)]


async def test_a_stalled_stream_is_ended_by_who_waits_for_it():
    api = FakeOpenAI([SAID])
    api.fail(faults.stalled(after=3))
    async with api.async_client(timeout=None) as client:
        stream = await client.responses.create(**ASKED, stream=True)
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(_drained(stream), 60)
        assert api.responses == {}


async def _drained(stream):
    return [event async for event in stream]


def test_a_client_without_a_timeout_is_not_waited_for():
    api = FakeOpenAI(["Hello"])
    api.fail(faults.timeout())

    with pytest.raises(FakeModelError, match=r"met faults.timeout\(\), and its client has no timeout"):
        api.client(timeout=None).responses.create(**ASKED)
    with pytest.raises(FakeModelError, match="has no timeout"):
        api.assert_complete()


def weathered(seed):
    """What befell the requests of a program that asks until it is answered."""
    api = FakeOpenAI()
    api.otherwise(SAID)
    assert api.chaos(seed, rate=0.5) == seed
    client = api.client(max_retries=0, timeout=1)
    for _ in range(40):
        try:
            streamed(client)
        except (openai.APIError, *LOW):
            continue
    return [repr(request.fault) for request in api.requests]


def test_chaos_is_as_its_seed_has_it():
    assert weathered(1) == weathered(1) != weathered(2)
    assert len(set(weathered(1))) > 8


def test_chaos_without_a_seed_tells_the_one_it_took():
    api = FakeOpenAI()

    seed = api.chaos(rate=1)

    with pytest.raises(openai.APIError):
        api.client(max_retries=0, timeout=1).responses.create(**ASKED)
    assert f"by chaos(seed={seed}, rate=1)" in api.summary()


def test_a_run_that_timed_out_lets_go_of_its_conversation():
    api = FakeOpenAI()
    api.otherwise("Hello")
    client = api.client()
    conversation = client.conversations.create().id
    api.fail(faults.slow(0.5, between=0.5))

    with pytest.raises((openai.APIConnectionError, *LOW)):
        list(hasty(client).responses.create(**ASKED, stream=True, conversation=conversation))

    assert client.responses.create(**ASKED, conversation=conversation).output_text == "Hello"


async def test_a_task_that_is_cancelled_lets_go_of_its_conversation():
    api = FakeOpenAI()
    api.otherwise(SAID)
    async with api.async_client() as client:
        conversation = (await client.conversations.create()).id
        api.fail(faults.slow(1, between=2))
        stream = await client.responses.create(**ASKED, stream=True, conversation=conversation)
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(_drained(stream), 4)

        assert (await client.responses.create(**ASKED, conversation=conversation)).output_text == "Hellö!"


def test_a_fault_that_cannot_befall_a_request_hides_none_that_can(api, client):
    api.say("one", "two")
    api.fail(faults.cut(after=3))
    api.fail(429)
    api.fail(500, when=lambda request: request.method == "DELETE")

    with pytest.raises(openai.RateLimitError):
        once(client).responses.create(**ASKED)
    kept = once(client).responses.create(**ASKED)
    with pytest.raises(openai.InternalServerError):
        once(client).responses.delete(kept.id)
    with pytest.raises((openai.APIConnectionError, *LOW)):
        streamed(once(client))

    api.assert_complete()


@pytest.mark.parametrize("fault", [faults.slow(0.01), faults.repeated(after=5), faults.content_type("text/html")])
def test_a_response_that_is_cancelled_sends_no_more_also_of_a_stream_that_goes_wrong(fault):
    api = FakeOpenAI([SAID])
    api.fail(fault)
    client = api.client()
    stream = client.responses.create(**ASKED, stream=True, background=True)

    client.responses.cancel(next(stream).response.id)

    assert list(stream) == []


@pytest.mark.parametrize("name", ["cut", "stalled", "truncated", "error_event", "malformed", "repeated", "swapped"])
def test_a_stream_of_which_nothing_comes_has_no_room_for_a_fault(name):
    api = FakeOpenAI([SAID])
    client = api.client()
    events = list(client.responses.create(**ASKED, stream=True, background=True))
    api.fail(getattr(faults, name)(1))

    left = client.responses.retrieve(events[0].response.id, stream=True, starting_after=events[-1].sequence_number)

    assert list(left) == []
    with pytest.raises(UnplayedReplies, match=r"/v1/responses/resp_.*: nothing comes of it"):
        api.assert_complete()


def test_an_error_comes_before_the_end():
    api = FakeOpenAI(["Hello"])
    api.fail(faults.error_event(after=9))

    assert len(streamed(api.client())) == 9
    with pytest.raises(UnplayedReplies, match="it has 9 events, and fails after fewer"):
        api.assert_complete()


def test_one_of_several_choices_may_be_whole_when_their_stream_is_cut(api, client):
    api.say(Reply.choices("a", "b"))
    api.fail(faults.cut(after=5))
    stream = once(client).chat.completions.create(model="m", messages=MESSAGES, n=2, stream=True)
    chunks = [next(stream) for _ in range(5)]

    with pytest.raises((openai.APIConnectionError, *LOW)):
        next(stream)

    assert [chunk.choices[0].finish_reason for chunk in chunks].count("stop") == 1


def test_what_is_malformed_is_text_all_the_same(api, client):
    for length in range(8):
        api.say("日本語テキスト" * 20 + "x" * length)
        api.fail(faults.malformed(after=4))
        with pytest.raises(json.JSONDecodeError):
            streamed(client)


def test_how_often_a_fault_happened_is_told():
    api = FakeOpenAI()
    api.fail(503, times=3)

    for _ in range(2):
        with pytest.raises(openai.InternalServerError):
            once(api.client()).models.list()

    with pytest.raises(UnplayedReplies, match=r"fail\(faults.status\(503\), times=3\): it happened 2 of 3 times"):
        api.assert_complete()


def test_a_fault_of_a_stream_waits_where_the_request_is_refused():
    api = FakeOpenAI()
    api.fail(faults.cut(after=1))

    with pytest.raises(openai.BadRequestError):
        api.client().responses.create(**ASKED, previous_response_id="resp_gone", stream=True)

    with pytest.raises(UnplayedReplies, match="/v1/responses was refused with a status of 400"):
        api.assert_complete()


async def _rule(request):
    return False


@pytest.mark.parametrize(
    "make",
    [
        lambda api: api.fail(faults.status(429, retry_after="soon")),
        lambda api: api.fail(faults.status(429, retry_after=-1)),
        lambda api: api.fail(faults.status(429, headers={"x": 5})),
        lambda api: api.fail(faults.status(429, headers={"x": "a\r\nb"})),
        lambda api: api.fail(faults.content_type(5)),
        lambda api: api.fail(429, when=_rule),
    ],
)
def test_what_cannot_be_sent_is_refused_where_it_is_written(make):
    with pytest.raises(ReplyInvalid):
        make(FakeOpenAI())


def test_headers_of_a_fault_go_before_those_of_the_server(api, http):
    api.fail(faults.status(429, headers={"Retry-After-Ms": "50", "Content-Type": "text/html", "X-Request-Id": "mine"}))

    headers = http.get("models").headers

    assert headers.get_list("retry-after-ms") == ["50"]
    assert (headers["content-type"], headers["x-request-id"]) == ("text/html", "mine")


async def test_the_clock_of_a_loop_is_as_it_was():
    api = FakeOpenAI(["Hello"])
    api.fail(faults.slow(5))
    async with api.async_client() as client:
        await client.responses.create(**ASKED)

    found = await asyncio.get_running_loop().run_in_executor(executor=None, func=lambda: "found")

    assert found == "found"


async def test_a_client_without_a_timeout_is_told_also_where_others_go_on():
    async def beat():
        for _ in range(10_000):
            await asyncio.sleep(1)

    api = FakeOpenAI([SAID])
    api.fail(faults.stalled(after=2))
    beating = asyncio.create_task(beat())
    async with api.async_client(timeout=None, max_retries=0) as client:
        with pytest.raises(FakeModelError, match="its client has no timeout"):
            await _drained(await client.responses.create(**ASKED, stream=True))
    beating.cancel()


def test_a_server_that_ends_in_the_middle_of_an_answer_breaks_it_off(capfd):
    api, asked = FakeOpenAI(["Hello"]), threading.Event()
    api.fail(faults.timeout(), when=lambda request: asked.set() is None)
    caught = []

    def ask():
        try:
            openai.OpenAI(base_url=served.base_url, api_key="any", max_retries=0).responses.create(**ASKED)
        except openai.APIError as error:
            caught.append(type(error))

    with api.serve() as served:
        asking = threading.Thread(target=ask)
        asking.start()
        asked.wait(timeout=30)
    asking.join()

    assert caught == [openai.APIConnectionError]
    assert "Traceback" not in capfd.readouterr().err


def test_a_request_that_was_not_sent_to_its_end_is_none():
    api = FakeOpenAI(["Hello"])
    body = b'{"model": "m", "input": "Hi"}'
    with api.serve() as served:
        host, port = served.base_url.removeprefix("http://").removesuffix("/v1").split(":")
        with socket.create_connection((host, int(port))) as connection:
            head = b"POST /v1/responses HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n"
            connection.sendall(head + b"%x\r\n%s\r\n" % (len(body), body))
        with openai.OpenAI(base_url=served.base_url, api_key="any") as client:
            assert client.responses.create(**ASKED).output_text == "Hello"

    assert len(api.requests) == 1
