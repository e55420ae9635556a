"""`fakemodel.cassette` around real clients: recorded from a server on loopback, replayed without one."""

import asyncio
import contextlib
import gzip
import json
import os
import re
from datetime import UTC, date, datetime, timedelta
from importlib.metadata import version
from pathlib import Path

import openai
import pytest
import requests
import vcr
import yaml

import fakemodel
from fakemodel import (
    CassetteInvalid,
    CassetteMissing,
    CassetteWarning,
    FakeOpenAI,
    SettingInvalid,
    UnplayedTurns,
    tool_call,
)
from tests.tape.recorded import (
    COMPLETED,
    HTTPX,
    JSON,
    NOWHERE,
    converse,
    converse_streamed,
    each_client,
    record,
    script,
    without_the_day,
)

pytestmark = pytest.mark.usefixtures("own_folder")

# Record, replay, record anew.


@each_client
def test_what_was_recorded_is_replayed_without_a_server(ask):
    live = record("geo.yaml", ask)

    with fakemodel.cassette("geo.yaml") as tape:
        assert without_the_day(ask(NOWHERE)) == without_the_day(live)

    assert (tape.mode, len(tape.requests), len(tape.turns)) == ("replay", 2, 2)


@each_client
def test_recording_equal_answers_anew_leaves_the_file(ask):
    record("geo.yaml", ask)
    before = Path("geo.yaml").read_bytes(), Path("geo.yaml").stat()

    record("geo.yaml", ask, mode="rerecord")

    after = Path("geo.yaml").read_bytes(), Path("geo.yaml").stat()
    assert (before[0], before[1].st_mtime_ns, before[1].st_ino) == (after[0], after[1].st_mtime_ns, after[1].st_ino)


# The age of a file.


def recorded_on(day: date) -> str:
    """Put another day into the head of geo.yaml, and return the file."""
    path = Path("geo.yaml")
    aged, count = re.subn(r"'\d{4}-\d\d-\d\d'", f"'{day}'", path.read_text("utf-8"), count=1)
    assert count == 1
    path.write_text(aged, "utf-8")
    return aged


@pytest.mark.parametrize(
    ("max_age", "days", "is_rewritten"),
    [(10, 3, False), (10, 8, True), (10, 1000, True), (1000, 400, False), (0, 4000, False), (1, 30, True)],
)
def test_equal_answers_are_written_again_where_the_file_is_older_than_half_of_what_it_may_be(
    max_age, days, is_rewritten
):
    record("geo.yaml", converse)
    young = Path("geo.yaml").read_text("utf-8")
    today = date.fromisoformat(yaml.safe_load(young)["recorded"]["on"])
    aged = recorded_on(today - timedelta(days=days))

    record("geo.yaml", converse, mode="rerecord", max_age=max_age)

    assert Path("geo.yaml").read_text("utf-8") == (young if is_rewritten else aged)


@pytest.mark.parametrize("max_age", [0, 10])
def test_a_file_without_a_day_is_as_old_as_can_be(max_age):
    record("geo.yaml", converse)
    young = Path("geo.yaml").read_text("utf-8")
    without = re.sub(r"(?m)^recorded: .*\n", "", young)
    Path("geo.yaml").write_text(without, "utf-8")

    record("geo.yaml", converse, mode="rerecord", max_age=max_age)

    assert Path("geo.yaml").read_text("utf-8") == (young if max_age else without)


def test_an_old_file_is_played_with_a_warning():
    record("geo.yaml", converse)
    recorded_on(date(2001, 1, 1))

    told = r"geo\.yaml was recorded \d{4,} days ago, max_age is 5000\. Re-record it:  fakemodel\.cassette\("
    with pytest.warns(CassetteWarning, match=told), fakemodel.cassette("geo.yaml", max_age=5000):
        converse(NOWHERE)


def test_a_file_that_is_young_enough_is_played_without_a_warning():
    record("geo.yaml", converse)

    with fakemodel.cassette("geo.yaml", max_age=1):
        converse(NOWHERE)


def test_recording_replays_where_there_is_a_file():
    live = record("geo.yaml", converse)

    with fakemodel.cassette("geo.yaml", mode="record") as tape:
        assert without_the_day(converse(NOWHERE)) == without_the_day(live)

    assert tape.mode == "replay"


