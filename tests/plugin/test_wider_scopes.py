"""Fixtures that live longer than a test: their clients are replayed, and what they ask does not get past a cassette."""

from pathlib import Path

import pytest

import fakemodel

ROOT = Path(__file__).parent.parent.parent

HEAD = """
import contextlib
import os

import openai
import pytest

import fakemodel


def asked(client, question="The largest country?"):
    return client.responses.create(model="gpt-4.1", input=question).output_text

"""

RECORDED = """
@pytest.mark.cassette
def test_one(fake_openai):
    fake_openai.say("Brazil")
    assert asked(openai.OpenAI()) == "Brazil"


@pytest.mark.cassette
def test_two(fake_openai):
    fake_openai.say("Peru")
    assert asked(openai.OpenAI(), "And the third?") == "Peru"
"""

BROADCAST = "http://255.255.255.255/v1"
"""An address that the system itself refuses at once: nothing is sent, should the guard fail."""


@pytest.fixture(autouse=True)
def _no_key(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)


@pytest.fixture
def recorded(suite: pytest.Pytester):
    """Write a module in the place of one whose two tests were recorded."""
    suite.makepyfile(test_geo=HEAD + RECORDED)
    suite.runpytest("--cassettes=record").assert_outcomes(passed=2)

    def write(module: str) -> pytest.Pytester:
        suite.makepyfile(test_geo=HEAD + module)
        return suite

    return write


def run(suite: pytest.Pytester, *args: str, told: str | None = None, **outcomes: int) -> pytest.RunResult:
    result = suite.runpytest("test_geo.py", *args)
    result.assert_outcomes(**outcomes)
    if told is not None:
        result.stdout.fnmatch_lines([f"cassettes: {told}"])
    return result


# Clients.

CLIENT = """
@pytest.fixture(scope="{scope}")
def client():
    with openai.OpenAI() as client:
        yield client


def test_the_key_is_unset_before():
    assert "OPENAI_API_KEY" not in os.environ


@pytest.mark.cassette
def test_one(client):
    assert asked(client) == "Brazil"


@pytest.mark.cassette
def test_two(client):
    assert asked(client, "And the third?") == "Peru"


def test_the_key_is_unset_again():
    assert "OPENAI_API_KEY" not in os.environ
"""


@pytest.mark.parametrize("scope", ["session", "package", "module", "class"])
def test_a_client_of_a_wider_scope_plays_the_cassette_of_each_test_without_a_key(recorded, scope):
    run(recorded(CLIENT.format(scope=scope)), passed=4, told="2 played")


@pytest.mark.parametrize("arguments", ["api_key='sk'", "base_url='https://eu.api.openai.com/v1'"])
def test_a_client_with_an_address_or_a_key_of_its_own_plays_the_cassette_of_each_test(recorded, arguments):
    module = CLIENT.format(scope="session").replace("OpenAI()", f"OpenAI({arguments})")

    run(recorded(module), passed=4, told="2 played")


def test_a_client_that_a_test_without_a_cassette_made_plays_the_cassettes_of_those_after_it(recorded):
    made = "\ndef test_zero(client):\n    assert client.api_key == 'sk'\n\n\n@pytest.mark.cassette\ndef test_one("
    module = CLIENT.format(scope="session").replace("OpenAI()", "OpenAI(api_key='sk')")

    run(recorded(module.replace("\n@pytest.mark.cassette\ndef test_one(", made)), passed=5, told="2 played")


def test_a_client_of_the_module_itself_plays_the_cassette_of_each_test(recorded):
    tests = CLIENT.format(scope="session").partition("        yield client\n")[2]
    by_name = (
        tests.replace("(client)", "()").replace("asked(client", "asked(CLIENT").replace("asked()", "asked(CLIENT)")
    )

    run(recorded(f"\nCLIENT = openai.OpenAI(api_key='sk')\n{by_name}"), passed=4, told="2 played")


AT_THE_END = """
import os
import socket


def pytest_unconfigure():
    print("left:", os.environ.get("OPENAI_API_KEY"), vars(socket.socket).get("connect"))
"""


def test_nothing_is_left_when_the_session_is_over(recorded):
    suite = recorded(CLIENT.format(scope="session").partition("def test_the_key_is_unset_again")[0])
    suite.makeconftest(AT_THE_END)

    run(suite, "-s", passed=3, told="2 played").stdout.fnmatch_lines(["*left: None None"])


