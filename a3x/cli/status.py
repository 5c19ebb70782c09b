"""``a3x status``: what the daemon is doing."""

from __future__ import annotations

import typer

from a3x.cli import output

app = typer.Typer(add_completion=False)


@app.command()
def status(json: output.Json = False, home: output.Home = None, config: output.Config = None) -> None:
    """Show what the daemon runs, on what model, and what it holds."""
    from a3x.cli.client import Client

    with Client(output.settings(home, config)) as daemon:
        found = daemon.get("/a3x/status")
        url = daemon.url
    if json:
        output.emit({"url": url, **found})
        return
    model = found["model"]
    rows = [
        ("address", f"{url}/v1"),
        ("state", "ready" if found["ready"] else "loading"),
        ("up for", f"{found['uptime_s']:.0f} s"),
        ("model", f"{model['name']}, {model['parameters'] / 1e6:.1f} M parameters" if model else "loading"),
        ("memory", f"{found['memory']['experiences']} experiences, recording {_on(found['memory']['recording'])}"),
        ("adapters", found["adapters"]),
        ("home", found["home"]),
        ("resident", f"{found['resident_bytes'] / 2**20:.0f} MiB"),
    ]
    rows += [(f"engine {name}", value) for name, value in found["engine"].items()]
    output.table(("what", "now"), rows, "")


def _on(value: bool) -> str:
    return "on" if value else "off"
