"""A request's address: the place that it asks for, and what it must not tell."""

from __future__ import annotations

import re
from typing import TypeAlias
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

__all__ = ["MASK", "api_path", "masked", "place", "query"]

API_PATH = re.compile(
    r"/v1/(?:assistants|audio|batches|chat/completions|completions|containers|conversations|embeddings|evals|files"
    r"|fine_tuning|images|models|moderations|realtime|responses|skills|threads|uploads|vector_stores|videos)(?:/.*)?$"
)
"""The API's routes. Where one is asked for, host and prefix do not matter: a gateway's recording plays anywhere."""

SECRET = re.compile(
    r"(?i)(?:.*[-_.])?(?:key|apikey|secret|password|passwd|pwd|signature|sig|credential)"
    r"|(?:.*[-_.])?(?:access|auth|refresh|security|session|id)[-_.]?token|token"
)
"""The names in a query whose values authenticate."""

MASK = "scrubbed"

Query: TypeAlias = tuple[tuple[str, str], ...]


def api_path(uri: str) -> str | None:
    """The path from `/v1` on, if `uri` asks for one of the API's routes."""
    found = API_PATH.search(urlsplit(uri).path)
    return found[0] if found else None


def place(uri: str) -> str:
    """What is asked for: the path from `/v1` on of one of the API's routes, or else the whole address."""
    url = urlsplit(uri)
    return api_path(uri) or f"{url.scheme}://{url.netloc.rpartition('@')[2]}{url.path}"


def query(uri: str) -> Query:
    """The names and values of the query in their order; a value that authenticates is masked."""
    pairs = parse_qsl(urlsplit(uri).query, keep_blank_values=True)
    return tuple((name, MASK if SECRET.fullmatch(name) else value) for name, value in pairs)


def masked(uri: str) -> str:
    """The address without what it tells of the sender: user and password, and keys in the query."""
    url = urlsplit(uri)
    hides = any(SECRET.fullmatch(name) for name, _ in query(uri))
    kept = urlencode(query(uri)) if hides else url.query
    return urlunsplit(url._replace(netloc=url.netloc.rpartition("@")[2], query=kept))
