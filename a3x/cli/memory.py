"""``a3x memory``: what is remembered, from the daemon when it runs, from the stores when it does not."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

import typer

from a3x.cli import output
from a3x.config import Settings

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Look at what the agent remembers.")


@app.command("list")
def list_(
    limit: Annotated[int, typer.Option(min=1, max=200, help="How many, newest first.")] = 20,
    before: Annotated[int | None, typer.Option(min=0, help="Only those before this sequence number.")] = None,
    session: Annotated[str | None, typer.Option(help="Only this session.")] = None,
    json: output.Json = False,
    home: output.Home = None,
    config: output.Config = None,
) -> None:
    """List experiences, newest first."""
    page = _page(output.settings(home, config), limit, before, session)
    if json:
        output.emit(page)
        return
    rows = [
        (one["seq"], one["id"], output.when(one["when"]), one["status"], output.short(one["this"]))
        for one in page["experiences"]
    ]
    output.table(("seq", "id", "when", "status", "asked"), rows, "nothing is remembered yet")


@app.command()
def show(
    id: Annotated[str, typer.Argument(help="Id of an experience, as memory list shows it.")],
    json: output.Json = False,
    home: output.Home = None,
    config: output.Config = None,
) -> None:
    """Show one experience with the feedback it got."""
    one = _one(output.settings(home, config), id)
    if json:
        output.emit(one)
        return
    shown = {**one, "when": output.when(one["when"])}
    output.facts([(name, value) for name, value in shown.items() if value])


@app.command()
def why(
    id: Annotated[str, typer.Argument(help="Id of an experience, as memory list shows it.")],
    json: output.Json = False,
    home: output.Home = None,
    config: output.Config = None,
) -> None:
    """Say why an experience has the priority and the label that it has."""
    found = _why(output.settings(home, config), id)
    if json:
        output.emit(found)
        return
    for line in found["words"]:
        print(line)


@app.command("map")
def map_(
    limit: Annotated[int, typer.Option(min=1, max=200, help="How many clusters, the largest first.")] = 20,
    json: output.Json = False,
    home: output.Home = None,
    config: output.Config = None,
) -> None:
    """Show what you ask about: clusters of questions, how large they are and how they drift."""
    found = _map(output.settings(home, config), limit)
    if json:
        output.emit(found)
        return
    rows = [
        (
            *(one["id"], one["size"], f"{100 * one['share']:.0f} %"),
            *(f"{one['drift']:.2f} since {output.when(one['drift_since'])}", output.when(one["last_seen"])),
            output.short(" · ".join(one["examples"])),
        )
        for one in found["clusters"]
    ]
    output.table(("cluster", "size", "share", "drift", "last", "about"), rows, "nothing is embedded yet")


def _page(settings: Settings, limit: int, before: int | None, session: str | None) -> dict[str, Any]:
    from a3x.cli.client import Client, NoDaemon

    try:
        with Client(settings) as daemon:
            return daemon.get("/a3x/memory", limit=limit, before=before, session=session)
    except NoDaemon:
        from a3x.app import open_stores

        experiences, _ = open_stores(settings)
        found = experiences.recent(limit, before, session)
        more = found[-1].seq if len(found) == limit else None
        page = {"experiences": [asdict(one) for one in found], "next_before": more}
        return {**page, "count": experiences.count()}


def _one(settings: Settings, id: str) -> dict[str, Any]:
    from a3x.cli.client import Client, NoDaemon, segment

    try:
        with Client(settings) as daemon:
            return daemon.get(f"/a3x/memory/{segment(id)}")
    except NoDaemon:
        from a3x.app import open_stores

        experiences, _ = open_stores(settings)
        one = experiences.get(id)
        return {**asdict(one), "feedback": [asdict(feedback) for feedback in experiences.feedback(id)]}


def _why(settings: Settings, id: str) -> dict[str, Any]:
    from a3x.cli.client import Client, NoDaemon, segment

    try:
        with Client(settings) as daemon:
            return daemon.get(f"/a3x/memory/{segment(id)}/why")
    except NoDaemon:
        from a3x.app import open_insight

        return open_insight(settings).why(id)


def _map(settings: Settings, limit: int) -> dict[str, Any]:
    from a3x.cli.client import Client, NoDaemon

    try:
        with Client(settings) as daemon:
            return daemon.get("/a3x/memory/map", limit=limit)
    except NoDaemon:
        from a3x.app import open_insight

        return open_insight(settings).map(limit)
