"""The run directory: what curation hands to the trainer, and nothing of how either works.

``run.toml`` states everything, ``records.npz`` holds token ids and loss masks, so the trainer needs no tokenizer and no
template. Both are checked here for both sides. Knows no model and no training library.
"""

from __future__ import annotations

import json
import math
import os
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal
from zipfile import BadZipFile

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from a3x.disk import file_sha256
from a3x.errors import ConfigError

FORMAT = 1
RUN_FILE, RECORDS_FILE, EVENTS_FILE, CHECKPOINT_FILE = "run.toml", "records.npz", "events.jsonl", "checkpoint.pt"
ADAPTER_FOLDER, PROBE_FILE = "adapter", "probe_logits.npz"

Split = Literal["train", "stop"]
SPLITS: tuple[Split, ...] = ("train", "stop")
Target = Literal["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
TARGETS: tuple[Target, ...] = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")


# --- run.toml --------------------------------------------------------------------------------------------------------


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class BaseSpec(_Table):
    """The served GGUF. ``nf4`` quantises its matrices again, ``gguf`` keeps them, ``full`` may round to bf16."""

    path: Path
    sha256: str = Field(pattern="^[0-9a-f]{64}$")
    kind: Literal["nf4", "gguf", "full"] = "nf4"


class RecordsSpec(_Table):
    """``path`` is relative to the run directory."""

    sha256: str = Field(pattern="^[0-9a-f]{64}$")
    path: Path = Path(RECORDS_FILE)


class LoraSpec(_Table):
    r: int = Field(default=8, ge=1, le=512)
    alpha: float = Field(default=16.0, gt=0)
    dropout: float = Field(default=0.0, ge=0, lt=1)
    targets: tuple[Target, ...] = Field(default=TARGETS, min_length=1)


class ScheduleSpec(_Table):
    """Learning rate over steps; ``t_0``, ``t_mult`` are of ``cosine_restarts``, ``eta_min`` is where decay ends."""

    kind: Literal["linear", "cosine", "cosine_restarts"] = "cosine"
    warmup_steps: int = Field(default=0, ge=0)
    t_0: int = Field(default=100, ge=1)
    t_mult: int = Field(default=1, ge=1)
    eta_min: float = Field(default=0.0, ge=0)


class ValidationSpec(_Table):
    """Early stopping on the ``stop`` split; ``patience`` 0 measures and never stops. Unused when the split is empty."""

    every_steps: int = Field(default=50, ge=1)
    patience: int = Field(default=0, ge=0)


class RunSpec(_Table):
    """Everything a training run depends on. One of ``steps`` and ``epochs``; ``batch`` counts examples a step."""

    format: Literal[1] = 1
    base: BaseSpec
    records: RecordsSpec
    loss: Literal["sft", "dpo"] = "sft"
    steps: int = Field(default=0, ge=0)
    epochs: float = Field(default=0.0, ge=0)
    batch: int = Field(default=16, ge=1)
    micro_batch: int = Field(default=16, ge=1)
    lr: float = Field(default=5e-3, gt=0)
    weight_decay: float = Field(default=0.0, ge=0)
    max_grad_norm: float = Field(default=1.0, gt=0)
    kl_to_base: float = Field(default=0.0, ge=0)
    """Weight of the divergence from the base, a mean over the tokens of ``kept`` examples; 0 does not compute it."""
    average: float = Field(default=0.0, ge=0, lt=1)
    """The adapter is a moving mean of the trained weights that forgets with this factor a step; 0 takes the last ones."""
    seed: int = Field(default=1, ge=0, lt=1 << 31)
    threads: int = Field(default=0, ge=0)
    """0: what torch chooses."""
    device: Literal["auto", "cpu", "cuda"] = "auto"
    checkpoint_every_steps: int = Field(default=50, ge=1)
    optimizer: Literal["auto", "adamw8bit", "paged_adamw8bit", "adamw"] = "auto"
    gradient_checkpointing: bool = True
    lora: LoraSpec = LoraSpec()
    schedule: ScheduleSpec = ScheduleSpec()
    validation: ValidationSpec = ValidationSpec()
    probes: tuple[tuple[int, ...], ...] = ()
    """Prompts as token ids; the trainer writes the logits that follow each."""

    @model_validator(mode="after")
    def _consistent(self) -> RunSpec:
        if bool(self.steps) == bool(self.epochs):
            raise ValueError("exactly one of steps and epochs")
        if any(not probe for probe in self.probes):
            raise ValueError("an empty probe")
        return self

    def total_steps(self, examples: int) -> int:
        return self.steps or max(1, math.ceil(self.epochs * examples / self.batch))


def mean_keeps(average: float, done: int) -> float:
    """What a moving mean of weights keeps of itself after step ``done`` (from 0): little at first, ``average`` in the end."""
    return min(average, (done + 1) / (done + 10))


def write_run(directory: Path, spec: RunSpec) -> Path:
    """Write ``run.toml``; the records must be there already, for their hash is in ``spec``."""
    path = directory / RUN_FILE
    _write_atomic(path, _toml(spec.model_dump(mode="json")).encode())
    return path


def read_run(directory: Path) -> RunSpec:
    """Read ``run.toml``. Raises ConfigError on anything unreadable, unknown or out of range, naming the key."""
    path = directory / RUN_FILE
    try:
        return RunSpec.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        raise ConfigError(f"{RUN_FILE}: {key + ': ' if key else ''}{first['msg']}", key or None) from error
    except (OSError, ValueError) as error:  # tomllib's and the codec's errors are ValueErrors
        raise ConfigError(f"{path} cannot be read: {error}") from error


def _toml(table: dict[str, Any], prefix: str = "") -> str:
    """TOML of nested dicts of strings, numbers, booleans and lists of them. JSON spells all four as TOML does."""
    plain = [f"{key} = {json.dumps(value)}\n" for key, value in table.items() if not isinstance(value, dict)]
    nested = [(f"{prefix}{key}", value) for key, value in table.items() if isinstance(value, dict)]
    return "".join(plain) + "".join(f"\n[{name}]\n{_toml(value, name + '.')}" for name, value in nested)


# --- records.npz -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class TrainingExample:
    """One conversation as tokens. ``loss_mask[i]``: is token ``i`` to be learnt from the tokens before it. ``kept``: every
    prediction in it is to stay what the base's is, as far as ``kl_to_base`` of the run says."""

    ids: tuple[int, ...]
    loss_mask: tuple[bool, ...]
    weight: float = 1.0
    split: Split = "train"
    theme: str = "general"
    kept: bool = False

    def __post_init__(self) -> None:
        reason = self._fault()
        if reason:
            raise ConfigError(f"training example: {reason}")

    def _fault(self) -> str:
        if len(self.ids) != len(self.loss_mask):
            return f"{len(self.ids)} tokens and {len(self.loss_mask)} mask entries"
        if not any(self.loss_mask):
            return "no token to learn"
        if self.loss_mask[0]:
            return "the first token has nothing before it to be learnt from"
        if min(self.ids) < 0:
            return "a negative token id"
        if not (math.isfinite(self.weight) and self.weight > 0):
            return f"weight {self.weight}"
        return "" if self.split in SPLITS else f"split {self.split!r}"


def write_records(path: Path, examples: Sequence[TrainingExample]) -> str:
    """Write examples and return the file's sha256. Equal examples give equal bytes.

    Arrays: ``format`` int; ``ends`` int64[n], cumulative lengths into ``ids`` int32 and ``loss_mask`` bool; ``weight``
    float32[n]; ``stop`` bool[n]; ``theme`` unicode[n];
    ``kept`` bool[n].
    """
    partial = path.with_name(path.name + ".partial")
    with partial.open("wb") as file:
        np.savez(
            file,
            format=np.int64(FORMAT),
            ends=np.cumsum([len(example.ids) for example in examples], dtype=np.int64),
            ids=np.array([token for example in examples for token in example.ids], np.int32),
            loss_mask=np.array([flag for example in examples for flag in example.loss_mask], np.bool_),
            weight=np.array([example.weight for example in examples], np.float32),
            stop=np.array([example.split == "stop" for example in examples], np.bool_),
            theme=np.array([example.theme for example in examples], np.str_),
            kept=np.array([example.kept for example in examples], np.bool_),
        )
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)
    return file_sha256(path)


