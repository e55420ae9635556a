"""Beside pytest-recording: each marker has its own player, and neither sees the other's tests."""

import pytest

pytest.importorskip("pytest_recording", reason="what happens beside pytest-recording")

OURS = """
@pytest.mark.cassette
def test_ours(brazil):
    assert ask() == "Brazil"
"""

THEIRS = """
@pytest.mark.vcr
def test_theirs(vcr, api):
    assert ask() == "Brazil"
    print("theirs played:", vcr.play_count)
"""

API = """
import pytest

from fakemodel import FakeOpenAI


@pytest.fixture
def brazil(fake_openai):
    fake_openai.say("Brazil")


@pytest.fixture
def api(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "the-key-of-the-account")
    with FakeOpenAI(["Brazil"]).serve() as served:
        monkeypatch.setenv("OPENAI_BASE_URL", served.base_url)
        yield


@pytest.fixture(scope="module")
def vcr_config():
    return {"match_on": ["method", "body"], "filter_headers": ["authorization"]}
"""


@pytest.fixture(params=["ours first", "theirs first"])
def suite(request: pytest.FixtureRequest, beside):
    suite = beside("recording", last=request.param == "ours first")
    suite.makeconftest(API)
    return suite


def test_a_suite_that_uses_neither_is_as_it_was(suite: pytest.Pytester, told):
    suite.makepyfile("def test_plain(): pass")

    result = suite.runpytest("--strict-config")

    told(result, passed=1)
    assert result.ret == 0


def test_each_marker_has_its_own_player(suite: pytest.Pytester, ask, told, files):
    suite.makepyfile(test_geo=ask + OURS + THEIRS + OURS.replace("test_ours", "test_ours_again"))

    told(suite.runpytest("--cassettes=record", "--record-mode=once"), "2 recorded", passed=3)
    assert list(files()) == [f"test_geo/test_{name}.yaml" for name in ("ours", "ours_again", "theirs")]
    before = files()

    replayed = suite.runpytest("-s")

    told(replayed, "2 played", passed=3)
    replayed.stdout.fnmatch_lines(["*theirs played: 1*"])
    assert files() == before


@pytest.mark.parametrize(
    ("option", "left", "line"),
    [("--cassettes=record", "ours", "1 recorded"), ("--record-mode=once", "theirs", "1 missing")],
)
def test_each_option_records_its_own_tests_alone(suite: pytest.Pytester, ask, told, files, option, left, line):
    suite.makepyfile(test_geo=ask + OURS + THEIRS)

    result = suite.runpytest(option)

    ours = left == "ours"
    told(result, line, **({"passed": 1, "failed": 1} if ours else {"passed": 1, "errors": 1}))
    assert list(files()) == [f"test_geo/test_{left}.yaml"]


def test_their_setting_of_the_matching_does_not_concern_our_tests(suite: pytest.Pytester, ask, told):
    suite.makepyfile(test_geo=ask + OURS)
    told(suite.runpytest("--cassettes=record"), "1 recorded", passed=1)

    suite.makepyfile(test_geo=ask + OURS.replace("ask()", 'ask("Who?")'))

    result = suite.runpytest()
    told(result, "1 refused", failed=1)
    result.stdout.fnmatch_lines(["E *turn 1 of test_ours is not what was recorded (*"])


BOTH = """
@pytest.mark.vcr
@pytest.mark.cassette
def test_both(api):
    assert ask() == "Brazil"
"""


ON = {
    "the test": BOTH,
    "its class": "\n\n@pytest.mark.vcr\nclass TestGeo:\n    @pytest.mark.cassette\n    def test_it(self, api): ask()\n",
    "its module": BOTH.replace("@pytest.mark.vcr", "pytestmark = pytest.mark.vcr\n\n"),
}


@pytest.mark.parametrize(
    ("options", "on"),
    [
        ([], "the test"),
        (["--cassettes=record"], "its class"),
        (["--cassettes=record", "--record-mode=once"], "the test"),
        (["--cassettes=rerecord"], "its module"),
    ],
    ids=["replay", "record", "both record", "rerecord"],
)
def test_both_markers_on_one_test_are_refused_as_they_have_one_file(suite: pytest.Pytester, ask, files, options, on):
    suite.makepyfile(test_geo=ask + ON[on])

    result = suite.runpytest(*options)

    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*SettingInvalid: *@pytest.mark.vcr*"])
    assert files() == {}


def test_disabled_recording_leaves_a_test_with_both_markers_to_us(suite: pytest.Pytester, ask, told):
    suite.makepyfile(test_geo=ask + BOTH)

    told(suite.runpytest("--disable-recording", "--cassettes=record"), "1 recorded", passed=1)
    told(suite.runpytest("--disable-recording"), "1 played", passed=1)


# Their guard of the network.


@pytest.mark.parametrize("by", ["option", "marker", "module"])
def test_a_replay_needs_no_network_where_it_is_blocked(suite: pytest.Pytester, ask, told, by):
    suite.makepyfile(test_geo=ask + OURS)
    told(suite.runpytest("--cassettes=record"), "1 recorded", passed=1)

    marked = {"option": "", "marker": "@pytest.mark.block_network", "module": "pytestmark = pytest.mark.block_network"}
    suite.makepyfile(test_geo=ask + marked[by] + OURS)

    told(suite.runpytest(*["--block-network"][: by == "option"]), "1 played", passed=1)


def test_an_async_replay_needs_no_network_where_it_is_blocked(suite: pytest.Pytester, told):
    suite.makepyfile(
        test_geo="""
import openai
import pytest


@pytest.mark.cassette
async def test_ours(brazil):
    async with openai.AsyncOpenAI() as client:
        async with await client.responses.create(model="gpt-4.1", input="Which?", stream=True) as stream:
            assert "".join([event.delta async for event in stream if event.type.endswith("text.delta")]) == "Brazil"
"""
    )

    told(suite.runpytest("--cassettes=record"), "1 recorded", passed=1)
    told(suite.runpytest("--block-network"), "1 played", passed=1)