def test_recording_anew_puts_other_answers_into_the_file():
    record("geo.yaml", converse_streamed)
    live = record("geo.yaml", converse, mode="rerecord")

    with fakemodel.cassette("geo.yaml"):
        assert without_the_day(converse(NOWHERE)) == without_the_day(live)


@pytest.mark.parametrize("old", [b"just words", b"\xff\xfe\x00", b""])
def test_recording_anew_mends_a_file_that_is_no_cassette(old):
    Path("geo.yaml").write_bytes(old)

    live = record("geo.yaml", converse, mode="rerecord")

    with fakemodel.cassette("geo.yaml"):
        assert without_the_day(converse(NOWHERE)) == without_the_day(live)


def test_clients_that_are_answered_in_process_are_recorded_as_those_on_loopback():
    record("loopback.yaml", converse)
    api = script()
    with fakemodel.cassette("in_process.yaml", mode="record"), api.client() as client:
        first = client.responses.create(model="gpt-4.1", input="The largest country?")
        client.responses.create(model="gpt-4.1", input="Its capital?", previous_response_id=first.id)

    assert Path("in_process.yaml").read_text("utf-8") == Path("loopback.yaml").read_text("utf-8")
    with fakemodel.cassette("in_process.yaml"), FakeOpenAI().client() as client:
        replayed = client.responses.create(model="gpt-4.1", input="The largest country?")
        assert replayed.output_text == "Brazil 🎉\t"
        client.responses.create(model="gpt-4.1", input="Its capital?", previous_response_id=replayed.id)


def test_the_file_says_where_it_comes_from_and_names_the_api_not_a_port():
    record("geo.yaml", converse)

    content = yaml.safe_load(Path("geo.yaml").read_text("utf-8"))
    assert content["recorded"] == {
        "from": "fakemodel",
        "with": f"openai {version('openai')}",
        "on": datetime.now(UTC).date().isoformat(),
    }
    assert [turn["request"]["uri"] for turn in content["interactions"]] == [f"{NOWHERE}/responses"] * 2


def test_the_turns_of_a_recording_are_told_while_it_is_made():
    with script().serve() as served, fakemodel.cassette("geo.yaml", mode="record") as tape:
        converse(served.base_url)

        assert (tape.path, tape.mode) == (Path("geo.yaml").absolute(), "record")
        assert [request.json["input"] for request in tape.requests] == ["The largest country?", "Its capital?"]
        assert [json.loads(turn.response.body)["status"] for turn in tape.turns] == ["completed"] * 2
        assert tape.turns[1].request.json["previous_response_id"] == json.loads(tape.turns[0].response.body)["id"]


def test_a_recording_of_vcrpys_own_is_replayed(origin):
    body = {"model": "gpt-4.1", "input": "Brazil?"}
    origin.answer(COMPLETED, headers=(JSON,))
    with vcr.use_cassette("vcrpy.yaml", record_mode="once"), requests.Session() as session:
        session.post(f"{origin.base_url}/responses", json=body)

    with fakemodel.cassette("vcrpy.yaml"), requests.Session() as session:
        assert session.post(f"{NOWHERE}/responses", json=body).json() == json.loads(COMPLETED)


def test_plain_vcrpy_replays_a_recording_of_ours():
    body = {"model": "gpt-4.1", "input": "The largest country?"}
    with script().serve() as served, fakemodel.cassette("geo.yaml", mode="record"), requests.Session() as session:
        live = session.post(f"{served.base_url}/responses", json=body).json()

    with vcr.use_cassette("geo.yaml", record_mode="none"), requests.Session() as session:
        replayed = session.post(f"{NOWHERE}/responses", json=body).json()

    assert without_the_day(replayed) == without_the_day(live)


def test_a_request_is_played_by_whichever_client_sends_it():
    body = {"model": "gpt-4.1", "input": "The largest country?"}
    with script().serve() as served, fakemodel.cassette("geo.yaml", mode="record"), HTTPX.Client() as client:
        live = client.post(f"{served.base_url}/responses", json=body).json()

    with fakemodel.cassette("geo.yaml"), requests.Session() as session:
        replayed = session.post(f"{NOWHERE}/responses", json=body).json()

    assert without_the_day(replayed) == without_the_day(live)


