"""What every command shares: options, settings, printing, and the commands that are promised. Knows no command."""

from __future__ import annotations

import json
import sys
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from a3x.config import Settings, load
from a3x.errors import NotImplementedHere

Home = Annotated[Path | None, typer.Option("--home", help="Folder of the daemon's state (A3X_HOME).")]
Config = Annotated[Path | None, typer.Option("--config", help="Settings file (TOML).")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")]


def settings(home: Path | None, config: Path | None, **sections: dict[str, Any]) -> Settings:
    """Settings with this command's flags on top; a flag that was not given is None and changes nothing."""
    given = {name: _given(flags) for name, flags in sections.items()}
    return load(config, _given({"home": home, **given}))


def _given(flags: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in flags.items() if value is not None}


def emit(value: Any) -> None:
    """One JSON value on stdout."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=2, default=str) + "\n")


def table(columns: tuple[str, ...], rows: list[tuple[Any, ...]], empty: str) -> None:
    """A plain table on stdout, or ``empty`` said instead."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    if not rows:
        print(empty)
        return
    shown = Table(*columns, box=None, pad_edge=False, header_style="bold")
    for row in rows:
        shown.add_row(*(Text(str(cell)) for cell in row))
    Console().print(shown)


def when(seconds: float) -> str:
    """Local time of an epoch second, to the second."""
    return datetime.fromtimestamp(seconds).isoformat(" ", "seconds")


def short(text: str, length: int = 60) -> str:
    """One line of at most ``length`` characters."""
    line = " ".join(text.split())
    return line if len(line) <= length else line[: length - 1] + "…"


def promise(app: typer.Typer, name: str) -> None:
    """Register a command that exists in the design only; it takes anything and says so (exit 2)."""

    def command(arguments: Annotated[list[str] | None, typer.Argument(hidden=True)] = None) -> None:
        raise NotImplementedHere(f"a3x {name}: not implemented yet")

    loose = {"allow_extra_args": True, "ignore_unknown_options": True}
    app.command(name.split()[-1], help="Not implemented yet.", context_settings=loose)(command)
