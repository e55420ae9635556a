"""A second look at the final text of a cassette: planted secrets are found wherever they stand, and never told."""

import base64
import gzip
import json
import re
import subprocess
import sys
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakemodel.tape.interaction import Request, Response
from fakemodel.tape.leaks import Leak, leaks
from tests.tape.canaries import (
    CANARIES,
    ENVIRON,
    HARMLESS,
    LETTERS,
    PLACES,
    URI,
    answering,
    asking,
    cassette,
    chance,
    in_base64,
    in_deltas,
    said,
    streaming,
)

KEY = "sk-" + "proj-" + chance(60)
TEXT = "turn 2, response body: output[0].content[0].text"
SHIPPED = Path(__file__).parents[2] / "cassettes"


def severe(text: str, name: str = "test_weather.yaml", **environ: str) -> list[tuple[str, str]]:
    return [(leak.kind, leak.where) for leak in leaks(text, name=name, environ=environ) if leak.severe]


def warned(text: str, name: str = "test_weather.yaml") -> list[tuple[str, str]]:
    return [(leak.kind, leak.where) for leak in leaks(text, name=name, environ={}) if not leak.severe]


def answered(text: str) -> str:
    return cassette(None, answering(said(text)))


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("kind", CANARIES)
def test_a_secret_is_found_where_it_stands_and_not_told(kind, place):
    canary, secret = CANARIES[kind]
    text, where, name = PLACES[place](canary)

    found = leaks(text, name=name, environ=ENVIRON)

    assert any(leak.severe and re.fullmatch(where, leak.where) for leak in found), found
    assert canary not in repr(found)
    assert not [secret[at : at + 6] for at in range(len(secret) - 5) if secret[at : at + 6] in repr(found)]


@pytest.mark.parametrize("place", PLACES)
def test_what_only_looks_like_a_secret_is_let_through(place):
    planted = {text: PLACES[place](text) for text in HARMLESS}
    refused = {text: severe(cassette, name, **ENVIRON) for text, (cassette, _, name) in planted.items()}

    assert {text: found for text, found in refused.items() if found} == {}


@pytest.mark.parametrize("alphabet", [LETTERS + "+/", LETTERS + "-_"])
def test_no_detector_fires_on_random_base64(alphabet):
    blobs = [chance(300_000, alphabet, seed) for seed in ("image", "encrypted_content")]

    assert severe(cassette(None, answering({"result": blobs[0], "encrypted_content": blobs[1]})), **ENVIRON) == []


@pytest.mark.parametrize("shift", range(3))
@pytest.mark.parametrize("alphabet", ["+/", "-_"])
@pytest.mark.parametrize("name", ENVIRON)
def test_a_variables_value_is_found_within_base64_wherever_it_begins(name, alphabet, shift):
    """Even in the middle of a run that begins with something else."""
    encoded = base64.b64encode(b"x" * shift + ENVIRON[name].encode() + b"tail").decode()
    text = answered("path/" + encoded.translate(str.maketrans("+/", alphabet)))

    assert severe(text, **ENVIRON) == [(f"value of {name}", TEXT)]


VALUE = chance(24, LETTERS, "variable")


@pytest.mark.parametrize(
    "name",
    [
        *("OPENAI_API_KEY", "GITHUB_TOKEN", "CLIENT_SECRET", "DB_PASSWORD", "MYSQL_PWD", "PASSWD", "SSH_PASSPHRASE"),
        *("SESSION_COOKIE", "SENTRY_DSN", "BASIC_AUTH", "AWS_ACCESS_KEY_ID", "OPENAI_ORG_ID", "OPENAI_ORGANIZATION"),
        *("OPENAI_PROJECT_ID", "API_KEY_2", "apikey", "npm_config_token", "STORAGE_CONNECTION_STRING", "GH_PAT"),
    ],
)
def test_the_values_of_variables_that_sound_secret_are_refused(name):
    assert severe(answered(f"It is {VALUE}"), **{name: VALUE}) == [(f"value of {name}", TEXT)]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("HOSTNAME", VALUE), ("KEYBOARD_LAYOUT", VALUE), ("AUTHOR", VALUE), ("TOKENIZERS_PARALLELISM", VALUE)),
        *(("AUTH_METHOD", VALUE), ("TOKEN_URL", f"https://login.example/{VALUE}"), ("KEY_NAME", VALUE)),
        *(("SSH_AUTH_SOCK", f"/run/user/1000/{VALUE}"), ("XAUTH", f"/tmp/{VALUE}"), ("PWD", VALUE)),
        *(("GOOGLE_APPLICATION_CREDENTIALS", f"/home/user/{VALUE}.json"), ("SSH_KEY", f"~/.ssh/{VALUE}")),
        *(
            ("OPENAI_API_KEY", "sk-fakemodel-placeholder"),
            ("USE_AUTH", "true"),
            ("SOME_KEY", VALUE[:11]),
            ("A_KEY", ""),
        ),
    ],
)
def test_the_values_of_other_variables_are_let_through(name, value):
    assert severe(answered(f"It is {value} and true, {VALUE[:11]}"), **{name: value}) == []


