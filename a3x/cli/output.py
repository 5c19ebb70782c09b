"""What every command shares: options, settings, printing, and the commands that are promised. Knows no command."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from a3x.config import Settings, load
from a3x.errors import NotImplementedHere

PIPE_WIDTH = 10_000

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


def table(columns: tuple[str, ...], rows: Sequence[tuple[Any, ...]], empty: str) -> None:
    """A plain table on stdout, or ``empty`` said instead; down a pipe its lines are as long as they need to be."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    if not rows:
        print(empty)
        return
    shown = Table(*columns, box=None, pad_edge=False, header_style="bold")
    for row in rows:
        shown.add_row(*(cell if isinstance(cell, Text) else Text(readable(cell)) for cell in row))
    Console(width=None if sys.stdout.isatty() else PIPE_WIDTH).print(shown)


def facts(rows: Sequence[tuple[str, Any]]) -> None:
    """Names and values, one a line, without a heading."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    shown = Table.grid("name", "value", padding=(0, 2))
    for name, value in rows:
        shown.add_row(Text(name, style="dim"), value if isinstance(value, Text) else Text(readable(value)))
    Console(width=None if sys.stdout.isatty() else PIPE_WIDTH).print(shown)


def readable(value: Any) -> str:
    """A value for people: messages as ``role: text``, mappings and lists line by line, figures without their noise."""
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, Mapping):
        if value.keys() == {"role", "content"}:
            return f"{value['role']}: {value['content']}"
        return "\n".join(f"{name}: {readable(one)}" for name, one in value.items() if one not in ({}, [], None, ""))
    if isinstance(value, list | tuple):
        return "\n".join(readable(one) for one in value)
    return str(value)


def duration(seconds: float) -> str:
    """``7 s``, ``12 min``, ``3 h 12 min``, ``2 d 5 h``."""
    minutes, hours, days = int(seconds // 60), int(seconds // 3600), int(seconds // 86400)
    if minutes == 0:
        return f"{seconds:.0f} s"
    if hours == 0:
        return f"{minutes} min"
    return f"{hours} h {minutes % 60} min" if days == 0 else f"{days} d {hours % 24} h"


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
