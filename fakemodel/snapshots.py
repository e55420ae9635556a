"""The syrupy extension: a snapshot is a transcript, in a text file of its own. Needs the extra `syrupy`.

It stands beside the test, as `__snapshots__/<test file>/<test>.txt`. What the text says is for `fakemodel.transcripts`.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

try:
    from syrupy.extensions.base import AbstractSyrupyExtension
    from syrupy.extensions.single_file import SingleFileSnapshotExtension, WriteMode
except ModuleNotFoundError as missing:
    if not (missing.name or "").startswith("syrupy"):
        raise
    message = 'fakemodel.snapshots needs syrupy: pip install "fakemodel[syrupy]"'
    raise ModuleNotFoundError(message, name="syrupy") from None

from fakemodel.errors import SettingInvalid
from fakemodel.transcripts.transcript import transcript

if TYPE_CHECKING:
    from syrupy.location import PyTestLocation
    from syrupy.types import SnapshotIndex

__all__ = ["TranscriptExtension"]

RESERVED = '%\\/?*:|"<>'
"""What is no part of a file's name on every system, and the sign that stands for it."""

OF_TEST, OF_SNAPSHOT = 180, 70
"""The bytes that the names of a test and of one of its snapshots may have: with `.txt`, a file's name has 255."""


def file_name(name: str, most: int) -> str:
    """A name as part of a file's name: like no other name's, in at most so many bytes."""
    written = "".join(
        each if each.isprintable() and each not in RESERVED else quote(each, safe="", errors="surrogatepass")
        for each in name
    )
    if len(written.encode()) <= most:
        return written
    sign = hashlib.sha256(written.encode()).hexdigest()[:12]
    return f"{written.encode()[: most - len(sign) - 1].decode(errors='ignore')}-{sign}"


class TranscriptExtension(SingleFileSnapshotExtension):
    """Keeps whatever `transcript` takes as its text: `assert events == snapshot(extension_class=TranscriptExtension)`.

    A string is taken for a transcript already: `transcript(events, usage=True)`. Another value fails the assertion by a
    StreamError, and syrupy's `exclude` and `include` by a SettingInvalid, for a transcript says what is left out.
    """

    _write_mode = WriteMode.TEXT
    file_extension = "txt"
    _file_extension = file_extension  # as syrupy 4 calls it

    def serialize(self, data: object, *, exclude: object = None, include: object = None, **options: Any) -> str:
        """The text of a value, with the newline that ends a file."""
        if exclude or include:
            raise SettingInvalid(
                "A transcript takes neither exclude nor include: ids, times and usage are left out of it. To have them "
                "in it: transcript(value, usage=True, times=True) == snapshot"
            )
        return f"{data if isinstance(data, str) else transcript(data)}\n"

    # syrupy leaves out what no file's name may have, and cuts: `test[a/b]` and `test[a:b]` would share one file.
    @classmethod
    def get_snapshot_name(cls, *, test_location: PyTestLocation, index: SnapshotIndex = 0) -> str:
        """The name of the file without its end: that of the test, then the number or the name of the snapshot."""
        name = AbstractSyrupyExtension.get_snapshot_name(test_location=test_location, index=index)
        own = name.removeprefix(test_location.snapshot_name)
        return file_name(test_location.snapshot_name, OF_TEST) + file_name(own, OF_SNAPSHOT)

    @classmethod
    def matches_test_location(cls, *, test_location: PyTestLocation, snapshot_location: str) -> bool:
        """Whether a file is of this test: what syrupy relates to no test it warns of."""
        if super().matches_test_location(test_location=test_location, snapshot_location=snapshot_location):
            return True
        name, file = file_name(test_location.snapshot_name, OF_TEST), Path(snapshot_location)
        is_its_own = file.stem == name or file.stem.startswith((f"{name}.", f"{name}["))
        return is_its_own and str(file.parent) == cls.dirname(test_location=test_location)
