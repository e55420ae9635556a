"""Server-managed state: the responses that a server keeps, and what may follow them. No HTTP, no SDK."""

from __future__ import annotations

from dataclasses import dataclass, field

from fakemodel.wire.payload import Payload

__all__ = ["PreviousResponseNotFound", "State"]


class PreviousResponseNotFound(Exception):
    """A request continues a response that was never made, or was not stored. `args[0]` is its id."""


@dataclass(slots=True)
class State:
    """What one server remembers: its stored responses by id, and the position that each one's chain began at."""

    responses: dict[str, Payload] = field(default_factory=dict)
    chains: dict[str, int] = field(default_factory=dict)

    def chain_of(self, previous_response_id: str | None) -> int | None:
        """The position at which the chain of a response began; None for a response that begins one.

        Raises PreviousResponseNotFound.
        """
        if previous_response_id is None:
            return None
        if previous_response_id not in self.responses:
            raise PreviousResponseNotFound(previous_response_id)
        return self.chains[previous_response_id]

    def keep(self, response: Payload, chain: int) -> None:
        """Remember a finished response, unless its request said `store: false`."""
        if response["store"]:
            self.responses[response["id"]] = response
            self.chains[response["id"]] = chain