def test_an_upload_is_replayed_whatever_the_boundary_of_its_parts(origin):
    def upload(base_url: str) -> str:
        with openai.OpenAI(base_url=base_url, api_key="sk-live") as client:
            return client.files.create(file=("capitals.txt", b"Brazil"), purpose="assistants").id

    origin.answer(b'{"id": "file_1111", "object": "file"}', headers=(JSON,))
    with fakemodel.cassette("geo.yaml", mode="record"):
        assert upload(origin.base_url) == "file_1111"

    with fakemodel.cassette("geo.yaml"):
        assert upload(NOWHERE) == "file_1111"


def test_an_upload_that_is_recorded_anew_leaves_the_file(origin):
    def upload() -> None:
        with openai.OpenAI(base_url=origin.base_url, api_key="sk-live") as client:
            client.files.create(file=("capitals.txt", b"Brazil"), purpose="assistants")

    for mode in ("record", "rerecord"):
        origin.answer(b'{"id": "file_1111", "object": "file"}', headers=(JSON,))
        before = Path("geo.yaml").read_bytes() if mode == "rerecord" else b""
        with fakemodel.cassette("geo.yaml", mode=mode):
            upload()

    assert Path("geo.yaml").read_bytes() == before


def test_a_call_that_is_answered_is_matched_by_what_was_played():
    def use_a_tool(base_url: str) -> str:
        with openai.OpenAI(base_url=base_url, api_key="sk-live") as client:
            first = client.responses.create(model="gpt-4.1", input="Weather?")
            call = first.output[0]
            output = {"type": "function_call_output", "call_id": call.call_id, "output": "sunny"}
            history = [*(item.to_dict() for item in first.output), output]
            return client.responses.create(model="gpt-4.1", input=history).output_text

    api = FakeOpenAI([tool_call("look", {"at": 1}), "Sunny."])
    with api.serve() as served, fakemodel.cassette("geo.yaml", mode="record"):
        assert use_a_tool(served.base_url) == "Sunny."

    with fakemodel.cassette("geo.yaml"):
        assert use_a_tool(NOWHERE) == "Sunny."


def test_what_a_client_invents_anew_each_time_is_matched(origin):
    def ask(run: str, base_url: str = NOWHERE) -> dict:
        with HTTPX.Client() as client:
            return client.post(f"{base_url}/responses", json={"metadata": {"run": run}}).json()

    first, second = "0b5e4e11-1f3c-4c8a-9a0c-77c1f3b2a6d4", "77c1f3b2-4e11-4c8a-9a0c-0b5e1f3ca6d4"
    origin.answer(json.dumps({"metadata": {"run": first}}).encode(), headers=(JSON,))
    with fakemodel.cassette("geo.yaml", mode="record"):
        ask(first, origin.base_url)

    assert first not in Path("geo.yaml").read_text("utf-8")
    for today in (first, second):
        with fakemodel.cassette("geo.yaml"):
            assert ask(today) == {"metadata": {"run": today}}


def ask_httpx(url: str) -> str:
    with HTTPX.Client() as client:
        return client.post(url, json={"input": "Brazil?"}).json()["said"]


async def ask_httpx_async(url: str) -> str:
    async with HTTPX.AsyncClient() as client:
        return (await client.post(url, json={"input": "Brazil?"})).json()["said"]


def ask_requests(url: str) -> str:
    with requests.Session() as session:
        return session.post(url, json={"input": "Brazil?"}).json()["said"]


@pytest.mark.parametrize(
    "ask",
    [ask_httpx, lambda url: asyncio.run(ask_httpx_async(url)), ask_requests],
    ids=["sync", "async", "requests"],
)
def test_a_compressed_answer_is_recorded_decoded(origin, ask):
    origin.answer(gzip.compress('{"said": "Brasília"}'.encode()), headers=(JSON, ("content-encoding", "gzip")))

    with fakemodel.cassette("geo.yaml", mode="record"):
        assert ask(f"{origin.base_url}/responses") == "Brasília"

    (turn,) = yaml.safe_load(Path("geo.yaml").read_text("utf-8"))["interactions"]
    assert turn["response"]["body"]["string"] == '{\n  "said": "Brasília"\n}\n'
    assert turn["response"]["headers"] == {"content-type": ["application/json"]}
    with fakemodel.cassette("geo.yaml"):
        assert ask(f"{NOWHERE}/responses") == "Brasília"


# The end of the context.


