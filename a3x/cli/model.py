"""``a3x model``: bring base models in, fetch them, choose the one that serves. Works without a daemon; never changes one."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from a3x.cli import output
from a3x.config import Settings
from a3x.disk import file_sha256
from a3x.errors import A3XError, ForeignFile, NotFound
from a3x.models.fit import DEFAULT_CONTEXT, KV_BYTES, Fit, Machine, Weights, fit, machine
from a3x.stores.models import SEED, Models, StoredModel, name_for

app = typer.Typer(
    no_args_is_help=True, add_completion=False, help="Bring base models in and choose the one that serves."
)

Name = Annotated[str | None, typer.Option("--name", help="What to call it; else after the file.")]


@app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help="A GGUF chat model.")],
    name: Name = None,
    json: output.Json = False,
    home: output.Home = None,
    config: output.Config = None,
) -> None:
    """Check a GGUF file and copy it into the home."""
    size = file.stat().st_size if file.is_file() else 0
    with _progress("copying", size, quiet=json) as seen:
        model = _models(output.settings(home, config)).add(file, name, seen)
    _tell_new(model, json)


@app.command()
def pull(
    source: Annotated[str, typer.Argument(help="OWNER/NAME, or OWNER/NAME:FILE, on the Hugging Face hub.")],
    name: Name = None,
    json: output.Json = False,
    home: output.Home = None,
    config: output.Config = None,
) -> None:
    """Fetch a GGUF from the Hugging Face hub; go on with a download that was cut off."""
    from a3x.models.choice import choose
    from a3x.models.hub import Hub

    repo, _, wanted = source.partition(":")
    models, hub = _models(output.settings(home, config)), Hub()
    chosen = choose(hub.files(repo), wanted or None, here())
    file = chosen.file
    if not file.sha256:
        raise ForeignFile(f"the hub states no sha256 for {file.path}; fetch it yourself and use `a3x model import`")
    if not json:
        print(f"{file.path}, {_size(file.size_bytes)}: {chosen.reason}", file=sys.stderr)
    name = name or name_for(Path(file.path).name)
    part = models.expect(name, file.sha256, file.size_bytes)
    with _progress("fetching", file.size_bytes, quiet=json) as seen:
        hub.fetch(file, part, seen)
    origin = f"hub:{file.repo}@{file.revision}:{file.path}"
    with _progress("checking", file.size_bytes, quiet=json) as seen:
        model = models.add_part(part, file.sha256, name, origin, seen)
    _tell_new(model, json, reason=chosen.reason)


@app.command("list")
def list_(json: output.Json = False, home: output.Home = None, config: output.Config = None) -> None:
    """List the models here: which one serves, how large they are, whether they fit."""
    settings = output.settings(home, config)
    lines = [_seed_line(), *(_line(model) for model in _models(settings).list())]
    serving, chosen = _serving(settings), _next(settings)
    for line in lines:
        line["serves"] = serving is not None and serving["sha256"] == line["sha256"]
        line["next"] = line["name"] == chosen
    if json:
        output.emit({"models": lines, "daemon": serving is not None, "next": chosen})
        return
    rows = [_row(line) for line in lines]
    output.table(("model", "", "size", "quantisation", "parameters", "context", "fits", "at most"), rows, "")


@app.command()
def use(
    name: Annotated[str, typer.Argument(help="A model of `a3x model list`; seed is the embedded one.")],
    json: output.Json = False,
    home: output.Home = None,
    config: output.Config = None,
) -> None:
    """Serve this model from the daemon's next start on."""
    settings = output.settings(home, config)
    model = _models(settings).use(name)
    sha256 = model.sha256 if model else _seed_line()["sha256"]
    serving = _serving(settings)
    told: dict[str, Any] = {"next": name, "sha256": sha256, "overridden_by": settings.engine.model or None}
    told |= {"restart_needed": serving is not None and serving["sha256"] != sha256, **_adapters(settings, sha256)}
    if json:
        output.emit(told)
        return
    print(f"{name} serves from the next start on" + ("; restart the daemon" if told["restart_needed"] else ""))
    if settings.engine.model:
        print(f"but engine.model is set to {settings.engine.model} and comes first; take that setting away")
    print(
        f"adapters belong to the model they were made for: {told['adapters']} for this one, {told['others']} for others"
    )


