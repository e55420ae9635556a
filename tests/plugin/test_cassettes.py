"""The cassette marker, fixture and option, as a user meets them: pytest inside pytest."""

import pytest

from tests.suites import ASK, BRAZIL

CAPITAL = """
import openai
import pytest


@pytest.mark.cassette
def test_capital(fake_openai):
    fake_openai.say("Brazil", "Brasília")
    client = openai.OpenAI()
    first = client.responses.create(model="gpt-4.1", input="The largest country in South America? One word.")
    second = client.responses.create(model="gpt-4.1", input="Its capital? One word.", previous_response_id=first.id)
    assert second.output_text == "Brasília"
"""


def test_a_recorded_conversation_is_replayed(suite: pytest.Pytester):
    suite.makepyfile(test_geo=CAPITAL)

    recorded = suite.runpytest("--cassettes=record")
    recorded.assert_outcomes(passed=1)
    recorded.stdout.fnmatch_lines(["cassettes: 1 recorded"])

    replayed = suite.runpytest()
    replayed.assert_outcomes(passed=1)
    replayed.stdout.fnmatch_lines(["cassettes: 1 played"])


def test_a_changed_prompt_fails_with_what_differs(suite: pytest.Pytester):
    suite.makepyfile(test_geo=CAPITAL)
    suite.runpytest("--cassettes=record").assert_outcomes(passed=1)

    suite.makepyfile(test_geo=CAPITAL.replace('"Its capital? One word.", previous_response_id=first.id', '"And?"'))
    result = suite.runpytest()

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "E * turn 2 of test_capital is not what was recorded (cassettes/test_geo/test_capital.yaml)",
            "E * POST /v1/responses, nearest: recorded turn 2",
            "E *   input                 - 'Its capital? One word.'",
            "E *                         + 'And?'",
            "E *   previous_response_id  - 'resp_*' (from the answer of turn 1)",
            "E *                         + absent",
            "E * Re-record this test alone:  pytest --cassettes=rerecord test_geo.py::test_capital",
        ]
    )


# One request is enough for most of what follows.


@pytest.fixture
def geo(suite: pytest.Pytester):
    """A suite whose tests share `ask`, and `brazil`: the API that says one reply."""
    suite.makeconftest(BRAZIL)

    def write(tests: str, name: str = "test_geo") -> pytest.Pytester:
        suite.makepyfile(**{name: ASK + tests})
        return suite

    return write


def cassettes(suite: pytest.Pytester) -> dict[str, str]:
    folder = suite.path / "cassettes"
    return {str(file.relative_to(folder)): file.read_text(encoding="utf-8") for file in sorted(folder.rglob("*.*"))}


ONE = """
@pytest.mark.cassette
def test_capital(brazil):
    assert ask() == "Brazil"
"""


def run(suite: pytest.Pytester, *args: str, told: str | None = None, **outcomes: int) -> pytest.RunResult:
    result = suite.runpytest(*args)
    result.assert_outcomes(**outcomes)
    if told is not None:
        result.stdout.fnmatch_lines([f"cassettes: {told}"])
    return result


# The modes.


def test_without_a_cassette_a_test_says_how_to_record_it(geo):
    result = run(geo(ONE), errors=1)

    result.stdout.fnmatch_lines(
        [
            "CassetteMissing: test_capital has no cassette to replay (cassettes/test_geo/test_capital.yaml)",
            "Record this test alone:  pytest --cassettes=record test_geo.py::test_capital",
        ]
    )
    assert "site-packages" not in result.stdout.str()


def test_the_name_of_a_test_is_quoted_for_the_shell(geo):
    suite = geo(
        """
@pytest.mark.cassette
@pytest.mark.parametrize("city", ["Rio de Janeiro"])
def test_capital(city, brazil): ...
"""
    )

    run(suite, errors=1).stdout.fnmatch_lines(
        ["Record this test alone:  pytest --cassettes=record 'test_geo.py::test_capital[[]Rio de Janeiro[]]'"]
    )


