"""Payload files: base64 of more than so many bytes stands in a file beside the cassette, by its digest.

An image says nothing to who reads a conversation. In the cassette stands `payload-sha256-<digest>` in its place.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from fakemodel.files import content_of
from fakemodel.tape.interaction import Interaction

__all__ = ["folder_of", "payloads_of", "put_back", "taken_out"]

BASE64 = re.compile(rb"[A-Za-z0-9+/]{64,}={0,2}")
PLACE = re.compile(rb"payload-sha256-([0-9a-f]{64})")


def folder_of(cassette: Path) -> Path:
    """The folder of a cassette's payloads."""
    return cassette.with_name(f"{cassette.name.removesuffix('.yaml')}.payloads")


def payloads_of(cassette: Path) -> dict[str, bytes]:
    """The payloads that lie beside a cassette, by their digests. Raises ValueError for one that cannot be read."""
    return {file.stem: _content(file) for file in folder_of(cassette).glob("*.bin")}


def _content(file: Path) -> bytes:
    try:
        return content_of(file)
    except OSError as error:
        raise ValueError(f"its payload {file.stem} cannot be read: {error.strerror}") from None


def taken_out(turns: Iterable[Interaction], over: int) -> tuple[list[Interaction], dict[str, bytes]]:
    """The turns without their payloads of more than `over` bytes, and these by their digests."""
    payloads: dict[str, bytes] = {}

    def place(found: re.Match[bytes]) -> bytes:
        try:
            payload = base64.b64decode(found[0], validate=True)
        except binascii.Error:
            return found[0]
        if len(payload) <= over or base64.b64encode(payload) != found[0]:  # not to be had back as it was
            return found[0]
        digest = hashlib.sha256(payload).hexdigest()
        payloads[digest] = payload
        return f"payload-sha256-{digest}".encode()

    return [_bodies(turn, lambda body: BASE64.sub(place, body)) for turn in turns], payloads


def put_back(turns: Iterable[Interaction], payloads: Mapping[str, bytes]) -> list[Interaction]:
    """The turns with their payloads. Raises ValueError for one that is not there."""

    def payload(found: re.Match[bytes]) -> bytes:
        digest = found[1].decode()
        if digest not in payloads:
            raise ValueError(f"its payload {digest} is not beside it")
        return base64.b64encode(payloads[digest])

    return [_bodies(turn, lambda body: PLACE.sub(payload, body)) for turn in turns]


def _bodies(turn: Interaction, change: Callable[[bytes], bytes]) -> Interaction:
    request, response = turn.request, turn.response
    return Interaction(replace(request, body=change(request.body)), replace(response, body=change(response.body)))
