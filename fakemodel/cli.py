"""The command line: `fakemodel check`, `scrub`, `show`, `diff`, `script` and `serve`.

What they do lives in `tape`, `show`, `scripting` and `api.server`.

It needs the `cli` extra, which nothing else does: typer and rich are imported when it is run.
"""

import io
import os
import sys
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

from fakemodel.shown import counted, one_line
from fakemodel.tape.report import Format, report
from fakemodel.watched import MANY, watched

if TYPE_CHECKING:
    import typer

__all__ = ["main"]

T = TypeVar("T")


def main() -> None:
    """Run the command line, and exit: 0 if all is well, 1 if something is not, 2 for a command that cannot be."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:  # it was closed before the command began
            setattr(sys, name, os.fdopen(os.open(os.devnull, os.O_WRONLY), "w", encoding="utf-8"))
        elif isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # for names of files that have no form there
    try:
        app = _app()
    except ModuleNotFoundError as missing:
        print(f'fakemodel: the command line needs {missing.name}: pip install "fakemodel[cli]"', file=sys.stderr)
        raise SystemExit(2) from None
    try:
        try:
            app(prog_name="fakemodel")
        finally:
            sys.stdout.flush()
    except OSError as error:  # what a command reads and writes itself is told by the command
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # for what is still to be written
        if isinstance(error, BrokenPipeError):
            raise SystemExit(1) from None
        print(f"fakemodel: the output cannot be written: {error.strerror}", file=sys.stderr)
        raise SystemExit(2) from None


# typer evaluates annotations, among them those of the functions inside: they must not become strings, as
# `from __future__ import annotations` would have them.
def _app() -> "typer.Typer":
    import rich  # noqa: F401  # for the bar, but where it is missing, that is told before anything is done
    import typer

    from fakemodel import arguments
    from fakemodel.scripting.command import script
    from fakemodel.show import commands

    app = typer.Typer(
        help="Look after cassettes, the recorded traffic that tests play back, and serve a scripted API.",
        add_completion=False,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
    )

    def tell_version(wanted: bool) -> None:
        if wanted:
            from importlib.metadata import version

            typer.echo(f"fakemodel {version('fakemodel')}")
            raise typer.Exit

    @app.callback()
    def options(
        version: Annotated[
            bool, typer.Option("--version", callback=tell_version, is_eager=True, help="Tell the version and exit.")
        ] = False,
    ) -> None: ...

    @app.command()
    def check(
        paths: Annotated[
            list[Path], typer.Argument(metavar="PATH", parser=arguments.path, help="Cassettes, or folders of them.")
        ],
        form: Annotated[
            str, arguments.choice("--format", Format, help="For people, programs, or GitHub's log.")
        ] = Format.TEXT.value,
        max_age: Annotated[
            int, typer.Option(metavar="DAYS", min=0, help="What was recorded longer ago is an error; 0 is any age.")
        ] = 0,
    ) -> None:
        """Tell what is wrong with cassettes.

        They cannot be read, hold secrets, break the laws of streams, go on from what is not there, are too old, or
        have no test any more. Exits with 1 if there is an error; a warning is none.
        """
        from fakemodel.tape import checks

        files = checks.cassettes(_existing(paths))
        checked = _watched(checks.check(files, os.environ, max_age=max_age), len(files))
        typer.echo(report(checked, Format(form)))
        raise typer.Exit(1 if any(finding.severe for _, found in checked for finding in found) else 0)

    @app.command()
    def scrub(
        paths: Annotated[
            list[Path], typer.Argument(metavar="PATH", parser=arguments.path, help="Cassettes, or folders of them.")
        ],
        only_check: Annotated[
            bool, typer.Option("--check", help="Write nothing, and exit with 1 if something would be scrubbed.")
        ] = False,
    ) -> None:
        """Rewrite cassettes, readable and scrubbed.

        Also those of vcrpy and pytest-recording become what recording writes. A file that cannot be read, or holds
        a secret even then, is refused: it stays as it was, and the command exits with 1.
        """
        from fakemodel.tape import checks

        files = checks.cassettes(_existing(paths))
        counts = Counter[checks.Outcome]()
        rewritten = "would be scrubbed" if only_check else "scrubbed"
        for file, done in _watched(checks.scrub(files, os.environ, write=not only_check), len(files)):
            counts[done.outcome] += 1
            typer.echo(f"{one_line(file)}: {rewritten if done.outcome == 'scrubbed' else done.outcome}")
            for reason in done.why:
                typer.echo(f"  {one_line(reason)}")
        left = f"{counts['left as it was']} left as {'it was' if counts['left as it was'] == 1 else 'they were'}"
        told = f"{counts['scrubbed']} {rewritten}, {left}, {counts['refused']} refused"
        typer.echo(f"{counted(len(files), 'cassette')}: {told}")
        raise typer.Exit(1 if counts["refused"] or (only_check and counts["scrubbed"]) else 0)

    commands.register(app)  # show and diff
    app.command()(script)

    @app.command()
    def serve(
        replies: Annotated[
            Path,
            typer.Option(metavar="FILE", parser=arguments.path, help="The script: a YAML file, a list of replies."),
        ],
        port: Annotated[int, typer.Option(min=0, max=65535, help="Where to listen; 0 is any port that is free.")] = 0,
        host: Annotated[str, typer.Option(help="For whom: only this machine, unless you say otherwise.")] = "127.0.0.1",
        api_key: Annotated[str | None, typer.Option(help="The only key that is taken; any, unless you say it.")] = None,
    ) -> None:
        """Serve a scripted FakeOpenAI, for programs in any language.

        The first line tells its base URL. When it is interrupted it tells what each turn was asked and answered, and
        exits with 1 if a request found no reply, or a reply was left.
        """
        import gc
        import signal
        from contextlib import suppress
        from threading import Event

        from fakemodel.api.fake_openai import FakeOpenAI
        from fakemodel.api.server import LoopbackServer
        from fakemodel.errors import FakeModelError
        from fakemodel.script_file import read_script

        try:
            api = FakeOpenAI(api_key=api_key)
            read_script(replies, api)
            server = LoopbackServer(host or "127.0.0.1", port)
        except FakeModelError as error:
            print(f"fakemodel: {error}", file=sys.stderr)
            raise typer.Exit(2) from None
        # The journal keeps everything: looking through it for garbage is most of what a long run would do.
        gc.freeze()
        gc.set_threshold(100_000, 50, 1000)
        over = Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: over.set())
        typer.echo(server.mount(api, alone=True))
        sys.stdout.flush()
        over.wait()
        server.close()
        with suppress(OSError):  # who read the base URL may not be there any more
            typer.echo(api.summary())
        try:
            api.assert_complete()
        except FakeModelError as error:
            print(f"fakemodel: {type(error).__name__}: {error}", file=sys.stderr)
            raise typer.Exit(1) from None

    return app


def _existing(paths: list[Path]) -> list[Path]:
    """The paths, if there is something at each of them; or else the command cannot be."""
    for path in paths:
        if not os.access(path, os.F_OK):
            print(f"fakemodel: there is no {one_line(path)}", file=sys.stderr)
            raise SystemExit(2)
    return paths


def _watched(done: Iterable[T], total: int) -> list[T]:
    """All that is done, with a bar meanwhile where it takes a while."""
    return list(watched(done, total, "Cassettes") if total >= MANY else done)
