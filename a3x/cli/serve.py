"""``a3x serve``: the daemon in the foreground. Turns flags into settings; the rest is ``a3x.daemon``'s."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

import typer

from a3x.cli import output

app = typer.Typer(add_completion=False)


@app.command()
def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on; beyond loopback a token is needed.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on; 0 takes a free one.")] = None,
    model: Annotated[str | None, typer.Option(help="A GGUF file, a model's name, or seed.")] = None,
    threads: Annotated[int | None, typer.Option(help="CPU threads; 0 is one a physical core.")] = None,
    context_tokens: Annotated[int | None, typer.Option("--context", help="Context of a request in tokens.")] = None,
    gpu_layers: Annotated[int | None, typer.Option(help="Layers on the GPU; -1 is all that fit.")] = None,
    record: Annotated[bool | None, typer.Option(help="Remember the conversations.")] = None,
    home: output.Home = None,
    config: output.Config = None,
) -> None:
    """Serve until Ctrl-C or SIGTERM."""
    engine: dict[str, Any] = {"model": model, "threads": threads}
    engine |= {"context_tokens": context_tokens, "gpu_layers": gpu_layers}
    settings = output.settings(
        home, config, server={"host": host, "port": port}, engine=engine, memory={"record": record}
    )
    from a3x import daemon

    daemon.configure_logging()
    asyncio.run(daemon.serve(settings, lambda line: print(line, flush=True)))
