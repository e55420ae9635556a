"""`fakemodel script`: what it prints is run, is asked what was recorded, and has to answer that."""

import ast
import json
import os
import re
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import openai
import pytest

import fakemodel
from fakemodel import FakeModel, FakeOpenAI, Reply
from fakemodel.scripting.module import module
from fakemodel.scripting.rehearsal import Rehearsal
from fakemodel.scripting.script import script_of
from fakemodel.tape import layout
from fakemodel.tape.paths import shipped
from fakemodel.wire.sse import payloads_in

ROOT = Path(fakemodel.__file__).parent.parent
ASKING = ("/v1/responses", "/v1/chat/completions")
HAND_WRITTEN = "test_openai_responses_verbosity"
"""A file of the corpus that no server answered: its response has no status."""

needs_typer = pytest.mark.skipif(
    not (find_spec("typer") and find_spec("rich")), reason="the command line needs typer and rich, the `cli` extra"
)
needs_ruff = pytest.mark.skipif(not shutil.which("ruff", path=Path(sys.executable).parent), reason="needs ruff")


def printed(file: Path, kind: str = "FakeOpenAI") -> str:
    """The script of a cassette, which is all of it."""
    script = script_of(layout.read(file), served=kind == "FakeOpenAI")
    assert script.unsaid == [], file
    return module(script, str(file), served=kind == "FakeOpenAI")


def scripted(code: str):
    """What the printed code makes."""
    namespace: dict = {}
    exec(compile(code, "script", "exec"), namespace)
    return namespace["scripted"]()


def said(response) -> dict:
    """What an answer says, but for ids, times, and how an item that is no words was cut into deltas."""
    if not response.is_stream:
        return {"status": response.status, **whole(json.loads(response.body))}
    payloads = payloads_in(response.body)
    deltas = [event["delta"] for event in payloads if event.get("type") in DELTAS]
    deltas += [piece for chunk in payloads for choice in chunk.get("choices", ()) for piece in pieces(choice["delta"])]
    final = payloads[-1].get("response", {})
    chunk_of_usage = [payload for payload in payloads if payload.get("usage")]
    return {
        "status": response.status,
        "deltas": deltas,
        **whole(final),
        **counts(chunk_of_usage[-1] if chunk_of_usage else final),
    }


DELTAS = ("response.output_text.delta", "response.refusal.delta", "response.function_call_arguments.delta")


def pieces(delta: dict) -> list:
    calls = [call["function"].get(key) for call in delta.get("tool_calls") or () for key in ("name", "arguments")]
    return [piece for piece in (delta.get("content"), delta.get("refusal"), *calls) if piece]


def whole(body: dict) -> dict:
    """What a body says: of a response, of a completion, or else nothing that is compared here."""
    items = [item_said(item) for item in body.get("output") or ()]
    messages = [(item_said(choice["message"]), choice["finish_reason"]) for choice in body.get("choices") or ()]
    told = {key: body.get(key) for key in ("error", "incomplete_details", "object", "deleted", "metadata")}
    ended = body.get("status") if body.get("status") not in ("queued", "in_progress") else "not ended"
    told["error"] = re.sub(r"\b(resp|conv)_\w+", r"\1_…", json.dumps(told["error"], sort_keys=True))
    return {**told, **counts(body), "ended": ended, "said": items if ended != "not ended" else [], "choices": messages}


def item_said(item: dict) -> dict:
    """An item or a message without what is empty, or made anew."""
    anew = ("id", "call_id", "encrypted_content")
    if isinstance(item, list):
        return [item_said(each) for each in item]
    if not isinstance(item, dict):
        return item
    told = {key: item_said(value) for key, value in item.items() if key not in anew}
    return {key: value for key, value in told.items() if value not in (None, [], {})}


def counts(body: dict) -> dict:
    """The tokens that are counted; some servers tell more of them."""
    usage = body.get("usage") or {}
    keys = ("input_tokens", "output_tokens", "prompt_tokens", "completion_tokens", "total_tokens")
    return {"usage": {key: usage[key] for key in keys if key in usage}}


def assert_answers_as_recorded(file: Path) -> None:
    code = printed(file)
    api = scripted(code)
    rehearsal = Rehearsal(api)
    for number, turn in enumerate(layout.read(file), 1):
        answered = rehearsal.answer(turn)
        assert answered.is_stream == turn.response.is_stream
        if words(code):
            assert said(answered) == said(turn.response), f"{file}, turn {number}"
        else:
            assert {**said(answered), "deltas": []} == {**said(turn.response), "deltas": []}, f"{file}, turn {number}"
    api.assert_complete()


def words(code: str) -> bool:
    """Whether all is said in words: of an item that stands as a dict each text is one delta."""
    calls = [node for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Call)]
    replies = [call for call in calls if isinstance(call.func, ast.Name) and call.func.id == "Reply"]
    return not any(isinstance(part, ast.Dict) for reply in replies for part in reply.args)


