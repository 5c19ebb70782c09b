"""A checked run directory: settings and examples, against the base they were made for. Needs no torch."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from a3x.disk import file_sha256
from a3x.errors import ConfigError, NotImplementedHere
from a3x.gguf.read import Weights
from a3x.runs import RUN_FILE, RunSpec, TrainingExample, read_records, read_run


@dataclass(frozen=True)
class Job:
    """What one run is to do. ``digest`` identifies run.toml: a checkpoint of other settings is not resumed."""

    directory: Path
    spec: RunSpec
    digest: str
    train: tuple[TrainingExample, ...]
    stop: tuple[TrainingExample, ...]

    @classmethod
    def open(cls, directory: Path) -> Job:
        """Raises ConfigError, ForeignFile or NotImplementedHere if the run cannot be begun."""
        spec = read_run(directory)
        if spec.loss != "sft":
            raise NotImplementedHere(f"loss {spec.loss!r} is not implemented yet, only 'sft'")
        examples = read_records(directory / spec.records.path, spec.records.sha256)
        _check_base(spec)
        shape = Weights(spec.base.path).shape
        for index, example in enumerate(examples):
            _check_tokens(f"example {index}", example.ids, shape.vocab, shape.context)
        for index, probe in enumerate(spec.probes):
            _check_tokens(f"probe {index}", probe, shape.vocab, shape.context)
        train = tuple(example for example in examples if example.split == "train")
        if not train:
            raise ConfigError("the records hold no example to train on", "records")
        stop = tuple(example for example in examples if example.split == "stop")
        return cls(directory, spec, file_sha256(directory / RUN_FILE), train, stop)


def _check_base(spec: RunSpec) -> None:
    if not spec.base.path.is_file():
        raise ConfigError(f"the base {spec.base.path} does not exist", "base.path")
    found = file_sha256(spec.base.path)
    if found != spec.base.sha256:
        raise ConfigError(
            f"the base {spec.base.path.name} has sha256 {found}, the run states {spec.base.sha256}", "base.sha256"
        )


def _check_tokens(name: str, ids: tuple[int, ...], vocab: int, context: int) -> None:
    if len(ids) > context:
        raise ConfigError(f"{name} has {len(ids)} tokens, the base reads {context}")
    if not 0 <= min(ids) <= max(ids) < vocab:
        raise ConfigError(f"{name} holds token ids outside the vocabulary of {vocab}")