def test_record_leaves_what_is_recorded_and_plays_it(geo):
    suite = geo(ONE)
    run(suite, "--cassettes=record", passed=1, told="1 recorded")
    before = cassettes(suite)

    geo(ONE + ONE.replace("test_capital", "test_another"))

    run(suite, "--cassettes=record", passed=2, told="1 played, 1 recorded")
    assert cassettes(suite)["test_geo/test_capital.yaml"] == before["test_geo/test_capital.yaml"]


def test_rerecord_of_one_test_leaves_the_others(geo):
    both = ONE + ONE.replace("test_capital", "test_another")
    suite = geo(both)
    run(suite, "--cassettes=record", passed=2, told="2 recorded")
    before = cassettes(suite)

    geo(both.replace("ask()", 'ask("Which?")'))

    run(suite, "--cassettes=rerecord", "test_geo.py::test_capital", passed=1, told="1 re-recorded")
    after = cassettes(suite)
    assert {name for name in after if after[name] != before[name]} == {"test_geo/test_capital.yaml"}
    assert list(after) == ["test_geo/test_another.yaml", "test_geo/test_capital.yaml"]


def test_equal_answers_leave_the_file_untouched(geo):
    suite = geo(ONE)
    run(suite, "--cassettes=record", passed=1)
    file = suite.path / "cassettes" / "test_geo" / "test_capital.yaml"
    before = file.stat().st_mtime_ns

    run(suite, "--cassettes=rerecord", passed=1, told="1 left equal")

    assert file.stat().st_mtime_ns == before


@pytest.mark.parametrize("mode", ["record", "rerecord"])
def test_a_failing_test_leaves_its_cassette_as_it_was(geo, mode):
    suite = geo(ONE)
    if mode == "rerecord":
        run(suite, "--cassettes=record", passed=1)
    before = cassettes(suite)

    geo(ONE.replace("ask()", 'ask("Which?")').replace('== "Brazil"', '== "Peru"'))

    run(suite, f"--cassettes={mode}", failed=1, told="1 not recorded")
    assert cassettes(suite) == before


@pytest.mark.parametrize("mode", ["record", "rerecord", "replay"])
@pytest.mark.parametrize(
    ("change", "outcomes"),
    [
        (("def test", "@pytest.mark.skip\ndef test"), {"skipped": 1}),
        (("assert ask()", "ask('Which?'); pytest.skip()\n    assert ask()"), {"skipped": 1}),
        (("def test_capital(brazil", ("@pytest.fixture\ndef broken(brazil): ask('Which?'); 1 / 0\n\n\n"
          "def test_capital(broken")), {"errors": 1}),
    ],
    ids=["marked to be skipped", "skips itself", "setup fails"],
)  # fmt: skip
def test_a_test_that_did_not_run_leaves_its_cassette(geo, mode, change, outcomes):
    suite = geo(ONE)
    run(suite, "--cassettes=record", passed=1)
    before = cassettes(suite)

    test = ONE.replace(*change)
    if "broken" in test:
        test = test.replace("@pytest.mark.cassette\n", "", 1).replace("def test", "@pytest.mark.cassette\ndef test")
    geo(test.replace("ask('Which?')", "ask()") if mode != "rerecord" else test)

    run(suite, f"--cassettes={mode}", **outcomes)
    assert cassettes(suite) == before


# Where a cassette lies.


def test_every_test_has_a_file_of_its_own_name(geo):
    suite = geo(
        """
pytestmark = pytest.mark.cassette


def test_plain(brazil):
    ask()


@pytest.mark.parametrize("city", ["Rio", "a/b", "What: *?", "São Paulo"])
def test_each(city, brazil):
    ask(city)


class TestCity:
    def test_plain(self, brazil):
        ask()


@pytest.mark.cassette(name="shared")
def test_named(brazil):
    ask()
"""
    )
    run(suite, "--cassettes=record", passed=7, told="7 recorded")

    assert [name.removeprefix("test_geo/") for name in cassettes(suite)] == [
        "TestCity.test_plain.yaml",
        "shared.yaml",
        "test_each[Rio].yaml",
        "test_each[S\\xe3o Paulo].yaml".replace("\\", "-"),
        "test_each[What- --].yaml",
        "test_each[a-b].yaml",
        "test_plain.yaml",
    ]
    run(suite, passed=7, told="7 played")


