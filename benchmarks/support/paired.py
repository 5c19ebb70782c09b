"""Ratios of paired measurements with bootstrap intervals, verdicts against budgets, and the evidence file."""

from __future__ import annotations

import json
import os
import platform
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

RESAMPLES = 4000
CONFIDENCE = 0.95

Pair = tuple[float, float]


@dataclass(frozen=True)
class Budget:
    """What a ratio must reach: at least or at most ``limit``."""

    kind: Literal["at least", "at most"]
    limit: float

    def met(self, low: float, high: float) -> bool:
        """By the interval's worse bound, not by its middle."""
        return low >= self.limit if self.kind == "at least" else high <= self.limit


@dataclass(frozen=True)
class Ratio:
    """A paired ratio: its geometric mean over the pairs, a bootstrap interval, and the pairs it comes from."""

    what: str
    middle: float
    low: float
    high: float
    unit: str
    pairs: tuple[Pair, ...]
    budget: Budget | None

    @property
    def verdict(self) -> str:
        if self.budget is None:
            return "no budget"
        return "met" if self.budget.met(self.low, self.high) else "missed"

    def line(self) -> str:
        """For people: verdict, ratio with interval, budget, and what both sides measured on average."""
        ours, theirs = (float(np.mean(side)) for side in zip(*self.pairs, strict=True))
        asked = f"{self.budget.kind} {self.budget.limit:g}" if self.budget else "—"
        bounds = f"{self.middle:.2f} [{self.low:.2f}, {self.high:.2f}]"
        return f"{self.verdict:9} {self.what:58} {bounds:20} {asked:14} {ours:9.4g} / {theirs:.4g} {self.unit}"


def interleaved(
    ours: Callable[[], float], theirs: Callable[[], float], pairs: int, rest: Callable[[], None] = lambda: None
) -> list[Pair]:
    """Measure both sides ``pairs`` times, next to each other in time, after ``rest``; each goes first in every other pair."""

    def turn(side: Callable[[], float]) -> float:
        rest()
        return side()

    found: list[Pair] = []
    for number in range(pairs):
        if number % 2 == 0:
            mine = turn(ours)
            found.append((mine, turn(theirs)))
        else:
            peer = turn(theirs)
            found.append((turn(ours), peer))
    return found


def ratio(what: str, pairs: Sequence[Pair], unit: str, budget: Budget | None = None, seed: int = 1) -> Ratio:
    """Ours ÷ theirs with a 95 % bootstrap interval over the pairs."""
    logs = np.log([mine / peer for mine, peer in pairs])
    draws = np.random.default_rng(seed).integers(0, len(logs), (RESAMPLES, len(logs)))
    tail = (1.0 - CONFIDENCE) / 2.0
    low, high = np.quantile(logs[draws].mean(axis=1), (tail, 1.0 - tail))
    middle = float(np.exp(logs.mean()))
    return Ratio(what, middle, float(np.exp(low)), float(np.exp(high)), unit, tuple(pairs), budget)


def of_quantiles(
    what: str, pairs: Sequence[Pair], quantile: float, unit: str, budget: Budget | None = None, seed: int = 1
) -> Ratio:
    """One side's quantile ÷ the other's, with a 95 % bootstrap interval over the pairs."""

    def statistic(sample: NDArray[np.float64]) -> NDArray[np.float64]:
        first, second = np.moveaxis(np.quantile(sample, quantile, axis=-2), -1, 0)
        return first / second

    return _bootstrapped(what, pairs, statistic, unit, budget, seed)


def of_sums(what: str, pairs: Sequence[Pair], unit: str, budget: Budget | None = None, seed: int = 1) -> Ratio:
    """Sum ÷ sum, as of what was found among what there was to find, with a 95 % bootstrap interval over the pairs."""

    def statistic(sample: NDArray[np.float64]) -> NDArray[np.float64]:
        first, second = np.moveaxis(sample.sum(axis=-2), -1, 0)
        return first / second

    return _bootstrapped(what, pairs, statistic, unit, budget, seed)


def _bootstrapped(
    what: str,
    pairs: Sequence[Pair],
    statistic: Callable[[NDArray[np.float64]], NDArray[np.float64]],
    unit: str,
    budget: Budget | None,
    seed: int,
) -> Ratio:
    """``statistic`` maps float64[..., pairs, 2] to float64[...]."""
    values = np.array(pairs, np.float64)
    draws = np.random.default_rng(seed).integers(0, len(values), (RESAMPLES, len(values)))
    tail = (1.0 - CONFIDENCE) / 2.0
    low, high = np.quantile(statistic(values[draws]), (tail, 1.0 - tail))
    return Ratio(what, float(statistic(values)), float(low), float(high), unit, tuple(pairs), budget)


def write_evidence(path: Path, bench: str, ratios: Sequence[Ratio], settings: Mapping[str, Any]) -> None:
    """Everything a reader needs to doubt the figures: pairs, settings, versions, machine."""
    content = {
        "bench": bench,
        "when": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "machine": {"processor": _processor(), "cores": os.cpu_count(), "python": platform.python_version()},
        "load_average": os.getloadavg(),
        "llama_cpp_python": version("llama-cpp-python"),
        "settings": dict(settings),
        "ratios": [{**asdict(each), "verdict": each.verdict} for each in ratios],
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n")


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())
