"""The last complete state of a run: one file, replaced atomically, so a kill leaves the old one or the new one."""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from a3x.errors import ConfigError
from a3x.runs import CHECKPOINT_FILE


@dataclass
class State:
    """What a run has come to. Random numbers and data order follow from seed and ``step`` and need no place."""

    step: int = 0
    micro_batch: int = 0
    optimizer: str = ""
    adapter: dict[str, Tensor] = field(default_factory=dict)
    mean: dict[str, Tensor] = field(default_factory=dict)
    """The moving mean of ``adapter``; empty if the run keeps none."""
    moments: dict[str, Any] = field(default_factory=dict)
    best_loss: float = float("inf")
    best_step: int = 0
    best_adapter: dict[str, Tensor] = field(default_factory=dict)
    fruitless: int = 0
    """Validations since the best."""
    stopped: bool = False


def save(directory: Path, digest: str, state: State) -> None:
    path = directory / CHECKPOINT_FILE
    partial = path.with_name(path.name + ".partial")
    with partial.open("wb") as file:
        torch.save({"digest": digest, **asdict(state)}, file)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)


def load(directory: Path, digest: str) -> State | None:
    """The saved state; None if there is none. Raises ConfigError if it was saved under another run.toml."""
    path = directory / CHECKPOINT_FILE
    if not path.exists():
        return None
    saved = torch.load(path, map_location="cpu", weights_only=True)
    if saved.pop("digest") != digest:
        raise ConfigError(f"{CHECKPOINT_FILE} was made under another run.toml; use a new run directory")
    return State(**saved)