@pytest.mark.parametrize("interrupt", ["raise KeyboardInterrupt", "pytest.exit('enough')"])
def test_nothing_is_left_when_the_session_is_interrupted(recorded, monkeypatch: pytest.MonkeyPatch, interrupt):
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    suite = recorded(f"@pytest.mark.cassette\ndef test_one():\n    {interrupt}\n")
    suite.makeconftest(AT_THE_END)

    # In a process of its own, which is interrupted instead of ours.
    suite.runpytest_subprocess("-s").stdout.fnmatch_lines(["*left: None None"])


def test_an_async_client_of_a_wider_scope_plays_the_cassette_of_each_test(recorded):
    suite = recorded(
        """
@pytest.fixture(scope="module")
def client():
    return openai.AsyncOpenAI()


@pytest.mark.cassette
async def test_one(client):
    answer = await client.responses.create(model="gpt-4.1", input="The largest country?")
    assert answer.output_text == "Brazil"


@pytest.mark.cassette
async def test_two(client):
    events = await client.responses.create(model="gpt-4.1", input="And the third?")
    assert events.output_text == "Peru"
"""
    )

    run(suite, passed=2, told="2 played")


def test_without_a_cassette_a_client_finds_no_key(suite: pytest.Pytester):
    suite.makepyfile(test_geo=HEAD + CLIENT.format(scope="module").replace("@pytest.mark.cassette\n", ""))

    run(suite, passed=2, errors=2).stdout.fnmatch_lines(["*OpenAIError: *OPENAI_API_KEY*"])


# What they ask.

SETUP = """
@pytest.fixture(scope="module")
def warmed():
    with openai.OpenAI(base_url="{base_url}", max_retries=0) as client{suppress}:
        asked(client, "Who are you?")


@pytest.mark.cassette
def test_one(warmed):
    with openai.OpenAI() as client:
        assert asked(client) == "Brazil"
"""
TEARDOWN = SETUP.replace("def warmed():\n", "def warmed():\n    yield\n")
BY_SOCKET = """
import socket


@pytest.fixture(scope="session")
def warmed():
    with socket.socket() as connection{suppress}:
        connection.connect(("255.255.255.255", 443))
""" + SETUP.partition('Who are you?")\n')[2]

SWALLOWED = ", contextlib.suppress(BaseException)"


def refusal(host: str) -> list[str]:
    return [
        (
            f"*A connection to {host} was tried outside of the cassette of test_one, by a fixture of a wider scope "
            "than the test's. Give that fixture a cassette of its own: with fakemodel.cassette(…)"
        ),
        (
            "*Where that is meant: refuse_network=False in its marker, or cassette_refuse_network = false "
            "among the ini options"
        ),
    ]


@pytest.mark.parametrize(
    ("module", "base_url", "host"),
    [
        (SETUP, "http://192.0.2.1/v1", "192.0.2.1"),
        (SETUP, "https://api.openai.com/v1", "api.openai.com"),
        (BY_SOCKET, "", "255.255.255.255"),
    ],
    ids=["an address", "a name", "a socket"],
)
def test_a_setup_that_asks_another_machine_is_an_error(recorded, module, base_url, host):
    result = run(recorded(module.format(base_url=base_url, suppress="")), errors=1)

    result.stdout.fnmatch_lines(["*ERROR at setup of test_one*", *refusal(host)])
    assert "site-packages" not in result.stdout.str()


@pytest.mark.parametrize("module", [SETUP, BY_SOCKET], ids=["a client", "a socket"])
def test_a_setup_that_swallows_it_fails_the_test(recorded, module):
    result = run(recorded(module.format(base_url=BROADCAST, suppress=SWALLOWED)), failed=1)

    result.stdout.fnmatch_lines(["*FAILURES*", *refusal("255.255.255.255")])


@pytest.mark.parametrize("suppress", ["", SWALLOWED], ids=["raised", "swallowed"])
def test_a_teardown_that_asks_another_machine_is_an_error(recorded, suppress):
    result = run(recorded(TEARDOWN.format(base_url=BROADCAST, suppress=suppress)), passed=1, errors=1, told="1 failed")

    result.stdout.fnmatch_lines(["*ERROR at teardown of test_one*", *refusal("255.255.255.255")])


