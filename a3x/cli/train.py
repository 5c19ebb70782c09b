"""``a3x train``: learn now, watched to the end; ``preview`` shows what would be learnt. Needs the daemon."""

from __future__ import annotations

import time
from typing import Annotated, Any

import typer

from a3x.cli import output
from a3x.errors import BadRequest

app = typer.Typer(no_args_is_help=True, add_completion=False, invoke_without_command=True)

POLL_S = 0.5
FINISHED = ("promoted", "rejected", "failed")
Theme = Annotated[str, typer.Option("--theme", help="What the lessons are about.")]


@app.callback()
def train(
    context: typer.Context,
    now: Annotated[bool, typer.Option("--now", help="Open a cycle at once.")] = False,
    theme: Theme = "general",
    wait: Annotated[bool, typer.Option(help="Stay until the cycle has ended.")] = True,
    json: output.Json = False,
    home: output.Home = None,
    config: output.Config = None,
) -> None:
    """Learn from what was corrected: train, judge, promote or reject. Exit 1 if the cycle failed."""
    if context.invoked_subcommand:
        return
    if not now:
        raise BadRequest("say `a3x train --now` to learn at once, or `a3x train preview` to see what would be learnt")
    from a3x.cli.client import Client

    with Client(output.settings(home, config)) as daemon:
        cycle = daemon.post("/a3x/train", {"theme": theme})
        if wait:
            cycle = _watch(daemon, cycle["id"], quiet=json)
        if json:
            output.emit(cycle)
        elif wait:
            _conclude(cycle)
        else:
            print(f"cycle {cycle['id']} is open; `a3x explain {cycle['id']}` tells how it goes")
    if cycle["state"] == "failed":
        raise typer.Exit(1)


@app.command()
def preview(
    theme: Theme = "general",
    json: output.Json = False,
    home: output.Home = None,
    config: output.Config = None,
) -> None:
    """Show what the next cycle would learn."""
    from a3x.cli.client import Client

    with Client(output.settings(home, config)) as daemon:
        found = daemon.get("/a3x/train/preview", theme=theme)
    if json:
        output.emit(found)
        return
    rows = [(one["id"], output.short(one["question"], 50), output.short(one["answer"], 40)) for one in found["new"]]
    output.table(("record", "question", "answer"), rows, "nothing new to learn: correct some answers first")
    print(f"\n{len(rows)} new, {found['learned']} learnt before, {found['contradicted']} of those contradicted")


def _watch(daemon: Any, id: str, quiet: bool) -> dict[str, Any]:
    """Follow a cycle to its end, with a progress bar while it trains."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[note]}"), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), disable=quiet, transient=True) as bar:
        task = bar.add_task("opened", total=None, note="")
        while True:
            cycle = daemon.get(f"/a3x/cycles/{id}")
            if cycle["state"] in FINISHED:
                return cycle
            _show(bar, task, cycle)
            time.sleep(POLL_S)


def _show(bar: Any, task: Any, cycle: dict[str, Any]) -> None:
    doing = {"opened": "curating", "curated": "training", "trained": "converting", "converted": "judging"}
    step = next((event for event in reversed(cycle["events"]) if event["event"] == "step"), None)
    suite = next((event for event in reversed(cycle["events"]) if event["event"] == "judging"), None)
    note, done, total = "", None, None
    if cycle["state"] == "curated" and step:
        note, done, total = f"loss {step['loss']:.3f}", step["step"], cycle["facts"].get("steps")
    elif cycle["state"] == "converted" and suite:
        note = f"{suite['suite']} on {suite['mix']}"
    bar.update(task, description=doing.get(cycle["state"], cycle["state"]), note=note, completed=done, total=total)


def _conclude(cycle: dict[str, Any]) -> None:
    print(f"{cycle['state']}{': ' + cycle['version'] if cycle['version'] else ''}")
    print(cycle["steps"][-1]["reason"])
    print(f"the whole story: a3x explain {cycle['id']}")