@app.command()
def verify(
    name: Annotated[str | None, typer.Argument(help="Only this model.")] = None,
    json: output.Json = False,
    home: output.Home = None,
    config: output.Config = None,
) -> None:
    """Hash and parse the imported models again; exit 1 if one is not what was imported."""
    models = _models(output.settings(home, config))
    problems = models.verify(name)
    if json:
        output.emit({"ok": not problems, "problems": problems})
    else:
        print("\n".join(problems) or "every model is what was imported")
    if problems:
        raise typer.Exit(1)


@app.command()
def remove(
    name: Annotated[str, typer.Argument(help="The model to delete.")],
    json: output.Json = False,
    home: output.Home = None,
    config: output.Config = None,
) -> None:
    """Delete an imported model. Adapters made for it stay, in case it comes back."""
    from a3x.errors import Conflict

    settings = output.settings(home, config)
    models, serving = _models(settings), _serving(settings)
    if serving and name != SEED and serving["sha256"] == models.get(name).sha256:
        raise Conflict(f"the daemon serves {name}; stop it first, or choose another model and restart it")
    model = models.remove(name)
    if json:
        output.emit({"removed": model.name, "freed_bytes": model.size_bytes})
    else:
        print(f"{model.name} is removed, {_size(model.size_bytes)} freed")


@app.command()
def recommend(
    vram_mib: Annotated[int | None, typer.Option("--vram-mib", min=0, help="Instead of this machine's card.")] = None,
    ram_mib: Annotated[int | None, typer.Option("--ram-mib", min=0, help="Instead of this machine's memory.")] = None,
    bandwidth: Annotated[float | None, typer.Option("--bandwidth", min=0.1, help="Of the card, GB/s.")] = None,
    context: Annotated[int, typer.Option("--context", min=64, help="Tokens of context to have room for.")] = 4096,
    kv_type: Annotated[str, typer.Option("--kv-type", help="f16, q8_0 or f32.")] = "f16",
    every: Annotated[bool, typer.Option("--all", help="Every quantisation, and what does not fit.")] = False,
    json: output.Json = False,
) -> None:
    """Known models that this machine (or another) can serve, the best first, with the arithmetic."""
    from a3x.models.recommend import everything
    from a3x.models.recommend import recommend as best

    if kv_type not in KV_BYTES:
        raise typer.BadParameter(f"{kv_type!r} is none of {', '.join(KV_BYTES)}", param_hint="--kv-type")
    on = _other(here(), vram_mib, ram_mib, bandwidth)
    found = (everything if every else best)(on, context, kv_type)
    if json:
        lines = [{**asdict(one), "total_bytes": one.fit.total_bytes} for one in found]
        output.emit({"machine": asdict(on), "models": lines})
        return
    rows = [
        (
            *(one.family, one.quantisation, _size(one.fit.weights_bytes), _size(one.fit.kv_bytes)),
            *(one.fit.context_tokens, _size(one.fit.total_bytes), _ceiling(one.fit), "yes" if one.trains else ""),
            one.fit.reason,
        )
        for one in found
    ]
    columns = ("model", "as", "weights", "cache", "context", "in all", "at most", "learns", "why")
    output.table(columns, rows, "no known model fits; the embedded one does")


# --- what this machine is --------------------------------------------------------------------------------------------


def here() -> Machine:
    """This machine as the installed llama.cpp can use it."""
    import psutil

    from a3x.hardware import amd

    cards = amd.cards()
    return machine(cards, psutil.virtual_memory().total, bool(cards) and _offloads())


def _offloads() -> bool:
    from a3x.engine.build import describe

    return describe().gpu_offload