def test_a_cassette_lies_beside_its_test(suite: pytest.Pytester):
    suite.makeconftest(BRAZIL)
    folder = suite.mkdir("deep")
    (folder / "test_geo.py").write_text(ASK + ONE, encoding="utf-8")

    run(suite, "--cassettes=record", passed=1)

    assert (folder / "cassettes" / "test_geo" / "test_capital.yaml").exists()


def test_a_cassette_that_ships_is_played_by_its_name(suite: pytest.Pytester):
    suite.makepyfile(
        """
        import pytest


        @pytest.mark.cassette(name="fakemodel:previous_response_id/plain", allow_unplayed=True)
        def test_shipped(cassette):
            assert len(cassette.turns) > 1


        @pytest.mark.cassette(name="fakemodel:previous_response_id/plian")
        def test_missing():
            pass


        @pytest.mark.cassette(name="fakemodel:chat/text")
        def test_unplayed():
            pass
        """
    )

    result = suite.runpytest("--cassettes=record")

    result.assert_outcomes(passed=2, errors=2)
    result.stdout.fnmatch_lines_random(
        [
            "*test_missing has no cassette to replay (*plian.yaml)",
            "*No cassette of that name ships. fakemodel:previous_response_id/plain does; is it meant?*fakemodel show",
            "*fakemodel:chat/text ships with fakemodel, and cannot be recorded here: record one of your own*",
        ]
    )
    assert "Record this test alone" not in result.stdout.str()


# The fixture.


def test_the_fixture_is_the_same_as_the_marker(geo):
    suite = geo(
        """
def test_capital(brazil, cassette):
    assert ask() == "Brazil"
    assert cassette.path.name == "test_capital.yaml"
    assert [request.json["input"] for request in cassette.requests] == ["The largest country?"]
    assert [turn.response.status for turn in cassette.turns] == [200]
    print("mode:", cassette.mode)
"""
    )

    run(suite, "-s", "--cassettes=record", passed=1, told="1 recorded").stdout.fnmatch_lines(["*mode: record*"])
    run(suite, "-s", passed=1, told="1 played").stdout.fnmatch_lines(["*mode: replay*"])


def test_a_session_keeps_no_cassette_of_a_test_that_is_over(geo):
    suite = geo(
        """
import gc
import weakref

played = []

def test_capital(brazil, cassette):
    ask()
    played.append(weakref.ref(cassette))

def test_over():
    gc.collect()
    assert played[0]() is None
"""
    )
    run(suite, "--cassettes=record", passed=2)
    run(suite, passed=2)


def test_the_fixture_of_a_fixture_puts_a_cassette_into_the_player(geo):
    suite = geo(
        """
@pytest.fixture
def tape(cassette):
    return cassette


def test_capital(tape, brazil):
    assert ask() == "Brazil"
    assert len(tape.requests) == 1
"""
    )

    run(suite, "--cassettes=record", passed=1, told="1 recorded")
    run(suite, passed=1, told="1 played")


def test_the_fixture_that_is_asked_for_too_late_says_so(suite: pytest.Pytester):
    suite.makepyfile(
        """
        def test_capital(request):
            request.getfixturevalue("cassette")
        """
    )

    run(suite, failed=1).stdout.fnmatch_lines(
        ["*Name the cassette fixture in the test's signature, or use @pytest.mark.cassette."]
    )


