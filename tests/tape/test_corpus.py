"""Real traffic, recorded by others: every file loads, and every turn of it is played back as it stands there."""

import asyncio
import contextlib
import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml
from vcr.persisters.filesystem import FilesystemPersister
from vcr.serializers import yamlserializer

import fakemodel
from fakemodel import CassetteMiss, StreamError, check_chunks, check_events
from fakemodel.httpx_modules import sdk_httpx
from fakemodel.tape import layout
from fakemodel.tape.cassette import Cassette
from fakemodel.tape.identifiers import identifiers
from fakemodel.tape.interaction import Interaction, Request
from fakemodel.tape.scrub import scrubbed
from fakemodel.wire.sse import split

Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def said(message: dict[str, Any]) -> tuple[str, object]:
    """What a file says of a body: as JSON, or as it stands."""
    if "parsed_body" in message:
        return "json", message["parsed_body"]
    body = message.get("body") or ""
    return "bytes", body.get("string", "") if isinstance(body, dict) else body


def sent(request: dict[str, Any]) -> bytes:
    kind, body = said(request)
    return json.dumps(body).encode() if kind == "json" else body.encode() if isinstance(body, str) else body


def test_every_turn_of_the_corpus_is_played_back(corpus: Path):
    files = sorted(corpus.rglob("*.yaml"))
    assert len(files) == 130
    wrong = []
    with sdk_httpx().Client() as client:
        for file in files:
            interactions = yaml.load(file.read_text(encoding="utf-8"), Loader=Loader)["interactions"]
            assert interactions, file
            with fakemodel.cassette(file) as tape:
                assert len(tape.turns) == len(interactions)
                for number, interaction in enumerate(interactions, 1):
                    request, recorded = interaction["request"], interaction["response"]
                    answer = client.request(request["method"], request["uri"], content=sent(request))
                    kind, body = said(recorded)
                    same = answer.json() == body if kind == "json" else answer.content == as_bytes(body)
                    if not same or answer.status_code != recorded["status"]["code"]:
                        wrong.append((file.name, number))
    assert wrong == []


def as_bytes(body: object) -> bytes:
    return body.encode() if isinstance(body, str) else bytes(body)  # type: ignore[call-overload]


def streams_of(corpus: Path) -> list[Path]:
    return [file for file in sorted(corpus.rglob("*.yaml")) if "text/event-stream" in file.read_text(encoding="utf-8")]


def parts_of(request: Request) -> list[bytes]:
    httpx = sdk_httpx()
    with httpx.Client() as client, client.stream(request.method, request.uri, content=request.body) as response:
        return list(response.iter_bytes())


async def parts_of_async(request: Request) -> list[bytes]:
    client = sdk_httpx().AsyncClient()
    async with client, client.stream(request.method, request.uri, content=request.body) as response:
        return [part async for part in response.aiter_bytes()]


@pytest.mark.parametrize(
    "parts", [parts_of, lambda request: asyncio.run(parts_of_async(request))], ids=["sync", "async"]
)
def test_the_streams_of_the_corpus_arrive_event_by_event(corpus: Path, parts):
    files = streams_of(corpus)
    assert len(files) > 10
    for file in files:
        with fakemodel.cassette(file) as tape:
            for turn in tape.turns:
                arrived = parts(turn.request)
                if turn.response.is_stream:
                    assert b"".join(arrived) == turn.response.body, file
                    assert len(arrived) >= turn.response.body.count(b"\ndata: "), file


def played(tape: Cassette, request: Request) -> bytes:
    noted = tape.note(request)
    assert noted is not None
    return tape.play(noted).body


# A request that is another one.


