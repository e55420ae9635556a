"""What of a payload changes from run to run: ids are numbered by first appearance, times and counts left out.

Every payload of one text goes through one `Names`, so that an id has one name wherever it stands.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fakemodel.tape.identifiers import SERVER_PREFIXES, renamed
from fakemodel.tape.names import Numbered
from fakemodel.wire.anew import ENCRYPTED, TIMES
from fakemodel.wire.payload import payload_of

__all__ = ["Name", "Names"]

IDS = {
    *("id", "item_id", "call_id", "tool_call_id", "approval_request_id", "response_id", "previous_response_id"),
    *("conversation", "conversation_id", "container_id", "file_id", "system_fingerprint"),
}
"""The members that hold an id which somebody gave out: a server, or an adapter in its place."""

AUTHORED = {"metadata", "prompt", "tools"}
"""The members in which the caller wrote whatever is called an id, a time or a usage."""

KINDS = SERVER_PREFIXES | {"fp"}


class Name(str):
    """What stands for something else; told without quotes."""

    __slots__ = ()


UNREAD = Name("…")
"""What stands for an encrypted text."""


class Names:
    """The names of the ids of one text, and what is left out of it."""

    def __init__(self, *, usage: bool, times: bool) -> None:
        self._numbered = Numbered()
        self._left_out = {"obfuscation"}
        self._left_out |= set() if usage else {"usage"}
        self._left_out |= set() if times else TIMES

    def plain(self, value: Any, authored: bool = False) -> Any:
        """A payload with its ids named, and without what is left out; what is null, and no log probabilities, too."""
        if hasattr(value, "model_dump"):
            value = payload_of(value)
        if isinstance(value, Mapping):
            return {
                str(key): self._member(str(key), held, authored)
                for key, held in value.items()
                if held is not None and (authored or key not in self._left_out) and (key, held) != ("logprobs", [])
            }
        if isinstance(value, list | tuple):
            return [self.plain(each, authored) for each in value]
        # JSON has one kind of numbers, of which the SDK makes two.
        return int(value) if isinstance(value, float) and value.is_integer() else value

    def _member(self, key: str, value: Any, authored: bool) -> Any:
        if isinstance(value, str) and not authored:
            if key in IDS and value:
                return self._named(value)
            if key in ENCRYPTED:
                return UNREAD
        return self.plain(value, authored or key in AUTHORED)

    def _named(self, id: str) -> Name:
        kind = id.replace("-", "_").partition("_")[0]
        return Name(self._numbered.name(id, kind if kind in KINDS else "id"))

    def text(self, text: str) -> str:
        """A text with the ids that have a name by their names."""
        return renamed(text, lambda found: self._numbered.known(found[0]))
