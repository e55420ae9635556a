"""A reply as a server plays it."""

from fakemodel import Reply
from fakemodel.tokens import counted

__all__ = ["with_usage"]


def with_usage(reply: Reply) -> Reply:
    """The reply with the usage that its renderings tell, where it has none: a server counts what it is asked."""
    return counted(reply, 1)
