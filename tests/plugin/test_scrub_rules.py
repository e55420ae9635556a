"""A user's own rules: what no cassette must hold, and what stands in its place, however the rule is given."""

import json
from pathlib import Path

import openai
import pytest

import fakemodel
from fakemodel import CassetteMiss, FakeOpenAI, Reply, SettingInvalid, text, tool_call
from fakemodel.httpx_modules import sdk_httpx
from fakemodel.tape import layout
from fakemodel.tape.interaction import Interaction, Request, Response
from tests.suites import ASK

pytestmark = pytest.mark.usefixtures("own_folder")

API = "https://api.openai.com/v1"
DATE = r"\d{4}-\d\d-\d\d"


def ask(api: FakeOpenAI, words: str, **options) -> str:
    with api.client() as client:
        return client.responses.create(model="gpt-4.1", input=words, **options).output_text


def recorded(*replies: object, words: str, scrub: dict, **options) -> str:
    """Record one question to geo.yaml, and return the file."""
    api = FakeOpenAI(replies)
    with fakemodel.cassette("geo.yaml", mode="rerecord", scrub=scrub), api.client() as client:
        list(client.responses.create(model="gpt-4.1", input=words, stream=True, **options))
    return Path("geo.yaml").read_text("utf-8")


def test_a_date_in_a_prompt_may_be_any():
    words, scrub = "Today is {}. Which weekday?", {DATE: "a day"}
    with fakemodel.cassette("geo.yaml", mode="record", scrub=scrub):
        assert ask(FakeOpenAI(["Friday"]), words.format("2026-11-20")) == "Friday"

    assert "Today is a day. Which weekday?" in Path("geo.yaml").read_text("utf-8")
    for today in ("2026-11-20", "2031-01-02"):
        with fakemodel.cassette("geo.yaml", scrub=scrub):
            assert ask(FakeOpenAI(), words.format(today)) == "Friday"
    with pytest.raises(CassetteMiss), fakemodel.cassette("geo.yaml"):
        ask(FakeOpenAI(), words.format("2026-11-20"))


def test_the_live_answer_is_as_it_was_and_the_recorded_one_is_not():
    scrub = {"Ana Silva": "somebody"}
    with fakemodel.cassette("geo.yaml", mode="record", scrub=scrub):
        assert ask(FakeOpenAI(["Hello, Ana Silva."]), "I am Ana Silva") == "Hello, Ana Silva."

    assert "Ana" not in Path("geo.yaml").read_text("utf-8")
    with fakemodel.cassette("geo.yaml", scrub=scrub):
        assert ask(FakeOpenAI(), "I am Ana Silva") == "Hello, somebody."


def test_a_rule_reaches_over_the_deltas_of_a_stream():
    file = recorded(
        Reply(
            text("I am An", "a Sil", "va, and ", "Ana Silva."),
            tool_call("greet", ['{"name": "A', "na Silva", '"}']),
        ),
        words="Who?",
        scrub={"Ana Silva": "somebody"},
    )

    assert [json.loads(line.partition("data: ")[2])["delta"] for line in file.splitlines() if '"delta":' in line] == [
        *("I am somebody", "", ", and ", "somebody."),
        *('{"name": "somebody', "", '"}'),
    ]
    assert "Silva" not in file


def test_a_rule_reaches_headers_and_addresses():
    moved = Response(303, "See Other", {"location": ["https://ana.example/files/ana?user=ana"]}, b"")
    request = Request("GET", "https://ana.example/users/ana?user=ana", {"content-type": ["text/plain; by=ana"]}, b"ana")
    layout.write(Path("geo.yaml"), layout.written([Interaction(request, moved)], {}))

    with fakemodel.cassette("geo.yaml", scrub={"ana|bob": "somebody"}) as tape, sdk_httpx().Client() as client:
        answer = client.request("GET", "https://bob.example/users/bob?user=bob", content=b"bob")

    assert answer.headers["location"] == "https://somebody.example/files/somebody?user=somebody"
    (turn,) = tape.turns
    assert turn.request == Request(
        "GET",
        "https://somebody.example/users/somebody?user=somebody",
        {"content-type": ["text/plain; by=somebody"]},
        b"somebody",
    )


