"""``a3x status``: what the daemon is doing."""

from __future__ import annotations

from typing import Any

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
    output.facts(rows(url, found))


def rows(url: str, found: dict[str, Any]) -> list[tuple[str, str]]:
    """What people ask of a daemon, in their words; everything else is in ``--json``."""
    memory = found["memory"]
    return [
        ("address", f"{url}/v1"),
        ("state", f"{'ready' if found['ready'] else 'loading'}, up for {output.duration(found['uptime_s'])}"),
        *(_engine(found["model"], found["engine"], found["adapters"]) if found["ready"] else []),
        (
            "memory",
            f"{_count(memory['experiences'], 'experience')}, recording {'on' if memory['recording'] else 'off'}",
        ),
        ("main memory", f"{found['resident_bytes'] / 2**20:.0f} MiB"),
        ("home", found["home"]),
    ]


def _engine(model: dict[str, Any], engine: dict[str, Any], adapters: int) -> list[tuple[str, str]]:
    threads = _count(engine["threads"], "thread")
    template = [] if engine["chat_template"] == "model" else [("chat template", engine["chat_template"])]
    return [
        ("model", f"{model['name']}, {model['parameters'] / 1e6:.1f} M parameters"),
        ("context", f"{model['context_tokens']} tokens on {threads}"),
        *template,
        ("answers", f"{engine['answers']}, {engine['failures']} failed, {engine['waiting']} under way"),
        (
            "tokens",
            f"{engine['prompt_tokens']} read ({engine['cached_tokens']} of them kept from before), "
            f"{engine['completion_tokens']} written",
        ),
        ("adapters", f"{adapters} installed, {len(engine['adapters_resident'])} loaded"),
        ("resident mixes", ", ".join(engine["mixes_resident"]) or "none yet"),
        ("mixes swapped", str(engine["context_swaps"])),
    ]


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
