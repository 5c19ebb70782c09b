"""``a3x forget``: show what would be forgotten, or forget it with ``--yes``. Needs the daemon."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import typer

from a3x.cli import output
from a3x.errors import BadRequest

app = typer.Typer(add_completion=False)


@app.command()
def forget(
    ids: Annotated[list[str] | None, typer.Argument(help="Experiences (exp_…) or records (rec_…).")] = None,
    query: Annotated[str, typer.Option(help="Everything that holds this text.")] = "",
    session: Annotated[str | None, typer.Option(help="Everything of this session.")] = None,
    since: Annotated[str | None, typer.Option(help="From this time on, 2026-01-31 or 2026-01-31T18:00.")] = None,
    until: Annotated[str | None, typer.Option(help="Before this time.")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do it; without this it is only shown.")] = False,
    json: output.Json = False,
    home: output.Home = None,
    config: output.Config = None,
) -> None:
    """Forget experiences, what was learnt from them, and the adapters that were trained on it."""
    from a3x.cli.client import Client

    wanted = {"ids": ids or [], "query": query, "session": session, "since": _time(since), "until": _time(until)}
    with Client(output.settings(home, config)) as daemon:
        found = daemon.post("/a3x/forget", {**wanted, "preview": not yes})
    if json:
        output.emit(found)
        return
    _show(found)


def _show(found: dict[str, Any]) -> None:
    names = {
        "experiences": "experiences",
        "records": "lessons",
        "adapters": "adapter versions",
        "cycles": "run folders",
    }
    rows = [(said, len(found[kind]), output.short(", ".join(found[kind]))) for kind, said in names.items()]
    output.table(
        ("what", "how many", "which"), [*rows, ("copies", len(found["copies"]), ", ".join(found["copies"]))], ""
    )
    if not found["experiences"] and not found["records"]:
        print("nothing matches; nothing was changed")
    elif found["preview"]:
        print("nothing was changed; say it again with --yes to forget all of this for good")
    else:
        print("forgotten")


def _time(text: str | None) -> float | None:
    """Epoch seconds of a local date or time."""
    if text is None:
        return None
    try:
        return datetime.fromisoformat(text).timestamp()
    except ValueError as error:
        raise BadRequest(f"{text!r} is not a time; write 2026-01-31 or 2026-01-31T18:00", param="since") from error