def test_an_address_with_a_password_is_secret_whatever_its_variable_is_called():
    address = f"amqp://app:{chance(4)}!{chance(8)}@broker.internal/app"

    assert severe(answered(f"It is {address}"), BROKER_URL=address)[0] == ("value of BROKER_URL", TEXT)


@pytest.mark.parametrize(
    ("header", "kind"),
    [
        *(("authorization", "credentials"), ("proxy-authorization", "credentials"), ("api-key", "API key")),
        *(("x-api-key", "API key"), ("cookie", "cookie"), ("set-cookie", "cookie")),
        *(("openai-organization", "organisation"), ("OpenAI-Project", "project")),
    ],
)
def test_some_headers_are_refused_whatever_they_say(header, kind):
    where = f"header {header.lower()}"

    assert severe(cassette(asking(b"{}", **{header: '["acme"]'}))) == [(kind, f"turn 2, request {where}")]
    assert severe(cassette(asking(b"{}", **{header: "acme"}))) == [(kind, f"turn 2, request {where}")]
    assert severe(cassette(None, answering({}, **{header: "acme"}))) == [(kind, f"turn 2, response {where}")]


@pytest.mark.parametrize(
    "value",
    [
        *("", "scrubbed", "REDACTED", "***", "XXXXXX", "<token>", "[redacted]", "Bearer scrubbed", "session=scrubbed"),
        *(
            "Bearer sk-fakemodel",
            "sk-fakemodel-placeholder",
            "or" + "g-0000000000000001",
            "{api_key}",
            "$OPENAI_API_KEY",
        ),
    ],
)
def test_headers_may_hold_placeholders(value):
    for header in ("authorization", "api-key", "cookie", "openai-organization"):
        assert severe(cassette(asking(b"{}", **{header: value}), answering({}, **{header: value}))) == []


@pytest.mark.parametrize("name", ["api_key", "key", "token", "sig", "password"])
def test_a_value_in_a_query_or_a_form_is_secret_by_its_name(name):
    query = f"{name}={quote(VALUE)}"

    assert severe(cassette(Request("GET", f"{URI}?{query}", {}, b""))) != []
    assert severe(cassette(asking(f"a=1&{query}".encode()))) != []
    assert severe(cassette(Request("GET", f"{URI}?{name}=scrubbed&limit=20", {}, f"{name}=scrubbed".encode()))) == []


def test_a_tool_that_is_given_credentials_is_refused():
    tool = {"type": "mcp", "server_url": "https://mcp.example", "authorization": VALUE, "headers": {"X-API-Key": VALUE}}

    assert severe(cassette(asking(json.dumps({"tools": [tool]}).encode()))) == [
        ("credentials", "turn 2, request body: tools[0].authorization"),
        ("API key", "turn 2, request body: tools[0].headers.X-API-Key"),
    ]


@pytest.mark.parametrize("value", [{"type": "string"}, "required", "Bearer your-api-key-goes-here", "see RFC 6750", 1])
def test_what_is_said_of_credentials_is_let_through(value):
    assert (
        severe(cassette(asking(json.dumps({"properties": {"authorization": value, "cookie": value}}).encode()))) == []
    )


def test_a_secret_is_told_once_as_what_tells_most_of_it():
    text = cassette(asking(b"{}", authorization=f"Bearer {KEY}-sk-{KEY}"))

    assert severe(text) == [("OpenAI key", "turn 2, request header authorization")]
    assert severe(text, OPENAI_API_KEY=KEY) == [("value of OPENAI_API_KEY", "turn 2, request header authorization")]


