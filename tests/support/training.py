"""Small run directories for the trainer: random conversations on a tiny base, a second or two to train."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from a3x.disk import file_sha256
from a3x.runs import BaseSpec, RecordsSpec, RunSpec, TrainingExample, write_records, write_run

PROBES = ((1, 3, 40, 41, 42), (1, 4, 100, 20, 7, 9, 33), (1, 290))


def examples(count: int = 24, seed: int = 0) -> list[TrainingExample]:
    """Random prompts with random answers of four tokens; every sixth withheld."""
    rng = np.random.default_rng(seed)
    made = []
    for index in range(count):
        ids = (1, *rng.integers(3, 300, int(rng.integers(8, 40))).tolist())
        mask = (False,) * (len(ids) - 4) + (True,) * 4
        made.append(TrainingExample(ids, mask, split="stop" if index % 6 == 0 else "train"))
    return made


def write(directory: Path, base: Path, given: list[TrainingExample] | None = None, **values: Any) -> RunSpec:
    """A run of 12 steps over ``given`` or random examples; ``values`` are keys of run.toml, ``kind`` the base's."""
    directory.mkdir(parents=True, exist_ok=True)
    sha256 = write_records(directory / "records.npz", given or examples())
    settings: dict[str, Any] = {
        "base": BaseSpec(path=base, sha256=file_sha256(base), kind=values.pop("kind", "full")),
        "records": RecordsSpec(sha256=sha256),
        "steps": 12,
        "batch": 8,
        "micro_batch": 8,
        "threads": 1,
        "device": "cpu",
        "checkpoint_every_steps": 4,
        "validation": {"every_steps": 6},
        "probes": PROBES,
    }
    spec = RunSpec.model_validate(settings | values)
    write_run(directory, spec)
    return spec
