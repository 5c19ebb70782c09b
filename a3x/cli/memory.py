"""``a3x memory``: what is remembered, from the daemon when it runs, from the stores when it does not."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
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
def search(
    query: Annotated[str, typer.Argument(help="What to look for, in words of any kind.")],
    limit: Annotated[int, typer.Option(min=1, max=200, help="How many, best first.")] = 10,
    theme: Annotated[str | None, typer.Option(help="Only this theme.")] = None,
    since: Annotated[datetime | None, typer.Option(help="Only from this time on.")] = None,
    until: Annotated[datetime | None, typer.Option(help="Only before this time.")] = None,
    origin: Annotated[str | None, typer.Option(help="Only texts of this origin.")] = None,
    status: Annotated[str | None, typer.Option(help="completed, failed or pending.")] = None,
    session: Annotated[str | None, typer.Option(help="Only this session.")] = None,
    json: output.Json = False,
    home: output.Home = None,
    config: output.Config = None,
) -> None:
    """Search by meaning and by words; without a daemon by words alone."""
    times = {"since": since.timestamp() if since else None, "until": until.timestamp() if until else None}
    only = {"theme": theme, **times, "origin": origin, "status": status, "session": session}
    results = _search(output.settings(home, config), query, limit, only)
    if json:
        output.emit(results)
        return
    rows = [_line(one) for one in results["found"]]
    output.table(("score", "by", "id", "when", "asked"), rows, "nothing found")
    if results["note"]:
        print(f"\n{results['note']}")


def _line(found: dict[str, Any]) -> tuple[str, ...]:
    one = found["experience"]
    return (
        f"{found['score']:.4f}",
        " + ".join(found["ranks"]),
        one["id"],
        output.when(one["when"]),
        output.short(one["this"]),
    )


def _search(settings: Settings, query: str, limit: int, only: dict[str, Any]) -> dict[str, Any]:
    from a3x.cli.client import Client, NoDaemon

    try:
        with Client(settings) as daemon:
            return daemon.get("/a3x/memory", q=query, limit=limit, **only)
    except NoDaemon:
        import asyncio

        from a3x.app import open_search
        from a3x.stores.filters import Filter

        return asdict(asyncio.run(open_search(settings).search(query, limit, Filter(**only))))


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