def copies(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Every copy of a JSON value that means something else, with the kind of the alteration."""
    if isinstance(value, dict):
        yield "null instead of absent", {**value, "unheard_of": None}
        for key, held in value.items():
            rest = {each: value[each] for each in value if each != key}
            yield "a member dropped", rest
            yield from ((kind, {**rest, key: changed}) for kind, changed in copies(held))
    elif isinstance(value, list):
        for at, held in enumerate(value):
            before, after = value[:at], value[at + 1 :]
            yield "an element dropped", [*before, *after]
            yield "an element doubled", [*before, held, held, *after]
            if after and after[0] != held:
                yield "a list reordered", [*before, after[0], held, *after[1:]]
            yield from ((kind, [*before, changed, *after]) for kind, changed in copies(held))
    elif isinstance(value, bool):
        yield "another boolean", not value
        yield "a number for a boolean", int(value)
    elif isinstance(value, int | float):
        yield "another number", value + 1
        yield "another type of number", float(value) if isinstance(value, int) else f"{value}"
    elif isinstance(value, str):
        yield "another string", f"{value}."
        yield "another string", f" {value}"
    if value is not None:
        yield "null instead of a value", None
    else:
        yield "a value instead of null", False


def alterations(request: Request, issued: Sequence[str]) -> Iterator[tuple[str, object, Request]]:
    """Requests that are not this one, with the kind of the alteration, and what was altered to what.

    `issued` are the ids that recorded answers gave out.
    """
    method, uri, headers, body = request.method, request.uri, request.headers, request.body
    yield "another method", (method, uri), Request("PATCH", uri, headers, body)
    yield "another path", (method, uri), Request(method, f"{uri}/more", headers, body)
    yield "another path", (method, uri, "v1"), Request(method, uri.replace("/v1/", "/v1beta/"), headers, body)
    yield "another query", (method, uri), Request(method, f"{uri}?more=1", headers, body)
    if not body.startswith(b"{"):
        yield "another body", body, Request(method, uri, headers, body + b"more")
        return
    members = json.loads(body)
    for name, value in members.items():
        rest = {each: members[each] for each in members if each != name}
        yield "a member dropped", name, Request(method, uri, headers, json.dumps(rest).encode())
        for kind, changed in copies(value):
            altered = json.dumps({**rest, name: changed}).encode()
            yield kind, (name, json.dumps(changed)), Request(method, uri, headers, altered)
    for each in {each for each in identifiers(f"{uri} {body.decode()}") if each in issued}:
        other = next((id_ for id_ in issued if id_[:5] == each[:5] and id_ != each), None)
        made = f"{each[:-1]}{'b' if each[-1] == 'a' else 'a'}"
        for kind, new in [("an id that nobody gave out", made), ("an id of another answer", other)]:
            if new:
                altered = body.replace(each.encode(), new.encode())
                yield kind, (each, new), Request(method, uri.replace(each, new), headers, altered)


@pytest.mark.fidelity
def test_an_altered_request_is_a_miss(corpus: Path, figures):
    tried, seen, found = Counter(), set(), []
    for file in sorted(corpus.rglob("*.yaml")):
        turns = layout.read(file)
        issued = [each for turn in turns for each in identifiers(turn.response.body.decode(errors="replace"))]
        with contextlib.suppress(CassetteMiss), fakemodel.cassette(file) as tape:  # it tells the first once more
            for number, turn in enumerate(turns, 1):
                for kind, what, altered in alterations(turn.request, issued):
                    if (kind, what) in seen:  # the files ask much the same
                        continue
                    seen.add((kind, what))
                    tried[kind] += 1
                    try:
                        played(tape, altered)
                    except CassetteMiss:
                        continue
                    found.append((file.name, number, kind, altered.body))
                played(tape, turn.request)

    assert found == []
    assert len(tried) == 18
    figures["altered requests that are a miss"] = f"{tried.total() - len(found):,} of {tried.total():,}"


# What is scrubbed.


def payloads(body: bytes) -> list[dict[str, Any]]:
    lines = [line for frame in split(body) for line in frame.decode().splitlines() if line.startswith("data: ")]
    return [json.loads(line.removeprefix("data: ")) for line in lines if line != "data: [DONE]"]


def meaning(body: bytes) -> object:
    try:
        return json.loads(body)
    except ValueError:
        return payloads(body) or body


def meanings(turns: Sequence[Interaction]) -> list[object]:
    return [
        (
            each.request.method,
            each.request.uri,
            meaning(each.request.body),
            each.response.status,
            meaning(each.response.body),
        )
        for each in turns
    ]


def write(path: Path, turns: Sequence[Interaction]) -> str:
    text = layout.written(turns, {"from": "api.openai.com", "with": "openai 3.52.0", "on": "2026-11-20"})
    layout.write(path, text)
    return text


def test_what_was_scrubbed_is_written_read_and_played_again(corpus: Path, tmp_path: Path):
    for file in sorted(corpus.rglob("*.yaml")):
        turns, path = layout.read(file), tmp_path / "scrubbed.yaml"
        made = scrubbed(turns)
        write(path, made)

        assert meanings(layout.read(path)) == meanings(made), file
        requests, responses = FilesystemPersister.load_cassette(path, yamlserializer)
        assert [(each.method, each.uri, meaning(each.body_bytes or b"")) for each in requests] == [
            each[:3] for each in meanings(made)
        ]
        assert [meaning(as_bytes(each["body"]["string"])) for each in responses] == [each[4] for each in meanings(made)]
        with fakemodel.cassette(path) as tape:
            for turn in made:
                assert meaning(played(tape, turn.request)) == meaning(turn.response.body), file


def test_what_was_scrubbed_is_played_to_the_requests_of_the_day_of_recording(corpus: Path, tmp_path: Path):
    count = 0
    for file in sorted(corpus.rglob("*.yaml")):
        turns, path = layout.read(file), tmp_path / "scrubbed.yaml"
        made, issued = scrubbed(turns), set()
        write(path, made)
        with fakemodel.cassette(path) as tape:
            for turn, new in zip(turns, made, strict=True):
                own = set(identifiers(f"{turn.request.uri}\n{turn.request.body.decode(errors='replace')}"))
                goes_on = own & issued
                issued |= set(identifiers(turn.response.body.decode(errors="replace"))) - own
                count += not goes_on

                answer = played(tape, new.request if goes_on else turn.request)

                assert meaning(answer) == meaning(new.response.body), file
    assert count > 130


def test_what_is_scrubbed_twice_is_what_is_scrubbed_once(corpus: Path):
    for file in sorted(corpus.rglob("*.yaml")):
        made = scrubbed(layout.read(file))

        assert scrubbed(made) == made, file


def test_no_id_time_or_secret_of_the_day_of_recording_is_left(corpus: Path, tmp_path: Path):
    for file in sorted(corpus.rglob("*.yaml")):
        turns = layout.read(file)
        ids = {
            each
            for turn in turns
            for body in (turn.request.body, turn.response.body)
            for each in identifiers(f"{turn.request.uri} {body.decode(errors='replace')}")
        }

        text = write(tmp_path / "scrubbed.yaml", scrubbed(turns))

        made_up = re.compile(r"\w+[-_]0*[1-9]\d*")  # some files of the corpus have placeholders of their own
        assert [each for each in ids if not made_up.fullmatch(each) and each in text] == [], file
        assert re.findall(r'"(?:\w+_at|created)": ?(?!1767225|null)\d+', text) == [], file
        assert (
            re.findall(r"(?i)(?<!include_)obfuscation|content.{2,9}gAAAAA|org-|set-cookie|authorization", text) == []
        ), file


def violations(payloads: list[dict[str, Any]]) -> list[str]:
    """The laws that a stream breaks, without what it says of ids."""
    try:
        (check_events if "type" in payloads[0] else check_chunks)(payloads)
    except StreamError as error:
        return [f"{each.law} {each.position}" for each in error.violations]
    return []


def test_streams_keep_the_laws_as_they_did(corpus: Path):
    count = 0
    for file in streams_of(corpus):
        turns = layout.read(file)
        for before, after in zip(turns, scrubbed(turns), strict=True):
            if before.response.is_stream:
                count += 1
                assert violations(payloads(after.response.body)) == violations(payloads(before.response.body)), file
    assert count > 40


def test_a_stream_is_as_many_events_of_the_same_members(corpus: Path):
    def shape(value: Any) -> object:
        """The members and types of a value, and how long its texts are; all else of it where that is no text."""
        if isinstance(value, dict):
            return {key: shape(held) for key, held in value.items() if key not in ("obfuscation", "encrypted_content")}
        if isinstance(value, list):
            return [shape(each) for each in value]
        return len(value) if isinstance(value, str) else type(value)

    for file in streams_of(corpus):
        turns = layout.read(file)
        for before, after in zip(turns, scrubbed(turns), strict=True):
            if before.response.is_stream:
                assert shape(payloads(after.response.body)) == shape(payloads(before.response.body)), file


COUNTED = (
    "usage",
    "input_tokens_details",
    "output_tokens_details",
    "prompt_tokens_details",
    "completion_tokens_details",
)
KEPT = {*COUNTED, "logprobs", "top_logprobs", "bytes", "token", "model", "temperature", "max_output_tokens", "seed"}


def test_counts_and_log_probabilities_are_left_as_they_were(corpus: Path):
    def kept(value: Any) -> list[object]:
        if isinstance(value, dict):
            own = [(key, held) for key, held in value.items() if key in KEPT or key.endswith("_tokens")]
            return own + [each for key, held in value.items() if key not in KEPT for each in kept(held)]
        return [each for held in value for each in kept(held)] if isinstance(value, list) else []

    for file in sorted(corpus.rglob("*.yaml")):
        turns = layout.read(file)
        for before, after in zip(turns, scrubbed(turns), strict=True):
            assert kept(meaning(after.response.body)) == kept(meaning(before.response.body)), file
