"""FakeOpenAI: the API's wire and its state rules, in process or on loopback."""

from fakemodel.api import faults as faults

__all__ = ["faults"]
