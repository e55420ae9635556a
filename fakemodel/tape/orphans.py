"""Orphans: cassettes whose test is gone."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator
from pathlib import Path

__all__ = ["orphans"]

PRUNED = {"build", "dist", "node_modules", "site-packages", "venv"}
"""Folders that hold no tests of a suite's own; nor do those whose names begin with a dot."""


def orphans(test_files: Collection[Path], used: Collection[Path]) -> list[Path]:
    """The cassettes of `test_files`, and of modules in their folders or below that are gone, that are not `used`.

    Where no cassette is used, only the folders themselves are looked at.
    """
    tops = {file.parent for file in test_files}
    folders = {below for top in tops for below in _folders(top)} if used else {top / "cassettes" for top in tops}
    found: set[Path] = set()
    for folder in filter(Path.is_dir, folders):
        modules = {file.stem for file in test_files if file.parent == folder.parent}
        for own in filter(Path.is_dir, folder.iterdir()):
            named_as_tests = own.name.startswith("test_") or own.name.endswith("_test")
            gone = named_as_tests and not (folder.parent / f"{own.name}.py").exists()
            if gone or own.name in modules:
                found.update(own.rglob("*.yaml"))
    return sorted(found - set(used))


def _folders(top: Path) -> Iterator[Path]:
    """The folders of cassettes below `top`."""
    for folder, inner, _ in os.walk(top):
        inner[:] = [name for name in inner if not name.startswith(".") and name not in PRUNED]
        if "cassettes" in inner:
            inner.remove("cassettes")
            yield Path(folder) / "cassettes"