def test_all_are_told_in_the_order_of_the_file():
    mail = "anna.smith@acme.org"
    text = cassette(asking(json.dumps({"input": mail}).encode(), cookie="a=b"), in_deltas(f"Use {KEY}"))

    assert leaks(text, name=f"{KEY}.yaml", environ={}) == [
        Leak("OpenAI key", "the file's name", True),
        Leak("e-mail address", "turn 2, request body: input", False),
        Leak("cookie", "turn 2, request header cookie", True),
        Leak("OpenAI key", "turn 2, response body: events 3 to 31, delta", True),
    ]


def test_a_secret_that_one_event_brings_is_told_there_only():
    place = {"type": "response.output_text.delta", "item_id": "msg_1"}
    text = cassette(None, streaming([place | {"delta": delta} for delta in ("Use ", KEY, " well")]))

    assert severe(text) == [("OpenAI key", "turn 2, response body: event 2, delta")]


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_the_lines_of_a_streams_event_are_read_as_one(newline):
    lines = ["event: note", 'data: {"text":', f'data: "{KEY}"}}', "", "data: [DONE]", "", ""]
    body = newline.join(lines).encode()

    text = cassette(None, Response(200, "OK", {"content-type": ["text/event-stream"]}, body))

    assert severe(text) == [("OpenAI key", "turn 2, response body: event 1, text")]


def test_secrets_in_the_comments_of_a_stream_are_found():
    body = f': {KEY}\n\ndata: {{"a": 1}}\n\n'.encode()

    text = cassette(None, Response(200, "OK", {"content-type": ["text/event-stream"]}, body))

    assert severe(text) == [("OpenAI key", "turn 2, response body")]


@pytest.mark.parametrize("key", [KEY, "a" * 80, "bell\x07", in_base64(KEY)], ids=range(4))
def test_a_key_that_is_a_secret_or_no_word_is_not_shown(key):
    text = cassette(None, answering({key: {"inner": KEY}}))

    assert severe(text)[-1] == ("OpenAI key", "turn 2, response body: *.inner")


def test_a_compressed_body_is_looked_into():
    body = gzip.compress(json.dumps(said(KEY)).encode())

    text = cassette(None, Response(200, "OK", {"content-encoding": ["gzip"]}, body))

    assert severe(text) == [("OpenAI key", TEXT)]


def test_a_private_key_over_several_lines_is_found():
    lines = "\n".join(chance(64, LETTERS, str(number)) for number in range(3))

    for title in ("RSA PRIVATE", "ENCRYPTED PRIVATE"):
        assert severe(answered(f"-----BEGIN {title} KEY-----\n{lines}\n-----END {title} KEY-----\n")) != []


OTHERS = f"""
interactions:
- request:
    body: !!python/object/new:_io.BytesIO
      state: !!python/tuple
      - !!binary |
        {base64.b64encode(json.dumps({"input": KEY}).encode()).decode()}
      - 0
    headers:
      Authorization: Bearer {KEY}
      !!python/unicode 'Accept': ["{KEY}"]
    method: POST
    uri: !!python/unicode 'https://api.openai.com/v1/responses'
  response:
    parsed_body:
      output:
      - arguments: '{{"note": "{KEY}"}}'
    body: {{string: !!binary "{base64.b64encode(KEY.encode()).decode()}", encoding: null}}
    status: {{code: 200, message: "{KEY}"}}
- request: &same
    uri: "https://api.openai.com/{KEY}"
  response: *same
recorded: !!python/object/apply:os.mkdir ["{KEY}"]
version: 1 # {KEY}
...
"""