def test_fixtures_are_set_up_and_torn_down_in_the_cassette(geo):
    suite = geo(
        """
@pytest.fixture(autouse=True)
def conversation(fake_openai):
    fake_openai.say("begun", "Brazil")
    assert ask("Begin") == "begun"
    yield
    fake_openai.say("ended")
    assert ask("End") == "ended"


@pytest.mark.cassette
def test_capital():
    assert ask() == "Brazil"
"""
    )

    run(suite, "--cassettes=record", passed=1, told="1 recorded")
    assert cassettes(suite)["test_geo/test_capital.yaml"].count("- request:") == 3
    run(suite, passed=1, told="1 played")


@pytest.mark.parametrize("option", ["-p neighbour -p fakemodel.plugin", "-p fakemodel.plugin -p neighbour"])
def test_so_are_those_of_other_plugins_loaded_before_ours_or_after_it(geo, monkeypatch: pytest.MonkeyPatch, option):
    suite = geo(ONE)
    suite.makepyfile(
        neighbour="""
        import openai
        import pytest


        @pytest.fixture(autouse=True)
        def conversation(fake_openai):
            fake_openai.say("begun")
            asked("Begin")
            yield
            fake_openai.say("ended")
            asked("End")


        def asked(question):
            with openai.OpenAI() as client:
                client.responses.create(model="gpt-4.1", input=question)
        """
    )
    file = suite.path / "pyproject.toml"
    file.write_text(file.read_text(encoding="utf-8").replace("-p fakemodel.plugin", option), encoding="utf-8")
    monkeypatch.syspath_prepend(suite.path)

    run(suite, "--cassettes=record", passed=1, told="1 recorded")
    assert cassettes(suite)["test_geo/test_capital.yaml"].count("- request:") == 3
    run(suite, passed=1, told="1 played")


# The settings.

ERROR = """
def refused():
    with openai.OpenAI() as client, pytest.raises(openai.BadRequestError):
        client.responses.create(model="gpt-4.1", input="Its capital?", previous_response_id="resp_gone")
"""


def test_an_error_is_not_recorded_by_accident(geo):
    suite = geo(
        ERROR
        + """
@pytest.mark.cassette
def test_expired(fake_openai):
    refused()
"""
    )

    run(suite, "--cassettes=record", failed=1, told="1 refused").stdout.fnmatch_lines(
        [
            "*CassetteInvalid: turn 1 of test_expired was answered 400 Bad Request, so that the file was left*",
            "*POST http://127.0.0.1:*/v1/responses: *Previous response with id 'resp_gone' not found.*",
            "*Where the test means the error: allow_errors=True",
        ]
    )
    assert cassettes(suite) == {}


def test_an_error_is_recorded_where_the_test_means_it(geo):
    suite = geo(
        ERROR
        + """
@pytest.mark.cassette(allow_errors=True)
def test_expired(fake_openai):
    refused()
"""
    )

    run(suite, "--cassettes=record", passed=1, told="1 recorded")
    run(suite, passed=1, told="1 played")


@pytest.mark.parametrize(
    ("marker", "config", "ini", "differs"),
    [
        ("", "{}", "", True),
        ("ignore=['input']", "{}", "", False),
        ("", "{'ignore': ['input']}", "", False),
        ("", "{}", "input", False),
        ("ignore=[]", "{'ignore': ['input']}", "input", True),
        ("ignore=['input']", "{'ignore': []}", "", False),
        ("", "{'ignore': []}", "input", True),
        ("allow_unplayed=True", "{'ignore': ['input']}", "", False),
    ],
)
def test_the_marker_counts_over_the_fixture_over_the_ini_option(geo, marker, config, ini, differs):
    suite = geo(ONE)
    run(suite, "--cassettes=record", passed=1)
    suite.makeconftest(f"{BRAZIL}\n\n@pytest.fixture(scope='session')\ndef cassette_config():\n    return {config}\n")
    geo(ONE.replace("cassette\n", f"cassette({marker})\n").replace("ask()", "ask('Which?')"))

    options = ["-o", f"cassette_ignore={ini}"] if ini else []
    run(suite, *options, **({"failed": 1} if differs else {"passed": 1}))


