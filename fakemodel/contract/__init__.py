"""Ready tests for adapters that others wrote: what a caller gives goes out, what the server tells comes back.

A class of yours that has one of these contracts for its base and a `make_model` is collected by pytest with all its
tests.
"""

from fakemodel.contract.asking import Result, Turn
from fakemodel.contract.chat import ChatCompletionsModelContract
from fakemodel.contract.responses import ResponsesModelContract

__all__ = ["ChatCompletionsModelContract", "ResponsesModelContract", "Result", "Turn"]
