"""The command `fakemodel script`: a cassette, by its path or the name that it ships under, printed as Python."""

import os
import sys
from enum import Enum
from pathlib import Path
from typing import Annotated

import typer

from fakemodel.arguments import name

__all__ = ["script"]


class Kind(Enum):
    """What says a script."""

    FAKE_OPENAI = "FakeOpenAI"
    FAKE_MODEL = "FakeModel"


def script(
    cassette: Annotated[
        str, typer.Argument(metavar="CASSETTE", parser=name, help="A path, or the name of one that ships.")
    ],
    kind: Annotated[Kind, typer.Option("--for", help="What is to say it.")] = Kind.FAKE_OPENAI,
) -> None:
    """Print a cassette as Python: the script of what was recorded.

    The module makes a FakeOpenAI, or a FakeModel, that says it. Exits with 1 if not all of it can be said: a comment
    in the module tells what, and why.
    """
    from fakemodel.errors import SettingInvalid
    from fakemodel.scripting.module import module
    from fakemodel.scripting.script import script_of
    from fakemodel.shown import one_line
    from fakemodel.tape import layout
    from fakemodel.tape.checks.files import told
    from fakemodel.tape.paths import SHIPPED, path_of_test, remedy_of_shipped
    from fakemodel.tape.payloads import payloads_of, put_back

    ships = cassette.startswith(SHIPPED)
    try:
        path = path_of_test(Path(), "", cassette) if ships else Path(cassette)
        made = script_of(put_back(layout.read(path), payloads_of(path)), served=kind is Kind.FAKE_OPENAI)
        code = module(made, cassette, served=kind is Kind.FAKE_OPENAI)
    except FileNotFoundError:
        remedy = remedy_of_shipped(path) if ships else "`fakemodel show` lists those that ship."
        print(f"fakemodel: there is no {one_line(cassette)}. {remedy}", file=sys.stderr)
        raise typer.Exit(2) from None
    except IsADirectoryError:
        print(f"fakemodel: {one_line(cassette)} is a folder: name a cassette in it", file=sys.stderr)
        raise typer.Exit(2) from None
    except (*layout.UNREADABLE, SettingInvalid) as error:
        print(f"fakemodel: {one_line(cassette)} cannot be read: {told(error, os.environ)}", file=sys.stderr)
        raise typer.Exit(2) from None
    typer.echo(code, nl=False)
    raise typer.Exit(1 if made.unsaid else 0)
