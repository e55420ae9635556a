"""The syrupy extension: a snapshot is a transcript, in a text file of its own. Needs the extra `syrupy`.

It stands beside the test, as `__snapshots__/<test file>/<test>.txt`. What the text says is for `fakemodel.transcripts`.
"""

from __future__ import annotations

from typing import Any

from syrupy.extensions.single_file import SingleFileSnapshotExtension, WriteMode

from fakemodel.errors import SettingInvalid
from fakemodel.transcripts.transcript import transcript

__all__ = ["TranscriptExtension"]


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
