"""``a3x bench``: run the fixed benchmark through the daemon's own model, in this process. ``life`` is not built yet."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

import typer

from a3x.cli import output
from a3x.config import Settings
from a3x.errors import BadRequest

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Run the fixed benchmark.")


@app.command()
def run(
    suite: Annotated[list[str] | None, typer.Argument(help="Suites; all when none is named.")] = None,
    model: Annotated[str, typer.Option(help="a3x, a3x:base or a3x:THEME@N.")] = "a3x",
    json: output.Json = False,
    home: output.Home = None,
    config: output.Config = None,
) -> None:
    """Score a mix on the pinned suites, as the gate does."""
    results = asyncio.run(_run(output.settings(home, config), suite or [], model))
    if json:
        output.emit({"model": model, "suites": results})
        return
    rows = [(one["suite"], one["right"], one["items"], one["not_judged"], f"{one['seconds']:.1f} s") for one in results]
    output.table(("suite", "right", "items", "not judged", "took"), rows, "")


output.promise(app, "bench life")


async def _run(settings: Settings, names: list[str], model: str) -> list[dict[str, Any]]:
    from a3x import resources
    from a3x.agent.router import Router
    from a3x.app import build_engine, open_stores
    from a3x.clock import SystemClock
    from a3x.judge.run import answer_with, run_suite
    from a3x.judge.suites import FIXED, load
    from a3x.sandbox.run import Sandbox

    if unknown := set(names) - set(FIXED):
        raise BadRequest(f"no suite {min(unknown)!r}; suites: {', '.join(FIXED)}")
    clock, sandbox = SystemClock(), Sandbox()
    engine = build_engine(settings, clock)
    info = await engine.start()
    try:
        mix = Router(open_stores(settings)[1].adapters, info.sha256).mix(model)
        runner = None if sandbox.available() else sandbox
        results = []
        for name in names or FIXED:
            suite = load(resources.path("benchmarks/suites"), name)
            found = await run_suite(suite, answer_with(engine, mix), clock, runner)
            results.append(
                {
                    "suite": name,
                    "right": found.right,
                    "items": len(suite.items),
                    "not_judged": found.not_judged,
                    "seconds": found.seconds,
                }
            )
        return results
    finally:
        await engine.close()