def test_rules_are_applied_one_after_the_other_in_their_order():
    first_name_first = {"Ana": "A.", r"A\. Silva": "somebody"}
    last_name_first = {r"A\. Silva": "somebody", "Ana": "A."}

    assert '"input": "I am somebody"' in recorded("Hi", words="I am Ana Silva", scrub=first_name_first)
    assert '"input": "I am A. Silva"' in recorded("Hi", words="I am Ana Silva", scrub=last_name_first)


def test_a_replacement_may_name_groups():
    scrub = {r"(?P<first>\w+)@(\w+)\.com": r"\g<first>@example.\2"}

    assert '"input": "To ana@example.silva"' in recorded("Hi", words="To ana@silva.com", scrub=scrub)


@pytest.mark.parametrize("scrub", [{"Ana": "Ana B."}, {"Ana": "Bob", "Bob": "Ana"}], ids=["grows", "goes round"])
def test_a_rule_whose_replacement_it_matches_again_is_replayed(scrub):
    with fakemodel.cassette("geo.yaml", mode="record", scrub=scrub):
        ask(FakeOpenAI(["Fine"]), "I am Ana")

    with fakemodel.cassette("geo.yaml", scrub=scrub):
        assert ask(FakeOpenAI(), "I am Ana") == "Fine"


def test_a_rule_for_all_numbers_leaves_the_routes_of_the_api():
    scrub = {r"\d+": "0"}
    with (
        FakeOpenAI(["Fine"]).serve() as served,
        fakemodel.cassette("geo.yaml", mode="record", scrub=scrub),
        openai.OpenAI(base_url=served.base_url, api_key="sk-live") as client,
    ):
        client.responses.create(model="gpt-4.1", input="Order 77")

    with fakemodel.cassette("geo.yaml", scrub=scrub):
        assert ask(FakeOpenAI(), "Order 78").startswith("Fine")


def test_an_old_file_is_played_by_new_rules():
    with fakemodel.cassette("geo.yaml", mode="record"):
        ask(FakeOpenAI(["Friday, 2026-11-20"]), "Today is 2026-11-20.")
    before = Path("geo.yaml").read_bytes()

    with fakemodel.cassette("geo.yaml", scrub={DATE: "a day"}):
        assert ask(FakeOpenAI(), "Today is 2031-01-02.") == "Friday, a day"

    assert Path("geo.yaml").read_bytes() == before


NO_DICT = "expected is a dict of regular expressions and their replacements."


@pytest.mark.parametrize(
    ("scrub", "message"),
    [
        (None, f"scrub=None: {NO_DICT}"),
        ("Ana", f"scrub='Ana': {NO_DICT}"),
        (["Ana"], f"scrub=['Ana']: {NO_DICT}"),
        ({"Ana": 5}, f"scrub={{'Ana': 5}}: {NO_DICT}"),
        ({5: "Ana"}, f"scrub={{5: 'Ana'}}: {NO_DICT}"),
        ({"Ana": None}, f"scrub={{'Ana': None}}: {NO_DICT}"),
        (
            {"(Ana": "x"},
            "scrub={'(Ana': 'x'}: '(Ana' is no regular expression: missing ), unterminated subpattern at position 0.",
        ),
        (
            {"a": "b", "*": "x"},
            "scrub={'a': 'b', '*': 'x'}: '*' is no regular expression: nothing to repeat at position 0.",
        ),
    ],
)
@pytest.mark.parametrize("mode", ["record", "replay"])
def test_what_is_no_rule_is_refused(scrub, message, mode):
    recorded("Hi", words="Who?", scrub={})

    with pytest.raises(SettingInvalid) as refused, fakemodel.cassette("geo.yaml", mode=mode, scrub=scrub):
        pass

    assert str(refused.value) == message


@pytest.mark.parametrize("new", [r"\1", r"\g<name>", "\\"])
def test_a_replacement_that_cannot_be_made_is_refused_at_once(new):
    with pytest.raises(SettingInvalid), fakemodel.cassette("geo.yaml", mode="record", scrub={"Ana": new}):
        pass


# In a suite.

SUITE = f"""{ASK}
@pytest.fixture
def brazil(fake_openai):
    fake_openai.say("Ana of Brazil")


@pytest.mark.cassette(settings)
def test_capital(brazil):
    ask("I am Ana")
"""


