"""``a3x adapters``: what has been learnt or brought in. Lists work without a daemon; importing needs one."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any

import typer

from a3x.cli import output
from a3x.config import Settings
from a3x.errors import BadRequest

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Look at adapter versions and bring one in.")


@app.command("list")
def list_(
    theme: Annotated[str | None, typer.Argument(help="Only this theme.")] = None,
    json: output.Json = False,
    home: output.Home = None,
    config: output.Config = None,
) -> None:
    """List the installed versions."""
    lines = _lines(output.settings(home, config), theme)
    if json:
        output.emit({"adapters": lines})
        return
    rows = [
        (
            *(line["name"], "serves" if line.get("active") else "withdrawn" if line.get("withdrawn") else ""),
            *(line["sha256"][:16], line["base_sha256"][:16], output.when(line["created"])),
        )
        for line in lines
    ]
    output.table(("adapter", "", "sha256", "base", "created"), rows, "no adapters are installed")


@app.command()
def show(
    name: Annotated[str, typer.Argument(help="THEME@N")],
    json: output.Json = False,
    home: output.Home = None,
    config: output.Config = None,
) -> None:
    """Show one version and its manifest."""
    match = re.fullmatch(r"([a-z]+)@([1-9][0-9]{0,8})", name)
    if not match:
        raise BadRequest(f"{name!r} is not THEME@N, for example cli@3")
    one = _one(output.settings(home, config), match[1], int(match[2]))
    if json:
        output.emit(one)
        return
    output.facts(list({**one, "created": output.when(one["created"])}.items()))


@app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help="A GGUF LoRA made for the base model.")],
    theme: Annotated[str, typer.Option(help="The theme it becomes the next version of.")],
    json: output.Json = False,
    home: output.Home = None,
    config: output.Config = None,
) -> None:
    """Check a LoRA and make it the theme's next version."""
    from a3x.cli.client import Client, segment

    try:
        data = file.read_bytes()
    except OSError as error:
        raise BadRequest(f"{file} cannot be read: {error.strerror}") from error
    with Client(output.settings(home, config)) as daemon:
        made = daemon.post(f"/a3x/adapters/{segment(theme)}", data)
    if json:
        output.emit(made)
    else:
        print(f"{made['name']} is installed; use it as model a3x:{made['name']}")


@app.command()
def rollback(
    theme: Annotated[str, typer.Argument(help="The theme to take back.")] = "general",
    to: Annotated[int | None, typer.Option("--to", help="Version; else the one that served before.")] = None,
    json: output.Json = False,
    home: output.Home = None,
    config: output.Config = None,
) -> None:
    """Let an earlier version serve again, at once."""
    from a3x.cli.client import Client, segment

    with Client(output.settings(home, config)) as daemon:
        done = daemon.post(f"/a3x/adapters/{segment(theme)}/rollback", {"to": to} if to else {})
    if json:
        output.emit(done)
    else:
        print(f"{theme} is served by {done['serving']['name'] if done['serving'] else 'the base'} from now on")


@app.command()
def verify(json: output.Json = False, home: output.Home = None, config: output.Config = None) -> None:
    """Hash every file of every version again and walk the ledger; exit 1 if something does not add up."""
    problems = _problems(output.settings(home, config))
    if json:
        output.emit({"ok": not problems, "problems": problems})
    else:
        print("\n".join(problems) or "every file has its hash, the ledger is whole, one version a theme serves")
    if problems:
        raise typer.Exit(1)


output.promise(app, "adapters promote")


def _problems(settings: Settings) -> list[str]:
    from a3x.cli.client import Client, NoDaemon

    try:
        with Client(settings) as daemon:
            return daemon.post("/a3x/verify", {})["problems"]
    except NoDaemon:
        from a3x.app import open_stores

        _, stores = open_stores(settings)
        return stores.adapters.verify()


def _lines(settings: Settings, theme: str | None) -> list[dict[str, Any]]:
    from a3x.cli.client import Client, NoDaemon, segment

    try:
        with Client(settings) as daemon:
            return daemon.get(f"/a3x/adapters/{segment(theme)}" if theme else "/a3x/adapters")["adapters"]
    except NoDaemon:
        from a3x.app import open_stores
        from a3x.http.routes_adapters import line

        _, stores = open_stores(settings)
        whole = [line(adapter) for adapter in stores.adapters.list(theme)]
        return whole + [line(adapter, withdrawn=True) for adapter in stores.adapters.withdrawn(theme)]


def _one(settings: Settings, theme: str, version: int) -> dict[str, Any]:
    from a3x.cli.client import Client, NoDaemon, segment

    try:
        with Client(settings) as daemon:
            return daemon.get(f"/a3x/adapters/{segment(theme)}/{version}")
    except NoDaemon:
        from a3x.app import open_stores
        from a3x.http.routes_adapters import line

        adapters = open_stores(settings)[1].adapters
        adapter = adapters.get_any(theme, version)
        withdrawn = adapter in adapters.withdrawn(theme)
        return {**line(adapter, withdrawn=withdrawn), "manifest": adapters.manifest(theme, version)}
