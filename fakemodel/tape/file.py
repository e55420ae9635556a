"""The file of a cassette: read with a word on what is wrong, written whole, without secrets, and only if it changes."""

from __future__ import annotations

import errno
import json
import os
import warnings
from collections.abc import Sequence
from dataclasses import replace
from importlib.metadata import version
from typing import TYPE_CHECKING, Literal

from fakemodel.errors import CassetteInvalid, CassetteMissing, CassetteWarning, SecretFound
from fakemodel.tape import age, layout
from fakemodel.tape.interaction import Interaction
from fakemodel.tape.payloads import folder_of, payloads_of, put_back, taken_out
from fakemodel.tape.scrub import Rules, scrubbed, sources
from fakemodel.tape.told import Told

if TYPE_CHECKING:
    from fakemodel.tape.leaks import Leak

__all__ = ["Written", "assert_no_secrets", "assert_writable", "read", "warn_of_age", "write"]

Written = Literal["recorded", "re-recorded", "left equal"]


def read(told: Told, rules: Rules) -> list[Interaction]:
    """The turns of a cassette, after `rules`. Raises CassetteMissing and CassetteInvalid."""
    try:
        turns = put_back(layout.read(told.path), payloads_of(told.path))
        if not rules.digest or layout.rules_of_file(told.path.read_text(encoding="utf-8")) == rules.digest:
            return turns
        return [Interaction(rules.request(turn.request), rules.response(turn.response)) for turn in turns]
    except FileNotFoundError:
        raise CassetteMissing(
            f"{told.name} has no cassette to replay ({told.shown_path})\n{told.remedy('record')}"
        ) from None
    except (OSError, ValueError) as error:
        raise CassetteInvalid(
            f"{told.name} cannot replay {told.shown_path}: {error}\n"
            f"Mend the file, or record it anew. {told.remedy('rerecord')}"
        ) from None


def warn_of_age(told: Told, max_age: int) -> None:
    """Warn of a cassette that was recorded more than `max_age` days ago (0: any age), or on no day that it names."""
    text = told.path.read_text(encoding="utf-8", errors="replace") if max_age else ""
    if old := age.too_old(text, max_age, age.today()):
        warnings.warn(f"{told.shown_path} was {old}. {told.remedy('rerecord')}", CassetteWarning, stacklevel=2)


def write(turns: Sequence[Interaction], told: Told, rules: Rules, max_age: int, payloads_over: int) -> Written:
    """Write the turns, scrubbed, unless the file holds equal ones and is young: at most half of `max_age` days old.

    Base64 of more than `payloads_over` bytes goes to files beside it. Raises SecretFound, or CassetteInvalid where the
    file cannot be written; it stays as it was.
    """
    written = scrubbed(turns)
    written, payloads = taken_out(written, payloads_over) if payloads_over else (written, {})
    text = layout.written(written, {**_head(turns), **({"rules": rules.digest} if rules.digest else {})})
    old = told.path.read_text(encoding="utf-8", errors="replace") if told.path.exists() else None
    folder = folder_of(told.path)
    layout.clear(told.path)
    for left in folder.glob(".*.tmp"):
        left.unlink()
    whole = all((folder / f"{digest}.bin").is_file() for digest in payloads)
    if old is not None and whole and not age.is_older(old, max_age / 2, age.today()) and _holds(told, written):
        return "left equal"
    for leak in assert_no_secrets(turns, told):
        warnings.warn(f"{told.shown_path}, {leak.where}: {leak.kind}", CassetteWarning, stacklevel=2)
    before = set(folder.glob("*.bin"))
    try:
        for digest, payload in payloads.items():
            layout.write(folder / f"{digest}.bin", payload)
        layout.write(told.path, text)
    except OSError as error:
        for file in set(folder.glob("*.bin")) - before:
            file.unlink()
        raise _unwritable(told, error) from None
    for file in folder.glob("*.bin"):
        if file.stem not in payloads:
            file.unlink()
    return "recorded" if old is None else "re-recorded"


def assert_writable(told: Told) -> None:
    """Raise CassetteInvalid where the folder of a cassette cannot be written to: before anything is asked, and paid."""
    folder = next(folder for folder in told.path.parents if folder.exists())
    if not folder.is_dir():
        raise _unwritable(
            told, NotADirectoryError(errno.ENOTDIR, "there is a file in the place of the folder", str(folder))
        )
    if not os.access(folder, os.W_OK | os.X_OK):
        raise _unwritable(told, PermissionError(errno.EACCES, "the folder is read-only", str(folder)))


def _unwritable(told: Told, error: OSError) -> CassetteInvalid:
    return CassetteInvalid(
        f"{told.name} cannot be recorded, so that the file was left as it was ({told.shown_path}): {error}\n"
        f"Make room, or the folder writable, and record again. {told.remedy('rerecord')}"
    )


def assert_no_secrets(turns: Sequence[Interaction], told: Told) -> list[Leak]:
    """Raise SecretFound where the file that is to be written holds a secret; return what might better not be there."""
    from fakemodel.tape.leaks import leaks  # its detectors are not for those who only replay

    found = leaks(layout.written(scrubbed(turns), _head(turns)), name=told.path.stem, environ=os.environ)
    severe = [f"  {leak.where}: {leak.kind}" for leak in found if leak.severe]
    if severe:
        raise SecretFound(
            f"{told.name} holds what must not be written, so that the file was left as it was ({told.shown_path})\n"
            + "\n".join(severe)
            + '\nKeep it out of the conversation, or take it out by a rule: scrub={r"a pattern": "its replacement"}'
        )
    return found


def _head(turns: Sequence[Interaction]) -> dict[str, str]:
    return {
        "from": sources(turns),
        "with": f"openai {version('openai')}",
        "on": age.today().isoformat(),
    }


def _holds(told: Told, turns: Sequence[Interaction]) -> bool:
    """Whether the file says the same already, be it with the members of its JSON in another order."""
    try:
        return list(map(_meaning, layout.read(told.path))) == list(map(_meaning, turns))
    except (OSError, ValueError):
        return False


def _meaning(turn: Interaction) -> Interaction:
    request, response = turn.request, turn.response
    return Interaction(replace(request, body=_sorted(request.body)), replace(response, body=_sorted(response.body)))


def _sorted(body: bytes) -> bytes:
    try:
        return json.dumps(json.loads(body), sort_keys=True).encode()
    except (ValueError, RecursionError):
        return body