@pytest.mark.parametrize(
    ("marker", "config", "told"),
    [
        (
            "ignored=['input']",
            "{}",
            (
                "@pytest.mark.cassette takes name, ignore, scrub, max_age, payloads_over, allow_errors, "
                "allow_unplayed, refuse_network, not ignored."
            ),
        ),
        ("'shared'", "{}", "@pytest.mark.cassette takes keywords only: name='shared'."),
        (
            "",
            "{'name': 'shared', 'record_mode': 'all'}",
            (
                "cassette_config takes ignore, scrub, max_age, payloads_over, allow_errors, allow_unplayed, "
                "refuse_network, not name, record_mode."
            ),
        ),
    ],
    ids=["unknown", "positional", "config"],
)
def test_a_setting_that_does_not_exist_is_refused(geo, marker, config, told):
    suite = geo(ONE.replace("cassette\n", f"cassette({marker})\n"))
    suite.makeconftest(f"{BRAZIL}\n\n@pytest.fixture\ndef cassette_config():\n    return {config}\n")

    result = run(suite, "--cassettes=record", errors=1)

    result.stdout.fnmatch_lines([f"*{told}"])
    assert "site-packages" not in result.stdout.str()
    assert cassettes(suite) == {}


def test_the_network_is_refused_in_replay_unless_it_is_said(suite: pytest.Pytester):
    suite.makepyfile(
        test_net="""
        import socket

        import pytest


        def call():
            with socket.socket() as connection, pytest.raises(OSError, match="unreachable"):
                connection.connect(("255.255.255.255", 443))


        @pytest.mark.cassette
        def test_refused():
            call()


        @pytest.mark.cassette(refuse_network=False)
        def test_let_through():
            call()
        """
    )
    run(suite, "--cassettes=record", passed=2)

    result = run(suite, passed=1, failed=1)

    result.stdout.fnmatch_lines(
        [
            (
                "E * A connection to 255.255.255.255 was tried while the cassette is replayed: the request went past "
                "it, over a client that cassettes do not know, or a websocket."
            ),
            "E * Where that is meant: refuse_network=False",
        ]
    )
    run(suite, "-o", "cassette_refuse_network=false", passed=2)


# Turns that are not asked for.


def test_turns_that_are_left_are_an_error_of_the_teardown(geo):
    suite = geo(ONE)
    run(suite, "--cassettes=record", passed=1)
    geo(ONE.replace('assert ask() == "Brazil"', "pass"))

    result = run(suite, passed=1, errors=1)

    result.stdout.fnmatch_lines(
        [
            "*ERROR at teardown of test_capital*",
            (
                "*UnplayedTurns: test_capital no longer asks for 1 of 1 recorded turns "
                "(cassettes/test_geo/test_capital.yaml)"
            ),
            "*  turn 1  POST https://api.openai.com/v1/responses",
            "*Re-record this test alone:  pytest --cassettes=rerecord test_geo.py::test_capital",
            "*Where that is meant: allow_unplayed=True",
        ]
    )
    assert "site-packages" not in result.stdout.str()


@pytest.mark.parametrize(
    ("marker", "body", "outcomes"),
    [("cassette", "1 / 0", {"failed": 1}), ("cassette(allow_unplayed=True)", "pass", {"passed": 1})],
    ids=["a test that failed already", "a test that allows it"],
)
def test_turns_that_are_left_are_not_told_of(geo, marker, body, outcomes):
    suite = geo(ONE)
    run(suite, "--cassettes=record", passed=1)
    geo(ONE.replace('assert ask() == "Brazil"', body).replace("cassette\n", f"{marker}\n"))

    run(suite, **outcomes).stdout.no_fnmatch_line("*no longer asks*")


# Other plugins.