def read_records(path: Path, sha256: str | None = None) -> list[TrainingExample]:
    """Read what ``write_records`` wrote. Raises ConfigError if the hash differs or the file is not whole."""
    try:
        if sha256 and (found := file_sha256(path)) != sha256:
            raise ConfigError(f"{path.name} has sha256 {found}, the run states {sha256}", "records.sha256")
        with path.open("rb") as file, np.lib.npyio.NpzFile(file, allow_pickle=False) as arrays:
            if int(arrays["format"]) != FORMAT:
                raise ConfigError(f"{path.name} has format {int(arrays['format'])}, this trainer reads {FORMAT}")
            ids, mask = arrays["ids"].tolist(), arrays["loss_mask"].tolist()
            ends, weights = arrays["ends"].tolist(), arrays["weight"].tolist()
            stops, themes = arrays["stop"].tolist(), arrays["theme"].tolist()
            kept = arrays["kept"].tolist()
    except (
        OSError,
        ValueError,
        KeyError,
        EOFError,
        BadZipFile,
    ) as error:  # numpy's ways of saying that a file is broken
        raise ConfigError(f"{path} cannot be read: {error}", "records.path") from error
    if len(ids) != len(mask) or (ends and ends[-1] != len(ids)):
        raise ConfigError(f"{path.name} is not whole", "records.path")
    starts = [0, *ends[:-1]]
    return [
        TrainingExample(tuple(ids[start:end]), tuple(mask[start:end]), weight, "stop" if stop else "train", theme, keep)
        for start, end, weight, stop, theme, keep in zip(starts, ends, weights, stops, themes, kept, strict=True)
    ]


# --- events.jsonl ----------------------------------------------------------------------------------------------------


def read_events(directory: Path) -> list[dict[str, Any]]:
    """Every whole line the trainer has written. After a resume, steps since the last checkpoint appear again."""
    path = directory / EVENTS_FILE
    if not path.exists():
        return []
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    return [json.loads(line) for line in lines if line.endswith("\n") and line.strip()]


def _write_atomic(path: Path, data: bytes) -> None:
    partial = path.with_name(path.name + ".partial")
    with partial.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)