@pytest.mark.parametrize("mode", ["record", "rerecord"])
def test_a_context_that_fails_leaves_the_file_as_it_was(mode):
    old = None
    if mode == "rerecord":
        record("geo.yaml", converse_streamed)
        old = Path("geo.yaml").read_bytes()

    def fail(base_url: str) -> None:
        converse(base_url)
        raise LookupError("as it happens")

    with pytest.raises(LookupError):
        record("geo.yaml", fail, mode=mode)

    assert (Path("geo.yaml").read_bytes() if Path("geo.yaml").exists() else None) == old


def test_a_missing_cassette_says_how_to_record_it():
    with pytest.raises(CassetteMissing) as missing, fakemodel.cassette("tapes/geo.yaml"):
        pass

    assert str(missing.value) == (
        "geo has no cassette to replay (tapes/geo.yaml)\n"
        "Record it:  fakemodel.cassette('tapes/geo.yaml', mode=\"record\")"
    )


def test_a_path_below_the_working_folder_is_shown_short(tmp_path: Path):
    with pytest.raises(CassetteMissing, match=r"^geo has no cassette to replay \(tapes/geo\.yaml\)\n"):
        fakemodel.cassette(tmp_path / "tapes" / "geo.yaml").__enter__()


def test_turns_that_were_not_asked_for_are_told():
    record("geo.yaml", converse)

    with pytest.raises(UnplayedTurns) as unplayed, fakemodel.cassette("geo.yaml"):
        pass

    assert str(unplayed.value) == (
        "geo no longer asks for 2 of 2 recorded turns (geo.yaml)\n"
        "  turn 1  POST https://api.openai.com/v1/responses\n"
        "  turn 2  POST https://api.openai.com/v1/responses\n"
        "Re-record it:  fakemodel.cassette('geo.yaml', mode=\"rerecord\")\n"
        "Where that is meant: allow_unplayed=True"
    )


def test_turns_may_stay_unplayed_where_it_is_said():
    record("geo.yaml", converse)

    with fakemodel.cassette("geo.yaml", allow_unplayed=True) as tape:
        pass

    assert (tape.requests, len(tape.turns)) == ([], 2)


def test_what_is_ignored_may_differ():
    def ask(run_id: str, base_url: str = NOWHERE) -> None:
        with openai.OpenAI(base_url=base_url, api_key="sk-live") as client:
            client.responses.create(model="gpt-4.1", input="Brazil?", metadata={"run_id": run_id})

    record("geo.yaml", lambda base_url: ask("one", base_url))

    with fakemodel.cassette("geo.yaml", ignore=["metadata.run_id"]):
        ask("two")
    with pytest.raises(fakemodel.CassetteMiss), fakemodel.cassette("geo.yaml"):
        ask("two")


def expired(base_url: str) -> str:
    with (
        openai.OpenAI(base_url=base_url, api_key="sk-live") as client,
        pytest.raises(openai.BadRequestError) as refused,
    ):
        client.responses.create(model="gpt-4.1", input="Its capital?", previous_response_id="resp_gone")
    return str(refused.value)


def test_an_error_is_not_recorded_by_accident():
    with pytest.raises(CassetteInvalid) as refused:
        record("geo.yaml", expired)

    first, second, last = str(refused.value).split("\n")
    assert first == "turn 1 of geo was answered 400 Bad Request, so that the file was left as it was (geo.yaml)"
    assert second.startswith("  POST http://127.0.0.1:")
    assert second.endswith('"param":"previous_response_id","code":"previous_response_not_found"}}')
    assert last == "Where the test means the error: allow_errors=True"
    assert not Path("geo.yaml").exists()


def test_an_error_is_recorded_where_the_test_means_it():
    live = record("geo.yaml", expired, allow_errors=True)

    with fakemodel.cassette("geo.yaml"):
        assert expired(NOWHERE) == live


def test_an_unknown_mode_is_refused():
    with pytest.raises(ValueError, match=r"^mode='once' is none of replay, record, rerecord\.$"):
        fakemodel.cassette("geo.yaml", mode="once").__enter__()  # type: ignore[arg-type]


# The environment.


@pytest.mark.parametrize(("key", "seen"), [(None, "sk-fakemodel-placeholder"), ("sk-mine", "sk-mine")])
def test_a_client_needs_no_key_to_replay(monkeypatch, key, seen):
    record("geo.yaml", converse)
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    if key:
        monkeypatch.setenv("OPENAI_API_KEY", key)

    with fakemodel.cassette("geo.yaml", allow_unplayed=True), openai.OpenAI() as client:
        assert client.api_key == seen

    assert os.environ.get("OPENAI_API_KEY") == key


