"""The commands `show` and `diff` of the command line."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

from fakemodel.shown import one_line

if TYPE_CHECKING:
    import typer

    from fakemodel.tape.interaction import Interaction

__all__ = ["register"]


# typer evaluates annotations, as in fakemodel.cli.
def register(app: "typer.Typer") -> None:
    """Add the commands to the command line."""
    import typer

    from fakemodel import arguments

    @app.command()
    def show(
        cassette: Annotated[
            str | None,
            typer.Argument(metavar="CASSETTE", parser=arguments.name, help="A file, or the name of one that ships."),
        ] = None,
        html: Annotated[
            str | None,
            typer.Option(
                metavar="FILE", parser=arguments.name, help="Write it as a page for browsers to FILE; - is the output."
            ),
        ] = None,
    ) -> None:
        """Show the conversation in a cassette, turn by turn.

        Without a cassette list those that ship: their names, how many requests each holds, and who answered them.
        """
        if cassette is None:
            if html is not None:
                raise typer.BadParameter("which cassette?", param_hint="--html")
            _list()
            return
        from fakemodel.show import page, terminal
        from fakemodel.tape.conversation import conversation_of
        from fakemodel.tape.lines import lines

        with _reading(cassette):
            conversation = conversation_of(_read(cassette, empty=False))
        if html is None:
            terminal.write(lines(conversation))
            return
        try:
            with _reading(cassette):
                text = page.of(conversation, cassette)
        except ModuleNotFoundError as missing:
            _fail(f'a page needs {missing.name}: pip install "fakemodel[cli]"')
        if html == "-":
            typer.echo(text)
        else:
            _write(Path(html), text, but_not=_file(cassette))

    @app.command()
    def diff(
        old: Annotated[
            str,
            typer.Argument(metavar="OLD", parser=arguments.name, help="A file, or the name of a cassette that ships."),
        ],
        new: Annotated[str, typer.Argument(metavar="NEW", parser=arguments.name, help="Another.")],
    ) -> None:
        """Tell what changed between two recordings, turn by turn.

        Other ids and times are no change. Exits with 0 if they are equal, and with 1 if they are not.
        """
        from fakemodel.show import differences, terminal
        from fakemodel.tape.changes import changes

        with _reading(old):
            before = _read(old, empty=True)
        with _reading(new):
            after = _read(new, empty=True)
        with _reading(f"{old} or {new}"):
            found = changes(before, after)
        terminal.write(differences.told(found))
        raise typer.Exit(1 if found.changed else 0)


def _list() -> None:
    from fakemodel.shown import counted
    from fakemodel.tape import layout
    from fakemodel.tape.paths import shipped, shipped_folder

    files = shipped()
    longest = max(map(len, files), default=0)
    for name, file in files.items():
        head = file.read_text(encoding="utf-8")
        requests = counted(len(layout.read(file)), "request")
        print(f"{name:<{longest}}  {requests:>11}  from {layout.recorded_from(head)}")
    print(f"{counted(len(files), 'cassette')} in {shipped_folder()}")
    print('A test plays one by its name: @pytest.mark.cassette(name="…")')


def _file(name: str) -> Path:
    """The file that is named: by its path, or as one that ships."""
    from fakemodel.tape.paths import SHIPPED, remedy_of_shipped, shipped, shipped_folder

    if not name.startswith(SHIPPED):
        return Path(name)
    own = name.removeprefix(SHIPPED).removesuffix(".yaml")
    return shipped().get(SHIPPED + own) or _fail(remedy_of_shipped(Path(f"{shipped_folder()}/{own}.yaml")))


def _read(name: str, *, empty: bool) -> "list[Interaction]":
    """The turns of a cassette; `empty` says that an empty file has none, as what was not there before a commit."""
    from fakemodel.files import content_of
    from fakemodel.tape import layout

    content = content_of(_file(name))
    return [] if empty and not content else layout.turns_in(content)


@contextmanager
def _reading(name: str) -> Iterator[None]:
    """Tells in a line why a cassette cannot be read, and exits."""
    from fakemodel.tape.checks.files import told
    from fakemodel.tape.layout import UNREADABLE

    try:
        yield
    except FileNotFoundError:
        _fail(f"there is no {name}")
    except IsADirectoryError:
        _fail(f"{name} is a folder: name a cassette in it")
    except UNREADABLE as error:
        _fail(f"{name} cannot be read: {told(error, os.environ)}")


def _write(file: Path, text: str, but_not: Path) -> None:
    from fakemodel.files import put

    try:
        if file.exists() and file.samefile(but_not):
            _fail(f"{file} is the cassette itself, and would be lost: name another file for the page")
        put(file, text)
    except OSError as error:
        _fail(f"{file} cannot be written: {error.strerror}")


def _fail(why: str) -> NoReturn:
    print(f"fakemodel: {one_line(why)}", file=sys.stderr)
    raise SystemExit(2)
