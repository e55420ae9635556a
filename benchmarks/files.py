"""What the files of cassettes cost: reading, opening and recording the conversations that ship.

Each toolkit has the same turns in its own form. vcrpy reads and writes with libyaml.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import yaml

from benchmarks.figures import Figure, missing
from benchmarks.ratios import LINEAR, Effort, cpu_seconds, ratio
from benchmarks.toolkits import OURS, PEERS, Toolkit
from fakemodel import Reply, text
from fakemodel.tape import layout, reader
from fakemodel.tape.interaction import Interaction, Request, Response
from fakemodel.tape.leaks import leaks
from fakemodel.tape.scrub import scrubbed

__all__ = ["figures"]

CHECKOUT = Path(__file__).parents[1]

LOADING = 0.333
"""The most that loading may cost, in loads of vcrpy with libyaml."""

LOADING_NOISE = 0.01

WORDS = 200
"""The words of an answer in the cassette that grows."""

Conversations = Sequence[Sequence[Interaction]]


def shipped(share: int) -> Conversations:
    """The turns of the cassettes that ship, or of the first so many."""
    return [layout.read(file) for file in sorted((CHECKOUT / "cassettes").rglob("*.yaml"))[:share]]


def write_json(path: Path, turns: Sequence[Interaction]) -> None:
    """The same turns as one JSON text: the floor of what is read as text."""
    content = [
        [
            *(turn.request.method, turn.request.uri, dict(turn.request.headers), turn.request.body.decode("latin-1")),
            *(turn.response.status, dict(turn.response.headers), turn.response.body.decode("latin-1")),
        ]
        for turn in turns
    ]
    path.write_text(json.dumps(content), encoding="utf-8")


def written(folder: Path, found: Conversations, write: Callable[[Path, Sequence[Interaction]], None]) -> list[Path]:
    """The conversations in files of a new folder."""
    folder.mkdir()
    files = [folder / f"{number}.yaml" for number in range(len(found))]
    for file, turns in zip(files, found, strict=True):
        write(file, turns)
    return files


def seconds_of_each(work: Callable[[Path], object], files: Sequence[Path]) -> float:
    reader.mapping_of.cache_clear()  # as at the start of a run
    return cpu_seconds(lambda: [work(file) for file in files])


def open_and_close(toolkit: Toolkit, file: Path) -> None:
    with toolkit.opened(file):
        pass


def seconds_of_recording(toolkit: Toolkit, folder: Path, found: Conversations) -> float:
    """What it costs to record the conversations into files that are not there."""
    folder.mkdir(exist_ok=True)
    files = [folder / f"{number}.yaml" for number in range(len(found))]
    for file in files:
        file.unlink(missing_ok=True)

    def work() -> None:
        for file, turns in zip(files, found, strict=True):
            toolkit.record(file, turns)

    return cpu_seconds(work)


def beside_others(folder: Path, found: Conversations, rounds: int) -> Iterator[Figure]:
    """Reading, opening and recording, in terms of the peers."""
    assert yaml.__with_libyaml__, "vcrpy is to read and write with libyaml"
    files = written(folder / OURS.name, found, OURS.write)
    assert [layout.read(file) for file in files] == found
    recorded = partial(seconds_of_recording, OURS, folder / "recorded", found)
    of_all = f"{len(found)} cassettes, {sum(map(len, found))} turns"
    for peer in PEERS:
        absent = missing(peer.name)
        theirs = written(folder / peer.name, found, peer.write) if not absent else []
        works = (
            (
                "read",
                partial(seconds_of_each, OURS.load, files),
                partial(seconds_of_each, peer.load, theirs),
                "the client; our form has a reader of its own, what others wrote is read at YAML's pace",
                LOADING if peer.name == "vcrpy" else None,
            ),
            (
                "opened and closed",
                partial(seconds_of_each, partial(open_and_close, OURS), files),
                partial(seconds_of_each, partial(open_and_close, peer), theirs),
                "the client; we refuse connections that go past the cassette, too",
                None,
            ),
            (
                "recorded",
                recorded,
                partial(seconds_of_recording, peer, folder / f"recorded by {peer.name}", found),
                "the client; we scrub ids, times and headers, and look for secrets in the whole text, twice",
                None,
            ),
        )
        for what, mine, other, leaves_out, at_most in works:
            yield Figure(
                kind="peer",
                what=f"{of_all}, {what}",
                beside=peer.name,
                leaves_out=leaves_out,
                cost=None if absent else ratio(mine, other, rounds),
                missing=absent,
                at_most=at_most,
                noise=LOADING_NOISE if at_most else 0.0,
            )
    as_json = written(folder / "json", found, write_json)
    read_json = partial(seconds_of_each, lambda file: json.loads(file.read_text(encoding="utf-8")), as_json)
    yield Figure(
        kind="floor",
        what=f"{of_all}, read",
        beside="the same turns as JSON, read",
        leaves_out="the layout for people, which JSON has not",
        cost=ratio(partial(seconds_of_each, OURS.load, files), read_json, rounds),
    )


def long_conversation(turns: int) -> list[Interaction]:
    """A chain of turns, each with an answer of some length."""
    found, previous = [], None
    for number in range(turns):
        words = text(*(f"word {each} " for each in range(WORDS)))
        answer = Reply(words, id=f"resp_{number:050}").response().model_dump(mode="json")
        asked = {"model": "gpt-4.1", "input": f"Question {number}?", "previous_response_id": previous}
        headers = {"content-type": ["application/json"]}
        request = Request("POST", "https://api.openai.com/v1/responses", headers, json.dumps(asked).encode())
        found.append(Interaction(request, Response(200, "OK", headers, json.dumps(answer).encode())))
        previous = answer["id"]
    return found


def as_it_grows(folder: Path, effort: Effort) -> Iterator[Figure]:
    """What a megabyte costs to scrub and to look through, and whether it costs more in a large cassette."""
    few, many = effort.of(100, 5), effort.of(1000, 50)
    short, long = long_conversation(few), long_conversation(many)
    page = layout.written(scrubbed(long), {"from": "api.openai.com"})
    bodies = [body for turn in long for body in (turn.request.body, turn.response.body)]
    size = f"a cassette of {len(page) / 1e6:.1f} MB"
    json_again = partial(cpu_seconds, lambda: [json.dumps(json.loads(body)) for body in bodies])
    works: dict[str, Callable[[], object]] = {
        "scrubbed": lambda: scrubbed(long),
        "looked through for secrets": lambda: leaks(page, name="a", environ={"OPENAI_API_KEY": "sk-not-in-the-page"}),
    }
    for what, work in works.items():
        yield Figure(
            kind="floor",
            what=f"{size}, {what}",
            beside="its bodies parsed and written as JSON",
            leaves_out="one secret-looking variable in the environment, no rules of a user's own",
            cost=ratio(partial(cpu_seconds, work), json_again, effort.of(5)),
        )
    grown = ratio(
        *(partial(seconds_of_recording, OURS, folder / str(len(each)), [each]) for each in (long, short)), effort.of(5)
    )
    yield Figure(
        kind="growth",
        what=f"a turn recorded among {many:,}",
        beside=f"one among {few:,}",
        leaves_out="the client",
        cost=grown.times(few / many),
        at_most=LINEAR,
    )


def figures(effort: Effort) -> Iterator[Figure]:
    """All that is measured here."""
    with TemporaryDirectory() as folder:
        yield from beside_others(Path(folder), shipped(effort.of(1000, 3)), effort.of(9))
        yield from as_it_grows(Path(folder), effort)
