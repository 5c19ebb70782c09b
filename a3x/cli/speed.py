"""The measuring part of ``a3x doctor --bench``: every way in a process of its own, in turn, three times.

``python -m a3x.cli.speed`` is the child: settings as JSON on stdin, tokens a second as JSON on stdout. What it measures is the
daemon's own engine with the model that would be served, so templates, sampling and all are in the figures.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from dataclasses import asdict
from typing import Any

from a3x.config import Settings
from a3x.engine.compare import Advice, Result, Speed, Way, advise, summarise, ways
from a3x.errors import A3XError

ROUNDS = 3
MEASURE_S = 3.0
CHILD_LIMIT_S = 600
"""A card's driver may compile shaders for minutes at the first run."""
BUSY_LOAD = 0.5
PROMPT_WORDS = 150
ANSWER_TOKENS = 64


def compare(settings: Settings, quiet: bool) -> dict[str, Any]:
    """Measure, tell (unless ``quiet``), and return it all. ForeignFile if the model works in no way."""
    todo, load = _ways(settings), os.getloadavg()[0]
    rounds: dict[str, list[Speed]] = {way.label: [] for way in todo}
    for number in range(ROUNDS):
        for way in todo:
            if not quiet:
                print(f"round {number + 1} of {ROUNDS}: {way.label} …", file=sys.stderr)
            rounds[way.label].append(measure(settings, way))
    results = [summarise(way, rounds[way.label]) for way in todo]
    advice = advise(results)
    if not quiet:
        _show(results, advice)
        if load > BUSY_LOAD:
            print(
                f"Other programs kept {load:.1f} cores busy when this began; on a quiet machine the figures say more."
            )
    return {"ways": [asdict(one) for one in results], "advice": asdict(advice), "load_1min": load}


def _ways(settings: Settings) -> list[Way]:
    from a3x import resources
    from a3x.app import model_path
    from a3x.engine.build import CPU, describe
    from a3x.engine.trial import needs_plain_kernels
    from a3x.hardware import cpu

    path, build, processor = model_path(settings), describe(), cpu.processor()
    plain = path != resources.seed_model() and needs_plain_kernels(path, settings.engine.gpu_layers)
    cards = [one.description for one in build.devices if one.backend != CPU]
    return ways(min(processor.physical, processor.usable), ", ".join(cards) or None, plain)


def measure(settings: Settings, way: Way) -> Speed:
    told = settings.model_dump(mode="json")
    told["engine"] |= way.engine
    command = [sys.executable, "-m", "a3x.cli.speed"]
    try:
        done = subprocess.run(
            command, input=json.dumps(told).encode(), capture_output=True, timeout=CHILD_LIMIT_S, check=False
        )
    except subprocess.TimeoutExpired:
        return Speed(failed=f"took over {CHILD_LIMIT_S} s")
    if done.returncode == 0:
        return Speed(**json.loads(done.stdout.splitlines()[-1]))  # the engine may have logged before it
    said = done.stderr.decode("utf-8", "replace").strip().splitlines()
    return Speed(failed=said[-1] if said and done.returncode > 0 else f"ended by signal {-done.returncode}")


def _show(results: list[Result], advice: Advice) -> None:
    from a3x.cli import output

    rows = [
        (
            *(one.way.label, _figure(one.prefill_tok_s), _figure(one.decode_tok_s)),
            one.failed or f"{_figure(one.slowest)} to {_figure(one.fastest)}",
        )
        for one in results
    ]
    print()
    output.table(("way", "reading tok/s", "writing tok/s", "writing, by round"), rows, "")
    print(f"\nfastest: {advice.fastest}. {advice.reason[0].upper()}{advice.reason[1:]}.")
    for key, value in advice.engine.items():
        print(f"  [engine] {key} = {json.dumps(value)}")


def _figure(tok_s: float) -> str:
    return f"{tok_s:.0f}" if tok_s >= 10 else f"{tok_s:.1f}" if tok_s else "–"


# --- the child -------------------------------------------------------------------------------------------------------


async def _run(settings: Settings) -> Speed:
    from a3x.app import build_engine
    from a3x.clock import SystemClock
    from a3x.types import Completion, Generation, Message, Sampling

    clock = SystemClock()
    engine = build_engine(settings, clock)
    await engine.start()
    read = written = 0
    reading_s = writing_s = 0.0
    asked, began = 0, clock.monotonic()
    while asked < 2 or clock.monotonic() - began < MEASURE_S:
        # No two prompts begin alike, so nothing is reused; sampled, because a greedy answer may be one word long.
        text = f"{asked} " + " ".join(f"word{(asked * 7 + at) % 97}" for at in range(PROMPT_WORDS))
        sampling = Sampling(temperature=1.0, seed=asked, max_tokens=ANSWER_TOKENS)
        request = Generation((Message("user", text[: _room(engine.info.context_tokens)]),), sampling=sampling)
        answers = [one async for one in engine.generate(request) if isinstance(one, Completion)]
        asked += 1
        if asked == 1:  # the first warms caches, and compiles shaders on a card
            began = clock.monotonic()
            continue
        read += answers[-1].prompt_tokens - answers[-1].cached_tokens
        reading_s += answers[-1].prefill_s
        written += answers[-1].completion_tokens
        writing_s += answers[-1].decode_s
    await engine.close()
    return Speed(read / max(reading_s, 1e-9), written / max(writing_s, 1e-9))


def _room(context_tokens: int) -> int:
    """Characters of prompt that leave room for the answer, at one token a character at the worst."""
    return max(8, context_tokens - ANSWER_TOKENS - 64)


def main() -> int:
    """Print a Speed and return 0, or the reason on stderr and 1."""
    try:
        speed = asyncio.run(_run(Settings.model_validate(json.load(sys.stdin))))
    except A3XError as error:
        print(error.message, file=sys.stderr)
        return 1
    print(json.dumps(asdict(speed)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
