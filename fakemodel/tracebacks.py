"""Tracebacks cut to the user's own code: the frames of clients and transports below it say nothing."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType

__all__ = ["keep_users_frames"]

OURS = Path(__file__).parent


def keep_users_frames(error: BaseException, root: Path) -> None:
    """Cut the traceback of `error` after the last frame of a file below `root`; without one it stays."""
    frames = []
    traceback = error.__traceback__
    while traceback is not None:
        frames.append(traceback)
        traceback = traceback.tb_next
    own = [number for number, frame in enumerate(frames) if _is_users(Path(frame.tb_frame.f_code.co_filename), root)]
    kept: TracebackType | None = None
    for frame in reversed(frames[: own[-1] + 1] if own else frames):
        kept = TracebackType(kept, frame.tb_frame, frame.tb_lasti, frame.tb_lineno)
    error.__traceback__ = kept


def _is_users(file: Path, root: Path) -> bool:
    return file.is_relative_to(root) and "site-packages" not in file.parts and not file.is_relative_to(OURS)
