"""The command `fakemodel script`: a cassette, by its path or the name that it ships under, printed as Python."""

from enum import Enum
from typing import Annotated

import typer

from fakemodel.arguments import choice, name
from fakemodel.opened import reading, turns_of, watch_of

__all__ = ["script"]


class Kind(Enum):
    """What says a script."""

    FAKE_OPENAI = "FakeOpenAI"
    FAKE_MODEL = "FakeModel"


def script(
    cassette: Annotated[
        str, typer.Argument(metavar="CASSETTE", parser=name, help="A path, or the name of one that ships.")
    ],
    kind: Annotated[str, choice("--for", Kind, help="What is to say it.")] = Kind.FAKE_OPENAI.value,
) -> None:
    """Print a cassette as Python: the script of what was recorded.

    The module makes a FakeOpenAI, or a FakeModel, that says it. Exits with 1 if not all of it can be said: a comment
    in the module tells what, and why.
    """
    from fakemodel.scripting.module import module
    from fakemodel.scripting.script import script_of

    served = Kind(kind) is Kind.FAKE_OPENAI
    with reading(cassette):
        made = script_of(turns_of(cassette, whole=True), served=served, watch=watch_of(cassette))
        code = module(made, cassette, served=served)
    typer.echo(code, nl=False)
    raise typer.Exit(1 if made.unsaid else 0)
