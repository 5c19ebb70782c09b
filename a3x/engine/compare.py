"""Which of the ways this library can compute is the fastest: what to try, and what to make of the figures. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any

from a3x.engine.pace import counts

WORTH_IT = 1.05
"""A gain below this is not worth a setting."""
AS_SET = "as it is set now"


@dataclass(frozen=True)
class Way:
    """A way to compute: what people call it, and the settings of ``[engine]`` that choose it."""

    label: str
    engine: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Speed:
    """One measurement, tokens a second. ``failed`` says why there is none."""

    prefill_tok_s: float = 0.0
    decode_tok_s: float = 0.0
    failed: str = ""


@dataclass(frozen=True)
class Result:
    """Medians of a way's rounds, and its slowest and fastest decoding; a way that failed once has failed."""

    way: Way
    prefill_tok_s: float
    decode_tok_s: float
    slowest: float = 0.0
    fastest: float = 0.0
    failed: str = ""


@dataclass(frozen=True)
class Advice:
    """``engine`` is what to set, empty when it is well as it is; ``gain`` is decoding ÷ decoding as set now."""

    fastest: str
    engine: Mapping[str, Any]
    gain: float
    reason: str


def ways(cores: int, device: str | None, only_plain: bool) -> list[Way]:
    """Everything worth measuring. ``device``: what a GPU build found; ``only_plain``: repacked weights crash here."""
    found = [Way(AS_SET)]
    if device:
        found.append(Way(f"{device}, all layers", {"gpu_layers": -1}))
    for threads in counts(cores):
        count = f"{threads} thread" + ("s" if threads > 1 else "")
        cpu = {"gpu_layers": 0, "threads": threads}
        if not only_plain:
            found.append(Way(f"processor, {count}", {**cpu, "plain_kernels": False}))
        found.append(Way(f"processor, {count}, plain kernels", {**cpu, "plain_kernels": True}))
    return found


def summarise(way: Way, rounds: Sequence[Speed]) -> Result:
    failed = next((one.failed for one in rounds if one.failed), "")
    if failed or not rounds:
        return Result(way, 0.0, 0.0, failed=failed or "not measured")
    decoding = [one.decode_tok_s for one in rounds]
    return Result(way, median(one.prefill_tok_s for one in rounds), median(decoding), min(decoding), max(decoding))


def advise(results: Sequence[Result]) -> Advice:
    """The fastest at decoding, which is what one waits for; what is set now stays unless something is clearly better.

    Clearly: by WORTH_IT, and its slowest round beats the fastest round of what is set now.
    """
    whole = [one for one in results if not one.failed]
    if not whole:
        return Advice("none", {}, 1.0, "nothing could be measured")
    best = max(whole, key=lambda one: one.decode_tok_s)
    now = next((one for one in whole if one.way.label == AS_SET), None)
    if now is None:
        return Advice(best.way.label, best.way.engine, 1.0, "what is set now does not work; this does")
    gain = best.decode_tok_s / now.decode_tok_s
    if gain < WORTH_IT or best.slowest <= now.fastest:
        return Advice(best.way.label, {}, gain, "leave it as it is: nothing is clearly faster")
    return Advice(best.way.label, best.way.engine, gain, f"{gain:.2f} times as fast at decoding as what is set now")
