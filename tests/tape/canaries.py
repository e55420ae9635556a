"""Secrets that nobody has, the places of a cassette that they are planted in, and what only looks like them.

Keys are put together from pieces, so that no scanner takes them for real ones.
"""

import base64
import hashlib
import json
import string
from collections.abc import Callable
from typing import NamedTuple
from urllib.parse import quote, quote_plus

from fakemodel.tape.interaction import Interaction, Request, Response
from fakemodel.tape.layout import written

LETTERS = string.ascii_letters + string.digits
URI = "https://api.openai.com/v1/responses"
JSON = {"content-type": ["application/json"]}
SSE = {"content-type": ["text/event-stream; charset=utf-8"]}


def chance(length: int, alphabet: str = LETTERS, seed: str = "canary") -> str:
    """Characters as chance would draw them, the same each time."""
    drawn = b"".join(hashlib.sha512(f"{seed}{length}{part}".encode()).digest() for part in range(length // 64 + 1))
    return "".join(alphabet[byte % len(alphabet)] for byte in drawn[:length])


def url_safe(content: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(content).encode()).decode().rstrip("=")


LOWER = string.ascii_lowercase + string.digits
UPPER = string.ascii_uppercase + string.digits
HEX = string.hexdigits[:16]
AWKWARD = 'horse "battery" \\staple\\ + 100% für/immer & ' + chance(12)

ENVIRON = {"WEATHER_API_KEY": chance(32, HEX, "weather"), "DATABASE_PASSWORD": AWKWARD}

CANARIES = {
    "value of a variable": (ENVIRON["WEATHER_API_KEY"], ENVIRON["WEATHER_API_KEY"]),
    "awkward value of a variable": (AWKWARD, AWKWARD[-12:]),
    **{
        kind: (begin + secret + end, secret)
        for kind, begin, secret, end in [
            ("OpenAI project key", "sk-" + "proj-", chance(74) + "T3Blbk" + "FJ" + chance(73), ""),
            ("OpenAI service key", "sk-" + "svcacct-", chance(48, LETTERS + "_-"), ""),
            ("OpenAI admin key", "sk-" + "admin-", chance(48, LETTERS + "_-"), ""),
            ("OpenAI key of old", "sk-", chance(20) + "T3Blbk" + "FJ" + chance(20), ""),
            ("OpenAI key without a mark", "sk-", chance(48), ""),
            ("Anthropic key", "sk-" + "ant-api03-", chance(95, LETTERS + "_-"), ""),
            ("Google key", "AI" + "za", chance(35, LETTERS + "_-"), ""),
            ("Hugging Face token", "h" + "f_", chance(34), ""),
            ("organisation id", "or" + "g-", chance(24), ""),
            ("project id", "pro" + "j_", chance(24), ""),
            ("AWS key id", "AK" + "IA", chance(16, UPPER), ""),
            ("AWS secret key", "aws_secret_access_key = '", chance(40), "'"),
            ("GitHub token", "gh" + "p_", chance(36), ""),
            ("GitHub token of today", "github" + "_pat_", chance(22) + "_" + chance(59), ""),
            ("GitLab token", "glp" + "at-", chance(20, LETTERS), ""),
            ("Slack token", "xo" + "xb-", chance(12, string.digits) + "-" + chance(24), ""),
            ("Stripe key", "sk_" + "live_", chance(24), ""),
            ("Twilio key", "S" + "K", chance(32, HEX), ""),
            ("SendGrid key", "S" + "G.", chance(22) + "." + chance(43), ""),
            ("npm token", "np" + "m_", chance(36), ""),
            ("PyPI token", "py" + "pi-AgEI" + "cHlwaS5vcmc", chance(80), ""),
            ("Azure storage key", "Account" + "Key=", chance(86) + "==", ";"),
            ("JSON web token", "", ".".join([url_safe({"alg": "HS256"}), url_safe({"sub": "1234"}), chance(43)]), ""),
            ("private key", "-----BEGIN " + "PRIVATE KEY----- ", chance(64, LETTERS + "+/"), " -----END"),
            ("password in an address", "postgres://app:", chance(16), "@db.internal/app"),
            ("bearer token", "Bearer ", chance(40), ""),
            ("credentials", "Authorization: Basic ", chance(24), ""),
            ("cookie", "__cf" + "_bm=", chance(43, LETTERS + "._"), "; path=/"),
        ]
    },
}
"""The text to plant, and the part of it that is the secret, by kind."""


class Planted(NamedTuple):
    text: str
    where: str
    """What a leak's place must match."""
    name: str = "test_weather.yaml"


def cassette(request: Request | None = None, response: Response | None = None) -> str:
    """A cassette of two turns, the second with the request or the response."""
    asked, answered = Request("POST", URI, JSON, b'{"input": "Brazil?"}'), Response(200, "OK", JSON, b'{"output": []}')
    turns = [Interaction(asked, answered), Interaction(request or asked, response or answered)]
    return written(turns, {"from": "api.openai.com", "with": "openai 3.52.0", "on": "2026-11-20"})


def asking(body: bytes, content_type: str = "application/json", **headers: str) -> Request:
    return Request(
        "POST", URI, {"content-type": [content_type]} | {key: [value] for key, value in headers.items()}, body
    )


def answering(body: object, status: int = 200, **headers: str) -> Response:
    return Response(status, "OK", JSON | {key: [value] for key, value in headers.items()}, json.dumps(body).encode())


def streaming(events: list[dict]) -> Response:
    return Response(200, "OK", SSE, b"".join(b"data: " + json.dumps(event).encode() + b"\n\n" for event in events))


def pieces(text: str) -> list[str]:
    return [text[at : at + 5] for at in range(0, len(text), 5)]


def in_deltas(text: str) -> Response:
    """Two items at once, of which the second is the text."""
    place = {"type": "response.output_text.delta", "output_index": 0, "content_index": 0}
    return streaming(
        [{"type": "response.created", "response": {"id": "resp_1"}}]
        + [
            place | {"item_id": item, "delta": piece, "sequence_number": number}
            for number, said in enumerate(pieces(text))
            for item, piece in [("msg_1", "ok "), ("msg_2", said)]
        ]
    )


def in_arguments(text: str) -> Response:
    place = {"type": "response.function_call_arguments.delta", "item_id": "fc_1", "output_index": 0}
    return streaming([place | {"delta": piece} for piece in pieces(json.dumps({"note": f"see {text}"}))])


def in_chunks(text: str) -> Response:
    return streaming(
        [
            {"object": "chat.completion.chunk", "choices": [{"index": index, "delta": {"content": piece}}]}
            for said in pieces(text)
            for index, piece in [(0, "fine "), (1, said)]
        ]
    )


def multipart(text: str) -> bytes:
    part = '--x1\r\nContent-Disposition: form-data; name="file"; filename="a.jsonl"\r\n\r\n'
    return part.encode() + json.dumps({"note": f"see {text}"}).encode() + b"\r\n\xff\r\n--x1--\r\n"


def escaped(text: str) -> str:
    return "".join(f"\\u{ord(character):04x}" for character in text)


def in_base64(text: str, shift: int = 0) -> str:
    return base64.b64encode(b"\n" * shift + f"key: {text} and no more".encode()).decode()


def said(text: str) -> dict:
    return {"output": [{"content": [{"text": text, "type": "output_text"}]}]}


TEXT = r"turn 2, response body: output\[0\]\.content\[0\]\.text"
PLACES: dict[str, Callable[[str], Planted]] = {
    "request header": lambda it: Planted(cassette(asking(b"{}", note=it)), "turn 2, request header note"),
    "response header": lambda it: Planted(cassette(None, answering({}, note=it)), "turn 2, response header note"),
    "query": lambda it: Planted(
        cassette(Request("GET", f"{URI}?after={quote_plus(it)}", {}, b"")), "turn 2, request uri"
    ),
    "query, encoded twice": lambda it: Planted(
        cassette(Request("GET", f"{URI}?next={quote(quote(it))}", {}, b"")), "turn 2, request uri"
    ),
    "JSON value": lambda it: Planted(cassette(None, answering(said(f"It is {it}, so."))), TEXT),
    "JSON value asked": lambda it: Planted(
        cassette(asking(json.dumps({"input": [{"content": it}]}).encode())),
        r"turn 2, request body: input\[0\]\.content",
    ),
    "JSON key": lambda it: Planted(
        cassette(asking(json.dumps({"metadata": {it: "1"}}).encode())), r"turn 2, request body: metadata\.\*"
    ),
    "JSON in a string": lambda it: Planted(
        cassette(None, answering({"output": [{"arguments": json.dumps({"note": json.dumps([it])})}]})),
        r"turn 2, response body: output\[0\]\.arguments: note: \[0\]",
    ),
    "escapes in a string": lambda it: Planted(cassette(None, answering(said(f"say {escaped(it)}"))), TEXT),
    "base64 in JSON": lambda it: Planted(cassette(None, answering(said(in_base64(it)))), TEXT),
    "URL-safe base64 in JSON": lambda it: Planted(
        cassette(None, answering(said("data:x;base64," + in_base64(it).translate(str.maketrans("+/", "-_"))))), TEXT
    ),
    "base64 in base64": lambda it: Planted(cassette(None, answering(said(in_base64(in_base64(it))))), TEXT),
    "deltas of a stream": lambda it: Planted(
        cassette(None, in_deltas(it)), r"turn 2, response body: events \d+ to \d+, delta"
    ),
    "arguments in a stream": lambda it: Planted(
        cassette(None, in_arguments(it)), r"turn 2, response body: events \d+ to \d+, delta: note"
    ),
    "chunks of a stream": lambda it: Planted(
        cassette(None, in_chunks(it)), r"turn 2, response body: events \d+ to \d+, choices\[1\]\.delta\.content"
    ),
    "event of a stream": lambda it: Planted(
        cassette(None, streaming([{"type": "ping"}, {"type": "done", "text": it}])),
        "turn 2, response body: event 2, text",
    ),
    "binary body": lambda it: Planted(
        cassette(None, Response(200, "OK", {}, b"\x89PNG\xff\xfe" + it.encode() + b"\x00\xff")), "turn 2, response body"
    ),
    "multipart body": lambda it: Planted(
        cassette(asking(multipart(it), "multipart/form-data; boundary=x1")), "turn 2, request body"
    ),
    "form body": lambda it: Planted(
        cassette(asking(f"a=1&note={quote_plus(it)}".encode(), "application/x-www-form-urlencoded")),
        "turn 2, request body: note",
    ),
    "error body": lambda it: Planted(
        cassette(None, answering({"error": {"message": f"Incorrect API key provided: {it}. Find yours."}}, status=401)),
        r"turn 2, response body: error\.message",
    ),
    "text body": lambda it: Planted(
        cassette(None, Response(200, "OK", {"content-type": ["text/plain"]}, f"so {it}\n".encode())),
        "turn 2, response body",
    ),
    "file name": lambda it: Planted(cassette(), "the file's name", f"test_weather[{it}].yaml"),
    "comment": lambda it: Planted(cassette().replace("- request:\n", f"# {it}\n- request:\n", 1), "line 4"),
    "head of the file": lambda it: Planted(cassette() + f"note: {json.dumps(it)}\n", r"line \d+"),
}
"""How a text is planted into a cassette, and where it is to be found, by place."""

HARMLESS = [
    "max_tokens",
    "task-oriented-planning-with-agents",
    "risk-adjusted-return-calculation",
    "the bearer of good news and of responsibilities",
    "Bearer token-authentication-middleware",
    "Authorization: Bearer YOUR_OPENAI_API_KEY_HERE",
    "Authorization: Bearer $OPENAI_API_KEY",
    "Authorization: Bearer <your-api-key>",
    "authorization: required-for-administrators-only",
    "org-chart",
    "org-responsibilities",
    "proj_management",
    "proj_administration",
    "sk-learn-compatible-estimators",
    "sk-estimator-doc-link sk-toggleable__label-arrow sk-container-id-1",
    "sk-internationalization",
    "sk-proj-management-dashboard-widgets",
    "sk-fakemodel-placeholder",
    "Authorization: Bearer sk-fakemodel-placeholder",
    "sk-proj-********************************WXYZ",
    "org-" + "0000000000000001",
    "proj_" + "000000000000000000000012",
    chance(64, HEX),
    "sha256:" + chance(64, HEX, "digest"),
    "resp_" + chance(50, HEX),
    "msg_" + chance(50, HEX),
    "rs_" + chance(50, HEX),
    "fc_" + chance(50, HEX),
    "call_" + chance(24),
    "chatcmpl-" + chance(29),
    "file-" + chance(22),
    "vs_" + chance(32, HEX),
    "gAAAAAB" + chance(3000, LETTERS + "_-") + "==",
    base64.b64encode(chance(3000, "".join(map(chr, range(256)))).encode("latin-1")).decode(),
    "data:image/png;base64,iVBORw0KGgo" + chance(3000, LETTERS + "+/"),
    "123e4567-e89b-42d3-a456-426614174000",
    "user@ = decorate(self)",
    "@app.route('/users')",
    "openai==2.45.0, python 3.11.7, 2025-03-11",
    "https://user:password@localhost:5432/app",
    "postgresql://{user}:{password}@{host}/{name}",
    "the cookie: chocolate=yes, please",
    "__cf_bm=scrubbed",
    "hf_transformers_tokenizer_fast_path",
    "ghs_is_a_prefix_of_a_server_to_server_token",
    "-----BEGIN PRIVATE KEY----- is how the file begins",
    "eyJhbGciOiJIUzI1NiJ9 is a header only",
    "aws s3 sync and the key of success",
    "AKIAIOSFODNN7" + "EXAMPLE",
    "api_key: OPENAI_API_KEY_FROM_THE_ENVIRONMENT",
    "import os; os.environ['OPENAI_API_KEY']",
    "1742636225:AAA",
    "us-east-1, eu-west-us2",
    "gh" + "p_" + "x" * 36,
    "sk-" + "X" * 48,
    "TWILIO_ACCOUNT_SID=AC" + "x" * 32,
    "https://abc:xyz@localhost and https://user:he-and-she@www.example.com",
    "ASIAPACIFICHEADQUARTERSOFTHECOMPANY",
]
