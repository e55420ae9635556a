"""Clients, fixtures and cassettes that live longer than a test."""

import pytest

CLIENT = """
import openai
import pytest


@pytest.fixture(scope="session")
def client():
    return openai.OpenAI({arguments})


def asked(client, question="Which?"):
    return client.responses.create(model="gpt-4.1", input=question).output_text

"""

RECORDED = """
@pytest.mark.cassette
def test_one(brazil):
    assert asked(openai.OpenAI()) == "Brazil"


@pytest.mark.cassette
def test_two(brazil):
    assert asked(openai.OpenAI(), "Another?") == "Brazil"
"""

REPLAYED = RECORDED.replace("(brazil)", "(client)").replace("openai.OpenAI()", "client")


ASSISTED = REPLAYED.replace("one(client)", "one(assistant, client)").replace("two(client)", "two(assistant, client)")


@pytest.fixture(autouse=True)
def no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)


@pytest.fixture
def recorded(beside, told) -> pytest.Pytester:
    """A suite whose two tests are recorded."""
    suite = beside()
    suite.makepyfile(test_geo=CLIENT.format(arguments="") + RECORDED)
    told(suite.runpytest("--cassettes=record"), "2 recorded", passed=2)
    return suite


@pytest.mark.parametrize("scope", ["session", "package", "module", "class"])
@pytest.mark.parametrize("arguments", ["", "api_key='sk'", "base_url='https://eu.api.openai.com/v1'"])
def test_a_client_of_a_wider_scope_is_replayed_without_a_key(recorded, told, scope, arguments):
    module = CLIENT.format(arguments=arguments).replace("session", scope) + REPLAYED
    recorded.makepyfile(test_geo=module)

    told(recorded.runpytest(), "2 played", passed=2)


def test_a_client_that_a_test_without_a_cassette_made_is_replayed_after_it(recorded, told):
    recorded.makepyfile(
        test_geo=CLIENT.format(arguments="api_key='sk'") + "\ndef test_before(client): pass\n" + REPLAYED
    )

    told(recorded.runpytest(), "2 played", passed=3)


def test_a_client_of_the_module_itself_is_replayed(recorded, told):
    module = CLIENT.format(arguments="") + "\nCLIENT = openai.OpenAI(api_key='sk')\n"
    recorded.makepyfile(test_geo=module + RECORDED.replace("(brazil)", "()").replace("openai.OpenAI()", "CLIENT"))

    told(recorded.runpytest(), "2 played", passed=2)


def test_the_placeholder_of_the_key_is_gone_when_the_test_is_over(recorded, told):
    recorded.makepyfile(
        test_geo=CLIENT.format(arguments="")
        + REPLAYED
        + "\n\ndef test_zero():\n    import os\n\n    assert 'OPENAI_API_KEY' not in os.environ\n"
    )

    told(recorded.runpytest(), "2 played", passed=3)


def test_a_fixture_of_the_module_that_asks_in_its_setup_is_told_how_to(recorded, told):
    recorded.makepyfile(
        test_geo=CLIENT.format(arguments="max_retries=0")
        + """
@pytest.fixture(scope="module")
def assistant(client):
    return asked(client, "Who are you?")

"""
        + ASSISTED
    )

    result = recorded.runpytest()

    result.assert_outcomes(errors=2)
    result.stdout.fnmatch_lines(
        [
            "*NetworkRefused: A connection to api.openai.com was tried outside of the cassette of test_one, *",
            "*fakemodel.cassette(*",
        ]
    )


BY_HAND = """
import fakemodel


@pytest.fixture(scope="module")
def assistant(client):
    with fakemodel.cassette("assistant.yaml"):
        return asked(client, "Who are you?")

"""