def test_the_network_is_open_again_when_the_test_is_over(recorded):
    suite = recorded(
        SETUP.format(base_url=BROADCAST, suppress=SWALLOWED)
        + """

def test_zero():
    import socket

    with socket.socket() as connection, pytest.raises(OSError, match="unreachable"):
        connection.connect(("255.255.255.255", 443))
"""
    )

    run(suite, passed=1, failed=1)


UNREACHABLE = ", pytest.raises(openai.APIConnectionError)"


@pytest.mark.parametrize("module", [SETUP, TEARDOWN], ids=["setup", "teardown"])
def test_the_ini_option_lets_it_through(recorded, module):
    suite = recorded(module.format(base_url=BROADCAST, suppress=UNREACHABLE))

    run(suite, "-o", "cassette_refuse_network=false", passed=1, told="1 played")


def test_the_marker_lets_it_through(recorded):
    module = SETUP.format(base_url=BROADCAST, suppress=UNREACHABLE)

    run(recorded(module.replace("cassette\n", "cassette(refuse_network=False)\n")), passed=1, told="1 played")


@pytest.mark.parametrize("module", [SETUP, TEARDOWN], ids=["setup", "teardown"])
def test_it_is_let_through_while_the_test_is_recorded(recorded, module):
    suite = recorded(
        module.format(base_url=BROADCAST, suppress=UNREACHABLE)
        .replace("with openai.OpenAI(base_url", 'with openai.OpenAI(api_key="sk-live", base_url')
        .replace("test_one(warmed)", "test_one(warmed, fake_openai)")
        .replace("    with openai.OpenAI() as", '    fake_openai.say("Brazil")\n    with openai.OpenAI() as')
    )

    run(suite, "--cassettes=rerecord", passed=1, told="1 left equal")


def test_a_server_of_the_suites_own_is_reached(recorded):
    suite = recorded(
        """
@pytest.fixture(scope="module")
def warmed():
    with fakemodel.FakeOpenAI(["A fake.", "Still."]).serve() as served:
        with openai.OpenAI(base_url=served.base_url) as client:
            assert asked(client, "Who are you?") == "A fake."
            yield
            assert asked(client, "And now?") == "Still."


@pytest.mark.cassette
def test_one(warmed):
    with openai.OpenAI() as client:
        assert asked(client) == "Brazil"
"""
    )

    run(suite, passed=1, told="1 played")


# A cassette of their own.

OWN = """
@pytest.fixture(scope="module")
def assistant(request):
    mode = request.config.getoption("--cassettes")
    with fakemodel.cassette(request.path.parent / "assistant.yaml", mode=mode):
        with fakemodel.FakeOpenAI(["A fake."]).client() as client:
            return asked(client, "Who are you?")


@pytest.mark.cassette
def test_one(assistant, fake_openai):
    fake_openai.say("Brazil")
    assert (assistant, asked(openai.OpenAI())) == ("A fake.", "Brazil")


@pytest.mark.cassette
def test_two(assistant, fake_openai):
    fake_openai.say("Peru")
    assert (assistant, asked(openai.OpenAI(), "And the third?")) == ("A fake.", "Peru")
"""


def test_a_fixture_with_a_cassette_of_its_own_is_recorded_and_replayed(suite: pytest.Pytester):
    suite.makepyfile(test_geo=HEAD + OWN)

    run(suite, "--cassettes=record", passed=2, told="2 recorded")
    recorded = (suite.path / "assistant.yaml").read_bytes()
    suite.makepyfile(test_geo=HEAD + OWN.replace('FakeOpenAI(["A fake."])', "FakeOpenAI()"))
    run(suite, passed=2, told="2 played")
    run(suite, "--cassettes=record", passed=2, told="2 played")

    assert (suite.path / "assistant.yaml").read_bytes() == recorded
    suite.makepyfile(test_geo=HEAD + OWN)
    run(suite, "--cassettes=rerecord", passed=2, told="2 left equal")


def test_a_fixture_with_a_cassette_that_is_missing_says_so(recorded):
    result = run(recorded(OWN), errors=2)

    result.stdout.fnmatch_lines(["*CassetteMissing: assistant has no cassette to replay (assistant.yaml)*"])