def test_the_files_of_other_recorders_are_read_and_nothing_in_them_is_run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    assert [where for _, where in severe(OTHERS)] == [
        "turn 1, request body: state[0]: input",
        "turn 1, request header authorization",
        "turn 1, request header accept",
        "turn 1, response body: output[0].arguments: note",
        "turn 1, response body",
        "turn 1, response status.message",
        "turn 2, request uri",
        "turn 2, response uri",
        "line 23",
        "line 24",
    ]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("text", "where"),
    [
        (f"a line\nand: [one\n{KEY}\n", "line 3"),
        (f"{KEY}\n", "line 1"),
        (f"- a\n- {KEY}\n", "line 2"),
        (f"interactions: {KEY}\n", "line 1"),
        (f"interactions:\n- {KEY}\n", "turn 1"),
        (f"interactions:\n- request: {KEY}\n", "turn 1, request"),
        (f"interactions:\n- request: {{headers: {KEY}, body: 1}}\n", "turn 1, request header *"),
        (f"interactions:\n- request: {{uri: [{KEY}]}}\n", "turn 1, request uri: [0]"),
        (f"interactions:\n- request:\n    body: | # {KEY}\n      text\n", "line 3"),
        (f"interactions:\n- request:\n    body: !!binary {KEY}=\n", "turn 1, request body"),
        (f"a: 1\n---\ninteractions: [{{note: {KEY}}}]\n", "turn 1, note"),
        (f"a: &a [*a, {KEY}]\ninteractions: [{{request: &b {{body: [*b, {KEY}x]}}}}]", "line 1"),
        (f"a: \0\n# {KEY}", "line 2"),
    ],
    ids=range(13),
)
def test_what_is_no_cassette_is_read_as_far_as_it_goes(text, where):
    assert where in [where for _, where in severe(text)]


@given(st.text() | st.text("{}[]&*!|>-: \n#'\"ab%\\"), st.text())
def test_no_text_is_too_strange_to_be_read(text, name):
    leaks(text, name=name, environ={"A_KEY": name})
    leaks(f"interactions:\n- request:\n    {text}", name=name, environ={})
    leaks(cassette(asking(text.encode(errors="replace")), answering(text)), name=name, environ={})


def test_deep_nesting_and_repetition_are_read_without_fail():
    deep = "[" * 100_000
    doubled = "\n".join(f"k{n}: &k{n} [*k{n - 1}, *k{n - 1}]" for n in range(1, 60))

    assert severe(f'interactions:\n- request: {{body: "{deep} {KEY}"}}') == [("OpenAI key", "turn 1, request body")]
    assert severe(f"interactions:\n- request: {{body: {deep}\n{KEY}") == [("OpenAI key", "line 3")]
    assert severe(f"k0: &k0 {KEY}\n{doubled}\ninteractions: [*k59]") == [("OpenAI key", "line 1")]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("write to anna.smith+test@mail.acme.org", "e-mail address"),
        ("saved in /home/anna/work", "home directory"),
        ("saved in /Users/anna/notes", "home directory"),
        ("saved in C:\\Users\\anna\\notes", "home directory"),
    ],
)
def test_what_tells_of_a_person_is_warned_of(text, kind):
    assert leaks(answered(text), name="test_weather.yaml", environ={}) == [Leak(kind, TEXT, False)]
    assert warned(cassette(), f"/home/anna/notes/{text}.yaml") == []


@pytest.mark.parametrize(
    "text",
    [
        *("anna@example.com", "anna@mail.example.org", "user@ = 1", "@app.route", "2 @ 3.50", "git@", "a@b"),
        *("/home/user/x", "/Users/username/x", "https://acme.org/home/index.html", "api/Users/12", "/home/"),
    ],
)
def test_what_tells_of_nobody_is_not_warned_of(text):
    assert leaks(answered(text), name="test_weather.yaml", environ={}) == []


def test_a_leak_does_not_hold_its_value():
    assert repr(Leak("OpenAI key", TEXT, True)) == f"Leak(kind='OpenAI key', where={TEXT!r}, severe=True)"


def test_the_detectors_are_loaded_only_where_one_is_asked():
    code = "import sys, fakemodel.tape.leaks; assert not [name for name in sys.modules if 'detect_secrets' in name]"

    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_cassettes_that_ship_hold_nothing():
    files = sorted(Path("cassettes").rglob("*.yaml"))
    assert files
    assert [
        leak for file in files for leak in leaks(file.read_text(encoding="utf-8"), name=str(file), environ={})
    ] == []


def test_real_traffic_is_refused_for_its_headers_only(corpus: Path):
    """It was recorded without scrubbing: organisations, projects and cookies are there, but not one key."""
    found = {
        (leak.kind, re.sub(r"turn \d+, ", "", leak.where))
        for file in corpus.rglob("*.yaml")
        for leak in leaks(file.read_text(encoding="utf-8"), name=file.name, environ={})
        if leak.severe
    }

    assert found == {
        ("cookie", "request header cookie"),
        ("organisation", "response header openai-organization"),
        ("project id", "response header openai-project"),
    }