def _other(on: Machine, vram_mib: int | None, ram_mib: int | None, bandwidth: float | None) -> Machine:
    return Machine(
        card_bytes=on.card_bytes if vram_mib is None else vram_mib << 20,
        memory_bytes=on.memory_bytes if ram_mib is None else ram_mib << 20,
        card_bandwidth=bandwidth * 1e9 if bandwidth else (on.card_bandwidth if vram_mib is None else None),
    )


def _models(settings: Settings) -> Models:
    from a3x.app import open_models

    return open_models(settings)


def _serving(settings: Settings) -> dict[str, Any] | None:
    """The model a running daemon has loaded."""
    from a3x.cli.client import Client

    try:
        with Client(settings) as daemon:
            return daemon.get("/a3x/status").get("model")
    except A3XError:
        return None


def _next(settings: Settings) -> str:
    """What the next start serves: a name, or the path that a setting names."""
    if settings.engine.model:
        return settings.engine.model
    used = _models(settings).used()
    return used.name if used else SEED


def _adapters(settings: Settings, sha256: str) -> dict[str, int]:
    from a3x.app import open_stores

    try:
        adapters = open_stores(settings)[1].adapters.list()
    except NotFound:
        return {"adapters": 0, "others": 0}
    ours = sum(adapter.base_sha256 == sha256 for adapter in adapters)
    return {"adapters": ours, "others": len(adapters) - ours}


# --- telling ---------------------------------------------------------------------------------------------------------


def _line(model: StoredModel) -> dict[str, Any]:
    facts = model.facts
    weights = Weights(model.size_bytes, facts.kv_per_token, facts.vocabulary, facts.context_tokens)
    told = {**asdict(model), "path": str(model.path), "embedded": False}
    found = fit(weights, here(), context_tokens=DEFAULT_CONTEXT)
    return {**told, "fit": {**asdict(found), "total_bytes": found.total_bytes}}


def _seed_line() -> dict[str, Any]:
    from a3x import resources
    from a3x.gguf.check import check_model

    path = resources.seed_model()
    digest = file_sha256(path)
    seed = StoredModel(SEED, path, digest, path.stat().st_size, "embedded", path.stat().st_mtime, check_model(path))
    return {**_line(seed), "embedded": True}


def _row(line: dict[str, Any]) -> tuple[Any, ...]:
    facts, found = line["facts"], line["fit"]
    marks = [word for word, is_so in (("serves", line["serves"]), ("next", line["next"])) if is_so]
    ceiling = f"{found['ceiling_tok_s']:.0f} tok/s" if found["ceiling_tok_s"] else ""
    return (
        *(line["name"], ", ".join(marks), _size(line["size_bytes"]), facts["quantisation"]),
        *(f"{facts['parameters'] / 1e6:.1f} M", facts["context_tokens"]),
        *(f"{found['place']}, {found['context_tokens']} tokens of context", ceiling),
    )


def _tell_new(model: StoredModel, json: bool, **more: Any) -> None:
    if json:
        output.emit({**_line(model), **more})
        return
    facts = model.facts
    parts = (
        facts.architecture,
        f"{facts.parameters / 1e6:.1f} M parameters",
        facts.quantisation,
        _size(model.size_bytes),
    )
    print(f"{model.name} is imported: {', '.join(part for part in parts if part)}")
    if not facts.template:
        print("it brings no chat template, so a plain one is used")
    print(f"serve it: a3x model use {model.name}")


def _size(count: int) -> str:
    return f"{count / 2**20:.1f} MiB" if count < 100 << 20 else f"{count / 2**20:.0f} MiB"


def _ceiling(found: Fit) -> str:
    return f"{found.ceiling_tok_s:.0f} tok/s" if found.ceiling_tok_s else ""


@contextmanager
def _progress(what: str, total: int, quiet: bool) -> Iterator[Callable[[int], None]]:
    """A bar on stderr where somebody watches."""
    if quiet or not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, TimeRemainingColumn(), console=Console(stderr=True)) as bar:
        task = bar.add_task(what, total=total)
        yield lambda count: bar.advance(task, count)