OWN_OF_THE_NETWORK = """
import socket


@pytest.fixture(scope="module")
def assistant(request):
    mode = request.config.getoption("--cassettes")
    with fakemodel.cassette(request.path.parent / "assistant.yaml", mode=mode{settings}):
        with socket.socket() as connection, pytest.raises(OSError, match="unreachable"):
            connection.connect(("255.255.255.255", 443))


@pytest.mark.cassette
def test_one(assistant):
    with openai.OpenAI() as client:
        assert asked(client) == "Brazil"
"""


def test_a_fixtures_own_cassette_is_recorded_beside_a_test_that_is_recorded_already(recorded):
    suite = recorded(OWN_OF_THE_NETWORK.format(settings=""))

    run(suite, "--cassettes=record", passed=1, told="1 played")
    assert (suite.path / "assistant.yaml").exists()


def test_the_settings_of_a_fixtures_own_cassette_count_while_it_is_open(recorded):
    suite = recorded(OWN_OF_THE_NETWORK.format(settings=", refuse_network=False"))
    with fakemodel.cassette(suite.path / "assistant.yaml", mode="record"):
        pass

    run(suite, passed=1, told="1 played")


def test_a_fixtures_own_cassette_refuses_in_its_own_words(recorded):
    suite = recorded(OWN_OF_THE_NETWORK.format(settings=""))
    with fakemodel.cassette(suite.path / "assistant.yaml", mode="record"):
        pass

    run(suite, errors=1).stdout.fnmatch_lines(
        ["*A connection to 255.255.255.255 was tried while the cassette is replayed: *"]
    )


BY_HAND = """
@pytest.fixture(scope="module")
def assistant(request):
    with fakemodel.cassette(request.path.parent / "assistant.yaml"{settings}):
        yield


{marker}
def test_one(assistant):
    with openai.OpenAI(api_key="sk") as client:
        assert asked(client, "Who are you?") == "A fake."
"""


@pytest.fixture
def by_hand(recorded):
    """Write a module with a cassette that stays open over its test."""

    def write(marker: str, settings: str = "") -> pytest.Pytester:
        suite = recorded(BY_HAND.format(marker=marker, settings=settings))
        with (
            fakemodel.cassette(suite.path / "assistant.yaml", mode="record"),
            fakemodel.FakeOpenAI(["A fake."]).client() as client,
        ):
            client.responses.create(model="gpt-4.1", input="Who are you?")
        return suite

    return write


def test_a_cassette_by_hand_that_stays_open_over_a_test_with_its_own_is_refused_by_name(by_hand):
    result = run(by_hand("@pytest.mark.cassette", ", allow_unplayed=True"), errors=1)

    result.stdout.fnmatch_lines(
        ["*SettingInvalid: test_one.yaml cannot be opened while assistant.yaml is open: a request would go to both. *"]
    )


def test_a_cassette_by_hand_may_stay_open_over_a_test_that_has_none(by_hand):
    run(by_hand(""), passed=1)


# Threads.

OUTLIVING = """
import threading

GO = threading.Event()
THREADS = []


def ask_later(client):
    assert GO.wait(30)
    with contextlib.suppress(BaseException):
        asked(client, "Is anybody there?")


@pytest.mark.cassette
def test_one():
    client = openai.OpenAI()
    THREADS.append(threading.Thread(target=ask_later, args=[client]))
    THREADS[0].start()
    assert asked(client) == "Brazil"


@pytest.mark.cassette
def test_two():
    GO.set()
    THREADS[0].join()
    with openai.OpenAI() as client:
        assert asked(client, "And the third?") == "Peru"
"""


def test_a_thread_that_outlives_its_test_fails_the_next_by_name_where_it_asks_meanwhile(recorded):
    result = run(recorded(OUTLIVING), passed=1, failed=1, told="1 played, 1 refused")

    result.stdout.fnmatch_lines(
        [
            "*CassetteMiss: turn 1 of test_two is not what was recorded (cassettes/test_geo/test_two.yaml)",
            "*   input  - 'And the third?'",
            "*          + 'Is anybody there?'",
            "FAILED test_geo.py::test_two *",
        ]
    )
