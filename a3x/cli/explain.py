"""``a3x explain ID``: why a version was promoted or rejected, with the numbers. Works with and without a daemon."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

import typer

from a3x.cli import output
from a3x.config import Settings
from a3x.errors import NotFound

app = typer.Typer(add_completion=False)


@app.command()
def explain(
    id: Annotated[str, typer.Argument(help="A cycle (cyc_…) or a version (THEME@N).")],
    json: output.Json = False,
    home: output.Home = None,
    config: output.Config = None,
) -> None:
    """Tell a cycle's story: its steps, their reasons, the verdict and its numbers."""
    story = _story(output.settings(home, config), id)
    if json:
        output.emit(story)
        return
    cycle, verdict = story["cycle"], story["verdict"]
    print(f"{cycle['id']}: {cycle['theme']}, {cycle['state']}{' as ' + cycle['version'] if cycle['version'] else ''}")
    if story["withdrawn"]:
        print(f"{cycle['version']} was withdrawn: its weights are deleted and it never serves again")
    print(f"opened {output.when(cycle['opened'])}: {cycle['reason']}\n")
    rows = [(output.when(step["when"]), step["to_state"], step["reason"]) for step in cycle["steps"]]
    output.table(("when", "step", "why"), rows, "nothing has been done yet")
    if verdict:
        print()
        numbers = [
            (name, found["items"], found["active_right"], found["candidate_right"], found["gained"], found["lost"])
            for name, found in verdict["body"]["numbers"].items()
        ]
        output.table(("suite", "items", "before", "after", "gained", "lost"), numbers, "")


def _story(settings: Settings, id: str) -> dict[str, Any]:
    from a3x.cli.client import Client, NoDaemon

    try:
        with Client(settings) as daemon:
            cycle = daemon.get(f"/a3x/cycles/{_cycle_of(id, lambda: daemon.get('/a3x/cycles', limit=200)['cycles'])}")
            verdict = daemon.get(f"/a3x/verdicts/{cycle['verdict']}") if cycle["verdict"] else None
            shelf = daemon.get("/a3x/adapters")["adapters"] if cycle["version"] else []
            gone = {line["name"] for line in shelf if line.get("withdrawn")}
    except NoDaemon:
        cycle, verdict, gone = _from_disk(settings, id)
    return {"cycle": cycle, "verdict": verdict, "withdrawn": cycle["version"] in gone}


def _from_disk(settings: Settings, id: str) -> tuple[dict[str, Any], dict[str, Any] | None, set[str]]:
    from a3x.app import open_stores
    from a3x.http.routes_learn import shown

    _, stores = open_stores(settings)
    found = stores.cycles.get(_cycle_of(id, lambda: [shown(each) for each in stores.cycles.recent(200)]))
    steps = [asdict(step) for step in stores.cycles.steps(found.id)]
    cycle = {**shown(found), "facts": dict(found.facts), "steps": steps, "events": []}
    verdict = asdict(stores.verdicts.get(cycle["verdict"])) if cycle["verdict"] else None
    return cycle, verdict, {adapter.name for adapter in stores.adapters.withdrawn()}


def _cycle_of(id: str, cycles: Any) -> str:
    """A cycle's id as it is, or that of the cycle that made a version."""
    if "@" not in id:
        return id
    for cycle in cycles():
        if cycle["version"] == id:
            return str(cycle["id"])
    raise NotFound(f"no cycle made {id}: it was brought in, or there is no such version")