PAST = {
    "by an address": "socket.create_connection(('192.0.2.1', 443), timeout=1)",
    "by a name": "socket.create_connection(('api.openai.com', 443), timeout=1)",
    "by a socket alone": "with socket.socket() as own: own.connect(('192.0.2.1', 443))",
}


@pytest.mark.parametrize("how", PAST)
def test_a_connection_past_the_cassette_fails_the_test_also_where_the_network_is_blocked(
    suite: pytest.Pytester, ask, told, how
):
    suite.makepyfile(test_geo=ask + OURS)
    told(suite.runpytest("--cassettes=record"), "1 recorded", passed=1)
    swallowed = f"    import socket\n\n    try:\n        {PAST[how]}\n    except Exception:\n        pass\n"
    suite.makepyfile(test_geo=ask + OURS + swallowed)

    result = suite.runpytest("--block-network")

    told(result, "1 refused", failed=1)
    result.stdout.fnmatch_lines(["*NetworkRefused: A connection to * was tried while the cassette is replayed: *"])


def test_the_guards_are_gone_when_the_tests_are_over(suite: pytest.Pytester, ask, told):
    suite.makepyfile(test_geo=ask + OURS)
    told(suite.runpytest("--cassettes=record"), "1 recorded", passed=1)
    suite.makepyfile(
        test_geo=f"""{ask}
import socket


def guarded():
    return socket.socket.connect, socket.socket.connect_ex, socket.getaddrinfo


BEFORE = guarded()


@pytest.mark.block_network{OURS}

def test_zero_is_free_of_them():
    assert guarded() == BEFORE
"""
    )

    told(suite.runpytest(), "1 played", passed=2)


def test_the_scripted_api_is_asked_where_this_machine_is_allowed(suite: pytest.Pytester, ask, told):
    suite.makepyfile(test_geo=ask + OURS.replace("@pytest.mark.cassette\n", ""))

    told(suite.runpytest("--block-network", "--allowed-hosts=127.0.0.1"), passed=1)


# Their fixtures and options.


def test_their_fixtures_may_be_asked_for_in_our_tests(suite: pytest.Pytester, ask, told):
    suite.makepyfile(
        test_geo=ask
        + """
@pytest.mark.cassette
def test_ours(brazil, vcr, record_mode, vcr_config, vcr_cassette_dir, default_cassette_name, cassette):
    assert ask() == "Brazil"
    assert vcr is None
    assert str(cassette.path) == f"{vcr_cassette_dir}/{default_cassette_name}.yaml"
"""
    )

    told(suite.runpytest("--cassettes=record"), "1 recorded", passed=1)
    told(suite.runpytest(), "1 played", passed=1)


def test_the_marker_vcr_is_described_by_its_owner_alone(suite: pytest.Pytester):
    lines = suite.runpytest("--markers").outlines

    assert [line for line in lines if line.startswith("@pytest.mark.vcr")] == [
        "@pytest.mark.vcr: Mark the test as using VCR.py."
    ]


@pytest.mark.parametrize(
    "loaded",
    ["-p recording", "-p pytest_recording.plugin"],
    ids=["by its name", "by its module"],
)
def test_their_tests_are_theirs_however_their_plugin_was_loaded(
    suite: pytest.Pytester, ask, told, monkeypatch: pytest.MonkeyPatch, loaded
):
    suite.makepyprojecttoml(
        f"[tool.pytest.ini_options]\naddopts = '-p fakemodel.plugin {loaded} -p no:cacheprovider'\n"
    )
    suite.makepyfile(test_geo=ask + THEIRS)
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")

    told(suite.runpytest("--record-mode=once"), passed=1)
    replayed = suite.runpytest("-s")

    told(replayed, passed=1)
    replayed.stdout.fnmatch_lines(["*theirs played: 1*"])


def test_where_their_plugin_is_kept_out_their_marker_is_ours(beside, ask, told):
    suite = beside()
    suite.makepyfile(test_geo=ask + OURS.replace("cassette", "vcr"))

    told(suite.runpytest("--cassettes=record"), "1 recorded", passed=1)
    told(suite.runpytest(), "1 played", passed=1)


def test_where_our_plugin_is_kept_out_theirs_works(beside, told):
    suite = beside("recording")
    file = suite.path / "pyproject.toml"
    file.write_text(file.read_text("utf-8").replace("-p fakemodel.plugin", "-p no:fakemodel.plugin"), "utf-8")
    suite.makeconftest("")
    suite.makepyfile("import pytest\n\n\n@pytest.mark.vcr\ndef test_theirs(vcr):\n    assert vcr.play_count == 0\n")

    told(suite.runpytest(), passed=1)


@pytest.mark.parametrize("workers", [["-n2"], ["-n2", "--dist=loadfile"]], ids=["load", "loadfile"])
def test_the_workers_of_xdist_have_both(beside, ask, told, files, workers):
    pytest.importorskip("xdist", reason="what happens in the workers of xdist")
    suite = beside("recording")
    suite.makeconftest(API)
    suite.makepyfile(test_geo=ask + OURS + THEIRS, test_more=ask + OURS)

    told(suite.runpytest_subprocess(*workers, "--cassettes=record", "--record-mode=once"), "2 recorded", passed=3)
    told(suite.runpytest_subprocess(*workers, "--block-network", "--allowed-hosts=127.0.0.1"), "2 played", passed=3)
    assert len(files()) == 3
