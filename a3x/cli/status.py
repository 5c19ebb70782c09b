"""``a3x status``: what the daemon is doing."""

from __future__ import annotations

from typing import Any

import typer

from a3x.cli import output
from a3x.cli.plan import plan_lines

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
    paused = [why for why in (memory["paused"], found["learning"].get("paused")) if why]
    return [
        ("address", f"{url}/v1"),
        ("state", f"{'ready' if found['ready'] else 'loading'}, up for {output.duration(found['uptime_s'])}"),
        *(_engine(found["model"], found["engine"], found["adapters"]) if found["ready"] else []),
        (
            "memory",
            f"{_count(memory['experiences'], 'experience')}, recording {'on' if memory['recording'] else 'off'}",
        ),
        *(("paused", why) for why in paused),
        ("main memory", _held(found)),
        ("home", found["home"]),
    ]


def _engine(model: dict[str, Any], engine: dict[str, Any], adapters: int) -> list[tuple[str, str]]:
    threads = _count(engine["threads"], "thread")
    template = [] if engine["chat_template"] == "model" else [("chat template", engine["chat_template"])]
    return [
        ("model", f"{model['name']}, {model['parameters'] / 1e6:.1f} M parameters"),
        ("context", f"{model['context_tokens']} tokens on {threads} at most"),
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
        ("plan", "\n".join(plan_lines(engine["plan"]))),
        *(_sleep(engine["sleep"]) if "sleep" in engine else []),
        *([("card", _lease(engine["lease"]))] if "lease" in engine else []),
    ]


def _sleep(sleep: dict[str, Any]) -> list[tuple[str, str]]:
    after = (
        f"sleeps after {output.duration(sleep['idle_unload_s'])} of quiet" if sleep["idle_unload_s"] else "never sleeps"
    )
    woken = f", woken {_count(sleep['wakes'], 'time')}, last in {sleep['last_wake_s']} s" if sleep["wakes"] else ""
    freed = f", {sleep['freed_bytes'] / 2**20:.0f} MiB given back last time" if sleep["freed_bytes"] is not None else ""
    return [("model is", f"{sleep['state']}; {after}{woken}{freed}")]


def _lease(lease: dict[str, Any]) -> str:
    return f"{lease['owner']}: {lease['reason']}" if "reason" in lease else f"{lease['owner']} has it"


def _held(found: dict[str, Any]) -> str:
    share = f", {found['pss_bytes'] / 2**20:.0f} MiB its own share" if found.get("pss_bytes") else ""
    return f"{found['resident_bytes'] / 2**20:.0f} MiB resident{share}"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