def test_the_script_of_what_ships_answers_as_recorded():
    files = shipped().values()

    assert len(files) >= 80
    for file in files:
        assert_answers_as_recorded(file)


def test_the_script_of_real_traffic_answers_as_recorded(corpus: Path):
    for file in real(corpus):
        assert_answers_as_recorded(file)


def real(corpus: Path) -> list[Path]:
    return [file for file in sorted(corpus.rglob("*.yaml")) if file.stem != HAND_WRITTEN]


async def answers_of_a_model(file: Path) -> int:
    """Ask the FakeModel of a cassette what was recorded; returns how many turns there were."""
    model, asked = scripted(printed(file, "FakeModel")), 0
    turns = [turn for turn in layout.read(file) if turn.request.method == "POST" and turn.request.uri.endswith(ASKING)]
    for number, turn in enumerate(turns):
        body = turn.request.json
        if turn.response.status >= 500 and any(each.request == turn.request for each in turns[number + 1 :]):
            continue  # the SDK tried again, and its caller knows nothing of it
        ids = {"previous_response_id": body.get("previous_response_id"), "conversation_id": conversation(body)}
        items = body.get("input", body.get("messages"))
        asked += 1
        if turn.response.status >= 400:
            with pytest.raises(openai.APIStatusError) as raised:
                await model.get_response(input=items, **ids)
            assert raised.value.status_code == turn.response.status
            assert raised.value.body == json.loads(turn.response.body)["error"]
            continue
        answer = await model.get_response(input=items, **ids)
        recorded = reply_of(turn, layout.read(file))
        told = [item.model_dump(exclude_unset=True, warnings=False) for item in answer.output]
        assert list(map(item_said, told)) == list(map(item_said, recorded["output"])), f"{file}, turn {number + 1}"
        assert answer.usage.input_tokens == recorded["usage"]["input_tokens"]
        assert answer.usage.output_tokens == recorded["usage"]["output_tokens"]
    model.assert_complete()
    return asked


def conversation(body: dict) -> str | None:
    named = body.get("conversation")
    return named["id"] if isinstance(named, dict) else named


def reply_of(turn, turns) -> dict:
    """The response that a turn came to, as the Responses API would tell it."""
    payloads = payloads_in(turn.response.body) if turn.response.is_stream else [json.loads(turn.response.body)]
    if "choices" in payloads[0]:
        read = Reply.from_chunks(payloads) if turn.response.is_stream else Reply.from_completion(payloads[0])
        return Reply(*read.parts, usage=read.usage).response().model_dump(exclude_unset=True, warnings=False)
    final = payloads[-1].get("response", payloads[-1])
    if final["status"] in ("queued", "in_progress"):
        later = (
            json.loads(each.response.body)
            for each in turns
            if each.request.method == "GET" and not each.response.is_stream
        )
        final = [each for each in later if each.get("id") == final["id"]][-1]
    return final


async def test_a_fake_model_says_what_ships():
    turns = [await answers_of_a_model(file) for file in shipped().values()]

    assert sum(turns) > 100


async def test_a_fake_model_says_what_was_real(corpus: Path):
    turns = [await answers_of_a_model(file) for file in real(corpus)]

    assert sum(turns) >= 200


def test_replies_are_told_apart_where_the_order_is_not_given(tmp_path: Path):
    path = tmp_path / "tape.yaml"
    prompts = ["The capital of Brazil?", "The capital of Peru?"]
    client = FakeOpenAI(["Brasília", "Lima"]).client()
    with fakemodel.cassette(path, mode="record"):
        recorded = {prompt: client.responses.create(model="gpt-4.1", input=prompt).output_text for prompt in prompts}

    code = printed(path)
    again = scripted(code).client()
    told = {prompt: again.responses.create(model="gpt-4.1", input=prompt).output_text for prompt in prompts[::-1]}

    assert 'when(input="The capital of Peru?").say(' in code
    assert told == recorded


def test_a_guard_is_met_by_its_own_turn_alone(tmp_path: Path):
    path = tmp_path / "tape.yaml"
    prompts = ["One word.\nThe capital of Brazil?", "One word.\nThe capital of Peru?"]
    client = FakeOpenAI(["Brasília", "Lima"]).client()
    with fakemodel.cassette(path, mode="record"):
        recorded = {prompt: client.responses.create(model="gpt-4.1", input=prompt).output_text for prompt in prompts}

    again = scripted(printed(path)).client()

    told = {prompt: again.responses.create(model="gpt-4.1", input=prompt).output_text for prompt in prompts[::-1]}
    assert told == recorded


def test_the_ids_of_calls_stand_where_a_later_request_names_them():
    assert 'id="call_' in printed(shipped()["fakemodel:previous_response_id/tool_call"])


def test_what_goes_on_from_each_other_needs_no_guards(tmp_path: Path):
    code = printed(shipped()["fakemodel:previous_response_id/plain"])

    assert "when(" not in code
    assert 'id="resp_' in code