def test_the_workers_of_xdist_are_counted_together(geo):
    many = "".join(ONE.replace("test_capital", f"test_{number}") for number in range(4))
    suite = geo(many)

    run(suite, "-n2", "--cassettes=record", passed=4, told="4 recorded")
    run(suite, "-n2", passed=4, told="4 played")


def test_a_test_that_is_run_again_is_judged_anew(geo):
    suite = geo(ONE)
    run(suite, "--cassettes=record", passed=1)
    suite.makeconftest(
        BRAZIL
        + """
from _pytest.runner import runtestprotocol


def pytest_runtest_protocol(item, nextitem):
    first = runtestprotocol(item, nextitem=nextitem, log=False)
    assert [report.outcome for report in first] == ["passed", "failed", "passed"]
    runtestprotocol(item, nextitem=nextitem)
    return True
"""
    )
    geo(
        """
questions = ["Which?", "The largest country?"]


@pytest.mark.cassette
def test_capital(brazil):
    assert ask(questions.pop(0)) == "Brazil"
"""
    )

    run(suite, passed=1, told="1 played")


# One file, one test.


def test_two_tests_do_not_record_to_one_file(geo):
    suite = geo("""
@pytest.mark.parametrize("where", ["a/b", "a:b"])
@pytest.mark.cassette
def test_capital(brazil, where):
    assert ask() == "Brazil"
""")

    refusal = (
        "*SettingInvalid: test_geo.py::test_capital[[]a:b[]] and test_geo.py::test_capital[[]a/b[]] have the same "
        "file, test_capital[[]a-b[]].yaml: only one of them can record it. *"
    )

    for arguments in (["--cassettes=record"], ["--cassettes=rerecord"], ["--cassettes=rerecord", "-n", "2"]):
        run(suite, *arguments, errors=2).stdout.fnmatch_lines([refusal])
    assert cassettes(suite) == {}


def test_a_file_that_two_tests_have_is_recorded_by_one_of_them_and_played_by_both(geo):
    suite = geo("""
@pytest.mark.cassette(name="brazil")
def test_one(brazil):
    assert ask() == "Brazil"


@pytest.mark.cassette(name="brazil")
def test_other(brazil):
    assert ask() == "Brazil"
""")

    run(suite, "--cassettes=record", "-k", "one", passed=1, told="1 recorded")

    run(suite, passed=2, told="2 played")
    run(suite, "--cassettes=record", passed=2, told="2 played")


def test_classes_within_classes_have_files_of_their_own(geo):
    inner = """
class Test{0}:
    class TestInner:
        @pytest.mark.cassette
        def test_capital(self, brazil):
            assert ask() == "Brazil"
"""
    suite = geo(inner.format("A") + inner.format("B"))

    run(suite, "--cassettes=record", passed=2)

    assert set(cassettes(suite)) == {f"test_geo/Test{each}.TestInner.test_capital.yaml" for each in "AB"}


def test_what_ships_is_played_whatever_the_mode(suite: pytest.Pytester):
    suite.makepyfile(
        test_geo="""
import openai
import pytest


@pytest.mark.cassette(name="fakemodel:previous_response_id/plain")
def test_capital():
    client = openai.OpenAI()
    first = client.responses.create(model="gpt-4.1", input="The largest country in South America? One word.")
    second = client.responses.create(model="gpt-4.1", input="Its capital? One word.", previous_response_id=first.id)
    assert second.output_text == "Brasília"


@pytest.mark.cassette(name="fakemodel:nothing/here")
def test_nothing():
    pass
"""
    )

    result = suite.runpytest("--cassettes=rerecord")

    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(
        ["*CassetteMissing: test_nothing has no cassette to replay*", "cassettes: 1 missing, 1 played"]
    )


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("name=5", "name=5 is no name of a cassette: expected is a string."),
        ('name="../elsewhere"', "name='../elsewhere' leads out of the folder of cassettes."),
        ('name="fakemodel:../elsewhere"', "name='fakemodel:../elsewhere' leads out of the folder of cassettes."),
        ('ignore="metadata"', "@pytest.mark.cassette says ignore='metadata', expected is a list."),
        ('ignore=["."]', "'.' is no JSON path. Paths look like metadata.run_id, input[[]*], input[[]0]."),
        ('allow_errors="false"', "@pytest.mark.cassette says allow_errors='false', expected is a bool."),
    ],
)
def test_a_setting_of_the_wrong_kind_is_refused(geo, setting, message):
    suite = geo(ONE.replace("mark.cassette", f"mark.cassette({setting})"))

    result = run(suite, errors=1)

    result.stdout.fnmatch_lines([f"*SettingInvalid: {message}".replace("input[[]*]", "input[[]*[]]*")])


