"""Turns a run's PEFT adapter into the GGUF that serves, and holds llama.cpp's logits against the trainer's.

Knows nothing of whether the adapter is any good; only that what serves is what was trained.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from a3x.engine.probe import probe
from a3x.errors import ConfigError
from a3x.gguf import lora
from a3x.gguf.check import check_adapter
from a3x.runs import ADAPTER_FOLDER, PROBE_FILE, read_run

FLOOR_NATS = 1e-3
"""Largest difference of log-probabilities that two float32 implementations of one adapter may have."""
NOISE_FACTOR = 4.0
"""Served kernels round (F16, 8-bit activations): how many times the base's own difference the adapter's may be."""


@dataclass(frozen=True)
class Comparison:
    """Largest differences of log-probabilities over all probes, in nats.

    ``difference`` is llama.cpp with the converted adapter against the trainer; ``base_difference`` the same without an
    adapter, which is the noise of the served kernels; ``effect`` how far the adapter moves the trainer's own.
    """

    difference: float
    base_difference: float
    effect: float

    @property
    def tolerance(self) -> float:
        return max(FLOOR_NATS, NOISE_FACTOR * self.base_difference)

    @property
    def agrees(self) -> bool:
        return self.difference <= self.tolerance

    @property
    def telling(self) -> bool:
        """Whether the adapter moves the logits far enough for a wrong conversion to be seen."""
        return self.effect > 2.0 * self.tolerance


def convert(run: Path, out: Path, name: str = "", threads: int = 1) -> Comparison:
    """Write the GGUF of a finished run to ``out``, check it, and compare it on the run's probes.

    Raises ForeignFile for an adapter the format cannot say, EngineFailure if llama.cpp refuses it, ConfigError if
    the run has no probes. Whether to use what does not agree is the caller's decision.
    """
    spec = read_run(run)
    folder = run / ADAPTER_FOLDER
    if not (folder / PROBE_FILE).exists():
        raise ConfigError(f"{run} has no {PROBE_FILE}: the run stated no probes, or has not finished", "probes")
    partial = out.with_name(out.name + ".partial")
    lora.from_peft(folder, spec.base.path, partial, name)
    check_adapter(partial, spec.base.path)
    comparison = compare(partial, spec.base.path, folder / PROBE_FILE, spec.probes, threads)
    partial.replace(out)
    return comparison


def compare(
    adapter: Path, base: Path, expected: Path, prompts: tuple[tuple[int, ...], ...], threads: int = 1
) -> Comparison:
    """How far llama.cpp with ``adapter`` on ``base`` is from the trainer's probe logits in ``expected``."""
    served_base, served = map(_log_probabilities, probe(base, adapter, prompts, threads))
    with np.load(expected) as arrays:
        trained_base, trained = _log_probabilities(arrays["base"]), _log_probabilities(arrays["adapter"])
    return Comparison(
        difference=_largest(served - trained),
        base_difference=_largest(served_base - trained_base),
        effect=_largest(trained - trained_base),
    )


def _log_probabilities(logits: NDArray[np.float32]) -> NDArray[np.float64]:
    shifted = logits.astype(np.float64) - logits.max(axis=-1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))


def _largest(difference: NDArray[np.float64]) -> float:
    """NaN counts as infinitely far."""
    return float(np.nan_to_num(np.abs(difference), nan=np.inf).max())