@pytest.fixture
def assistant(beside, told) -> pytest.Pytester:
    """A suite with a cassette that is opened by hand."""
    suite = beside()
    made = """
def test_assistant(fake_openai):
    fake_openai.say("A fake")
    with fakemodel.cassette("assistant.yaml", mode="record"):
        assert asked(openai.OpenAI(), "Who are you?") == "A fake"
"""
    suite.makepyfile(test_geo="import fakemodel\n" + CLIENT.format(arguments="") + RECORDED + made)
    told(suite.runpytest("--cassettes=record"), "2 recorded", passed=3)
    assert (suite.path / "assistant.yaml").exists()
    return suite


@pytest.mark.parametrize("scope", ["module", "session"])
def test_a_cassette_by_hand_in_a_wider_fixture_goes_before_that_of_the_test(assistant, told, scope):
    assistant.makepyfile(test_geo=CLIENT.format(arguments="") + BY_HAND.replace("module", scope) + ASSISTED)

    told(assistant.runpytest(), "2 played", passed=2)


def test_a_cassette_by_hand_that_stays_open_over_a_marked_test_is_refused_by_name(assistant, told):
    assistant.makepyfile(test_geo=CLIENT.format(arguments="") + BY_HAND.replace("return", "yield") + ASSISTED)

    result = assistant.runpytest()

    result.assert_outcomes(errors=2)
    result.stdout.fnmatch_lines(["*SettingInvalid: test_one.yaml cannot be opened while assistant.yaml is open: *"])


def test_a_cassette_by_hand_may_stay_open_over_tests_that_have_none(assistant, told):
    assistant.makepyfile(
        test_geo=CLIENT.format(arguments="api_key='sk'")
        + BY_HAND.replace('return asked(client, "Who are you?")', "yield")
        + "\ndef test_of_the_assistant(assistant, client):\n    assert asked(client, 'Who are you?') == 'A fake'\n"
    )

    told(assistant.runpytest("-k", "assistant"), passed=1)


def test_a_cassette_by_hand_inside_a_marked_test_is_refused_by_name(assistant):
    assistant.makepyfile(
        test_geo=CLIENT.format(arguments="")
        + """
import fakemodel


@pytest.mark.cassette
def test_one(client):
    assert asked(client) == "Brazil"
    with fakemodel.cassette("assistant.yaml"):
        asked(client, "Who are you?")
"""
    )

    result = assistant.runpytest()

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["E *SettingInvalid: assistant.yaml cannot be opened while test_one.yaml is open: *"])


@pytest.mark.parametrize("workers", [[], ["-n2"]], ids=["one process", "workers"])
def test_a_shared_file_is_refused_in_every_worker(beside, told, files, workers):
    if workers:
        pytest.importorskip("xdist", reason="what happens in the workers of xdist")
    suite = beside()
    suite.makepyfile(test_geo=CLIENT.format(arguments="") + RECORDED.replace("cassette\n", 'cassette(name="shared")\n'))

    result = suite.runpytest_subprocess("--cassettes=record", *workers)

    told(result, errors=2)
    result.stdout.fnmatch_lines(["*SettingInvalid: *test_two*test_one*shared.yaml*"])
    assert files() == {}


def test_an_autouse_fixture_of_a_plugin_that_was_loaded_before_ours_is_within_the_cassette(beside, told, files):
    suite = beside()
    suite.makepyfile(
        neighbour="""
import openai
import pytest


@pytest.fixture(autouse=True)
def greeting(fake_openai):
    fake_openai.say("Hello")
    asked("Hello?")
    yield
    fake_openai.say("Bye")
    asked("Bye?")


def asked(question):
    openai.OpenAI().responses.create(model="gpt-4.1", input=question)
""",
        test_geo=CLIENT.format(arguments="") + RECORDED,
    )
    file = suite.path / "pyproject.toml"
    file.write_text(file.read_text("utf-8").replace("-p fakemodel", "-p neighbour -p fakemodel"), "utf-8")
    suite.syspathinsert()

    told(suite.runpytest("--cassettes=record"), "2 recorded", passed=2)
    assert [text.count("- request:") for text in files().values()] == [3, 3]
    told(suite.runpytest(), "2 played", passed=2)