def test_routes_that_fake_openai_does_not_serve_answer_as_recorded(tmp_path: Path):
    path = tmp_path / "tape.yaml"
    api = FakeOpenAI()
    files = iter([{"id": "file-1", "object": "file"}, {"id": "file-2", "object": "file"}])
    api.on("POST", "/v1/files", lambda request: next(files))
    client = api.client()
    with fakemodel.cassette(path, mode="record"):
        recorded = [upload(client) for _ in range(2)]

    again = scripted(printed(path)).client()

    assert [upload(again) for _ in range(2)] == recorded == ["file-1", "file-2"]


def upload(client: openai.OpenAI) -> str:
    return client.files.create(file=b"words", purpose="assistants").id


@pytest.mark.parametrize("kind", ["FakeOpenAI", "FakeModel"])
def test_the_code_is_laid_out_in_lines_of_88(kind):
    for file in shipped().values():
        code = printed(file, kind)
        assert [line for line in code.splitlines() if len(line) > 88 and " " in line.strip("# ").strip('"')] == []
        assert code.endswith("\n")
        assert not code.endswith("\n\n")


@needs_ruff
def test_a_formatter_and_a_linter_leave_it_as_it_is(tmp_path: Path):
    for name, file in shipped().items():
        for kind in ("FakeOpenAI", "FakeModel"):
            place = tmp_path / f"{name.replace('/', '_').replace(':', '_').lower()}_{kind.lower()}.py"
            place.write_text(printed(file, kind), encoding="utf-8")

    for command in (["format", "--check"], ["check"]):
        told = subprocess.run(
            [sys.executable, "-m", "ruff", *command, "--isolated", "."], cwd=tmp_path, capture_output=True, text=True
        )
        assert told.returncode == 0, told.stdout


DANGLING = """\
interactions:
- request:
    method: POST
    uri: https://api.openai.com/v1/responses
    body: '{"model": "gpt-4.1", "input": "Hi", "previous_response_id": "resp_0"}'
    headers: {}
  response:
    status: {code: 200, message: OK}
    headers: {content-type: [application/json]}
    body: {string: '{"id": "resp_1", "object": "response", "status": "completed", "output": []}'}
"""


def run(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    environ = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", "from fakemodel.cli import main; main()", "script", *arguments]
    return subprocess.run(command, env=environ, cwd=cwd, capture_output=True, text=True, encoding="utf-8", check=False)


@needs_typer
def test_a_cassette_that_ships_is_printed_by_its_name(tmp_path: Path):
    told = run("fakemodel:conversation/tool_call_continuation", cwd=tmp_path)

    assert (told.returncode, told.stderr) == (0, "")
    assert told.stdout.startswith('"""What a cassette recorded, as the script of a FakeOpenAI."""\n')
    assert "# From fakemodel:conversation/tool_call_continuation\n" in told.stdout
    assert isinstance(scripted(told.stdout), FakeOpenAI)


@needs_typer
@pytest.mark.parametrize("kind", ["FakeModel", "fakemodel"])
def test_a_fake_model_is_printed_on_demand(tmp_path: Path, kind: str):
    told = run("--for", kind, "fakemodel:chat/parallel_tools", cwd=tmp_path)

    assert told.returncode == 0
    assert isinstance(scripted(told.stdout), FakeModel)


@needs_typer
def test_what_cannot_say_a_script_is_told_with_what_can(tmp_path: Path):
    told = run("--for", "me", "fakemodel:chat/text", cwd=tmp_path)

    assert (told.returncode, told.stdout) == (2, "")
    assert told.stderr.endswith("Error: Invalid value for '--for': 'me' is none of FakeOpenAI, FakeModel.\n")


@needs_typer
def test_what_cannot_be_said_is_told_in_a_comment_and_by_the_exit_status(tmp_path: Path):
    (tmp_path / "tape.yaml").write_text(DANGLING)

    told = run("tape.yaml", cwd=tmp_path)

    assert (told.returncode, told.stderr) == (1, "")
    assert (
        "# From tape.yaml\n"
        "#\n"
        "# Not answered as it was recorded:\n"
        "# turn 1, POST /v1/responses: it is answered with 400, recorded is 200: Previous\n"
        "#   response with id 'resp_0' not found.\n"
    ) in told.stdout
    assert isinstance(scripted(told.stdout), FakeOpenAI)


@needs_typer
@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("gone.yaml", "fakemodel: there is no gone.yaml. "),
        ("fakemodel:chat/tekst", "fakemodel: there is no fakemodel:chat/tekst. No cassette of that name ships."),
        ("fakemodel:../secrets", "fakemodel: fakemodel:../secrets cannot be read: "),
        ("torn.yaml", "fakemodel: torn.yaml cannot be read: it is not YAML: "),
        (".", "fakemodel: . is a folder: name a cassette in it"),
    ],
)
def test_what_is_no_cassette_is_told(tmp_path: Path, name, told):
    (tmp_path / "torn.yaml").write_text("interactions: [")

    found = run(name, cwd=tmp_path)

    assert found.stderr.startswith(told)
    assert (found.returncode, found.stdout) == (2, "")
