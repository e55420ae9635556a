"""The files of cassettes: which of them there are, and what is told of one that cannot be read."""

from __future__ import annotations

import os
import re
from base64 import b64encode
from collections.abc import Iterable, Mapping
from pathlib import Path

from fakemodel.tape import layout
from fakemodel.tape.interaction import Interaction
from fakemodel.tape.leaks import leaks
from fakemodel.tape.payloads import payloads_of, put_back
from fakemodel.tape.yaml_events import TOO_DEEP

__all__ = ["cassettes", "told", "turns_of", "with_payloads"]

HOLDS_INTERACTIONS = re.compile(
    rb"(?:^(?:\xef\xbb\xbf)?[\"']?interactions[\"']?|\A(?:\xef\xbb\xbf)?\s*\{[^{\[]*\"interactions\")[ \t]*:",
    flags=re.MULTILINE,
)
"""A member of the file, on a line of its own as YAML has it, or in the braces that JSON begins with."""

SUFFIXES = (".yaml", ".yml", ".json")


def cassettes(paths: Iterable[Path]) -> list[Path]:
    """The files of `paths`, and of the folders among them the YAML and JSON below that holds interactions, each once.

    Virtual environments are passed over. What cannot be looked into is among them too, so that it is told.
    """
    found: dict[Path, Path] = {}
    for path in paths:
        for file in _below(path) if path.is_dir() else [path]:
            found.setdefault(file.resolve(), file)
    return list(found.values())


def _below(folder: Path) -> list[Path]:
    found: list[Path] = []

    def keep(error: OSError) -> None:
        found.append(Path(error.filename))

    for root, folders, names in os.walk(folder, onerror=keep):
        if "pyvenv.cfg" in names:
            folders.clear()
            continue
        files = (Path(root, name) for name in names if name.endswith(SUFFIXES))
        found += filter(_holds_interactions, files)
    return sorted(found)


def _holds_interactions(file: Path) -> bool:
    try:
        return file.is_file() and bool(HOLDS_INTERACTIONS.search(file.read_bytes()))
    except OSError:
        return True


def turns_of(file: Path, content: bytes) -> list[Interaction]:
    """The turns as they stand in the file. Raises OSError and ValueError where they, or their payloads, do not."""
    turns = layout.turns_in(content)
    put_back(turns, payloads_of(file))
    return turns


def with_payloads(text: str, file: Path) -> str:
    """The text of a cassette with its payloads in their places."""
    for digest, payload in payloads_of(file).items():
        text = text.replace(f"payload-sha256-{digest}", b64encode(payload).decode())
    return text


def told(error: Exception, environ: Mapping[str, str]) -> str:
    """What an error says, in one line without what stands in the file, where that is a secret."""
    if isinstance(error, OSError):
        return error.strerror or type(error).__name__
    if isinstance(error, RecursionError):
        return TOO_DEEP
    lines = [line.strip() for line in str(error).splitlines() if not line.startswith("    ")]  # those quote the file
    words = " ".join(lines).replace('in "<unicode string>",', "at").replace('in "<byte string>",', "at")
    return words if not leaks(words, name="", environ=environ) else re.split(r"[(\"']", words)[0].strip()