def test_a_config_that_is_no_dict_is_refused(geo):
    suite = geo(ONE + "\n\n@pytest.fixture\ndef cassette_config():\n    return None\n")

    run(suite, errors=1).stdout.fnmatch_lines(
        ["*SettingInvalid: cassette_config is None, expected is a dict of ignore, *"]
    )


def test_a_markers_settings_add_to_those_of_its_class(geo):
    suite = geo("""
@pytest.mark.cassette(ignore=["input"])
class TestGeo:
    @pytest.mark.cassette(name="largest")
    def test_capital(self, brazil):
        assert ask(QUESTION) == "Brazil"


QUESTION = "The largest?"
""")
    run(suite, "--cassettes=record", passed=1)

    suite.makepyfile(test_geo=(suite.path / "test_geo.py").read_text().replace('"The largest?"', '"The biggest?"'))

    run(suite, passed=1, told="1 played")
    assert set(cassettes(suite)) == {"test_geo/largest.yaml"}


def test_a_cassette_within_a_cassette_is_refused(geo):
    suite = geo("""
import fakemodel


@pytest.mark.cassette
def test_capital(brazil):
    ask()
    with fakemodel.cassette("inner.yaml", mode="record"):
        pass
""")

    run(suite, "--cassettes=record", failed=1).stdout.fnmatch_lines(
        ["E *SettingInvalid: inner.yaml cannot be opened while test_capital.yaml is open: *"]
    )


SUBTESTS = """
import os


@pytest.mark.cassette
def test_capital(fake_openai, subtests):
    fake_openai.say(os.environ.get("SAID", "Brazil"))
    said = ask()
    with subtests.test("what is said"):
        assert said == "Brazil"
"""


@pytest.mark.skipif(not hasattr(pytest, "Subtests"), reason="pytest before 9 has no subtests of its own")
def test_a_test_whose_subtest_fails_leaves_its_cassette_as_it_was(geo, monkeypatch: pytest.MonkeyPatch):
    suite = geo(SUBTESTS)
    suite.runpytest("--cassettes=record")
    before = cassettes(suite)
    monkeypatch.setenv("SAID", "Peru")

    suite.runpytest("--cassettes=rerecord").stdout.fnmatch_lines(["cassettes: 1 not recorded"])

    assert before
    assert cassettes(suite) == before


@pytest.mark.parametrize("name", ["", ".", "a/", "a//b", "a:b", "a*", "x\\n", "nul\\x00"])
def test_a_name_that_no_file_can_have_everywhere_is_refused(geo, name):
    suite = geo(ONE.replace("mark.cassette", f'mark.cassette(name="{name}")'))

    run(suite, "--cassettes=record", errors=1).stdout.fnmatch_lines([f"*SettingInvalid: name='{name}' is no*"])

    assert cassettes(suite) == {}


def test_a_fixture_that_skips_leaves_a_cassette_that_was_not_played(geo):
    suite = geo(ONE)
    run(suite, "--cassettes=record", passed=1)
    suite.makeconftest(suite.path.joinpath("conftest.py").read_text() + "\n    pytest.skip('not today')\n")

    run(suite, skipped=1, told="1 not played")
