"""Identifiers: the words of an interaction that are drawn anew each time, and mean only what they refer to.

The API gives out ids by a prefix and some twenty to fifty letters and digits (measured on real recordings: `call_` 24,
`resp_` 48 or 50, `file-` 22, `chatcmpl-` 29). Clients invent UUIDs, and what stands in CLIENT_PREFIXES.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from fakemodel.wire.ids import PREFIXES

__all__ = ["IDENTIFIER", "SERVER_PREFIXES", "identifiers", "kind_of", "renamed"]

ACCOUNT_PREFIXES = {"org", "proj", "user"}

OTHER_PREFIXES = {
    *("asst", "batch", "batch_req", "cfile", "cntr", "eval", "evalrun", "ftckpt", "ftevent", "ftjob", "modr", "part"),
    *("req", "run", "sess", "step", "thread", "upload", "video", "vs", "vsfb"),
}
"""The ids of endpoints that the toolkit only records."""

SERVER_PREFIXES = PREFIXES | ACCOUNT_PREFIXES | OTHER_PREFIXES
"""What ids of servers begin with."""

CACHE_KEYS = ("agents-sdk:conversation:", "agents-sdk:group:", "agents-sdk:session:")
"""What the Agents SDK's own cache keys begin with: a digest of an id follows, that is another where the id is."""

CLIENT_PREFIXES = ("chatcmpl-tool-", "group_", "lc_run-", "pyd_ai_", "span_", "toolu_", "trace_", *CACHE_KEYS)
"""What ids of clients begin with: those of vLLM, the Agents SDK, LangChain and pydantic-ai."""

UUID = (
    "[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}|[0-9a-f]{12}4[0-9a-f]{3}[89ab][0-9a-f]{15}"
)
"""A UUID, or the 32 digits of a random one."""

BEGINS = r"(?:(?<![A-Za-z0-9])|(?<=\\[bfnrt])|(?<=\\u[0-9A-Fa-f]{4})|(?<=%[0-9A-Fa-f]{2}))"
"""Where an identifier may begin: after what is no letter or digit, or the escape of one."""

MIXED = ("asst_", "call_", "chatcmpl-", "file-", "org-", "proj_", "run_", "step_", "thread_", "user-")
"""What ids begin with that have letters of both cases: one in fifty has no digit, or one at its end."""

LETTERS = (
    f"(?:{'|'.join(f'(?<={prefix})' for prefix in MIXED)})(?=[0-9A-Za-z]{{22,29}}(?![0-9A-Za-z]))"
    "(?=[0-9A-Za-z]*[a-z])[0-9A-Za-z]*[A-Z][a-z]?[A-Z]"
)
"""Such an id without digits: capitals stand side by side, as in no name but one with an acronym."""

RANDOM = f"(?=[A-Za-z]*(?:[0-9]+[A-Za-z]|[0-9]{{6}})|{LETTERS})[0-9A-Za-z]"
"""Letters and digits that are no word, nor one with a number behind it."""

SERVERS = "|".join(sorted(SERVER_PREFIXES, key=len, reverse=True))

IDENTIFIER = re.compile(
    f"{BEGINS}(?:"
    f"(?P<client>{'|'.join(CLIENT_PREFIXES)}){RANDOM}{{20,}}"
    f"|(?P<server>{SERVERS})[_-]{RANDOM}{{16,}}"
    f"|(?P<uuid>{UUID})"
    ")(?![A-Za-z0-9])"
)


CHARACTER = r"[0-9A-Za-z_\\%-]"

WORD = re.compile(
    rf"{CHARACTER}{{10,}}+(?:(?<=agents-sdk):(?:conversation|group|session):{CHARACTER}*+)+|{CHARACTER}{{19,}}"
)
"""A word as long as the shortest identifier, with all before it that tells whether one may begin there.

To look for identifiers in these words alone, without those of base64, takes a fifth of the time.
"""

SEPARATOR = re.compile(r"[_\\%-]")
"""What is in a word that holds identifiers, unless it is a UUID of 32 digits as a whole."""


def identifiers(text: str) -> Iterator[str]:
    """The identifiers in a text, in order."""
    return (found[0] for word in WORD.findall(text) if _may_hold(word) for found in IDENTIFIER.finditer(word))


def renamed(text: str, name: Callable[[re.Match[str]], str]) -> str:
    """A text in which each identifier is what `name` makes of it."""
    return WORD.sub(lambda word: IDENTIFIER.sub(name, word[0]) if _may_hold(word[0]) else word[0], text)


def _may_hold(word: str) -> bool:
    return len(word) == 32 or SEPARATOR.search(word) is not None


def kind_of(identifier: re.Match[str]) -> str:
    """What an identifier may stand for: its prefix, or `uuid`."""
    return identifier["server"] or identifier["client"] or "uuid"
