"""pytest-recording's marker and its `vcr_config`, understood where that plugin is absent."""

import importlib.util

import pytest

from tests.suites import ASK

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("pytest_recording") is not None,
    reason="pytest-recording owns the marker where it is installed",
)

TEST = """
@pytest.mark.vcr
def test_capital(fake_openai):
    fake_openai.say("Brazil")
    assert ask(extra_query={"api-version": "SECRET"}, extra_headers={"content-type": "application/json"}) == "Brazil"
"""


def with_config(suite: pytest.Pytester, config: str) -> None:
    suite.makeconftest(
        f"""
import pytest


@pytest.fixture(scope="module")
def vcr_config():
    return {config}
"""
    )


def recording(suite: pytest.Pytester) -> str:
    (file,) = (suite.path / "cassettes").rglob("*.yaml")
    return file.read_text(encoding="utf-8")


IN_CLASS = """
class TestGeo:
    @pytest.mark.vcr
    def test_capital(self, fake_openai):
        fake_openai.say("Brazil")
        assert ask() == "Brazil"
"""


def test_the_marker_records_and_replays(suite: pytest.Pytester):
    suite.makepyfile(test_geo=ASK + TEST + IN_CLASS)

    recorded = suite.runpytest("--cassettes=record")
    recorded.assert_outcomes(passed=2)
    recorded.stdout.fnmatch_lines(["cassettes: 2 recorded"])

    folder = suite.path / "cassettes" / "test_geo"
    assert sorted(file.name for file in folder.iterdir()) == ["TestGeo.test_capital.yaml", "test_capital.yaml"]
    suite.runpytest().assert_outcomes(passed=2)


@pytest.mark.parametrize(
    ("config", "kept", "removed"),
    [
        ("{}", "SECRET", None),
        ("{'filter_query_parameters': ['api-version']}", "v1/responses", "SECRET"),
        ("{'filter_query_parameters': [('api-version', 'HIDDEN')]}", "HIDDEN", "SECRET"),
        ("{'filter_headers': ['authorization', 'content-type']}", "    headers: {}", None),
        ("{'filter_headers': [('content-type', 'HIDDEN')]}", "HIDDEN", None),
        ("{'before_record_response': lambda r: {**r, 'status': {'code': 200, 'message': 'HIDDEN'}}}", "HIDDEN", None),
    ],
)
def test_the_filters_of_vcr_config_are_honoured(suite: pytest.Pytester, config, kept, removed):
    with_config(suite, config)
    suite.makepyfile(ASK + TEST)

    suite.runpytest("--cassettes=record").assert_outcomes(passed=1)

    assert kept in recording(suite)
    assert removed is None or removed not in recording(suite)
    suite.runpytest().assert_outcomes(passed=1)


@pytest.mark.parametrize("by", ["{'before_record_request': lambda request: None}", "{'ignore_localhost': True}"])
def test_what_is_filtered_out_passes_and_is_not_recorded(suite: pytest.Pytester, by):
    with_config(suite, by)
    suite.makepyfile(ASK + TEST)

    suite.runpytest("--cassettes=record").assert_outcomes(passed=1)

    assert "interactions: []" in recording(suite)


def test_this_machine_may_be_asked_beside_a_replay(suite: pytest.Pytester):
    with_config(suite, "{'ignore_localhost': True}")
    suite.makepyfile(
        """
        import openai
        import pytest

        from fakemodel import FakeOpenAI


        @pytest.mark.vcr
        def test_capital(cassette):
            with FakeOpenAI(["Brazil"]).serve() as served:
                client = openai.OpenAI(base_url=served.base_url, api_key="sk")
                with client:
                    assert client.responses.create(model="gpt-4.1", input="Which?").output_text == "Brazil"
            assert cassette.requests == []
        """
    )

    suite.runpytest("--cassettes=record").assert_outcomes(passed=1)
    suite.runpytest().assert_outcomes(passed=1)


@pytest.mark.parametrize(
    ("where", "setting", "told"),
    [
        (
            "fixture",
            "match_on=['method']",
            (
                "vcr_config says match_on=['method'], which fakemodel does not take: requests are matched on method, "
                "path, query and JSON body; what may differ is named by ignore=[…]."
            ),
        ),
        (
            "marker",
            "record_mode='once'",
            (
                "vcr_config says record_mode='once', which fakemodel does not take: recording is asked for on the "
                "command line: --cassettes=record or --cassettes=rerecord."
            ),
        ),
        (
            "fixture",
            "cassette_library_dir='tapes'",
            (
                "vcr_config says cassette_library_dir='tapes', which fakemodel does not take: it has no meaning for "
                "fakemodel's cassettes."
            ),
        ),
    ],
)
def test_what_would_loosen_the_matching_is_refused_by_name(suite: pytest.Pytester, where, setting, told):
    with_config(suite, f"dict({setting})" if where == "fixture" else "{}")
    suite.makepyfile(ASK + (TEST.replace("vcr", f"vcr({setting})") if where == "marker" else TEST))

    result = suite.runpytest("--cassettes=record")

    result.assert_outcomes(errors=1)
    assert told in result.stdout.str()
    assert "site-packages" not in result.stdout.str()


def test_positional_arguments_of_the_marker_are_not_ignored_in_silence(suite: pytest.Pytester):
    suite.makepyfile(ASK + TEST.replace("vcr", "vcr('shared.yaml')"))

    result = suite.runpytest("--cassettes=record")

    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*shared.yaml*"])


def test_the_cassette_marker_counts_where_both_are_given(suite: pytest.Pytester):
    suite.makepyfile(ASK + TEST.replace("vcr", "vcr(match_on=['method'])\n@pytest.mark.cassette"))

    suite.runpytest("--cassettes=record").assert_outcomes(passed=1)


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ('{"filter_sensitive_data": [("<NAME>", "Ann")]}', "vcr_config says filter_sensitive_data=*"),
        (
            '{"filter_header": ["x"]}',
            "vcr_config says filter_header=*: it has no meaning for fakemodel's cassettes.",
        ),
    ],
)
def test_a_setting_that_would_not_be_honoured_is_refused(suite: pytest.Pytester, config, message):
    with_config(suite, config)
    suite.makepyfile(test_geo=ASK + TEST)

    result = suite.runpytest("--cassettes=record")

    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([f"*SettingInvalid: {message}"])
