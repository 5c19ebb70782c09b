"""``a3x``: imports the module of the command asked for and only that. Knows the names of commands, not what they do."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from a3x import __version__
from a3x.errors import A3XError, NotImplementedHere

MODULES = {
    "serve": "a3x.cli.serve",
    "chat": "a3x.cli.chat",
    "status": "a3x.cli.status",
    "doctor": "a3x.cli.doctor",
    "memory": "a3x.cli.memory",
    "home": "a3x.cli.home",
    "adapters": "a3x.cli.adapters",
    "train": "a3x.cli.train",
    "explain": "a3x.cli.explain",
    "bench": "a3x.cli.bench",
    "model": "a3x.cli.model",
    "forget": "a3x.cli.forget",
}
PROMISED = ("pause", "resume")

EXIT_FAILED = 1
EXIT_NOT_BUILT = 2
EXIT_NO_DAEMON = 3


class LazyGroup(TyperGroup):
    """A group whose commands are modules, each with a Typer called ``app``."""

    def list_commands(self, ctx: Any) -> list[str]:
        return [*MODULES, *PROMISED]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name in MODULES:
            command = typer.main.get_command(importlib.import_module(MODULES[cmd_name]).app)
        elif cmd_name in PROMISED:
            from a3x.cli.output import promise

            one = typer.Typer(add_completion=False)
            promise(one, cmd_name)
            command = typer.main.get_command(one)
        else:
            return None
        command.name = cmd_name
        return command


app = typer.Typer(cls=LazyGroup, no_args_is_help=True, pretty_exceptions_enable=False)


def _print_version(wanted: bool) -> None:
    if wanted:
        print(__version__)
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and leave.")
    ] = False,
) -> None:
    """A³X: a local agent that improves itself."""


def exit_code(error: A3XError) -> int:
    """1 for a failure, 2 for what is not built yet, 3 for no daemon."""
    if isinstance(error, NotImplementedHere):
        return EXIT_NOT_BUILT
    return EXIT_NO_DAEMON if type(error).__name__ == "NoDaemon" else EXIT_FAILED


def run(arguments: Sequence[str] | None = None) -> None:
    """The ``a3x`` program. Errors of the tree become one line on stderr and an exit code."""
    try:
        app(args=arguments, prog_name="a3x")
    except A3XError as error:
        print(f"a3x: {error.message}", file=sys.stderr)
        raise SystemExit(exit_code(error)) from error
    except KeyboardInterrupt:
        print(file=sys.stderr)  # the shell's prompt on a line of its own
        raise SystemExit(130) from None


if __name__ == "__main__":
    run()