@pytest.fixture
def geo(suite: pytest.Pytester):
    """Write a test with this marker, a conftest beside it, and record: what stands in the file then of the question."""

    def write(marker: str = "", conftest: str = "") -> str:
        suite.makeconftest(f"import pytest\n\n{conftest}")
        suite.makepyfile(test_geo=SUITE.replace("settings", marker))
        suite.runpytest("--cassettes=rerecord").assert_outcomes(passed=1)
        suite.runpytest().assert_outcomes(passed=1)
        file = suite.path / "cassettes" / "test_geo" / "test_capital.yaml"
        return layout.read(file)[0].request.json["input"]

    return write


CONFIG = (
    "@pytest.fixture(scope='session')\ndef cassette_config():\n    return {'scrub': {'Ana': 'of the fixture'}}\n\n\n"
)
HOOK = "def pytest_fakemodel_scrub(config):\n    return {'Ana': 'of the hook'}\n\n\n"


@pytest.mark.parametrize(
    ("marker", "conftest", "asked"),
    [
        ("", "", "I am Ana"),
        ("scrub={'Ana': 'of the marker'}", "", "I am of the marker"),
        ("", CONFIG, "I am of the fixture"),
        ("", HOOK, "I am of the hook"),
        ("scrub={'Ana': 'of the marker'}", CONFIG, "I am of the marker"),
        ("scrub={'Ana': 'of the marker'}", HOOK, "I am of the marker"),
        ("", CONFIG + HOOK, "I am of the fixture"),
        ("scrub={}", CONFIG, "I am Ana"),
        ("scrub={}", CONFIG + HOOK, "I am of the hook"),
        ("scrub={'I am': 'You are'}", CONFIG + HOOK, "You are of the hook"),
        ("ignore=['metadata']", CONFIG, "I am of the fixture"),
        ("scrub={'A..': 'of the marker'}", HOOK, "I am of the marker"),
    ],
)
def test_the_marker_counts_over_the_fixture_and_both_go_before_the_hook(geo, marker, conftest, asked):
    assert geo(marker, conftest) == asked


def test_a_hook_is_asked_with_the_config(geo, suite: pytest.Pytester):
    asked = geo("", "def pytest_fakemodel_scrub(config):\n    return {'Ana': config.rootpath.name}\n")

    assert asked == f"I am {suite.path.name}"


def test_a_hook_that_returns_nothing_adds_nothing(geo):
    assert geo("scrub={'Ana': 'somebody'}", "def pytest_fakemodel_scrub():\n    return None\n") == "I am somebody"


@pytest.mark.parametrize(
    ("marker", "conftest", "told"),
    [
        ("scrub=['Ana']", "", "*SettingInvalid: @pytest.mark.cassette says scrub=[[]'Ana'[]], expected is a dict."),
        (
            "",
            "@pytest.fixture\ndef cassette_config():\n    return {'scrub': 'Ana'}\n",
            "*SettingInvalid: cassette_config says scrub='Ana', expected is a dict.",
        ),
        (
            "scrub={'(': ''}",
            "",
            (
                "*SettingInvalid: scrub={'(': ''}: '(' is no regular expression: "
                "missing ), unterminated subpattern at position 0."
            ),
        ),
        (
            "",
            "def pytest_fakemodel_scrub():\n    return {'(': ''}\n",
            "*SettingInvalid: scrub={'(': ''}: '(' is no regular expression: *",
        ),
        ("", "def pytest_fakemodel_scrub():\n    return ['Ana']\n", "*SettingInvalid: *[[]'Ana'[]]*a dict*"),
    ],
    ids=["marker", "fixture", "expression", "expression of a hook", "hook"],
)
def test_bad_rules_are_refused_in_words(suite: pytest.Pytester, marker, conftest, told):
    suite.makeconftest(f"import pytest\n\n{conftest}")
    suite.makepyfile(test_geo=SUITE.replace("settings", marker))

    result = suite.runpytest("--cassettes=record")

    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([told])
    assert "site-packages" not in result.stdout.str()


def test_a_hook_of_another_name_is_refused_by_pytest(suite: pytest.Pytester):
    suite.makeconftest("def pytest_fakemodel_scrubs():\n    return {}\n")

    assert "unknown hook 'pytest_fakemodel_scrubs'" in suite.runpytest().stderr.str() + suite.runpytest().stdout.str()
