"""``a3x doctor``: can this machine do it, and what to do where it cannot. Looks only; changes nothing."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from a3x.cli import output
from a3x.cli.plan import plan_lines
from a3x.config import Settings
from a3x.disk import file_sha256
from a3x.errors import A3XError, ConfigError
from a3x.hardware.amd import Card

app = typer.Typer(add_completion=False)

Level = Literal["ok", "warn", "fail"]
OLDEST_PYTHON = (3, 11)
LITTLE_DISK_BYTES = 2 << 30
COLOURS: dict[Level, str] = {"ok": "green", "warn": "yellow", "fail": "red"}
SHOWN_HASH = 16


@dataclass(frozen=True)
class Finding:
    """One thing looked at: how it is, and what to do if that is not good."""

    name: str
    level: Level
    found: str
    advice: str = ""


@app.command()
def doctor(
    bench: Annotated[
        bool, typer.Option("--bench", help="Measure which device, threads and kernels are fastest.")
    ] = False,
    json: output.Json = False,
    home: output.Home = None,
    config: output.Config = None,
) -> None:
    """Check Python, llama.cpp, hardware, sandbox, disk, model and daemon; exit 1 if something fails."""
    settings = output.settings(home, config)
    findings = examine(settings)
    report: dict[str, Any] = {"ok": _healthy(findings), "checks": [asdict(finding) for finding in findings]}
    if not json:
        _show(findings)
    if bench and _healthy(findings):
        from a3x.cli import speed

        report["bench"] = speed.compare(settings, quiet=json)
    if json:
        output.emit(report)
    if not _healthy(findings):
        raise typer.Exit(1)


def examine(settings: Settings) -> list[Finding]:
    """Every check, in the order in which they depend on one another."""
    checks: tuple[Callable[[Settings], list[Finding]], ...] = (
        *(
            check_python,
            check_llama,
            check_hardware,
            check_sandbox,
            check_home,
            check_model,
            check_embedder,
            check_plan,
            check_daemon,
        ),
    )
    return [finding for check in checks for finding in check(settings)]


def check_python(settings: Settings) -> list[Finding]:
    version = sys.version.split()[0]
    if sys.version_info[:2] < OLDEST_PYTHON:
        return [Finding("python", "fail", version, "A³X needs Python 3.11 or newer")]
    return [Finding("python", "ok", version)]


def check_llama(settings: Settings) -> list[Finding]:
    try:
        from a3x.engine.build import describe
    except (ImportError, OSError, RuntimeError) as error:
        return [Finding("llama.cpp", "fail", f"cannot be loaded: {error}", "install again: python3 tools/install.py")]
    build = describe()
    backends = ", ".join(build.backends) or "unknown backend"
    cards = ", ".join(f"{one.name} ({one.description})" for one in build.devices if one.backend != "CPU")
    found = f"llama-cpp-python {build.binding}: {backends}; {cards or 'no device but the processor'}"
    if len(build.backends) > 1 and not build.gpu_offload:
        return [
            Finding(
                "llama.cpp", "warn", found, "the driver is missing or finds no card; everything runs on the processor"
            )
        ]
    return [Finding("llama.cpp", "ok", found)]


def check_hardware(settings: Settings) -> list[Finding]:
    from a3x.hardware import amd, cpu

    processor, load = cpu.processor(), cpu.LoadMeter().read()
    cores = f"{processor.model}, {processor.physical} cores, {processor.usable} usable"
    memory = f"{load.memory_available_bytes / 2**30:.1f} of {load.memory_total_bytes / 2**30:.1f} GiB free"
    cards = [Finding("card", "ok", card_line(card)) for card in amd.cards()]
    none = Finding("card", "warn", "no AMD card found", "without one, everything runs on the processor")
    return [Finding("processor", "ok", cores), Finding("main memory", "ok", memory), *(cards or [none])]


def check_sandbox(settings: Settings) -> list[Finding]:
    from a3x.sandbox.run import Sandbox

    reason = Sandbox().available()
    if reason:
        return [Finding("sandbox", "warn", reason, "until then nothing the model writes is ever run")]
    return [Finding("sandbox", "ok", "bubblewrap works")]


def check_home(settings: Settings) -> list[Finding]:
    existing = settings.home.absolute()
    while not existing.exists():
        existing = existing.parent
    if not existing.is_dir() or not os.access(existing, os.W_OK | os.X_OK):
        return [Finding("home", "fail", f"{settings.home} cannot be written", "choose another with --home or A3X_HOME")]
    free = shutil.disk_usage(existing).free
    found = f"{settings.home}, {free / 2**30:.1f} GiB free"
    if free < LITTLE_DISK_BYTES:
        return [Finding("home", "warn", found, "with a full disk answers go on but nothing is remembered")]
    return [Finding("home", "ok", found)]


def check_model(settings: Settings) -> list[Finding]:
    from a3x.app import model_path

    try:
        path = model_path(settings)
        digest = file_sha256(path)
    except (A3XError, OSError) as error:
        return [Finding("model", "fail", str(error), "name a GGUF file with --model or A3X_ENGINE__MODEL")]
    return [Finding("model", "ok", f"{path}, {_size(path)}, sha256 {digest[:SHOWN_HASH]}…")]


def check_embedder(settings: Settings) -> list[Finding]:
    from a3x.engine.embedder_file import HOW_TO_INSTALL, EmbedderFile

    file = EmbedderFile(settings.embedder.model)
    if not file.installed:
        return [Finding("embedder", "warn", f"{file.path} is not there", f"install it: {HOW_TO_INSTALL}")]
    return [Finding("embedder", "ok", f"{file.path}, {_size(file.path)}")]


def check_plan(settings: Settings) -> list[Finding]:
    """What the daemon would allocate if it started now."""
    from a3x.app import model_path
    from a3x.engine.fit import plan_for
    from a3x.gguf.sizes import read_sizes
    from a3x.hardware import cpu

    try:
        made = plan_for(read_sizes(model_path(settings)), settings.engine, len(cpu.cores()))
    except ConfigError as error:
        return [Finding("plan", "fail", error.message, "`a3x doctor` again with another --config, or free some memory")]
    except A3XError:
        return []  # the model's own finding says it
    return [Finding("plan", "ok", "\n".join(plan_lines(asdict(made))))]


def check_daemon(settings: Settings) -> list[Finding]:
    from a3x.cli.client import Client, NoDaemon

    with Client(settings) as daemon:
        try:
            daemon.get("/readyz")
        except NoDaemon as error:
            return [Finding("daemon", "warn", error.message)]
        except A3XError as error:
            return [Finding("daemon", "warn", f"{daemon.url}: {error.message}")]
        return [Finding("daemon", "ok", f"ready at {daemon.url}")]


def _healthy(findings: list[Finding]) -> bool:
    return all(finding.level != "fail" for finding in findings)


def _size(path: Path) -> str:
    return f"{path.stat().st_size / 2**20:.1f} MiB"


def card_line(card: Card) -> str:
    busy = "load unknown" if card.busy_percent is None else f"{card.busy_percent} % busy"
    link = f", PCIe {card.link}" if card.link else ""
    return f"{card.name} {card.gfx_target or 'unknown target'}, {_vram(card.vram_free_bytes)} free, {busy}{link}"


def _vram(free_bytes: int | None) -> str:
    return "unknown memory" if free_bytes is None else f"{free_bytes / 2**20:.0f} MiB"


def _show(findings: list[Finding]) -> None:
    from rich.text import Text

    rows = []
    for finding in findings:
        said = Text(finding.found)
        if finding.advice and finding.level != "ok":
            said.append(f"\n{finding.advice}", style="dim")
        rows.append((Text(finding.level, style=COLOURS[finding.level]), finding.name, said))
    output.table(("", "what", "found"), rows, "")
    levels = [finding.level for finding in findings]
    print(f"\n{levels.count('ok')} fine, {levels.count('warn')} to know of, {levels.count('fail')} to put right")
