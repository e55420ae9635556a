"""The commands `show` and `diff` of the command line."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from fakemodel.opened import fail, file_of, reading, turns_of, watch_of

if TYPE_CHECKING:
    import typer

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

        with reading(cassette):
            conversation = conversation_of(turns_of(cassette, whole=False), watch_of(cassette))
        if html is None:
            terminal.write(lines(conversation))
            return
        try:
            with reading(cassette):
                text = page.of(conversation, cassette, watch_of(cassette))
        except ModuleNotFoundError as missing:
            fail(f'a page needs {missing.name}: pip install "fakemodel[cli]"')
        if html == "-":
            typer.echo(text)
        else:
            _write(Path(html), text, but_not=file_of(cassette))

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

        with reading(old):
            before = turns_of(old, whole=True, empty=True)
        with reading(new):
            after = turns_of(new, whole=True, empty=True)
        with reading(f"{old} or {new}"):
            found = changes(before, after, watch_of(old, new))
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


def _write(file: Path, text: str, but_not: Path) -> None:
    from fakemodel.files import put

    try:
        if file.exists() and file.samefile(but_not):
            fail(f"{file} is the cassette itself, and would be lost: name another file for the page")
        put(file, text)
    except OSError as error:
        fail(f"{file} cannot be written: {error.strerror}")