def test_a_recording_is_made_with_no_key_but_the_users(monkeypatch):
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)

    with fakemodel.cassette("geo.yaml", mode="record"):
        assert "OPENAI_API_KEY" not in os.environ


def test_what_is_put_into_the_environment_meanwhile_stays_there(monkeypatch):
    record("geo.yaml", converse)
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    monkeypatch.setenv("CITY", "Paris")

    with fakemodel.cassette("geo.yaml", allow_unplayed=True):
        os.environ["CITY"] = "Lisbon"

    assert os.environ["CITY"] == "Lisbon"


def test_a_cassette_that_was_taken_out_plays_no_more(origin):
    record("geo.yaml", converse)
    origin.answer(COMPLETED, headers=(JSON,))
    with contextlib.suppress(UnplayedTurns), fakemodel.cassette("geo.yaml"):
        pass

    with HTTPX.Client() as client:
        assert client.post(f"{origin.base_url}/responses", json={}).content == COMPLETED


# What a recording must not be silent about.


def test_a_request_that_was_never_answered_is_not_left_out_in_silence(origin):
    async def give_up() -> None:
        async with openai.AsyncOpenAI(base_url=origin.base_url, api_key="sk-live", max_retries=0) as client:
            with contextlib.suppress(openai.APIConnectionError):
                await client.responses.create(model="gpt-4.1", input="Brazil?")

    origin.answers.append(lambda handler: setattr(handler, "close_connection", True))  # hangs up without a word

    with (
        pytest.raises(CassetteInvalid, match=r"turn 1 of geo was never answered .* \(geo\.yaml\)"),
        fakemodel.cassette("geo.yaml", mode="record"),
    ):
        asyncio.run(give_up())

    assert not Path("geo.yaml").exists()


def test_a_redirect_is_followed_in_replay(origin):
    def follow(base_url: str) -> bytes:
        with HTTPX.Client(follow_redirects=True) as client:
            return client.post(f"{base_url}/responses", json={"input": "Brazil?"}).content

    origin.answer(b"", 307, (("location", f"{origin.base_url}/responses?moved=1"),))
    origin.answer(COMPLETED, headers=(JSON,))
    with fakemodel.cassette("geo.yaml", mode="record"):
        live = follow(origin.base_url)

    with fakemodel.cassette("geo.yaml"):
        assert json.loads(follow(origin.base_url)) == json.loads(live)


def test_lines_of_json_stay_lines(origin):
    lines = b'{"id": 1}\n{"id": 2}\n'
    origin.answer(lines, headers=(("content-type", "application/jsonl"),))

    def read(base_url: str) -> bytes:
        with HTTPX.Client() as client:
            return client.post(f"{base_url}/files", content=b"").content

    with fakemodel.cassette("geo.yaml", mode="record"):
        read(origin.base_url)

    with fakemodel.cassette("geo.yaml"):
        assert read(origin.base_url) == lines


def test_one_cassette_at_a_time_is_open():
    with (
        fakemodel.cassette("outer.yaml", mode="record"),
        pytest.raises(fakemodel.SettingInvalid, match=r"inner\.yaml cannot be opened while outer\.yaml is open"),
        fakemodel.cassette("inner.yaml", mode="record"),
    ):
        raise AssertionError("it was opened")


def test_the_folder_may_change_while_a_cassette_is_recorded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "elsewhere").mkdir()
    with script().serve() as served, fakemodel.cassette("geo.yaml", mode="record"):
        converse(served.base_url)
        monkeypatch.chdir(tmp_path / "elsewhere")

    assert (tmp_path / "geo.yaml").exists()


def test_it_decorates_nothing():
    with pytest.raises(
        SettingInvalid, match=r"^fakemodel\.cassette is no decorator: open it by `with`, in the function\.$"
    ):

        @fakemodel.cassette("geo.yaml", mode="rerecord")
        async def ask():
            pass


@pytest.mark.parametrize("setting", ["refuse_network", "allow_errors", "allow_unplayed"])
def test_a_setting_of_the_wrong_kind_is_refused_at_once(setting):
    with pytest.raises(SettingInvalid, match=f"fakemodel.cassette says {setting}='no', expected is a bool"):
        record("geo.yaml", converse, **{setting: "no"})
